"""Errors on random points, as the paper measures them: p = 1, 2 and ∞ (S1.20)."""

from dataclasses import dataclass

import numpy as np

from supnorm.networks import Networks
from supnorm.streams import Stream, uniform_points

# Up to this width the compiled kernels were measured to be faster than BLAS through torch.
KERNELS_WIDTH = 512


@dataclass(frozen=True)
class SampledErrors:
    """Errors of students in the norms "1", "2" and "inf", each of shape [students].

    `place` [students, dim] is the point of the largest error. Where a student is not finite its
    errors are +inf and its place is NaN.
    """

    norms: dict[str, np.ndarray]
    place: np.ndarray


def sampled_errors(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    points: int,
    stream: Stream,
    device: str = "cpu",
    threads: int = 1,
) -> SampledErrors:
    """Return the errors of each student against its teacher on uniform points of Q.

    `teacher_of` [students] is the row of `teachers` that each student was to learn. All students
    meet the same `points`, the next of the stream.
    """
    dim = teachers.weights[0].shape[2]
    # Imported only now: torch takes seconds, and a GPU's machine needs no compiled kernels.
    if device == "cpu" and students.weights[0].shape[1] <= KERNELS_WIDTH:
        from supnorm.errors.narrow import NarrowMeasurement

        measured = NarrowMeasurement(teachers, students, teacher_of, threads)
    else:
        from supnorm.errors.stacked import StackedMeasurement

        measured = StackedMeasurement(teachers, students, teacher_of, device)
    done = 0
    while done < points:
        count = min(measured.chunk, points - done)
        measured.add(uniform_points(stream, count, dim))
        done += count
    largest, place, total, squares = measured.results()
    finite = np.isfinite(squares)
    norms = {"1": total / points, "2": np.sqrt(squares / points), "inf": largest}
    return SampledErrors(
        {norm: np.where(finite, error, np.inf) for norm, error in norms.items()},
        np.where(finite[:, None], place, np.nan),
    )
