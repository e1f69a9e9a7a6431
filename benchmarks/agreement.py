"""Compare engines after a full training: the errors of the same students, pair by pair.

Rounding makes two engines part ways after some thousand steps of training; what they must share
is the distribution of what comes out.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.errors.sampled import sampled_errors
from supnorm.job.programs import run
from supnorm.networks import Networks
from supnorm.samples import draw_samples
from supnorm.streams import Stream
from supnorm.training.cell import Record, train_cell
from supnorm.training.recipe import Recipe
from supnorm.uniform.teachers import random_teachers
from tables import AGREEMENT, machine, write_measured

# The paper's experiment at d = 1, width 32 and batch m/5, with half of its teachers.
DIM, DEPTH, WIDTH, SEEDS = 1, 5, 32, [10000, 10001, 10002]


def main(argv: list[str]) -> None:
    """Write a row for each engine and student."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs=2, default=["narrow", "stacked"])
    parser.add_argument("--teachers", type=int, default=20)
    parser.add_argument("--samples", type=int, default=100, help="sample size m")
    parser.add_argument("--epochs", type=int, default=5000)
    parser.add_argument("--points", type=int, default=2**18, help="on which errors are measured")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    teachers = random_teachers(a.teachers, DIM, DEPTH, WIDTH, np.inf, 0.5)
    recipe = Recipe(DEPTH, WIDTH, -(-a.samples // 5), a.epochs, 1e-4, 1e-6)
    teacher_of = np.tile(np.arange(a.teachers), len(SEEDS))
    parts = []
    for engine in a.engines:
        last = trained(teachers, recipe, a.samples, SEEDS, engine)
        stream = Stream("evaluation", dim=DIM)
        errors = sampled_errors(teachers, last.networks, teacher_of, a.points, stream)
        students = {
            "engine": engine,
            "teacher": teacher_of,
            "seed": np.repeat(SEEDS, a.teachers),
            "loss": last.losses,
            "error_2": errors.norms["2"],
            "error_inf": errors.norms["inf"],
        }
        parts.append(pd.DataFrame(students))
        print(
            f"{engine}: median uniform error {np.median(errors.norms['inf']):.4f}", file=sys.stderr
        )
    problem = f"d = {DIM}, m = {a.samples}, batch {recipe.batch}, {a.epochs} epochs"
    said = {**machine("cpu"), "problem": problem}
    write_measured(a.output, pd.concat(parts), AGREEMENT, said)


def trained(
    teachers: Networks, recipe: Recipe, samples: int, seeds: list[int], engine: str
) -> Record:
    """Return the students of a seed after another, one a teacher, as they are when trained."""
    drawn = [draw_samples(teachers, seed, samples) for seed in seeds]
    points, values = (np.stack(arrays) for arrays in zip(*drawn, strict=True))
    *_, last = train_cell(recipe, "fifth", seeds, points, values, 1, engine=engine)
    return last


if __name__ == "__main__":
    run(main)
