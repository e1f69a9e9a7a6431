"""Test the claims of the study on the tables of this run, and say what its classes cost."""

from supnorm.approximation.claims import CLAIMS, STUDY
from supnorm.approximation.ledger import LEDGER
from supnorm.approximation.tables.rates import BASES, CONSTANTS, RATES
from supnorm.approximation.tables.spectra import CONDITIONING, DENOISING, IMAGE, SPECTRA, SPIKES
from supnorm.approximation.tables.waves import HALF_TIMES
from supnorm.job.programs import run
from supnorm.statistics.testing import tabulate

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
    """Write a row for each case of a claim, and each entry of the ledger, that tables cover."""
    tabulate((__doc__, __file__), argv, STUDY, CLAIMS, LEDGER, TABLES)


if __name__ == "__main__":
    run(main)
