"""Draw the errors of all algorithms on random teachers, and on a spike that they did not see."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.captions import several
from supnorm.drawing.style import WIDTH, bound_marker, dimension_title, sample_size_axis, use_style
from supnorm.job.programs import run
from supnorm.tables.schema import read_table
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.references.own import COUNTERPARTS
from supnorm.uniform.tables.challenges import CHALLENGES
from supnorm.uniform.tables.ranking import MINMAX

GREY, DARK = "0.66", "0.4"
# Coloured are networks and those that ask for more than students see.
LOOKS = {
    "network": ("trained networks", {"color": "#E0700F", "marker": "o"}),
    "refinement": ("refinement", {"color": "#8B1A4F", "marker": "D"}),
    "adaptive_gaussian_process": ("adaptive GP", {"color": "#0B4F8A", "marker": "s"}),
    "hermite": ("Hermite", {"color": "#2F9E77", "marker": "^"}),
    "grid": ("grid", {"color": GREY, "marker": "s", "ms": 2.5, "lw": 0.8}),
    "nearest": ("nearest", {"color": GREY, "marker": "v", "ms": 3, "lw": 0.8}),
    "linear": ("linear", {"color": DARK, "marker": "^", "ms": 2.5, "lw": 0.8}),
    "cubic": ("cubic", {"color": DARK, "marker": "D", "ms": 2.2, "lw": 0.8}),
    "rbf": ("thin plate", {"color": DARK, "marker": "P", "ms": 3, "lw": 0.8}),
    "gaussian_process": ("Gaussian process", {"color": DARK, "marker": "*", "ms": 4, "lw": 0.8}),
}
OWN = {"color": "black", "marker": "x", "ms": 4, "lw": 0.8, "dashes": (3, 2)}
BOUNDS = {
    "bound": ("bound, deterministic (S1.11)", {"color": "black", "lw": 0.9}),
    "bound_randomised": ("bound, any (Theorem 2.2)", {"color": "black", "dashes": (5, 1.6)}),
}
TITLES = ("random teachers", "teacher 0 and an unseen spike")


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {
        "minmax": "errors of the best algorithms",
        "challenges": "errors of algorithms on spiked targets",
    }
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    minmax = drawing.read("minmax", MINMAX)
    minmax = minmax[(minmax["statistic"] == "minmax") & (minmax["norm"] == "inf")]
    # A class without spikes leaves no rows.
    challenges = read_table(drawing.tables["challenges"], CHALLENGES.columns)
    challenges = challenges[challenges["family"] == drawing.family]
    use_style()
    drawing.save(draw(minmax, spiked(challenges)), caption(minmax, challenges, drawing.family))


def spiked(challenges: pd.DataFrame) -> pd.DataFrame:
    """Return the larger error over signs, its mean over seeds, with the bounds."""
    larger = challenges[["error_plus", "error_minus"]].max(axis=1)
    keys = ["algorithm", "dim", "samples", *BOUNDS]
    means = challenges.assign(error=larger).groupby(keys, as_index=False)["error"].mean()
    return means.rename(columns={"algorithm": "algorithm_set"})


def draw(minmax: pd.DataFrame, worst: pd.DataFrame) -> Figure:
    """Return the figure: a column a dimension, random teachers above spiked targets."""
    dims = sorted(minmax["dim"].unique())
    shared = {"sharex": True, "sharey": "col", "squeeze": False}
    figure, axes = plt.subplots(2, len(dims), figsize=(WIDTH, 4.0), **shared)
    for dim, column in zip(dims, axes.T, strict=True):
        bounds = worst[worst["dim"] == dim].drop_duplicates("samples").sort_values("samples")
        for ax, errors, title in zip(column, (minmax, worst), TITLES, strict=True):
            draw_panel(ax, errors[errors["dim"] == dim].sort_values("samples"), bounds)
            ax.set_title(f"{dimension_title(dim)}, {title}")
        sample_size_axis(column[-1], minmax["samples"])
    for row in axes:
        row[0].set_ylabel(r"error in $L^\infty$")
    figure.legend(handles=legend_handles(minmax), loc="outside lower center", ncols=4)
    return figure


def draw_panel(ax: Axes, errors: pd.DataFrame, bounds: pd.DataFrame) -> None:
    """Draw a line an algorithm, and the bounds on the worst case."""
    ax.set(xscale="log", yscale="log")
    for name, curve in errors.groupby("algorithm_set"):
        ax.plot(curve["samples"], curve["error"], **{"ms": 3.6, "lw": 1.2} | style(name)[1])
    for name, (_, look) in BOUNDS.items():
        marker = {"marker": bound_marker(bounds["samples"]), "ms": 9}
        ax.plot(bounds["samples"], bounds[name], **{"lw": 0.9} | marker | look)


def style(name: str) -> tuple[str, dict]:
    """Return the label and the look of an algorithm; one's own is called by its name."""
    return LOOKS.get(name, (name.replace("_", " "), OWN))


def legend_handles(minmax: pd.DataFrame) -> list[Line2D]:
    """Return a handle for each algorithm that is there, and for each bound."""
    there = set(minmax["algorithm_set"])
    ordered = [name for name in LOOKS if name in there] + sorted(there - set(LOOKS))
    entries = [*map(style, ordered), *BOUNDS.values()]
    return [Line2D([], [], label=label, **{"lw": 1.2} | look) for label, look in entries]


def caption(minmax: pd.DataFrame, challenges: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the tables."""
    start = (
        f"Uniform error against sample size m, mean over seeds. Above: the largest over {family} "
        "teachers, of networks and of algorithms that are none (found on uniform points, so a "
        "lower end). Refinement and the adaptive Gaussian process choose each point by what they "
        "have seen; Hermite interpolation also sees slopes (Remark A.6)."
    )
    compared = [said for _, rows in minmax.groupby("dim") if (said := against(rows))]
    if challenges.empty:
        return " ".join([start, *compared, "Spikes need teachers of depth 3 and width 2 or more."])
    larger = challenges[["error_plus", "error_minus"]].max(axis=1)
    met = (larger >= challenges["bound"]).sum()
    return " ".join(
        [
            start,
            *compared,
            "Below: each algorithm on teacher 0 with a spike, as high as the class allows, where "
            f"none of its points sees it; it answers as on teacher 0 in "
            f"{'all ' if len(challenges) > 1 else ''}{several(len(challenges), 'case')}. The error "
            f"on the worse sign is no less than the bound S1.11 in {met}, at its closest "
            f"{(larger / challenges['bound']).min():.4g} times the bound.",
        ]
    )


def against(errors: pd.DataFrame) -> str:
    """Return how adaptive algorithms of a dimension compare with random points at the largest m."""
    last = errors[errors["samples"] == errors["samples"].max()].set_index("algorithm_set")["error"]
    said = [
        f"{style(mine)[0]} errs by {last[mine]:.2g}, {style(other)[0]} at random points by "
        f"{last[other]:.2g}"
        for mine, other in COUNTERPARTS.items()
        if {mine, other} <= set(last.index)
    ]
    if not said:
        return ""
    return (
        f"For d = {errors['dim'].iloc[0]} and m = {errors['samples'].max()} {', and '.join(said)}."
    )


if __name__ == "__main__":
    run(main)
