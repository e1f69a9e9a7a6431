"""Draw the hat and the bump of which the lower bounds are made."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supnorm.drawing.style import WIDTH, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.hat import HAT

COLOUR = "#E0700F"
LEVELS = np.linspace(0, 1, 6)


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, {"hat": "the hat and the bump"}, argv)
    table = drawing.read("hat", HAT)
    use_style()
    drawing.save(draw(table), caption(table))


def draw(table: pd.DataFrame) -> Figure:
    """Return the figure: the hat on the left, the level lines of the bump on the right."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(WIDTH, 2.3), gridspec_kw={"width_ratios": [1.15, 1]}
    )
    draw_hat(left, table[table["function"] == "hat"])
    draw_bump(right, table[table["function"] == "bump"])
    return figure


def draw_hat(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the hat."""
    ax.plot("x0", "value", data=rows, color=COLOUR, lw=1.6)
    ax.axhline(0, color="0.6", lw=0.6, zorder=1)
    ax.set(xlabel="$t$", title=r"hat $\Lambda_{M,y}(t)$", xlim=(0, 1))
    ax.set_xticks(*ticks(rows, "centre0", "y"))
    ax.set_yticks([-1, 0, 1])


def draw_bump(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw the bump, darker the higher, with level lines."""
    grid = rows.pivot(index="x1", columns="x0", values="value")
    # Not of the lowest shade where the bump is 0.
    levels, shades = np.where(LEVELS > 0, LEVELS, 1e-12), sns.light_palette(COLOUR, as_cmap=True)
    filled = ax.contourf(grid.columns, grid.index, grid, levels, cmap=shades)
    ax.contour(grid.columns, grid.index, grid, LEVELS[1:-1], colors="white", linewidths=0.7)
    ax.figure.colorbar(filled, ax=ax, ticks=[0, 1], label="value")
    ax.set(xlabel="$x_1$", ylabel="$x_2$", title=r"bump $\vartheta^{(2)}_{M,y}(x)$", aspect="equal")
    ax.set_xticks(*ticks(rows, "centre0", "y_1"))
    ax.set_yticks(*ticks(rows, "centre1", "y_2"))


def ticks(rows: pd.DataFrame, column: str, name: str) -> tuple[list[float], list[str]]:
    """Return ticks at the centre of a coordinate and 1/M on both sides of it, and their names."""
    centre, radius = rows[column].iloc[0], 1 / rows["steepness"].iloc[0]
    names = [rf"${name}-\frac{{1}}{{M}}$", f"${name}$", rf"${name}+\frac{{1}}{{M}}$"]
    return [centre - radius, centre, centre + radius], names


def caption(table: pd.DataFrame) -> str:
    """Return what the figure shows, its numbers from the table."""
    bump = table[table["function"] == "bump"]
    steepness = bump["steepness"].iloc[0]
    return (
        "What the lower bounds are made of, here with steepness M = "
        f"{steepness:g} (S1.4). Left: the hat, two ReLUs of one coordinate. Right: the bump for "
        "s = 2, a ReLU of the sum of the hats of s coordinates less s - 1: positive on a diamond "
        f"of area 2/M^2 = {2 / steepness**2:g}, with level lines at every {LEVELS[1]:g}. An "
        "algorithm whose samples all miss the diamond cannot know of the bump."
    )


if __name__ == "__main__":
    run(main)
