"""Kernels of wide shallow networks on the circle, their eigenvalues, and what follows from them.

A kernel K(θ) on the circle has the eigenvalues λ_k = mean of K(θ) cos(kθ), where k = 0, 1, 2, …;
from k = 1 on each belongs to two waves. A network learns wave k at the rate e^(-λ_k t) in gradient
flow of half the mean square error. The kernel of ReLU networks is (u+1) k_0 + k_1, u = cos θ,
k_0 = 1 - θ/π and k_1 = (u (π-θ) + sin θ)/π (S4.4); standard Gaussian weights, with biases that
start at 0, give half of it, `GAUSSIAN_SHARE`.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy.linalg import eigh_tridiagonal, eigvalsh
from scipy.optimize import brentq
from scipy.special import ndtr

GAUSSIAN_SHARE = 0.5
LAYERS = ("both", "outer")


def arc_cosine(cosine: np.ndarray, layer: str = "both") -> np.ndarray:
    """Return (u+1) k_0 + k_1 at cosines u, or k_1 alone where only outer weights train (S4.4)."""
    _require_layer(layer)
    cosine = np.clip(cosine, -1, 1)
    away = math.pi - np.arccos(cosine)
    outer = cosine * away + np.sqrt(1 - cosine**2)
    return (outer if layer == "outer" else outer + (cosine + 1) * away) / math.pi


def ntk_eigenvalue(frequency: int, layer: str = "both") -> float:
    """λ_k of (u+1) k_0 + k_1, or of k_1 where only the outer layer trains (S4.4).

    Of both: 1/2 + 6/π², 1/2 + 2/π², then 2 / (π²k²) for odd k and 2 (k²+3) / (π² (k²-1)²) for even
    k. Of k_1: 4 / (π² (k²-1)²) for even k, 1/4 for k = 1 and 0 for other odd k.
    """
    return float(ntk_eigenvalues(frequency + 1, layer)[frequency])


def ntk_eigenvalues(count: int, layer: str = "both") -> np.ndarray:
    """Return λ_k of `ntk_eigenvalue` for k below `count`, shape [count]."""
    _require_layer(layer)
    square = np.arange(count, dtype=float) ** 2
    even, odd = slice(0, None, 2), slice(3, None, 2)
    values = np.zeros(count)
    if layer == "outer":
        values[even] = 4 / (math.pi * (square[even] - 1)) ** 2
        values[1:2] = 0.25
        return values
    values[even] = 2 * (square[even] + 3) / (math.pi * (square[even] - 1)) ** 2
    values[odd] = 2 / (math.pi**2 * square[odd])
    values[:1] += 0.5  # 6/π² from the formula of even k
    values[1:2] = 0.5 + 2 / math.pi**2
    return values


def kernel_eigenvalues(kernel: Callable[[np.ndarray], np.ndarray], size: int) -> np.ndarray:
    """Return λ_k, k <= size/2, of a kernel that gets angles, by a Fourier transform of that size.

    Of a kernel with a kink, λ_k has a relative error of about (k/size)².
    """
    return np.fft.rfft(kernel(2 * math.pi * np.arange(size) / size)).real / size


def feature_eigenvalues(
    features: int, exponent: float, layer: str = "both", size: int = 1 << 16
) -> np.ndarray:
    """Return λ_k, k <= size/2, of the ReLU kernel behind Fourier features (S4.6).

    The features j^(-p) (cos jθ, sin jθ), j <= J = `features`, p = `exponent`, divided by their
    length, have the cosines u = sum of j^(-2p) cos jθ over sum of j^(-2p).
    """
    sizes = np.arange(1.0, features + 1) ** (-2 * exponent)

    def kernel(angles):
        cosine = sum(size * np.cos(j * angles) for j, size in enumerate(sizes, 1))
        return arc_cosine(cosine / sizes.sum(), layer)

    return kernel_eigenvalues(kernel, size)


def hat_eigenvalues(
    scale: float, layer: str = "both", size: int = 1 << 14, nodes: int = 64
) -> np.ndarray:
    """Return λ_k, k <= size/2, of networks of hats, hat(z) = max(0, 1 - |z-1|), on the circle.

    z = s (w·x + b) at a point x of the unit circle, with standard Gaussian w and b: the scale s
    multiplies weights and biases (S4.5). The kernel is E hat(z) hat(z'), plus (u+1) E hat'(z)
    hat'(z') where the inner layer trains too, of slopes with respect to s w and s b. z and z' are
    Gaussian of variance 2s² and correlation (1+u)/2; given z the mean over z' is in closed form,
    and that over z takes `nodes` Gauss-Legendre nodes on each piece of the hat.
    """
    _require_layer(layer)
    deviation = math.sqrt(2) * scale
    z, weights = _hat_nodes(nodes)
    weights = weights * np.exp(-((z / deviation) ** 2) / 2) / (math.sqrt(2 * math.pi) * deviation)

    def kernel(angles):
        cosine = np.cos(angles)
        value, slope = _hat_means(z, deviation, cosine[:, None])
        outer = value @ (weights * (1 - np.abs(z - 1)))
        return (
            outer
            if layer == "outer"
            else outer + (cosine + 1) * (slope @ (weights * np.sign(1 - z)))
        )

    half = kernel(2 * math.pi * np.arange(size // 2 + 1) / size)
    return np.fft.hfft(half)[: size // 2 + 1] / size


def periodic_hat_eigenvalues(half_width: float, count: int) -> np.ndarray:
    """Return λ_k = h² sinc⁴(kh), k below `count`, of hats of half-width h on a circle of length 1.

    The kernel of uniformly shifted hats of height 1, where outer weights train; 0 at multiples of
    1/h (S4.5). sinc x = sin(πx)/(πx).
    """
    return half_width**2 * np.sinc(half_width * np.arange(count)) ** 4


def half_time(eigenvalue: float) -> float:
    """ln 2 / λ, the time in which gradient flow learns half of a wave; inf for λ = 0 (S4.4)."""
    return math.log(2) / eigenvalue if eigenvalue > 0 else math.inf


def spike_residual(eigenvalues: np.ndarray, inverse_width: int, time: float) -> float:
    """The uniform norm of what is left of a spike after a time of gradient flow (S4.10).

    The spike is the hat of height 1 and half-width 1/M of the circumference, M = `inverse_width`.
    At its tip is left 1 - sum of f_k (1 - e^(-λ_k t)) over whole k, f_k = sinc²(k/M)/M.
    Frequencies beyond `eigenvalues` [k = 0, 1, …] count as never learned: for λ_k like k^-2, 200 M
    of them give nine digits.
    """
    learned = np.sinc(np.arange(len(eigenvalues)) / inverse_width) ** 2 / inverse_width
    learned *= -np.expm1(-eigenvalues * time)
    return 1 - float(2 * learned.sum() - learned[0])


def spike_time(eigenvalues: np.ndarray, inverse_width: int) -> float:
    """The time in which gradient flow learns half of a spike (S4.10): `spike_residual` is 1/2.

    inf where these frequencies never suffice.
    """
    if spike_residual(eigenvalues, inverse_width, math.inf) > 0.5:
        return math.inf

    def excess(time):
        return spike_residual(eigenvalues, inverse_width, time) - 0.5

    most = 1.0
    while excess(most) > 0:
        most *= 2
    return float(brentq(excess, 0, most, xtol=1e-12 * most, rtol=1e-13))


def _spike_limit() -> float:
    """τ with 2 ∫ sinc²(x) (1 - e^(-τ/(πx)²)) dx = 1/2 over x > 0 (S4.10).

    Twice the integral of sinc² is 1. From a whole R on the integrand is τ sin²(πx)/(πx)^4 but for
    x^-6, and sin² is 1/2 in the mean.
    """
    last, (nodes, weights) = 64, np.polynomial.legendre.leggauss(64)
    x = (np.arange(last)[:, None] + (nodes + 1) / 2).ravel()
    weights = np.tile(weights / 2, last)

    def excess(limit):
        part = weights @ (np.sinc(x) ** 2 * -np.expm1(-limit / (math.pi * x) ** 2))
        return 2 * part + limit / (3 * math.pi**4 * last**3) - 0.5

    return float(brentq(excess, 0.1, 1, xtol=1e-14))


SPIKE_LIMIT = _spike_limit()
"""What `spike_time` tends to, divided by M², for half of (u+1) k_0 + k_1 (S4.10): .3976586."""


def denoising_risk(
    eigenvalues: np.ndarray, points: int, variance: float, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (bias, variance, risk) of gradient flow on noisy values, each of shape [times] (A12).

    The target is sqrt(2) cos θ, of mean square 1, seen at n = `points` equal steps of the circle
    with independent noise of this variance. The risk is the expected mean square error at these
    points to the target without noise. There wave k is learned at the rate of all λ_j with j = k
    modulo n: the bias is e^(-2λt) of wave 1, and the variance that of the noise times the mean over
    waves of (1 - e^(-λt))².
    """
    rates = _folded(eigenvalues, points)
    left = np.exp(-np.multiply.outer(np.asarray(times, dtype=float), rates))
    bias, noise = left[:, 1] ** 2, variance * ((1 - left) ** 2).mean(axis=1)
    return bias, noise, bias + noise


