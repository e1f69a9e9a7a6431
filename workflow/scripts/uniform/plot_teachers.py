"""Draw the teachers along the diagonal of the cube."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from supnorm.drawing.figures import panels
from supnorm.drawing.style import dimension_title, use_style
from supnorm.job.programs import run
from supnorm.uniform.drawing import parse_drawing
from supnorm.uniform.tables.profiles import PROFILES


def main(argv: list[str]) -> None:
    """Write figure, caption and record."""
    drawing = parse_drawing(__doc__, __file__, {"profiles": "teachers along the diagonal"}, argv)
    profiles = drawing.read("profiles", PROFILES)
    use_style()
    drawing.save(draw(profiles), caption(profiles, drawing.family))


def draw(profiles: pd.DataFrame) -> Figure:
    """Return the figure: a panel a dimension, a line a teacher, coloured by its range."""
    dims = sorted(profiles["dim"].unique())
    figure, axes = panels(len(dims), height=2.5, legend=0)
    for dim, ax in zip(dims, axes, strict=True):
        lines = profiles[profiles["dim"] == dim]
        by_range = ranges(lines).sort_values().index
        for teacher, colour in zip(
            by_range, sns.color_palette("crest", len(by_range)), strict=True
        ):
            line = lines[lines["teacher"] == teacher]
            ax.plot(line["position"], line["value"], color=colour, linewidth=0.9)
        where = "$t$" if dim == 1 else r"$t$, at the point $(t,\dots,t)$"
        ax.set(xlabel=where, title=dimension_title(dim), xlim=(-0.5, 0.5))
    axes[0].set_ylabel("value of the teacher")
    return figure


def ranges(profiles: pd.DataFrame) -> pd.Series:
    """Return by how much each teacher varies along the diagonal."""
    values = profiles.groupby("teacher")["value"]
    return values.max() - values.min()


def of_teachers(varied: pd.Series) -> str:
    """Return by how much the teachers of a dimension vary."""
    most = f"{varied.max():.2g}"
    if len(varied) == 1:
        return f"the one teacher varies by {most}"
    return (
        f"the {len(varied)} teachers vary by {varied.median():.2g} in the median and {most} at most"
    )


def caption(profiles: pd.DataFrame, family: str) -> str:
    """Return what the figure shows, its numbers from the table."""
    parts = [
        f"For d = {dim} {of_teachers(ranges(lines))}." for dim, lines in profiles.groupby("dim")
    ]
    return " ".join(
        [
            f"The {family} teachers along the diagonal of the cube, darker the more they vary.",
            *parts,
            "The lower bounds are about other functions of the class, with one sharp bump (S1.6).",
        ]
    )


if __name__ == "__main__":
    run(main)
