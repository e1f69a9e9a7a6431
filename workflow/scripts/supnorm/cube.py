"""The cube {-1, 1}^d: its corners, and parity."""

import numpy as np


def corners(dim: int) -> np.ndarray:
    """Return all corners, shape [2^dim, dim], in the order of product((1, -1), repeat=dim)."""
    bits = np.arange(2**dim)[:, None] >> np.arange(dim)[::-1] & 1
    return 1.0 - 2.0 * bits


def parity(points: np.ndarray) -> np.ndarray:
    """Return the product of the coordinates of each point, from shape [..., dim] to [...]."""
    return points.prod(axis=-1)
