"""Intervals for what is computed from means over seeds: the bootstrap, widened for few seeds.

What varies is the seed; the teachers are given. A resample draws as many seeds as there are, with
replacement, the same for every teacher, algorithm and sample size, and all that follows from the
means over seeds is computed anew from each: the choice of algorithm and teacher too. The interval
is the expanded percentile interval of Hesterberg (2015), at a nominal 95 %.

Three seeds are few. Their interval is the range of all resamples, which covers the mean of a
symmetric quantity in 75 % of cases, and no three values can promise more without assuming more.
The largest of means that are about equal is on average too large, and its interval lies too high:
on simulated teachers as hard and as noisy as those of a laptop run the min-max was covered in 58
to 79 % of cases with three seeds, in 93 to 96 % with ten or thirty. Teachers are not resampled:
for a maximum the bootstrap is inconsistent (Bickel and Freedman, 1981).
"""

import math
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement

import numpy as np
from scipy.special import ndtr, stdtrit

from supnorm.streams import Stream

TAIL = 0.025
# So many seeds or fewer give the range of all resamples: the tail is rarer than each of them.
FEW = 4
# The resamples of so many seeds are enumerated, 126 of five; those of more are drawn.
ENUMERATED = 5
DRAWN = 2000


@dataclass(frozen=True)
class Resamples:
    """Resamples of seeds: how often each seed is in each, and the probability of each.

    `counts` [resamples, seeds] sum to the number of seeds, `probabilities` [resamples] to 1.
    """

    counts: np.ndarray
    probabilities: np.ndarray

    def means(self, errors: np.ndarray) -> np.ndarray:
        """Return the mean over the seeds of each resample, [resamples, ...].

        `errors` [..., seeds] may be infinite; a seed that is not in a resample has no part in it.
        """
        total = np.zeros((len(self.counts), *errors.shape[:-1]))
        for seed, times in enumerate(self.counts.T):
            drawn = times > 0
            total[drawn] += np.multiply.outer(times[drawn], errors[..., seed])
        return total / self.counts.shape[1]

    def interval(self, values: np.ndarray) -> tuple[float, float]:
        """Return the ends of the interval of a statistic with these `values` [resamples].

        Both are NaN for a single seed, and where the statistic is NaN for a resample.
        """
        seeds = self.counts.shape[1]
        if seeds == 1 or np.isnan(values).any():
            return np.nan, np.nan
        tail, order = expanded_tail(seeds), np.argsort(values, kind="stable")
        low = order[np.searchsorted(np.cumsum(self.probabilities[order]), tail)]
        order = order[::-1]
        high = order[np.searchsorted(np.cumsum(self.probabilities[order]), tail)]
        return float(values[low]), float(values[high])


@cache
def resamples(seeds: int) -> Resamples:
    """Return all resamples of so few seeds as ENUMERATED, and else DRAWN random ones."""
    if seeds <= ENUMERATED:
        chosen = list(combinations_with_replacement(range(seeds), seeds))
        counts = np.array([np.bincount(one, minlength=seeds) for one in chosen])
        orders = [math.factorial(seeds) / math.prod(map(math.factorial, c)) for c in counts]
        return Resamples(counts, np.array(orders) / seeds**seeds)
    drawn = (Stream("resample", seeds=seeds).uniform(DRAWN, seeds) * seeds).astype(int)
    counts = (drawn[:, :, None] == np.arange(seeds)).sum(1)
    return Resamples(counts, np.full(DRAWN, 1 / DRAWN))


def expanded_tail(seeds: int) -> float:
    """Return the probability below the interval, widened so that a mean gets Student's interval.

    The bootstrap's interval is too narrow in two ways: its spread is divided by n in place of n -
    1, and its quantiles are nearly normal. Its percentiles are moved outwards to correct both.
    """
    return float(ndtr(math.sqrt(seeds / (seeds - 1)) * stdtrit(seeds - 1, TAIL)))


def interval_meaning(seeds: int) -> str:
    """Return a sentence for captions that says what an interval over so many seeds is."""
    if seeds == 1:
        return "There is one seed only, and so no interval."
    if seeds > FEW:
        return (
            f"Bands and ranges: 95 % expanded percentile intervals over {seeds} seeds, resampled "
            "alike for all teachers, algorithms and m."
        )
    return (
        f"Bands and ranges are those of all resamples of {seeds} seeds; they cover a mean in about "
        f"{round(100 * (1 - 0.5 ** (seeds - 1)))} % of cases, and a maximum of about equal means "
        "in fewer."
    )


def with_interval(value: float, low: float, high: float) -> str:
    """Return a value with two decimals and its interval, if any: −0.53 (−0.56 to −0.46).

    A missing value is "not defined".
    """
    if np.isnan(value):
        return "not defined"
    text = f"{value:.2f}" if np.isnan(low) else f"{value:.2f} ({low:.2f} to {high:.2f})"
    return text.replace("-", "\N{MINUS SIGN}")
