"""Draw what networks of all sizes do on the triangle map, applied k times."""

from functools import partial

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supnorm.depth.claims import of_deep
from supnorm.depth.drawing import DEEP, KNOWN, MIDDLE, SHALLOW, layers
from supnorm.depth.tables.sawtooth import PROFILES, SAWTOOTH
from supnorm.drawing.captions import several
from supnorm.drawing.figures import parse_drawing
from supnorm.drawing.style import WIDTH, use_style
from supnorm.job.programs import run

TABLES = {
    "sawtooth": "errors of networks on the triangle map",
    "profiles": "the best of them along Q",
}
COLOURS = (SHALLOW, MIDDLE, DEEP)


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, TABLES, argv, ["depth.cliff.composition"])
    sawtooth = drawing.read("sawtooth", SAWTOOTH)
    profiles, k = drawing.read("profiles", PROFILES), drawing.settings["composition"]
    use_style()
    drawing.save(draw(sawtooth, profiles, k), caption(sawtooth, k))


def draw(sawtooth: pd.DataFrame, profiles: pd.DataFrame, k: int) -> Figure:
    """Return the figure: functions along Q above, errors against neurons and against k below."""
    figure = plt.figure(figsize=(WIDTH, 4.0))
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 2.3), width_ratios=(1.25, 1))
    draw_profiles(figure.add_subplot(grid[0, :]), profiles[profiles["compositions"] == k], k)
    draw_cliff(figure.add_subplot(grid[1, 0]), sawtooth[sawtooth["compositions"] == k], k)
    draw_learned(figure.add_subplot(grid[1, 1]), sawtooth)
    return figure


def draw_profiles(ax: Axes, profiles: pd.DataFrame, k: int) -> None:
    """Draw the target, and the best students of one and of k hidden layers, if these are others."""
    looks = {
        "target": {"color": "0.75", "lw": 2.2, "label": f"$T^{k}$"},
        "shallow": {"color": SHALLOW, "lw": 1.0},
        "deep": {"color": DEEP, "lw": 1.0},
    }
    for kind, look in looks.items():
        rows = profiles[profiles["kind"] == kind]
        if len(rows) and not (kind == "deep" and k == 1):
            named = f"{layers(2 if kind == 'shallow' else k + 1)} of {{}}, trained"
            label = look.pop("label", named.format(rows["width"].iloc[0]))
            ax.plot(rows["position"], rows["value"], label=label, **look)
    ax.set(xlabel="$x$", xlim=(-0.5, 0.5))
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


def draw_cliff(ax: Axes, rows: pd.DataFrame, k: int) -> None:
    """Draw errors against neurons: what is possible, and what is found."""
    trained = rows[(rows["kind"] == "trained") & (rows["norm"] == "inf")]
    for depth, colour in zip(depths_shown(trained), COLOURS, strict=False):
        some = trained[trained["depth"] == depth]
        look = {"color": colour, "alpha": 0.75, "ms": 3, "lw": 0, "marker": "o", "mew": 0}
        ax.plot(some["neurons"], some["error"], label=f"{layers(depth)}, trained", **look)
    # Beyond 2^k neurons the least errors are 0, too.
    end = trained["neurons"].max()
    for norm, label, draws, look in (
        ("inf", "least uniform error, 1 layer", partial(ax.step, where="post"), {"lw": 1.8}),
        ("2", "least $L^2$ error found", ax.plot, {"lw": 1.0, "ls": "--"}),
    ):
        best = rows[(rows["kind"] == "best") & (rows["norm"] == norm)].sort_values("neurons")
        draws([*best["neurons"], end], [*best["error"], 0], color=KNOWN, label=label, **look)
    built = rows[(rows["kind"] == "constructed") & (rows["depth"] == k + 1) & (rows["width"] == 2)]
    look = {"color": DEEP, "ms": 11, "mec": "white", "mew": 0.6, "zorder": 5, "clip_on": False}
    label = f"{layers(k + 1)} of 2, exact"
    ax.plot(built["neurons"], built["error"], "*", label=label, **look)
    ax.set(xscale="log", xlabel="neurons", ylabel=f"error on $T^{k}$", ylim=(-0.02, 0.85))
    ax.legend(loc="upper right", fontsize=6, ncols=2, columnspacing=0.8, handlelength=1.5)


def depths_shown(trained: pd.DataFrame) -> list[int]:
    """Return the least and the largest depth, and one between."""
    depths = sorted(trained["depth"].unique())
    return (
        depths if len(depths) <= len(COLOURS) else [depths[0], depths[len(depths) // 2], depths[-1]]
    )


def draw_learned(ax: Axes, sawtooth: pd.DataFrame) -> None:
    """Draw uniform errors against k."""
    rows = sawtooth[sawtooth["norm"] == "inf"]
    trained = rows[rows["kind"] == "trained"]
    groups = {
        "1 hidden layer": (trained[trained["depth"] == 2], SHALLOW, -0.13),
        "$k$ hidden layers": (of_deep(trained), DEEP, 0.13),
    }
    for label, (some, colour, aside) in groups.items():
        widest = some[some["width"] == some.groupby("compositions")["width"].transform("max")]
        look = {"color": colour, "lw": 0, "marker": "o", "ms": 3.2, "alpha": 0.75, "mew": 0}
        ax.plot(widest["compositions"] + aside, widest["error"], label=f"{label}, trained", **look)
    built = rows[(rows["kind"] == "constructed") & (rows["width"] == 2)]
    look = {"color": DEEP, "ms": 11, "mec": "white", "mew": 0.6, "clip_on": False, "zorder": 5}
    ax.plot(built["compositions"], built["error"], "*", **look, label="constructed")
    ax.axhline(0.5, color="0.1", lw=0.8, ls=":")
    ax.set(xlabel="$k$", ylabel="uniform error on $T^k$", ylim=(-0.02, 0.85))
    ks = sorted(rows["compositions"].unique())
    ax.set_xticks(ks)
    if len(ks) == 1:
        ax.set_xlim(ks[0] - 0.5, ks[0] + 0.5)
    ax.legend(loc="upper left", fontsize=6.5)


def caption(sawtooth: pd.DataFrame, k: int) -> str:
    """Return what the figure shows, its numbers from the tables."""
    rows = sawtooth[(sawtooth["kind"] == "trained") & (sawtooth["norm"] == "inf")]
    at = rows[rows["compositions"] == k]
    shallow, deep = at[at["depth"] == 2], of_deep(at)
    last = rows["compositions"].max()
    return (
        "The triangle map T, applied k times, has 2^k pieces, and is a network of k hidden layers "
        f"of 2 neurons (S3.1). Above: for k = {k}, and the closest of the widest students. Below, "
        "left: errors against neurons. With one hidden layer no network with fewer than "
        f"{several(2**k - 1, 'neuron')} errs by less than 1/2 (S3.4), and from {2**k} on one is "
        "exact; the least error in L^2, as far as one was found, falls gradually. Dots: uniform "
        f"errors of students, of all seeds. Those of one hidden layer err by at least "
        f"{shallow['error'].min():.3f}"
        + (f", those of {layers(k + 1)} by {deep['error'].min():.2g} at best" if len(deep) else "")
        + ". Right: uniform errors against k, of the widest students; for "
        f"k = {last} none errs by less than "
        f"{rows.loc[rows['compositions'] == last, 'error'].min():.3f}."
    )


if __name__ == "__main__":
    run(main)
