"""Collect what was trained on triangles and on bits, and what is known, in one table each."""

from supnorm.depth.tables.inner import INNER
from supnorm.depth.tables.sawtooth import PROFILES, SAWTOOTH
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.collect import collect
from supnorm.tables.schema import write_table

TABLES = {"sawtooth": SAWTOOTH, "profiles": PROFILES, "inner": INNER}


def main(argv: list[str]) -> None:
    """Write the rows of all tables."""
    parser = Program(__doc__, __file__)
    for name, schema in TABLES.items():
        parser.reads(f"of_{name}", nargs="+", help=schema.row)
        parser.writes(name, help="Parquet table to write")
    a = parser.parse_args(argv)
    for name, schema in TABLES.items():
        paths = getattr(a, f"of_{name}")
        write_table(getattr(a, name), collect(paths, [schema] * len(paths)), schema, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
