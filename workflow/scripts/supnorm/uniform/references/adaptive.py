"""Adaptive algorithms: where they ask next depends on what they have seen (S1.3, Remark 1.5)."""

from functools import cache, lru_cache

import numpy as np
from scipy.linalg import cho_solve
from scipy.spatial.distance import cdist

from supnorm.streams import Stream
from supnorm.uniform.learning import Function, Query
from supnorm.uniform.references.algorithms import (
    DENSE,
    LENGTHS,
    NUGGET,
    UnsuitableError,
    conditioned,
    matern,
)
from supnorm.uniform.references.hermite import equispaced
from supnorm.uniform.theory.bounds import integer_root

# A kink is looked for no nearer to an end of its interval than this share of it.
EDGE = 1 / 16
# Expected errors that are smaller than this share of a value and of an interval are rounding, and
# the longest interval comes next.
FLOOR = 1e-12
# Up to so many points a Gaussian process is asked where its variance is largest, among at least so
# many candidates a point; the first share of the points decides its length scale.
GREEDY, CANDIDATES, FIRST = 2000, 4, 4
# By symmetry variances are equal up to rounding, and the first such candidate is taken: else the
# processor would decide.
TIE = 1e-6


def refinement(query: Query, samples: int, dim: int, stream: Stream) -> Function:
    """Interpolate linearly, asking where the interpolant is expected to err most.

    The first half of the points is equispaced. Then the interval comes next whose neighbours,
    extended into it, meet farthest from the interpolant; it is divided where they meet, at the
    kink if there is one alone. Raises UnsuitableError unless d = 1, and above DENSE points.
    """
    if samples > DENSE:
        raise UnsuitableError(f"{samples} points are more than {DENSE}")
    x = equispaced(min(samples, max(2, (samples + 1) // 2)), dim)
    u = query(x[:, None])
    while len(x) < samples:
        errors, places = expected_errors(x, u)
        worst = int(errors.argmax())
        asked = places[worst]
        x = np.insert(x, worst + 1, asked)
        u = np.insert(u, worst + 1, query([[asked]]))
    return lambda at: np.interp(at[:, 0], x, u)


def expected_errors(x: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what interpolants of values u at increasing x err by on each interval, and where.

    Expected is one kink an interval: with a and b the differences of its slope to those before
    and behind, it errs by h ab / (a + b) at the share b / (a + b) of its length h. The interval at
    an end counts its only neighbour twice.
    """
    lengths = np.diff(x)
    slopes = np.diff(u) / lengths
    bends = np.abs(np.diff(slopes))
    if len(bends) == 0:
        return lengths, x[:-1] + lengths / 2
    before, behind = np.append(bends[0], bends), np.append(bends, bends[-1])
    both = before + behind
    share = np.divide(behind, both, out=np.full(len(both), 0.5), where=both > 0)
    errors = lengths * (before * share + FLOOR * np.abs(u).max())
    return errors, x[:-1] + lengths * share.clip(EDGE, 1 - EDGE)


def adaptive_gaussian_process(query: Query, samples: int, dim: int, stream: Stream) -> Function:
    """Predict the mean of a Matérn-3/2 process, asking where its variance is largest.

    A quarter of the points is asked for with the length scale 1, then the likeliest of LENGTHS
    takes its place. Candidates are a grid on Q. Raises UnsuitableError above GREEDY points.
    """
    if samples > GREEDY:
        raise UnsuitableError(f"{samples} points are more than {GREEDY}")
    first, grid = _first(samples, dim), _candidates(samples, dim)
    values = query(grid[first])
    distances, residual = cdist(grid[first], grid[first]), (values - values.mean())[:, None]
    losses = [conditioned(distances, residual, length)[1][0] for length in LENGTHS]
    length = float(LENGTHS[np.argmin(losses)])
    points, factor = _design(samples, dim, length)
    values = np.append(values, query(points[len(first) :]))
    mean = values.mean()
    weights = cho_solve((factor, True), values - mean)
    return lambda at: _covariances(samples, dim, length, at.tobytes()) @ weights + mean


# Points depend on values by the length scale alone, so that targets share them.


@cache
def _first(samples: int, dim: int) -> list[int]:
    return _chosen(_candidates(samples, dim), 1.0, [], -(-samples // FIRST))[0]


@cache
def _design(samples: int, dim: int, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Return all points asked for, [samples, dim], and the factor of their covariance."""
    grid = _candidates(samples, dim)
    chosen, factor = _chosen(grid, length, _first(samples, dim), samples)
    return grid[chosen], factor


@lru_cache(maxsize=len(LENGTHS))
def _covariances(samples: int, dim: int, length: float, at: bytes) -> np.ndarray:
    """Return the covariances of the values at some points with those asked for."""
    points, _ = _design(samples, dim, length)
    return matern(cdist(np.frombuffer(at).reshape(-1, dim), points), length)


def _chosen(
    grid: np.ndarray, length: float, begun: list[int], count: int
) -> tuple[list[int], np.ndarray]:
    """Return `begun` and the candidates of the largest variance, one after another, and a factor.

    The factor is the lower Cholesky factor of the covariance of the chosen: its rows for all
    candidates grow by one column a point.
    """
    columns, variance = np.empty((count, len(grid))), np.full(len(grid), 1 + NUGGET)
    chosen: list[int] = []
    for k in range(count):
        emptiest = variance >= variance.max() * (1 - TIE)
        one = begun[k] if k < len(begun) else int(emptiest.argmax())
        column = matern(cdist(grid[[one]], grid)[0], length)
        column -= columns[:k, one] @ columns[:k]
        root = np.sqrt(max(variance[one], NUGGET))
        columns[k] = column / root
        columns[k, one] = root
        variance -= columns[k] ** 2
        chosen.append(one)
        # Rounding must not ask for a point again.
        variance[chosen] = -1
    return chosen, np.tril(columns[:, chosen].T)


def _candidates(samples: int, dim: int) -> np.ndarray:
    """Return a grid on Q with its faces, [side^dim, dim], of CANDIDATES a point or more."""
    side = integer_root(CANDIDATES * samples - 1, dim) + 1
    line = np.linspace(-0.5, 0.5, side)
    return np.stack(np.meshgrid(*[line] * dim, indexing="ij"), axis=-1).reshape(-1, dim)
