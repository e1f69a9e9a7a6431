"""tables/widths.parquet, square.parquet and bounds.parquet: numbers of theorems."""

from supnorm.tables.schema import Schema, integer, real, text

STATEMENT = text("statement", "S-number in docs/theory.md")

WIDTHS = Schema(
    "networks with a number of hidden layers against T^k",
    (
        integer("compositions", "k"),
        integer("hidden_layers", "hidden layers h"),
        integer("width_bound", "least width with which the uniform error may be below 1/2 (S3.4)"),
        integer("width_construction", "width of a network that is T^k"),
        integer("neurons", "all neurons of that network"),
    ),
)

SQUARE = Schema(
    "a network for x^2 or xy on the unit cube, or what none of a size can be below",
    (
        text(
            "method",
            '"deep": the network of Yarotsky, "product": its product gate, "best_shallow": the '
            'best with so many pieces, "lower": what no network of this size can be below',
        ),
        integer("hidden_layers", "hidden layers"),
        integer("width", "neurons in each"),
        integer("neurons", "neurons in all"),
        real("error", "uniform error: of a network measured where it is largest, else in theory"),
        real("theory", "the same in closed form"),
        STATEMENT,
    ),
)

BOUNDS = Schema(
    "widths that a theorem asks for, and that are enough, in one dimension",
    (
        text("theorem", '"telgarsky", "daniely", "inner_product" or "eldan_shamir"'),
        integer("dim", "dimension d; of Telgarsky's theorem its k"),
        real("weights", "bound on the size of parameters; null without one", nullable=True),
        real("lower_log10", "log10 of neurons that a shallow network needs", nullable=True),
        real("upper_log10", "log10 of neurons that are enough for a deep one", nullable=True),
        real("lipschitz", "Lipschitz constant of the target; null if not known", nullable=True),
        real("radius", "radius of the ball of volume 1 in this dimension"),
        STATEMENT,
    ),
)
