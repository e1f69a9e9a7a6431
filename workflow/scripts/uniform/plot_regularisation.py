"""Draw the spikes that no sample meets against sample size, by coefficient norm and bound."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import WIDTH, dimension_title, sample_size_axis, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import named, ordered_looks
from supnorm.uniform.statements.regularisation import highest, order, over_bounds
from supnorm.uniform.tables.unseen import REGULARISATION

BESIDE = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
BOUNDS = {"lower_sharp": (1, 0), "lower": (4, 1.6)}


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {"regularisation": "spikes and bounds by coefficient norm and bound"}
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    table = drawing.read("regularisation", REGULARISATION)
    use_style()
    drawing.save(draw(table), caption(table))


def draw(table: pd.DataFrame) -> Figure:
    """Return the figure: a column a dimension; norms above, bounds on coefficients below."""
    best = highest(table)
    dims = sorted(best["dim"].unique())
    q, c = shown(best)
    shared = {"sharex": True, "sharey": "row", "squeeze": False}
    figure, axes = plt.subplots(2, len(dims), figsize=(WIDTH, 4.0), **shared)
    norms, coefficients = best[best["c"] == c], best[best["q"] == q]
    for dim, top, bottom in zip(dims, *axes, strict=True):
        draw_panel(top, norms[norms["dim"] == dim], "q")
        draw_panel(bottom, coefficients[coefficients["dim"] == dim], "c")
        top.set_title(f"{dimension_title(dim)}, {named('c', c)}")
        bottom.set_title(f"{dimension_title(dim)}, {named('q', q)}")
        sample_size_axis(bottom, best["samples"])
    for row, along, rows in zip(axes, ("q", "c"), (norms, coefficients), strict=True):
        row[0].set(
            yscale="log" if best["height"].notna().any() else "linear",
            ylabel=r"error in $L^\infty$",
        )
        row[-1].legend(handles=handles(rows, along), **BESIDE)
    figure.legend(handles=kinds(), loc="outside lower center", ncols=3, handlelength=2.4)
    return figure


def shown(table: pd.DataFrame) -> tuple[str, float]:
    """Return the norm q whose bounds c are compared, and the bound c whose norms are."""
    bounds = sorted(table["c"].unique())
    return max(table["q"], key=order), bounds[(len(bounds) - 1) // 2]


def looks(rows: pd.DataFrame, along: str) -> dict:
    """Return the looks of lines, darker for a larger value."""
    return ordered_looks(sorted(rows[along].unique(), key=float))


def draw_panel(ax: Axes, rows: pd.DataFrame, along: str) -> None:
    """Draw the spikes with their ranges over seeds, and the lower bounds in the same colour."""
    for value, look in looks(rows, along).items():
        line = rows[rows[along] == value].sort_values("samples")
        ax.vlines(line["samples"], line["low"], line["high"], color=look["color"], lw=0.7)
        ax.plot(line["samples"], line["height"], **look)
        for bound, dashes in BOUNDS.items():
            ax.plot(line["samples"], line[bound], color=look["color"], lw=0.8, dashes=dashes)


def handles(rows: pd.DataFrame, along: str) -> list[Line2D]:
    """Return the legend of a row, the largest value first."""
    found = reversed(looks(rows, along).items())
    return [Line2D([], [], label=named(along, value), **look) for value, look in found]


def kinds() -> list[Line2D]:
    """Return the legend of kinds of line."""
    spike = Line2D([], [], color="0.3", marker="o", label="spike that the sample does not see")
    names = {"lower_sharp": "lower, deterministic algorithms", "lower": "lower (Theorem 2.2)"}
    thin = {"color": "0.3", "lw": 0.8}
    bounds = [Line2D([], [], dashes=BOUNDS[name], label=names[name], **thin) for name in BOUNDS]
    return [spike, *bounds]


def caption(table: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the table."""
    start = (
        "Height of the highest spike found that a sample does not see, against its size m: mean "
        "over seeds, with a line from the least to the largest. On u_0 plus or minus the spike "
        "every algorithm answers alike, so it errs by this height on one of them, whatever u_0."
    )
    if table["height"].isna().all():
        return f"{start} Classes of depth below 3 or width 1 have no spikes."
    q, c = shown(table)
    return " ".join(
        [
            start,
            f"Above: coefficient norms q, with c = {c:g}; below: bounds c, with q = {q}; each for "
            "the best number s of active coordinates. The bounds are those of S1.9 and S1.11 with "
            "c_0 = 1.",
            *(at_largest(rows, dim, c) for dim, rows in highest(table).groupby("dim")),
            f"The least height over bound of the same s is {over_bounds(table):.2g}.",
        ]
    )


def at_largest(rows: pd.DataFrame, dim: int, c: float) -> str:
    """Return what the norm does at the largest sample size of a dimension."""
    last = rows[(rows["samples"] == rows["samples"].max()) & (rows["c"] == c)].set_index("q")
    least, most = min(last.index, key=order), max(last.index, key=order)
    one = (
        f"For d = {dim} and m = {last['samples'].iloc[0]} it is {last['height'][least]:.2g} with "
        f"q = {least}"
    )
    return f"{one}." if least == most else f"{one} and {last['height'][most]:.3g} with q = {most}."


if __name__ == "__main__":
    run(main)
