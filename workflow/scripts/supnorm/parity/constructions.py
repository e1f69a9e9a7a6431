"""Shallow networks that interpolate or approximate the parity, written down (theory.md, part 2).

All have depth 2 and are stacks of one network: weights of shapes [1, width, dim] and
[1, 1, width], with inner weights of length 1.
"""

import math
from collections.abc import Sequence

import numpy as np

from supnorm.cube import corners, parity
from supnorm.networks import Networks
from supnorm.parity.cube import directions
from supnorm.parity.norms import labelled_share, minimum_norm


def sawtooth(dim: int) -> Networks:
    """Return the ridge function that interpolates the parity (S2.2), of width dim + 2."""
    sign = (-1) ** dim
    thresholds = [-dim - 1, *range(-dim, dim + 1, 2)]
    slopes = [sign, *(-2 * sign * (-1) ** j for j in range(dim + 1))]
    return _ridges(np.ones((1, dim)), thresholds, np.array([slopes]))


def bump_average(dim: int, order: int, signs: np.ndarray | None = None) -> Networks:
    """Return the average g_t of the bump functions of order t <= d-2 over sign vectors (S2.4).

    The sign vectors are all 2^dim, or the `signs` of shape [k, dim], then as in S2.8. They are
    divided by k q_t, and each has t + 3 neurons. Raises ValueError at other orders.
    """
    if order == dim:
        raise ValueError(f"order is {order}, but must be below dim: that one is the sawtooth.")
    signs = corners(dim) if signs is None else signs
    scale = len(signs) * labelled_share(dim, order)
    heights = (-1) ** ((dim - order) // 2) * parity(signs) / scale
    return _ridges(signs, *_bump(order, heights))


def optimum(dim: int) -> Networks:
    """Return the interpolant g* of least norm, V(dim), of width 2^dim (S2.6)."""
    signs = corners(dim)
    sign = (-1) ** ((dim - 1) // 2)
    heights = sign * minimum_norm(dim) / (2**dim * math.sqrt(dim)) * parity(signs)
    return _ridges(signs, [-(dim % 2)], heights[:, None])


def path_norms(networks: Networks) -> np.ndarray:
    """Return |a| |w| of each neuron of networks of depth 2, shape [networks, width] (S2.1)."""
    return np.abs(networks.weights[1][:, 0]) * np.linalg.norm(networks.weights[0], axis=-1)


def norm(networks: Networks, radius: float) -> np.ndarray:
    """Return the sum of |a| |w| over the neurons that bend in the ball, shape [networks] (S2.1).

    These are the neurons whose hyperplane meets the open ball of this radius, |b| < radius |w|, to
    rounding. The sum is the R-norm on the ball if no two hyperplanes agree, or only those of
    neurons with one sign, and is never below it.
    """
    reach = radius * np.linalg.norm(networks.weights[0], axis=-1)
    bends = np.abs(networks.biases[0]) < reach * (1 - 1e-12)
    return np.where(bends, path_norms(networks), 0).sum(axis=1)


def sub_average_errors(dim: int, signs: np.ndarray, counts: Sequence[int]) -> np.ndarray:
    """Return the uniform errors on the cube of averages over the first sign vectors (S2.8).

    `signs` has shape [most, dim] with an even dim, the order is t = 0, and `counts` says over how
    many each average runs. Each sign vector labels the corners orthogonal to it, with the parity,
    and corners come in pairs x, -x, so that half of them are enough. The shape is [len(counts)].
    """
    ends, where = np.unique(counts, return_inverse=True)
    labels = signs[: ends[-1]] @ directions(dim).T == 0
    blocks = np.add.reduceat(labels, [0, *ends[:-1]], axis=0, dtype=np.int64)
    values = blocks.cumsum(axis=0) / (ends[:, None] * labelled_share(dim, 0))
    return np.abs(values - 1).max(axis=1)[where]


def _bump(order: int, heights: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Return thresholds and slopes [k, order + 3] of phi_t times the heights [k] (S2.4)."""
    thresholds = [-order - 1, *range(-order, order + 1, 2), order + 1]
    first = (-1) ** order
    slopes = [first, *(-2 * first * (-1) ** j for j in range(order + 1)), 1]
    return thresholds, np.outer(heights, slopes)


def _ridges(signs: np.ndarray, thresholds: Sequence[int], slopes: np.ndarray) -> Networks:
    """Return the network sum_ij slopes_ij relu(signs_i·x - thresholds_j), inner weights unit."""
    dim = signs.shape[1]
    scale = math.sqrt(dim)
    inner = np.repeat(signs / scale, len(thresholds), axis=0)
    biases = np.tile(-np.array(thresholds) / scale, len(signs))
    outer = scale * slopes.reshape(1, 1, -1).astype(float)
    return Networks((inner[None], outer), (biases[None], np.zeros((1, 1))))
