"""tables/norms.parquet: what networks need for parity, in closed form and by linear programmes."""

from supnorm.tables.schema import Schema, integer, real, text, truth

NORMS = Schema(
    "a norm that networks need, or that a construction has",
    (
        integer("dim", "dimension d"),
        text(
            "kind",
            '"ridge", "average" (of bumps of one order), "minimum": constructions of the least '
            "norm of their kind; "
            '"ridge_count": the sawtooth as the document counts it; "best_average": the least over '
            'orders; "minimum_penalised_biases": where biases count, too; "bound_approximation" '
            'and "bound_ridge": the document\'s lower bounds; "neuron": one of the sawtooth; '
            '"lp", "lp_penalised_biases": by a linear programme over sign vectors; "ridge_drawn": '
            "the least of splines along random directions",
        ),
        integer("order", "order t of the bumps, or number of the neuron; null", nullable=True),
        real("epsilon", "uniform error that is allowed"),
        real("norm", "the R-norm"),
        real("share", "part of the points that a bump or a neuron labels; null", nullable=True),
        real(
            "deviation",
            "largest deviation from parity over all points; null where none was evaluated",
            nullable=True,
        ),
        truth("exact", "whether the number is in closed form"),
        text("statement", "S-number in docs/theory.md"),
    ),
)
