"""Draw the norm that parity needs, what trained networks have, and where their neurons lie."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.captions import span
from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import SHADES, WIDTH, bound_marker, use_style
from supnorm.job.programs import run
from supnorm.parity.claims import over_minimum
from supnorm.parity.drawing import DECAYED, PLAIN
from supnorm.parity.tables.norms import NORMS
from supnorm.parity.tables.training import NEURONS, TRAINING

TABLES = {
    "norms": "norms in closed form, and of linear programmes",
    "training": "trained networks",
    "neurons": "their neurons",
}
# Of the curves: label, and look.
CURVES = {
    "ridge": ("one direction", {"color": SHADES[0], "lw": 1.1}),
    "best_average": ("bumps, averaged", {"color": SHADES[1], "lw": 1.1}),
    "minimum": ("least norm $V(d)$", {"color": "0.1", "lw": 2.0}),
}
# The area of a neuron that has the whole norm, in square points.
WHOLE = 1500
# How many of the largest dimensions have their neurons drawn, and by which markers.
MARKERS = ("o", "^")


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, TABLES, argv)
    norms, training, neurons = (
        drawing.read(name, schema)
        for name, schema in (("norms", NORMS), ("training", TRAINING), ("neurons", NEURONS))
    )
    use_style()
    drawing.save(draw(norms, training, neurons), caption(training))


def draw(norms: pd.DataFrame, training: pd.DataFrame, neurons: pd.DataFrame) -> Figure:
    """Return the figure: norms against the dimension, and neurons before and after training."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.1), width_ratios=(1.15, 1))
    draw_norms(left, norms[norms["dim"] <= last_of_curve(norms)], training)
    draw_neurons(right, neurons[neurons["decay"] == neurons["decay"].max()], neurons)
    return figure


def last_of_curve(norms: pd.DataFrame) -> int:
    """Return the largest dimension of the curves."""
    return norms.loc[norms["kind"] == "best_average", "dim"].max()


def draw_norms(ax: Axes, norms: pd.DataFrame, training: pd.DataFrame) -> None:
    """Draw norms over the dimension; what was found beside what is known."""
    fitted = norms[norms["epsilon"] == 0]
    for kind, (label, look) in CURVES.items():
        rows = fitted[fitted["kind"] == kind].sort_values("dim")
        ratios, marker = rows["norm"] / rows["dim"], bound_marker(rows["dim"])
        ax.plot(rows["dim"], ratios, marker=marker, label=label, **look)
    ax.axhline(np.sqrt(2 * np.pi), color="0.1", lw=0.8, ls=":", label=r"its limit $\sqrt{2\pi}$")
    bound = norms[norms["kind"] == "bound_approximation"]
    # At an error of 1/2 it is half of what it is for none.
    values = bound["norm"] / (1 - bound["epsilon"]) / bound["dim"]
    look = {"color": "0.5", "lw": 1.1, "ls": "--", "marker": bound_marker(bound["dim"])}
    ax.plot(bound["dim"], values, label="lower bound of the paper", **look)
    solved = fitted[fitted["kind"] == "lp"]
    ax.plot(
        solved["dim"],
        solved["norm"] / solved["dim"],
        "x",
        color="0.1",
        ms=6,
        mew=1.1,
        label="linear programme",
    )
    for look, rows in (
        (DECAYED, training[training["decay"] > 0]),
        (PLAIN, training[training["decay"] == 0]),
    ):
        # Beside one another, so that all seeds are seen.
        aside = rows["seed"].rank(method="dense") - rows["seed"].nunique() / 2 - 0.5
        at = rows["dim"] * (1 + 0.022 * aside)
        ax.plot(at, over_minimum(rows) * rows["minimum"] / rows["dim"], ls="", **look)
    ax.set(xscale="log", yscale="log", xlabel="dimension $d$", ylabel="norm / $d$")
    ticks = [d for d in (2, 3, 4, 6, 8, 12, 16, 24, 32) if d <= norms["dim"].max()]
    ax.set_xticks(ticks, map(str, ticks))
    ax.set_yticks([0.1, 0.2, 0.5, 1, 2, 5, 10], ["0.1", "0.2", "0.5", "1", "2", "5", "10"])
    ax.minorticks_off()
    ax.set_ylim(top=1.25 * ax.get_ylim()[1], bottom=0.025)
    ax.legend(loc="lower center", ncols=2, fontsize=6.2, columnspacing=0.9, handlelength=1.6)


def draw_neurons(ax: Axes, neurons: pd.DataFrame, every: pd.DataFrame) -> None:
    """Draw the neurons of the largest dimensions: grey as they start, in colour as they end."""
    dims = sorted(neurons["dim"].unique())[-len(MARKERS) :]
    starts = every[every["time"] == "start"]
    for dim, marker, colour in zip(dims[::-1], MARKERS, (SHADES[2], SHADES[0]), strict=False):
        for rows, look in (
            (starts[starts["dim"] == dim], {"color": "0.6", "alpha": 0.35, "zorder": 1}),
            (
                neurons[(neurons["dim"] == dim) & (neurons["time"] == "end")],
                {"color": colour, "alpha": 0.45, "zorder": 2},
            ),
        ):
            areas = WHOLE * rows["share"]
            ax.scatter(rows["cosine"], rows["bias"], areas, marker=marker, lw=0, **look)
    ax.set(xlabel="cosine with the nearest sign vector", ylabel="bias / length of weights")
    ax.set_ylim(-0.04, 0.85)
    handles = [
        Line2D([], [], ls="", marker=marker, color=colour, ms=5, label=f"$d={dim}$")
        for dim, marker, colour in zip(dims[::-1], MARKERS, (SHADES[2], SHADES[0]), strict=False)
    ]
    handles.append(Line2D([], [], ls="", marker="o", color="0.6", ms=5, label="at the start"))
    ax.legend(handles=handles, loc="upper left")


def caption(training: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the tables."""
    decayed, plain = (training[training["decay"] > 0], training[training["decay"] == 0])
    excess, without = (over_minimum(rows) for rows in (decayed, plain))
    dims = sorted(decayed["dim"].unique())
    nothing = np.isinf([*excess, *without]).any()
    unfitted = ", infinite where nothing is fitted" if nothing else ""
    return (
        "Left: the R-norm that networks of one hidden layer need to interpolate parity at all "
        "points of {-1, 1}^d, over d: functions of one direction (S2.3), averages of bumps over "
        "all sign vectors at their best order (S2.4), and the least of all, V(d) (S2.6); "
        f"the lower bound of the paper is d/8. Networks trained on all points for d = "
        f"{span(f'{dims[0]}', f'{dims[-1]}')}, a mark a seed, their norm divided by their fit: "
        f"with weight decay at most {written(excess.max(), 6)} times V(d); without weight decay "
        f"{span(written(without.min(), 2), written(without.max(), 2))} times V(d)"
        f"{unfitted}. Right: neurons of the trained networks with weight "
        "decay, of all seeds, by area as their share of the norm: from a cloud (grey) to the sign "
        "vectors, with bias 0 for even d and 1/sqrt(d) for odd d, as every optimum has them."
    )


def written(ratio: float, decimals: int) -> str:
    """Return a number with so many decimals, or the sign for infinity."""
    return "\N{INFINITY}" if np.isinf(ratio) else f"{ratio:.{decimals}f}"


if __name__ == "__main__":
    run(main)