def gram_condition(basis: str, size: int) -> float:
    """Return the condition number of a basis' matrix of L² inner products on [0, 1] (S4.5).

    "relu": max(0, x - i/n), i < n = `size`. "hat": the n-1 hats of half-width 1/n at the inner
    multiples of 1/n; there it is (2 + cos(π/n)) / (2 - cos(π/n)), below 3. n >= 2. Raises
    ValueError on another basis.
    """
    if basis == "relu":
        values = eigvalsh(_relu_gram(size))
    elif basis == "hat":
        values = eigh_tridiagonal(
            np.full(size - 1, 4.0), np.ones(size - 2), eigvals_only=True
        )  # in units of 1/(6n)
    else:
        raise ValueError(f"basis is {basis}, but must be relu or hat.")
    return float(values[-1] / values[0])


def cantilever_root() -> float:
    """κ = 1.87510, the first root of cos κ cosh κ = -1."""
    return float(brentq(lambda root: math.cos(root) * math.cosh(root) + 1, 1.5, 2.5, xtol=1e-15))


def relu_condition_limit() -> float:
    """48/κ⁴ = 3.88275, the limit of the ReLU basis' condition number over n⁴ (S4.5)."""
    return 48 / cantilever_root() ** 4


def hat_condition(size: int) -> float:
    """(2 + cos(π/n)) / (2 - cos(π/n)), the condition number of the hat basis (S4.5)."""
    cosine = math.cos(math.pi / size)
    return (2 + cosine) / (2 - cosine)


