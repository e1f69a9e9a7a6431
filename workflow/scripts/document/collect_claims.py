"""Collect the claims of all studies in one table."""

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.tables.claims import CLAIMS
from supnorm.tables.schema import read_table, write_table


def main(argv: list[str]) -> None:
    """Write the rows of all tables, in the order of the tables."""
    parser = Program(__doc__, __file__)
    parser.reads("claims", nargs="+", help="tables of studies")
    parser.writes("table", help="Parquet table to write")
    a = parser.parse_args(argv)
    collected = pd.concat([read_table(path, CLAIMS.columns) for path in a.claims])
    twice = collected[collected.duplicated(["study", "claim", "case"])]
    if len(twice):
        study, claim, case = twice.iloc[0][["study", "claim", "case"]]
        files = ", ".join(map(str, a.claims))
        raise InputError(
            f"{files}: expected each case of a claim once, found {claim} of the study {study} "
            f"twice for {case}"
        )
    write_table(a.table, collected, CLAIMS, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
