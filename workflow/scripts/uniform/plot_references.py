"""Draw the errors of trained networks beside those of reference algorithms."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from supnorm.drawing.style import NORM_COLOURS, WIDTH, dimension_title, sample_size_axis, use_style
from supnorm.job.programs import InputError, run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.references.own import ASKING
from supnorm.uniform.tables.ranking import MINMAX
from supnorm.uniform.wording import two_digits

NORMS = {"2": "$L^2$", "inf": r"$L^\infty$"}
NETWORK = "network"
# Room for a line of labels, as a fraction of a panel's height.
LINE = 0.078
LEADER = {
    "arrowstyle": "-",
    "linewidth": 0.4,
    "color": "0.6",
    "relpos": (0, 0.5),
    "shrinkA": 0,
    "shrinkB": 3,
}


@dataclass(frozen=True)
class Reference:
    """A reference algorithm in a figure: its label, and how its line looks."""

    label: str
    look: dict = field(default_factory=lambda: {"color": "0.45", "marker": "x", "dashes": (3, 3)})


REFERENCES = {
    "grid": Reference("grid", {"color": "0.62", "marker": "s", "dashes": (1, 0)}),
    "nearest": Reference("nearest", {"color": "0.62", "marker": "v", "dashes": (1, 1.2)}),
    "linear": Reference("linear", {"color": "0.45", "marker": "^", "dashes": (5, 1.6)}),
    "cubic": Reference("cubic", {"color": "0.1", "marker": "D", "dashes": (1, 0)}),
    "rbf": Reference("thin plate", {"color": "0.1", "marker": "P", "dashes": (1, 1.2)}),
    "gaussian_process": Reference(
        "Gaussian process", {"color": "0.3", "marker": "*", "dashes": (5, 1.6)}
    ),
}


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, {"minmax": "errors of the best algorithms"}, argv)
    minmax = drawing.read("minmax", MINMAX)
    minmax = minmax[(minmax["statistic"] == "minmax") & minmax["norm"].isin(NORMS)]
    # Those that ask for more than students see are in the figure `algorithms`.
    minmax = minmax[~minmax["algorithm_set"].isin(ASKING)]
    names = set(minmax["algorithm_set"])
    if not names > {NETWORK}:
        raise InputError(
            f"{drawing.tables['minmax']}: found the algorithm sets {sorted(names)}, expected "
            f"{NETWORK} and a reference algorithm"
        )
    minmax = minmax.sort_values("samples")
    use_style()
    drawing.save(draw(minmax), caption(minmax, drawing.family))


def reference(name: str) -> Reference:
    """Return the look of a reference algorithm; an unknown one is labelled by its name."""
    return REFERENCES.get(name, Reference(name.replace("_", " ")))


def draw(minmax: pd.DataFrame) -> Figure:
    """Return the figure: a column a dimension, a row a norm."""
    dims = sorted(minmax["dim"].unique())
    shared = {"sharex": True, "sharey": "col", "squeeze": False}
    size = (WIDTH, 2.0 * len(NORMS))
    figure, axes = plt.subplots(len(NORMS), len(dims), figsize=size, **shared)
    for row, norm in zip(axes, NORMS, strict=True):
        for ax, dim in zip(row, dims, strict=True):
            draw_panel(ax, norm, minmax[(minmax["dim"] == dim) & (minmax["norm"] == norm)])
        row[0].set_ylabel(f"error in {NORMS[norm]}")
    for ax, dim in zip(axes[0], dims, strict=True):
        ax.set_title(dimension_title(dim))
    for ax in axes[-1]:
        sample_size_axis(ax, minmax["samples"])
    # Only now are the ranges of the axes known.
    for row, norm in zip(axes, NORMS, strict=True):
        for ax, dim in zip(row, dims, strict=True):
            label_panel(ax, norm, minmax[(minmax["dim"] == dim) & (minmax["norm"] == norm)])
    return figure


def draw_panel(ax: Axes, norm: str, errors: pd.DataFrame) -> None:
    """Draw a line an algorithm, the networks' in the norm's colour and above the others."""
    ax.set(xscale="log", yscale="log")
    for name, curve in errors.groupby("algorithm_set"):
        if name == NETWORK:
            look = {"color": NORM_COLOURS[norm], "marker": "o", "ms": 4.5, "lw": 2, "zorder": 4}
        else:
            look = {**reference(name).look, "ms": 3, "lw": 0.9}
        ax.plot(curve["samples"], curve["error"], **look)


def label_panel(ax: Axes, norm: str, errors: pd.DataFrame) -> None:
    """Name each line at its right end, the names moved apart as little as their height asks."""
    ends = errors[np.isfinite(errors["error"])].groupby("algorithm_set").last()
    ends = ends.sort_values("error")
    to_panel = ax.transData + ax.transAxes.inverted()
    heights = to_panel.transform(ends[["samples", "error"]].to_numpy())[:, 1]
    steps = LINE * np.arange(len(ends))
    places = isotonic_regression(heights - steps).x + steps
    for (name, end), place in zip(ends.iterrows(), places, strict=True):
        known = name == NETWORK
        ax.annotate(
            "trained networks" if known else reference(name).label,
            (end["samples"], end["error"]),
            (1.07, place),
            textcoords="axes fraction",
            va="center",
            fontsize=7,
            color=NORM_COLOURS[norm] if known else "0.15",
            arrowprops=LEADER,
        )


def caption(minmax: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the table."""
    return " ".join(
        [
            f"Trained networks and reference algorithms on {family} teachers: the largest error "
            "over teachers, of the mean over seeds, in L^2 (above) and L^inf (below) against "
            "sample size m. Networks have the architecture, batch rule and evaluation that make "
            "it least. The errors of references are found on uniform points, so that their "
            "uniform errors are lower ends.",
            *(standing(problems) for _, problems in minmax.groupby("dim")),
        ]
    )


def standing(errors: pd.DataFrame) -> str:
    """Return how a dimension's networks compare with references at the largest sample size."""
    referred = errors.loc[errors["algorithm_set"] != NETWORK, "samples"]
    if referred.empty:
        return f"For d = {errors['dim'].iloc[0]} there is no reference."
    last = errors[errors["samples"] == referred.max()]
    compared = [against(name, last[last["norm"] == name]) for name in NORMS]
    problem = f"d = {errors['dim'].iloc[0]} and m = {referred.max()}"
    return f"For {problem} the networks' error is {', and '.join(compared)}."


def against(norm: str, errors: pd.DataFrame) -> str:
    """Return how the networks compare with the references at one sample size."""
    others = errors.set_index("algorithm_set")["error"]
    network, best = others.pop(NETWORK), others.idxmin()
    ratio = float(f"{network / others[best]:.2g}")
    return (
        f"{two_digits(network)} in L^{norm}, {two_digits(ratio)} times that of the best reference "
        f"({reference(best).label})"
    )


if __name__ == "__main__":
    run(main)
