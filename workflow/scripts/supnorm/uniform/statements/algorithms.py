"""Claims about algorithms of every kind: what none of them can do, and what adaptive ones can."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from supnorm.statistics.claims import Claim, Finding, Tables
from supnorm.uniform.references.own import COUNTERPARTS


def challenged_over_bound(tables: Tables, _: Mapping[str, float]) -> Iterator[Finding]:
    """Compare errors on spiked targets with S1.11: least ratio over algorithms, seeds and m."""
    rows = tables["challenges"]
    ratios = rows[["error_plus", "error_minus"]].max(axis=1) / rows["bound"]
    for dim, some in ratios.groupby(rows["dim"]):
        yield Finding(f"d = {dim}, p = inf", some.min(), 1.0, part=dim)


def adaptive_over_random(tables: Tables, _: Mapping[str, float]) -> Iterator[Finding]:
    """Compare adaptive algorithms with their counterparts at the largest m of both.

    The number is the ratio of min-max errors. An adaptive algorithm knows no seed, so that its
    interval is that of the counterpart alone.
    """
    minmax = tables["minmax"]
    rows = minmax[(minmax["statistic"] == "minmax") & (minmax["norm"] == "inf")]
    for dim, of_dim in rows.groupby("dim"):
        for adaptive, other in COUNTERPARTS.items():
            mine, theirs = (of_dim[of_dim["algorithm_set"] == name] for name in (adaptive, other))
            pairs = mine.merge(theirs, on=["family", "samples"], suffixes=("", "_other"))
            if not pairs.empty:
                yield Finding(f"d = {dim}, p = inf, {adaptive}", *ratio(pairs), part=dim)


def ratio(pairs: pd.DataFrame) -> tuple[float, float, float, float]:
    """Return the ratio at the largest m, what it is compared with, and its interval."""
    last = pairs.loc[pairs["samples"].idxmax()]
    with np.errstate(divide="ignore"):
        measured, low, high = np.float64(last["error"]) / last[
            ["error_other", "high_other", "low_other"]
        ].to_numpy(float)
    return measured, 1.0, low, high


CLAIMS = (
    Claim(
        "any_algorithm_errs_on_a_spike",
        "Every algorithm, adaptive or not, errs at least by the bound for deterministic algorithms "
        "on teacher 0 plus or minus a spike that stands where it did not ask: it runs again on "
        "both, asks the same and answers the same.",
        "least ratio of the larger error to the bound, over m, algorithms and seeds",
        ">=",
        "challenges",
        "S1.3, S1.11",
        "algorithms",
        challenged_over_bound,
    ),
    Claim(
        "adaptive_beats_random_points",
        "On random teachers, at the largest m, an algorithm that asks where it expects to err most "
        "errs less than the same prediction from as many random points.",
        "ratio of min-max errors, adaptive over random points",
        "<=",
        "minmax",
        "S1.3, Remark 1.5 of the paper",
        "algorithms",
        adaptive_over_random,
    ),
)
