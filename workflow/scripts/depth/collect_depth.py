"""Collect what was trained on triangles and on bits, and what is known, in one table each."""

from supnorm.depth.tables.inner import INNER
from supnorm.depth.tables.sawtooth import PROFILES, SAWTOOTH
from supnorm.job.programs import run
from supnorm.tables.collect import collect_tables

TABLES = {"sawtooth": SAWTOOTH, "profiles": PROFILES, "inner": INNER}


def main(argv: list[str]) -> None:
    """Write the rows of all tables."""
    tables = ((f"of_{name}", name, schema) for name, schema in TABLES.items())
    collect_tables((__doc__, __file__), argv, *tables)


if __name__ == "__main__":
    run(main)
