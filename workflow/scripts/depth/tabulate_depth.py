"""Tabulate what is known of depth: constructions, best fits, and the numbers of theorems."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from supnorm.depth import bounds
from supnorm.depth.fits import fit_errors
from supnorm.depth.sawtooth import product_gate, sawtooth, sawtooth_values, square
from supnorm.depth.tables.known import BOUNDS, SQUARE, WIDTHS
from supnorm.depth.tables.sawtooth import SAWTOOTH
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.networks import Networks, forward
from supnorm.tables.schema import write_table

# The target whose widths are tabulated.
TEETH = 12
# Terms of Yarotsky's networks, pieces of the best ones, and sizes of which lower bounds are told.
TERMS, PIECES = range(1, 9), [2**k for k in range(9)]
HIDDEN, WIDTHS_BELOW = (1, 2, 4), [2**k for k in range(8)] + [15]
# Dimensions of the theorems, and of that of Telgarsky its k.
DIMENSIONS, TELGARSKY = range(2, 61), (1, 2, 3)


def main(argv: list[str]) -> None:
    """Write all tables."""
    parser = Program(__doc__, __file__)
    parser.setting("depth.compositions")
    parser.setting("depth.cliff.composition")
    parser.writes("known", help="Parquet table to write")
    parser.writes("widths", help="Parquet table to write")
    parser.writes("square", help="Parquet table to write")
    parser.writes("bounds", help="Parquet table to write")
    a = parser.parse_args(argv)
    known = pd.DataFrame([*constructed(a.compositions), *cliff(a.composition)])
    write_table(a.known, known, SAWTOOTH, a.job)
    write_table(a.widths, pd.DataFrame(width_rows()), WIDTHS, a.job)
    write_table(a.square, pd.DataFrame(square_rows()), SQUARE, a.job)
    write_table(a.bounds, pd.DataFrame(bound_rows()), BOUNDS, a.job)
    a.job.write_record()


def constructed(compositions: Sequence[int]) -> Iterator[dict]:
    """Yield the networks that are T^k: deep ones of width 2, and one hidden layer of 2^k."""
    for k in sorted(compositions):
        for hidden in dict.fromkeys((k, 1)):
            network = sawtooth(k, hidden)
            # All breakpoints of both, and places between them.
            places = np.arange(2 ** (k + 2) + 1) / 2 ** (k + 2) - 0.5
            error = abs(forward(network, places[:, None])[0] - sawtooth_values(k, places)).max()
            yield sawtooth_row(
                k,
                "constructed",
                hidden + 1,
                max(bias.shape[1] for bias in network.biases[:-1]),
                "inf",
                error,
                neurons=neurons(network),
                pieces=2**k,
                expressible=True,
                statement="S3.1" if hidden == k else "S3.4",
            )


def cliff(k: int) -> Iterator[dict]:
    """Yield what one hidden layer of each width can do, and what it cannot be below."""
    fits = fit_errors(k)
    for width in range(1, 2**k + 1):
        # A continuous function of so many pieces takes as many neurons where there is no skip.
        for norm in ("1", "2"):
            yield sawtooth_row(k, "best", 2, width, norm, fits[norm][width - 1], pieces=width)
        best = bounds.best_uniform_error(k, width)
        if not math.isnan(best):
            yield sawtooth_row(k, "best", 2, width, "inf", best, pieces=None)
        floor = bounds.l1_floor(k, width + 1)
        yield sawtooth_row(k, "bound", 2, width, "1", floor, pieces=None)


def sawtooth_row(k: int, kind: str, depth: int, width: int, norm: str, error: float, **others):
    """Return a row of the table of T^k; what is not given is that of one hidden layer."""
    row = {"neurons": width, "seed": None, "expressible": width >= 2**k, "statement": "S3.4"}
    named = {"compositions": k, "kind": kind, "depth": depth, "width": width, "norm": norm}
    return {**named, "error": error, **row, **others}


def neurons(network: Networks) -> int:
    """Return the neurons in all hidden layers."""
    return sum(bias.shape[1] for bias in network.biases[:-1])


def width_rows() -> Iterator[dict]:
    """Yield the widths that T^k needs, and that are enough, by the number of hidden layers."""
    for hidden in range(1, TEETH + 1):
        yield {
            "compositions": TEETH,
            "hidden_layers": hidden,
            "width_bound": bounds.width_needed(TEETH, hidden),
            "width_construction": bounds.width_sufficient(TEETH, hidden),
            "neurons": neurons(sawtooth(TEETH, hidden)),
        }


def square_rows() -> Iterator[dict]:
    """Yield networks for x^2 and xy, the best with so many pieces, and lower bounds."""
    for terms in TERMS:
        network = square(terms)
        # Its error is largest in the middle between its breakpoints.
        x = np.arange(2 ** (terms + 1) + 1)[:, None] / 2 ** (terms + 1)
        error = abs(forward(network, x)[0] - x[:, 0] ** 2).max()
        yield square_row("deep", terms, 3, neurons(network), error, bounds.square_error(terms))
    for terms in TERMS[:4]:
        network, axis = product_gate(terms), np.arange(2 ** (terms + 1) + 1) / 2 ** (terms + 1)
        xy = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
        error = abs(forward(network, xy)[0] - xy.prod(axis=1)).max()
        yield square_row("product", terms, 9, neurons(network), error, bounds.product_error(terms))
    for pieces in PIECES:
        least = bounds.square_best(pieces)
        yield square_row("best_shallow", 1, pieces, pieces, least, least)
    for hidden in HIDDEN:
        for width in sorted(WIDTHS_BELOW):
            floor = bounds.square_floor(hidden, width)
            yield square_row("lower", hidden, width, hidden * width, floor, floor)


def square_row(
    method: str, hidden: int, width: int, neurons: int, error: float, theory: float
) -> dict:
    """Return a row of the table of x^2."""
    size = {"hidden_layers": hidden, "width": width, "neurons": neurons}
    return {"method": method, **size, "error": error, "theory": theory, "statement": "S4.2"}


def bound_rows() -> Iterator[dict]:
    """Yield the numbers of the theorems."""
    for k in TELGARSKY:
        told = bounds.telgarsky(k)
        widths = math.log10(told.shallow_nodes), math.log10(told.nodes)
        yield bound_row("telgarsky", k, None, *widths, float(told.pieces), "S3.2")
    for dim in DIMENSIONS:
        widths = bounds.daniely_lower_log10(dim), bounds.daniely_upper_log10(dim)
        yield bound_row("daniely", dim, 2.0**dim, *widths, bounds.daniely_lipschitz(dim), "S3.7")
        for weights in (1.0, float(bounds.construction_weights(dim))):
            needed = bounds.inner_product_width(dim, weights)
            lower = math.log10(needed) if needed > 0 else None
            upper = math.log10(2 * dim) if weights > 1 else None
            yield bound_row("inner_product", dim, weights, lower, upper, 1.0, "S3.5, S3.6")
    for dim in DIMENSIONS:
        yield bound_row("eldan_shamir", dim, None, None, None, None, "S3.8")


def bound_row(theorem, dim, weights, lower, upper, lipschitz, statement) -> dict:
    """Return a row of the table of theorems."""
    return {
        "theorem": theorem,
        "dim": dim,
        "weights": weights,
        "lower_log10": lower,
        "upper_log10": upper,
        "lipschitz": lipschitz,
        "radius": bounds.ball_radius(dim),
        "statement": statement,
    }


if __name__ == "__main__":
    run(main)
