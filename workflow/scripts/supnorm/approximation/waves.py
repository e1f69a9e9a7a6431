"""Sums of waves on [0, 1), the inputs by which a network sees the points, and what it learned.

The protocol of Rahaman et al. (2019), S4.4, and of Tancik et al. (2020), S4.6.
"""

import math

import numpy as np

from supnorm.streams import Stream

INPUTS = ("raw", "circle", "features")


def phases(frequencies: list[int], seed: int) -> np.ndarray:
    """Return a uniform phase in [0, 2π) for each frequency, shape [frequencies].

    From the streams `phase;frequency=;seed=`.
    """
    draws = [Stream("phase", frequency=k, seed=seed).uniform(1)[0] for k in frequencies]
    return 2 * math.pi * np.array(draws)


def circle_points(count: int) -> np.ndarray:
    """Return `count` equal steps of [0, 1): waves below count/2 are orthogonal there."""
    return np.arange(count) / count


def signal(points: np.ndarray, frequencies: list[int], shifts: np.ndarray) -> np.ndarray:
    """Return the sum of sin(2πkx + φ_k) at the points, shape [points]."""
    return np.sin(2 * math.pi * np.outer(points, frequencies) + shifts).sum(axis=1)


def encode(points: np.ndarray, kind: str, features: int = 16, exponent: float = 0.0) -> np.ndarray:
    """Return the inputs of a network, shape [points, inputs] (S4.4, S4.6).

    "raw": 2x - 1. "circle": (cos 2πx, sin 2πx). "features": j^(-p) (cos 2πjx, sin 2πjx) over
    j <= J, p = `exponent` and J = `features`, cosines before sines, divided by their common
    length. Raises ValueError on another kind.
    """
    if kind == "raw":
        return 2 * points[:, None] - 1
    if kind == "circle":
        features, exponent = 1, 0.0
    elif kind != "features":
        raise ValueError(f"kind is {kind}, but must be among {INPUTS}.")
    orders = np.arange(1, features + 1)
    sizes = orders**-exponent
    angles = 2 * math.pi * np.outer(points, orders)
    return np.hstack([sizes * np.cos(angles), sizes * np.sin(angles)]) / np.linalg.norm(sizes)


def amplitudes(values: np.ndarray, points: np.ndarray, frequencies: list[int]) -> np.ndarray:
    """Return the amplitude of each frequency in values, shape [..., frequencies].

    `values` has shape [..., points], `points` being equal steps of [0, 1); a wave sin(2πkx + φ)
    has the amplitude 1 at k and 0 at every other frequency below half the points.
    """
    waves = np.exp(-2j * math.pi * np.outer(points, frequencies))
    return 2 * np.abs(values @ waves) / len(points)
