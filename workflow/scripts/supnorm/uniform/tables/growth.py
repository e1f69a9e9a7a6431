"""tables/growth.parquet: how the error of the best algorithm grows with the number of teachers."""

from supnorm.tables.cells import DIM, FAMILY, SAMPLES
from supnorm.tables.schema import Schema, integer, real
from supnorm.uniform.tables.ranking import INTERVAL, NORM, SLOPE

GROWTH = Schema(
    "the least error of a network's training on so many of the teachers",
    (
        *FAMILY,
        *DIM,
        *SAMPLES,
        *NORM,
        integer("teachers", "number k of teachers: 1 gives the min-mean, all give the min-max"),
        real(
            "error",
            "least over algorithms of the expected maximum, over k teachers drawn from all without "
            "replacement, of the mean error over seeds",
        ),
        integer("seeds", "seeds over which errors are averaged"),
        real("low", f"low end {INTERVAL}; null for a single seed", nullable=True),
        real("high", f"high end {INTERVAL}; null for a single seed", nullable=True),
        *SLOPE,
        real(
            "lag",
            "slope less that for one teacher: above 0 where the error falls more slowly; null as "
            "slope",
            nullable=True,
        ),
        real("lag_low", f"lag: low end {INTERVAL}, alike for both slopes", nullable=True),
        real("lag_high", f"lag: high end {INTERVAL}, alike for both slopes", nullable=True),
    ),
)
