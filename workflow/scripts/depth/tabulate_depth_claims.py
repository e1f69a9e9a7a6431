"""Test the claims of the study on the tables of this run: numbers, references, verdicts."""

from supnorm.depth.claims import CLAIMS, STUDY
from supnorm.depth.tables.inner import INNER
from supnorm.depth.tables.known import BOUNDS, SQUARE
from supnorm.depth.tables.pieces import PIECES
from supnorm.depth.tables.sawtooth import SAWTOOTH
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.statistics.claims import tabulate_claims
from supnorm.tables import claims
from supnorm.tables.schema import read_table, write_table

TABLES = {
    "sawtooth": SAWTOOTH,
    "inner": INNER,
    "square": SQUARE,
    "bounds": BOUNDS,
    "pieces": PIECES,
}


def main(argv: list[str]) -> None:
    """Write a row for each case of a claim that the tables cover."""
    parser = Program(__doc__, __file__)
    for name, schema in TABLES.items():
        parser.reads(name, help=schema.row)
    parser.setting("depth.shallow_width")
    parser.setting("depth.cliff.composition")
    parser.writes("claims", help="Parquet table to write")
    a = parser.parse_args(argv)
    tables = {name: read_table(getattr(a, name), schema.columns) for name, schema in TABLES.items()}
    settings = {"shallow_width": a.shallow_width, "composition": a.composition}
    write_table(a.claims, tabulate_claims(STUDY, CLAIMS, tables, settings), claims.CLAIMS, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
