"""Errors on random points, as the paper measures them: p = 1, 2 and ∞ (S1.20)."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from supnorm.errors.measured import Errors
from supnorm.networks import Networks
from supnorm.streams import Stream, uniform_points

# Up to this width the compiled kernels were measured to be faster than BLAS through torch.
KERNELS_WIDTH = 512


def sampled_errors(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    points: int,
    stream: Stream,
    device: str = "cpu",
    threads: int = 1,
) -> Errors:
    """Return the errors of each student against its teacher on uniform points of Q.

    `teacher_of` [students] is the row of `teachers` that each student was to learn. All students
    meet the same `points`, the next of the stream.
    """
    measured = _measurement(teachers, students, teacher_of, device, threads)
    _meet(measured, teachers, points, stream)
    largest, place, total, squares = measured.results()
    norms = {"1": total / points, "2": np.sqrt(squares / points), "inf": largest}
    return Errors.of_finite(norms, place)


def sampled_maxima(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    numbers: Sequence[int],
    stream: Stream,
    device: str = "cpu",
    threads: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the uniform errors on the first points, [numbers, students], for increasing numbers.

    Also returned is the place [students, dim] of the uniform error on all of the points. Arguments
    are those of `sampled_errors`.
    """
    measured = _measurement(teachers, students, teacher_of, device, threads)
    found = []
    for done, number in pairwise([0, *numbers]):
        _meet(measured, teachers, number - done, stream)
        largest, place, *_ = measured.results()
        found.append(largest)
    return np.stack(found), place


def _measurement(teachers, students, teacher_of, device, threads):
    # Imported only now: torch takes seconds, and a GPU's machine needs no compiled kernels.
    if device == "cpu" and students.weights[0].shape[1] <= KERNELS_WIDTH:
        from supnorm.errors.narrow import NarrowMeasurement

        return NarrowMeasurement(teachers, students, teacher_of, threads)
    from supnorm.errors.stacked import StackedMeasurement

    return StackedMeasurement(teachers, students, teacher_of, device)


def _meet(measured, teachers, points, stream):
    """Add the next points of the stream to a measurement, chunk by chunk."""
    dim, done = teachers.weights[0].shape[2], 0
    while done < points:
        count = min(measured.chunk, points - done)
        measured.add(uniform_points(stream, count, dim))
        done += count
