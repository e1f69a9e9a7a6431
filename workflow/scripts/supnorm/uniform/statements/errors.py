"""The claims about errors of trained networks, their rates, and the worst case.

A claim is tested for each dimension and norm. A `compare` function takes the tables of one
dimension, and a norm; it returns a number, what that is compared with, and the ends of the number's
interval if it has one, or None where the tables have no such case.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from supnorm.statistics.claims import Claim, Tables
from supnorm.uniform.ranking import power_law
from supnorm.uniform.statements.cases import Numbers, in_all_cases, matching, networks


def slopes(tables: Tables, norm: str) -> pd.Series | None:
    """Return slope, low and high of the networks' min-max error; None where there is no slope."""
    rows = matching(tables["rates"], algorithm_set="network", statistic="minmax", norm=norm)
    rows = rows.dropna(subset="slope")
    return None if rows.empty else rows.iloc[0]


def slope_above_that_in(other: str) -> Callable[[Tables, str], Numbers]:
    """Return a comparison of the slope of the uniform error with that in another norm."""

    def compare(tables: Tables, norm: str) -> Numbers:
        faster = slopes(tables, other)
        if norm != "inf" or faster is None:
            return None
        return faster["lead"], 0.0, faster["lead_low"], faster["lead_high"]

    return compare


def slope_and_rate(tables: Tables, norm: str) -> Numbers:
    """Compare the measured slope with the exponent of Theorem 2.2 for s = d."""
    fitted = slopes(tables, norm)
    if fitted is None:
        return None
    rate = matching(tables["bounds"], bound="rate", norm=norm)
    exponent, _ = power_law(rate["samples"].to_numpy(), rate["value"].to_numpy())
    return fitted["slope"], exponent, fitted["low"], fitted["high"]


def adaptive_over_bound(tables: Tables, norm: str) -> Numbers:
    """Compare the least error of any student on adaptive spikes with S1.11."""
    bounds = matching(tables["bounds"], bound="lower_sharp", best=True, norm=norm)
    return least_ratio(matching(tables["worst_case"], kind="adaptive", norm=norm), "low", bounds)


def fixed_over_bound(tables: Tables, norm: str) -> Numbers:
    """Compare the mean error over fixed spikes with Theorem 2.2 for their number of coordinates.

    The spikes have as many active coordinates as the class admits.
    """
    bounds = matching(tables["bounds"], bound="lower", norm=norm)
    bounds = bounds[bounds["active"] == bounds["active"].max()]
    errors = matching(tables["worst_case"], kind="fixed_mean", norm=norm)
    return least_ratio(errors, "error", bounds)


def least_ratio(errors: pd.DataFrame, column: str, bounds: pd.DataFrame) -> Numbers:
    """Return the least ratio over m of a column of errors to a bound, to be 1 or more."""
    pairs = errors.merge(bounds, on="samples")
    return None if pairs.empty else ((pairs[column] / pairs["value"]).min(), 1.0)


def random_over_adaptive(tables: Tables, norm: str) -> Numbers:
    """Compare errors on random teachers with those on adaptive spikes, largest ratio over m."""
    random = matching(tables["worst_case"], kind="random", norm=norm)
    spiked = matching(tables["worst_case"], kind="adaptive", norm=norm)
    pairs = random.merge(spiked, on="samples", suffixes=("", "_spiked"))
    return None if pairs.empty else ((pairs["error"] / pairs["error_spiked"]).max(), 1.0)


def error_over_lower_bound(tables: Tables, norm: str) -> Numbers:
    """Compare the networks' error for p < inf at the largest m with Theorem 2.2."""
    bounds = matching(tables["bounds"], bound="lower", best=True, norm=norm)
    pairs = networks(tables, norm).merge(bounds, on="samples")
    if norm == "inf" or pairs.empty:
        return None
    last = pairs.iloc[-1]
    error, low, high = last[["error", "low", "high"]] / last["value"]
    return error, 1.0, low, high


def grid_over_guarantee(tables: Tables, norm: str) -> Numbers:
    """Compare the grid algorithm's errors with its guarantee, largest ratio over m."""
    errors = matching(tables["minmax"], algorithm_set="grid", statistic="minmax", norm=norm)
    bounds = matching(tables["bounds"], bound="upper_centres", norm=norm)
    pairs = errors.merge(bounds, on="samples", suffixes=("", "_bound"))
    return None if pairs.empty else ((pairs["error"] / pairs["value"]).max(), 1.0)


def networks_over_references(tables: Tables, norm: str) -> Numbers:
    """Compare networks with the best reference algorithm at the largest m."""
    last = networks(tables, norm).iloc[-1]
    if np.isnan(last["ratio"]):
        return None
    return last["ratio"], 1.0, last["ratio_low"], last["ratio_high"]


def bracket(tables: Tables, norm: str, gap: float) -> Numbers:
    """Compare the widest relative gap between min-max errors and their upper ends with the aim."""
    rows = networks(tables, norm)
    # For d = 1 errors are exact.
    if norm != "inf" or (rows["dim"] == 1).all() or rows["upper"].isna().all():
        return None
    return (rows["upper"] / rows["error"] - 1).fillna(np.inf).max(), gap


