"""Draw the error of the best algorithm against sample size, under Theorem 2.2."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.style import (
    NORM_COLOURS,
    NORM_MARKERS,
    NORM_NAMES,
    WIDTH,
    bound_marker,
    sample_size_axis,
    use_style,
)
from supnorm.job.programs import run
from supnorm.statistics.intervals import interval_meaning, with_interval
from supnorm.tables.norms import NORMS
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.bounds import BOUNDS
from supnorm.uniform.tables.ranking import MINMAX, RATES
from supnorm.uniform.wording import course

DASHES = {"lower": (5, 1.6), "rate": (1, 1.8)}
# A certified upper end is drawn where it is so many times the error, or more.
VISIBLE = 1.02


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {
        "minmax": "errors of the best algorithms",
        "rates": "slopes of their errors",
        "bounds": "theoretical bounds",
    }
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    minmax, rates = (
        table[table["algorithm_set"] == "network"]
        for table in (drawing.read("minmax", MINMAX), drawing.read("rates", RATES))
    )
    bounds = drawing.read("bounds", BOUNDS)
    bounds = bounds[bounds["best"]]
    use_style()
    figure = draw(minmax, rates, bounds, drawing.family)
    drawing.save(figure, caption(minmax, rates, bounds, drawing.family))


def draw(minmax: pd.DataFrame, rates: pd.DataFrame, bounds: pd.DataFrame, family: str) -> Figure:
    """Return the figure: a row a dimension, a column a norm."""
    dims = sorted(minmax["dim"].unique())
    figure, axes = plt.subplots(
        len(dims),
        len(NORMS),
        figsize=(WIDTH, 0.8 + 1.6 * len(dims)),
        sharex=True,
        sharey="col",
        squeeze=False,
        subplot_kw={"xscale": "log", "yscale": "log"},
    )
    for dim, row in zip(dims, axes, strict=True):
        for norm, ax in zip(NORMS, row, strict=True):
            draw_bounds(ax, norm, select(bounds, dim, norm))
            draw_errors(ax, norm, select(minmax, dim, norm))
            ax.set_title(f"$d={dim}$, {NORM_NAMES[norm]}", pad=13)
            fit = select(rates[rates["statistic"] == "minmax"], dim, norm).iloc[0]
            above = {"xytext": (0, 4), "textcoords": "offset points"}
            where = {"xy": (0.5, 1), "xycoords": "axes fraction", "ha": "center"}
            slope = with_interval(fit["slope"], fit["low"], fit["high"])
            ax.annotate(f"slope {slope}", fontsize=7.5, **where, **above)
    for ax in axes[:, 0]:
        ax.set_ylabel("error in $L^p$")
    for ax in axes[-1]:
        sample_size_axis(ax, minmax["samples"])
    handles = line_kinds(minmax, family, has_theorem(bounds))
    figure.legend(handles=handles, loc="outside lower center", ncols=2, handlelength=2.4)
    return figure


def has_theorem(bounds: pd.DataFrame) -> bool:
    """Return whether Theorem 2.2 applies to the teachers' class: if not, it has no rows."""
    return bool((bounds["bound"] == "lower").any())


def select(table: pd.DataFrame, dim: int, norm: str) -> pd.DataFrame:
    """Return the rows of a dimension and a norm, by sample size."""
    chosen = table[(table["dim"] == dim) & (table["norm"] == norm)]
    return chosen.sort_values("samples") if "samples" in chosen else chosen


def draw_errors(ax: Axes, norm: str, errors: pd.DataFrame) -> None:
    """Draw min-max with its interval and certified upper end, and min-mean lighter."""
    colour, marker = NORM_COLOURS[norm], NORM_MARKERS[norm]
    worst = errors[errors["statistic"] == "minmax"]
    mean = errors[errors["statistic"] == "minmean"]
    ax.fill_between(worst["samples"], worst["low"], worst["high"], color=colour, alpha=0.18, lw=0)
    ax.vlines(worst["samples"], worst["low"], worst["high"], color=colour, alpha=0.6, lw=0.7)
    ax.plot(worst["samples"], worst["error"], color=colour, marker=marker, zorder=4)
    shown = worst[uncertain(worst)]
    ax.vlines(shown["samples"], shown["error"], shown["upper"], color=colour, lw=0.9, zorder=3)
    ax.plot(shown["samples"], shown["upper"], ls="", marker="_", ms=7, color=colour, zorder=3)
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


