"""Functions of bounded Fourier moment: constants, bounds, random networks (S4.1, S4.9).

The constant of f is C_f, the integral of |omega| |F|(d omega) where f(x) is the integral of
e^(i omega·x) F(d omega). The ball has radius sqrt(d)/2: it holds a cube of unit volume.
"""

import math
from functools import lru_cache

import numpy as np
from scipy.special import gammaincinv, ndtri

from supnorm.streams import Stream

_MANY = 1 << 40  # lattice points beyond so many are not told apart


def gaussian_constant(dim: int) -> float:
    """C_f of e^(-|x|²/2): sqrt(2) Γ((d+1)/2) / Γ(d/2), the mean length of a Gaussian (S4.1)."""
    _require_whole("dim", dim)
    return math.sqrt(2) * math.exp(math.lgamma((dim + 1) / 2) - math.lgamma(dim / 2))


def smooth_parity_constant(dim: int) -> float:
    """C_f of the product of x_i e^((1-x_i²)/2), whose uniform norm is 1 (S4.1c).

    (2e/π)^(d/2) sqrt(2) Γ(d+1/2) / Γ(d), which grows like 1.3155^d sqrt(d).
    """
    _require_whole("dim", dim)
    lengths = math.lgamma(dim + 0.5) - math.lgamma(dim)
    return math.sqrt(2) * math.exp(dim / 2 * math.log(2 * math.e / math.pi) + lengths)


def ball_radius(dim: int) -> float:
    """sqrt(d)/2, the radius of the ball around a cube of unit volume."""
    return math.sqrt(dim) / 2


def barron_bound(dim: int, terms: int, constant: float) -> float:
    """2 r C / sqrt(n), r = sqrt(d)/2: Barron's bound on the rms error of n = `terms` units (S4.1).

    For C_f <= C = `constant` and any probability measure on the ball of radius r.
    """
    _require_whole("terms", terms)
    return 2 * ball_radius(dim) * constant / math.sqrt(terms)


def lattice_norm(rank: int, dim: int) -> float:
    """K_j, the j-th smallest |k| over whole k other than 0 in d dimensions, up to sign (S4.1b)."""
    return math.sqrt(lattice_square(rank, dim))


def lattice_square(rank: int, dim: int) -> int:
    """K_j² for j = `rank`, exact: the least m for which 2j whole vectors have 0 < |k|² <= m.

    Raises ValueError unless 1 <= j < 2^39.
    """
    _require_whole("dim", dim)
    _require_whole("rank", rank)
    if 2 * rank >= _MANY:
        raise ValueError(f"rank is {rank}, but must be below 2^39.")
    if dim == 1:
        return rank**2
    length = 16
    while (counts := _ball_counts(dim, length))[-1] <= 2 * rank:
        length *= 2
    return int(np.searchsorted(counts, 2 * rank + 1))  # the vector 0 counts among them


def linear_bound(dim: int, terms: int, constant: float) -> float:
    """C / (4 π K_(2n)): no n-dimensional space comes closer to all f with C_f <= C (S4.1b).

    The error is that of L^2 on the unit cube, n = `terms` and C = `constant`.
    """
    _require_whole("terms", terms)
    return constant / (4 * math.pi * lattice_norm(2 * terms, dim))


def grid_error(dim: int, cells: int) -> float:
    """d / (4N²): the uniform error of multilinear interpolation of |x|² (S4.1b).

    On a grid of N = `cells` cells a side of the unit cube, thus with (N+1)^d values.
    """
    _require_whole("cells", cells)
    return dim / (4 * cells**2)


def uniform_bounds(dim: int, samples: int, constant: float) -> tuple[float, float]:
    """Bounds of the least worst uniform error from m = `samples` values, on C_f <= C (S4.9).

    (C / (4 sqrt(3d) (N+1)), sqrt(d) C / (2N)) with N = floor(m^(1/d)): below the first no
    deterministic method stays on the unit cube, adaptive or not, and cell centres reach the second.
    """
    _require_whole("dim", dim)
    _require_whole("samples", samples)
    side = _whole_root(samples, dim)
    lower = constant / (4 * math.sqrt(3 * dim) * (side + 1))
    return lower, math.sqrt(dim) * constant / (2 * side)


