"""Draw what is learned of parity from samples: norm, error on average, and uniform error."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from supnorm.drawing.captions import several, span
from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import WIDTH, bound_marker, dimension_colours, use_style
from supnorm.job.programs import run
from supnorm.parity.drawing import ratio_axis
from supnorm.parity.tables.samples import SAMPLES

KERNEL = "0.62"


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, {"samples": "what was learned from samples"}, argv)
    samples = drawing.read("samples", SAMPLES)
    samples = samples.assign(
        ratio=samples["samples"] / samples["dim"] ** 2, size=samples["norm"] / samples["minimum"]
    )
    use_style()
    drawing.save(draw(samples), caption(samples))


def draw(samples: pd.DataFrame) -> Figure:
    """Return the figure: three panels over the number of samples."""
    colours = dimension_colours(samples["dim"].unique())
    figure, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.75))
    columns = ("size", "error_2", "error_inf")
    for ax, column in zip(axes, columns, strict=True):
        for dim, colour in colours.items():
            draw_dimension(ax, samples[samples["dim"] == dim], column, colour)
        ratio_axis(ax, samples.loc[samples["method"] == "minimum", "ratio"])
    size, average, uniform = axes
    size.set(title="norm / $V(d)$", ylim=(0, 1.05))
    average.set(title="$L^2$ error", ylim=(0, None))
    uniform.set(title="uniform error", yscale="log")
    uniform.axhline(1, color="0.1", lw=0.8, ls=":")
    uniform.set_yticks([0.1, 0.2, 0.5, 1, 2, 5], ["0.1", "0.2", "0.5", "1", "2", "5"])
    uniform.minorticks_off()
    # Room for the ticks of elimination.
    uniform.set_ylim(bottom=min(0.55, 0.7 * samples["error_inf"][samples["norm"].notna()].min()))
    draw_elimination(uniform, samples, colours)
    figure.legend(handles=legend(colours, samples), loc="outside lower center", ncols=4)
    return figure


def draw_dimension(ax: Axes, samples: pd.DataFrame, column: str, colour: str) -> None:
    """Draw a column of all methods in one dimension, means over seeds with their range."""
    for method, look in (
        ("kernel", {"color": KERNEL, "lw": 0.9, "zorder": 1}),
        ("trained", {"color": colour, "lw": 0, "marker": "D", "ms": 3.2, "mfc": "white"}),
        ("minimum", {"color": colour, "marker": "o", "zorder": 3}),
    ):
        rows = samples[samples["method"] == method].dropna(subset=column)
        if rows.empty:
            continue
        at = rows.groupby("ratio")[column].agg(["mean", "min", "max"])
        if method == "minimum":
            ax.fill_between(at.index, at["min"], at["max"], color=colour, alpha=0.18, lw=0)
        ax.plot(at.index, at["mean"], **{"marker": bound_marker(at.index)} | look)
        if column == "error_2" and method != "trained":
            floors = rows.groupby("ratio")["floor"].mean()
            dashed = {"lw": 0.9, "ls": "--", "marker": bound_marker(floors.index), "zorder": 2}
            ax.plot(floors.index, floors, color=look["color"], **dashed)


def draw_elimination(ax: Axes, samples: pd.DataFrame, colours: dict[int, str]) -> None:
    """Draw a tick where elimination found the parity from every seed's samples."""
    found = samples[samples["method"] == "elimination"].groupby(["dim", "ratio"])["recovered"].all()
    left, row = ax.get_xlim()[0], ax.get_xaxis_transform()
    for number, (dim, colour) in enumerate(colours.items()):
        at = found[dim][found[dim]].index
        at = at[at >= left]
        look = {"color": colour, "lw": 0, "marker": "|", "ms": 4.5, "mew": 1.2}
        ax.plot(at, np.full(len(at), 0.03 + 0.045 * number), transform=row, **look)


def legend(colours: dict[int, str], samples: pd.DataFrame) -> list[Line2D]:
    """Return what the legend shows."""
    handles = [Line2D([], [], color=c, marker="o", label=f"$d={d}$") for d, c in colours.items()]
    if (samples["method"] == "trained").any():
        look = {"color": "0.3", "lw": 0, "marker": "D", "ms": 3.2, "mfc": "white"}
        handles.append(Line2D([], [], **look, label="trained network"))
    handles += [
        Line2D([], [], color=KERNEL, lw=0.9, label="kernel"),
        Line2D([], [], color="0.3", lw=0.9, ls="--", label="floor"),
        Line2D([], [], color="0.3", lw=0, marker="|", ms=7, label="elimination exact"),
    ]
    return handles


def caption(samples: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the table."""
    largest = samples["dim"].max()
    least = samples[(samples["dim"] == largest) & (samples["method"] == "minimum")]
    means = least.groupby("samples")[["size", "error_2", "error_inf"]].mean()
    counts, ends = means.index, means.iloc[[0, -1]]
    size, average, uniform = (span(*map("{:.2g}".format, ends[name])) for name in ends)
    kernel = samples[(samples["dim"] == largest) & (samples["method"] == "kernel")]
    trained = (
        " Diamonds: trained networks with weight decay."
        if (samples["method"] == "trained").any()
        else ""
    )
    return (
        "Parity learned from n random points of {-1, 1}^d by the network of least norm over sign "
        "directions that interpolates them; lines are means over "
        f"{several(samples['seed'].nunique(), 'seed')}, bands their range, and errors are over "
        "all 2^d points." + trained + " Dashed: what the L^2 error cannot be "
        "below, 1 - norm/V(d) for networks (S2.6), and for any rule that is linear in the labels "
        "sqrt(1 - n/2^d) on average over parities (S2.11), beside the neural tangent kernel in "
        "grey. Below an error of 1, dotted, all signs are right. Ticks: elimination found the "
        "parity from the samples of every seed. For "
        f"d = {largest} and n = {span(f'{counts[0]}', f'{counts[-1]}')} the norm is {size} times "
        f"V(d), the L^2 error {average}, the uniform error {uniform}; the kernel's L^2 "
        f"error is nowhere below {kernel.groupby('samples')['error_2'].mean().min():.2g}."
    )


if __name__ == "__main__":
    run(main)
