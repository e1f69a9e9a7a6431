"""Waves of the sum of coordinates, of which parity is one: cos(pi/2 z) for even dimensions."""

import math
from collections.abc import Callable

import numpy as np

WAVES = {"cos": np.cos, "sin": np.sin}


def ridge_minimum(dim: int, wave: Callable[[np.ndarray], np.ndarray]) -> float:
    """Return the least norm of functions of z = x_1 + … + x_d that are `wave` on the cube.

    That of the linear spline through the values that z takes: sqrt(d) times the variation of its
    slopes (S2.1).
    """
    z = np.arange(-dim, dim + 1, 2)
    return math.sqrt(dim) * float(abs(np.diff(wave(z), 2)).sum()) / 2
