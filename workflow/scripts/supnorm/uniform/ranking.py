"""Which algorithm does best: minima over algorithms of maxima or means over teachers (S1.20)."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supnorm.job.programs import InputError
from supnorm.statistics.intervals import resamples
from supnorm.uniform.references.own import ASKING

ALGORITHM = ["algorithm", "depth", "width", "batch_rule", "evaluation"]
PROBLEM = ["family", "dim", "norm", "samples"]
# The columns of a table of errors from which algorithms are ranked.
RANKED = (*PROBLEM, *ALGORITHM, "teacher", "seed", "error", "upper")


@dataclass(frozen=True)
class Competition:
    """The algorithms of one set on one problem.

    `algorithms` have the values of ALGORITHM; `errors` [algorithms, teachers, seeds], and `upper`
    their certified upper ends, NaN where unknown.
    """

    problem: dict
    algorithms: list[dict]
    teachers: list[int]
    seeds: list[int]
    errors: np.ndarray
    upper: np.ndarray

    def resampled(self) -> np.ndarray:
        """Return the mean errors over resampled seeds, [resamples, algorithms, teachers]."""
        return resamples(len(self.seeds)).means(self.errors)


@dataclass(frozen=True)
class Statistic:
    """A number computed from mean errors over seeds, with its resamples.

    `resampled` [resamples] is the number computed anew, selection included, for each resample of
    `seeds`.
    """

    problem: dict
    seeds: list[int]
    error: float
    resampled: np.ndarray

    def interval(self) -> tuple[float, float]:
        """Return the ends of the interval over seeds, both NaN for a single seed."""
        return resamples(len(self.seeds)).interval(self.resampled)


@dataclass(frozen=True)
class Decided(Statistic):
    """The min-max or the min-mean of one set of algorithms on one problem, and who decides it.

    `algorithm` holds the values of ALGORITHM; `teacher` attains the maximum, and is None for
    "minmean". `upper` is the same maximum or mean over teachers of the certified upper ends of this
    algorithm's errors, NaN unless all are known. Errors are attained, hence lower ends, and any
    algorithm's upper end bounds the minimum from above: the statistic of the true errors lies in
    [error, upper].
    """

    statistic: str
    algorithm: dict
    teacher: int | None
    upper: float


@dataclass(frozen=True)
class Grown(Statistic):
    """The min-max error with only `teachers` of the teachers: see `grow`."""

    teachers: int


def decide(errors: pd.DataFrame) -> Iterator[Decided]:
    """Yield the min-max and the min-mean of every set of algorithms and every problem.

    `errors` has the columns RANKED and a row for each student, evaluation and norm. An algorithm
    is an architecture, a batch rule and an evaluation at which it stops (S1.20); those of one
    `algorithm` compete with one another alone. Of equal algorithms the first in sorted order
    wins. Raises InputError unless each algorithm has met each teacher with each seed exactly once.
    """
    for one in compete(errors):
        means, upper, resampled = one.errors.mean(2), one.upper.mean(2), one.resampled()
        best = int(means.max(1).argmin())
        worst = int(means[best].argmax())
        yield Decided(
            problem=one.problem,
            seeds=one.seeds,
            error=float(means[best, worst]),
            resampled=resampled.max(2).min(1),
            statistic="minmax",
            algorithm=one.algorithms[best],
            teacher=one.teachers[worst],
            upper=float(upper[best].max()),
        )
        best = int(means.mean(1).argmin())
        yield Decided(
            problem=one.problem,
            seeds=one.seeds,
            error=float(means[best].mean()),
            resampled=resampled.mean(2).min(1),
            statistic="minmean",
            algorithm=one.algorithms[best],
            teacher=None,
            upper=float(upper[best].mean()),
        )


def grow(errors: pd.DataFrame) -> Iterator[Grown]:
    """Yield what the min-max would be with 1, 2, … of the teachers, for every problem.

    It is the least over algorithms of the expected maximum over so many teachers, drawn from all
    without replacement: the min-mean for one teacher, the min-max for all. `errors` is that of
    `decide`.
    """
    for one in compete(errors):
        least = expected_maxima(one.errors.mean(2)).min(0)
        resampled = expected_maxima(one.resampled()).min(1)
        for place, error in enumerate(least):
            yield Grown(one.problem, one.seeds, float(error), resampled[:, place], place + 1)


def expected_maxima(errors: np.ndarray) -> np.ndarray:
    """Return the expected maxima over uniform subsets of 1, 2, … all teachers.

    `errors` [..., teachers] may be infinite; the result has the same shape, the size of the
    subset minus 1 in place of the teacher. The j-th least of n errors is the largest of a subset
    of k with probability C(j-1, k-1) / C(n, k).
    """
    ordered, count = np.sort(errors, axis=-1), errors.shape[-1]
    maxima = np.empty(errors.shape)
    for size in range(1, count + 1):
        largest = [math.comb(place, size - 1) for place in range(size - 1, count)]
        chances = np.array([ways / math.comb(count, size) for ways in largest])
        maxima[..., size - 1] = (ordered[..., size - 1 :] * chances).sum(-1)
    return maxima


def compete(errors: pd.DataFrame) -> Iterator[Competition]:
    """Yield the algorithms of every set and problem, problem by problem; see `decide`."""
    for values, group in errors.groupby([*PROBLEM, "algorithm"], sort=True):
        yield _competition(dict(zip(PROBLEM, values[:-1], strict=True)), group)


def _competition(problem: dict, group: pd.DataFrame) -> Competition:
    rows = group.set_index([*ALGORITHM, "teacher", "seed"]).sort_index()
    algorithms = rows.index.droplevel(["teacher", "seed"]).unique()
    teachers = rows.index.unique("teacher").sort_values()
    seeds = rows.index.unique("seed").sort_values()
    shape = (len(algorithms), len(teachers), len(seeds))
    if rows.index.has_duplicates or len(rows) != np.prod(shape):
        raise InputError(
            f"errors of {problem}, algorithm {group['algorithm'].iloc[0]}: found {len(rows)} rows, "
            f"expected one for each of {shape[0]} algorithms, {shape[1]} teachers and {shape[2]} "
            "seeds"
        )
    return Competition(
        problem=problem,
        algorithms=[dict(zip(ALGORITHM, values, strict=True)) for values in algorithms],
        teachers=teachers.tolist(),
        seeds=seeds.tolist(),
        errors=rows["error"].to_numpy().reshape(shape),
        upper=rows["upper"].to_numpy(dtype=float).reshape(shape),
    )


def ratios_to_others(decided: Sequence[Decided]) -> Iterator[dict[str, float]]:
    """Yield, for each, its error over the least of the other sets, with an interval.

    The others are those decided by the same statistic, on the same problem and with the same seeds,
    which are resampled together; all is NaN where there are none. Built-in algorithms that ask for
    more than values at points chosen beforehand are nobody's others.
    """
    rivals = defaultdict(list)
    for one in decided:
        if one.algorithm["algorithm"] not in ASKING:
            rivals[_contest(one)].append(one)
    for one in decided:
        others = [other for other in rivals[_contest(one)] if other is not one]
        error = min((other.error for other in others), default=np.nan)
        resampled = np.min([other.resampled for other in others], axis=0) if others else np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio, again = np.divide(one.error, error), np.divide(one.resampled, resampled)
        low, high = resamples(len(one.seeds)).interval(again)
        yield {"ratio": float(ratio), "ratio_low": low, "ratio_high": high}


def _contest(one: Decided) -> tuple:
    return (*one.problem.values(), one.statistic, *one.seeds)


@dataclass(frozen=True)
class Rate:
    """The line through a series of statistics that differ in sample size alone.

    `series` has the problem without its sample size, and what else names the series. `resampled`
    [resamples] is the slope for each resample of `seeds`, the same at all sample sizes.
    """

    series: dict
    seeds: list[int]
    slope: float
    constant: float
    resampled: np.ndarray

    def row(self) -> dict[str, object]:
        """Return the series, and slope, low and high of its interval, and constant."""
        low, high = resamples(len(self.seeds)).interval(self.resampled)
        line = {"slope": self.slope, "low": low, "high": high, "constant": self.constant}
        return self.series | line

    def less(self, other: "Rate") -> tuple[float, float, float]:
        """Return this slope less that of another rate of the same students, and its interval.

        The seeds are resampled alike for both, so that what both share cancels.
        """
        difference = resamples(len(self.seeds)).interval(self.resampled - other.resampled)
        return self.slope - other.slope, *difference


def rates(statistics: Iterable[Statistic], labels: Callable[[Statistic], dict]) -> Iterator[Rate]:
    """Yield the line through each series of statistics that differ in sample size alone.

    A series is named by its problem and its `labels`. Raises InputError where its sample sizes
    differ in their seeds: then there is no resample of them all.
    """
    series = defaultdict(list)
    for one in statistics:
        problem = {name: value for name, value in one.problem.items() if name != "samples"}
        series[tuple((problem | labels(one)).items())].append(one)
    for key, members in series.items():
        yield _rate(dict(key), members)


def _rate(series: dict, members: Sequence[Statistic]) -> Rate:
    seeds = {tuple(one.seeds) for one in members}
    if len(seeds) > 1:
        found = " and ".join(str(list(one)) for one in sorted(seeds))
        raise InputError(f"errors of {series}: found the seeds {found}, expected the same at all m")
    samples = np.array([one.problem["samples"] for one in members])
    slope, constant = power_law(samples, np.array([one.error for one in members]))
    slopes, _ = power_law(samples, np.stack([one.resampled for one in members], axis=-1))
    return Rate(series, members[0].seeds, float(slope), float(constant), slopes)


def beside(fitted: Sequence[Rate], **values) -> Iterator[tuple[Rate, Rate]]:
    """Yield each rate with the one whose series has these `values` and is otherwise the same."""
    of_series = {frozenset(one.series.items()): one for one in fitted}
    for one in fitted:
        yield one, of_series[frozenset((one.series | values).items())]


def power_law(samples: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (slope, constant), each [...], of the least-squares line of log error in log m.

    `samples` [sizes], `errors` [..., sizes]. Both are NaN unless there are two sizes or more and
    all errors are positive and finite.
    """
    fits = (np.isfinite(errors) & (errors > 0)).all(-1, keepdims=True) & (len(samples) > 1)
    sizes, logs = np.log(samples), np.log(errors, where=fits, out=np.full(errors.shape, np.nan))
    centred = sizes - sizes.mean()
    with np.errstate(invalid="ignore"):
        slope = (logs * centred).sum(-1) / (centred**2).sum()
    return slope, np.exp(logs.mean(-1) - slope * sizes.mean())


def of_best(students: pd.DataFrame, minmax: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of networks that are of those that decide the uniform min-max.

    For each family, dimension and sample size of tables/minmax they are all students of the
    deciding architecture and batch rule, whenever these stop.
    """
    best = minmax[(minmax["algorithm_set"] == "network") & (minmax["norm"] == "inf")]
    cell = ["family", "dim", "samples", "depth", "width", "batch_rule"]
    return students.merge(best.loc[best["statistic"] == "minmax", cell])
