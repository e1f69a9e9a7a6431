"""An image learned from half its pixels, behind random Fourier features of a scale (S4.6, A11).

Gradient flow of the ReLU kernel's regression in closed form. Pixels are points of [-1, 1]², values
lie in [0, 1], and errors are uniform or peak signal-to-noise ratios in dB.
"""

import math

import numpy as np
from scipy.linalg import eigh
from scipy.special import ndtri

from supnorm.approximation.spectra import GAUSSIAN_SHARE, arc_cosine
from supnorm.streams import Stream


def pixels(side: int) -> np.ndarray:
    """Return the centres of side x side pixels of [-1, 1]², shape [side², 2], row by row."""
    axis = (2 * np.arange(side) + 1) / side - 1
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)


def picture(points: np.ndarray) -> np.ndarray:
    """Return the image at points of [-1, 1]², shape [points].

    A smooth ground, a disc with an edge, and stripes of two waves a unit, which a network without
    features learns late.
    """
    x, y = points.T
    ground = 0.3 + 0.15 * np.sin(2 * x + 1) * np.cos(3 * y)
    disc = 0.55 * ((x - 0.4) ** 2 + (y - 0.4) ** 2 < 0.08)
    window = np.exp(-2 * ((x + 0.2) ** 2 + (y + 0.2) ** 2))
    return ground + disc + 0.25 * window * np.sin(7 * x + 11 * y)


def training_pixels(side: int, seed: int) -> np.ndarray:
    """Return the indices of a random half of the pixels, from the stream `pixels;seed=;side=`."""
    return np.sort(Stream("pixels", side=side, seed=seed).permutation(side**2)[: side**2 // 2])


def encode(points: np.ndarray, scale: float, features: int, seed: int) -> np.ndarray:
    """Return unit vectors that stand for the points, shape [points, inputs] (S4.6).

    (cos Bx, sin Bx) over sqrt(features), B of shape [features, 2] Gaussian of deviation π `scale`,
    so that B/2π has the deviation `scale` as frequencies of the unit square; the standard ones
    come from the stream `features;seed=`, the same for all scales. For the scale 0, (x, 1) over its
    length.
    """
    if scale == 0:
        inputs = np.column_stack([points, np.ones(len(points))])
        return inputs / np.linalg.norm(inputs, axis=1, keepdims=True)
    standard = ndtri(Stream("features", seed=seed).uniform(features, 2) + 2.0**-54)
    angles = math.pi * scale * points @ standard.T
    return np.hstack([np.cos(angles), np.sin(angles)]) / math.sqrt(features)


def learned(
    inputs: np.ndarray, chosen: np.ndarray, values: np.ndarray, times: list[float]
) -> np.ndarray:
    """Return what gradient flow has made of all pixels after the times, shape [times, pixels].

    Of half the mean square error at the `chosen` n pixels, whose values less their mean are
    learned by the kernel half of (u+1) k_0 + k_1; the mean is added. An eigenvalue λ of the
    kernel's matrix is learned at the rate λ/n.
    """
    kernel = GAUSSIAN_SHARE * arc_cosine(inputs @ inputs[chosen].T)
    rates, vectors = eigh(kernel[chosen], driver="evd")
    rates = rates.clip(min=0)
    mean = values[chosen].mean()
    parts = vectors.T @ (values[chosen] - mean)
    count = len(chosen)
    shares = [-np.expm1(-time * rates / count) for time in times]
    weights = [
        np.divide(share * parts, rates, out=np.zeros(count), where=rates > 0) for share in shares
    ]
    return mean + (kernel @ (vectors @ np.array(weights).T)).T


def signal_to_noise(errors: np.ndarray) -> float:
    """-10 log10 of the mean square error: the peak signal-to-noise ratio in dB of values to 1."""
    return -10 * math.log10((errors**2).mean())


def image_errors(
    side: int, scale: float, times: list[float], seed: int, features: int = 256
) -> list[dict[str, float]]:
    """Return the errors after each time at the chosen pixels and at the others (A11).

    Each has `time`, `psnr_train` and `psnr_test` in dB, and `error_inf`, the largest error at the
    other pixels.
    """
    points = pixels(side)
    values, chosen = picture(points), training_pixels(side, seed)
    others = np.setdiff1d(np.arange(len(points)), chosen)
    rows = []
    for time, fit in zip(
        times,
        learned(encode(points, scale, features, seed), chosen, values, times),
        strict=True,
    ):
        errors = fit - values
        rows.append(
            {
                "time": float(time),
                "psnr_train": signal_to_noise(errors[chosen]),
                "psnr_test": signal_to_noise(errors[others]),
                "error_inf": float(np.abs(errors[others]).max()),
            }
        )
    return rows
