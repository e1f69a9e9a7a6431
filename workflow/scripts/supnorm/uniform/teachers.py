"""Teachers: the target functions of a family, as networks.

A family is one entry of FAMILIES; adding a family takes one function.
"""

import math

import numpy as np
from scipy.special import gammaincinv

from supnorm.networks import Networks, build_network, concatenate
from supnorm.streams import Stream

# Below this the incomplete gamma function is its leading term to double precision.
TINY = 1e-17


def draw_ball(stream: Stream, shape: tuple[int, ...], q: float, c: float) -> np.ndarray:
    """Return an array uniform in the ℓ^q ball of radius c, q in [1, ∞] (S1.1).

    The exact method of Barthe, Guédon, Mendelson and Naor (2005): with g_i of density
    proportional to exp(-|t|^q) and E standard exponential, g / (Σ|g_i|^q + E)^(1/q) is uniform in
    the unit ball. |g_i|^q is gamma distributed with shape 1/q, drawn by inversion. The stream
    gives one double for each |g_i|, then one for each sign, then one for E; for q = ∞ one for
    each entry.
    """
    count = math.prod(shape)
    if math.isinf(q):
        return (2 * stream.uniform(*shape) - 1) * c
    quantile = stream.uniform(count)
    sign = np.where(stream.uniform(count) < 0.5, -1.0, 1.0)
    exponential = -np.log1p(-stream.uniform(1))
    power = gammaincinv(1 / q, quantile)
    # Where |g|^q underflows, |g| need not: the gamma quantile is (u Γ(1 + 1/q))^q there.
    size = np.where(power > TINY, power ** (1 / q), quantile * math.gamma(1 + 1 / q))
    return (c * sign * size / (power.sum() + exponential) ** (1 / q)).reshape(shape)


def random_teachers(count: int, dim: int, depth: int, width: int, q: float, c: float) -> Networks:
    """Return networks drawn from H^q_{(dim, width, …, width, 1), c}: the paper's teachers (S1.20).

    Each layer's matrix and bias is uniform in an ℓ^q ball of radius c of its own (S1.1).
    """

    def draw_teacher(teacher: int) -> Networks:
        labels = {"family": "random", "teacher": teacher, "dim": dim, "depth": depth}

        def draw(tensor: str, shape: tuple[int, ...], _fan_in: int) -> np.ndarray:
            return draw_ball(Stream("teacher", **labels, width=width, tensor=tensor), shape, q, c)

        return build_network(dim, depth, width, draw)

    return concatenate([draw_teacher(teacher) for teacher in range(count)])


FAMILIES = {"random": random_teachers}
