"""Draw what many directions gain for waves, and how many random ones are enough for parity."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from supnorm.drawing.captions import several
from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import WIDTH, dimension_colours, use_style
from supnorm.job.programs import run
from supnorm.parity.tables.waves import WAVES
from supnorm.parity.tables.width import WIDTH as AVERAGES

TABLES = {"waves": "least norms of waves", "width": "averages over random directions"}
LINES = {"cos": "-", "sin": "--"}
MARKERS = {"cos": "o", "sin": "s"}


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, TABLES, argv)
    waves, width = drawing.read("waves", WAVES), drawing.read("width", AVERAGES)
    use_style()
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 2.7))
    draw_waves(left, waves)
    draw_averages(right, width)
    drawing.save(figure, caption(waves, width))


def draw_waves(ax: Axes, waves: pd.DataFrame) -> None:
    """Draw the ratio of norms against the frequency."""
    for dim, colour in dimension_colours(waves["dim"].unique()).items():
        for phase, line in LINES.items():
            rows = waves[(waves["dim"] == dim) & (waves["phase"] == phase)].sort_values("frequency")
            filled = colour if phase == "cos" else "white"
            look = {"color": colour, "ls": line, "marker": MARKERS[phase], "mfc": filled, "lw": 1.1}
            ax.plot(rows["frequency"], rows["ratio"], label=rf"$\{phase}$, $d={dim}$", **look)
    ax.set(xlabel=r"frequency / $(\pi/2)$", ylabel="least norm / that of one direction")
    ax.set_ylim(0, 1.08)
    ax.legend(loc="lower left")


def draw_averages(ax: Axes, width: pd.DataFrame) -> None:
    """Draw uniform errors against the number of directions, and where they are guaranteed."""
    for dim, colour in dimension_colours(width["dim"].unique()).items():
        rows = width[width["dim"] == dim]
        at = rows.groupby("directions")["error_inf"].agg(["median", "min", "max"])
        ax.fill_between(at.index, at["min"], at["max"], color=colour, alpha=0.15, lw=0)
        ax.plot(at.index, at["median"], color=colour, label=f"$d={dim}$")
        ends = rows[["guaranteed", "epsilon"]].drop_duplicates()
        ax.plot(ends["guaranteed"], ends["epsilon"], "*", color=colour, ms=8, mec="white", mew=0.5)
    ax.set(xscale="log", yscale="log", xlabel="random directions $k$", ylabel="uniform error")
    ax.set_yticks([0.1, 0.2, 0.5, 1, 2], ["0.1", "0.2", "0.5", "1", "2"])
    ax.tick_params(axis="y", which="minor", left=False)
    ax.legend(loc="lower left")


def caption(waves: pd.DataFrame, width: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the tables."""
    least = waves.groupby(["dim", "phase"])["ratio"].min()
    gains = ", ".join(f"{ratio:.3f} ({phase}, d = {dim})" for (dim, phase), ratio in least.items())
    ends = width[width["directions"] == width["guaranteed"]]
    close = (ends["error_inf"] <= ends["epsilon"]).mean()
    return (
        "Left: cosines and sines of the sum of coordinates, interpolated at all points of the "
        "cube: the least norm over directions of signs and zeros, by linear programmes, over the "
        "least norm of a function of the sum alone. At the right end parity is the cosine for "
        f"even d and the sine for odd d. The least ratios, of parity too, are {gains}. Right: "
        "uniform error of averages of bumps over k random sign vectors, median and range of "
        f"{several(width['trial'].max(), 'draw')}; stars: with so many directions, half of all "
        f"draws have at most this error (S2.8). Of the draws of that size, "
        f"{100 * close:.0f} % have."
    )


if __name__ == "__main__":
    run(main)
