"""Draw the error of the best algorithm against sample size, under Theorem 2.2."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.figures import panels, parse_drawing
from supnorm.programs import run
from supnorm.style import (
    NORM_COLOURS,
    NORM_MARKERS,
    NORM_NAMES,
    bound_marker,
    dimension_title,
    sample_size_axis,
    use_style,
)
from supnorm.tables.bounds import BOUNDS
from supnorm.tables.ranking import MINMAX, RATES

NORMS = ["inf", "2"]
DASHES = {"lower": (5, 1.6), "rate": (1, 1.8)}


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {
        "minmax": "errors of the best algorithms",
        "rates": "slopes of their errors",
        "bounds": "theoretical bounds",
    }
    drawing = parse_drawing(__doc__, tables, argv)
    minmax, rates, bounds = (
        table[table["norm"].isin(NORMS)]
        for table in (
            drawing.read("minmax", MINMAX),
            drawing.read("rates", RATES),
            drawing.read("bounds", BOUNDS),
        )
    )
    bounds = bounds[bounds["best"]]
    use_style()
    figure = draw(minmax, rates, bounds, drawing.family)
    drawing.save(figure, caption(minmax, rates, bounds, drawing.family))


def draw(minmax: pd.DataFrame, rates: pd.DataFrame, bounds: pd.DataFrame, family: str) -> Figure:
    """Return the figure: a panel a dimension, a colour a norm."""
    dims = sorted(minmax["dim"].unique())
    figure, axes = panels(len(dims), height=2.6, legend=0.8)
    for dim, ax in zip(dims, axes, strict=True):
        for norm in NORMS:
            draw_bounds(ax, norm, select(bounds, dim, norm))
            draw_errors(ax, norm, select(minmax, dim, norm))
        slopes(ax, select(rates, dim))
        sample_size_axis(ax, minmax["samples"])
        ax.set(yscale="log", title=dimension_title(dim))
    axes[0].set_ylabel(r"error in $L^p$")
    handles = line_kinds(family, has_theorem(bounds))
    figure.legend(handles=handles, loc="outside lower center", ncols=2, handlelength=2.4)
    return figure


def has_theorem(bounds: pd.DataFrame) -> bool:
    """Return whether Theorem 2.2 says anything of the teachers' class: else it has no rows."""
    return bool((bounds["bound"] == "lower").any())


def select(table: pd.DataFrame, dim: int, norm: str | None = None) -> pd.DataFrame:
    """Return the rows of a dimension, and of a norm if one is given, by sample size."""
    chosen = table[(table["dim"] == dim) & ((table["norm"] == norm) if norm else True)]
    return chosen.sort_values("samples") if "samples" in chosen else chosen


def draw_errors(ax: Axes, norm: str, errors: pd.DataFrame) -> None:
    """Draw min-max with its range over seeds, and min-mean lighter."""
    colour, marker = NORM_COLOURS[norm], NORM_MARKERS[norm]
    worst = errors[errors["statistic"] == "minmax"]
    mean = errors[errors["statistic"] == "minmean"]
    ax.fill_between(worst["samples"], worst["low"], worst["high"], color=colour, alpha=0.18, lw=0)
    ax.vlines(worst["samples"], worst["low"], worst["high"], color=colour, alpha=0.6, lw=0.7)
    ax.plot(worst["samples"], worst["error"], color=colour, marker=marker, zorder=4)
    ax.plot(
        mean["samples"],
        mean["error"],
        color=colour,
        marker=marker,
        markerfacecolor="white",
        alpha=0.55,
        linewidth=0.9,
        zorder=3,
    )


def draw_bounds(ax: Axes, norm: str, bounds: pd.DataFrame) -> None:
    """Draw Theorem 2.2 at its best s, and the paper's rate line."""
    for bound, dashes in DASHES.items():
        line = bounds[bounds["bound"] == bound]
        ax.plot(
            line["samples"],
            line["value"],
            color=NORM_COLOURS[norm],
            marker=bound_marker(line["samples"]),
            markersize=9,
            linewidth=1.0,
            dashes=dashes,
            zorder=2,
        )


