"""Waves: signals, encodings and what is measured of them."""

import math

import numpy as np
import pytest

from supnorm.approximation.spectra import feature_eigenvalues
from supnorm.approximation.waves import (
    INPUTS,
    amplitudes,
    circle_points,
    encode,
    phases,
    signal,
)

FREQUENCIES = [2, 4, 6, 20]


def test_signals_have_amplitude_one_at_their_frequencies():
    points = circle_points(128)
    values = signal(points, FREQUENCIES, phases(FREQUENCIES, 1))
    every = [*range(1, 64)]
    expected = [1.0 if k in FREQUENCIES else 0.0 for k in every]
    np.testing.assert_allclose(amplitudes(values, points, every), expected, atol=1e-12)
    stacked = np.stack([values, 3 * values])
    np.testing.assert_allclose(amplitudes(stacked, points, [4, 5]), [[1, 0], [3, 0]], atol=1e-12)


def test_signals_are_sums_of_sines():
    shifts = np.array([0.3, 1.0])
    found = signal(np.array([0.1]), [1, 3], shifts)
    assert found[0] == pytest.approx(math.sin(0.2 * math.pi + 0.3) + math.sin(0.6 * math.pi + 1))


def test_phases_are_of_their_frequency_and_seed():
    np.testing.assert_array_equal(phases([2, 4], 1), phases([4, 2], 1)[::-1])
    assert not np.array_equal(phases([2], 1), phases([2], 2))
    many = phases([*range(500)], 1)
    assert many.min() >= 0
    assert many.max() < 2 * math.pi
    assert many.mean() == pytest.approx(math.pi, abs=0.3)


def test_encodings():
    points = circle_points(8)
    np.testing.assert_allclose(encode(points, "raw")[:, 0], np.linspace(-1, 0.75, 8))
    angles = 2 * math.pi * points
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    np.testing.assert_allclose(encode(points, "circle"), circle)
    np.testing.assert_allclose(encode(points, "features", features=1), circle)
    assert encode(points, "features", features=5).shape == (8, 10)
    with pytest.raises(ValueError, match="kind"):
        encode(points, "square")
    assert set(INPUTS) == {"raw", "circle", "features"}


@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_encodings_are_those_of_the_spectra(exponent):
    """The kernel's cosine is the inner product of the encoded points."""
    points = circle_points(256)
    inputs = encode(points, "features", 4, exponent)
    np.testing.assert_allclose((inputs**2).sum(axis=1), 1)
    cosine = np.clip(np.roll(inputs @ inputs[17], -17), -1, 1)
    angle = np.arccos(cosine)
    kernel = ((2 * cosine + 1) * (math.pi - angle) + np.sin(angle)) / math.pi
    found = np.fft.rfft(kernel).real / 256
    expected = feature_eigenvalues(4, exponent, size=256)
    np.testing.assert_allclose(found, expected, atol=1e-7)
