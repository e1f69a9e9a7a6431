"""Collect what algorithms did on spiked teachers, of all problems, in one table."""

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.tables.challenges import CHALLENGES


def main(argv: list[str]) -> None:
    """Write the rows of all tables, problem after problem, in whatever order the tables come."""
    parser = Program(__doc__, __file__)
    parser.reads("challenges", nargs="*", help="tables of one problem each")
    parser.writes("table", help="Parquet table to write")
    a = parser.parse_args(argv)
    tables = [read_table(path, CHALLENGES.columns) for path in a.challenges]
    empty = pd.DataFrame(columns=CHALLENGES.arrow().names)
    frame = pd.concat([table for table in tables if not table.empty] or [empty])
    frame = frame.sort_values(["family", "dim", "samples"], kind="stable")
    write_table(a.table, frame, CHALLENGES, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
