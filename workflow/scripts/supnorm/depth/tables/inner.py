"""tables/inner.parquet: the inner product mod 2 of two words of d bits, and parity of all 2d."""

from supnorm.tables.schema import Schema, integer, real, text

DIM = integer("dim", "d: bits of each factor")

INNER = Schema(
    "a network that is to be the inner product, or parity, of bits",
    (
        DIM,
        text("target", '"inner" (the inner product mod 2) or "parity" (of as many bits)'),
        integer("bits", "bits of a point, 2d"),
        text("kind", '"constructed" or "trained"'),
        integer("depth", "affine layers"),
        integer("width", "neurons in each hidden layer"),
        integer("seed", "seed of initial weights and shuffles; null if constructed", nullable=True),
        real("error_2", "L^2 error over all points"),
        real("error_inf", "uniform error: the largest over all points"),
    ),
)
