"""Collect the training losses of all cells in one table."""

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.collect import collect
from supnorm.tables.curves import CURVES
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write the rows of all tables."""
    parser = Program(__doc__, __file__)
    parser.reads("curves", nargs="+", help="tables of cells")
    parser.writes("table", help="Parquet table to write")
    a = parser.parse_args(argv)
    write_table(a.table, collect(a.curves, [CURVES] * len(a.curves)), CURVES, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
