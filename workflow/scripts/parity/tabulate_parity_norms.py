"""Tabulate what networks need for parity and for waves: closed forms and linear programmes."""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pandas as pd

from supnorm.cube import corners, parity
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.networks import Networks, forward
from supnorm.parity import norms
from supnorm.parity.constructions import bump_average, optimum, sawtooth, sub_average_errors
from supnorm.parity.programme import (
    lattice_dictionary,
    least_norm,
    penalised_norm,
    sign_dictionary,
)
from supnorm.parity.spline import slope_variation
from supnorm.parity.tables.norms import NORMS
from supnorm.parity.tables.waves import WAVES
from supnorm.parity.tables.width import WIDTH
from supnorm.parity.waves import WAVES as PHASES
from supnorm.parity.waves import ridge_minimum
from supnorm.streams import Stream
from supnorm.tables.schema import write_table

# Beyond the curves, dimensions that show how norms grow.
GROWTH = [2**k for k in range(4, 11)]
# Uniform errors at which programmes are solved; the document's bounds are those at the second.
ERRORS = (0.0, 0.5)
# Up to this dimension constructions are evaluated at all points.
EVALUATED, AVERAGED = 12, 10
# Random directions along which splines interpolate parity.
DIRECTIONS = 200
# Norms below are 0 but for rounding.
ROUNDING = 1e-9
# Parts of the guaranteed number of directions.
PARTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)


def main(argv: list[str]) -> None:
    """Write all three tables."""
    parser = Program(__doc__, __file__)
    parser.setting("parity.curve")
    parser.setting("parity.dims")
    parser.setting("parity.averages.dims", dest="averaged")
    parser.setting("parity.averages.errors")
    parser.setting("parity.averages.trials")
    parser.setting("parity.waves.dims", dest="waving")
    parser.setting("parity.waves.frequencies")
    parser.writes("norms", help="Parquet table to write")
    parser.writes("width", help="Parquet table to write")
    parser.writes("waves", help="Parquet table to write")
    a = parser.parse_args(argv)
    write_table(a.norms, pd.DataFrame(norm_rows(a.curve, a.dims)), NORMS, a.job)
    write_table(a.width, pd.DataFrame(width_rows(a.averaged, a.errors, a.trials)), WIDTH, a.job)
    waves = [row for dim in sorted(a.waving) for row in wave_rows(dim, a.frequencies)]
    write_table(a.waves, pd.DataFrame(waves), WAVES, a.job)
    a.job.write_record()


def norm_rows(curve: int, dims: Sequence[int]) -> Iterator[dict]:
    """Yield the rows of norms: closed forms of all dimensions, then programmes of some."""
    for dim in sorted({*range(2, curve + 1), *GROWTH}):
        for kind, statement, found in closed_forms(dim):
            yield row(dim, kind, statement, **found)
        if dim <= curve:
            yield from averages(dim)
    for dim in sorted(dims):
        for epsilon in ERRORS:
            found = least_norm(sign_dictionary(dim), *labelled(dim), epsilon)
            yield row(dim, "lp", "S2.6, S2.10", found.norm, epsilon=epsilon, exact=False)
        penalised = penalised_norm(dim)
        yield row(dim, "lp_penalised_biases", "S2.6c, S2.10", penalised, exact=False)
        yield row(dim, "ridge_drawn", "S2.3", least_spline(dim), exact=False)


def row(dim: int, kind: str, statement: str, norm: float, **others) -> dict:
    """Return a row of norms; what is not given is null, or holds of a closed form."""
    missing = {"order": None, "epsilon": 0.0, "share": np.nan, "deviation": np.nan, "exact": True}
    return {"dim": dim, "kind": kind, "norm": norm, **missing, **others, "statement": statement}