def ball_points(dim: int, count: int) -> np.ndarray:
    """Return uniform points of the ball of radius sqrt(d)/2, shape [count, dim] (S4.1).

    They come from the stream `ball;dim=`.
    """
    stream = Stream("ball", dim=dim)
    radii = ball_radius(dim) * stream.uniform(count) ** (1 / dim)
    return radii[:, None] * _directions(stream, count, dim)


def random_steps(dim: int, terms: int, repeat: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the random steps whose mean is e^(-|x|²/2) - 1 on the ball (S4.1).

    Step i is h_i 1{v_i·x > t_i}: returns directions v [terms, dim], thresholds t [terms] and
    heights h [terms]. On the ball of radius r, cos(omega·x) - 1 for v·x > 0 along
    v = omega/|omega| is the integral over t from 0 to r of -|omega| sin(|omega| t) 1{v·x > t}, and
    the same for -v where v·x < 0. So with omega of density |omega|/C times that of the standard
    Gaussian, whose moment is C, and t uniform on [0, r], the height is -2 r C sin(|omega| t).
    Each number has a stream `steps;dim=;part=;repeat=`, so that more terms only add steps.
    """
    parts = {
        part: Stream("steps", dim=dim, repeat=repeat, part=part)
        for part in ("direction", "length", "threshold")
    }
    directions = _directions(parts["direction"], terms, dim)
    lengths = np.sqrt(2 * gammaincinv((dim + 1) / 2, parts["length"].uniform(terms)))
    thresholds = ball_radius(dim) * parts["threshold"].uniform(terms)
    largest = 2 * ball_radius(dim) * gaussian_constant(dim)
    return directions, thresholds, -largest * np.sin(lengths * thresholds)


def step_network_errors(
    dim: int, terms: list[int], repeats: int, points: int = 2000
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rms and largest errors of networks of n random steps for e^(-|x|²/2) (S4.1).

    Both have shape [repeats, len(terms)]. The network is 1 plus the mean of the first n steps, on
    random points of the ball; the largest of these errors is a lower end of the uniform error.
    `terms` increases.
    """
    places = ball_points(dim, points)
    values = np.exp(-(places**2).sum(axis=1) / 2)
    errors = [
        np.abs(_step_networks(dim, terms, repeat, places) - values[:, None])
        for repeat in range(repeats)
    ]
    rms = [np.sqrt((error**2).mean(axis=0)) for error in errors]
    return np.array(rms), np.array([error.max(axis=0) for error in errors])


def _step_networks(dim, terms, repeat, points):
    """Return the values at points of the networks of so many steps each, [points, len(terms)]."""
    directions, thresholds, heights = random_steps(dim, terms[-1], repeat)
    sums = [
        (points @ directions[first:last].T > thresholds[first:last]) @ heights[first:last]
        for first, last in zip([0, *terms[:-1]], terms, strict=True)
    ]
    return 1 + np.cumsum(sums, axis=0).T / terms


def _directions(stream, count, dim):
    """Return uniform unit vectors, [count, dim]: those of Gaussian ones, made by inversion."""
    gaussian = ndtri(stream.uniform(count, dim) + 2.0**-54)
    return gaussian / np.linalg.norm(gaussian, axis=1, keepdims=True)


@lru_cache(maxsize=64)
def _ball_counts(dim, length):
    """Return how many whole vectors have |k|² <= m, for m below `length`; at most about 2^40.

    The numbers of vectors of each |k|² are the coefficients of a power of the theta series
    1 + 2q + 2q^4 + 2q^9 + …, here multiplied out; those beyond 2^40 stay there.
    """
    shells = np.zeros(length, dtype=np.int64)
    shells[0] = 1
    for _ in range(dim):
        product = shells.copy()
        for root in range(1, math.isqrt(length - 1) + 1):
            product[root**2 :] += 2 * shells[: length - root**2]
        shells = np.minimum(product, _MANY)
    return np.minimum(np.cumsum(shells), _MANY)


def _whole_root(value, degree):
    """The floor of value^(1/degree), exact."""
    root = round(value ** (1 / degree))
    while root**degree > value:
        root -= 1
    while (root + 1) ** degree <= value:
        root += 1
    return root


def _require_whole(name, value):
    if not (isinstance(value, int) and value >= 1):
        raise ValueError(f"{name} is {value}, but must be a whole number from 1 up.")
