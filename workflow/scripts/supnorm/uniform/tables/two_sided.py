"""tables/two_sided.parquet: the constants between which the least uniform error lies (S1.18)."""

from supnorm.tables.schema import Schema, real
from supnorm.uniform.tables.sample_counts import CLASS

TWO_SIDED = Schema(
    "lower m^(-1/d) <= error of the best algorithm from m samples <= upper m^(-1/d), at width 3d",
    (
        *CLASS,
        real("lower", "lower constant, from Theorem 2.2"),
        real("upper", "upper constant, from Theorem 2.4"),
        real("ratio", "upper over lower; it depends on d and q alone"),
    ),
)
