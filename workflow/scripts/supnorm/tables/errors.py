"""errors/<shard>, sampled/<shard> and tables/errors: the error of every student in every norm."""

from supnorm.tables.cells import DIM, FAMILY, PAIR, SAMPLES, STUDENT
from supnorm.tables.schema import Column, Schema, integer, real, text

LEADING: tuple[Column, ...] = (
    *FAMILY,
    *DIM,
    *SAMPLES,
    text("algorithm", 'what made the student: "network" is the paper\'s'),
    *STUDENT,
    *PAIR,
    integer("evaluation", "number of the evaluation, from 1, evenly spaced over the epochs"),
    integer("epoch", "epochs of training done", "epochs"),
    text("norm", 'p of the L^p norm on Q: "1", "2" or "inf"'),
    real("error", "L^p norm of teacher minus student; +inf where the student is not finite"),
    real("upper", "certified upper end of the error; null where none is known", nullable=True),
    text(
        "method",
        'how the error was found: "exact"; "sampled" on uniform points; "ascent" from the worst of '
        'them to a local maximum; "certified", the largest difference met in proving `upper`',
    ),
)
LOSS = real("loss", "mean squared error on the student's sample; +inf where not finite")


def errors_schema(dim: int) -> Schema:
    """Return the schema with as many coordinates of the place of the uniform error."""
    places = [
        real(f"at{i}", f"coordinate {i} of where the uniform error is attained", nullable=True)
        for i in range(dim)
    ]
    return Schema("one student, evaluation and norm", (*LEADING, *places, LOSS))
