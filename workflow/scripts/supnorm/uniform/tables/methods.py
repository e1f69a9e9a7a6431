"""tables/methods.parquet: the same uniform errors, found in several ways."""

from supnorm.tables.cells import DIM, FAMILY, PAIR, SAMPLES
from supnorm.tables.schema import Schema, integer, real, text

METHODS = Schema(
    "the uniform error, found in one way, of one student that decides a min-max",
    (
        *FAMILY,
        *DIM,
        *SAMPLES,
        *PAIR,
        text(
            "method",
            '"sampled" on uniform points; "ascent" from the worst of them; "exact" or "certified" '
            "as in tables/errors.parquet",
        ),
        integer("points", "uniform points; null unless sampled", "points", nullable=True),
        real("error", "the uniform error found"),
        real("upper", "certified upper end of the error; null where none is known", nullable=True),
    ),
)
