"""Learn parity from samples of the cube: least norm, trained networks, a kernel, elimination."""

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd

from supnorm.cube import corners, parity
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import run
from supnorm.packed import values
from supnorm.parity.constructions import norm, path_norms
from supnorm.parity.cube import drawn_corners
from supnorm.parity.elimination import solve_parity
from supnorm.parity.kernel import errors_over_parities, interpolate
from supnorm.parity.norms import elimination_probability, linear_floor, minimum_norm
from supnorm.parity.programme import least_norm, sign_dictionary, tie_breaking_costs
from supnorm.parity.sizes import sample_counts
from supnorm.parity.tables.samples import DIM, SAMPLES
from supnorm.parity.training import recipe, start, train
from supnorm.statistics.diverged import infinite
from supnorm.tables.schema import write_table

# Coefficients below are 0 but for rounding; neurons of a smaller share of the norm do not count.
ROUNDING, SMALL = 1e-9, 1e-3


def main(argv: list[str]) -> None:
    """Write a row for each number of samples, seed and method."""
    parser = Program(__doc__, __file__)
    parser.wildcards(DIM)
    parser.setting("parity.samples.ratios")
    parser.setting("parity.samples.seeds")
    parser.setting("parity.samples.trained.dims", dest="trained")
    parser.setting("parity.samples.trained.decay")
    parser.setting("parity.samples.trained.width")
    parser.setting("parity.samples.trained.steps")
    parser.setting("parity.learning_rate")
    parser.setting("parity.final_learning_rate")
    parser.setting("training.engine")
    parser.setting("training.precision")
    parser.parallel()
    parser.writes("solved", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat) as heartbeat:
        rows = pd.DataFrame(solve(a, heartbeat), columns=SAMPLES.arrow().names)
    write_table(a.solved, rows, SAMPLES, a.job)
    a.job.write_record()


def solve(a: argparse.Namespace, heartbeat: Heartbeat) -> Iterator[dict]:
    """Yield the rows, from the fewest samples to the most."""
    counts = sample_counts(a.dim, a.ratios)
    drawn = {seed: drawn_corners(seed, a.dim, max(*counts, 2 * a.dim)) for seed in a.seeds}
    # From the first d points on, elimination may find the parity.
    for count in range(a.dim, 2 * a.dim + 1):
        if count not in counts:
            yield from (eliminate(seed, points[:count]) for seed, points in drawn.items())
    for number, count in enumerate(counts):
        heartbeat.tell(done=number, total=len(counts))
        samples = {seed: points[:count] for seed, points in drawn.items()}
        for seed, points in samples.items():
            yield minimise(seed, points)
            yield interpolate_by_kernel(seed, points)
            yield eliminate(seed, points)
        if a.dim in a.trained:
            yield from train_all(a, samples)


def measure(seed: int, points: np.ndarray, method: str, found: np.ndarray, **others) -> dict:
    """Return the row of a method that found these values at all corners."""
    count, dim = points.shape
    wanted = parity(corners(dim))
    places = ((points < 0) @ (1 << np.arange(dim)[::-1])).astype(int)
    told = {
        "dim": dim,
        "samples": count,
        "seed": seed,
        "method": method,
        "minimum": minimum_norm(dim),
        "error_2": root_mean_square(found - wanted),
        "error_2_clipped": root_mean_square(found.clip(-1, 1) - wanted),
        "error_inf": abs(found - wanted).max(),
        "residual": abs(found - wanted)[places].max(),
        "recovered": bool((found * wanted > 0).all()),
        **others,
    }
    if not np.isfinite(told["error_2"]):
        # It diverged: no error is excluded by its norm.
        told |= {"norm": np.inf, "floor": -np.inf}
    return infinite(told)


def root_mean_square(values: np.ndarray) -> float:
    """Return the square root of the mean square."""
    return np.sqrt((values**2).mean())


def minimise(seed: int, points: np.ndarray) -> dict:
    """Return the row of the least norm over sign directions, made unique by costs."""
    dim = points.shape[1]
    dictionary = sign_dictionary(dim)
    costs = tie_breaking_costs(seed, dim, len(dictionary))
    solution = least_norm(dictionary, points, parity(points), costs=costs)
    return measure(
        seed,
        points,
        "minimum",
        solution.values(corners(dim)),
        norm=solution.norm,
        floor=1 - solution.norm / minimum_norm(dim),
        neurons=(abs(solution.coefficients) > ROUNDING).sum(),
    )


def interpolate_by_kernel(seed: int, points: np.ndarray) -> dict:
    """Return the row of interpolation by the neural tangent kernel."""
    count, dim = points.shape
    found = interpolate(points, parity(points)[:, None], corners(dim))[:, 0]
    return measure(
        seed,
        points,
        "kernel",
        found,
        error_2_parities=errors_over_parities(dim, points),
        floor=linear_floor(dim, count),
    )


def eliminate(seed: int, points: np.ndarray) -> dict:
    """Return the row of Gaussian elimination."""
    count, dim = points.shape
    chosen, _ = solve_parity(points, parity(points))
    found = corners(dim)[:, chosen].prod(axis=1)
    likely = elimination_probability(dim, count)
    return measure(seed, points, "elimination", found, probability=likely)


def train_all(a: argparse.Namespace, samples: dict[int, np.ndarray]) -> Iterator[dict]:
    """Yield the rows of networks that are trained with weight decay, a network a seed."""
    points = np.array(list(samples.values()))
    rates = a.learning_rate, a.final_learning_rate
    trained = train(
        recipe(points.shape[1], a.width, a.steps, rates, a.decay),
        start(list(samples), a.dim, a.width),
        points,
        a.engine,
        a.precision,
        a.threads,
    )
    at_corners = values(trained, corners(a.dim))
    sizes, shares = norm(trained, np.sqrt(a.dim)), path_norms(trained)
    for seed, of_seed, found, size, of_neurons in zip(
        samples, points, at_corners, sizes, shares, strict=True
    ):
        yield measure(
            seed,
            of_seed,
            "trained",
            found,
            norm=size,
            floor=1 - size / minimum_norm(a.dim),
            neurons=(of_neurons > SMALL * of_neurons.sum()).sum(),
        )


if __name__ == "__main__":
    run(main)
