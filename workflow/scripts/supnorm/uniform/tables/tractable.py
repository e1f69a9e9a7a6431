"""tables/tractable.parquet: polynomials, learned by who knows the class and by trained networks."""

from supnorm.tables.cells import DIM, SAMPLES
from supnorm.tables.schema import Schema, integer, real, text

DEGREE = integer("degree", "total degree of the polynomials")

TRACTABLE = Schema(
    "what one algorithm makes of one random polynomial, from points of one seed",
    (
        *DIM,
        DEGREE,
        integer("coefficients", "coefficients n of such a polynomial, which n points determine"),
        *SAMPLES,
        text(
            "algorithm",
            '"network", trained; or least squares among the polynomials of the degree: '
            '"chebyshev" at the Chebyshev points, d = 1, and "least_squares" at the seed\'s points',
        ),
        integer("polynomial", "number of the polynomial of its dimension and degree, from 0"),
        integer("seed", "seed of the points, initial weights and shuffles"),
        real("error", "uniform error"),
        real("error_l2", "error in L^2"),
        text(
            "method",
            '"exact": by critical points and by Gauss\'s rule, to rounding, d = 1; '
            '"sampled": on the uniform points of evaluation, a lower end of the uniform error',
        ),
    ),
)
