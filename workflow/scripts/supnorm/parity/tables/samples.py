"""tables/samples.parquet: what is learned from a part of the points; parts are in solved/."""

from supnorm.tables.schema import Schema, integer, real, text, truth

DIM = integer("dim", "dimension d")

SAMPLES = Schema(
    "what a method learns from random points, labelled by parity",
    (
        DIM,
        integer("samples", "points n, drawn with replacement", "points"),
        integer("seed", "seed of points, costs and initial weights"),
        text(
            "method",
            '"minimum": interpolation of least norm over sign directions; "trained": a network '
            'with weight decay; "kernel": interpolation by the neural tangent kernel; '
            '"elimination": over the field of two elements, by one that knows that it is a parity',
        ),
        real("norm", "R-norm; null of a method without", nullable=True),
        real("minimum", "V(d): the least norm of all networks that interpolate all points"),
        real("error_2", "L^2 error over all 2^d points"),
        real("error_2_clipped", "the same, of values clipped to [-1, 1]"),
        real("error_inf", "uniform error: the largest over all 2^d points"),
        real(
            "error_2_parities",
            "root mean square, over all 2^d parities learned from these points, of the L^2 error; "
            "null of a method that is not linear in the labels",
            nullable=True,
        ),
        real(
            "floor",
            "what the L^2 error cannot be below: 1 - norm/V(d) (S2.6); of a kernel that over "
            "parities, sqrt(1 - n/2^d) (S2.11); null of elimination",
            nullable=True,
        ),
        integer("neurons", "neurons in use; null of a method without", nullable=True),
        real("residual", "largest deviation from parity at the samples"),
        truth("recovered", "whether all signs are right"),
        real(
            "probability",
            "probability that so many points determine the parity (S2.12); null but of elimination",
            nullable=True,
        ),
    ),
)
