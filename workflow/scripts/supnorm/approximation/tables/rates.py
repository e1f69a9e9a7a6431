"""tables/rates.parquet, constants.parquet and bases.parquet: what accuracy costs in which basis."""

from supnorm.tables.schema import Schema, integer, real, text

RATES = Schema(
    "an error, or a bound on one, for so many terms or samples",
    (
        text("target", 'a function, or "ball": all functions with C_f <= 1'),
        integer("dim", "dimension d"),
        text(
            "method",
            '"step_network": random networks of steps; "bound_barron": what some network of so '
            'many neurons reaches; "bound_linear": what no fixed basis is below; "grid": linear '
            'interpolation; "samples_lower", "samples_upper": what values at points allow',
        ),
        integer("terms", "neurons, or elements of a basis, n; for samples, points m"),
        text("norm", 'the norm: "2" or "inf"'),
        real("error", "the error, a mean over draws; for p = inf of networks sampled"),
        real("low", "the least over draws; null without", nullable=True),
        real("high", "the largest over draws; null without", nullable=True),
        text("statement", "S-number in docs/theory.md"),
    ),
)

CONSTANTS = Schema(
    "the first Fourier moment of a function",
    (
        text("target", '"gaussian" or "smooth_parity"'),
        integer("dim", "dimension d"),
        real("constant", "C_f (S4.1, S4.1c)"),
    ),
)

BASES = Schema(
    "the uniform error of an approximation with n + 1 numbers, on [-1, 1]",
    (
        text("target", "the function"),
        text(
            "method",
            '"chebyshev": a polynomial, "cosine": a cosine series, "piecewise": linear on equal '
            'pieces; "deep": Yarotsky\'s network, on x^2 alone',
        ),
        integer("terms", "degree, or pieces, n; neurons of the network"),
        real("error", "uniform error, on a grid of 40001 points where no closed form is known"),
    ),
)