def uncertain(errors: pd.DataFrame) -> pd.Series:
    """Return where the certified upper end is visibly above the error; nowhere if unknown."""
    return np.isfinite(errors["upper"]) & (errors["upper"] > VISIBLE * errors["error"])


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


def line_kinds(minmax: pd.DataFrame, family: str, theorem: bool) -> list[Line2D]:
    """Return legend entries for the kinds of line, whatever the norm."""
    look = {"color": "0.25", "lw": 1.0}
    worst = minmax[minmax["statistic"] == "minmax"]
    interval = ", with its interval over seeds" if worst["low"].notna().any() else ""
    upper = Line2D([], [], ls="", marker="_", ms=7, color="0.25", label="its certified upper end")
    measured = [
        Line2D([], [], lw=0, label=f"measured on {family} teachers:"),
        Line2D([], [], marker="o", color="0.25", label=f"min-max{interval}"),
        *([upper] if uncertain(worst).any() else []),
        Line2D([], [], marker="o", mfc="white", alpha=0.55, **look, label="min-mean"),
    ]
    lower = Line2D([], [], dashes=DASHES["lower"], **look, label="Theorem 2.2, with its constants")
    rate = r"the paper’s line $m^{-1/p-1/d}$, constant 1"
    bounds = [
        Line2D([], [], lw=0, label="bounds for the worst function of the class:"),
        *([lower] if theorem else []),
        Line2D([], [], dashes=DASHES["rate"], **look, label=rate),
    ]
    # Two columns of the same length, so that neither runs over into the other.
    blanks = [Line2D([], [], lw=0, label=" ")] * (len(measured) - len(bounds))
    return measured + bounds + blanks


def caption(minmax: pd.DataFrame, rates: pd.DataFrame, bounds: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the tables."""
    worst = minmax[minmax["statistic"] == "minmax"]
    fits = rates[rates["statistic"] == "minmax"]
    return " ".join(
        [
            f"Error of the best algorithm against sample size m on {family} teachers. Solid: the "
            "least over algorithms of the largest over teachers of the mean over seeds (min-max).",
            *(
                course(select(worst, fit["dim"], "inf"), fit)
                for _, fit in fits[fits["norm"] == "inf"].iterrows()
            ),
            *unseen(worst),
            "Lighter: the mean over teachers in place of the largest (min-mean).",
            interval_meaning(int(worst["seeds"].min())),
            theorem(worst, bounds),
            "Dotted: the paper's line, the rate of the bound for s = d with constant 1 (S1.20).",
        ]
    )


def unseen(errors: pd.DataFrame) -> list[str]:
    """Return how many errors are too large to be drawn, if any are."""
    count = int(np.isinf(errors["error"]).sum())
    return [f"Not drawn: infinite errors, at {count} points."] if count else []


def theorem(worst: pd.DataFrame, bounds: pd.DataFrame) -> str:
    """Return a sentence on Theorem 2.2, and at how many points the measured error lies below it."""
    if not has_theorem(bounds):
        return "Theorem 2.2 says nothing here: it needs teachers of depth and width 3 or more."
    pairs = worst.merge(bounds[bounds["bound"] == "lower"], on=["dim", "samples", "norm"])
    below = pairs["error"] < pairs["value"]
    return (
        "Dashed: Theorem 2.2 with its constants, at its best s (S1.9). The measured error lies "
        f"below it at {int(below.sum())} of {len(pairs)} points"
        + (", for it bounds the worst function of the class (S1.19 iv)." if below.any() else ".")
    )


if __name__ == "__main__":
    run(main)
