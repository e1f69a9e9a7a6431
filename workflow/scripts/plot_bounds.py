"""Draw the uniform error of the best algorithm among all bounds on the worst case."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supnorm.figures import parse_drawing
from supnorm.programs import run
from supnorm.style import NORM_COLOURS, WIDTH, dimension_title, sample_size_axis, use_style
from supnorm.tables.bounds import BOUNDS
from supnorm.tables.ranking import MINMAX
from supnorm.tables.schema import read_table

LINES = {
    "upper": ("Theorem 2.4 (upper, any samples)", {"color": "0.15", "dashes": (5, 1.6)}),
    "upper_centres": ("samples at cell centres (upper)", {"color": "0.15", "dashes": (1, 0)}),
    "lower_sharp": ("deterministic algorithms (lower)", {"color": "0.45", "dashes": (1, 0)}),
    "lower": ("Theorem 2.2 (lower, any algorithm)", {"color": "0.45", "dashes": (5, 1.6)}),
}


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    tables = {"minmax": "errors of the best algorithms", "bounds": "theoretical bounds"}
    drawing = parse_drawing(__doc__, tables, argv)
    minmax = read_table(drawing.tables["minmax"], MINMAX.columns)
    minmax = minmax[(minmax["statistic"] == "minmax") & (minmax["norm"] == "inf")]
    minmax = minmax[minmax["family"] == "random"].sort_values("samples")
    bounds = read_table(drawing.tables["bounds"], BOUNDS.columns)
    bounds = bounds[bounds["best"] & (bounds["norm"] == "inf")].sort_values("samples")
    use_style()
    drawing.save(draw(minmax, bounds), caption(minmax, bounds))


def draw(minmax: pd.DataFrame, bounds: pd.DataFrame) -> Figure:
    """Return the figure: a panel a dimension."""
    dims = sorted(minmax["dim"].unique())
    figure, axes = plt.subplots(
        1, len(dims), figsize=(WIDTH, 3.7), sharex=True, sharey=True, squeeze=False
    )
    for dim, ax in zip(dims, axes[0], strict=True):
        draw_panel(ax, minmax[minmax["dim"] == dim], bounds[bounds["dim"] == dim])
        sample_size_axis(ax, minmax["samples"])
        ax.set(yscale="log", title=dimension_title(dim))
    axes[0, 0].set_ylabel(r"error in $L^\infty$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, handlelength=2.4)
    return figure


def draw_panel(ax: Axes, minmax: pd.DataFrame, bounds: pd.DataFrame) -> None:
    """Draw the bounds, the region between the tightest two, and the measured error."""
    curves = {name: bounds[bounds["bound"] == name] for name in LINES}
    low, high = curves["lower_sharp"], curves["upper_centres"]
    if len(low) == len(high):
        label = "best possible worst case, deterministic"
        between = (low["samples"], low["value"], high["value"])
        ax.fill_between(*between, color="0.88", lw=0, label=label)
    for name, (label, look) in LINES.items():
        ax.plot(curves[name]["samples"], curves[name]["value"], linewidth=1.0, label=label, **look)
    colour = NORM_COLOURS["inf"]
    label = "measured on random teachers"
    ax.plot(minmax["samples"], minmax["error"], color=colour, marker="o", label=label)


def caption(minmax: pd.DataFrame, bounds: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the tables."""
    parts = []
    for dim, errors in minmax.groupby("dim"):
        m = errors["samples"].max()
        at = bounds[(bounds["dim"] == dim) & (bounds["samples"] == m)].set_index("bound")["value"]
        lower = f"at least {at['lower_sharp']:.3g} and " if "lower_sharp" in at else ""
        parts.append(
            f"For d = {dim} and m = {m} the worst case of the best deterministic algorithm is "
            f"{lower}at most {at['upper_centres']:.3g}, while the best trained network is off by "
            f"{errors['error'].iloc[-1]:.2g} on the hardest of the random teachers."
        )
    return " ".join(
        [
            "Uniform error against sample size m, among the bounds on the worst case over the "
            "class of the teachers: Theorem 2.4 (S1.16), sampling at cell centres (S1.15), the "
            "sharp form for deterministic algorithms (S1.11), and Theorem 2.2 for all algorithms, "
            "randomised ones included (S1.9).",
            *parts,
            "The bounds speak of the worst function of the class, the measurements of random "
            "ones (S1.19).",
        ]
    )


if __name__ == "__main__":
    run(main)
