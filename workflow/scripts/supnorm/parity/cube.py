"""Directions and random corners of the cube {-1, 1}^d (S2.1)."""

import numpy as np

from supnorm.cube import corners
from supnorm.streams import Stream


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
