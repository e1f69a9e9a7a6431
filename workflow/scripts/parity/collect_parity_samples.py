"""Collect what was learned from samples, all dimensions in one table."""

from supnorm.job.programs import run
from supnorm.parity.tables.samples import SAMPLES
from supnorm.tables.collect import collect_tables


def main(argv: list[str]) -> None:
    """Write the rows of all tables."""
    collect_tables((__doc__, __file__), argv, ("solved", "samples", SAMPLES))


if __name__ == "__main__":
    run(main)
