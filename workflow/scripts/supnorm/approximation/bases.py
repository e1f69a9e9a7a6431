"""Uniform errors on [-1, 1] of classical bases, and of a deep network, at equal size (S4.2, S4.3).

`terms` n stands for n+1 numbers: a polynomial or cosine sum of degree n, or a piecewise linear
function of n equal pieces. Suprema are over 40 001 equal steps of [-1, 1] unless a closed form is
named. An error near 1e-14 is rounding.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from scipy.fft import dct

GRID = np.linspace(-1, 1, 40_001)


@dataclass(frozen=True)
class Target:
    """A function on [-1, 1].

    `tangents`, where it is given, returns all points at which the slope is among the given ones
    [slopes], and kinks: among them is where a function is farthest from its chords.
    """

    function: Callable[[np.ndarray], np.ndarray]
    tangents: Callable[[np.ndarray], np.ndarray] | None = None


def sine(halves: int) -> Target:
    """Return sin(halves π x), a target of `halves` full waves on [-1, 1]."""
    rate = halves * math.pi

    def tangents(slopes):
        first = np.arccos(np.clip(slopes / rate, -1, 1))[:, None]
        turns = 2 * math.pi * np.arange(-halves, halves + 1)
        return np.concatenate([first + turns, turns - first], axis=None) / rate

    return Target(lambda x: np.sin(rate * x), tangents)


def _exponential_tangents(slopes):
    return np.log(slopes)


def _tanh_tangents(slopes):
    points = np.arctanh(np.sqrt(np.clip(1 - slopes / 200, 0, 1 - 2**-52))) / 200
    return np.concatenate([points, -points])


TARGETS = {
    "abs": Target(np.abs, lambda slopes: np.zeros(1)),
    "exp": Target(np.exp, _exponential_tangents),
    "sin": sine(1),
    "sin_20": sine(20),
    "runge": Target(lambda x: 1 / (1 + 25 * x**2)),
    "tanh": Target(lambda x: np.tanh(200 * x), _tanh_tangents),
}


def chebyshev_error(target: Target, terms: int) -> float:
    """Return the uniform error of the polynomial of degree n through n+1 Chebyshev points (S4.3).

    The points are the roots of the Chebyshev polynomial of degree n+1.
    """
    coefficients = chebyshev.chebinterpolate(target.function, terms)
    return _sup(target.function(GRID) - chebyshev.chebval(GRID, coefficients))


def cosine_error(target: Target, terms: int) -> float:
    """Return the uniform error of the cosine series up to cos(n π (x+1)/2) (S4.3).

    The Fourier series of the even extension, of period 4; its coefficients are those of 2^15
    midpoints.
    """
    count = 1 << 15
    values = target.function((2 * np.arange(count) + 1) / count - 1)
    coefficients = dct(values)[: terms + 1] / count
    coefficients[0] /= 2
    sums = chebyshev.chebval(-np.sin(math.pi / 2 * GRID), coefficients)  # cos(k t) = T_k(cos t)
    return _sup(target.function(GRID) - sums)


def piecewise_error(target: Target, terms: int) -> float:
    """Return the uniform error of linear interpolation on n equal pieces (S4.3).

    Exact where the target's tangents are known, for there the error's extrema are.
    """
    knots = np.linspace(-1, 1, terms + 1)
    values = target.function(knots)
    points = GRID
    if target.tangents is not None:
        points = target.tangents(np.unique(np.diff(values) / np.diff(knots)))
        points = points[np.abs(points) <= 1]
    return _sup(target.function(points) - np.interp(points, knots, values))


METHODS = {
    "chebyshev": chebyshev_error,
    "cosine": cosine_error,
    "piecewise": piecewise_error,
}


def terms_needed(method: str, target: Target, error: float, most: int = 4096) -> int | None:
    """Return the least n of the method up to `most` whose error is at most `error`, or None (A6).

    Errors need not fall with n at first, so all n are tried.
    """
    return next((n for n in range(1, most + 1) if METHODS[method](target, n) <= error), None)


def deep_square(compositions: int) -> tuple[int, float]:
    """Return the neurons of Yarotsky's network for x² on [0, 1], and its uniform error (S4.2).

    f_m = x - sum of T^s(x)/4^s over s <= m, T the triangle map, m = `compositions`. It errs by
    2^(-2m-2) exactly, always upwards. Layer s has two neurons for T^s and, from the second on, one
    that carries the sum so far, which is never negative: 3m - 1 neurons in m layers.
    """
    return 3 * compositions - 1, 2.0 ** (-2 * compositions - 2)


def square_values(points: np.ndarray, compositions: int) -> np.ndarray:
    """Return f_m at points of [0, 1], by its network's layers (S4.2)."""
    teeth, total = points, points
    for layer in range(1, compositions + 1):
        teeth = 2 * teeth.clip(min=0) - 4 * (teeth - 0.5).clip(min=0)
        total = total.clip(min=0) - teeth / 4**layer
    return total


def square_error(compositions: int) -> float:
    """Return the measured uniform error of f_m to x² (S4.2).

    f_m is linear between multiples of 2^-m, so the multiples of 2^(-m-1) have the extremum.
    """
    points = np.arange(2 ** (compositions + 1) + 1) / 2.0 ** (compositions + 1)
    return _sup(square_values(points, compositions) - points**2)


def product_error(compositions: int) -> float:
    """Return the measured uniform error to xy of 2 f_m((x+y)/2) - f_m(x)/2 - f_m(y)/2 (S4.2).

    2^(-2m-1) on the unit square. On the multiples of 2^(-m-1), which have both ends of it.
    """
    axis = np.arange(2 ** (compositions + 1) + 1) / 2.0 ** (compositions + 1)
    x, y = axis[:, None], axis
    single = square_values(axis, compositions) / 2
    gate = 2 * square_values((x + y) / 2, compositions) - single[:, None] - single
    return _sup(gate - x * y)


def _sup(differences):
    return float(np.abs(differences).max(initial=0.0))
