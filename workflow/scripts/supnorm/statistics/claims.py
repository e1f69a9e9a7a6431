"""What a study claims: statements, each tested by a number in every case of which it speaks."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supnorm.tables.claims import CLAIMS

Tables = Mapping[str, pd.DataFrame]
Settings = Mapping[str, float]

RELATIONS = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Finding:
    """The number of a case, what it is compared with, and the number's interval if it has one.

    `case` says which case it is, such as "d = 1, p = inf". A study's table goes part by part, by
    rising number, and has all claims anew in each of them.
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

    `find` takes a study's tables and settings, and returns what it finds in each case of which they
    speak. `figure` is the one of the study that shows it; None where no figure shows both what is
    compared. `sentence` has the words of the document that are tested, if they are not our own.
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
    """Return a study's table of claims: a row for each case of which the tables have a number.

    In each part claims stand in their order, and cases in that in which their claim finds them.
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
