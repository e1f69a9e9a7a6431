"""Write ledger, claims, the studies' own parts, and the settings as one page of Markdown."""

from collections.abc import Iterator

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.outputs import appearing
from supnorm.job.programs import run
from supnorm.pages import markdown
from supnorm.statistics.ledger import briefs
from supnorm.tables.claims import CLAIMS
from supnorm.tables.ledger import LEDGER
from supnorm.tables.schema import read_table
from supnorm.tables.settings import SETTINGS


def main(argv: list[str]) -> None:
    """Write one section after another."""
    parser = Program(__doc__, __file__)
    parser.reads("ledger", help="ledger of all studies")
    parser.reads("claims", help="claims of all studies")
    parser.reads("settings", help="settings of all studies")
    parser.reads("parts", nargs="+", help="Markdown files, one a study")
    parser.writes("summary", help="Markdown file to write")
    a = parser.parse_args(argv)
    ledger, claims, settings = (
        read_table(path, schema.columns)
        for path, schema in ((a.ledger, LEDGER), (a.claims, CLAIMS), (a.settings, SETTINGS))
    )
    parts = [path.read_text().strip() for path in a.parts]
    text = [
        "# Summary of this run",
        "## What it costs to represent each class, and to learn it",
        markdown(briefs(ledger)),
        "## What is claimed, and whether this run supports it",
        *by_claim(claims),
        *parts,
        *by_table(settings),
    ]
    with appearing(a.summary) as temporary:
        temporary.write_text("\n\n".join(text) + "\n")
    a.job.write_record()


def by_claim(claims: pd.DataFrame) -> Iterator[str]:
    """Yield a heading for each study; each statement with its measure, and a table of its cases."""
    columns = ["case", "measured", "low", "high", "relation", "reference", "verdict"]
    names = ["claim", "statement", "quantity", "source"]
    for study, some in claims.groupby("study", sort=False):
        yield f"### {study}"
        for (_, statement, quantity, source), rows in some.groupby(names, sort=False):
            place = "" if source == "none" else f" ({source})"
            yield f"**{statement}**{place} Measured: {quantity}."
            yield markdown(rows[columns])


def by_table(settings: pd.DataFrame) -> Iterator[str]:
    """Yield the tables of settings."""
    for (name, title), rows in settings.groupby(["table", "title"], sort=True):
        yield f"## Table {name}: {title}" if name.isdigit() else f"## Settings: {title}"
        yield markdown(rows[["quantity", "symbol", "value", "original"]])


if __name__ == "__main__":
    run(main)