def _relu_gram(size):
    """The inner products of max(0, x - s) and max(0, x - t): with a = 1 - max, a³/3 + a²|s-t|/2."""
    knots = np.arange(size) / size
    rest = 1 - np.maximum.outer(knots, knots)
    return rest**3 / 3 + rest**2 * np.abs(np.subtract.outer(knots, knots)) / 2


def _folded(eigenvalues, points):
    """Sum λ_|j| over all whole j of the same remainder modulo `points`, [points]."""
    orders = np.arange(len(eigenvalues))
    sums = np.bincount(orders % points, weights=eigenvalues, minlength=points)
    return sums + np.bincount(-orders[1:] % points, weights=eigenvalues[1:], minlength=points)


def _hat_nodes(count):
    """Return nodes on [0, 1] and [1, 2] and their weights, each [2 count]."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    nodes = (nodes + 1) / 2
    return np.concatenate([nodes, nodes + 1]), np.tile(weights / 2, 2)


def _hat_means(z, deviation, cosine):
    """Return the means of hat(z') and hat'(z') given z, where (1+cosine)/2 is the correlation."""
    correlation = (1 + cosine) / 2
    spread = deviation * np.sqrt((1 - correlation) * (1 + correlation))
    spread = np.maximum(spread, 1e-9)  # at the angle 0, where z' = z
    mean = correlation * z
    below = [ndtr((knot - mean) / spread) for knot in (0, 1, 2)]
    slope = 2 * below[1] - below[0] - below[2]
    ramps = [_mean_ramp(mean - knot, spread) for knot in (0, 1, 2)]
    return ramps[0] - 2 * ramps[1] + ramps[2], slope


def _mean_ramp(mean, spread):
    """The mean of max(0, y) of a Gaussian y."""
    ratio = mean / spread
    density = np.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi)
    return mean * ndtr(ratio) + spread * density


def _require_layer(layer):
    if layer not in LAYERS:
        raise ValueError(f"layer is {layer}, but must be among {LAYERS}.")
