"""Draw how far sampled uniform errors fall short of the true ones."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.figures import DIVERGED, of_none, panels
from supnorm.drawing.style import dimension_title, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.methods import METHODS
from supnorm.uniform.wording import ends

# Smaller shortfalls are drawn here.
FLOOR = 1e-5
STUDENT = ["dim", "samples", "teacher", "seed"]


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(
        __doc__, __file__, {"methods": "uniform errors, found in several ways"}, argv
    )
    methods = drawing.read("methods", METHODS)
    of_student = np.isfinite(methods["error"]).groupby([methods[name] for name in STUDENT])
    shortfalls = compare(methods[of_student.transform("all")])
    use_style()
    drawing.save(of_none() if shortfalls.empty else draw(shortfalls), caption(shortfalls))


def compare(methods: pd.DataFrame) -> pd.DataFrame:
    """Return the errors with their shortfall below the best known error of each student.

    That is the exact error, or else the certified upper end, or else what the climb found.
    """
    best = methods.assign(known=methods["upper"].fillna(methods["error"]))
    best = best[best["method"] != "sampled"].set_index([*STUDENT, "method"])["known"]
    best = best.unstack().reindex(columns=["exact", "certified", "ascent"]).bfill(axis=1)
    errors = methods.join(best.iloc[:, 0].rename("known"), on=STUDENT)
    return errors.assign(shortfall=1 - errors["error"] / errors["known"])


def draw(shortfalls: pd.DataFrame) -> Figure:
    """Return the figure: a panel a dimension, a shade a sample size."""
    dims, sizes = sorted(shortfalls["dim"].unique()), sorted(shortfalls["samples"].unique())
    shades = dict(zip(sizes, sns.color_palette("flare", len(sizes)), strict=True))
    figure, axes = panels(len(dims), height=2.6, legend=0.6)
    for dim, ax in zip(dims, axes, strict=True):
        for samples, colour in shades.items():
            at = (shortfalls["dim"] == dim) & (shortfalls["samples"] == samples)
            draw_shortfalls(ax, shortfalls[at], colour)
        ax.set(xscale="log", yscale="log", title=dimension_title(dim), xlabel="uniform points")
        ax.set_ylim(FLOOR / 1.5, 1.5)
    axes[0].set_ylabel("relative shortfall")
    handles = [Line2D([], [], color=c, label=f"$m={size}$") for size, c in shades.items()]
    if (shortfalls["method"] == "ascent").any():
        look = {"color": "0.25", "lw": 0, "marker": "*", "ms": 6}
        handles.append(Line2D([], [], **look, label="climbed from the worst point"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def draw_shortfalls(ax: Axes, shortfalls: pd.DataFrame, colour: tuple) -> None:
    """Draw the shortfall of each seed's student, and of the climb from its worst point."""
    shortfalls = shortfalls.assign(shortfall=shortfalls["shortfall"].clip(lower=FLOOR))
    sampled = shortfalls[shortfalls["method"] == "sampled"]
    for _, student in sampled.groupby("seed"):
        steps = {"lw": 0.9, "drawstyle": "steps-post"}
        ax.plot(student["points"], student["shortfall"], color=colour, **steps)
    climbed = shortfalls[shortfalls["method"] == "ascent"]
    most = [2 * sampled["points"].max()] * len(climbed)
    ax.plot(most, climbed["shortfall"], color=colour, lw=0, marker="*", ms=6)


def caption(shortfalls: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the table."""
    return " ".join(
        [
            "How far the largest error on uniform points falls short of the uniform error, for the "
            "students that decide the min-max, a line a seed. Where d = 1 the uniform error is "
            "exact; where d > 1 the shortfall is taken from the certified upper end, so that it "
            f"includes what the certificate leaves open. Less than {FLOOR:g} is drawn as that.",
            *(at_most_points(errors, dim) for dim, errors in shortfalls.groupby("dim")),
            *([DIVERGED] if shortfalls.empty else []),
        ]
    )


def at_most_points(errors: pd.DataFrame, dim: int) -> str:
    """Return how sampling and climbing fare in one dimension."""
    sampled = errors[errors["method"] == "sampled"]
    last = sampled[sampled["points"] == sampled["points"].max()]["shortfall"].sort_values()
    climbed = errors[errors["method"] == "ascent"]["shortfall"]
    climb = f", a climb from the worst of them by at most {climbed.max():.2g}"
    return (
        f"For d = {dim}, {int(sampled['points'].max())} points fall short by {ends(last)}"
        f"{'' if climbed.empty else climb}."
    )


if __name__ == "__main__":
    run(main)
