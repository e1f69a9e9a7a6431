"""What the drawing programs of the study share: colours, and how dimensions are told apart."""

from collections.abc import Iterable

from matplotlib.axes import Axes

# Distinct to the colour-blind, and in grey.
SHADES = ("#E0700F", "#2F9E77", "#0B4F8A", "#8B2C7E")
DECAYED = {"color": "#0B4F8A", "marker": "o", "ms": 3.4, "label": "trained, weight decay"}
PLAIN = {
    **{"color": "#E0700F", "marker": "o", "ms": 3.4, "mfc": "white", "mew": 0.8},
    "label": "trained without",
}


def dimension_colours(dims: Iterable[int]) -> dict[int, str]:
    """Return a colour for each dimension."""
    return {dim: SHADES[k % len(SHADES)] for k, dim in enumerate(sorted(dims))}


def ratio_axis(ax: Axes, ratios: Iterable[float]) -> None:
    """Make the horizontal axis that of the number of samples over d^2."""
    ticks = sorted({round(ratio, 2) for ratio in ratios})
    shown = [t for t in (0.25, 0.5, 1, 2, 3) if ticks[0] <= t * 1.1 and t <= ticks[-1] * 1.1]
    ax.set(xscale="log", xlabel="samples $n/d^2$")
    ax.set_xticks(shown or ticks, [f"{t:g}" for t in shown or ticks])
    ax.minorticks_off()
