"""How long wide ReLU networks take to learn a wave on the circle, by gradient descent (S4.4).

The network is f(x) = sum of a_i relu(w_i·x + b_i) / sqrt(width), x on the unit circle, with all of
a, w and b trained on half the mean square error. Every neuron has a twin that differs in the sign
of a alone, so that f is 0 at the start. Biases start at 0. As width grows, wave k is learned like
e^(-λ_k t), λ_k half of `spectra.ntk_eigenvalue` and t the steps times the step size.
"""

import math

import numpy as np
from scipy.special import ndtri

from supnorm.approximation.spectra import (
    GAUSSIAN_SHARE,
    arc_cosine,
    half_time,
    kernel_eigenvalues,
)
from supnorm.streams import Stream

STARTS = ("stratified", "gaussian")


def predicted_half_time(frequency: int, points: int = 64) -> float:
    """ln 2 / λ of infinitely wide networks at equal steps of the circle (S4.4).

    Waves k + j n over whole j are the same at n = `points` points, so λ is the sum of their λ_k,
    read off the kernel there. ln 2 / λ_k, that of the whole circle, is longer, by some
    (πk/n)² / sin²(πk/n) for k < n/2.
    """
    rates = kernel_eigenvalues(lambda angles: arc_cosine(np.cos(angles)), points)
    return half_time(GAUSSIAN_SHARE * float(rates[frequency]))


def start(width: int, kind: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the neurons (w, b) and the outer weights a, shapes [3, width] and [width].

    "gaussian": standard Gaussian w and a. "stratified": |w|² = 2 and |a| = 1, their mean squares,
    and one uniform angle in each of width/2 equal parts of the circle: the kernel is the same, and
    fluctuates less. From the stream `flow;seed=;start=;width=`. Raises ValueError on another kind
    or an odd width.
    """
    if kind not in STARTS:
        raise ValueError(f"kind is {kind}, but must be among {STARTS}.")
    if width % 2:
        raise ValueError(f"width is {width}, but must be even.")
    half = width // 2
    draw = Stream("flow", start=kind, width=width, seed=seed).uniform(3, half)
    if kind == "stratified":
        angles = 2 * math.pi * (np.arange(half) + draw[0]) / half
        lengths, outer = np.full(half, math.sqrt(2)), np.ones(half)
    else:
        angles, lengths = 2 * math.pi * draw[0], np.sqrt(-2 * np.log1p(-draw[1]))
        outer = ndtri(draw[2] + 2.0**-54)
    inner = np.stack([lengths * np.cos(angles), lengths * np.sin(angles), np.zeros(half)])
    return np.hstack([inner, inner]), np.concatenate([outer, -outer])


def step_size(frequency: int) -> float:
    """The step size of gradient descent: 1, or less so that half takes a hundred steps.

    Descent differs from flow by about 1/(3 steps), so by a third of a per cent at most.
    """
    return min(1.0, predicted_half_time(frequency) / 100)


def measured_half_time(
    width: int,
    frequency: int,
    kind: str,
    seed: int,
    amplitude: float = 0.1,
    steps: int = 3000,
    points: int = 64,
) -> float:
    """Return when the network has learned half of `amplitude` cos kθ, in units of gradient flow.

    Between two steps the time is interpolated linearly; inf where so many steps do not suffice.
    The points are equal steps of the circle and weights are kept in double precision.
    """
    angles = 2 * math.pi * np.arange(points) / points
    inputs = np.stack([np.cos(angles), np.sin(angles), np.ones(points)])
    wave = np.cos(frequency * angles)
    goal = amplitude * (wave**2).sum()
    inner, outer = start(width, kind, seed)
    rate = step_size(frequency)
    before = 0.0
    for step in range(steps + 1):
        active = _active(inner, inputs)
        values = (_product(inner * outer, active.T) * inputs).sum(axis=0) / math.sqrt(width)
        learned = float(values @ wave) / goal
        if learned >= 0.5:
            return float(rate * (step - (learned - 0.5) / (learned - before)))
        before = learned
        residual = amplitude * wave - values
        pull = _product(inputs * residual, active) * (rate / (points * math.sqrt(width)))
        inner, outer = inner + outer * pull, outer + (inner * pull).sum(axis=0)
    return math.inf


def _active(inner, inputs):
    """Return which neurons are active where, 0 or 1, in single precision, [points, width]."""
    values = np.matmul(inputs.T.astype(np.float32), inner.astype(np.float32))
    return np.greater(values, 0, out=values, casting="unsafe")


def _product(left, active):
    """Return left @ active in single precision, then in double: a third of the time."""
    return (left.astype(np.float32) @ active).astype(float)


def half_times(
    width: int, frequencies: list[int], kind: str, seed: int, amplitude: float = 0.1
) -> dict[int, float]:
    """Return `measured_half_time` of each frequency, every one learned from the same start."""
    return {k: measured_half_time(width, k, kind, seed, amplitude) for k in frequencies}
