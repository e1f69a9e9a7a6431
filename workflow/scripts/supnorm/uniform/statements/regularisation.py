"""The claims on regularisation (Remark 1.6 of the paper), dimension and depth.

Rates are those of spikes with as many active coordinates as there are, s = d where the class admits
it: these fall most slowly. Of all s the highest spike may be another one, and changes with m.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from supnorm.statistics.claims import Claim, Finding, Tables
from supnorm.uniform.ranking import power_law

CLASS = ["dim", "depth", "width", "q", "c"]
# Where cases are norms and no dimensions, they stand behind the parts of all dimensions.
LAST = 100
# What rounding makes of equal slopes.
EQUAL = 1e-9

Find = Callable[[Tables, Mapping[str, float]], Iterator[Finding]]


def highest(table: pd.DataFrame) -> pd.DataFrame:
    """Return for each class and sample size the largest of every column over s."""
    return table.groupby([*CLASS, "samples"], as_index=False).max()


def order(q: str) -> float:
    """Return the number that a coefficient norm is."""
    return float(q)


def growth_per_layer(rows: pd.DataFrame) -> float:
    """Return the factor c B^(1-2/q), or c if q <= 2, by which a layer raises what a class can."""
    one = rows.iloc[0]
    return one["c"] * one["width"] ** max(0.0, 1 - 2 / order(one["q"]))


def steps(rows: pd.DataFrame, along: str, column: str) -> np.ndarray:
    """Return by how much a column grows in each step along another, per unit; all classes."""
    others = [name for name in (*CLASS, "samples", "error") if name in rows and name != along]
    table = rows.pivot_table(column, others, along).dropna(axis=1)
    return (table.diff(axis=1).iloc[:, 1:] / np.diff(table.columns)).to_numpy().ravel()


def widest(table: pd.DataFrame, dim: int) -> pd.DataFrame:
    """Return the rows of a dimension with the most active coordinates."""
    rows = table[(table["dim"] == dim) & table["height"].notna()]
    return rows[rows["active"] == rows["active"].max()]


def each_dim(compare: Callable[[pd.DataFrame], Iterator[tuple]]) -> Find:
    """Return a `find` function: `compare` yields cases of the widest spikes of a dimension."""

    def find(tables: Tables, settings: Mapping[str, float]) -> Iterator[Finding]:
        table = tables["regularisation"]
        for dim in sorted(table["dim"].unique()):
            rows = widest(table, dim)
            if len(rows):
                for case, *numbers in compare(rows):
                    yield Finding(f"d = {dim}{case}", *numbers, part=dim)

    return find


def each_norm(name: str, compare: Callable[[pd.DataFrame], tuple | None]) -> Find:
    """Return a `find` function: `compare` sees the rows of a table with one coefficient norm."""

    def find(tables: Tables, settings: Mapping[str, float]) -> Iterator[Finding]:
        for q in sorted(tables[name]["q"].unique(), key=order):
            numbers = compare(tables[name][tables[name]["q"] == q])
            if numbers:
                yield Finding(f"q = {q}", *numbers, part=LAST)

    return find


def slopes(rows: pd.DataFrame) -> pd.Series:
    """Return the slope in m of the heights of spikes of one s, by norm q and bound c."""
    table = rows.pivot_table("height", ["q", "c"], "samples")
    slope, _ = power_law(table.columns.to_numpy(), table.to_numpy())
    return pd.Series(slope, table.index)


def slope_and_rate(rows: pd.DataFrame) -> Iterator[tuple]:
    """Compare the least slope over c with the exponent of Theorem 2.2, norm by norm."""
    least = slopes(rows).groupby("q").min()
    for q in sorted(least.index, key=order):
        yield f", q = {q}", least[q], -1 / rows["active"].iloc[0]


def slopes_apart(rows: pd.DataFrame) -> Iterator[tuple]:
    """Return by how much slopes differ over all norms and bounds."""
    found = slopes(rows)
    yield "", found.max() - found.min(), EQUAL


def norms_apart(rows: pd.DataFrame) -> Iterator[tuple]:
    """Compare spikes of the least norm q with those of the largest: ratio of heights."""
    heights = rows.pivot_table("height", ["c", "samples"], "q")
    norms = sorted(heights.columns, key=order)
    if len(norms) > 1:
        yield "", (heights[norms[0]] / heights[norms[-1]]).max(), 1.0


def over_bounds(rows: pd.DataFrame) -> float:
    """Return the least ratio of a spike's height to a lower bound for its s, over all seeds."""
    return (rows["low"] / rows[["lower", "lower_sharp"]].max(axis=1)).min()


def spikes_over_bounds(tables: Tables, settings: Mapping[str, float]) -> Iterator[Finding]:
    """Compare spikes of all norms, bounds, s and m with the bounds, dimension by dimension."""
    for dim, rows in tables["regularisation"].groupby("dim"):
        yield Finding(f"d = {dim}", over_bounds(rows), 1.0, part=dim)


def every_dimension_over_bounds(rows: pd.DataFrame) -> tuple:
    """Compare spikes of all dimensions, depths, s and m with the bounds."""
    return over_bounds(rows), 1.0


def deeper_is_higher(rows: pd.DataFrame) -> tuple | None:
    """Return the least factor per layer of the highest spike, where it should exceed 1."""
    factors = depth_factors(rows)
    return (factors.min(), 1.0) if len(factors) and growth_per_layer(rows) > 1 else None


def deeper_is_lower(rows: pd.DataFrame) -> tuple | None:
    """Return the largest factor per layer of the highest spike, where it should be below 1."""
    factors = depth_factors(rows)
    return (factors.max(), 1.0) if len(factors) and growth_per_layer(rows) < 1 else None


