"""tables/sawtooth.parquet and tables/profiles.parquet: the triangle map, applied k times."""

from supnorm.tables.schema import Schema, integer, real, text, truth

COMPOSITIONS = integer("compositions", "k: the target T^k is the triangle map, applied k times")

SAWTOOTH = Schema(
    "the error of a network against T^k on Q, in one norm",
    (
        COMPOSITIONS,
        text(
            "kind",
            '"constructed": a network that is written down; "trained": a student; "best": what one '
            'hidden layer of this width can do, found for p = 2, known for p = inf; "bound": what '
            "it cannot be below",
        ),
        integer("depth", "affine layers"),
        integer("width", "neurons in each hidden layer, at most"),
        integer("neurons", "neurons in all hidden layers"),
        integer("seed", "seed of initial weights and shuffles; null of no student", nullable=True),
        text("norm", 'the norm: "1", "2" or "inf"'),
        real("error", "the error, exact"),
        integer("pieces", "affine pieces on Q; null of a bound", nullable=True),
        truth(
            "expressible",
            "whether a network of this size can be the target; null where that is not known",
            nullable=True,
        ),
        text("statement", "S-number in docs/theory.md; null of a student", nullable=True),
    ),
)

PROFILES = Schema(
    "the value of the target, or of the best student of a kind, at one place of Q",
    (
        COMPOSITIONS,
        text("kind", '"target", "shallow" (one hidden layer) or "deep" (k hidden layers)'),
        integer("width", "neurons in each hidden layer; 2 of the target"),
        real("position", "x in [-1/2, 1/2]"),
        real("value", "the value there"),
    ),
)
