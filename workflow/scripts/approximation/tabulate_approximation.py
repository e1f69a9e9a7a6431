"""Tabulate what accuracy costs: random networks, bounds of fixed bases and samples, and bases."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from supnorm.approximation import barron, bases
from supnorm.approximation.tables.rates import BASES, CONSTANTS, RATES
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.schema import write_table

# Dimensions of the constants, samples of the ball, cells of grids, and layers of deep networks.
DIMENSIONS = range(1, 21)
SAMPLES = [10**k for k in range(1, 8)]
CELLS = (2, 4, 8)
LAYERS = range(1, 11)


def main(argv: list[str]) -> None:
    """Write all three tables."""
    parser = Program(__doc__, __file__)
    for name in ("dims", "terms", "repeats", "degrees"):
        parser.setting(f"approximation.{name}")
    parser.writes("rates", help="Parquet table to write")
    parser.writes("constants", help="Parquet table to write")
    parser.writes("bases", help="Parquet table to write")
    a = parser.parse_args(argv)
    rates = [
        row
        for dim in sorted(a.dims)
        for rows in (
            networks(dim, sorted(a.terms), a.repeats),
            fixed_bases(dim, sorted(a.terms)),
            grids(dim),
            samples(dim),
        )
        for row in rows
    ]
    write_table(a.rates, pd.DataFrame(rates), RATES, a.job)
    write_table(a.constants, pd.DataFrame(constants()), CONSTANTS, a.job)
    write_table(a.bases, pd.DataFrame(of_bases(sorted(a.degrees))), BASES, a.job)
    a.job.write_record()


def row(target: str, dim: int, method: str, terms: int, norm: str, error: float, **others) -> dict:
    """Return a row of the table of rates."""
    named = {"target": target, "dim": dim, "method": method, "terms": terms, "norm": norm}
    return {**named, "error": error, "low": np.nan, "high": np.nan, **others}


def networks(dim: int, terms: Sequence[int], repeats: int) -> Iterator[dict]:
    """Yield the errors of random step networks for the Gaussian, and Barron's bound (S4.1)."""
    constant = barron.gaussian_constant(dim)
    found = barron.step_network_errors(dim, list(terms), repeats)
    for norm, errors in zip(("2", "inf"), found, strict=True):
        for n, draws in zip(terms, errors.T, strict=True):
            ends = {"low": draws.min(), "high": draws.max(), "statement": "S4.1"}
            yield row("gaussian", dim, "step_network", n, norm, draws.mean(), **ends)
    for n in terms:
        bound = barron.barron_bound(dim, n, constant)
        yield row("gaussian", dim, "bound_barron", n, "2", bound, statement="S4.1")


def fixed_bases(dim: int, terms: Sequence[int]) -> Iterator[dict]:
    """Yield what some network reaches, and no fixed basis, for all of C_f <= 1 (S4.1, S4.1b)."""
    for n in sorted({*terms, *(10**k for k in range(1, 6))}):
        networks, linear = barron.barron_bound(dim, n, 1.0), barron.linear_bound(dim, n, 1.0)
        yield row("ball", dim, "bound_barron", n, "2", networks, statement="S4.1")
        yield row("ball", dim, "bound_linear", n, "2", linear, statement="S4.1b")


def grids(dim: int) -> Iterator[dict]:
    """Yield the error of linear interpolation of a sum of squares on grids (S4.1b)."""
    for cells in CELLS:
        error = barron.grid_error(dim, cells)
        yield row("squares", dim, "grid", (cells + 1) ** dim, "inf", error, statement="S4.1b")


def samples(dim: int) -> Iterator[dict]:
    """Yield what values at points allow, uniformly, for all of C_f <= 1 (S4.9)."""
    for m in sorted({*SAMPLES, 1000}):
        lower, upper = barron.uniform_bounds(dim, m, 1.0)
        yield row("ball", dim, "samples_lower", m, "inf", lower, statement="S4.9")
        yield row("ball", dim, "samples_upper", m, "inf", upper, statement="S4.9")


def constants() -> Iterator[dict]:
    """Yield the first Fourier moments of two families (S4.1, S4.1c)."""
    families = {
        "gaussian": barron.gaussian_constant,
        "smooth_parity": barron.smooth_parity_constant,
    }
    for target, constant in families.items():
        for dim in DIMENSIONS:
            yield {"target": target, "dim": dim, "constant": constant(dim)}


def of_bases(degrees: Sequence[int]) -> Iterator[dict]:
    """Yield the uniform errors of bases on all targets, and of a deep network on the square."""
    for name, target in bases.TARGETS.items():
        for method, error in bases.METHODS.items():
            for n in degrees:
                named = {"target": name, "method": method, "terms": n}
                yield {**named, "error": error(target, n)}
    for layers in LAYERS:
        neurons, _ = bases.deep_square(layers)
        error = bases.square_error(layers)  # measured: a claim holds it against the closed form
        yield {"target": "square", "method": "deep", "terms": neurons, "error": error}


if __name__ == "__main__":
    run(main)
