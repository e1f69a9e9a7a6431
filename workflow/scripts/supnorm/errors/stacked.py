"""Errors of students on points, by torch: for wide students, and on a GPU."""

from functools import partial

import numpy as np
import torch

from supnorm.hardware.devices import use_device
from supnorm.hardware.gpu_memory import explaining_lack_of_memory
from supnorm.networks import Networks


class StackedMeasurement:
    """Errors of students against their teachers, updated as points are added."""

    def __init__(
        self, teachers: Networks, students: Networks, teacher_of: np.ndarray, device: str = "cpu"
    ):
        """Measure students against the rows `teacher_of` [students] of `teachers`."""
        use_device(device)
        # Points at once: a layer stays in a core's cache, or fills a GPU.
        self.chunk = {"cpu": 2048, "cuda": 131072}[device]
        self._device, count = device, len(students)
        (_, width, dim), layers = students.weights[0].shape, len(students.weights)
        self._explaining_lack_of_memory = partial(
            explaining_lack_of_memory,
            f"measuring {count} students of width {width} and depth {layers} on {self.chunk} "
            "points at once",
            students.nbytes + teachers.nbytes + 8 * self.chunk * (2 * width + 3 * count),
        )
        with self._explaining_lack_of_memory():
            self._teachers, self._students = (
                group.map(lambda array: torch.tensor(array, device=device))
                for group in (teachers, students)
            )
            self._teacher_of = torch.tensor(teacher_of, device=device)
            options = {"dtype": torch.float64, "device": device}
            self._largest = torch.full((count,), -1.0, **options)
            self._place = torch.full((count, dim), torch.nan, **options)
            self._sums = torch.zeros(2, count, **options)

    def add(self, points: np.ndarray) -> None:
        """Add points of Q, [count, dim], to the measurement."""
        with self._explaining_lack_of_memory():
            self._add(torch.tensor(points, device=self._device))

    def _add(self, x: torch.Tensor) -> None:
        error = _values(self._students, x)
        error.sub_(_values(self._teachers, x)[self._teacher_of]).abs_()
        largest, index = error.max(1)
        better = largest > self._largest
        self._largest = torch.where(better, largest, self._largest)
        self._place = torch.where(better[:, None], x[index], self._place)
        self._sums[0] += error.sum(1)
        self._sums[1] += error.square_().sum(1)

    def results(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the largest differences, their places, and the sums of differences and squares."""
        found = self._largest, self._place, *self._sums
        return tuple(array.cpu().numpy() for array in found)


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
