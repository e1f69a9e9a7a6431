"""Draw training loss against epoch, for every sample size and batch rule."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from supnorm.figures import parse_drawing
from supnorm.programs import run
from supnorm.style import WIDTH, use_style
from supnorm.tables.curves import CURVES
from supnorm.tables.schema import read_table

STUDENT = ["teacher", "seed", "depth", "width", "batch_rule", "dim", "samples"]


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, {"curves": "training losses of all cells"}, argv)
    curves = read_table(drawing.tables["curves"], CURVES.columns)
    curves = curves[curves["family"] == "random"]
    use_style()
    drawing.save(draw(curves), caption(curves))


def draw(curves: pd.DataFrame) -> Figure:
    """Return the figure: a row a dimension, a column a sample size, a colour a batch rule."""
    shown = curves[(curves["epoch"] > 0) & np.isfinite(curves["loss"])]
    dims, sizes = sorted(shown["dim"].unique()), sorted(shown["samples"].unique())
    figure, axes = plt.subplots(
        len(dims),
        len(sizes),
        figsize=(WIDTH, 0.7 + 1.3 * len(dims)),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for row, dim in zip(axes, dims, strict=True):
        for ax, samples in zip(row, sizes, strict=True):
            sns.lineplot(
                shown[(shown["dim"] == dim) & (shown["samples"] == samples)],
                x="epoch",
                y="loss",
                hue="batch_rule",
                style="width" if shown["width"].nunique() > 1 else None,
                palette="colorblind",
                estimator="median",
                errorbar=("pi", 80),
                err_kws={"linewidth": 0},
                ax=ax,
            )
            ax.set(xscale="log", yscale="log", xlabel="", ylabel="")
            ax.xaxis.set_major_locator(LogLocator(10, numticks=9))
            ax.set_title(f"$d={dim}$, $m={samples}$")
            handles, labels = ax.get_legend_handles_labels()
            ax.get_legend().remove()
    figure.supxlabel("epoch", fontsize=9)
    figure.supylabel("training loss", fontsize=9)
    labels = [f"batch rule {label}" for label in labels]
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


def caption(curves: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the table."""
    last = curves[curves["epoch"] == curves.groupby(STUDENT)["epoch"].transform("max")]
    broken = int(np.isinf(last["loss"]).sum())
    finite = last[np.isfinite(last["loss"])]
    medians = finite.groupby(["dim", "samples", "batch_rule"])["loss"].median()
    low, high = medians.idxmin(), medians.idxmax()
    return (
        "Mean squared error on the sample against epoch: median over teachers and seeds, with the "
        f"band that holds 80 % of the {len(last)} students. The median loss after the last epoch "
        f"ranges from {medians[low]:.2g} (d = {low[0]}, m = {low[1]}, {low[2]}) to "
        f"{medians[high]:.2g} (d = {high[0]}, m = {high[1]}, {high[2]}). "
        f"{broken or 'No'} student{'' if broken == 1 else 's'} diverged."
    )


if __name__ == "__main__":
    run(main)
