"""Test the claims of the study on the tables of this run, and say what its classes cost."""

from supnorm.depth.claims import CLAIMS, STUDY
from supnorm.depth.ledger import LEDGER
from supnorm.depth.tables.inner import INNER
from supnorm.depth.tables.known import BOUNDS, SQUARE
from supnorm.depth.tables.pieces import PIECES
from supnorm.depth.tables.sawtooth import SAWTOOTH
from supnorm.job.programs import run
from supnorm.statistics.testing import tabulate

TABLES = {
    "sawtooth": SAWTOOTH,
    "inner": INNER,
    "square": SQUARE,
    "bounds": BOUNDS,
    "pieces": PIECES,
}


def main(argv: list[str]) -> None:
    """Write a row for each case of a claim, and each entry of the ledger, that tables cover."""
    tabulate(
        (__doc__, __file__),
        argv,
        STUDY,
        CLAIMS,
        LEDGER,
        TABLES,
        ["depth.shallow_width", "depth.cliff.composition"],
    )


if __name__ == "__main__":
    run(main)
