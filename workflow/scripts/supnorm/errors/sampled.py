"""Errors on random points, as the paper measures them: p = 1, 2 and ∞ (S1.20)."""

from dataclasses import dataclass

import numpy as np
import torch

from supnorm.networks import Networks
from supnorm.streams import Stream, uniform_points

# Points evaluated at once: a layer of width 32 stays in a core's cache, or fills a GPU.
CHUNK = {"cpu": 2048, "cuda": 131072}


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
) -> SampledErrors:
    """Return the errors of each student against its teacher on uniform points of Q.

    `teacher_of` [students] is the row of `teachers` that each student was to learn. All students
    meet the same `points`, the next of the stream.
    """
    dim = teachers.weights[0].shape[2]
    teachers, students = (
        group.map(lambda a: torch.tensor(a, device=device)) for group in (teachers, students)
    )
    wanted = torch.tensor(teacher_of, device=device)
    totals = torch.zeros(2, len(students), dtype=torch.float64, device=device)
    largest = torch.full((len(students),), -1.0, dtype=torch.float64, device=device)
    place = torch.full((len(students), dim), torch.nan, dtype=torch.float64, device=device)
    done = 0
    while done < points:
        count = min(CHUNK[torch.device(device).type], points - done)
        x = torch.tensor(uniform_points(stream, count, dim), device=device)
        error = _values(students, x).sub_(_values(teachers, x)[wanted]).abs_()
        highest, index = error.max(1)
        better = highest > largest
        largest = torch.where(better, highest, largest)
        place = torch.where(better[:, None], x[index], place)
        totals[0] += error.sum(1)
        totals[1] += error.square_().sum(1)
        done += count
    finite = totals[0].isfinite()
    norms = {"1": totals[0] / points, "2": (totals[1] / points).sqrt(), "inf": largest}
    return SampledErrors(
        {
            norm: torch.where(finite, error, torch.inf).cpu().numpy()
            for norm, error in norms.items()
        },
        torch.where(finite[:, None], place, torch.nan).cpu().numpy(),
    )


def _values(networks: Networks, points: torch.Tensor) -> torch.Tensor:
    """Return the values of each network, [networks, count], one network after another."""
    depth, width = len(networks.weights), networks.weights[0].shape[1]
    buffers = points.new_empty(2, len(points), width)
    values = points.new_empty(len(networks), len(points))
    for k in range(len(networks)):
        hidden = points
        for layer in range(depth - 1):
            weight, bias = networks.weights[layer][k], networks.biases[layer][k]
            hidden = torch.addmm(bias, hidden, weight.T, out=buffers[layer % 2]).relu_()
        weight, bias = networks.weights[-1][k], networks.biases[-1][k]
        values[k] = torch.addmm(bias, hidden, weight.T)[:, 0]
    return values
