"""Draw the thesis at a glance: a spike that no sample meets, and the errors with and without it."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supnorm.drawing.style import (
    NORM_COLOURS,
    NORM_MARKERS,
    WIDTH,
    bound_marker,
    sample_size_axis,
    use_style,
)
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.adversary import WORST_CASE
from supnorm.uniform.tables.bounds import BOUNDS
from supnorm.uniform.tables.neighbours import NEIGHBOURS
from supnorm.uniform.tables.spikes import SPIKES
from supnorm.uniform.wording import ends, two_digits

PAIR = ["family", "dim", "samples", "teacher", "seed"]
# A spike is shown with so many times its radius on either side.
REACH = 5
# Wine is what has a spike, in both panels; orange and blue are norms, as elsewhere.
SPIKED, STUDENT, DARK, BOUND = "#8B1A4F", "0.72", "0.15", "0.35"
# Each curve by kind of teacher and norm: its name at the end, and its look.
CURVES = {
    ("adaptive", "inf"): (r"$u$ + spike, $L^\infty$", {"color": SPIKED, "marker": "D"}),
    ("random", "inf"): (
        r"{family} $u$, $L^\infty$",
        {"color": NORM_COLOURS["inf"], "marker": NORM_MARKERS["inf"]},
    ),
    ("random", "2"): (
        r"{family} $u$, $L^2$",
        {"color": NORM_COLOURS["2"], "marker": NORM_MARKERS["2"]},
    ),
}
BOUNDED = (
    "Dashed: the lower bound of Theorem 2.2 on the uniform error of any algorithm on the worst "
    "function of the class (S1.9)."
)
# Least distance of two labels, as a share of the axis.
APART = 0.085


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {
        "spikes": "target, student and samples on lines through the cube",
        "neighbours": "teachers with spikes, and what students err by there",
        "worst_case": "least errors on each kind of teacher",
        "bounds": "theoretical bounds",
    }
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    pair = neighbour(
        drawing.read("spikes", SPIKES, empty=True), drawing.read("neighbours", NEIGHBOURS)
    )
    errors = largest_dimension(drawing.read("worst_case", WORST_CASE))
    bounds = drawing.read("bounds", BOUNDS)
    chosen = bounds["best"] & (bounds["bound"] == "lower") & (bounds["norm"] == "inf")
    bounds = bounds[chosen & bounds["dim"].isin(errors["dim"])].sort_values("samples")
    use_style()
    figure = draw(pair, errors, bounds, drawing.family)
    drawing.save(figure, caption(pair, errors, bounds, drawing.family))


def neighbour(spikes: pd.DataFrame, neighbours: pd.DataFrame) -> pd.DataFrame:
    """Return teacher, student and samples for d = 1, beside the highest spike that these miss.

    There are no rows where that dimension does not run, its students diverged, or the class has no
    spikes.
    """
    line = spikes[(spikes["dim"] == 1) & (spikes["line"] == "diagonal")]
    highest = neighbours[neighbours["kind"] == "highest"].dropna(subset="height")
    return line.merge(highest[[*PAIR, "radius", "height"]], on=PAIR).sort_values("t")


def largest_dimension(errors: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of the largest dimension, by sample size."""
    return errors[errors["dim"] == errors["dim"].max()].sort_values("samples")


def draw(pair: pd.DataFrame, errors: pd.DataFrame, bounds: pd.DataFrame, family: str) -> Figure:
    """Return the figure: a function and its neighbour, if there is one, and errors beside them."""
    ratios = (1,) if pair.empty else (5, 6)
    figure, axes = plt.subplots(
        1, len(ratios), figsize=(WIDTH, 2.6), width_ratios=ratios, squeeze=False
    )
    if not pair.empty:
        draw_neighbour(axes[0, 0], pair)
    draw_errors(axes[0, -1], errors, bounds, family)
    return figure


