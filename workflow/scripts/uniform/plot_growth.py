"""Draw how the error of the best network, and its rate, change with the number of teachers."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from supnorm.drawing.style import (
    NORM_COLOURS,
    NORM_NAMES,
    WIDTH,
    bound_marker,
    dimension_title,
    use_style,
)
from supnorm.job.programs import run
from supnorm.statistics.intervals import interval_meaning
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.growth import GROWTH
from supnorm.uniform.wording import ends

NORMS = ["inf", "2"]


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, {"growth": "errors by number of teachers"}, argv)
    growth = drawing.read("growth", GROWTH)
    growth = growth[growth["norm"].isin(NORMS)].sort_values(["samples", "teachers"])
    use_style()
    drawing.save(draw(growth), caption(growth, drawing.family))


def draw(growth: pd.DataFrame) -> Figure:
    """Return the figure: a column a dimension, a colour a norm; slopes, if any, below errors."""
    dims = sorted(growth["dim"].unique())
    rows = 2 if growth["slope"].notna().any() else 1
    figure, axes = plt.subplots(
        rows,
        len(dims),
        figsize=(WIDTH, 0.7 + 1.6 * rows),
        sharex=True,
        sharey="row",
        squeeze=False,
        subplot_kw={"xscale": "log"},
    )
    opacity = opacities(growth["samples"])
    for dim, column in zip(dims, axes.T, strict=True):
        for norm in NORMS:
            chosen = growth[(growth["dim"] == dim) & (growth["norm"] == norm)]
            draw_errors(column[0], norm, chosen, opacity)
            if rows == 2:
                draw_slopes(column[1], norm, chosen.drop_duplicates("teachers"))
        column[0].set(yscale="log", title=dimension_title(dim))
        teachers_axis(column[-1], growth["teachers"].max())
    for ax, label in zip(axes[:, 0], ["min-max error", "slope over $m$"], strict=False):
        ax.set_ylabel(label)
    handles = [
        *(Line2D([], [], color=NORM_COLOURS[norm], label=NORM_NAMES[norm]) for norm in NORMS),
        *(Line2D([], [], color="0.1", alpha=a, label=f"$m={m}$") for m, a in opacity.items()),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, handlelength=1.4)
    return figure


def opacities(samples: pd.Series) -> dict[int, float]:
    """Return how opaque the lines of each sample size are: 1 for the largest."""
    sizes = sorted(samples.unique())
    return {size: 0.3 + 0.7 * place / len(sizes) for place, size in enumerate(sizes, start=1)}


def draw_errors(ax: Axes, norm: str, errors: pd.DataFrame, opacity: dict[int, float]) -> None:
    """Draw the error against the number of teachers, lighter for smaller samples."""
    for size, line in errors.groupby("samples"):
        look = {"color": NORM_COLOURS[norm], "alpha": opacity[size]}
        ax.plot(line["teachers"], line["error"], marker=bound_marker(line["teachers"]), **look)


def draw_slopes(ax: Axes, norm: str, slopes: pd.DataFrame) -> None:
    """Draw the slope against the number of teachers, with its interval over seeds."""
    teachers, colour = slopes["teachers"], NORM_COLOURS[norm]
    ax.fill_between(
        teachers, slopes["slope_low"], slopes["slope_high"], color=colour, alpha=0.18, lw=0
    )
    ax.plot(teachers, slopes["slope"], color=colour, marker=bound_marker(teachers))


def teachers_axis(ax: Axes, most: int) -> None:
    """Make the horizontal axis one of numbers of teachers: a tick at each power of two."""
    ticks = [2**power for power in range(int(most).bit_length())]
    ax.set(xlabel="number of teachers", xlim=(0.9, 1.12 * most))
    ax.set_xticks(ticks, [f"{tick}" for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())


def caption(growth: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the table."""
    return " ".join(
        [
            f"Error of the best network against the number of {family} teachers, for p = 2 and "
            "p = inf: the least over algorithms of the expected maximum, over so many teachers "
            "drawn from all without replacement, of the mean over seeds. One teacher gives the "
            "min-mean, all give the min-max.",
            *slopes(growth),
            interval_meaning(int(growth["seeds"].min())),
            *at_largest(growth[growth["norm"] == "inf"]),
        ]
    )


def slopes(growth: pd.DataFrame) -> list[str]:
    """Return that slopes are shown, if there are any, and how far the teachers change them."""
    lines = growth.dropna(subset="slope").groupby(["dim", "norm"])["slope"]
    if not len(lines):
        return []
    shown = "Below: the slope of its line over m"
    if are_one(growth):
        return [f"{shown}."]
    change = (lines.last() - lines.first()).abs().max()
    return [f"{shown}; with all teachers in place of one it changes by at most {change:.2g}."]


def at_largest(errors: pd.DataFrame) -> list[str]:
    """Return the uniform errors of one teacher and of all, if more, at the largest sample size."""
    if are_one(errors):
        return []
    last = errors[errors["samples"] == errors["samples"].max()]
    said = [f"{ends(line)} for d = {dim}" for dim, line in last.groupby("dim")["error"]]
    return [
        f"From one teacher to all the error at m = {last['samples'].iloc[0]} and p = inf is "
        f"{' and '.join(said)}."
    ]


def are_one(growth: pd.DataFrame) -> bool:
    """Return whether there is no more than one teacher."""
    return growth["teachers"].max() == 1


if __name__ == "__main__":
    run(main)
