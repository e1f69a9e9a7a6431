"""The look of the figures: one size of type, colours that survive grey and colour blindness."""

from collections.abc import Iterable
from pathlib import Path

import matplotlib as mpl
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

# Inches: the text width of the paper's page.
WIDTH = 5.5

# Distinct to the colour-blind, and in grey.
SHADES = ("#E0700F", "#2F9E77", "#0B4F8A", "#8B2C7E")
# So are these: the norms differ in lightness and in marker.
NORM_COLOURS = {"inf": "#E0700F", "2": "#0B4F8A", "1": "#2F9E77"}
NORM_MARKERS = {"inf": "o", "2": "s", "1": "^"}
NORM_NAMES = {"inf": r"$p=\infty$", "2": r"$p=2$", "1": r"$p=1$"}


def use_style() -> None:
    """Set the look for all figures of this process: the same for every user.

    It starts from Matplotlib's defaults, whatever a user's matplotlibrc says, and knows no other
    fonts than those that come with Matplotlib.
    """
    mpl.rcParams.update(mpl.rcParamsDefault)
    font_manager.fontManager.ttflist.clear()
    for font in sorted(Path(mpl.get_data_path(), "fonts/ttf").glob("*.ttf")):
        font_manager.fontManager.addfont(font)
    sns.set_theme(
        context="paper",
        style="ticks",
        rc={
            "font.family": "STIXGeneral",
            "mathtext.fontset": "stix",
            "font.size": 8.5,
            "axes.titlesize": 9.5,
            "axes.labelsize": 9,
            "legend.fontsize": 7.5,
            "xtick.labelsize": 8,
            "ytick.labelsize": 8,
            "axes.linewidth": 0.6,
            "xtick.major.width": 0.6,
            "ytick.major.width": 0.6,
            "xtick.minor.width": 0.4,
            "ytick.minor.width": 0.4,
            "xtick.major.size": 3,
            "ytick.major.size": 3,
            "xtick.minor.size": 1.8,
            "ytick.minor.size": 1.8,
            "lines.linewidth": 1.3,
            "lines.markersize": 3.6,
            "grid.linewidth": 0.4,
            "grid.color": "0.9",
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.frameon": False,
            "figure.constrained_layout.use": True,
            "savefig.dpi": 300,
            "pdf.fonttype": 42,
        },
    )
    mpl.use("agg")


def sample_size_axis(ax: Axes, sizes: Iterable[int]) -> None:
    """Make the horizontal axis logarithmic, with a tick at each sample size."""
    ax.set(xscale="log", xlabel="sample size $m$")
    ticks = sorted(set(sizes))
    ax.set_xticks(ticks, [f"{size}" for size in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    if len(ticks) == 1:
        ax.set_xlim(ticks[0] / 2, 2 * ticks[0])


def bound_marker(sizes: Iterable[int]) -> str | None:
    """Return a marker if a bound has a single sample size, where a line cannot be seen."""
    return "_" if len(set(sizes)) == 1 else None


def dimension_colours(dims: Iterable[int]) -> dict[int, str]:
    """Return a colour for each dimension."""
    return {dim: SHADES[k % len(SHADES)] for k, dim in enumerate(sorted(dims))}


def dimension_title(dim: int) -> str:
    """Return the title of the panel of a dimension."""
    return f"$d={dim}$"
