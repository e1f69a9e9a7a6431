"""Draw how many pieces networks have, and what the square takes."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supnorm.depth.drawing import DEEP, MIDDLE, SHALLOW, layers
from supnorm.depth.tables.known import SQUARE
from supnorm.depth.tables.pieces import PIECES
from supnorm.depth.tables.sawtooth import SAWTOOTH
from supnorm.drawing.captions import several
from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import WIDTH, use_style
from supnorm.job.programs import run

TABLES = {
    "pieces": "pieces of networks",
    "square": "networks for the square",
    "sawtooth": "networks for the triangle map",
}
KINDS = {
    "he": ("He, small biases", "o", SHALLOW),
    "he_zero_bias": ("He, biases 0", "s", "#8B2C7E"),
    "pytorch": ("PyTorch's default", "^", MIDDLE),
    "teacher": ("as teachers", "v", "0.45"),
    "teachers": ("the teachers", "D", "0.1"),
    "students": ("their students", "P", DEEP),
    "triangles": ("students of triangles", "X", "#5DA5DA"),
}
FLOORS = {1: SHALLOW, 2: MIDDLE, 4: DEEP}


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, TABLES, argv)
    pieces, square = drawing.read("pieces", PIECES), drawing.read("square", SQUARE)
    sawtooth = drawing.read("sawtooth", SAWTOOTH)
    use_style()
    drawing.save(draw(pieces, square, sawtooth), caption(pieces, square))


def draw(pieces: pd.DataFrame, square: pd.DataFrame, sawtooth: pd.DataFrame) -> Figure:
    """Return the figure: pieces against neurons, and the error on the square against neurons."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.5))
    draw_pieces(left, pieces, sawtooth[sawtooth["kind"] == "constructed"])
    draw_square(right, square)
    figure.legend(handles=left.get_legend_handles_labels()[0], loc="outside lower center", ncols=4)
    return figure


def draw_pieces(ax: Axes, pieces: pd.DataFrame, built: pd.DataFrame) -> None:
    """Draw the pieces of networks, their bound, and those of the triangle map."""
    for kind, (label, marker, colour) in KINDS.items():
        rows = pieces[pieces["kind"] == kind]
        if len(rows):
            ends = np.array([rows["mean"] - rows["low"], rows["high"] - rows["mean"]]).clip(0)
            look = {"color": colour, "marker": marker, "ms": 4, "lw": 0, "elinewidth": 0.8}
            ax.errorbar(rows["neurons"], rows["mean"], ends, label=label, **look)
    bound = pieces[pieces["kind"] == "he"].sort_values("neurons")
    ax.plot(bound["neurons"], 10 ** bound["bound_log10"], color="0.1", label="the most (S4.7)")
    deep = built[built["width"] == 2].sort_values("neurons")
    ax.plot(
        deep["neurons"], deep["pieces"], "*", color="0.1", ms=8, mec="white", mew=0.5, label="$T^k$"
    )
    line = np.array([1, pieces["neurons"].max()])
    ax.plot(line, line, color="0.1", lw=0.8, ls=":")
    ax.set(xscale="log", yscale="log", xlabel="neurons", ylabel="affine pieces on $Q$")
    # The most rises off the page.
    ax.set_ylim(0.8, 30 * pieces["largest"].max())


def draw_square(ax: Axes, square: pd.DataFrame) -> None:
    """Draw the uniform error on the square against neurons."""
    for hidden, colour in FLOORS.items():
        rows = square[(square["method"] == "lower") & (square["hidden_layers"] == hidden)]
        rows = rows.sort_values("neurons")
        label = f"least, {several(hidden, 'hidden layer')}"
        ax.plot(rows["neurons"], rows["error"], color=colour, ls="--", lw=1.0, label=label)
    for method, label, look in (
        ("best_shallow", "best of one hidden layer", {"color": SHALLOW, "marker": "o", "ms": 3}),
        ("deep", "Yarotsky, $m$ layers of 3", {"color": "0.1", "marker": "*", "ms": 6}),
    ):
        rows = square[square["method"] == method].sort_values("neurons")
        ax.plot(rows["neurons"], rows["error"], label=label, **look)
    ax.set(xscale="log", yscale="log", xlabel="neurons", ylabel="uniform error on $x^2$")
    ax.set_ylim(1e-9, 1)
    ax.legend(loc="upper right", fontsize=6.2)


def caption(pieces: pd.DataFrame, square: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the tables."""
    ratio = (pieces["mean"] / pieces["neurons"]).max()
    deepest = pieces[pieces["kind"] == "he"].sort_values("neurons").iloc[-1]
    deep = square[square["method"] == "deep"].sort_values("neurons").iloc[-1]
    floors = square[(square["method"] == "lower") & (square["hidden_layers"] == 1)]
    beaten = floors[floors["error"] > deep["error"]].sort_values("neurons").iloc[-1]
    return (
        "Left: affine pieces of networks of one input, exactly counted, mean and central eight "
        "tenths, against neurons; dotted, as many pieces as neurons. Random networks by how they "
        "are initialised, the teachers and students of the study uniform for d = 1, and the "
        f"students of the triangle map have at most {ratio:.2g} pieces for each neuron on average; "
        f"with {several(int(deepest['neurons']), 'neuron')} in {layers(int(deepest['depth']))} "
        f"{10 ** deepest['bound_log10']:.1e} would be possible (S4.7), and the triangle map has "
        "2^k with 2 k. Right: what x^2 on [0, 1] takes (S4.2). With "
        f"{int(deep['neurons'])} neurons the deep network errs by {deep['error']:.1e}, one hidden "
        f"layer of {int(beaten['neurons'])} by {beaten['error']:.1e} or more; dashed, what no "
        "network of a depth can be below."
    )


if __name__ == "__main__":
    run(main)
