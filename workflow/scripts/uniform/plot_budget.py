"""Draw the error after the paper's budget and after longer ones, beside the training error."""

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, NullLocator

from supnorm.drawing.style import WIDTH, dimension_title, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.budget import BUDGET
from supnorm.uniform.wording import two_digits

NORMS = {"2": "error in $L^2$", "inf": r"error in $L^\infty$"}
TRAINING = {"ls": ":", "lw": 1.0, "marker": "."}
# So many numbers of steps are named at the axis; powers of ten where there are more.
MOST = 4
FASTER = {"marker": "D", "markerfacecolor": "white", "lw": 0}


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {"budget": "errors after the paper's budget and after longer ones"}
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    errors = drawing.read("budget", BUDGET)
    errors = errors[(errors["statistic"] == "minmax") & errors["norm"].isin(NORMS)]
    trained = errors[errors["origin"] != "best"].sort_values("steps")
    use_style()
    drawing.save(draw(trained), caption(trained))


def draw(trained: pd.DataFrame) -> Figure:
    """Return the figure: a row a dimension, a column a norm."""
    dims = sorted(trained["dim"].unique())
    shared = {"sharex": True, "sharey": "row", "squeeze": False}
    size = (WIDTH, 0.8 + 1.6 * len(dims))
    figure, axes = plt.subplots(len(dims), len(NORMS), figsize=size, **shared)
    colours = colours_of(trained)
    for row, dim in zip(axes, dims, strict=True):
        for ax, (norm, label) in zip(row, NORMS.items(), strict=True):
            panel = trained[(trained["dim"] == dim) & (trained["norm"] == norm)]
            # Before anything is drawn: where all errors are infinite there is nothing to scale.
            ax.set(xscale="log", yscale="log", title=f"{dimension_title(dim)}, {label}")
            draw_panel(ax, panel, colours)
        row[0].set_ylabel("error")
    for ax in axes[-1]:
        ax.set_xlabel("steps of Adam")
        ax.xaxis.set_minor_formatter(NullFormatter())
        # Batches that are a share of the sample take as many steps at every size.
        if len(steps := sorted(trained["steps"].unique())) <= MOST:
            ax.set_xticks(steps, [f"{step:.0f}" for step in steps])
            ax.xaxis.set_minor_locator(NullLocator())
    handles = legend_handles(trained, colours)
    figure.legend(handles=handles, loc="outside lower center", ncols=2, handlelength=2.4)
    return figure


def colours_of(trained: pd.DataFrame) -> dict[int, tuple]:
    """Return the colour of each sample size, darker the larger it is."""
    sizes = sorted(trained["samples"].unique())
    return dict(zip(sizes, sns.color_palette("flare", len(sizes)), strict=True))


def draw_panel(ax: Axes, panel: pd.DataFrame, colours: dict[int, tuple]) -> None:
    """Draw a line a sample size through the ends of training at the paper's learning rate."""
    for samples, rows in panel.groupby("samples"):
        look = {"color": colours[samples]}
        rate = rows.loc[rows["origin"] == "paper", "learning_rate"].iloc[0]
        same, others = (rows[(rows["learning_rate"] == rate) == at] for at in (True, False))
        ax.plot(same["steps"], same["error"], marker="o", **look)
        ax.plot(same["steps"], same["training"], **TRAINING, **look)
        ax.plot(others["steps"], others["error"], **FASTER, **look)
        ax.plot(others["steps"], others["training"], **TRAINING | {"lw": 0}, **look)
        ax.vlines(rows["steps"], rows["low"], rows["high"], lw=0.7, **look)


def legend_handles(trained: pd.DataFrame, colours: dict[int, tuple]) -> list[Line2D]:
    """Return the legend's two columns, of equal length: sample sizes, and what is shown."""
    sizes = [Line2D([], [], color=colour, label=f"$m={m}$") for m, colour in colours.items()]
    rates = trained["learning_rate"].sort_values().unique()
    shown = [
        Line2D([], [], color="0.3", marker="o", label="error at the end of training"),
        Line2D([], [], color="0.3", **TRAINING, label="error on the sample"),
    ]
    if len(rates) > 1:
        rate = f"with the first learning rate {rates[-1]:g}"
        shown.insert(1, Line2D([], [], color="0.3", **FASTER, label=rate))
    blank = Line2D([], [], lw=0, label=" ")
    length = max(len(sizes), len(shown))
    return [h for column in (sizes, shown) for h in [*column, *[blank] * (length - len(column))]]


def caption(trained: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the table."""
    return " ".join(
        [
            "Error at the end of training against its steps, a line a sample size: the largest "
            "over teachers of the mean over seeds, for the same teachers and seeds at all points, "
            "with intervals over seeds. The first point of a line is the paper's budget. Dotted: "
            "what is left on the sample. Where a line falls with more steps, training had stopped "
            "too early; where it is flat above the dotted line, the samples are too few.",
            *(of_dimension(dim, rows) for dim, rows in trained.groupby("dim")),
        ]
    )


def of_dimension(dim: int, trained: pd.DataFrame) -> str:
    """Return what the largest sample size of a dimension says."""
    last = trained[trained["samples"] == trained["samples"].max()]
    paper = last[(last["origin"] == "paper") & (last["norm"] == "inf")].iloc[0]
    longer = last[(last["norm"] == "inf") & (last["origin"] == "longer")]
    best = longer.loc[longer["error"].idxmin()]
    sentence = (
        f"For d = {dim} and m = {best['samples']} training for {best['epochs']:.0f} epochs from "
        f"the learning rate {best['learning_rate']:g} "
        f"{change(two_digits(paper['error']), two_digits(best['error']))}"
    )
    if pd.isna(paper["unseen"]):
        return f"{sentence}."
    return f"{sentence}; on the whole class none can promise less than {paper['unseen']:.3g}."


def change(before: str, after: str) -> str:
    """Return what longer training does to the uniform error."""
    if before == after:
        return f"leaves the uniform error at {after}"
    return f"takes the uniform error from {before} to {after}"


if __name__ == "__main__":
    run(main)
