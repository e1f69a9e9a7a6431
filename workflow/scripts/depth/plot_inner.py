"""Draw the inner product mod 2 by depth and width, beside parity and the bounds of theorems."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.depth.claims import crossed
from supnorm.depth.drawing import DEEP, SHALLOW, layers
from supnorm.depth.tables.inner import INNER
from supnorm.depth.tables.known import BOUNDS
from supnorm.drawing.captions import several
from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import WIDTH, use_style
from supnorm.job.programs import run

TABLES = {"inner": "errors on inner product and parity", "bounds": "widths of theorems"}
COLOURS = {2: SHALLOW, 3: DEEP}
LINES = {"inner": "-", "parity": ":"}
# Panels of dimensions, the largest ones.
PANELS = 4


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, TABLES, argv)
    inner, bounds = drawing.read("inner", INNER), drawing.read("bounds", BOUNDS)
    trained = inner[inner["kind"] == "trained"]
    use_style()
    drawing.save(draw(trained, bounds), caption(trained, bounds))


def draw(inner: pd.DataFrame, bounds: pd.DataFrame) -> Figure:
    """Return the figure: a panel a dimension, and one of bounds."""
    dims = sorted(inner["dim"].unique())[-PANELS:]
    figure = plt.figure(figsize=(WIDTH, 3.3))
    columns = max(1, (len(dims) + 1) // 2)
    grid = figure.add_gridspec(
        2 if len(dims) > 1 else 1, columns + 1, width_ratios=[1] * columns + [1.6]
    )
    first = None
    for number, dim in enumerate(dims):
        place = grid[number // columns, number % columns]
        ax = figure.add_subplot(place, sharey=first, sharex=first)
        first = first or ax
        draw_dimension(ax, inner[inner["dim"] == dim], dim)
        if number % columns == 0:
            ax.set_ylabel("$L^2$ error")
        if number >= len(dims) - columns:
            ax.set_xlabel("width")
    draw_bounds(figure.add_subplot(grid[:, -1]), bounds)
    handles = [
        Line2D(
            [],
            [],
            color=COLOURS[depth],
            ls=line,
            marker="o",
            ms=3.2,
            mfc="white" if name == "parity" else COLOURS[depth],
            label=f"{'inner product' if name == 'inner' else 'parity'}, {layers(depth)}",
        )
        for name, line in LINES.items()
        for depth in sorted(set(inner["depth"]) & set(COLOURS))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def draw_dimension(ax: Axes, rows: pd.DataFrame, dim: int) -> None:
    """Draw the errors of students by depth, width and target, with their range over seeds."""
    for (target, depth), some in rows.groupby(["target", "depth"]):
        if depth not in COLOURS:
            continue
        at = some.groupby("width")["error_2"].agg(["mean", "min", "max"])
        colour = COLOURS[depth]
        face = "white" if target == "parity" else colour
        ax.fill_between(at.index, at["min"], at["max"], color=colour, alpha=0.12, lw=0)
        ax.plot(at.index, at["mean"], ls=LINES[target], color=colour, marker="o", ms=3.2, mfc=face)
    ax.set_xscale("log")
    ax.set_title(f"$d={dim}$")
    widths = sorted(rows["width"].unique())
    ax.set_xticks(widths, map(str, widths))
    ax.minorticks_off()
    ax.set_ylim(-0.05, 1.1)


def draw_bounds(ax: Axes, bounds: pd.DataFrame) -> None:
    """Draw the widths that theorems ask for, and that are enough, against the dimension."""
    for theorem, label, colour in (
        ("inner_product", "inner product", "#2F9E77"),
        ("daniely", "Daniely", "#8B2C7E"),
    ):
        rows = bounds[(bounds["theorem"] == theorem) & bounds["upper_log10"].notna()]
        lower = rows[rows["lower_log10"] > 0]
        ax.plot(lower["dim"], lower["lower_log10"], color=colour, label=f"{label}: 1 layer needs")
        ax.plot(
            rows["dim"], rows["upper_log10"], color=colour, ls="--", label=f"{label}: 2 are enough"
        )
    ticks = np.arange(0, 26, 5)
    ax.set_yticks(ticks, [f"$10^{{{tick}}}$" for tick in ticks])
    ax.set(xlabel="dimension $d$", title="width", ylim=(0, None))
    ax.legend(loc="upper left", fontsize=6.2)


def caption(inner: pd.DataFrame, bounds: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the tables."""
    last = inner[inner["dim"] == inner["dim"].max()]
    at = last[last["width"] == last["width"].max()].groupby(["target", "depth"])["error_2"].mean()
    errors = ", ".join(
        f"{error:.2g} ({'inner product' if target == 'inner' else 'parity'}, {layers(depth)})"
        for (target, depth), error in at.items()
    )
    product = bounds[(bounds["theorem"] == "inner_product") & bounds["upper_log10"].notna()]
    speaks = product.loc[product["lower_log10"] > 0, "dim"].min()
    daniely, beaten = (crossed(bounds, name)["dim"] for name in ("daniely", "inner_product"))
    where = "nowhere in the figure" if beaten.empty else f"at d = {beaten.min()}"
    return (
        "Small panels: L^2 errors, over all points, of networks trained on the inner product mod 2 "
        "of d and d bits, filled, and on parity of as many bits, hollow, means over "
        f"{several(inner['seed'].nunique(), 'seed')} with their range. For d = "
        f"{last['dim'].iloc[0]} and width {last['width'].max()} they are {errors}. Right: the "
        "width that one hidden layer needs for the inner product, with parameters as large as "
        "those of the network of two hidden layers that is the inner product, whose neurons are "
        "dashed (S3.5, S3.6), and that of Daniely's theorem (S3.7). The bound for the inner "
        f"product first exceeds one neuron at d = {speaks}, and the network of two layers {where}; "
        f"Daniely's exceeds what is enough for two first at d = {daniely.min()}. No experiment of "
        "this size can show them."
    )


if __name__ == "__main__":
    run(main)
