"""tables/waves.parquet: waves in the sum of coordinates, in place of parity."""

from supnorm.tables.schema import Schema, integer, real, text

WAVES = Schema(
    "a wave of the sum of coordinates, interpolated at all points",
    (
        integer("dim", "dimension d"),
        text("phase", '"cos" or "sin"'),
        real("frequency", "angular frequency, in units of that of parity, pi/2"),
        real("ridge", "least norm of functions of the sum of coordinates"),
        real("minimum", "least norm over directions of {-1, 0, 1}^d, by a linear programme"),
        real("ratio", "minimum over ridge; 1 where both are 0"),
    ),
)
