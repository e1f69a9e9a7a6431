"""Errors of reference algorithms on random points, as students' errors are sampled (S1.20)."""

from supnorm.errors.measured import Errors, RunningErrors
from supnorm.networks import Networks
from supnorm.packed import values
from supnorm.streams import Stream, uniform_points
from supnorm.uniform.references.algorithms import Predictor

# Points at once: the matrix of their distances to a thousand points stays in a core's cache.
CHUNK = 256


def reference_errors(
    teachers: Networks, predictors: list[Predictor], points: int, stream: Stream
) -> list[Errors]:
    """Return the errors of each predictor, each with all teachers in the place of students.

    All predictors meet the same `points`, the next uniform points of the stream in Q.
    """
    dim = teachers.weights[0].shape[2]
    running = [RunningErrors(len(teachers), dim) for _ in predictors]
    for start in range(0, points, CHUNK):
        met = uniform_points(stream, min(CHUNK, points - start), dim)
        wanted = values(teachers, met)
        for errors, predict in zip(running, predictors, strict=True):
            errors.add(met, predict(met).T - wanted)
    return [errors.errors() for errors in running]
