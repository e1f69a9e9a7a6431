"""Collect what was learned from samples, all dimensions in one table."""

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.parity.tables.samples import SAMPLES
from supnorm.tables.collect import collect
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write the rows of all tables."""
    parser = Program(__doc__, __file__)
    parser.reads("solved", nargs="+", help="tables of the dimensions")
    parser.writes("samples", help="Parquet table to write")
    a = parser.parse_args(argv)
    write_table(a.samples, collect(a.solved, [SAMPLES] * len(a.solved)), SAMPLES, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
