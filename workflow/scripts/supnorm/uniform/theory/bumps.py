"""Hats, bumps, and the networks that realise bumps within a class (S1.4, S1.6, S1.7)."""

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from supnorm.networks import Networks
from supnorm.uniform.theory.bounds import NetworkClass, admissible_actives_sharp


@dataclass(frozen=True)
class Spike:
    """A bump of s = `active` coordinates, radius 1/M and height λ_M around `centre` [dim]."""

    active: int
    radius: float
    height: float
    centre: np.ndarray


def hat(t: np.ndarray, steepness: float, centre: float) -> np.ndarray:
    """Return the hat Λ_{M,y} at t, with M = `steepness` and y = `centre` (S1.4): at most 1."""
    return steepness * (np.maximum(t - centre + 1 / steepness, 0) - 2 * np.maximum(t - centre, 0))


def bump(points: np.ndarray, active: int, steepness: float, centre: np.ndarray) -> np.ndarray:
    """Return the bump ϑ^(s)_{M,y} at points [..., dim]: max(0, 1 - M |x - y|₁) (S1.4).

    The ℓ¹ norm is that of the first s = `active` coordinates; M is `steepness`, y is `centre`
    [dim].
    """
    distance = np.abs(points - centre)[..., :active].sum(-1)
    return np.maximum(1 - steepness * distance, 0)


def bump_norm_in_cube(active: int, steepness: float, centre: np.ndarray, p: float) -> float:
    """Return the L^p norm over Q of the bump ϑ^(s)_{M,y}, for p < ∞ and any y in Q (derived).

    `bounds.bump_norm` is the case of a bump inside Q. A face at the distance a of its centre, in
    radii 1/M, cuts off what lies behind it, a bump of height 1 - a: over sums of subsets of faces,
    none with its opposite, by inclusion and exclusion. Here s = `active`, M = `steepness`, and
    y = `centre` [dim].
    """
    faces = steepness * np.stack([0.5 - centre, 0.5 + centre], 1)[:active]
    signs = reduce(np.multiply.outer, [np.array([2.0, -1.0, -1.0])] * active)
    cut = reduce(np.add.outer, [np.array([0.0, *pair]) for pair in faces])
    parts = (signs * np.maximum(1 - cut, 0) ** (p + active)).sum()
    whole = math.gamma(p + 1) / math.gamma(p + active + 1)
    return float((parts * whole * steepness**-active) ** (1 / p))


def bump_network(
    cls: NetworkClass, active: int, steepness: float, centre: np.ndarray, sign: int = 1
) -> Networks:
    """Return the network of the class that is `sign` times a bump of height λ_M: a stack of one.

    The weights are those of S1.6 (q > 2) and S1.7 (q <= 2), with two neurons a bump where
    s = `active` = 1; λ_M is `bounds.bump_height`, M is `steepness`, and y is `centre` [dim].
    Raises ValueError unless s is among `admissible_actives_sharp` and all |y_i| and |1/M - y_i|
    are at most 1, as for y in [-1/2, 1/2]^d with M >= 2 and for y in [0, 1]^d with M >= 1.
    """
    if active not in admissible_actives_sharp(cls):
        raise ValueError(f"active is {active}, but the class has no bumps of so many coordinates.")
    shifts = np.stack([1 / steepness - centre[:active], -centre[:active]], axis=1)
    if np.abs(shifts).max() > 1:
        raise ValueError(f"the bump of steepness {steepness} at {centre} is not in the class.")
    units, zero = np.eye(cls.dim)[:active], np.zeros(cls.dim)
    rows = np.concatenate([[unit, unit, zero] for unit in units])
    biases = np.concatenate([[*pair, 1.0] for pair in shifts])
    mix = np.tile([0.5, -1.0, -(active - 1) / (2 * active * steepness)], active)
    if active == 1:  # the constant neuron is idle
        rows, biases, mix = rows[:2], biases[:2], mix[:2]
    # Copies of the bump's neurons, and outputs of the layer behind them.
    copies, heads = (cls.width // len(mix), cls.width) if cls.q > 2 else (1, 1)
    used = copies * len(mix)

    def layer(shape: tuple[int, ...], block: np.ndarray, entries: int) -> np.ndarray:
        """Return zeros but for a block, which so many entries of at most 1 leave in the ball."""
        array = np.zeros((1, *shape))
        array[0, *map(slice, block.shape)] = cls.c * float(entries) ** (-1 / cls.q) * block
        return array

    square, none = (cls.width, cls.width), np.zeros((1, cls.width))
    first = layer((cls.width, cls.dim), np.tile(rows, (copies, 1)), used)
    second = layer(square, np.tile(mix, (heads, copies)), used * heads)
    inner = layer(square, np.ones((heads, heads)), heads**2)
    last = layer((1, cls.width), np.full((1, heads), float(sign)), heads)
    shift = layer((cls.width,), np.tile(biases, copies), used)
    return Networks(
        (first, second, *[inner] * (cls.depth - 3), last),
        (shift, *[none] * (cls.depth - 2), np.zeros((1, 1))),
    )


def coefficient_norm(networks: Networks, q: float) -> np.ndarray:
    """Return the coefficient norm ‖Φ‖_{ℓ^q} of each network, [networks] (S1.1).

    It is the largest of the entrywise ℓ^q norms of all weight matrices and bias vectors.
    """
    arrays = [array.reshape(len(networks), -1) for array in networks.tensors().values()]
    return np.max([np.linalg.norm(array, q, axis=1) for array in arrays], axis=0)


def side_by_side(first: Networks, second: Networks) -> Networks:
    """Return the sums of two stacks of networks, pair by pair, as networks of the joint width.

    Both have the same number of networks, dim, and depth, from 2 up. Inner layers are
    block-diagonal, so for q = ∞ no coefficient grows but the last bias, which is the sum.
    """
    below, *inner, last = zip(first.weights, second.weights, strict=True)
    weights = [np.concatenate(below, 1), *map(_diagonal, inner), np.concatenate(last, 2)]
    *hidden, final = zip(first.biases, second.biases, strict=True)
    biases = [np.concatenate(pair, 1) for pair in hidden]
    return Networks(tuple(weights), (*biases, final[0] + final[1]))


def _diagonal(blocks: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return matrices [networks, out, in] with two stacks of blocks on their diagonals."""
    first, second = blocks
    both = np.pad(first, ((0, 0), (0, second.shape[1]), (0, second.shape[2])))
    both[:, first.shape[1] :, first.shape[2] :] = second
    return both
