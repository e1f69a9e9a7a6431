"""Sentences of the study uniform that captions and the document share.

They are plain text, and write mathematics as captions do: p = inf.
"""

import math

import pandas as pd

from supnorm.drawing.captions import span
from supnorm.statistics.intervals import with_interval

# Numbers from here on are not written whole.
WHOLE = 1e6


def course(errors: pd.DataFrame, fit: pd.Series) -> str:
    """Return how the min-max error of one dimension and norm depends on the sample size.

    `errors` are those of the best networks by sample size, `fit` has their slope and its interval.
    """
    first, last = errors.iloc[0], errors.iloc[-1]
    start = (
        f"For d = {first['dim']} and p = {first['norm']} it is {two_digits(first['error'])} "
        f"at m = {first['samples']}"
    )
    if len(errors) == 1:
        return f"{start}."
    slope = with_interval(fit["slope"], fit["low"], fit["high"])
    end = f"{two_digits(last['error'])} at m = {last['samples']}"
    return f"{start} and {end}, with slope {slope}."


def ends(numbers: pd.Series) -> str:
    """Return the first and the last of some numbers, or one if the two are written alike."""
    return span(*map(two_digits, numbers.iloc[[0, -1]]))


def two_digits(number: float) -> str:
    """Return a number with two digits, or whole if that takes more, or the sign for infinity."""
    if math.isinf(number):
        return "\N{INFINITY}"
    return f"{number:.0f}" if 10 <= number < WHOLE else f"{number:.2g}"
