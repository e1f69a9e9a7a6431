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
