"""Interpolation by the neural tangent kernel of wide shallow ReLU networks (S4.4, S2.11)."""

import math

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from supnorm.cube import corners


def neural_tangent(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the kernel (u+1) k_0 + k_1 of points, shape [len(left), len(right)] (S4.4).

    u is the cosine of the angle of the two points: x·x'/d on the cube.
    """
    lengths = np.outer(np.linalg.norm(left, axis=1), np.linalg.norm(right, axis=1))
    cosine = (left @ right.T / lengths).clip(-1, 1)
    away = math.pi - np.arccos(cosine)
    return ((cosine + 1) * away + cosine * away + np.sqrt(1 - cosine**2)) / math.pi


def interpolate(points: np.ndarray, labels: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the values of the interpolants of least kernel norm, shape [len(at), targets].

    `points` has shape [n, dim], `labels` [n, targets]. A point that was drawn again counts once.
    """
    _, first = np.unique(points, axis=0, return_index=True)
    factor = cho_factor(neural_tangent(points[first], points[first]))
    return neural_tangent(at, points[first]) @ cho_solve(factor, labels[first])


def errors_over_parities(dim: int, points: np.ndarray) -> float:
    """Return the rms over all 2^dim parities of the L^2 error on the cube of the interpolant.

    An interpolant is W y with W of shape [2^dim, n] and y the labels of the n points. As the
    parities are orthonormal, their mean square error at a corner x is |e_x - W_x|^2, where e_x has
    a 1 for x among all corners: 0 at a point, and 1 + |W_x|^2 elsewhere (S2.11).
    """
    cube = corners(dim)
    rule = interpolate(points, np.eye(len(points)), cube)
    unseen = (cube @ points.T < dim).all(axis=1)
    return math.sqrt((1 + (rule[unseen] ** 2).sum(axis=1)).sum() / len(cube))
