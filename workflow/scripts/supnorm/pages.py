"""Pages in Markdown: their tables, and parts of them that are generated between two marks."""

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError


def write_part(page: Path, name: str, text: str) -> None:
    """Replace the text between the marks <!-- name --> and <!-- /name --> of a page.

    Raises InputError where the page lacks these marks.
    """
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    marked = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    old = page.read_text()
    if not marked.search(old):
        raise InputError(f"{page}: expected the marks <!-- {name} --> and {end}, found none")
    with appearing(page) as temporary:
        temporary.write_text(marked.sub(lambda _: f"{start}\n{text}\n\n{end}", old))


def write_sections(
    page: Path, headings: Mapping[str, str], tables: Mapping[str, pd.DataFrame]
) -> None:
    """Write a page of tables, each below its heading."""
    sections = (f"## {heading}\n\n{markdown(tables[name])}\n" for name, heading in headings.items())
    with appearing(page) as temporary:
        temporary.write_text("\n".join(sections))


def markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown, numbers with three digits."""
    lines = [table.columns, ["---"] * len(table.columns), *table.to_numpy(object)]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: object) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