def depth_factors(rows: pd.DataFrame) -> np.ndarray:
    """Return by what factor a layer changes the height of the highest spike, in all cases."""
    best = highest(rows).dropna(subset="height")
    return np.exp(steps(best.assign(log=np.log(best["height"])), "depth", "log"))


def more_samples_per_dimension(rows: pd.DataFrame) -> tuple | None:
    """Compare the least growth of log10 m in a dimension, for the smallest error, with doubling."""
    found = steps(of_smallest_error(rows), "dim", "log10_needed")
    return (found.min(), np.log10(2)) if len(found) else None


def more_samples_per_layer(rows: pd.DataFrame) -> tuple | None:
    """Return the least growth of log10 m in a layer for the smallest error, where there is one."""
    found = steps(of_smallest_error(rows), "depth", "log10_needed")
    return (found.min(), 0.0) if len(found) and growth_per_layer(rows) > 1 else None


def of_smallest_error(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the smallest error in which the theorem says how many samples."""
    rows = rows.dropna(subset="log10_needed")
    return rows[rows["error"] == rows["error"].min()]


def onset_with_regularisation(tables: Tables, settings: Mapping[str, float]) -> Iterator[Finding]:
    """Compare the error below which the theorem speaks with that of the largest norm q."""
    table = tables["samples_needed"].dropna(subset="onset")
    onsets = table.pivot_table("onset", ["dim", "depth", "c"], "q")
    *smaller, largest = sorted(onsets.columns, key=order) or [None]
    for q in smaller:
        yield Finding(f"q = {q}", (onsets[q] / onsets[largest]).max(), 1.0, part=LAST)


CLAIMS = (
    Claim(
        "rate_with_any_regulariser",
        "Whatever coefficient norm q and bound c regularise the class, the error that no algorithm "
        "avoids falls no faster with m than the bound.",
        "slope in m of the spikes with most active coordinates s, the least over c; reference: "
        "exponent -1/s of Theorem 2.2",
        ">=",
        "regularisation",
        "Remark 1.6 of the paper, S1.9",
        "regularisation",
        each_dim(slope_and_rate),
    ),
    Claim(
        "rate_the_same_for_all_regularisers",
        "The rate does not depend on q and c.",
        "largest difference of slopes in m over q and c, at the same s; reference: rounding",
        "<=",
        "regularisation",
        "Remark 1.6 of the paper, S1.6, S1.7",
        "regularisation",
        each_dim(slopes_apart),
    ),
    Claim(
        "regularisers_buy_constants",
        "With the smallest q the error that no algorithm avoids is smaller than with the largest, "
        "at every m and c.",
        "largest ratio of heights of spikes at the same s, over m and c",
        "<=",
        "regularisation",
        "Remark 1.6 of the paper, S1.6, S1.7",
        "regularisation",
        each_dim(norms_apart),
    ),
    Claim(
        "spikes_above_bounds",
        "For every q and c the spike that a sample does not see is no lower than Theorem 2.2, and "
        "than the bound for deterministic algorithms, at every s and m and with every seed.",
        "least ratio of height to bound, over q, c, s, m and seeds",
        ">=",
        "regularisation",
        "S1.9, S1.11",
        "regularisation",
        spikes_over_bounds,
    ),
    Claim(
        "spikes_above_bounds_in_every_dimension",
        "The same in every dimension d and depth L.",
        "least ratio of height to bound, over d, L, s, m and seeds",
        ">=",
        "dimensions",
        "S1.9, S1.11",
        "dimensions",
        each_norm("dimensions", every_dimension_over_bounds),
    ),
    Claim(
        "samples_grow_with_dimension",
        "For a small enough error the samples that are needed grow exponentially with d.",
        "least growth of log10 m in a dimension, over d and L, for the smallest error; reference: "
        "twice as many",
        ">=",
        "samples_needed",
        "Theorem 1.1 of the paper, S1.10",
        "dimensions",
        each_norm("samples_needed", more_samples_per_dimension),
    ),
    Claim(
        "samples_grow_with_depth",
        "Where c B^(1-2/q) > 1, or c > 1 if q <= 2, the samples that are needed grow exponentially "
        "with L.",
        "least growth of log10 m in a layer, over d and L, for the smallest error",
        ">=",
        "samples_needed",
        "Theorem 1.1 of the paper, S1.10",
        "dimensions",
        each_norm("samples_needed", more_samples_per_layer),
    ),
    Claim(
        "deeper_is_harder",
        "Where c B^(1-2/q) > 1, or c > 1 if q <= 2, a layer makes the highest spike that no sample "
        "meets higher.",
        "least factor of its height in a layer, over d, L and m",
        ">=",
        "dimensions",
        "S1.6, S1.7",
        "dimensions",
        each_norm("dimensions", deeper_is_higher),
    ),
    Claim(
        "regularised_depth_is_easier",
        "Where c B^(1-2/q) < 1, or c < 1 if q <= 2, a layer makes the highest spike that no sample "
        "meets lower.",
        "largest factor of its height in a layer, over d, L and m",
        "<=",
        "dimensions",
        "Remark 1.6 of the paper, S1.6, S1.7",
        "dimensions",
        each_norm("dimensions", deeper_is_lower),
    ),
    Claim(
        "regularised_onset_is_smaller",
        "With a smaller q the theorem asks for samples from a smaller error on.",
        "largest ratio, over d and L, of the errors below which it asks for samples; the largest q "
        "in the denominator",
        "<=",
        "samples_needed",
        "Remark 1.6 of the paper, S1.9",
        "dimensions",
        onset_with_regularisation,
    ),
)
