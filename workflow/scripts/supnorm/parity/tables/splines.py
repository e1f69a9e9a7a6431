"""tables/splines.parquet: in one dimension the linear spline has the least norm (S2.1)."""

from supnorm.tables.schema import Schema, integer, real

SPLINES = Schema(
    "the first points of a sample of the study uniform for d = 1",
    (
        integer("teacher", "number of the teacher that labels the points"),
        integer("seed", "seed of the points"),
        integer("samples", "points", "points"),
        real("minimum", "least norm of networks that interpolate, by a linear programme"),
        real("variation", "total variation of the slopes of the linear spline"),
    ),
)
