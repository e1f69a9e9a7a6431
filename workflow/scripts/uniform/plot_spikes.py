"""Draw the students that decide the min-max beside their teachers, on lines through the cube."""

import itertools

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.figures import DIVERGED, of_none
from supnorm.drawing.style import WIDTH, dimension_title, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.spikes import SPIKES

LOOKS = {
    "student": {"color": "#E0700F", "lw": 1.3, "label": "student"},
    "target": {"color": "0.2", "lw": 0.9, "dashes": (4, 1.4), "label": "teacher"},
}
SAMPLE = "#0B4F8A"
# More samples than these would hide the lines: they are drawn as ticks at the foot.
DOTS = 100


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {"spikes": "target, student and samples on lines through the cube"}
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    spikes = drawing.read("spikes", SPIKES, empty=True)
    use_style()
    figure = of_none() if spikes.empty else draw(spikes)
    drawing.save(figure, caption(spikes, drawing.family))


def draw(spikes: pd.DataFrame) -> Figure:
    """Return the figure: a column a dimension, the diagonal above the largest error."""
    dims = sorted(spikes["dim"].unique())
    figure, axes = plt.subplots(2, len(dims), figsize=(WIDTH, 3.9), squeeze=False)
    lines = ("diagonal", "worst")
    for (line, dim), ax in zip(itertools.product(lines, dims), axes.flat, strict=True):
        draw_panel(ax, spikes[(spikes["dim"] == dim) & (spikes["line"] == line)])
    for dim, (above, below) in zip(dims, axes.T, strict=True):
        where = "$x$" if dim == 1 else r"$t$, at the point $(t,\dots,t)$"
        above.set(title=dimension_title(dim), xlabel=where, xlim=(-0.5, 0.5))
        below.vlines(0, *sorted(at_largest(spikes[spikes["dim"] == dim])), color="0.6", lw=1)
        below.set_xlabel("distance from the largest error")
    for ax in axes[:, 0]:
        ax.set_ylabel("value")
    handles = [Line2D([], [], **look) for look in LOOKS.values()]
    handles.append(Line2D([], [], color=SAMPLE, marker="o", lw=0, label="samples"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def draw_panel(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw student and target on a line, and the samples: as dots, or as ticks if they are many."""
    kinds = {kind: some.sort_values("t") for kind, some in rows.groupby("kind")}
    for kind, look in LOOKS.items():
        ax.plot("t", "value", data=kinds[kind], **look)
    samples = kinds.get("sample", rows.iloc[:0])
    if len(samples) > DOTS:
        foot = ax.get_xaxis_transform()
        ax.vlines(samples["t"], 0, 0.03, color=SAMPLE, lw=0.4, transform=foot)
    else:
        # Lighter the farther from the line; on it, where none is far, all as dark.
        alpha = 1 - 0.8 * samples["distance"] / (samples["distance"].max() or 1)
        ax.scatter(samples["t"], samples["value"], s=9, color=SAMPLE, alpha=alpha, lw=0, zorder=4)


def at_largest(rows: pd.DataFrame) -> pd.Series:
    """Return the values of target and student where the error of a dimension is largest."""
    there = rows[(rows["line"] == "worst") & (rows["t"] == 0)].set_index("kind")["value"]
    return there[["target", "student"]]


def caption(spikes: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the table."""
    return " ".join(
        [
            f"The students that decide the min-max in the uniform norm on the {family} teachers at "
            "the largest sample size, of all seeds the worst, beside their teachers: above along "
            "the diagonal of Q, below around the place of the largest error, on the line through "
            "it and the centre of Q, with a grey bar for the error.",
            *(of_dimension(rows) for _, rows in spikes.groupby("dim")),
            *([DIVERGED] if spikes.empty else []),
        ]
    )


def of_dimension(rows: pd.DataFrame) -> str:
    """Return what the panels of one dimension show."""
    student, samples = rows.iloc[0], rows[rows["kind"] == "sample"]
    shown = (
        f"All samples are on the line; more than {DOTS} are drawn as ticks at the foot."
        if student["dim"] == 1
        else f"The samples are the nearest to the line, at most {samples['distance'].max():.2g} "
        "away and lighter the farther, at their projections."
    )
    error = at_largest(rows).diff().abs().max()
    return (
        f"For d = {student['dim']} and m = {student['samples']} (batch rule "
        f"{student['batch_rule']}, teacher {student['teacher']}, seed {student['seed']}) the "
        f"student is off by {error:.2g} at a place whose nearest sample is "
        f"{student['nearest']:.2g} away. {shown}"
    )


if __name__ == "__main__":
    run(main)
