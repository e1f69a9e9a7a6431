"""Collect how polynomials of all degrees are learned, in one table."""

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.tables.tractable import TRACTABLE


def main(argv: list[str]) -> None:
    """Write the rows of all tables, by dimension and degree."""
    parser = Program(__doc__, __file__)
    parser.reads("polynomials", nargs="+", help="tables of one dimension and degree each")
    parser.writes("table", help="Parquet table to write")
    a = parser.parse_args(argv)
    tables = [read_table(path, TRACTABLE.columns) for path in a.polynomials]
    table = pd.concat(tables).sort_values(["dim", "degree"], kind="stable")
    write_table(a.table, table, TRACTABLE, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
