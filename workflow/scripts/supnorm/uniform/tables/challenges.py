"""challenges/ and tables/challenges: algorithms run again on a teacher with a spike they missed."""

from supnorm.tables.cells import DIM, FAMILY, SAMPLES
from supnorm.tables.schema import Column, Schema, integer, real, text, truth

ROW = "one algorithm and seed on teacher 0, and again on that plus and minus a spike it did not see"
MET = "on the points of evaluation, at the centre of the spike, or at its own worst point"

CHALLENGED: tuple[Column, ...] = (
    *FAMILY,
    *DIM,
    *SAMPLES,
    text("algorithm", "the algorithm, as in tables/errors"),
    integer("seed", "seed of the stream that the algorithm draws from"),
    integer("asked", "points that it asked for, at most samples", "points"),
    integer("active", "active coordinates s of the spike"),
    real("radius", "radius 1/M of the spike, in the l^1 norm"),
    real("height", "height of the spike, that of S1.6 or S1.7"),
    real("coefficient_norm", "coefficient norm of the spike and its negative (S1.1), at most c"),
    truth("same_points", "whether all three runs asked at the same points"),
    truth("same_function", "whether all three runs answered the same function"),
    real("error", f"uniform error on teacher 0, as far as attained {MET}"),
    real("error_plus", "uniform error on teacher 0 plus the spike, likewise"),
    real("error_minus", "uniform error on teacher 0 minus the spike, likewise"),
    real("bound", "lower bound for deterministic algorithms (S1.11), the best over s"),
    real("bound_randomised", "lower bound of Theorem 2.2 (S1.9), the best s; 0 if it has none"),
)

CHALLENGES = Schema(ROW, CHALLENGED)


def challenges_schema(dim: int) -> Schema:
    """Return the schema of one dimension, with the spike's centre."""
    centre = [real(f"centre{i}", f"coordinate {i} of the spike's centre") for i in range(dim)]
    return Schema(ROW, (*CHALLENGED, *centre))
