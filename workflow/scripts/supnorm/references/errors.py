"""Errors of reference algorithms on random points, as students' errors are sampled (S1.20)."""

import numpy as np

from supnorm.errors.measured import Errors
from supnorm.networks import Networks
from supnorm.packed import values
from supnorm.references.algorithms import Predictor
from supnorm.streams import Stream, uniform_points

# Points at once: the matrix of their distances to a thousand points stays in a core's cache.
CHUNK = 256


def reference_errors(
    teachers: Networks, predictors: list[Predictor], points: int, stream: Stream
) -> list[Errors]:
    """Return the errors of each predictor, each with all teachers in the place of students.

    All predictors meet the same `points`, the next uniform points of the stream in Q.
    """
    dim = teachers.weights[0].shape[2]
    shape = (len(predictors), len(teachers))
    largest, place = np.full(shape, -1.0), np.full((*shape, dim), np.nan)
    total, squares = np.zeros(shape), np.zeros(shape)
    for start in range(0, points, CHUNK):
        at = uniform_points(stream, min(CHUNK, points - start), dim)
        wanted = values(teachers, at).T
        for k, predict in enumerate(predictors):
            error = np.abs(predict(at) - wanted)
            better = error.max(axis=0) > largest[k]
            largest[k, better] = error.max(axis=0)[better]
            place[k, better] = at[error.argmax(axis=0)[better]]
            total[k] += error.sum(axis=0)
            squares[k] += (error**2).sum(axis=0)
    norms = {"1": total / points, "2": np.sqrt(squares / points), "inf": largest}
    return [
        Errors.of_finite({norm: errors[k] for norm, errors in norms.items()}, place[k])
        for k in range(len(predictors))
    ]
