"""Write the tables of verdicts, from the claims of the reference set, into the README and a page.

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
    """Write the tables between the marks of the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", type=Path, default="README.md", help="a line for each study")
    parser.add_argument("--page", type=Path, default="docs/claims.md", help="one for each claim")
    a = parser.parse_args(argv)
    files = sorted((EXPECTED / SCALE).glob("*/claims.parquet"))
    claims = pd.concat([read_table(file, CLAIMS.columns) for file in files])
    of_studies = table(("study", "claims", *VERDICTS), by_study(claims))
    write_part(a.readme, "claims", "\n\n".join([of_studies, *failures(claims)]))
    write_part(a.page, "claims", "\n\n".join(by_claim(claims)))


def cases(claims: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return how many cases have which verdict, a row for each value of a column."""
    counted = pd.crosstab(claims[column], claims["verdict"])
    return counted.reindex(index=claims[column].unique(), columns=VERDICTS, fill_value=0)


def by_study(claims: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Yield a line for each study: its claims, and how many of their cases have which verdict."""
    statements = claims.groupby("study")["statement"].nunique()
    for study, line in cases(claims, "study").iterrows():
        yield f"`{study}`", str(statements[study]), *map(str, line)


def failures(claims: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each study in which a claim failed in some case."""
    failed = claims[claims["verdict"] == "failed"]
    for study, rows in failed.groupby("study"):
        statements = " ".join(f"“{statement}”" for statement in rows["statement"].unique())
        yield f"Of `{study}` failed, in some case: {statements}"


def by_claim(claims: pd.DataFrame) -> Iterator[str]:
    """Yield a heading for each study, and a table of its claims."""
    for study, rows in claims.groupby("study", sort=False):
        yield f"## {study}"
        lines = ((name, *map(str, line)) for name, line in cases(rows, "statement").iterrows())
        yield table(("claim", *VERDICTS), lines)


if __name__ == "__main__":
    run(main)
