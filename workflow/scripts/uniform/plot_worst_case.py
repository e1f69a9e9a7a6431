"""Draw errors on teachers with spikes that samples do not meet, among the bounds."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.style import WIDTH, bound_marker, dimension_title, sample_size_axis, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.adversary import WORST_CASE
from supnorm.uniform.tables.bounds import BOUNDS
from supnorm.uniform.wording import two_digits

NORMS = {"inf": r"error in $L^\infty$", "2": "error in $L^2$"}
WINE, BLUE, NAVY, ORANGE = "#8B1A4F", "#3D85C6", "#0B3C6F", "#E0700F"
# Each kind of spike has the hue of the bounds that its proof gives.
KINDS = {
    "adaptive": ("a spike where the sample is emptiest", {"color": WINE, "marker": "D"}),
    "fixed_mean": ("spikes fixed beforehand, their mean", {"color": BLUE, "marker": "s"}),
    "fixed_max": (
        "the worst of these, chosen after the seeds",
        {"color": BLUE, "marker": "_", "markersize": 9, "lw": 0},
    ),
    "random": ("{family} teachers as they are", {"color": ORANGE, "marker": "o"}),
}
# Dashed are the theorems of the paper; of what has sharper constants, dotted is what holds for any
# algorithm, continuous what is for deterministic ones.
LINES = {
    "upper": ("upper (Theorem 2.4)", {"color": "0.35", "dashes": (5, 1.6)}),
    "upper_centres": ("upper, samples at cell centres", {"color": "0.35"}),
    "lower_sharp": ("lower, deterministic algorithms", {"color": WINE}),
    "lower_sharp_randomised": ("lower, any algorithm", {"color": NAVY, "dashes": (1, 1.2)}),
    "lower": ("lower, any algorithm (Theorem 2.2)", {"color": NAVY, "dashes": (5, 1.6)}),
}
# The width of a bound's line, in points.
THIN = 0.9


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {"worst_case": "least errors on each kind of teacher", "bounds": "theoretical bounds"}
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    errors, bounds = (
        table[table["norm"].isin(NORMS)].sort_values("samples")
        for table in (drawing.read("worst_case", WORST_CASE), drawing.read("bounds", BOUNDS))
    )
    bounds = bounds[bounds["best"]]
    use_style()
    drawing.save(draw(errors, bounds, drawing.family), caption(errors, bounds, drawing.family))


def draw(errors: pd.DataFrame, bounds: pd.DataFrame, family: str) -> Figure:
    """Return the figure: a column a dimension, a row a norm."""
    dims = sorted(errors["dim"].unique())
    shared = {"sharex": True, "sharey": "row", "squeeze": False}
    figure, axes = plt.subplots(len(NORMS), len(dims), figsize=(WIDTH, 4.0), **shared)
    for row, norm in zip(axes, NORMS, strict=True):
        for dim, ax in zip(dims, row, strict=True):
            chosen = (t[(t["dim"] == dim) & (t["norm"] == norm)] for t in (errors, bounds))
            draw_panel(ax, *chosen)
        row[0].set(yscale="log", ylabel=NORMS[norm])
    for dim, top, bottom in zip(dims, axes[0], axes[-1], strict=True):
        top.set_title(dimension_title(dim))
        sample_size_axis(bottom, errors["samples"])
    handles = legend_handles(errors, bounds, family)
    figure.legend(handles=handles, loc="outside lower center", ncols=2, handlelength=2.4)
    return figure


def draw_panel(ax: Axes, errors: pd.DataFrame, bounds: pd.DataFrame) -> None:
    """Draw the errors with their ranges over seeds, and over them the thin lines of the bounds."""
    for name, (_, look) in LINES.items():
        line = bounds[bounds["bound"] == name]
        marks = {"marker": bound_marker(line["samples"]), "markersize": 9}
        ax.plot(line["samples"], line["value"], lw=THIN, zorder=5, **marks, **look)
    for kind, (_, look) in KINDS.items():
        curve = errors[errors["kind"] == kind]
        ax.vlines(curve["samples"], curve["low"], curve["high"], color=look["color"], lw=0.7)
        ax.plot(curve["samples"], curve["error"], zorder=4, **look)


def legend_handles(errors: pd.DataFrame, bounds: pd.DataFrame, family: str) -> list[Line2D]:
    """Return the legend's two columns, of equal length: kinds of teacher, and bounds."""
    kinds = [KINDS[kind] for kind in KINDS if (errors["kind"] == kind).any()]
    lines = [LINES[name] for name in LINES if (bounds["bound"] == name).any()]
    measured = [("measured on", {"lw": 0}), *kinds]
    bound = [("bounds on the worst case over $u_0+H$", {"lw": 0}), *lines]
    blank = [(" ", {"lw": 0})]
    length = max(len(measured), len(bound))
    columns = [column + blank * (length - len(column)) for column in (measured, bound)]
    return [
        Line2D([], [], label=label.format(family=family), **({"lw": width} | look))
        for column, width in zip(columns, (1.3, THIN), strict=True)
        for label, look in column
    ]


def caption(errors: pd.DataFrame, bounds: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the tables."""
    start = (
        "Error of the best network against sample size m, among the bounds on the worst case over "
        "u_0 + H (S1.9, S1.11, S1.15, S1.16), where u_0 is teacher 0 and H the class of the "
        f"teachers. Circles: min-max over the {family} teachers."
    )
    if not (errors["kind"] == "adaptive").any():
        return f"{start} Spikes need teachers of depth 3 and width 2 or more."
    paired = errors.merge(bounds, on=["dim", "samples", "norm"])
    met = [
        f"{marks} exceed the lower bound {bound} at {count(paired, kind, line)}."
        for marks, kind, bound, line in (
            ("Diamonds", "adaptive", "for deterministic algorithms (S1.11)", "lower_sharp"),
            ("Squares", "fixed_mean", "of Theorem 2.2", "lower"),
        )
        if (bounds["bound"] == line).any()
    ]
    return " ".join(
        [
            start,
            "A spike that no sample point meets changes no label: teacher 0 has the same students "
            "with and without it. Diamonds: a spike where each sample is emptiest, as high as the "
            "class allows. Squares: the mean over all spikes of the proof of Theorem 2.2, fixed "
            "beforehand (S1.8). Dashes: the worst of these, hence biased upward.",
            *met,
            at_largest(errors),
        ]
    )


def count(paired: pd.DataFrame, kind: str, line: str) -> str:
    """Return at how many points the error on one kind of teacher is not below a bound."""
    both = paired[(paired["kind"] == kind) & (paired["bound"] == line)]
    return f"{int((both['error'] >= both['value']).sum())} of {len(both)} points"


def at_largest(errors: pd.DataFrame) -> str:
    """Return the uniform errors with and without the adaptive spike at the largest sample size."""
    last = errors[(errors["norm"] == "inf") & (errors["samples"] == errors["samples"].max())]
    at = last.pivot(index="dim", columns="kind", values="error")
    said = [
        f"{two_digits(row['adaptive'])} (diamond) and {two_digits(row['random'])} (circle) for "
        f"d = {dim}"
        for dim, row in at.iterrows()
    ]
    return f"At m = {last['samples'].iloc[0]} the uniform error is {', and '.join(said)}."


if __name__ == "__main__":
    run(main)
