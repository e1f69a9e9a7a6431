"""Errors by the best method there is: exact for d = 1, else sampled and then climbed."""

import numpy as np

from supnorm.errors.ascent import climb
from supnorm.errors.exact import exact_errors
from supnorm.errors.measured import Errors
from supnorm.errors.sampled import sampled_errors
from supnorm.networks import Networks
from supnorm.streams import Stream


def measure(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    points: int,
    stream: Stream,
    device: str = "cpu",
    threads: int = 1,
) -> Errors:
    """Return the errors of each student against its teacher, as `sampled_errors` does.

    For d = 1 they are exact and no points are drawn. For d > 1 the uniform error is the local
    maximum that is reached from the worst of the points, and the other norms are sampled.
    """
    if teachers.weights[0].shape[2] == 1:
        return exact_errors(teachers, students, teacher_of, device, threads)
    sampled = sampled_errors(teachers, students, teacher_of, points, stream, device, threads)
    largest, place = climb(teachers, students, teacher_of, sampled.place, threads)
    return Errors.of_finite({**sampled.norms, "inf": largest}, place)


def methods(dim: int) -> dict[str, str]:
    """Return how `measure` finds the error in each norm."""
    if dim == 1:
        return {"1": "exact", "2": "exact", "inf": "exact"}
    return {"1": "sampled", "2": "sampled", "inf": "ascent"}
