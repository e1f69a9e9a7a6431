"""What drawing programs share: command line, panels, output files and record."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supnorm.drawing.style import WIDTH
from supnorm.job.commands import Program
from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError
from supnorm.job.provenance import Job, keywords
from supnorm.tables.schema import Schema, read_table

# Panels beside one another: more would be too small to read.
COLUMNS = 3
DIVERGED = "All students diverged: nothing is drawn."


@dataclass(frozen=True)
class Drawing:
    """A figure to be drawn: its input tables, its settings, and the files to write."""

    pdf: Path
    png: Path
    caption: Path
    tables: Mapping[str, Path]
    settings: Mapping[str, object]
    job: Job

    def read(self, name: str, schema: Schema, empty: bool = False) -> pd.DataFrame:
        """Return an input table; raises InputError where it has no rows and must have some."""
        table = read_table(self.tables[name], schema.columns)
        if table.empty and not empty:
            raise InputError(f"{self.tables[name]}: expected rows, found none")
        return table

    def save(self, figure: Figure, caption: str) -> None:
        """Write the figure as PDF and PNG, its caption as text, and the record of all.

        The files carry what made them, and no dates, so that the same inputs give the same bytes.
        """
        stamped = {"Title": self.pdf.stem, "Keywords": keywords(self.job.stamp)}
        for path, metadata in ((self.pdf, {**stamped, "CreationDate": None}), (self.png, stamped)):
            with appearing(path) as temporary:
                figure.savefig(temporary, metadata=metadata)
        plt.close(figure)
        with appearing(self.caption) as temporary:
            temporary.write_text(caption + "\n")
        self.job.write_record()


def parse_drawing(
    description: str,
    file: str,
    tables: Mapping[str, str],
    argv: list[str],
    settings: Iterable[str] = (),
) -> Drawing:
    """Parse the command line of the drawing program in `file`.

    `tables` maps the option of each input table to its description. `settings` are keys of
    config.yaml; the drawing has each value under the last part of its key.
    """
    parser = Program(description, file)
    for name, meaning in tables.items():
        parser.reads(name, help=meaning)
    for key in settings:
        parser.setting(key)
    for name in ("pdf", "png", "caption"):
        parser.writes(name, help=f"{name} to write")
    given = vars(parser.parse_args(argv))
    return Drawing(
        tables={name: given.pop(name) for name in tables},
        settings={key.rpartition(".")[2]: given.pop(key.rpartition(".")[2]) for key in settings},
        **given,
    )


def of_none() -> Figure:
    """Return the figure of students that all diverged, which says so."""
    figure = plt.figure(figsize=(WIDTH, 0.8))
    figure.text(0.5, 0.5, DIVERGED, ha="center", va="center")
    return figure


def panels(count: int, height: float, legend: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels that share their axes, and the panels in reading order.

    `height` is the height of a row and `legend` that of the space for a legend, in inches.
    """
    columns = min(count, COLUMNS)
    rows = math.ceil(count / columns)
    shared = {"sharex": True, "sharey": True, "squeeze": False}
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, rows * height + legend), **shared)
    shown, spare = axes.flat[:count], axes.flat[count:]
    for ax in spare:
        ax.remove()
    for ax in shown[-columns:]:
        ax.tick_params(labelbottom=True)
    return figure, list(shown)
