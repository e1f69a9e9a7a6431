"""tables/spikes.parquet: the students that decide the min-max, on two lines through Q."""

from supnorm.tables.cells import DIM, FAMILY, PAIR, SAMPLES, STUDENT
from supnorm.tables.schema import Schema, integer, real, text

SPIKES = Schema(
    "the value at one point of a line of the target or of the student, or of a sample near it",
    (
        *FAMILY,
        *DIM,
        *SAMPLES,
        *STUDENT,
        integer("evaluation", "evaluation at which the deciding algorithm stops"),
        *PAIR,
        text(
            "line",
            '"diagonal": the points t * (1, ..., 1); "worst": those at distance t from the place '
            "of the largest error, along the line through it and the centre of Q",
        ),
        real("t", "where on the line; of a sample: where on the line its projection is"),
        text("kind", '"target", "student" or "sample"'),
        real("value", "value of the target or of the student; of a sample: its label"),
        real("distance", "how far from the line, in the Euclidean norm; 0 but for samples"),
        real("nearest", "how far from the place of the largest error the nearest sample is"),
    ),
)