def sampling_shortfall(tables: Tables, norm: str, gap: float) -> Numbers:
    """Compare the most by which sampling all points misses a known uniform error with the aim."""
    table = tables["methods"]
    if norm != "inf" or table.empty:
        return None
    sampled = table[(table["method"] == "sampled") & (table["points"] == table["points"].max())]
    known = table[table["method"].isin(["exact", "certified"])]
    pairs = sampled.merge(known, on=["samples", "teacher", "seed"], suffixes=("", "_known"))
    return None if pairs.empty else ((1 - pairs["error"] / pairs["error_known"]).max(), gap)


def slope_with_all_over_one(tables: Tables, norm: str) -> Numbers:
    """Compare the slope with all teachers with that for a single one."""
    rows = matching(tables["growth"], norm=norm).dropna(subset="lag")
    if rows.empty or rows["teachers"].max() == 1:
        return None
    last = rows.loc[rows["teachers"].idxmax()]
    return last["lag"], 0.0, last["lag_low"], last["lag_high"]


CLAIMS = (
    Claim(
        "uniform_slower_than_l2",
        "The uniform error falls more slowly with m than the error in L^2.",
        "slope of the min-max error, less that for p = 2",
        ">=",
        "rates",
        "Section 3 of the paper",
        "rates",
        in_all_cases(slope_above_that_in("2")),
    ),
    Claim(
        "uniform_slower_than_l1",
        "The uniform error falls more slowly with m than the error in L^1.",
        "slope of the min-max error, less that for p = 1",
        ">=",
        "rates",
        "Section 3 of the paper",
        "rates",
        in_all_cases(slope_above_that_in("1")),
    ),
    Claim(
        "no_faster_than_the_rate",
        "On random teachers the error falls no faster than the bound on the worst case.",
        "slope of the min-max error; reference: exponent of Theorem 2.2 for s = d",
        ">=",
        "rates, bounds",
        "S1.9, S1.20",
        "rates",
        in_all_cases(slope_and_rate),
    ),
    Claim(
        "adaptive_spike_above_bound",
        "On a teacher with a spike where the sample is emptiest every algorithm errs at least by "
        "the bound for deterministic algorithms, at every m and with every seed.",
        "least ratio of error to bound, over m, algorithms and seeds",
        ">=",
        "worst_case, bounds",
        "S1.11",
        "worst_case",
        in_all_cases(adaptive_over_bound),
    ),
    Claim(
        "fixed_spike_above_bound",
        "On the spikes of a grid that is fixed beforehand the best algorithm errs on average at "
        "least by Theorem 2.2, at every m.",
        "least ratio, over m, of error to bound; error: mean over spikes, signs and seeds",
        ">=",
        "worst_case, bounds",
        "S1.8, S1.9",
        "worst_case",
        in_all_cases(fixed_over_bound),
    ),
    Claim(
        "random_below_worst_case",
        "Random teachers are easier than teachers with a spike that the sample misses.",
        "largest ratio of the error on random teachers to that on spiked ones, over m",
        "<=",
        "worst_case",
        "S1.19",
        "worst_case",
        in_all_cases(random_over_adaptive),
    ),
    Claim(
        "learnable_below_infinity",
        "For p < inf the bound does not forbid learning: at the largest m Theorem 2.2 lies below "
        "what networks reach on random teachers.",
        "ratio of the min-max error to the bound",
        ">=",
        "minmax, bounds",
        "S1.9, Remark 2.3 of the paper",
        "rates",
        in_all_cases(error_over_lower_bound),
    ),
    Claim(
        "grid_within_guarantee",
        "At every m a constant on each cell of a grid errs at most by its guarantee for the whole "
        "class.",
        "largest ratio of sampled error to the class's guarantee, over m",
        "<=",
        "minmax, bounds",
        "S1.15",
        None,
        in_all_cases(grid_over_guarantee),
    ),
    Claim(
        "networks_beat_references",
        "At the largest m the best trained network errs less than every reference algorithm that "
        "sees values at points chosen beforehand. (For p = inf networks' errors are exact, "
        "certified or climbed to, and references' only the largest on sampled points, which "
        "favours the references.)",
        "ratio of the min-max error to the least of a reference algorithm",
        "<=",
        "minmax",
        "none",
        "references",
        in_all_cases(networks_over_references),
    ),
    Claim(
        "rates_worsen_with_teachers",
        "The more teachers must be learned, the more slowly the error falls with m.",
        "slope with all teachers, less the slope for a single one",
        ">=",
        "growth",
        "Section 3 of the paper",
        "growth",
        in_all_cases(slope_with_all_over_one),
    ),
    Claim(
        "certified",
        "The min-max errors are certified: the true ones lie within the aimed gap above them.",
        "largest relative gap to the certified upper end, over m",
        "<=",
        "minmax",
        "none",
        "rates",
        in_all_cases(bracket, "gap"),
    ),
    Claim(
        "sampling_falls_short",
        "For some student that decides, the largest error on uniform points falls short of the "
        "uniform error by more than the aimed gap of certificates.",
        "largest relative shortfall, over the students that decide",
        ">=",
        "methods",
        "S1.19",
        "methods",
        in_all_cases(sampling_shortfall, "gap"),
    ),
)