def closed_forms(dim: int) -> Iterator[tuple[str, str, dict]]:
    """Yield kind, statement and numbers of what is in closed form in every dimension."""
    yield "ridge_count", "S2.2", {"norm": norms.ridge_count(dim)}
    for epsilon in ERRORS:
        made = deviation(sawtooth(dim)) if dim <= EVALUATED and not epsilon else np.nan
        numbers = {"norm": norms.ridge_norm(dim, epsilon), "epsilon": epsilon, "deviation": made}
        yield "ridge", "S2.3", numbers
        made = deviation(optimum(dim)) if dim <= AVERAGED and not epsilon else np.nan
        least = (1 - epsilon) * norms.minimum_norm(dim)
        yield "minimum", "S2.6", {"norm": least, "epsilon": epsilon, "deviation": made}
    yield "minimum_penalised_biases", "S2.6c", {"norm": norms.minimum_norm_with_biases(dim)}
    bounds = {"approximation": norms.approximation_bound, "ridge": norms.ridge_bound}
    for name, bound in bounds.items():
        yield f"bound_{name}", "S2.9", {"norm": bound(dim), "epsilon": 0.5}


def averages(dim: int) -> Iterator[dict]:
    """Yield what averages of bumps need (S2.4), and which points the sawtooth's neurons label."""
    best = norms.best_order(dim)
    for order in norms.orders(dim):
        numbers = {
            "norm": norms.average_norm(dim, order),
            "order": order,
            "share": norms.labelled_share(dim, order),
        }
        if dim <= AVERAGED:
            made = sawtooth(dim) if order == dim else bump_average(dim, order)
            numbers["deviation"] = deviation(made)
        yield row(dim, "average", "S2.4", **numbers)
        if order == best:
            yield row(dim, "best_average", "S2.4", **numbers)
    for number in range(dim + 1):
        share = norms.neuron_share(dim, number)
        yield row(dim, "neuron", "S2.2", 2 * np.sqrt(dim), order=number, share=share)


@cache
def labelled(dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all points of the cube and their parity."""
    points = corners(dim)
    return points, parity(points)


def deviation(network: Networks) -> float:
    """Return the largest deviation of a network from parity, over all points."""
    points, wanted = labelled(network.weights[0].shape[2])
    return float(abs(forward(network, points)[0] - wanted).max())


def least_spline(dim: int) -> float:
    """Return the least norm of linear splines along random directions that interpolate parity."""
    points, wanted = labelled(dim)
    directions = 2 * Stream("directions", dim=dim).uniform(DIRECTIONS, dim) - 1
    found = []
    for direction in directions / np.linalg.norm(directions, axis=1, keepdims=True):
        z = points @ direction
        order = np.argsort(z, kind="stable")
        found.append(slope_variation(z[order], wanted[order]))
    return min(found)


def width_rows(dims: Sequence[int], errors: Sequence[float], trials: int) -> Iterator[dict]:
    """Yield the uniform errors of averages over few random directions (S2.8)."""
    for dim in sorted(dims):
        norm = norms.average_norm(dim, 0)
        for trial in range(1, trials + 1):
            for epsilon in errors:
                guaranteed = norms.directions_guaranteed(dim, epsilon)
                counts = sorted({max(1, round(part * guaranteed)) for part in PARTS})
                signs = (
                    2.0 * (Stream("averages", dim=dim, trial=trial).uniform(guaranteed, dim) < 0.5)
                    - 1
                )
                found = sub_average_errors(dim, signs, counts)
                for count, error in zip(counts, found, strict=True):
                    yield {
                        "dim": dim,
                        "epsilon": epsilon,
                        "directions": count,
                        "width": 3 * count,
                        "trial": trial,
                        "error_inf": error,
                        "guaranteed": guaranteed,
                        "norm": norm,
                    }


def wave_rows(dim: int, frequencies: int) -> Iterator[dict]:
    """Yield the least norms of waves, along the sum of coordinates and in all directions."""
    points, dictionary = corners(dim), lattice_dictionary(dim)
    for phase, function in PHASES.items():
        for number in range(1, frequencies + 1):
            frequency = number / frequencies

            def wave(z, omega=frequency * np.pi / 2, function=function):
                return function(omega * z)

            ridge = ridge_minimum(dim, wave)
            minimum = least_norm(dictionary, points, wave(points.sum(axis=1))).norm
            yield {
                "dim": dim,
                "phase": phase,
                "frequency": frequency,
                "ridge": ridge,
                "minimum": minimum,
                "ratio": minimum / ridge if ridge > ROUNDING else 1.0,
            }


if __name__ == "__main__":
    run(main)
