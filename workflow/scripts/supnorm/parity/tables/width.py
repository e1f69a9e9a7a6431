"""tables/width.parquet: averages of bumps in random directions (S2.8)."""

from supnorm.tables.schema import Schema, integer, real

WIDTH = Schema(
    "an average of bumps in random directions",
    (
        integer("dim", "dimension d"),
        real("epsilon", "uniform error aimed at"),
        integer("directions", "directions k"),
        integer("width", "neurons, three for each direction"),
        integer("trial", "number of the draw, from 1"),
        real("error_inf", "uniform error: the largest over all 2^d points"),
        integer("guaranteed", "directions with which a draw succeeds with probability 1/2 (S2.8)"),
        real("norm", "R-norm, at most"),
    ),
)
