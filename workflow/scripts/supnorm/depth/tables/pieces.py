"""tables/pieces.parquet: how many affine pieces networks of one input have."""

from supnorm.tables.schema import Schema, integer, real, text

PIECES = Schema(
    "networks of one kind and architecture, of one input",
    (
        text(
            "kind",
            'how they are initialised: "he", "he_zero_bias", "pytorch", "teacher" (as those of the '
            'study uniform); or "teachers", "students" and "triangles": the networks of the study '
            "uniform for d = 1, and the students of this one",
        ),
        integer("depth", "affine layers"),
        integer("width", "neurons in each hidden layer"),
        integer("neurons", "neurons in all hidden layers"),
        integer("count", "networks"),
        real("mean", "pieces on Q, mean over networks"),
        real("low", "pieces of which a tenth of the networks has fewer"),
        real("high", "pieces of which a tenth of the networks has more"),
        integer("largest", "most pieces of a network"),
        real("bound_log10", "log10 of the most that any network of this architecture has (S4.7)"),
    ),
)
