"""Bounds of widths, pieces and errors as plain numbers (theory.md, part 3, S4.2 and S4.7).

A width m and a number of hidden layers h are those of ReLU networks; h = 1 is "depth 2" in the
literature, and L = h + 1 affine layers here. What may exceed a float is an integer, or a log10.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import jv

# S3.2: what every function of Theorem 1.1's shallow networks misses in L^1.
TELGARSKY_ERROR = 1 / 64
# S3.7: the squared error that the lower bound is for, 1 / (50 e^2 pi^2).
DANIELY_SQUARE = 1 / (50 * math.e**2 * math.pi**2)


# Pieces, and the sawtooth T^k


def pieces_bound(widths: Sequence[int]) -> int:
    """The product of m_l + 1: no network of one input has more pieces (S3.3, S4.7).

    `widths` are those of the hidden layers. The integer is exact, and `math.log10` takes it.
    """
    return math.prod(width + 1 for width in widths)


def width_needed(compositions: int, hidden_layers: int) -> int:
    """The least m with (m+1)^h >= 2^k, ceil(2^(k/h)) - 1, exact (S3.4).

    With h hidden layers of a smaller width the uniform error against T^k is at least 1/2.
    """
    _require("compositions", compositions, 1)
    _require("hidden_layers", hidden_layers, 1)
    low, high = 0, 2 ** -(-compositions // hidden_layers)
    while high - low > 1:  # low^h < 2^k <= high^h
        middle = (low + high) // 2
        low, high = (middle, high) if middle**hidden_layers < 2**compositions else (low, middle)
    return high - 1


def width_sufficient(compositions: int, hidden_layers: int) -> int:
    """2^ceil(k/h): h hidden layers of this width represent T^k, without a skip (S3.4)."""
    _require("compositions", compositions, 1)
    _require("hidden_layers", hidden_layers, 1)
    return 2 ** -(-compositions // hidden_layers)


def best_uniform_error(compositions: int, width: int, skip: bool = False) -> float:
    """The least uniform error of one hidden layer against T^k (S3.4): a cliff.

    1/2 up to width 2^k - 2, where the constant 1/2 is a best approximation, and 0 from 2^k on. At
    width 2^k - 1 it is 0 with an affine `skip`; without one it lies strictly between and is NaN,
    not known, but for k = 1, where a single ReLU is monotone and 1/2 is the least.
    """
    _require("compositions", compositions, 1)
    _require("width", width, 0)
    pieces = 2**compositions
    if width < pieces - 1:
        return 0.5
    if width >= pieces or skip:
        return 0.0
    return 0.5 if compositions == 1 else math.nan


def l1_floor(compositions: int, pieces: int) -> float:
    """(1 - (2P+3) / 2^k) / 8, or 0: the L^1 error of P pieces against T^k is no less (S3.4)."""
    _require("compositions", compositions, 1)
    _require("pieces", pieces, 1)
    count = 2**compositions
    return max(0, count - 2 * pieces - 3) / count / 8


def sawtooth_lipschitz(compositions: int) -> float:
    """2^k, the Lipschitz constant of T^k (S3.1). On the cube, that of a parity of bits is 1."""
    return 2.0**compositions


# The square x^2 and the product xy


def square_error(terms: int) -> float:
    """2^(-2m-2), the uniform error of f_m against x^2 on [0, 1], exactly (S4.2)."""
    return 2.0 ** (-2 * terms - 2)


def product_error(terms: int) -> float:
    """2^(-2m-1), the uniform error of the gate of f_m against xy on [0, 1]^2, exactly (S4.2)."""
    return 2.0 ** (-2 * terms - 1)


def square_best(pieces: int) -> float:
    """1 / (8 P^2), the least uniform error of P affine pieces against x^2 on [0, 1] (S4.2)."""
    _require("pieces", pieces, 1)
    return 1 / (8 * pieces**2)


def square_floor(hidden_layers: int, width: int) -> float:
    """1 / (8 (m+1)^(2h)): h hidden layers of width m err by no less against x^2 (S4.2)."""
    return square_best(pieces_bound([width] * hidden_layers))


# Telgarsky


@dataclass(frozen=True)
class Telgarsky:
    """What Theorem 1.1 says for a k (S3.2).

    A network of `layers` and `nodes` with `pieces` = 2^(k^3+4) pieces, which every network of at
    most k = `shallow_layers` layers and 2^k = `shallow_nodes` ReLUs misses by `error` in L^1.
    """

    layers: int
    nodes: int
    pieces: int
    pieces_log10: float
    shallow_layers: int
    shallow_nodes: int
    error: float


def telgarsky(k: int) -> Telgarsky:
    """The numbers of Theorem 1.1 (S3.2): 2k^3+8 layers, 3k^3+12 nodes, 2^(k^3+4) pieces."""
    _require("k", k, 1)
    applied = k**3 + 4
    digits = applied * math.log10(2)
    return Telgarsky(2 * applied, 3 * applied, 2**applied, digits, k, 2**k, TELGARSKY_ERROR)


# Daniely


def dimension_of_polynomials(dim: int, degree: int) -> int:
    """N_{d,n} = (2n+d-2) (n+d-3)! / (n! (d-2)!), exact (S3.7).

    The dimension of the spherical harmonics of degree n on the sphere of R^d.
    """
    _require("dim", dim, 2)
    _require("degree", degree, 1)
    rising = math.perm(degree + dim - 3, dim - 3) if dim > 2 else 1
    scale = math.factorial(dim - 2) * (1 if dim > 2 else degree)
    return (2 * degree + dim - 2) * rising // scale


def daniely_lower_log10(dim: int) -> float:
    """log10 of the width that one hidden layer needs for sin(pi d^3 <x, x'>) (S3.7).

    sqrt(N_{d,d^2}) / (20 e pi (2^(2d) (1 + sqrt(4d)) + 2^(d+1))), at squared error DANIELY_SQUARE
    and weights up to 2^d. Negative where the bound says nothing.
    """
    # Divided by 2^(2d), which alone would exceed a float from d = 512 on.
    size = 20 * math.e * math.pi * (1 + math.sqrt(4 * dim) + 2.0 ** (1 - dim))
    scale = math.log10(size) + 2 * dim * math.log10(2)
    return math.log10(dimension_of_polynomials(dim, dim**2)) / 2 - scale


def daniely_upper_log10(dim: int) -> float:
    """log10 of 16 pi d^5 / epsilon, a width at which two hidden layers are enough (S3.7).

    epsilon is the error whose square the lower bound is for, the root of DANIELY_SQUARE; the
    weights are at most 2 pi d^3.
    """
    _require("dim", dim, 1)
    return math.log10(16 * math.pi / math.sqrt(DANIELY_SQUARE)) + 5 * math.log10(dim)


def daniely_crossing() -> int:
    """The first d at which Daniely's lower bound exceeds the upper one (S3.7)."""
    dim = 2
    while daniely_lower_log10(dim) <= daniely_upper_log10(dim):
        dim += 1
    return dim


def daniely_lipschitz(dim: int) -> float:
    """pi d^3, the Lipschitz constant of Daniely's target in the inner product <x, x'> (S3.7)."""
    return math.pi * dim**3


# The inner product modulo 2


def construction_weights(dim: int) -> int:
    """max(4, d-1), the largest parameter of the deep network for the inner product (S3.5, S3.6)."""
    _require("dim", dim, 1)
    return max(4, dim - 1)


def inner_product_width(dim: int, weights: float | None = None, epsilon: float = 0.0) -> float:
    """The width that one hidden layer needs for the inner product of d bits (S3.6).

    (1 - epsilon - A/2^d) 2^(d/2) / ((d+1) (2d+1) A^2), or 0, at L^2 error epsilon and parameters
    up to A = `weights`: those of the deep network where None.
    """
    _require("dim", dim, 1)
    size = construction_weights(dim) if weights is None else weights
    gain = max(0.0, 1 - epsilon - size * 2.0**-dim)
    return gain * 2.0 ** (dim / 2) / ((dim + 1) * (2 * dim + 1) * size**2)


# Eldan and Shamir


def ball_radius(dim: int) -> float:
    """R_d, the radius of the ball of volume 1, between sqrt(d)/5 and sqrt(d)/2 (S3.8)."""
    _require("dim", dim, 1)
    return math.exp(math.lgamma(dim / 2 + 1) / dim) / math.sqrt(math.pi)


def radial_density(dim: int, radii: np.ndarray) -> np.ndarray:
    """phi^2 at points of these positive lengths, of any shape (S3.8).

    phi(x) = (R_d/|x|)^(d/2) J_{d/2}(2 pi R_d |x|), the Fourier transform of the ball of volume 1;
    it tends to 1 at 0.
    """
    radius = ball_radius(dim)
    return (radius / radii) ** dim * jv(dim / 2, 2 * math.pi * radius * radii) ** 2


def shells(dim: int, alpha: float, gamma: float) -> np.ndarray:
    """The ends of the N = gamma d^2, rounded up, intervals Delta_i, shape [N, 2] (S3.8).

    They cut [alpha sqrt(d), 2 alpha sqrt(d)] evenly. The theorem leaves alpha and gamma open.
    """
    count = math.ceil(gamma * dim**2)
    ends = (1 + np.arange(count + 1) / count) * alpha * math.sqrt(dim)
    return np.stack([ends[:-1], ends[1:]], axis=1)


def good_shells(dim: int, intervals: np.ndarray) -> np.ndarray:
    """Which intervals [N, 2] are good, J_{d/2}^2(2 pi R_d x) >= 1 / (80 pi R_d x) all through them.

    Looked at are both ends, and that J has one sign there (S3.8). That is enough for intervals in
    which J has at most one zero and 2 pi R_d x > d/2, where sqrt(x) |J| is concave between zeros.
    """
    radius = ball_radius(dim)
    waves = jv(dim / 2, 2 * math.pi * radius * intervals)
    high = waves**2 >= 1 / (80 * math.pi * radius * intervals)
    return high.all(axis=1) & (waves[:, 0] * waves[:, 1] > 0)


def _require(name, value, least):
    if not value >= least:
        raise ValueError(f"{name} is {value}, but must be at least {least}.")
