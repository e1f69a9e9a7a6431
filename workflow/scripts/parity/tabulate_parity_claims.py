"""Test the claims of the study on the tables of this run, and say what its classes cost."""

from supnorm.job.programs import run
from supnorm.parity.claims import CLAIMS, STUDY
from supnorm.parity.ledger import LEDGER
from supnorm.parity.tables.norms import NORMS
from supnorm.parity.tables.samples import SAMPLES
from supnorm.parity.tables.splines import SPLINES
from supnorm.parity.tables.training import TRAINING
from supnorm.parity.tables.waves import WAVES
from supnorm.parity.tables.width import WIDTH
from supnorm.statistics.testing import tabulate

TABLES = {
    "norms": NORMS,
    "training": TRAINING,
    "samples": SAMPLES,
    "width": WIDTH,
    "waves": WAVES,
    "splines": SPLINES,
}


def main(argv: list[str]) -> None:
    """Write a row for each case of a claim, and each entry of the ledger, that tables cover."""
    tabulate((__doc__, __file__), argv, STUDY, CLAIMS, LEDGER, TABLES)


if __name__ == "__main__":
    run(main)
