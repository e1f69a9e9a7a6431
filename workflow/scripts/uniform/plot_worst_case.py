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
# Dashed are the theorems of the paper, continuous what is derived here with sharper constants.
LINES = {
    "upper": ("upper (Theorem 2.4)", {"color": "0.35", "dashes": (5, 1.6)}),
    "upper_centres": ("upper, samples at cell centres", {"color": "0.35"}),
    "lower_sharp": ("lower, deterministic algorithms", {"color": WINE}),
    "lower_sharp_randomised": ("lower, any algorithm", {"color": NAVY}),
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
    figure, axes = plt.subplots(len(NORMS), len(dims), figsize=(WIDTH, 5.6), **shared)
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
        "Error of the best network against sample size m, for p = inf and p = 2, among the bounds "
        "on the worst case over u_0 + H (S1.9 and S1.11 with c_0 = 1, S1.15, S1.16). Here u_0 is "
        "teacher 0 and H the class of the teachers; the upper bounds are for an algorithm that "
        f"knows u_0. Circles: min-max over the {family} teachers, with its interval over seeds."
    )
    if not (errors["kind"] == "adaptive").any():
        return f"{start} Spikes need teachers of depth 3 and width 2 or more."
    paired = errors.merge(bounds, on=["dim", "samples", "norm"])
    met = [
        f"The {name} exceeds the lower bound {bound} at {count(paired, kind, line)}."
        for name, kind, bound, line in (
            ("error on adaptive spikes", "adaptive", "for deterministic algorithms", "lower_sharp"),
            ("mean over fixed spikes", "fixed_mean", "of Theorem 2.2", "lower"),
            (
                "mean over fixed spikes",
                "fixed_mean",
                "of S1.11 for any algorithm, randomised ones included,",
                "lower_sharp_randomised",
            ),
        )
        if (bounds["bound"] == line).any()
    ]
    uniform = errors[errors["norm"] == "inf"]
    return " ".join(
        [
            start,
            "A spike that no sample point meets changes no label: the students of teacher 0 plus "
            "or minus the spike are those of teacher 0. Diamonds: the spike stands where each "
            "sample is emptiest, in the largest gap for d = 1 and where a local search ends for "
            "d > 1, as high as the class allows, with the worse sign; mean over seeds, with a line "
            "from the least of all algorithms and seeds to the largest of this algorithm. Squares: "
            "the mean over all spikes of the proof of Theorem 2.2, fixed before the sample (S1.8), "
            "over both signs, and over seeds, 0 where the sample meets the spike; this mean is "
            "what the proof bounds. Dashes: the worst of these spikes by the mean over seeds; it "
            "is chosen after the seeds, hence biased upward. Fixed spikes are measured for d > 1 "
            "in the uniform norm alone.",
            *met,
            *below(paired[paired["kind"] == "fixed_mean"]),
            *(at_largest(group, dim) for dim, group in uniform.groupby("dim")),
            *above(paired[paired["kind"] == "adaptive"]),
        ]
    )


def count(paired: pd.DataFrame, kind: str, line: str) -> str:
    """Return at how many points the error on one kind of teacher is not below a bound."""
    both = paired[(paired["kind"] == kind) & (paired["bound"] == line)]
    return f"{int((both['error'] >= both['value']).sum())} of {len(both)} points"


def at_largest(errors: pd.DataFrame, dim: int) -> str:
    """Return the uniform errors at the largest sample size of a dimension."""
    samples = errors["samples"].max()
    at = errors[errors["samples"] == samples].set_index("kind")["error"]
    return (
        f"For d = {dim} and m = {samples} the uniform error is {at['adaptive']:.3g} on adaptive, "
        f"{at['fixed_mean']:.3g} on fixed spikes in the mean, and {at['random']:.2g} without."
    )


def below(fixed: pd.DataFrame) -> list[str]:
    """Return why fixed spikes may fall below the sharper bound for any algorithm, if they do."""
    sharper = fixed[fixed["bound"] == "lower_sharp_randomised"]
    if not (sharper["error"] < sharper["value"]).any():
        return []
    return [
        "Where it does not there is no contradiction: that bound is for spikes of the best "
        "width, and those of the proof, with M = 8\N{LEFT CEILING}m^(1/s)\N{RIGHT CEILING}, are "
        "narrower."
    ]


def above(adaptive: pd.DataFrame) -> list[str]:
    """Return why adaptive spikes may exceed an upper bound, if they do."""
    upper = adaptive[adaptive["bound"].isin(["upper", "upper_centres"])]
    if not (upper["error"] > upper["value"]).any():
        return []
    return [
        "Where the error on adaptive spikes exceeds an upper bound there is no contradiction: that "
        "is for points in the best places, and random points leave wider gaps."
    ]


if __name__ == "__main__":
    run(main)
