"""Draw where in the cube the largest errors are attained: near samples, on faces, or inside."""

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter, PercentFormatter

from supnorm.drawing.captions import several
from supnorm.drawing.style import WIDTH, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.ranking import of_best
from supnorm.uniform.tables.places import PLACES
from supnorm.uniform.tables.ranking import MINMAX

# Smaller ratios are drawn here.
FLOOR = 0.1


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {"places": "where errors are attained", "minmax": "errors of the best algorithms"}
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    places = of_best(drawing.read("places", PLACES), drawing.read("minmax", MINMAX))
    use_style()
    drawing.save(draw(places), caption(places, drawing.family))


def draw(places: pd.DataFrame) -> Figure:
    """Return the figure: a row a dimension; distances, faces, and errors in the smaller cube."""
    dims, sizes = sorted(places["dim"].unique()), sorted(places["samples"].unique())
    shades = dict(zip(sizes, sns.color_palette("rocket_r", len(sizes)), strict=True))
    blues = sns.color_palette("Blues", max(dims) + 1)
    figure, axes = plt.subplots(
        len(dims), 3, figsize=(WIDTH, 0.8 + 1.5 * len(dims)), sharex="col", squeeze=False
    )
    for dim, (far, faces, inside) in zip(dims, axes, strict=True):
        of_dim = places[places["dim"] == dim]
        draw_shares(far, of_dim.assign(ratio=of_dim["ratio"].clip(lower=FLOOR)), "ratio", shades)
        far.axvline(1, color="0.2", lw=0.8, dashes=(4, 1.4))
        far.set(xscale="log", ylabel=f"$d={dim}$: students")
        far.xaxis.set_minor_formatter(NullFormatter())
        draw_faces(faces, of_dim, sizes, blues[: dim + 1])
        draw_shares(inside, of_dim, "share", shades)
    for ax in axes.flat:
        ax.set(ylim=(0, 1))
        ax.yaxis.set_major_formatter(PercentFormatter(1))
    for ax in axes[:, 1:].flat:
        ax.tick_params(labelleft=False)
    axes[-1, 0].set_xlabel("distance to samples,\nover that of random points")
    axes[-1, 1].set_xlabel("sample size $m$")
    axes[-1, 2].set_xlim(0, 1.03)
    axes[-1, 2].set_xlabel(f"error in ${places['cube'].iloc[0]:g}\\,Q$\nover that in $Q$")
    handles = [Line2D([], [], color=c, label=f"$m={size}$") for size, c in shades.items()]
    handles += [
        Patch(facecolor=colour, edgecolor="0.3", lw=0.4, label=on_faces(count))
        for count, colour in enumerate(blues)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, handlelength=1.4)
    return figure


def on_faces(count: int) -> str:
    """Return what the place of an error is called that lies on so many faces."""
    return "inside $Q$" if count == 0 else f"on {several(count, 'face')}"


def draw_shares(ax: Axes, students: pd.DataFrame, column: str, shades: dict[int, tuple]) -> None:
    """Draw the share of students up to each value of a column, a line a sample size."""
    for size, colour in shades.items():
        values = students.loc[students["samples"] == size, column].dropna()
        if len(values):
            ax.ecdf(values, color=colour)


def draw_faces(ax: Axes, students: pd.DataFrame, sizes: list[int], colours: list[tuple]) -> None:
    """Draw the shares of students that err most inside, on one face, and so on; a bar a size."""
    shares = shares_by_faces(students, len(colours)).reindex(sizes)
    foot = 0 * shares[0]
    for count, colour in enumerate(colours):
        ax.bar(range(len(sizes)), shares[count], 0.8, foot, color=colour, ec="0.3", lw=0.4)
        foot += shares[count]
    ax.set_xticks(range(len(sizes)), [f"{size}" for size in sizes])


def shares_by_faces(students: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the share of students on fewer than `most` faces, a row a size, a column a number."""
    counts = students.groupby("samples")["faces"].value_counts(normalize=True)
    return counts.unstack(fill_value=0.0).reindex(columns=range(most), fill_value=0.0)


def caption(places: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the table."""
    return " ".join(
        [
            "Where the students of the best algorithm of each m, at the end of training, err most "
            f"on the {family} teachers; all teachers and seeds, a row a dimension. Left: share of "
            "students whose largest error is at most so far from the nearest sample, in units of "
            "the median of that distance for random points of Q (dashed); less than "
            f"{FLOOR:g} is drawn as that. Middle: how many faces of Q it lies on. Right: share of "
            f"students whose uniform error in the cube that is {places['cube'].iloc[0]:g} times as "
            "wide is at most so much of that in Q.",
            *(of_dimension(students) for _, students in places.groupby("dim")),
        ]
    )


def of_dimension(students: pd.DataFrame) -> str:
    """Return the medians of one dimension at its largest sample size."""
    dim, students = students["dim"].iloc[0], students.dropna(subset="ratio")
    if students.empty:
        return f"For d = {dim} all of them diverged."
    last = students[students["samples"] == students["samples"].max()]
    medians = f"the distance is {last['ratio'].median():.2g}"
    if last["share"].notna().any():
        medians += f" and the error in the smaller cube {last['share'].median():.2g} of that in Q"
    sentence = f"For d = {dim} and m = {last['samples'].iloc[0]}, in the median, {medians}"
    # A place that was only sampled is never on the boundary.
    if (last["method"] == "sampled").any():
        return f"{sentence}."
    share = 100 * (last["faces"] > 0).mean()
    return f"{sentence}; {share:.0f} % of the students err most on the boundary."


if __name__ == "__main__":
    run(main)
