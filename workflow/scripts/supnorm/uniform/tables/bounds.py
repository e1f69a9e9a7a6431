"""tables/bounds.parquet: the theoretical bounds at every dimension, sample size and norm."""

from supnorm.tables.cells import DIM, SAMPLES
from supnorm.tables.schema import Schema, integer, real, text, truth

BOUNDS = Schema(
    "one bound on the error of the best algorithm for the worst function of the class",
    (
        *DIM,
        *SAMPLES,
        text("norm", 'p of the L^p norm on Q: "1", "2" or "inf"'),
        text(
            "bound",
            '"lower" for any randomised algorithm, "lower_sharp_randomised" the same with sharper '
            'constants, "lower_sharp" for any deterministic one, "upper", "upper_centres" for '
            'samples at cell centres, "rate" with constant 1',
        ),
        integer("active", "active coordinates s of the bump; null without one", nullable=True),
        truth("best", "whether no other s gives a larger lower bound; true where s is null"),
        real("value", "the bound on the error"),
        text("statement", "S-number in docs/theory.md"),
        text("theorem", "number in the paper; null for what is derived here", nullable=True),
    ),
)
