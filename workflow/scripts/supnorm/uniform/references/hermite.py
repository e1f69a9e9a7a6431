"""Hermite interpolation, which also sees slopes: Remark A.6 of the paper."""

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from supnorm.streams import Stream
from supnorm.uniform.learning import Function, Query
from supnorm.uniform.references.algorithms import UnsuitableError


def hermite(query: Query, samples: int, dim: int, stream: Stream) -> Function:
    """Interpolate values and slopes at equispaced points by cubic pieces.

    Each point counts once. Raises UnsuitableError unless d = 1.
    """
    line = equispaced(samples, dim)
    values, slopes = query.slopes(line[:, None])
    if samples == 1:
        return lambda at: values + slopes[:, 0] * (at[:, 0] - line)
    spline = CubicHermiteSpline(line, values, slopes[:, 0])
    return lambda at: spline(at[:, 0])


def equispaced(count: int, dim: int) -> np.ndarray:
    """Return so many equispaced points of [-1/2, 1/2], [count]: its ends, or its middle alone.

    Raises UnsuitableError unless d = 1.
    """
    if dim > 1:
        raise UnsuitableError(f"dimension {dim} is more than 1")
    return np.linspace(-0.5, 0.5, count) if count > 1 else np.zeros(1)
