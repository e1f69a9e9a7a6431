"""Write the tables that a reader wants to see as one page of Markdown."""

from collections.abc import Iterator

import pandas as pd

from supnorm.commands import Program
from supnorm.outputs import appearing
from supnorm.programs import run
from supnorm.tables.claims import CLAIMS
from supnorm.tables.ranking import MINMAX, RATES
from supnorm.tables.sample_counts import SAMPLE_COUNTS
from supnorm.tables.schema import read_table
from supnorm.tables.settings import SETTINGS, TITLES
from supnorm.tables.two_sided import TWO_SIDED

TABLES = {
    "claims": CLAIMS,
    "minmax": MINMAX,
    "rates": RATES,
    "settings": SETTINGS,
    "sample_counts": SAMPLE_COUNTS,
    "two_sided": TWO_SIDED,
}


def main(argv: list[str]) -> None:
    """Write one section after another."""
    parser = Program(__doc__, __file__)
    for name, schema in TABLES.items():
        parser.reads(f"--{name}", help=schema.row)
    parser.setting("--family", "teacher.families", help="kind of target function to be shown")
    parser.writes("--output", help="Markdown file to write")
    a = parser.parse_args(argv)
    tables = {name: read_table(getattr(a, name), TABLES[name].columns) for name in TABLES}
    for name in ("minmax", "rates"):
        tables[name] = tables[name][tables[name]["family"] == a.family]
    with appearing(a.output) as temporary:
        temporary.write_text("\n\n".join(sections(tables)) + "\n")
    a.job.write_record()


def sections(tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield headings, and the tables below them."""
    yield "# Summary of this run"
    yield "## What is claimed, and whether this run supports it"
    yield from by_claim(tables["claims"])
    yield "## Errors of the best algorithms, largest over teachers"
    minmax = tables["minmax"]
    yield from by_sample_size(minmax[minmax["statistic"] == "minmax"])
    yield "## Their slopes in log m"
    rates = tables["rates"]
    columns = ["algorithm_set", "dim", "norm", "slope", "low", "high"]
    yield markdown(rates.loc[rates["statistic"] == "minmax", columns])
    settings = tables["settings"]
    for number, rows in settings.groupby("table", sort=True):
        yield f"## Table {number}: {TITLES[number]}"
        yield markdown(rows[["quantity", "symbol", "value", "original"]])
    yield "## Samples needed and sufficient for a uniform error, as powers of ten (S1.10, S1.17)"
    counts = tables["sample_counts"]
    shown = counts["example"] | ((counts["q"] == "inf") & (counts["c"] == 1))
    columns = ["dim", "depth", "c", "q", "error", "log10_needed", "log10_sufficient", "example"]
    yield markdown(counts.loc[shown, columns])
    yield "## Constants of m^(-1/d) at width 3d (S1.18)"
    constants = tables["two_sided"]
    yield markdown(constants[constants["c"] == 1])


def by_claim(claims: pd.DataFrame) -> Iterator[str]:
    """Yield each statement and what it is measured by, and a table: a row a case."""
    columns = ["case", "measured", "low", "high", "relation", "reference", "verdict"]
    names = ["study", "claim", "statement", "quantity", "source"]
    for (*_, statement, quantity, source), rows in claims.groupby(names, sort=False):
        place = "" if source == "none" else f" ({source})"
        yield f"**{statement}**{place} Measured: {quantity}."
        yield markdown(rows[columns])


def by_sample_size(minmax: pd.DataFrame) -> Iterator[str]:
    """Yield a table a dimension and norm: a row a set of algorithms, a column a sample size."""
    for (dim, norm), rows in minmax.groupby(["dim", "norm"]):
        yield f"d = {dim}, p = {norm}:"
        errors = rows.pivot_table(index="algorithm_set", columns="samples", values="error")
        errors = errors.rename(columns=lambda samples: f"m = {samples}")
        yield markdown(errors.sort_values(errors.columns[-1]).reset_index())


def markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown, numbers with three digits."""
    lines = [table.columns, ["---"] * len(table.columns), *table.to_numpy(object)]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


def cell(value: object) -> str:
    """Return the text of a cell."""
    if pd.isna(value):
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    run(main)
