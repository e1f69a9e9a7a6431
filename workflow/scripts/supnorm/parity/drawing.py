"""What the drawing programs of the study share: the look of what is trained, and an axis."""

from collections.abc import Iterable

from matplotlib.axes import Axes

DECAYED = {"color": "#0B4F8A", "marker": "o", "ms": 3.4, "label": "trained, weight decay"}
PLAIN = {
    **{"color": "#E0700F", "marker": "o", "ms": 3.4, "mfc": "white", "mew": 0.8},
    "label": "trained without",
}


def ratio_axis(ax: Axes, ratios: Iterable[float]) -> None:
    """Make the horizontal axis that of the number of samples over d^2."""
    ticks = sorted({round(ratio, 2) for ratio in ratios})
    # As many as can be read beside one another.
    shown = ticks if len(ticks) < 5 else [t for t in ticks if t not in (0.75, 1.5)]
    ax.set(xscale="log", xlabel="samples $n/d^2$")
    ax.set_xticks(shown, [f"{t:g}" for t in shown])
    ax.minorticks_off()
