"""Draw training loss against epoch, for every sample size and batch rule."""

import itertools

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from supnorm.drawing.captions import several
from supnorm.drawing.figures import of_none
from supnorm.drawing.style import WIDTH, use_style
from supnorm.job.programs import run
from supnorm.tables.curves import CURVES
from supnorm.uniform.drawing import parse_drawing

DASHES = [(1, 0), (4, 1.5), (1, 1.5), (6, 1.5, 1, 1.5)]


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, {"curves": "training losses of all cells"}, argv)
    curves = drawing.read("curves", CURVES)
    use_style()
    figure = draw(curves) if drawn(curves).any() else of_none()
    drawing.save(figure, caption(curves))


def drawn(curves: pd.DataFrame) -> pd.Series:
    """Return where there is a loss to draw: after epoch 0, of a student that did not diverge."""
    return (curves["epoch"] > 0) & np.isfinite(curves["loss"])


def draw(curves: pd.DataFrame) -> Figure:
    """Return the figure: a row a dimension, a column a sample size, a colour a batch rule.

    Networks of different depth and width have different dashes.
    """
    dims, sizes = sorted(curves["dim"].unique()), sorted(curves["samples"].unique())
    rules = list(curves["batch_rule"].unique())
    colours = dict(zip(rules, sns.color_palette("colorblind", len(rules)), strict=True))
    networks = sorted(set(zip(curves["depth"], curves["width"], strict=True)))
    dashes = dict(zip(networks, itertools.cycle(DASHES), strict=False))
    figure, axes = plt.subplots(
        len(dims),
        len(sizes),
        figsize=(WIDTH, 0.7 + 1.3 * len(dims)),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for (dim, samples), ax in zip(itertools.product(dims, sizes), axes.flat, strict=True):
        panel = curves[(curves["dim"] == dim) & (curves["samples"] == samples)]
        for (rule, *network), curve in panel.groupby(["batch_rule", "depth", "width"]):
            draw_curve(ax, curve, colours[rule], dashes[tuple(network)])
        ax.set(xscale="log", yscale="log", title=f"$d={dim}$, $m={samples}$")
        ax.xaxis.set_major_locator(LogLocator(10, numticks=9))
    figure.supxlabel("epoch", fontsize=9)
    figure.supylabel("training loss", fontsize=9)
    handles = [Line2D([], [], color=c, label=f"batch rule {rule}") for rule, c in colours.items()]
    if len(networks) > 1:
        handles += [
            Line2D([], [], color="0.25", dashes=d, label=f"depth {depth}, width {width}")
            for (depth, width), d in dashes.items()
        ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def draw_curve(ax: plt.Axes, curve: pd.DataFrame, colour: tuple, dashes: tuple) -> None:
    """Draw the median over students, and the band that holds the middle 80 % of them."""
    shown = curve[drawn(curve)].groupby("epoch")["loss"]
    low, median, high = (shown.quantile(level) for level in (0.1, 0.5, 0.9))
    ax.fill_between(low.index, low, high, color=colour, alpha=0.2, lw=0)
    marker = "o" if len(median) == 1 else None
    ax.plot(median.index, median, color=colour, dashes=dashes, marker=marker)


def caption(curves: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the table."""
    cell = ["dim", "samples", "batch_rule", "depth", "width"]
    last = curves[curves["epoch"] == curves.groupby(cell)["epoch"].transform("max")]
    broken = int(np.isinf(last["loss"]).sum())
    return " ".join(
        [
            "Mean squared error on the sample against epoch: the median over teachers and seeds, "
            "and the band that holds the middle 80 % of them.",
            *extremes(last[np.isfinite(last["loss"])].groupby(cell)["loss"].median()),
            f"{broken} of {len(last)} students diverged and are not drawn."
            if broken
            else f"Of {several(len(last), 'student')} none diverged.",
        ]
    )


def extremes(medians: pd.Series) -> list[str]:
    """Return the cells with the least and the largest median loss, in a sentence if there are."""
    if medians.empty:
        return []
    cells = [
        f"{medians[at]:.2g} (d = {at[0]}, m = {at[1]}, {at[2]}, depth {at[3]}, width {at[4]})"
        for at in (medians.idxmin(), medians.idxmax())
    ]
    if len(medians) == 1:
        return [f"The median loss after the last epoch is {cells[0]}."]
    return [f"The median loss after the last epoch ranges from {cells[0]} to {cells[1]}."]


if __name__ == "__main__":
    run(main)
