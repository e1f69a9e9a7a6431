"""Write the ledger and the verdicts of the reference set into the README, and these into a page.

`make expected` runs it after the set is written.
"""

import argparse
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from artifact.expected import CONFIGURATION, EXPECTED, SHOWN
from artifact.readme import table
from supnorm.job.programs import run
from supnorm.pages import markdown, write_part
from supnorm.resolved import read_resolved
from supnorm.statistics.claims import VERDICTS
from supnorm.statistics.ledger import briefs
from supnorm.tables.claims import CLAIMS
from supnorm.tables.ledger import LEDGER
from supnorm.tables.schema import Schema, read_table

# The run that decides more of what README and page tell of.
DECIDING = "evening"


def main(argv: list[str]) -> None:
    """Write the tables between the marks of the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", type=Path, default="README.md", help="a line for each study")
    parser.add_argument("--page", type=Path, default="docs/claims.md", help="one for each claim")
    a = parser.parse_args(argv)
    claims, decided = (of_studies(scale, "claims", CLAIMS) for scale in (SHOWN, DECIDING))
    write_part(a.readme, "ledger", markdown(briefs(of_studies(SHOWN, "ledger", LEDGER))))
    studies = [*by_study(claims, SHOWN), *by_study(decided, DECIDING)]
    counted = table(("study", "run", "claims", *VERDICTS), studies)
    write_part(a.readme, "claims", "\n\n".join([counted, *failures(claims)]))
    uniform = read_resolved(EXPECTED / DECIDING / CONFIGURATION)["uniform"]
    write_part(a.page, "claims", "\n\n".join(by_claim(claims, decided)))
    head = ("claim", "case", "measured", "interval", "compared with", "seeds")
    write_part(a.page, "undecided", table(head, undecided(decided, uniform)))


def of_studies(scale: str, name: str, schema: Schema) -> pd.DataFrame:
    """Return a table that studies have in the reference set of a scale, of all of them."""
    files = sorted((EXPECTED / scale).glob(f"*/{name}.parquet"))
    return pd.concat([read_table(file, schema.columns) for file in files])


def cases(claims: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return how many cases have which verdict, a row for each value of a column."""
    counted = pd.crosstab(claims[column], claims["verdict"])
    return counted.reindex(index=claims[column].unique(), columns=VERDICTS, fill_value=0)


def by_study(claims: pd.DataFrame, run: str) -> Iterator[tuple[str, ...]]:
    """Yield a line for each study: its claims, and how many of their cases have which verdict."""
    statements = claims.groupby("study")["statement"].nunique()
    for study, line in cases(claims, "study").iterrows():
        yield f"`{study}`", run, str(statements[study]), *map(str, line)


def failures(claims: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each study in which a claim failed in some case, without remarks."""
    failed = claims[claims["verdict"] == "failed"]
    for study, rows in failed.groupby("study"):
        said = (re.sub(r" \([^()]*\)$", "", text) for text in rows["statement"].unique())
        statements = " ".join(f"“{statement}”" for statement in said)
        yield f"Of `{study}` failed, in some case: {statements}"


def by_claim(claims: pd.DataFrame, decided: pd.DataFrame) -> Iterator[str]:
    """Yield a heading for each study, and a table of its claims, of both runs if it has two."""
    for study, rows in claims.groupby("study", sort=False):
        yield f"## {study}"
        found = cases(rows, "statement")
        if (others := decided[decided["study"] == study]).empty:
            yield table(("claim", *VERDICTS), lines(found))
        else:
            beside = cases(others, "statement").rename(columns="{}, evening".format)
            both = found.join(beside, how="outer").fillna(0).astype(int)
            yield table(("claim", *both), lines(both.reindex(order(rows, others))))


def undecided(claims: pd.DataFrame, uniform: dict) -> Iterator[tuple[str, ...]]:
    """Yield each undecided case, and how many seeds would decide it, given the study's settings.

    An interval over k times as many seeds is narrower by a factor of sqrt(k), around the same
    number: so many that its end meets the reference.
    """
    for row in claims[claims["verdict"] == "undecided"].itertuples():
        off = row.measured - row.reference
        end = row.low if off > 0 else row.high
        # Longer trainings have a number of seeds of their own.
        budget, sample = uniform["budget"], uniform["sample"]
        seeds = budget["seeds"] if row.tables == "budget" else len(sample["seeds"])
        needed = math.ceil(seeds * ((end - row.measured) / off) ** 2) if off else "no number"
        yield (
            row.statement,
            row.case,
            f"{row.measured:.3g}",
            f"{row.low:.3g} to {row.high:.3g}",
            f"{row.relation} {row.reference:.3g}",
            str(needed),
        )


def order(*runs: pd.DataFrame) -> list[str]:
    """Return the statements of runs, each once, in the order of the first that has it."""
    return list(dict.fromkeys(statement for claims in runs for statement in claims["statement"]))


def lines(counted: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Yield the lines of a table of counts."""
    for name, counts in counted.iterrows():
        yield name, *map(str, counts)


if __name__ == "__main__":
    run(main)
