"""Test the claims of the study on the tables of this run: numbers, references, verdicts."""

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.parity.claims import CLAIMS, STUDY
from supnorm.parity.tables.norms import NORMS
from supnorm.parity.tables.samples import SAMPLES
from supnorm.parity.tables.splines import SPLINES
from supnorm.parity.tables.training import TRAINING
from supnorm.parity.tables.waves import WAVES
from supnorm.parity.tables.width import WIDTH
from supnorm.statistics.claims import tabulate_claims
from supnorm.tables import claims
from supnorm.tables.schema import read_table, write_table

TABLES = {
    "norms": NORMS,
    "training": TRAINING,
    "samples": SAMPLES,
    "width": WIDTH,
    "waves": WAVES,
    "splines": SPLINES,
}


def main(argv: list[str]) -> None:
    """Write a row for each case of a claim that the tables cover."""
    parser = Program(__doc__, __file__)
    for name, schema in TABLES.items():
        parser.reads(name, help=schema.row)
    parser.writes("claims", help="Parquet table to write")
    a = parser.parse_args(argv)
    tables = {name: read_table(getattr(a, name), schema.columns) for name, schema in TABLES.items()}
    write_table(a.claims, tabulate_claims(STUDY, CLAIMS, tables, {}), claims.CLAIMS, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
