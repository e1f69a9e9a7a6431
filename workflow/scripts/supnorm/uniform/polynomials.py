"""Random polynomials on Q: a class that so many points determine as it has coefficients.

Remarks 1.2 and 1.3 of the paper: an algorithm that knows the class errs by rounding alone.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.polynomial.chebyshev import chebder, chebroots, chebvander
from numpy.polynomial.legendre import leggauss

from supnorm.errors.exact import PiecewiseLinear
from supnorm.errors.measured import RunningErrors
from supnorm.streams import Stream, uniform_points
from supnorm.uniform.learning import Function, Learn, Query
from supnorm.uniform.references.algorithms import UnsuitableError

# So many points are held at once.
CHUNK = 8192


@dataclass(frozen=True)
class Polynomial:
    """A polynomial on Q = [-1/2, 1/2]^dim, by its `coefficients` in the basis of its degree."""

    dim: int
    degree: int
    coefficients: np.ndarray

    def values(self, points: np.ndarray) -> np.ndarray:
        """Return the values [count] at points [count, dim]."""
        return basis(points, self.degree) @ self.coefficients


def coefficient_count(dim: int, degree: int) -> int:
    """Return how many coefficients a polynomial of a total degree has: binom(degree + dim, dim)."""
    return math.comb(degree + dim, dim)


def basis(points: np.ndarray, degree: int) -> np.ndarray:
    """Return the basis at points [count, dim], [count, coefficients].

    It has the products of Chebyshev polynomials T_k(2 x_i) whose degrees k add up to `degree` or
    less; in one dimension they are sorted by k.
    """
    dim = points.shape[1]
    degrees = [ks for ks in product(range(degree + 1), repeat=dim) if sum(ks) <= degree]
    factors = chebvander(2 * points, degree)
    return factors[:, np.arange(dim), degrees].prod(axis=2)


def random_polynomials(count: int, dim: int, degree: int) -> list[Polynomial]:
    """Return so many random polynomials of a total degree.

    Coefficients are uniform on [-1, 1], then divided by the sum of their absolute values. So no
    value is above 1, since no Chebyshev polynomial is.
    """

    def coefficients(number: int) -> np.ndarray:
        stream = Stream("polynomial", degree=degree, dim=dim, number=number)
        drawn = 2 * stream.uniform(coefficient_count(dim, degree)) - 1
        return drawn / np.abs(drawn).sum()

    return [Polynomial(dim, degree, coefficients(number)) for number in range(count)]


# Algorithms


def fitted(points: np.ndarray, values: np.ndarray, degree: int) -> Polynomial:
    """Return the polynomial of least squares; of several, the one of least coefficients."""
    coefficients = np.linalg.lstsq(basis(points, degree), values)[0]
    return Polynomial(points.shape[1], degree, coefficients)


def chebyshev_points(stream: Stream | None, samples: int, dim: int) -> np.ndarray:
    """Return the zeros of T_m(2x) for m = `samples`, [samples, 1]; nothing is drawn.

    Raises UnsuitableError unless d = 1.
    """
    if dim > 1:
        raise UnsuitableError(f"dimension {dim} is more than 1")
    return np.cos(np.pi * (np.arange(samples) + 0.5) / samples)[:, None] / 2


# Where an algorithm that knows the class asks.
POINTS = {"chebyshev": chebyshev_points, "least_squares": uniform_points}


def knowing(degree: int, points: Callable[[Stream, int, int], np.ndarray]) -> Learn:
    """Return least squares among polynomials of a degree, from one of POINTS, as `learn`."""

    def learn(query: Query, samples: int, dim: int, stream: Stream) -> Function:
        asked = points(stream, samples, dim)
        return fitted(asked, query(asked), degree).values

    return learn


# Errors


def fit_distance(target: Polynomial, function: Function) -> tuple[float, float]:
    """Return the L^inf and L^2 distance of two polynomials of one degree, d = 1.

    Their difference is found from as many values as it has coefficients.
    """
    nodes = chebyshev_points(None, target.degree + 1, 1)
    difference = fitted(nodes, target.values(nodes) - function(nodes), target.degree)
    return distance(difference, PiecewiseLinear(np.array([-0.5, 0.5]), np.zeros(2)))


def distance(polynomial: Polynomial, line: PiecewiseLinear) -> tuple[float, float]:
    """Return the L^inf and L^2 distance to a piecewise linear function; inf if that is not finite.

    On each piece the difference is a polynomial: it is largest at an end, or where the slopes
    agree, and Gauss's rule integrates its square.
    """
    if not np.isfinite(line.values).all():
        return math.inf, math.inf
    starts, lengths = line.places[:-1], np.diff(line.places)
    slopes = np.diff(line.values) / lengths
    derivative = 2 * chebder(polynomial.coefficients)

    def turns(start: float, length: float, slope: float) -> np.ndarray:
        # A root elsewhere, or not real, gives one more place of the piece, which does no harm.
        roots = chebroots([derivative[0] - slope, *derivative[1:]]).real / 2
        return roots.clip(start, start + length)

    def differences(places: np.ndarray) -> np.ndarray:
        return polynomial.values(places[:, None]) - line.at(places)

    places = [line.places, *map(turns, starts, lengths, slopes)]
    nodes, weights = leggauss(max(polynomial.degree, 1) + 1)
    inner = starts[:, None] + lengths[:, None] * (nodes + 1) / 2
    squares = differences(inner.ravel()).reshape(inner.shape) ** 2
    return (
        float(np.abs(differences(np.concatenate(places))).max()),
        math.sqrt(lengths @ squares @ weights / 2),
    )


def sampled_distances(
    targets: Sequence[Polynomial], functions: Sequence[Function], points: int
) -> list[tuple[float, float]]:
    """Return L^inf and L^2 distances of each pair on the first uniform points of evaluation."""
    dim = targets[0].dim
    stream, running = Stream("evaluation", dim=dim), RunningErrors(len(targets), dim)
    for start in range(0, points, CHUNK):
        met = uniform_points(stream, min(CHUNK, points - start), dim)
        pairs = zip(targets, functions, strict=True)
        running.add(met, np.stack([function(met) - u.values(met) for u, function in pairs]))
    norms = running.errors().norms
    return list(zip(norms["inf"].tolist(), norms["2"].tolist(), strict=True))
