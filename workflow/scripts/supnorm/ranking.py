"""Which algorithm does best: minima over algorithms of maxima or means over teachers (S1.20)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supnorm.programs import InputError

ALGORITHM = ["algorithm", "depth", "width", "batch_rule", "evaluation"]
PROBLEM = ["family", "dim", "norm", "samples"]


@dataclass(frozen=True)
class Decided:
    """The outcome of one problem and statistic.

    `algorithm` holds the values of ALGORITHM; `teacher` attains the maximum, and is None for
    "minmean"; `seeds` [seeds] are the values whose mean is the statistic.
    """

    problem: dict
    statistic: str
    algorithm: dict
    teacher: int | None
    seeds: np.ndarray

    @property
    def error(self) -> float:
        """Return the statistic's value: the mean over seeds."""
        return float(self.seeds.mean())


def decide(errors: pd.DataFrame) -> Iterator[Decided]:
    """Yield the min-max and the min-mean of every family, dimension, norm and sample size.

    `errors` has a row for each student, evaluation and norm. An algorithm is an architecture, a
    batch rule and an evaluation at which it stops (S1.20). Of equal algorithms the first in
    sorted order wins. Raises InputError unless each algorithm has met each teacher with each
    seed exactly once.
    """
    for values, group in errors.groupby(PROBLEM, sort=True):
        problem = dict(zip(PROBLEM, values, strict=True))
        algorithms, teachers, cube = _cube(problem, group)
        means = cube.mean(2)
        best = int(means.max(1).argmin())
        worst = int(means[best].argmax())
        yield Decided(problem, "minmax", algorithms[best], teachers[worst], cube[best, worst])
        best = int(means.mean(1).argmin())
        yield Decided(problem, "minmean", algorithms[best], None, cube[best].mean(0))


def _cube(problem: dict, group: pd.DataFrame) -> tuple[list[dict], list[int], np.ndarray]:
    """Return algorithms, teachers, and errors [algorithms, teachers, seeds]."""
    rows = group.set_index([*ALGORITHM, "teacher", "seed"]).sort_index()["error"]
    algorithms = rows.index.droplevel(["teacher", "seed"]).unique()
    teachers = rows.index.unique("teacher").sort_values()
    seeds = rows.index.unique("seed").sort_values()
    shape = (len(algorithms), len(teachers), len(seeds))
    if rows.index.has_duplicates or len(rows) != np.prod(shape):
        raise InputError(
            f"errors of {problem}: found {len(rows)} rows, expected one for each of "
            f"{shape[0]} algorithms, {shape[1]} teachers and {shape[2]} seeds"
        )
    named = [dict(zip(ALGORITHM, values, strict=True)) for values in algorithms]
    return named, teachers.tolist(), rows.to_numpy().reshape(shape)


def power_law(samples: np.ndarray, errors: np.ndarray) -> tuple[float, float]:
    """Return (slope, constant) of the least-squares line of log error against log m.

    Both are NaN unless there are two sizes or more and all errors are positive and finite.
    """
    if len(samples) < 2 or not (np.isfinite(errors) & (errors > 0)).all():
        return np.nan, np.nan
    slope, intercept = np.polyfit(np.log(samples), np.log(errors), 1)
    return float(slope), float(np.exp(intercept))
