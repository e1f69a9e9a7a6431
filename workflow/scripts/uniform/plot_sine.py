"""Draw the function of the sine family, a student of it, and where the two differ."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supnorm.drawing.captions import several
from supnorm.drawing.figures import DIVERGED, of_none
from supnorm.drawing.style import WIDTH, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.sine import SINE

LOOKS = {
    "student": {"color": "#E0700F", "lw": 1.3, "label": "student"},
    "target": {"color": "0.2", "lw": 0.9, "dashes": (4, 1.4), "label": "target $u$"},
    "sample": {"color": "#0B4F8A", "marker": "o", "lw": 0, "zorder": 4, "label": "samples"},
}
# Samples shown on each side of the largest error, where it is shown from near.
NEIGHBOURS = 8


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, {"sine": "target and students along Q"}, argv)
    table = drawing.read("sine", SINE)
    finite = table[np.isfinite(table["error_inf"])]
    use_style()
    if finite.empty:
        drawing.save(of_none(), f"{of_student(table)} {DIVERGED}")
    else:
        worst = finite[finite["seed"] == finite.loc[finite["error_inf"].idxmax(), "seed"]]
        seeds, left = table["seed"].nunique(), finite["seed"].nunique()
        drawing.save(draw(worst), caption(worst, seeds, seeds - left))


def draw(rows: pd.DataFrame) -> Figure:
    """Return the figure: all of Q on the left, the place of the largest error on the right."""
    figure, axes = plt.subplots(
        2,
        2,
        figsize=(WIDTH, 3.4),
        sharex="col",
        gridspec_kw={"width_ratios": [2, 1], "height_ratios": [1.2, 1]},
    )
    kinds = {kind: some.sort_values("position") for kind, some in rows.groupby("kind")}
    low, high = near_largest(kinds["sample"])
    near = {kind: some[some["position"].between(low, high)] for kind, some in kinds.items()}
    draw_lines(axes[:, 0], kinds)
    draw_lines(axes[:, 1], near)
    for values, column in zip(axes, ("value", "error"), strict=True):
        values[0].axvspan(low, high, color="0.88", lw=0, zorder=0)
        values[0].set_ylabel(column)
        values[1].plot("position", column, data=near["sample"], clip_on=False, **LOOKS["sample"])
    draw_norms(axes[1, 0], rows.iloc[0])
    axes[0, 0].set(xlim=(-0.5, 0.5), title="all of $Q$")
    axes[0, 1].set(xlim=(low, high), title="near the largest error")
    axes[1, 1].sharey(axes[1, 0])
    axes[1, 1].tick_params(labelleft=False)
    axes[1, 0].set_ylim(bottom=0)
    handles, labels = axes[0, 1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def near_largest(samples: pd.DataFrame) -> tuple[float, float]:
    """Return where the panels on the right begin and end: at samples, or at the end of Q."""
    place, positions = samples["at0"].iloc[0], samples["position"].to_numpy()
    below, above = positions[positions < place], positions[positions > place]
    low = below[-NEIGHBOURS] if len(below) >= NEIGHBOURS else -0.5
    high = above[NEIGHBOURS - 1] if len(above) >= NEIGHBOURS else 0.5
    return low, high


def draw_lines(axes: np.ndarray, kinds: dict[str, pd.DataFrame]) -> None:
    """Draw student and target above, and the size of their difference below."""
    values, errors = axes
    for kind in ("student", "target"):
        values.plot("position", "value", data=kinds[kind], **LOOKS[kind])
    errors.plot("position", "error", data=kinds["student"], **LOOKS["student"] | {"lw": 0.9})
    errors.set_xlabel("$x$")


def draw_norms(ax: Axes, student: pd.Series) -> None:
    """Draw the errors in L^inf and L^2 as lines across the panel, a label at each."""
    for column, name, side in (("error_inf", r"\infty", -1), ("error_2", "2", 1)):
        ax.axhline(student[column], color="0.45", lw=0.8, ls=(0, (1, 1.5)), zorder=1)
        ax.annotate(
            f"error in $L^{name}$",
            (0.015, student[column]),
            (0, 4 * side),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="top" if side < 0 else "bottom",
            fontsize=7.5,
        )


def of_student(rows: pd.DataFrame) -> str:
    """Return what student of which function it is."""
    student = rows.iloc[0]
    return (
        "The function u(x) = log(sin(50x) + 2) + sin(5x), and the student of depth "
        f"{student['depth']} and width {student['width']} that has learned it from m = "
        f"{student['samples']} samples in {several(student['epoch'], 'epoch')} with batches of "
        f"{student['batch']}."
    )


def caption(rows: pd.DataFrame, seeds: int, broken: int) -> str:
    """Return what the figure shows, its numbers from the table.

    `rows` are of one of so many `seeds`, of which some are `broken`: their students diverged.
    """
    student, samples = rows.iloc[0], rows[rows["kind"] == "sample"]
    return " ".join(
        [
            f"{of_student(rows)} The error is {student['error_1']:.2g} in L^1, "
            f"{student['error_2']:.2g} in L^2, and {student['error_inf']:.2g} in L^inf, at x = "
            f"{student['at0']:.3f}: {student['error_inf'] / student['error_1']:.3g} times that in "
            f"L^1. The root mean square error on the samples is {np.sqrt(student['loss']):.2g}.",
            gap(samples["position"].sort_values().to_numpy(), student["at0"]),
            *([f"Of {seeds} seeds the one with the largest error is shown."] if seeds > 1 else []),
            *([f"The students of {broken} of them diverged and are not shown."] if broken else []),
        ]
    )


def gap(samples: np.ndarray, place: float) -> str:
    """Return how far the samples on both sides of a place are apart, and how far in the mean."""
    ends = np.concatenate([[-0.5], samples, [0.5]])
    after = np.searchsorted(ends, place)
    return (
        f"No sample lies between {ends[after - 1]:.4f} and {ends[after]:.4f}, a gap "
        f"{(ends[after] - ends[after - 1]) * (len(samples) + 1):.1f} times as wide as the mean."
    )


if __name__ == "__main__":
    run(main)
