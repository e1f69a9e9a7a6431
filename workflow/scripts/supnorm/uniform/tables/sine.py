"""tables/sine.parquet: the function of the sine family and its students along Q."""

from supnorm.tables.cells import SAMPLES, STUDENT
from supnorm.tables.errors import LOSS
from supnorm.tables.schema import Schema, integer, real, text

SINE = Schema(
    "the value at one position of the target, of a student at its last evaluation, or of a sample",
    (
        *SAMPLES,
        *STUDENT,
        integer("seed", "seed of the points, initial weights and shuffles of the student"),
        integer("epoch", "epochs of training done", "epochs"),
        real("error_1", "error of the student in L^1, as in tables/errors.parquet"),
        real("error_2", "error of the student in L^2, likewise"),
        real("error_inf", "error of the student in L^inf, likewise"),
        real("at0", "where the uniform error is attained; null if not finite", nullable=True),
        LOSS,
        text("kind", '"target", "student", or "sample": the target at a sample point'),
        real("position", "x, in [-1/2, 1/2]: a fine grid and the place of the uniform error"),
        real("value", "value at the position; +inf where not finite"),
        real("error", "size of target minus student at the position; +inf where not finite"),
    ),
)
