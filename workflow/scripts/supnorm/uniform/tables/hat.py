"""tables/hat.parquet: the hat and the bump of the proof of the lower bounds (S1.4)."""

from supnorm.tables.schema import Schema, integer, real, text

HAT = Schema(
    "the value at one point of the hat or of the bump",
    (
        text("function", '"hat": Λ of one variable; "bump": ϑ with s = 2 of two variables'),
        integer("active", "active coordinates s: 1 for the hat"),
        real("steepness", "M: the slope, and 1/M the radius of the bump"),
        real("centre0", "coordinate 0 of the centre y"),
        real("centre1", "coordinate 1 of the centre y; null for the hat", nullable=True),
        real("x0", "coordinate 0 of the point"),
        real("x1", "coordinate 1 of the point; null for the hat", nullable=True),
        real("value", "value of the function"),
    ),
)
