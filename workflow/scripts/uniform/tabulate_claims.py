"""Test the claims of the study on the tables of this run, and say what its classes cost."""

from collections.abc import Mapping

import pandas as pd

from supnorm.job.programs import run
from supnorm.statistics.testing import tabulate
from supnorm.uniform.claims import CLAIMS, STUDY
from supnorm.uniform.ledger import LEDGER
from supnorm.uniform.tables import (
    adversary,
    bounds,
    budget,
    challenges,
    growth,
    methods,
    neighbours,
    places,
    ranking,
    tractable,
    unseen,
)

TABLES = {
    "minmax": ranking.MINMAX,
    "rates": ranking.RATES,
    "bounds": bounds.BOUNDS,
    "growth": growth.GROWTH,
    "methods": methods.METHODS,
    "worst_case": adversary.WORST_CASE,
    "budget": budget.BUDGET,
    "challenges": challenges.CHALLENGES,
    "neighbours": neighbours.NEIGHBOURS,
    "places": places.PLACES,
    "regularisation": unseen.REGULARISATION,
    "dimensions": unseen.DIMENSIONS,
    "samples_needed": unseen.SAMPLES_NEEDED,
    "tractable": tractable.TRACTABLE,
}
SETTINGS = (
    "uniform.teacher.families",
    "uniform.teacher.norm",
    "uniform.teacher.bound",
    "uniform.certificate.gap",
)


def main(argv: list[str]) -> None:
    """Write a row for each case of a claim, and each entry of the ledger, that tables cover."""
    tabulate((__doc__, __file__), argv, STUDY, CLAIMS, LEDGER, TABLES, SETTINGS, of_first_family)


def of_first_family(table: pd.DataFrame, settings: Mapping) -> pd.DataFrame:
    """Return the rows of the first family, and all rows of a table without families."""
    return table[table["family"] == settings["families"][0]] if "family" in table else table


if __name__ == "__main__":
    run(main)
