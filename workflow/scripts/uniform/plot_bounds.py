"""Draw the uniform error of the best algorithm among all bounds on the worst case."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supnorm.drawing.figures import panels
from supnorm.drawing.style import (
    NORM_COLOURS,
    bound_marker,
    dimension_title,
    sample_size_axis,
    use_style,
)
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.bounds import BOUNDS
from supnorm.uniform.tables.ranking import MINMAX
from supnorm.uniform.wording import two_digits

LINES = {
    "upper": ("Theorem 2.4 (upper)", {"color": "0.15", "dashes": (5, 1.6)}),
    "upper_centres": ("samples at cell centres (upper)", {"color": "0.15", "dashes": (1, 0)}),
    "lower_sharp": ("deterministic algorithms (lower)", {"color": "0.45", "dashes": (1, 0)}),
    "lower_sharp_randomised": ("any algorithm (lower)", {"color": "0.45", "dashes": (1, 1.2)}),
    "lower": ("Theorem 2.2, any algorithm (lower)", {"color": "0.45", "dashes": (5, 1.6)}),
}
SOURCES = {
    "upper": "Theorem 2.4, for a sample in each cell (S1.16)",
    "upper_centres": "sampling at cell centres (S1.15)",
    "lower_sharp": "the sharp form for deterministic algorithms (S1.11)",
    "lower_sharp_randomised": "the sharp form for all algorithms, randomised ones included (S1.11)",
    "lower": "Theorem 2.2 for the same (S1.9)",
}


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {"minmax": "errors of the best algorithms", "bounds": "theoretical bounds"}
    drawing = parse_drawing(__doc__, __file__, tables, argv)
    minmax, bounds = drawing.read("minmax", MINMAX), drawing.read("bounds", BOUNDS)
    uniform = (minmax["algorithm_set"] == "network") & (minmax["norm"] == "inf")
    minmax = minmax[uniform & (minmax["statistic"] == "minmax")]
    minmax = minmax.sort_values("samples")
    bounds = bounds[bounds["best"] & (bounds["norm"] == "inf")].sort_values("samples")
    use_style()
    figure = draw(minmax, bounds, drawing.family)
    drawing.save(figure, caption(minmax, bounds, drawing.family))


def draw(minmax: pd.DataFrame, bounds: pd.DataFrame, family: str) -> Figure:
    """Return the figure: a panel a dimension."""
    dims = sorted(minmax["dim"].unique())
    figure, axes = panels(len(dims), height=2.8, legend=1.05)
    for dim, ax in zip(dims, axes, strict=True):
        draw_panel(ax, minmax[minmax["dim"] == dim], bounds[bounds["dim"] == dim], family)
        sample_size_axis(ax, minmax["samples"])
        ax.set(yscale="log", title=dimension_title(dim))
    axes[0].set_ylabel(r"error in $L^\infty$")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, handlelength=2.4)
    return figure


def draw_panel(ax: Axes, minmax: pd.DataFrame, bounds: pd.DataFrame, family: str) -> None:
    """Draw the existing bounds, the region between the tightest two, and the measured error."""
    curves = {name: curve for name, curve in bounds.groupby("bound") if name in LINES}
    if "lower_sharp" in curves:
        low, high = curves["lower_sharp"], curves["upper_centres"]
        label = "best possible worst case, deterministic"
        between = (low["samples"], low["value"], high["value"])
        ax.fill_between(*between, color="0.88", lw=0, label=label)
    for name in filter(curves.__contains__, LINES):
        label, look = LINES[name]
        sizes, values = curves[name]["samples"], curves[name]["value"]
        marks = {"marker": bound_marker(sizes), "markersize": 9}
        ax.plot(sizes, values, linewidth=1.0, label=label, **marks, **look)
    colour = NORM_COLOURS["inf"]
    label = f"measured on {family} teachers"
    ax.plot(minmax["samples"], minmax["error"], color=colour, marker="o", label=label)


def caption(minmax: pd.DataFrame, bounds: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the tables."""
    present = [source for name, source in SOURCES.items() if (bounds["bound"] == name).any()]
    return " ".join(
        [
            "Uniform error against sample size m, among the bounds on the worst case over the "
            f"class of the teachers: {', '.join(present)}.",
            *(
                at_largest(errors, bounds[bounds["dim"] == dim])
                for dim, errors in minmax.groupby("dim")
            ),
            "The bounds speak of the worst function of the class, the measurements of the "
            f"{family} teachers (S1.19).",
        ]
    )


def at_largest(errors: pd.DataFrame, bounds: pd.DataFrame) -> str:
    """Return how error and bounds compare at the largest sample size of a dimension."""
    last = errors.iloc[-1]
    at = bounds[bounds["samples"] == last["samples"]].set_index("bound")["value"]
    lower = f"at least {at['lower_sharp']:.3g} and " if "lower_sharp" in at else ""
    return (
        f"For d = {last['dim']} and m = {last['samples']} the worst case of the best deterministic "
        f"algorithm is {lower}at most {at['upper_centres']:.3g}, the error of the best trained "
        f"network {two_digits(last['error'])}."
    )


if __name__ == "__main__":
    run(main)
