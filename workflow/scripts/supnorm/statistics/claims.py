"""Claims of a study: statements, each tested by a number in every case that it covers."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supnorm.tables.claims import CLAIMS

Tables = Mapping[str, pd.DataFrame]
Settings = Mapping[str, float]

VERDICTS = ("supported", "undecided", "failed")
RELATIONS = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Finding:
    """The number of one case, what it is compared with, and its interval if it has one.

    `case` names the case, such as "d = 1, p = inf". The table of claims is sorted by `part` first,
    so that each part lists all claims.
    """

    case: str
    measured: float
    reference: float
    low: float = np.nan
    high: float = np.nan
    part: int = 0


@dataclass(frozen=True)
class Claim:
    """A statement, the number it is tested by, and how that must compare.

    `find` takes a study's tables and settings, and returns a finding for each case that they cover.
    `figure` is the study's figure that shows the claim; None where no figure shows both numbers.
    `sentence` quotes the document whose words are tested; None for a statement of our own.
    """

    name: str
    statement: str
    quantity: str
    relation: str
    tables: str
    source: str
    figure: str | None
    find: Callable[[Tables, Settings], Iterable[Finding]]
    sentence: str | None = None

    def verdict(self, found: Finding) -> str:
        """Return "supported", "failed", or "undecided" where only part of the interval holds."""
        ends = [found.measured, found.low, found.high]
        compare = RELATIONS[self.relation]
        holds = [compare(end, found.reference) for end in ends if not np.isnan(end)]
        if all(holds):
            return "supported"
        return "undecided" if any(holds) else "failed"


def tabulate_claims(
    study: str, claims: Sequence[Claim], tables: Tables, settings: Settings
) -> pd.DataFrame:
    """Return a study's table of claims: a row for each case with a number.

    In each part claims stand in their order, and cases in the order in which `find` returns them.
    """
    found = [
        (claim, finding)
        for claim in claims
        for finding in claim.find(tables, settings)
        if not np.isnan(finding.measured)
    ]
    rows = [
        {
            **vars(claim),
            **vars(finding),
            "study": study,
            "claim": claim.name,
            "verdict": claim.verdict(finding),
            "figure": claim.figure and f"{study}/{claim.figure}",
        }
        for claim, finding in sorted(found, key=lambda pair: pair[1].part)
    ]
    return pd.DataFrame(rows, columns=CLAIMS.arrow().names)


def tested(claims: pd.DataFrame) -> dict[str, dict]:
    """Return, by the name of a study's claim, its cases, verdicts, and the ends of its numbers."""
    return {
        name: {
            "cases": len(rows),
            "least": rows["measured"].min(),
            "largest": rows["measured"].max(),
            **{verdict: (rows["verdict"] == verdict).sum() for verdict in VERDICTS},
        }
        for name, rows in claims.groupby("claim")
    }
