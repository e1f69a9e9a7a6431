"""Sentences of the study uniform that captions and the document share.

They are plain text, and write mathematics as captions do: p = inf.
"""

import math

import pandas as pd

from supnorm.statistics.intervals import with_interval


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


def two_digits(error: float) -> str:
    """Return an error with two digits, or the sign for infinity."""
    return "\N{INFINITY}" if math.isinf(error) else f"{error:.2g}"
