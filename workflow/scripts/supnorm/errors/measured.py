"""What every way of measuring errors returns."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Errors:
    """Errors of students in the norms "1", "2" and "inf", each of shape [students].

    `place` [students, dim] is the point of the largest error. Where a student is not finite its
    errors are +inf and its place is NaN.
    """

    norms: dict[str, np.ndarray]
    place: np.ndarray

    @staticmethod
    def of_finite(norms: dict[str, np.ndarray], place: np.ndarray) -> "Errors":
        """Return errors as measured, with +inf and NaN where a student is not finite."""
        finite = np.isfinite(norms["2"])
        return Errors(
            {norm: np.where(finite, error, np.inf) for norm, error in norms.items()},
            np.where(finite[:, None], place, np.nan),
        )


class RunningErrors:
    """Errors on points, from the differences on more and more of them."""

    def __init__(self, students: int, dim: int):
        """Begin without points."""
        self._points, self._sums = 0, np.zeros((2, students))
        self._largest, self._place = np.full(students, -1.0), np.full((students, dim), np.nan)

    def add(self, points: np.ndarray, differences: np.ndarray) -> None:
        """Meet further points [count, dim], with the differences [students, count] there."""
        sizes = np.abs(differences)
        largest = sizes.max(1)
        better = largest > self._largest
        self._place[better] = points[sizes.argmax(1)[better]]
        self._largest = np.where(better, largest, self._largest)
        self._sums += sizes.sum(1), (sizes**2).sum(1)
        self._points += len(points)

    def errors(self) -> Errors:
        """Return the errors on all points met."""
        total, squares = self._sums / self._points
        norms = {"1": total, "2": np.sqrt(squares), "inf": self._largest}
        return Errors.of_finite(norms, self._place)
