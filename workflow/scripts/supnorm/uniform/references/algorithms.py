"""Reference algorithms: classical ways to predict a function from its values at points of Q.

An algorithm takes points [count, dim] and the values [count, teachers] of all teachers there, and
returns a predictor of the values at any points. Teachers share points, and so factorisations, but
what is predicted for one depends on its own values alone. Adding an algorithm takes one function
and one entry of ALGORITHMS.
"""

from collections.abc import Callable

import numpy as np
from scipy.interpolate import CubicSpline, LinearNDInterpolator, RBFInterpolator
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.spatial import KDTree, QhullError
from scipy.spatial.distance import cdist

from supnorm.uniform.theory.bounds import integer_root

Predictor = Callable[[np.ndarray], np.ndarray]

# Up to so many points linear systems of all points are solved: at most 4 GB and some minutes.
DENSE = 10_000
# Beyond, radial basis functions take so many points, the nearest to where they predict.
NEIGHBOURS = 64
# Length scales among which a Gaussian process chooses, in sides of Q.
LENGTHS = 2.0 ** np.arange(-4, 3)
# Added to a Gaussian process's variance of 1, or points close together make it singular.
NUGGET = 1e-12


class UnsuitableError(ValueError):
    """An algorithm that so many points do not allow."""


def cell_centres(samples: int, dim: int) -> np.ndarray:
    """Return the points of Lemma B.3 (S1.15), [k^dim, dim] for k = floor(samples^(1/dim)).

    They are the centres of k^dim equal cubes that tile Q.
    """
    side = integer_root(samples, dim)
    line = (np.arange(side) + 0.5) / side - 0.5
    return np.stack(np.meshgrid(*[line] * dim, indexing="ij"), axis=-1).reshape(-1, dim)


def nearest(points: np.ndarray, values: np.ndarray) -> Predictor:
    """Predict the value at the nearest point: the algorithm of Lemma B.3 at its points (S1.15)."""
    tree = KDTree(points)
    return lambda at: values[tree.query(at)[1]]


def linear(points: np.ndarray, values: np.ndarray) -> Predictor:
    """Interpolate linearly on the Delaunay triangulation, and beyond its hull take the nearest.

    Raises UnsuitableError where the points span no simplex.
    """
    if points.shape[1] == 1:
        order = np.argsort(points[:, 0])
        knots, heights = points[order, 0], np.ascontiguousarray(values[order].T)
        return lambda at: np.stack([np.interp(at[:, 0], knots, h) for h in heights], axis=1)
    try:
        inside = LinearNDInterpolator(points, values)
    except QhullError:
        raise UnsuitableError(f"{len(points)} points span no simplex") from None
    beyond = nearest(points, values)

    def predict(at: np.ndarray) -> np.ndarray:
        predicted = inside(at)
        outside = np.isnan(predicted).any(axis=1)
        predicted[outside] = beyond(at[outside])
        return predicted

    return predict


def cubic(points: np.ndarray, values: np.ndarray) -> Predictor:
    """Interpolate by the cubic radial basis function r^3 and a linear polynomial.

    In one dimension that is the natural cubic spline, and is computed as one. Raises
    UnsuitableError as `linear`.
    """
    if points.shape[1] > 1 or len(points) < 2:
        return _radial(points, values, "cubic")
    order = np.argsort(points[:, 0])
    spline = CubicSpline(points[order, 0], values[order], bc_type="natural")

    def predict(at: np.ndarray) -> np.ndarray:
        inside = at[:, 0].clip(spline.x[0], spline.x[-1])
        return spline(inside) + spline(inside, 1) * (at - inside[:, None])

    return predict


def rbf(points: np.ndarray, values: np.ndarray) -> Predictor:
    """Interpolate by the radial basis function r^2 log r, a thin plate, and a linear polynomial.

    Raises UnsuitableError as `linear`.
    """
    return _radial(points, values, "thin_plate_spline")


def _radial(points: np.ndarray, values: np.ndarray, kernel: str) -> Predictor:
    neighbours = None if len(points) <= DENSE else NEIGHBOURS
    try:
        return RBFInterpolator(points, values, kernel=kernel, neighbors=neighbours)
    except (ValueError, LinAlgError):
        raise UnsuitableError(f"{len(points)} points span no simplex") from None


def gaussian_process(points: np.ndarray, values: np.ndarray) -> Predictor:
    """Predict the mean of a Matérn-3/2 process, conditioned on the values without noise.

    For each teacher the process has the mean of its values, and the variance and length scale
    (one of LENGTHS) of the largest likelihood. Raises UnsuitableError above DENSE points.
    """
    if len(points) > DENSE:
        raise UnsuitableError(f"{len(points)} points are more than {DENSE}")
    mean, distances = values.mean(axis=0), cdist(points, points)
    residual = values - mean
    losses, weights = [], []
    for length in LENGTHS:
        found, loss = conditioned(distances, residual, length)
        weights.append(found)
        losses.append(loss)
    best = np.argmin(losses, axis=0)

    def predict(at: np.ndarray) -> np.ndarray:
        distances, predicted = cdist(at, points), np.empty((len(at), len(mean)))
        for index in np.unique(best):
            chosen = best == index
            predicted[:, chosen] = matern(distances, LENGTHS[index]) @ weights[index][:, chosen]
        return predicted + mean

    return predict


def conditioned(
    distances: np.ndarray, residual: np.ndarray, length: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return a Matérn-3/2 process's weights [count, teachers], and how unlikely it makes these.

    `distances` [count, count] are those of points, `residual` [count, teachers] the values there
    less the mean. The second [teachers] is minus the logarithm of the likelihood at its best
    variance, up to constants.
    """
    covariance = matern(distances, length)
    np.fill_diagonal(covariance, 1 + NUGGET)
    factor, lower = cho_factor(covariance, overwrite_a=True)
    weights = cho_solve((factor, lower), residual)
    # A teacher that is constant on the sample has variance 0, and any length scale will do.
    variance = (residual * weights).mean(axis=0).clip(min=np.finfo(float).tiny)
    return weights, len(residual) / 2 * np.log(variance) + np.log(np.diag(factor)).sum()


def matern(distances: np.ndarray, length: float) -> np.ndarray:
    """Return the covariances of a Matérn-3/2 process of variance 1 at distances."""
    scaled = distances * (3**0.5 / length)
    covariance = np.exp(-scaled)
    scaled += 1
    covariance *= scaled
    return covariance


ALGORITHMS: dict[str, Callable[[np.ndarray, np.ndarray], Predictor]] = {
    "grid": nearest,
    "nearest": nearest,
    "linear": linear,
    "cubic": cubic,
    "rbf": rbf,
    "gaussian_process": gaussian_process,
}
# The points (samples, dim) of algorithms that choose their own; all others learn from the sample.
OWN_POINTS: dict[str, Callable[[int, int], np.ndarray]] = {"grid": cell_centres}
