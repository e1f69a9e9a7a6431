"""Collect the training losses of all cells in one table."""

from supnorm.job.programs import run
from supnorm.tables.collect import collect_tables
from supnorm.tables.curves import CURVES


def main(argv: list[str]) -> None:
    """Write the rows of all tables."""
    collect_tables((__doc__, __file__), argv, ("curves", "table", CURVES))


if __name__ == "__main__":
    run(main)
