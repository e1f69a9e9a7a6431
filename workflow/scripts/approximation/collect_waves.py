"""Collect what networks have learned of waves, by whichever inputs, in one table."""

from supnorm.approximation.tables.waves import AMPLITUDES
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.collect import collect
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write the rows of all tables."""
    parser = Program(__doc__, __file__)
    parser.reads("waves", nargs="+", help="tables of the inputs")
    parser.writes("amplitudes", help="Parquet table to write")
    a = parser.parse_args(argv)
    found = collect(a.waves, [AMPLITUDES] * len(a.waves))
    write_table(a.amplitudes, found, AMPLITUDES, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
