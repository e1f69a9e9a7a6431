"""The cube {-1, 1}^d: its corners, parity, directions and random corners (S2.1)."""

import numpy as np

from supnorm.streams import Stream


def corners(dim: int) -> np.ndarray:
    """Return all corners, shape [2^dim, dim], in the order of product((1, -1), repeat=dim)."""
    bits = np.arange(2**dim)[:, None] >> np.arange(dim)[::-1] & 1
    return 1.0 - 2.0 * bits


def parity(points: np.ndarray) -> np.ndarray:
    """Return the product of the coordinates of each point, from shape [..., dim] to [...]."""
    return points.prod(axis=-1)


def directions(dim: int) -> np.ndarray:
    """Return the sign vectors that begin with 1, shape [2^(dim-1), dim]: each up to its sign."""
    return corners(dim)[: 2 ** (dim - 1)]


def drawn_corners(seed: int, dim: int, samples: int) -> np.ndarray:
    """Return the first `samples` of a seed's uniform corners, shape [samples, dim].

    They come from the stream `corners;dim=;seed=`, a coordinate from each raw integer: -1 where
    its top bit is set. A corner may be drawn again.
    """
    bits = Stream("corners", dim=dim, seed=seed).raw(samples * dim) >> np.uint64(63)
    return (1.0 - 2.0 * bits).reshape(samples, dim)
