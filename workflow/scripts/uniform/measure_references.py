"""Measure the errors of reference algorithms, which learn as students do or at their own points.

Those of one's own, and those that ask where they like, learn one teacher at a time.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supnorm.errors.measured import Errors
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import InputError, run
from supnorm.networks import Networks, load_teachers
from supnorm.packed import values
from supnorm.streams import Stream
from supnorm.tables.cells import PROBLEM
from supnorm.tables.errors import errors_schema
from supnorm.tables.norms import NORMS
from supnorm.tables.samples import read_samples
from supnorm.tables.schema import write_table
from supnorm.uniform.learning import Algorithm, Target, run_algorithm, run_once
from supnorm.uniform.references.algorithms import ALGORITHMS, OWN_POINTS, Predictor, UnsuitableError
from supnorm.uniform.references.errors import reference_errors
from supnorm.uniform.references.learners import learners
from supnorm.uniform.references.own import check_own

# What a student has and a reference algorithm has not.
NO_STUDENT = {"depth": 0, "width": 0, "batch_rule": "none", "batch": 0, "evaluation": 1, "epoch": 0}


@dataclass(frozen=True)
class Learned:
    """The predictor that an algorithm learned from the sample of some seeds.

    `losses` [teachers] are its mean squared errors on the sample.
    """

    algorithm: str
    seeds: list[int]
    predict: Predictor
    losses: np.ndarray


def main(argv: list[str]) -> None:
    """Write a row for each algorithm, seed, norm and teacher."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*PROBLEM)
    parser.reads("teachers", help="safetensors of teachers")
    parser.reads("sample", help="points and labels")
    parser.reads("own", nargs="*", default=[], required=False, help="files of one's own algorithms")
    parser.setting("uniform.reference.algorithms")
    parser.setting("uniform.evaluation.points")
    parser.parallel()
    parser.writes("errors", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Measure the reference algorithms, as the arguments say."""
    teachers, _ = load_teachers(a.teachers)
    dim = teachers.weights[0].shape[2]
    seeds, points, labels = read_samples(a.sample, dim, a.samples)
    if labels.shape[1] != len(teachers):
        raise InputError(
            f"{a.sample}: found values of {labels.shape[1]} teachers, expected the "
            f"{len(teachers)} of {a.teachers}"
        )
    check_own(a.algorithms, a.own)
    learned = []
    for algorithm, asking in learners(a.algorithms).items():
        try:
            if algorithm not in ALGORITHMS:
                alike = [seeds] if asking.seedless else [[seed] for seed in seeds]
                learned += [ask(asking, some, teachers, a.samples) for some in alike]
            elif algorithm in OWN_POINTS:
                own = OWN_POINTS[algorithm](a.samples, dim)
                learned.append(learn(algorithm, seeds, own, values(teachers, own)))
            else:
                samples = zip(seeds, points, labels, strict=True)
                learned += [learn(algorithm, [seed], *sample) for seed, *sample in samples]
        except UnsuitableError as error:
            print(f"measure_references: {algorithm} is left out: {error}", file=sys.stderr)
    # The points depend on the dimension alone: students meet the same ones.
    stream = Stream("evaluation", dim=dim)
    predictors = [one.predict for one in learned]
    measured = reference_errors(teachers, predictors, a.points, stream)
    cell = {"family": a.family, "dim": dim, "samples": a.samples, **NO_STUDENT}
    found = [cell | row for pair in zip(learned, measured, strict=True) for row in rows(*pair)]
    schema = errors_schema(dim)
    write_table(a.errors, pd.DataFrame(found, columns=schema.arrow().names), schema, a.job)


def learn(algorithm: str, seeds: list[int], points: np.ndarray, labels: np.ndarray) -> Learned:
    """Return what an algorithm learns from points [count, dim] and labels [teachers, count]."""
    predict = ALGORITHMS[algorithm](points, labels.T)
    losses = ((predict(points) - labels.T) ** 2).mean(axis=0)
    return Learned(algorithm, seeds, predict, losses)


def ask(algorithm: Algorithm, seeds: list[int], teachers: Networks, samples: int) -> Learned:
    """Return what an algorithm learns of each teacher by asking, alike for all of some seeds.

    One that may draw from a seed's stream runs twice on each teacher. Raises InputError as
    `run_algorithm` does.
    """
    dim, run = teachers.weights[0].shape[2], run_once if algorithm.seedless else run_algorithm
    targets = [Target(teachers[[k]]) for k in range(len(teachers))]
    answers = [run(algorithm, target, samples, dim, seeds[0]) for target in targets]
    squares = [
        (answer.function(answer.asked) - target.values(answer.asked)) ** 2
        for answer, target in zip(answers, targets, strict=True)
    ]
    losses = np.array([square.sum() / max(len(square), 1) for square in squares])

    def predict(at: np.ndarray) -> np.ndarray:
        return np.stack([answer.function(at) for answer in answers], axis=1)

    return Learned(algorithm.name, seeds, predict, losses)


def rows(learned: Learned, measured: Errors) -> Iterator[dict]:
    """Yield the columns that differ between the rows of a table of references."""
    for seed in learned.seeds:
        for norm in NORMS:
            for teacher, loss in enumerate(learned.losses):
                yield {
                    "algorithm": learned.algorithm,
                    "seed": seed,
                    "teacher": teacher,
                    "norm": norm,
                    "error": measured.norms[norm][teacher],
                    "method": "sampled",
                    **{f"at{i}": x for i, x in enumerate(measured.place[teacher])},
                    "loss": loss,
                }


if __name__ == "__main__":
    run(main)
