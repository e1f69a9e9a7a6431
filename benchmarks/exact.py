"""Measure exact errors for d = 1 against those on the paper's 2^24 random points (S1.20).

The students learned a random teacher from 100 samples for some epochs. Both ways are timed by
turns on the same students; where all points would take hours, sampling is timed on a part of
them, since its time grows as their number.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from agreement import DEPTH, DIM, SEEDS, trained
from supnorm.errors.exact import exact_errors, piecewise_linear
from supnorm.errors.measured import Errors
from supnorm.errors.sampled import sampled_errors
from supnorm.job.programs import count, run
from supnorm.networks import Networks
from supnorm.streams import Stream
from supnorm.training.recipe import Recipe
from supnorm.uniform.teachers import random_teachers
from tables import EXACT, machine, write_measured
from timing import clock, one_thread

SAMPLES, POINTS = 100, 2**24
# At each width: the students, the part of the points on which sampling is timed, and how often
# exact errors are computed in a slice.
PROBLEMS = {32: (3, 1, 100), 512: (1, 2**-8, 10), 2048: (1, 2**-12, 1)}


def main(argv: list[str]) -> None:
    """Write a row for each width."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", nargs="+", type=int, choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--points", type=count, default=POINTS, help="of which parts are met")
    parser.add_argument("--epochs", type=count, default=20)
    parser.add_argument("--slices", type=count, default=3, help="of which the median is taken")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    one_thread("cpu")
    teacher = random_teachers(1, DIM, DEPTH, 32, np.inf, 0.5)
    compared = [Comparison(teacher, width, a.points, a.epochs) for width in a.widths]
    for _ in range(a.slices):
        for each in compared:
            each.measure()
    table = pd.DataFrame([each.row() for each in compared])
    print(table.to_string(index=False))
    problem = f"depth {DEPTH}, {a.points} points, students after {a.epochs} epochs"
    write_measured(a.output, table, EXACT, {**machine("cpu"), "problem": problem})


class Comparison:
    """Students of one width, and what was measured: seconds a student in each list."""

    def __init__(self, teacher: Networks, width: int, points: int, epochs: int):
        """Train the students, and leave compilation behind."""
        students, self._part, self._repeats = PROBLEMS[width]
        recipe = Recipe(DEPTH, width, SAMPLES // 5, epochs, 1e-4, 1e-6)
        self._students = trained(teacher, recipe, SAMPLES, SEEDS[:students], "auto").networks
        self._teacher, self._width, self._points = teacher, width, round(points * self._part)
        self._seconds = {"exact": [], "sampled": []}
        self._exact(), self._sampled(1)

    def measure(self) -> None:
        """Measure both ways once."""

        def exact() -> None:
            for _ in range(self._repeats):
                self._uniform = self._exact().norms["inf"]

        def sampled() -> None:
            self._met = self._sampled(self._points).norms["inf"]

        students = len(self._students)
        self._seconds["exact"].append(clock(exact, "cpu") / self._repeats / students)
        self._seconds["sampled"].append(clock(sampled, "cpu") / self._part / students)

    def row(self) -> dict:
        """Return the row of the table."""
        (teacher,) = piecewise_linear(self._teacher)
        pieces = [len((f - teacher).places) - 1 for f in piecewise_linear(self._students)]
        times = {}
        for name, seconds in self._seconds.items():
            times[f"{name}_seconds"] = np.median(seconds)
            times[f"{name}_low"], times[f"{name}_high"] = min(seconds), max(seconds)
        return {
            "width": self._width,
            "students": len(self._students),
            "pieces": max(pieces),
            **times,
            "ratio": times["sampled_seconds"] / times["exact_seconds"],
            "part": self._part,
            "shortfall": (1 - self._met / self._uniform).max(),
        }

    def _exact(self) -> Errors:
        return exact_errors(*self._pairs())

    def _sampled(self, points: int) -> Errors:
        return sampled_errors(*self._pairs(), points, Stream("evaluation", dim=DIM))

    def _pairs(self) -> tuple[Networks, Networks, np.ndarray]:
        return self._teacher, self._students, np.zeros(len(self._students), int)


if __name__ == "__main__":
    run(main)
