"""The image: closed form against the flow itself, features against their kernel, the findings."""

import math

import numpy as np
import pytest
from scipy.linalg import expm

from supnorm.approximation.image import (
    encode,
    image_errors,
    learned,
    picture,
    pixels,
    signal_to_noise,
    training_pixels,
)
from supnorm.approximation.spectra import GAUSSIAN_SHARE, arc_cosine


def test_pixels_are_centres():
    np.testing.assert_allclose(pixels(2), [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])


@pytest.mark.parametrize("side", [16, 48, 200])
def test_picture_is_an_image_with_an_edge(side):
    values = picture(pixels(side))
    assert values.min() >= 0
    assert values.max() <= 1
    grid = values.reshape(side, side)
    assert abs(np.diff(grid, axis=0)).max() > 0.4  # however fine the grid


def test_half_the_pixels_are_chosen():
    chosen = training_pixels(10, 1)
    assert len(np.unique(chosen)) == 50
    assert chosen.max() < 100
    assert not np.array_equal(chosen, training_pixels(10, 2))


@pytest.mark.parametrize("scale", [0, 0.5, 4])
def test_encodings_have_unit_length(scale):
    inputs = encode(pixels(5), scale, 16, 1)
    np.testing.assert_allclose((inputs**2).sum(axis=1), 1)


def test_features_have_the_gaussian_kernel():
    """E cos(2π B·z) = e^(-2π²σ²|z|²) for displacements z of the unit square (S4.6)."""
    points = np.array([[0.0, 0.0], [0.2, 0.1], [0.5, -0.4]])
    inputs = encode(points, 0.8, 40_000, 1)
    squared = ((points / 2) ** 2).sum(axis=1)
    expected = np.exp(-2 * math.pi**2 * 0.8**2 * squared)
    np.testing.assert_allclose(inputs @ inputs[0], expected, atol=0.02)


@pytest.mark.parametrize("scale", [0, 1])
def test_closed_form_is_the_flow(scale):
    points = pixels(6)
    chosen, values = training_pixels(6, 1), picture(points)
    inputs = encode(points, scale, 8, 1)
    kernel = GAUSSIAN_SHARE * arc_cosine(inputs @ inputs[chosen].T) / len(chosen)
    size = len(points)
    flow = np.zeros((size, size))  # d/dt of what is learned of the values less their mean
    flow[:, chosen] = -kernel
    mean = values[chosen].mean()
    system = np.zeros((size + 1, size + 1))
    system[:size, :size] = flow
    system[:size, size] = kernel @ (values[chosen] - mean)
    for time, found in zip(
        (0.0, 3.0, 50.0), learned(inputs, chosen, values, [0, 3, 50]), strict=True
    ):
        expected = mean + expm(time * system)[:size, size]
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_everything_is_learned_in_the_end():
    points = pixels(8)
    chosen, values = training_pixels(8, 1), picture(points)
    found = learned(encode(points, 1, 32, 1), chosen, values, [1e12])[0]
    np.testing.assert_allclose(found[chosen], values[chosen], atol=1e-6)


def test_errors_are_of_their_pixels():
    assert signal_to_noise(np.array([0.1, -0.1])) == pytest.approx(20)
    row = image_errors(8, 1, [0.0], 3, features=8)[0]
    values, chosen = picture(pixels(8)), training_pixels(8, 3)
    errors = values - values[chosen].mean()
    others = np.setdiff1d(np.arange(64), chosen)
    assert row == {
        "time": 0.0,
        "psnr_train": pytest.approx(signal_to_noise(errors[chosen])),
        "psnr_test": pytest.approx(signal_to_noise(errors[others])),
        "error_inf": pytest.approx(np.abs(errors[others]).max()),
    }


def test_features_gain_on_average_and_hardly_uniformly():
    none, some, many = (image_errors(48, scale, [500], 10000)[0] for scale in (0, 2, 32))
    assert some["psnr_test"] - none["psnr_test"] >= 3
    assert some["error_inf"] / none["error_inf"] >= 0.75
    assert many["psnr_test"] < none["psnr_test"] - 2
