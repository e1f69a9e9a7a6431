"""Learn random polynomials of a degree: by least squares in their class, and by training."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from supnorm.errors.exact import piecewise_linear
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import run
from supnorm.networks import Networks
from supnorm.packed import values
from supnorm.streams import Stream, uniform_points
from supnorm.tables.cells import DIM
from supnorm.tables.schema import write_table
from supnorm.training.cell import train_cell
from supnorm.training.recipe import Recipe
from supnorm.uniform.learning import Algorithm, Function, run_algorithm
from supnorm.uniform.polynomials import (
    POINTS,
    Polynomial,
    coefficient_count,
    distance,
    fit_distance,
    knowing,
    random_polynomials,
    sampled_distances,
)
from supnorm.uniform.references.own import NETWORK
from supnorm.uniform.tables.tractable import DEGREE, TRACTABLE
from supnorm.work import batch_size

# What names the shuffles, beside the size of a network.
RULE = "polynomial"


@dataclass(frozen=True)
class Learned:
    """What an algorithm made of the polynomial `number`; a fit has no `network`."""

    samples: int
    algorithm: str
    number: int
    seed: int
    function: Function
    network: Networks | None = None


def main(argv: list[str]) -> None:
    """Write a row for each algorithm, sample size, polynomial and seed."""
    a = parse(argv)
    targets = random_polynomials(a.count, a.dim, a.degree)
    with Heartbeat(a.heartbeat, epochs=a.epochs) as heartbeat:
        learned = [*fit_all(a, targets), *train_all(a, targets, heartbeat)]
    write_table(a.table, rows(a, targets, learned), TRACTABLE, a.job)
    a.job.write_record()


def parse(argv: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*DIM, DEGREE)
    for name in ("count", "sizes", "seeds", "trained", "depth", "width", "divisor", "epochs"):
        parser.setting(f"uniform.polynomial.{name}")
    parser.setting("uniform.training.learning_rate")
    parser.setting("uniform.training.final_learning_rate")
    parser.setting("uniform.training.weight_decay")
    parser.setting("uniform.evaluation.points")
    parser.setting("training.engine")
    parser.setting("training.precision")
    parser.parallel()
    parser.writes("table", help="Parquet table to write")
    return parser.parse_args(argv)


def fit_all(a: argparse.Namespace, targets: list[Polynomial]) -> Iterator[Learned]:
    """Yield what least squares finds, by the interface of every algorithm (S1.3)."""
    for name, points in POINTS.items():
        if name == "chebyshev" and a.dim > 1:
            continue
        algorithm = Algorithm(name, name, knowing(a.degree, points))
        for samples in a.sizes:
            for seed in a.seeds:
                for number, target in enumerate(targets):
                    answer = run_algorithm(algorithm, target, samples, a.dim, seed)
                    yield Learned(samples, name, number, seed, answer.function)


def train_all(
    a: argparse.Namespace, targets: list[Polynomial], heartbeat: Heartbeat
) -> Iterator[Learned]:
    """Yield the networks, those of one sample size trained together."""
    for done, samples in enumerate(a.trained):
        heartbeat.tell(done=done, total=len(a.trained))
        points = np.stack(
            [uniform_points(Stream("points", seed=s, dim=a.dim), samples, a.dim) for s in a.seeds]
        )
        labels = np.array([[target.values(sample) for target in targets] for sample in points])
        students = train(a, samples, points, labels)
        pairs = [(seed, number) for seed in a.seeds for number in range(a.count)]
        for row, (seed, number) in enumerate(pairs):
            student = students[[row]]
            yield Learned(samples, NETWORK, number, seed, partial(evaluate, student), student)


def train(a: argparse.Namespace, samples: int, points: np.ndarray, labels: np.ndarray) -> Networks:
    """Return the students of all seeds and polynomials after their last epoch."""
    batch = batch_size({"divisor": a.divisor}, samples)
    rates = a.learning_rate, a.final_learning_rate, a.weight_decay
    recipe = Recipe(a.depth, a.width, batch, a.epochs, *rates)
    how = {"engine": a.engine, "precision": a.precision, "threads": a.threads}
    return train_cell(recipe, RULE, a.seeds, points, labels, 1, **how)[-1].networks


def evaluate(student: Networks, points: np.ndarray) -> np.ndarray:
    """Return the values [count] of a stack of one network at points [count, dim]."""
    return values(student, points)[0]


def rows(a: argparse.Namespace, targets: list[Polynomial], learned: list[Learned]) -> pd.DataFrame:
    """Return the rows of tables/tractable.parquet."""
    wanted = [targets[one.number] for one in learned]
    if a.dim == 1:
        found, method = [*map(exact, wanted, learned)], "exact"
    else:
        functions = [one.function for one in learned]
        found, method = sampled_distances(wanted, functions, a.points), "sampled"
    table = pd.DataFrame(
        {
            "samples": one.samples,
            "algorithm": one.algorithm,
            "polynomial": one.number,
            "seed": one.seed,
            "error": error,
            "error_l2": error_l2,
        }
        for one, (error, error_l2) in zip(learned, found, strict=True)
    )
    kind = {"dim": a.dim, "degree": a.degree}
    return table.assign(**kind, coefficients=coefficient_count(**kind), method=method)


def exact(target: Polynomial, one: Learned) -> tuple[float, float]:
    """Return uniform and L^2 error for d = 1."""
    if one.network is None:
        return fit_distance(target, one.function)
    (line,) = piecewise_linear(one.network)
    return distance(target, line)


if __name__ == "__main__":
    run(main)
