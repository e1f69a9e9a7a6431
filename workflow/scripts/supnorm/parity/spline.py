"""In one dimension an interpolant of least norm is the linear spline (S2.1)."""

import numpy as np

from supnorm.parity.programme import Dictionary, least_norm

# Up to such a part of the norm, what a solution leaves of the values is as good as nothing.
MET = 1e-9


def slope_variation(x: np.ndarray, y: np.ndarray) -> float:
    """Return the total variation of the slopes of the linear spline through sorted points."""
    return float(np.abs(np.diff(np.diff(y) / np.diff(x))).sum())


def least_norm_1d(x: np.ndarray, y: np.ndarray) -> float:
    """Return the least norm of an interpolant by linear programming, knots at the inner points.

    The programme gets x scaled to [-1, 1] and y to size 1. It meets values to 1e-7, which is too
    little for the slopes between points close together: then it solves for what is left, too.
    """
    half, height = (x[-1] - x[0]) / 2, np.abs(y).max()
    scaled = (x - x[0]) / half - 1
    knots = Dictionary(np.ones((len(x) - 2, 1)), -scaled[1:-1])
    solution = least_norm(knots, scaled[:, None], y / height)
    coefficients, left = solution.coefficients, y / height - solution.values(scaled[:, None])
    if slope_variation(scaled, left) > MET * solution.norm:
        size = np.abs(left).max()
        rest = least_norm(knots, scaled[:, None], left / size)
        coefficients = coefficients + size * rest.coefficients
    return float(np.abs(coefficients).sum()) * height / half
