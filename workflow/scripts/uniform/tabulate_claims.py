"""Test the claims of the study on the tables of this run, and say what its classes cost."""

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.statistics.claims import tabulate_claims
from supnorm.statistics.ledger import tabulate_ledger
from supnorm.tables.claims import CLAIMS
from supnorm.tables.ledger import LEDGER
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform import claims as uniform
from supnorm.uniform import ledger as costs
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


def main(argv: list[str]) -> None:
    """Write a row for each case of a claim, and each entry of the ledger, that tables cover."""
    parser = Program(__doc__, __file__)
    for name, schema in TABLES.items():
        parser.reads(name, help=schema.row)
    parser.setting("uniform.teacher.families")
    parser.setting("uniform.teacher.norm")
    parser.setting("uniform.teacher.bound")
    parser.setting("uniform.certificate.gap")
    parser.writes("claims", help="Parquet table to write")
    parser.writes("ledger", help="Parquet table to write")
    a = parser.parse_args(argv)
    tables = {name: read_table(getattr(a, name), TABLES[name].columns) for name in TABLES}
    tables = {name: of_family(table, a.families[0]) for name, table in tables.items()}
    settings = {name: getattr(a, name) for name in ("norm", "bound", "gap")}
    found = tabulate_claims(uniform.STUDY, uniform.CLAIMS, tables, settings)
    write_table(a.claims, found, CLAIMS, a.job)
    found = tabulate_ledger(uniform.STUDY, costs.LEDGER, tables, settings)
    write_table(a.ledger, found, LEDGER, a.job)
    a.job.write_record()


def of_family(table: pd.DataFrame, family: str) -> pd.DataFrame:
    """Return the rows of a family, and all rows of a table without families."""
    return table[table["family"] == family] if "family" in table else table


if __name__ == "__main__":
    run(main)
