"""Draw how near to every teacher there are functions on which all its students err."""

import matplotlib as mpl
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.captions import several
from supnorm.drawing.style import WIDTH, dimension_title, sample_size_axis, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.neighbours import LOWER_BOUNDS, NEIGHBOURS

# Nearest first: the bounds grow in this order, and so does the distance.
KINDS = LOWER_BOUNDS | {"highest": "highest spike of the class"}
MARKERS = dict(zip(KINDS, "s^Do", strict=True))
# The students' errors on the teacher itself, of which the axes of the upper panels are multiples.
OWN = {"color": "0.35", "lw": 0.8, "dashes": (5, 1.6)}
# Shares of places, by column of the table.
SHARES = {
    "unseen": (
        "spike unseen by the sample",
        {"color": "#3D85C6", "dashes": (4, 1.4), "mfc": "white"},
    ),
    "within": (r"and no farther than the $L^2$ error", {"color": "#8B1A4F"}),
}


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {"neighbours": "teachers with spikes, and what students err by there"}
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    table = drawing.read("neighbours", NEIGHBOURS)
    table = table.assign(
        farther=table["distance"] / table["l2_error"],
        worse=table["least"] / table["uniform_error"],
    )
    use_style()
    drawing.save(draw(table), caption(table, drawing.family))


def draw(table: pd.DataFrame) -> Figure:
    """Return the figure: a column a dimension, errors above shares of places."""
    dims, sizes = sorted(table["dim"].unique()), sorted(table["samples"].unique())
    shades = mpl.colormaps["cividis_r"].resampled(2 * len(sizes) + 1)
    colours = {m: shades(2 * k + 1) for k, m in enumerate(sizes)}
    shared = {"sharey": "row", "squeeze": False, "height_ratios": (3, 2)}
    figure, axes = plt.subplots(2, len(dims), figsize=(WIDTH, 4.0), **shared)
    for dim, above, below in zip(dims, *axes, strict=True):
        of_dim = table[table["dim"] == dim]
        draw_errors(above, of_dim, colours)
        draw_shares(below, of_dim)
        above.set(title=dimension_title(dim), xlabel="$L^2$ distance / $L^2$ error on $u$")
        sample_size_axis(below, sizes)
    axes[0, 0].set(ylabel="uniform error there / on $u$")
    axes[1, 0].set(ylabel="share of places", ylim=(-0.05, 1.05))
    columns = legend_columns(colours)
    length = max(map(len, columns))
    blank = Line2D([], [], lw=0, label=" ")
    handles = [handle for c in columns for handle in [*c, *[blank] * (length - len(c))]]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(columns))
    return figure


def draw_errors(ax: Axes, table: pd.DataFrame, colours: dict) -> None:
    """Draw each neighbour's error against its distance, and medians joined at each m."""
    for samples, colour in colours.items():
        of_size = table[table["samples"] == samples]
        medians = of_size.groupby("kind")[["farther", "worse"]].median().reindex(list(KINDS))
        ax.plot("farther", "worse", data=medians, color=colour, lw=1, zorder=4)
        for kind, marker in MARKERS.items():
            points = of_size[of_size["kind"] == kind]
            ax.scatter("farther", "worse", data=points, s=5, alpha=0.35, lw=0, color=colour)
            at = medians.loc[kind]
            ax.plot(
                at["farther"], at["worse"], marker, color=colour, mec="black", mew=0.5, zorder=5
            )
    ax.axvline(1, **OWN)
    ax.axhline(1, **OWN)
    ax.set(xscale="log", yscale="log")


def draw_shares(ax: Axes, table: pd.DataFrame) -> None:
    """Draw the shares of places against sample size, means over teachers and seeds."""
    asked = table[table["kind"] != "highest"]
    for kind, of_kind in asked.groupby("kind"):
        means = of_kind.groupby("samples")[list(SHARES)].mean()
        for column, (_, look) in SHARES.items():
            ax.plot(means.index, means[column], marker=MARKERS[kind], lw=0.9, **look)


def legend_columns(colours: dict) -> list[list[Line2D]]:
    """Return the legend's columns: kinds of neighbour, sample sizes, and shares of places."""
    plain = {"lw": 0, "color": "0.6", "mec": "black", "mew": 0.5}
    kinds = [
        Line2D([], [], marker=MARKERS[kind], label=name, **plain) for kind, name in KINDS.items()
    ]
    sizes = [Line2D([], [], color=colour, label=f"$m={m}$") for m, colour in colours.items()]
    own = Line2D([], [], label="least error on $u$ itself", **OWN)
    shares = [Line2D([], [], label=label, **look) for label, look in SHARES.values()]
    return [kinds, sizes, [own, *shares]]


def caption(table: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the table."""
    if table["height"].isna().all():
        return "Spikes need teachers of depth 3 and width 2 or more."
    teachers, seeds = table["teacher"].nunique(), table["seed"].nunique()
    return " ".join(
        [
            f"Neighbours of {several(teachers, f'{family} teacher')} u: u plus or minus a spike "
            f"that the sample of a seed ({seeds} of them) does not see, so that u and it have the "
            "same students. Above: at the place where the sample is emptiest the highest spike "
            "of the class, and the nearest to u on which all students err at least by a bound; "
            "as multiples of the least errors of a student on u. Dots: teachers and seeds; marks: "
            "medians. Left of the broken line a neighbour is nearer to u than all students. Below: "
            "the share of places of Q where a spike makes such a neighbour.",
            *(of_dimension(rows) for _, rows in table[table["kind"] == "lower"].groupby("dim")),
        ]
    )


def of_dimension(lower: pd.DataFrame) -> str:
    """Return what the panels of one dimension show of Theorem 2.2 at the largest sample size."""
    last = lower[lower["samples"] == lower["samples"].max()]
    every = last.groupby("teacher")["all_err"].all()
    return (
        f"For d = {last['dim'].iloc[0]} and m = {last['samples'].iloc[0]} all students err by "
        f"Theorem 2.2 ({last['bound'].iloc[0]:.2g}) next to {every.sum()} of {len(every)} "
        f"teachers, at {last['farther'].median():.1g} times the L^2 error (median) and "
        f"{last['within'].mean():.0%} of the places."
    )


if __name__ == "__main__":
    run(main)
