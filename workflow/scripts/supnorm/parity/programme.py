"""Interpolants of least norm over a dictionary of neurons, by linear programming (S2.10).

The dictionary is finite, so the value lies above the least norm over all neurons, or at it.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import linprog

from supnorm.cube import corners
from supnorm.job.programs import InputError
from supnorm.parity.cube import directions
from supnorm.streams import Stream


@dataclass(frozen=True)
class Dictionary:
    """Neurons relu(w·x + b): `weights` of shape [neurons, dim] and `biases` of shape [neurons]."""

    weights: np.ndarray
    biases: np.ndarray

    def __len__(self) -> int:
        """Return the number of neurons."""
        return len(self.biases)

    def values(self, points: np.ndarray) -> np.ndarray:
        """Return the values of all neurons, shape [points, neurons]."""
        return (points @ self.weights.T + self.biases).clip(min=0)


@dataclass(frozen=True)
class Solution:
    """A combination of a dictionary's neurons and an affine function.

    `norm` is the sum of |coefficients|; `residual` is by how much the values at the given points
    differ from the given ones beyond what was allowed.
    """

    dictionary: Dictionary
    norm: float
    coefficients: np.ndarray
    slope: np.ndarray
    offset: float
    residual: float

    def values(self, points: np.ndarray) -> np.ndarray:
        """Return the values at points of shape [points, dim]."""
        return (
            self.dictionary.values(points) @ self.coefficients + points @ self.slope + self.offset
        )


def sign_dictionary(dim: int) -> Dictionary:
    """Return unit neurons along all sign vectors, with hyperplanes through corners (S2.10).

    The thresholds of a sign vector are the values inside (-d, d) that it takes on the cube; at -d a
    neuron would be affine there. One orientation is enough where affine functions are free.
    """
    return _lattice(directions(dim))


def lattice_dictionary(dim: int) -> Dictionary:
    """Return unit neurons along all directions of {-1, 0, 1}^dim, up to sign, as those of signs."""
    vectors = np.array([*product((1.0, 0.0, -1.0), repeat=dim)])
    return _lattice(vectors[: len(vectors) // 2])


def _lattice(vectors: np.ndarray) -> Dictionary:
    """Return the neurons along vectors of entries -1, 0, 1 at the values that each takes inside."""
    lengths = np.abs(vectors).sum(axis=1).astype(int)
    biases = [np.arange(2 - length, length, 2) for length in lengths]
    repeats = [len(part) for part in biases]
    scale = np.repeat(np.sqrt(lengths), repeats)
    return Dictionary(
        np.repeat(vectors, repeats, axis=0) / scale[:, None], np.concatenate(biases) / scale
    )


def tie_breaking_costs(seed: int, dim: int, neurons: int) -> np.ndarray:
    """Return the costs 1 + u/10^6, u uniform, that make an optimum unique, shape [neurons] (S2.10).

    They come from the stream `costs;dim=;seed=`.
    """
    return 1 + 1e-6 * Stream("costs", dim=dim, seed=seed).uniform(neurons)


def least_norm(
    dictionary: Dictionary,
    points: np.ndarray,
    values: np.ndarray,
    epsilon: float = 0.0,
    costs: np.ndarray | None = None,
    affine: bool = True,
) -> Solution:
    """Return the combination of least sum of costs |a| that is within epsilon of the values.

    `points` has shape [n, dim] and `values` [n]; `costs`, of shape [neurons], are 1 if not given.
    An affine function is free, or absent without `affine`; of those that agree at the points, which
    may not span the space, it is the shortest. Raises InputError where there is no such
    combination.
    """
    neurons, dim = dictionary.weights.shape
    columns = dictionary.values(points)
    free = np.column_stack([points, np.ones(len(points))]) if affine else np.empty((len(points), 0))
    matrix = np.hstack([columns, -columns, free])
    costs = np.ones(neurons) if costs is None else costs
    limits = (
        {"A_eq": matrix, "b_eq": values}
        if epsilon == 0
        else {
            "A_ub": np.vstack([matrix, -matrix]),
            "b_ub": np.concatenate([values + epsilon, epsilon - values]),
        }
    )
    result = linprog(
        np.concatenate([costs, costs, np.zeros(free.shape[1])]),
        **limits,
        bounds=[(0, None)] * (2 * neurons) + [(None, None)] * free.shape[1],
        method="highs-ds",
        options={"presolve": False},  # the same optimum in two thirds of the time at d = 10
    )
    if not result.success:
        raise InputError(f"the linear programme of {neurons} neurons failed: {result.message}")
    coefficients = result.x[:neurons] - result.x[neurons : 2 * neurons]
    rest = np.zeros(dim + 1)
    if affine:
        rest = np.linalg.pinv(free) @ (free @ result.x[2 * neurons :])
    fitted = columns @ coefficients + points @ rest[:dim] + rest[dim]
    residual = max(0.0, float(np.abs(fitted - values).max()) - epsilon)
    size = float(np.abs(coefficients).sum())
    return Solution(dictionary, size, coefficients, rest[:dim], float(rest[dim]), residual)


def penalised_norm(dim: int) -> float:
    """Return the least norm of an interpolant of the parity where biases are penalised (S2.6c).

    The neurons are v·x + j over sign vectors v and whole |j| < dim, scaled so that weights and bias
    together have length 1.
    """
    vectors = directions(dim)
    biases = np.arange(1 - dim, dim)
    scale = np.sqrt(dim + np.tile(biases, len(vectors)) ** 2)
    dictionary = Dictionary(
        np.repeat(vectors, len(biases), axis=0) / scale[:, None],
        np.tile(biases, len(vectors)) / scale,
    )
    points = corners(dim)
    return least_norm(dictionary, points, points.prod(axis=1)).norm
