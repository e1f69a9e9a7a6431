"""What a program that draws shares with the others: its inputs, panels, outputs, and record."""

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supnorm.outputs import appearing
from supnorm.programs import InputError
from supnorm.provenance import write_record
from supnorm.style import WIDTH
from supnorm.tables.schema import Schema, read_table

# Panels beside one another: more would be too small to read.
COLUMNS = 3


@dataclass(frozen=True)
class Drawing:
    """A figure to be drawn: from which tables, of which family, and into which files."""

    family: str
    pdf: Path
    png: Path
    caption: Path
    record: Path
    code: Sequence[Path]
    tables: Mapping[str, Path]

    def read(self, name: str, schema: Schema) -> pd.DataFrame:
        """Return an input table, of the family alone where it has one.

        Raises InputError where no row is left.
        """
        table = read_table(self.tables[name], schema.columns)
        if "family" in table:
            table = table[table["family"] == self.family]
        if table.empty:
            raise InputError(
                f"{self.tables[name]}: expected rows of the family {self.family}, found none"
            )
        return table

    def save(self, figure: Figure, caption: str) -> None:
        """Write the figure as PDF and PNG, its caption as text, and the record of both.

        Dates are left out, so that the same inputs give the same bytes.
        """
        for path, metadata in ((self.pdf, {"CreationDate": None}), (self.png, {})):
            with appearing(path) as temporary:
                figure.savefig(temporary, metadata=metadata)
        with appearing(self.caption) as temporary:
            temporary.write_text(caption + "\n")
        outputs = (self.pdf, self.png, self.caption)
        rule = Path(self.code[0]).stem
        parameters = {"family": self.family}
        write_record(self.record, rule, self.code, self.tables.values(), outputs, parameters)


def parse_drawing(description: str, tables: Mapping[str, str], argv: list[str]) -> Drawing:
    """Return what the command line of a drawing program says.

    `tables` says of each input table, by option name, what it is.
    """
    parser = argparse.ArgumentParser(description=description)
    for name, meaning in tables.items():
        parser.add_argument(f"--{name}", type=Path, required=True, help=meaning)
    parser.add_argument("--family", required=True, help="kind of target function to be shown")
    for name in ("pdf", "png", "caption", "record"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=f"{name} to write")
    parser.add_argument(
        "--code", type=Path, nargs="+", required=True, help="program and library, for the record"
    )
    given = vars(parser.parse_args(argv))
    return Drawing(tables={name: given.pop(name) for name in tables}, **given)


def panels(count: int, height: float, legend: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels that share their axes, and the panels in reading order.

    `height` is that of a row and `legend` that of the space for a legend, in inches.
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
