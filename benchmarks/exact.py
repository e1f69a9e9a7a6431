"""Measure exact errors for d = 1 against those on the paper's 2^24 random points (S1.20).

The students learned a random teacher from 100 samples for some epochs, of depth 5. Both ways are
timed by turns on the same students; where all points would take hours, sampling is timed on a
part of them, since its time grows as their number.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from tables import machine, write_measured
from timing import clock, one_thread

from supnorm.errors.exact import exact_errors, piecewise_linear
from supnorm.errors.measured import Errors
from supnorm.errors.sampled import sampled_errors
from supnorm.networks import Networks
from supnorm.programs import run
from supnorm.samples import draw_samples
from supnorm.streams import Stream
from supnorm.tables.schema import Schema, integer, real
from supnorm.teachers import random_teachers
from supnorm.training.cell import train_cell
from supnorm.training.recipe import Recipe

DEPTH, SAMPLES, SEEDS, POINTS = 5, 100, [10000, 10001, 10002], 2**24
# At each width: the students, the part of the points on which sampling is timed, and how often
# exact errors are computed in a slice.
PROBLEMS = {32: (3, 1, 100), 512: (1, 2**-8, 10), 2048: (1, 2**-12, 1)}

EXACT = Schema(
    "a width: errors of a student, exact and on random points",
    (
        integer("width", "hidden neurons a layer of the students"),
        integer("students", "students that both ways measured"),
        integer("pieces", "of student minus teacher, the most of a student"),
        real("exact_seconds", "exact errors of a student, median over slices", "s"),
        real("exact_low", "least of the same", "s"),
        real("exact_high", "largest of the same", "s"),
        real("sampled_seconds", "errors on all points, scaled from a part, median", "s"),
        real("sampled_low", "least of the same", "s"),
        real("sampled_high", "largest of the same", "s"),
        real("ratio", "sampled_seconds over exact_seconds"),
        real("part", "of the points that were met and timed"),
        real("shortfall", "exact minus sampled over exact uniform error, largest of a student"),
    ),
)


def main(argv: list[str]) -> None:
    """Write a row for each width."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", nargs="+", type=int, choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--points", type=int, default=POINTS, help="of which parts are met")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--slices", type=int, default=3, help="of which the median is taken")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    one_thread("cpu")
    teachers = random_teachers(1, 1, DEPTH, 32, np.inf, 0.5)
    compared = [Comparison(teachers, width, a.points, a.epochs) for width in a.widths]
    for _ in range(a.slices):
        for each in compared:
            each.measure()
    table = pd.DataFrame([each.row() for each in compared])
    print(table.to_string(index=False))
    problem = f"depth {DEPTH}, {a.points} points, students after {a.epochs} epochs"
    write_measured(a.output, table, EXACT, {**machine("cpu"), "problem": problem})


class Comparison:
    """Students of one width, and what was measured: seconds a student in each list."""

    def __init__(self, teachers: Networks, width: int, points: int, epochs: int):
        """Train the students, and leave compilation behind."""
        count, self._part, self._repeats = PROBLEMS[width]
        self._teachers, self._students = teachers, trained(teachers, width, SEEDS[:count], epochs)
        self._teacher_of = np.zeros(count, int)
        self._width, self._points = width, round(points * self._part)
        self._seconds = {"exact": [], "sampled": []}
        self._exact(), self._sampled(1)

    def measure(self) -> None:
        """Measure both ways once."""

        def exact() -> None:
            for _ in range(self._repeats):
                self._uniform = self._exact().norms["inf"]

        def sampled() -> None:
            self._uniform_sampled = self._sampled(self._points).norms["inf"]

        count = len(self._students)
        self._seconds["exact"].append(clock(exact, "cpu") / self._repeats / count)
        self._seconds["sampled"].append(clock(sampled, "cpu") / self._part / count)

    def row(self) -> dict:
        """Return the row of the table."""
        (teacher,) = piecewise_linear(self._teachers)
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
            "shortfall": ((self._uniform - self._uniform_sampled) / self._uniform).max(),
        }

    def _exact(self) -> Errors:
        return exact_errors(self._teachers, self._students, self._teacher_of)

    def _sampled(self, points: int) -> Errors:
        stream = Stream("evaluation", dim=1)
        return sampled_errors(self._teachers, self._students, self._teacher_of, points, stream)


def trained(teachers: Networks, width: int, seeds: list[int], epochs: int) -> Networks:
    """Return a student a seed, after some epochs on batches of m/5."""
    drawn = [draw_samples(teachers, seed, SAMPLES) for seed in seeds]
    points, values = (np.stack(arrays) for arrays in zip(*drawn, strict=True))
    recipe = Recipe(DEPTH, width, SAMPLES // 5, epochs, 1e-4, 1e-6)
    *_, last = train_cell(recipe, "fifth", seeds, points, values, 1)
    return last.networks


if __name__ == "__main__":
    run(main)
