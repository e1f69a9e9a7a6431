"""Collect what networks have learned of waves, by whichever inputs, in one table."""

from supnorm.approximation.tables.waves import AMPLITUDES
from supnorm.job.programs import run
from supnorm.tables.collect import collect_tables


def main(argv: list[str]) -> None:
    """Write the rows of all tables."""
    collect_tables((__doc__, __file__), argv, ("waves", "amplitudes", AMPLITUDES))


if __name__ == "__main__":
    run(main)
