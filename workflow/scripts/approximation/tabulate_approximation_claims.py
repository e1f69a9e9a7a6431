"""Test the claims of the study on the tables of this run: numbers, references, verdicts."""

from supnorm.approximation.claims import CLAIMS, STUDY
from supnorm.approximation.tables.rates import BASES, CONSTANTS, RATES
from supnorm.approximation.tables.spectra import CONDITIONING, DENOISING, IMAGE, SPECTRA, SPIKES
from supnorm.approximation.tables.waves import HALF_TIMES
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.statistics.claims import tabulate_claims
from supnorm.tables import claims
from supnorm.tables.schema import read_table, write_table

TABLES = {
    "rates": RATES,
    "constants": CONSTANTS,
    "bases": BASES,
    "spectra": SPECTRA,
    "spike_times": SPIKES,
    "denoising": DENOISING,
    "conditioning": CONDITIONING,
    "image": IMAGE,
    "half_times": HALF_TIMES,
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
