"""Write the README's table of verdicts, from the claims of the reference set.

`make expected` runs it after the set is written.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from artifact.expected import EXPECTED
from artifact.readme import VERDICTS, table
from supnorm.job.programs import run
from supnorm.pages import write_part
from supnorm.tables.claims import CLAIMS
from supnorm.tables.schema import read_table

SCALE = "laptop"


def main(argv: list[str]) -> None:
    """Write the table between the marks of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, default="README.md", help="file to write into")
    a = parser.parse_args(argv)
    files = sorted((EXPECTED / SCALE).glob("*/claims.parquet"))
    claims = pd.concat([read_table(file, CLAIMS.columns) for file in files])
    write_part(a.page, "claims", table(("claim", *VERDICTS), counts(claims)))


def counts(claims: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Yield a line for each claim: how many of its cases have which verdict; and a sum."""
    cases = pd.crosstab(claims["statement"], claims["verdict"])
    cases = cases.reindex(index=claims["statement"].unique(), columns=VERDICTS, fill_value=0)
    for statement, line in cases.iterrows():
        yield statement, *map(str, line)
    yield "all", *map(str, cases.sum())


if __name__ == "__main__":
    run(main)
