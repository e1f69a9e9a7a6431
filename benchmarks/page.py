"""Tables and numbers of the benchmark page, in Markdown."""

from collections.abc import Iterable

import pandas as pd


def made_on(machine: dict[str, str]) -> str:
    """Return the line that names machine and versions."""
    names = ("python", "torch", "numpy", "numba", "jax")
    versions = ", ".join(f"{name} {machine[name]}" for name in names if machine[name] != "none")
    return f"*{machine['machine']}; {versions}.*"


def number(value: float) -> str:
    """Return a number with three significant digits, and no exponent."""
    return f"{value:.0f}" if value >= 100 else f"{float(f'{value:.3g}'):g}"


def markdown(corner: str, cells: pd.DataFrame) -> str:
    """Return a table of text; a missing cell is a dash."""

    def line(words: Iterable) -> str:
        return "| " + " | ".join(map(str, words)) + " |"

    lines = [line([corner, *cells.columns]), "|---" + "|--:" * len(cells.columns) + "|"]
    lines += [line(row) for row in cells.astype(object).fillna("–").itertuples(name=None)]
    return "\n".join(lines)