def draw_neighbour(ax: Axes, pair: pd.DataFrame) -> None:
    """Draw a teacher, the same plus a spike, and around it the student and samples of both."""
    radius, height = pair[["radius", "height"]].iloc[0]
    kinds = dict(list(pair.groupby("kind")))
    target, student, samples = (kinds[name] for name in ("target", "student", "sample"))
    centre = emptiest(samples["t"].to_numpy())
    low, high = window = np.clip(centre + REACH * radius * np.array([-1, 1]), -0.5, 0.5)
    # With its corners among the positions of the table the spike is exact; a kink of the teacher
    # between two positions is too small to be seen beside it.
    corners = centre + radius * np.array([-1, 0, 1])
    x = np.unique(np.clip([*target["t"], *corners], low, high))
    value = np.interp(x, target["t"], target["value"])
    spike = height * np.maximum(0, 1 - abs(x - centre) / radius)
    ax.plot(x, value + spike, color=SPIKED, zorder=3)
    ax.plot(x, np.interp(x, student["t"], student["value"]), color=STUDENT, lw=2.4, zorder=4)
    ax.plot(x, value, color=DARK, lw=0.9, dashes=(4, 1.4), zorder=5)
    near = samples[samples["t"].between(low, high)]
    ax.scatter("t", "value", data=near, s=9, color=DARK, lw=0, zorder=6)
    ax.set(title="a function and its neighbour, $d=1$", xlabel="$x$", ylabel="value", xlim=window)
    ax.locator_params("x", nbins=4)
    above = {"textcoords": "offset points", "fontsize": 7.5, "linespacing": 1}
    apex = (centre, value[x == centre][0] + height)
    ax.annotate("$u$ + spike:\nsame samples,\nsame student", apex, (9, -22), color=SPIKED, **above)
    ax.annotate("samples, $u$\nand student", (low, value[0]), (2, 6), color=DARK, **above)


def emptiest(points: np.ndarray) -> float:
    """Return the place of Q = [-1/2, 1/2] that is farthest from all points."""
    ordered = np.sort(points)
    # Points are mirrored at the ends of Q, each of which is then the middle of a gap, too.
    ordered = np.concatenate([[-1 - ordered[0]], ordered, [1 - ordered[-1]]])
    widest = np.diff(ordered).argmax()
    return ordered[widest : widest + 2].mean()


def draw_errors(ax: Axes, errors: pd.DataFrame, bounds: pd.DataFrame, family: str) -> None:
    """Draw errors against sample size over the bound, each named where it ends."""
    names = []
    for key, (label, look) in CURVES.items():
        rows = curve(errors, *key)
        rows = rows[np.isfinite(rows["error"])]
        ax.vlines(rows["samples"], rows["low"], rows["high"], color=look["color"], lw=0.7)
        ax.plot(rows["samples"], rows["error"], zorder=4, **look)
        names += [(y, label.format(family=family), look["color"]) for y in rows["error"].tail(1)]
    marks = {"marker": bound_marker(bounds["samples"]), "markersize": 9}
    ax.plot(bounds["samples"], bounds["value"], color=BOUND, lw=1, dashes=(5, 1.6), **marks)
    names += [(y, r"Theorem 2.2, $L^\infty$", BOUND) for y in bounds["value"].tail(1)]
    ax.set(yscale="log", ylabel="error", title=f"errors, $d={errors['dim'].iloc[0]}$")
    sample_size_axis(ax, errors["samples"])
    name_ends(ax, names)


def curve(errors: pd.DataFrame, kind: str, norm: str) -> pd.DataFrame:
    """Return the errors on a kind of teacher in a norm."""
    return errors[(errors["kind"] == kind) & (errors["norm"] == norm)]


def name_ends(ax: Axes, names: list[tuple[float, str, str]]) -> None:
    """Write each name at the right edge, where its curve ends, and none upon another."""
    last = -np.inf
    for value, label, colour in sorted(names):
        height = ax.transAxes.inverted().transform(ax.transData.transform((1, value)))[1]
        last = max(height, last + APART)
        where = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "center"}
        ax.annotate(label, (1, last), (2, 0), color=colour, fontsize=7.5, **where)


def caption(pair: pd.DataFrame, errors: pd.DataFrame, bounds: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the tables."""
    average, uniform = (curve(errors, "random", norm) for norm in ("2", "inf"))
    return " ".join(
        [
            *([] if pair.empty else [of_neighbour(pair.iloc[0], family)]),
            f"Errors of the best network for d = {errors['dim'].iloc[0]} and m = "
            f"{ends(average['samples'])}: {ends(average['error'])} in L^2 and "
            f"{ends(uniform['error'])} in L^inf on the hardest {family} teacher"
            f"{on_spikes(errors)}. Vertical lines: interval or range over seeds.",
            *([] if bounds.empty else [BOUNDED]),
        ]
    )


def of_neighbour(of: pd.Series, family: str) -> str:
    """Return what the panel of a function and its neighbour shows."""
    return (
        f"Left: {family} teacher {of['teacher']} for d = 1, called u, and u plus a spike "
        f"{two_digits(of['height'])} high in the widest gap that m = {of['samples']} sample points "
        "leave. No sample sees the spike, so the two have the same labels and the same student."
    )


def on_spikes(errors: pd.DataFrame) -> str:
    """Return how errors on spikes go with sample size, or why there are none."""
    spiked = curve(errors, "adaptive", "inf")
    if spiked.empty:
        return "; spikes need teachers of depth 3 and width 2 or more"
    return (
        f", {ends(spiked['error'])} in L^inf on teacher 0 with a spike where the sample is emptiest"
    )


if __name__ == "__main__":
    run(main)
