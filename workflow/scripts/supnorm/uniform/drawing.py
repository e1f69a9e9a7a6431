"""What the drawing programs of the study share: they show one family of teachers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from supnorm.drawing import figures
from supnorm.job.programs import InputError
from supnorm.tables.schema import Schema

FAMILIES = "uniform.teacher.families"
MARKERS = "os^Dv<>ph"


@dataclass(frozen=True)
class FamilyDrawing(figures.Drawing):
    """A figure of the first family of teachers, the one that figures show."""

    @property
    def family(self) -> str:
        """Return the family that is shown."""
        return self.settings["families"][0]

    def read(self, name: str, schema: Schema, empty: bool = False) -> pd.DataFrame:
        """Return an input table, of the family alone where it has one.

        Raises InputError where no row is left and there must be some.
        """
        table = super().read(name, schema, empty)
        if "family" in table:
            table = table[table["family"] == self.family]
        if table.empty and not empty:
            raise InputError(
                f"{self.tables[name]}: expected rows of the family {self.family}, found none"
            )
        return table


def parse_drawing(
    description: str, file: str, tables: Mapping[str, str], argv: list[str]
) -> FamilyDrawing:
    """Parse the command line of a drawing program, as figures.parse_drawing does."""
    return FamilyDrawing(**vars(figures.parse_drawing(description, file, tables, argv, [FAMILIES])))


def ordered_looks(values: Sequence) -> dict:
    """Return colour and marker of each value, darker for a later one."""
    colours = plt.get_cmap("inferno_r")(np.linspace(0.22, 0.92, len(values)))
    return {
        value: {"color": colour, "marker": MARKERS[k % len(MARKERS)]}
        for k, (value, colour) in enumerate(zip(values, colours, strict=True))
    }


def named(symbol: str, value: float | str) -> str:
    """Return what a symbol stands for, in mathematics."""
    shown = r"\infty" if float(value) == np.inf else f"{float(value):g}"
    return f"${symbol}={shown}$"