def slopes(ax: Axes, rates: pd.DataFrame) -> None:
    """Add a legend of the fitted slopes."""
    worst = rates[rates["statistic"] == "minmax"].set_index("norm")
    handles = [
        Line2D([], [], color=NORM_COLOURS[norm], marker=NORM_MARKERS[norm], label=label)
        for norm in NORMS
        for label in [f"{NORM_NAMES[norm]}, slope {fixed(worst.loc[norm, 'slope'])}"]
    ]
    ax.legend(handles=handles, loc="lower left")


def fixed(slope: float) -> str:
    """Return a slope with two decimals and a true minus sign."""
    return "not defined" if np.isnan(slope) else f"{slope:.2f}".replace("-", "\N{MINUS SIGN}")


def line_kinds(family: str, theorem: bool) -> list[Line2D]:
    """Return legend entries for the kinds of line, whatever the norm."""
    look = {"color": "0.25", "lw": 1.0}
    lower = Line2D([], [], dashes=DASHES["lower"], **look, label="Theorem 2.2, with its constants")
    rate = r"the paper’s line $m^{-1/p-1/d}$, constant 1"
    return [
        Line2D([], [], lw=0, label=f"measured on {family} teachers:"),
        Line2D([], [], marker="o", color="0.25", label="min-max, with its range over seeds"),
        Line2D([], [], marker="o", mfc="white", alpha=0.55, **look, label="min-mean"),
        Line2D([], [], lw=0, label="bounds for the worst function of the class:"),
        *([lower] if theorem else []),
        Line2D([], [], dashes=DASHES["rate"], **look, label=rate),
    ]


def caption(minmax: pd.DataFrame, rates: pd.DataFrame, bounds: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the tables."""
    worst = minmax[minmax["statistic"] == "minmax"]
    fits = rates[rates["statistic"] == "minmax"].set_index(["dim", "norm"])["slope"]
    return " ".join(
        [
            f"Error of the best algorithm against sample size m on {family} teachers, for p = 2 "
            "and p = inf. Solid: the least over algorithms of the largest over teachers of the "
            "mean over seeds (min-max), with its range over seeds. Lighter: the mean over "
            "teachers in place of the largest (min-mean).",
            *(
                course(worst[(worst["dim"] == dim) & (worst["norm"] == norm)], slope)
                for (dim, norm), slope in fits.items()
            ),
            theorem(worst, bounds),
            "Dotted: the paper's line, the rate of the bound for s = d with constant 1 (S1.20).",
        ]
    )


def course(errors: pd.DataFrame, slope: float) -> str:
    """Return how the min-max error of one dimension and norm depends on the sample size."""
    ordered = errors.sort_values("samples")
    first, last = ordered.iloc[0], ordered.iloc[-1]
    problem = f"d = {first['dim']} and p = {first['norm']}"
    start = f"For {problem} it is {first['error']:.2g} at m = {first['samples']}"
    if len(ordered) == 1:
        return f"{start}."
    unseen = int(np.isinf(errors["error"]).sum())
    return (
        f"{start} and {last['error']:.2g} at m = {last['samples']}, with slope {fixed(slope)}"
        + (f"; {unseen} infinite values are not drawn." if unseen else ".")
    )


def theorem(worst: pd.DataFrame, bounds: pd.DataFrame) -> str:
    """Return what Theorem 2.2 is here, and at how many points the measured error lies below it."""
    if not has_theorem(bounds):
        return "Theorem 2.2 says nothing here: it needs teachers of depth and width 3 or more."
    pairs = worst.merge(bounds[bounds["bound"] == "lower"], on=["dim", "samples", "norm"])
    below = pairs["error"] < pairs["value"]
    counts = [
        f"{int(below[group.index].sum())} of {len(group)} points for p = {norm}"
        for norm, group in pairs.groupby("norm", sort=True)
    ]
    return (
        "Dashed: the lower bound of Theorem 2.2 with its constants, at its best s (S1.9). The "
        f"measured error lies below it at {' and at '.join(counts)}"
        + (
            ". That is no contradiction: the theorem bounds the error on the worst function of "
            "the class, the curves show it for others (S1.19 iv)."
            if below.any()
            else "."
        )
    )


if __name__ == "__main__":
    run(main)
