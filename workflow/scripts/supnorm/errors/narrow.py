"""Errors of narrow students on points, by the compiled kernels."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from supnorm.kernels import deviation
from supnorm.networks import Networks
from supnorm.packed import Packing, values


class NarrowMeasurement:
    """Errors of students against their teachers, updated as points are added.

    Sums begin anew in each chunk of points, so their last digits depend on `chunk`; they do not
    depend on the number of threads.
    """

    chunk = 8192

    def __init__(
        self, teachers: Networks, students: Networks, teacher_of: np.ndarray, threads: int = 1
    ):
        """Measure students against the rows `teacher_of` [students] of `teachers`."""
        self._teachers, self._learning = teachers, Packing.of(students)
        self._students = self._learning.pack(students)
        self._teacher_of, self._threads = teacher_of, threads
        self._largest = np.full(len(students), -1.0)
        self._place = np.full((len(students), self._learning.dim), np.nan)
        self._sums = np.zeros((2, len(students)))

    def add(self, points: np.ndarray) -> None:
        """Add points of Q, [count, dim], to the measurement."""
        packed, wanted = self._learning.pack_points(points), values(self._teachers, points)

        def of_some(students: np.ndarray) -> list[tuple[float, int, float, float]]:
            work, shape = self._learning.workspace(), self._learning.shape
            return [
                deviation(self._students[k], work, packed, wanted[self._teacher_of[k]], shape)
                for k in students
            ]

        parts = np.array_split(np.arange(len(self._students)), self._threads)
        with ThreadPoolExecutor(self._threads) as pool:
            found = [deviations for some in pool.map(of_some, parts) for deviations in some]
        largest, index, *sums = map(np.array, zip(*found, strict=True))
        better = largest > self._largest
        self._largest = np.where(better, largest, self._largest)
        self._place = np.where(better[:, None], points[index], self._place)
        self._sums += sums

    def results(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the largest differences, their places, and the sums of differences and squares."""
        return self._largest, self._place, *self._sums
