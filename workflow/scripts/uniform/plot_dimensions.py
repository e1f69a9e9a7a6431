"""Draw spikes that no sample meets, and samples needed, against dimension, by depth."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import WIDTH, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import named, ordered_looks
from supnorm.uniform.statements.regularisation import growth_per_layer, highest, order, over_bounds
from supnorm.uniform.tables.unseen import DIMENSIONS, SAMPLES_NEEDED


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {"dimensions": "spikes and bounds", "samples_needed": "samples for an error"}
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    errors = drawing.read("dimensions", DIMENSIONS)
    needed = drawing.read("samples_needed", SAMPLES_NEEDED)
    use_style()
    drawing.save(draw(errors, needed), caption(errors, needed))


def draw(errors: pd.DataFrame, needed: pd.DataFrame) -> Figure:
    """Return the figure: a row a norm; heights of spikes on the left, samples on the right."""
    norms = shown(errors)
    shared = {"sharex": True, "squeeze": False}
    figure, axes = plt.subplots(len(norms), 2, figsize=(WIDTH, 0.8 + 1.6 * len(norms)), **shared)
    best, smallest = highest(of_size(errors)), needed["error"].min()
    needed = needed[needed["error"] == smallest]
    looks = ordered_looks(sorted(errors["depth"].unique()))
    for q, (left, right) in zip(norms, axes, strict=True):
        draw_heights(left, best[best["q"] == q], looks)
        draw_samples(right, needed[needed["q"] == q], looks)
        title = named("q", q)
        left.set(yscale="log", ylabel=r"error in $L^\infty$")
        left.set_title(f"{title}, $m={best['samples'].iloc[0]}$")
        right.set_ylabel(r"$\log_{10}$ of samples needed")
        right.set_title(rf"{title}, error ${power(smallest)}$")
    for ax in axes[-1]:
        ax.set_xlabel("dimension $d$")
        ax.set_xticks(sorted(errors["dim"].unique()))
    figure.legend(handles=list(handles(looks)), loc="outside lower center", ncols=4)
    return figure


def shown(errors: pd.DataFrame) -> list[str]:
    """Return the norms that are drawn: the largest, and the largest that is 2 or less."""
    norms = sorted(errors["q"].unique(), key=order)
    regularising = [q for q in norms[:-1] if order(q) <= 2]
    return [norms[-1], *regularising[-1:]]


def of_size(errors: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the largest sample size with spikes; of all sizes if there are none."""
    spikes = errors[errors["height"].notna()]
    return errors[errors["samples"] == (spikes if len(spikes) else errors)["samples"].max()]


def draw_heights(ax: Axes, best: pd.DataFrame, looks: dict[int, dict]) -> None:
    """Draw the highest spike and the lower bound of every depth."""
    for depth, look in looks.items():
        line = best[best["depth"] == depth].sort_values("dim")
        ax.plot(line["dim"], line["height"], **look)
        ax.plot(line["dim"], line["lower_sharp"], color=look["color"], lw=0.8, dashes=(4, 1.6))


def draw_samples(ax: Axes, needed: pd.DataFrame, looks: dict[int, dict]) -> None:
    """Draw the samples needed at every depth."""
    for depth, look in looks.items():
        line = needed[needed["depth"] == depth].sort_values("dim")
        ax.plot(line["dim"], line["log10_needed"], **look)


def power(error: float) -> str:
    """Return an error in mathematics, as a power of ten where it is one."""
    exponent = np.log10(error)
    whole = round(exponent)
    return f"10^{{{whole}}}" if np.isclose(exponent, whole) else f"{error:g}"


def handles(looks: dict[int, dict]):
    """Yield the legend: depths, and the bound."""
    for depth, look in looks.items():
        yield Line2D([], [], label=named("L", depth), **look)
    yield Line2D([], [], color="0.3", lw=0.8, dashes=(4, 1.6), label="lower, deterministic")


def caption(errors: pd.DataFrame, needed: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the tables."""
    start = (
        "Left: the highest spike found, over numbers s of active coordinates, that a sample does "
        "not see, mean over seeds; every algorithm errs by it on u_0 plus or minus the spike. "
        "Dashed: the bound for deterministic algorithms (S1.11)."
    )
    if errors["height"].isna().all():
        return f"{start} These classes have no spikes, or samples are too large to seek them."
    smallest = needed["error"].min()
    return " ".join(
        [
            start,
            "Right: the samples below which Theorem 2.2 excludes the error for any algorithm "
            "(S1.10), with the best s"
            f"{'; here it says nothing' if needed['log10_needed'].isna().all() else ''}.",
            *(by_norm(errors[errors["q"] == q], needed, q, smallest) for q in shown(errors)),
            f"The least height over bound of the same s is {over_bounds(errors):.2g}.",
        ]
    )


def by_norm(errors: pd.DataFrame, needed: pd.DataFrame, q: str, error: float) -> str:
    """Return what a layer does, and what the theorem asks for at the ends, with one norm."""
    layer = f"With q = {q} a layer multiplies spikes by {growth_per_layer(errors):.3g}"
    rows = needed[(needed["q"] == q) & (needed["error"] == error)].dropna(subset="log10_needed")
    if rows.empty:
        return f"{layer}."
    asked = " and ".join(
        f"10^{row['log10_needed']:.1f} for d = {row['dim']}, L = {row['depth']}"
        for _, row in rows.sort_values(["dim", "depth"]).iloc[[0, -1]].iterrows()
    )
    return f"{layer}, and an error of {error:g} takes {asked}."


if __name__ == "__main__":
    run(main)
