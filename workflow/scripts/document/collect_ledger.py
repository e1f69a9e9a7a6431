"""Collect what all classes cost, as the studies have it, in one table."""

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.statistics.ledger import in_order
from supnorm.tables.ledger import LEDGER
from supnorm.tables.schema import read_table, write_table


def main(argv: list[str]) -> None:
    """Write the rows of all tables, class by class."""
    parser = Program(__doc__, __file__)
    parser.reads("parts", nargs="*", default=[], required=False, help="tables of studies")
    parser.writes("ledger", help="Parquet table to write")
    a = parser.parse_args(argv)
    none = pd.DataFrame(columns=LEDGER.arrow().names)
    collected = pd.concat([none, *(read_table(path, LEDGER.columns) for path in a.parts)])
    twice = collected[collected.duplicated(["class", "task"])]
    if len(twice):
        known, task = twice.iloc[0][["class", "task"]]
        raise InputError(
            f"{', '.join(map(str, a.parts))}: expected each task of a class once, found {task} of "
            f"{known} twice"
        )
    write_table(a.ledger, in_order(collected), LEDGER, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
