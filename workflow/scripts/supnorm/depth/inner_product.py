"""The inner product modulo 2 of two words of d bits, and its network (theory.md, S3.5, S3.6).

Bits are ±1, and +1 is true. A point has the d bits of x and then those of y, shape [2d].
"""

import numpy as np

from supnorm.networks import Networks


def inner_product(points: np.ndarray) -> np.ndarray:
    """Return prod_i (-1)^(x_i and y_i) of each point, from shape [..., 2d] to [...] (S3.5)."""
    dim = points.shape[-1] // 2
    both = (points[..., :dim] > 0) & (points[..., dim:] > 0)
    return 1.0 - 2.0 * (both.sum(axis=-1) % 2)


def inner_product_network(dim: int) -> Networks:
    """Return the network of two hidden layers, of width d each, that is the inner product (S3.5).

    a_i = relu((x_i + y_i) / 2), z = sum_i a_i, and the value is
    1 - 2z + 4 sum_(0<j<d) (-1)^(j-1) relu(z - j), exactly.
    """
    if not dim >= 1:
        raise ValueError(f"dim is {dim}, but must be at least 1.")
    count = np.arange(dim)
    both = np.tile(np.eye(dim) / 2, 2)
    slopes = np.where(count == 0, -2, -4 * (-1.0) ** count)
    return Networks(
        (both[None], np.ones((1, dim, dim)), slopes[None, None]),
        (np.zeros((1, dim)), -count[None].astype(float), np.ones((1, 1))),
    )
