"""Draw the error of the best algorithm against sample size, under Theorem 2.2."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.figures import parse_drawing
from supnorm.programs import run
from supnorm.style import (
    NORM_COLOURS,
    NORM_MARKERS,
    NORM_NAMES,
    WIDTH,
    dimension_title,
    sample_size_axis,
    use_style,
)
from supnorm.tables.bounds import BOUNDS
from supnorm.tables.ranking import MINMAX, RATES
from supnorm.tables.schema import read_table

NORMS = ["inf", "2"]


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {
        "minmax": "errors of the best algorithms",
        "rates": "slopes of their errors",
        "bounds": "theoretical bounds",
    }
    drawing = parse_drawing(__doc__, tables, argv)
    minmax = read_table(drawing.tables["minmax"], MINMAX.columns)
    rates = read_table(drawing.tables["rates"], RATES.columns)
    bounds = read_table(drawing.tables["bounds"], BOUNDS.columns)
    minmax, rates = (t[(t["family"] == "random") & t["norm"].isin(NORMS)] for t in (minmax, rates))
    bounds = bounds[bounds["best"] & bounds["norm"].isin(NORMS)]
    use_style()
    drawing.save(draw(minmax, rates, bounds), caption(minmax, rates, bounds))


def draw(minmax: pd.DataFrame, rates: pd.DataFrame, bounds: pd.DataFrame) -> Figure:
    """Return the figure: a panel a dimension, a colour a norm."""
    dims = sorted(minmax["dim"].unique())
    figure, axes = plt.subplots(
        1, len(dims), figsize=(WIDTH, 3.4), sharex=True, sharey=True, squeeze=False
    )
    for dim, ax in zip(dims, axes[0], strict=True):
        for norm in NORMS:
            draw_bounds(ax, norm, select(bounds, dim, norm))
            draw_errors(ax, norm, select(minmax, dim, norm))
        slopes(ax, select(rates, dim))
        sample_size_axis(ax, minmax["samples"])
        ax.set(yscale="log", title=dimension_title(dim))
    axes[0, 0].set_ylabel(r"error in $L^p$")
    figure.legend(handles=line_kinds(), loc="outside lower center", ncols=2, handlelength=2.4)
    return figure


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
    """Draw Theorem 2.2 at its best s, and the rate with constant 1."""
    for bound, dashes in (("lower", (5, 1.6)), ("rate", (1, 1.8))):
        line = bounds[bounds["bound"] == bound]
        ax.plot(
            line["samples"],
            line["value"],
            color=NORM_COLOURS[norm],
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
        for label in [f"{NORM_NAMES[norm]}, slope {signed(worst.loc[norm, 'slope'])}"]
    ]
    ax.legend(handles=handles, loc="lower left")


def signed(number: float) -> str:
    """Return a number with two decimals and a true minus sign."""
    return f"${number:.2f}$" if number == number else "not defined"


def line_kinds() -> list[Line2D]:
    """Return legend entries for the kinds of line, whatever the norm."""
    grey = {"color": "0.25"}
    return [
        Line2D([], [], lw=0, label="measured on random teachers:"),
        Line2D([], [], marker="o", **grey, label="min-max, with its range over seeds"),
        Line2D([], [], marker="o", mfc="white", alpha=0.55, lw=0.9, **grey, label="min-mean"),
        Line2D([], [], lw=0, label="bounds for the worst function of the class:"),
        Line2D([], [], lw=1.0, dashes=(5, 1.6), **grey, label="Theorem 2.2, with its constants"),
        Line2D([], [], lw=1.0, dashes=(1, 1.8), **grey, label=r"its rate $m^{-1/p-1/d}$ alone"),
    ]


def caption(minmax: pd.DataFrame, rates: pd.DataFrame, bounds: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the tables."""
    worst = minmax[minmax["statistic"] == "minmax"]
    return " ".join(
        [
            "Error of the best algorithm against sample size m on random teachers, for p = 2 and "
            "p = inf. Solid: the least over algorithms of the largest over teachers of the mean "
            "over seeds (min-max), with its range over seeds. Lighter: the mean over teachers in "
            "place of the largest (min-mean).",
            *(
                sentence(worst[(worst["dim"] == dim) & (worst["norm"] == norm)], row["slope"])
                for (dim, norm), row in rates[rates["statistic"] == "minmax"]
                .set_index(["dim", "norm"])
                .iterrows()
            ),
            "Dashed: the lower bound of Theorem 2.2 with its constants, at its best s (S1.9). "
            "Dotted: the paper's rate line, with constant 1 (S1.20).",
            below(worst, bounds),
        ]
    )


def sentence(errors: pd.DataFrame, slope: float) -> str:
    """Return how the min-max error of one dimension and norm falls."""
    first, last = errors.sort_values("samples").iloc[[0, -1]].itertuples()
    return (
        f"For d = {first.dim} and p = {first.norm} it falls from {first.error:.2g} at "
        f"m = {first.samples} to {last.error:.2g} at m = {last.samples}, with slope "
        f"{signed(slope).strip('$')}."
    )


def below(worst: pd.DataFrame, bounds: pd.DataFrame) -> str:
    """Return at how many points the measured error lies below Theorem 2.2, and why it may."""
    lower = bounds[bounds["bound"] == "lower"]
    pairs = worst.merge(lower, on=["dim", "samples", "norm"])
    counts = [
        f"{int((group['error'] < group['value']).sum())} of {len(group)} points for p = {norm}"
        for norm, group in pairs.groupby("norm", sort=True)
    ]
    return (
        f"The measured error lies below Theorem 2.2 at {' and at '.join(counts) or 'no point'}. "
        "That is no contradiction: the theorem bounds the error on the worst function of the "
        "class, the curves show it for random ones (S1.19 iv)."
    )


if __name__ == "__main__":
    run(main)
