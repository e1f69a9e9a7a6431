"""Write what the study adds to the summary of a run: errors, slopes, and counts of samples."""

from collections.abc import Iterator

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.outputs import appearing
from supnorm.job.programs import run
from supnorm.pages import markdown
from supnorm.tables.schema import read_table
from supnorm.uniform.tables.ranking import MINMAX, RATES
from supnorm.uniform.tables.sample_counts import SAMPLE_COUNTS
from supnorm.uniform.tables.two_sided import TWO_SIDED

TABLES = {
    "minmax": MINMAX,
    "rates": RATES,
    "sample_counts": SAMPLE_COUNTS,
    "two_sided": TWO_SIDED,
}


def main(argv: list[str]) -> None:
    """Write one section after another."""
    parser = Program(__doc__, __file__)
    for name, schema in TABLES.items():
        parser.reads(name, help=schema.row)
    parser.setting("uniform.teacher.families")
    parser.writes("summary", help="Markdown file to write")
    a = parser.parse_args(argv)
    tables = {name: read_table(getattr(a, name), TABLES[name].columns) for name in TABLES}
    for name in ("minmax", "rates"):
        tables[name] = tables[name][tables[name]["family"] == a.families[0]]
    with appearing(a.summary) as temporary:
        temporary.write_text("\n\n".join(sections(tables)) + "\n")
    a.job.write_record()


def sections(tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    """Yield headings, and the tables below them."""
    yield "## Errors of the best algorithms, largest over teachers"
    minmax = tables["minmax"]
    yield from by_sample_size(minmax[minmax["statistic"] == "minmax"])
    yield "## Their slopes in log m"
    rates = tables["rates"]
    columns = ["algorithm_set", "dim", "norm", "slope", "low", "high"]
    yield markdown(rates.loc[rates["statistic"] == "minmax", columns])
    yield "## Samples needed and sufficient for a uniform error, as powers of ten (S1.10, S1.17)"
    counts = tables["sample_counts"]
    shown = counts["example"] | ((counts["q"] == "inf") & (counts["c"] == 1))
    columns = ["dim", "depth", "c", "q", "error", "log10_needed", "log10_sufficient", "example"]
    yield markdown(counts.loc[shown, columns])
    yield "## Constants of m^(-1/d) at width 3d (S1.18)"
    constants = tables["two_sided"]
    yield markdown(constants[constants["c"] == 1])


def by_sample_size(minmax: pd.DataFrame) -> Iterator[str]:
    """Yield a table a dimension and norm: a row a set of algorithms, a column a sample size."""
    for (dim, norm), rows in minmax.groupby(["dim", "norm"]):
        yield f"d = {dim}, p = {norm}:"
        errors = rows.pivot_table(index="algorithm_set", columns="samples", values="error")
        errors = errors.rename(columns=lambda samples: f"m = {samples}")
        yield markdown(errors.sort_values(errors.columns[-1]).reset_index())


if __name__ == "__main__":
    run(main)
