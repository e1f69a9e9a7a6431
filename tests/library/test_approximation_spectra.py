"""Spectra: closed forms, quadrature and simulation against each other."""

import math

import numpy as np
import pytest
from scipy.linalg import expm

from supnorm.approximation.spectra import (
    GAUSSIAN_SHARE,
    SPIKE_LIMIT,
    arc_cosine,
    cantilever_root,
    denoising_risk,
    feature_eigenvalues,
    gram_condition,
    half_time,
    hat_condition,
    hat_eigenvalues,
    kernel_eigenvalues,
    ntk_eigenvalue,
    ntk_eigenvalues,
    periodic_hat_eigenvalues,
    relu_condition_limit,
    spike_residual,
    spike_time,
)

RELU = GAUSSIAN_SHARE * ntk_eigenvalues(1 << 15)
FLAT = GAUSSIAN_SHARE * feature_eigenvalues(16, 0)


def hat(z):
    return np.maximum(0, 1 - np.abs(z - 1))


def hat_slope(z):
    return np.where((z > 0) & (z < 2), np.sign(1 - z), 0)


def test_reference_values():
    expected = [1.107927101854, 0.702642367285, 0.157610730110, 0.022515818587]
    assert [ntk_eigenvalue(k) for k in range(4)] == pytest.approx(expected, abs=5e-13)
    assert half_time(GAUSSIAN_SHARE * ntk_eigenvalue(4)) == pytest.approx(81.01288970, abs=5e-9)
    assert half_time(0) == math.inf
    hats = periodic_hat_eigenvalues(0.1, 11)
    assert hats[2] / hats[1] == pytest.approx(0.8181356215, abs=5e-11)
    assert hats[10] < 1e-30
    assert FLAT[8] / FLAT[1] == pytest.approx(0.941591, abs=5e-7)
    assert spike_time(RELU, 16) == pytest.approx(87.106554, abs=5e-7)
    assert pytest.approx(0.3976586, abs=5e-8) == SPIKE_LIMIT
    assert gram_condition("relu", 8) == pytest.approx(1.797136e4, abs=5e-3)
    assert relu_condition_limit() == pytest.approx(3.8827527205, abs=5e-11)
    assert cantilever_root() == pytest.approx(1.87510, abs=5e-6)


@pytest.mark.parametrize("layer", ["both", "outer"])
def test_closed_form_is_the_transform_of_the_kernel(layer):
    found = kernel_eigenvalues(lambda angles: arc_cosine(np.cos(angles), layer), 1 << 16)
    np.testing.assert_allclose(found[:100], ntk_eigenvalues(100, layer), atol=2e-10)
    assert ntk_eigenvalues(1, layer)[0] == ntk_eigenvalue(0, layer)


def test_half_the_kernel_is_that_of_gaussian_networks():
    """The mean of gradients' products over standard Gaussian neurons with biases at 0."""
    weights = np.random.default_rng(1).standard_normal((400_000, 2))
    for angle in (0.0, 0.7, 2.5):
        left, right = weights[:, 0], weights @ [math.cos(angle), math.sin(angle)]
        outer = left.clip(min=0) * right.clip(min=0)
        inner = (left > 0) * (right > 0) * (math.cos(angle) + 1)
        for sample, layer in ((outer, "outer"), (outer + inner, "both")):
            exact = GAUSSIAN_SHARE * arc_cosine(np.array(math.cos(angle)), layer)
            assert abs(sample.mean() - exact) < 5 * sample.std() / math.sqrt(len(sample))


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="layer"):
        ntk_eigenvalues(3, "inner")
    with pytest.raises(ValueError, match="layer"):
        hat_eigenvalues(2, "inner")
    with pytest.raises(ValueError, match="basis"):
        gram_condition("sine", 3)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_features_are_the_kernel_of_the_encoded_points(exponent):
    """The eigenvalues of the kernel's matrix on equal steps, from the features themselves."""
    count, orders = 128, np.arange(1, 5)
    angles = 2 * math.pi * np.arange(count)[:, None] / count * orders
    encoded = np.hstack([np.cos(angles), np.sin(angles)]) * np.tile(orders**-exponent, 2)
    encoded /= np.linalg.norm(encoded, axis=1, keepdims=True)
    found = np.sort(np.linalg.eigvalsh(arc_cosine(encoded @ encoded.T) / count))
    rates = feature_eigenvalues(4, exponent, size=count)
    expected = np.sort(np.concatenate([rates, rates[1:-1]]))
    np.testing.assert_allclose(found, expected, atol=1e-7)  # arccos at rounded cosines


def test_features_flatten():
    one = feature_eigenvalues(1, 0.0)
    np.testing.assert_allclose(one[:50], ntk_eigenvalues(50), atol=2e-10)
    assert FLAT[2] / FLAT[16] == pytest.approx(1.14, abs=0.005)
    assert RELU[2] / RELU[16] == pytest.approx(195, abs=0.5)
    steeper = [feature_eigenvalues(16, p)[16] / feature_eigenvalues(16, p)[1] for p in (0, 0.5, 1)]
    assert steeper == sorted(steeper, reverse=True)


def hat_by_simulation(scale, layer, angles):
    """The kernel by its definition at random neurons, and its standard errors."""
    draws = scale * np.random.default_rng(7).standard_normal((300_000, 3))
    left = draws[:, 0] + draws[:, 2]
    for angle in angles:
        right = draws @ [math.cos(angle), math.sin(angle), 1]
        sample = hat(left) * hat(right)
        if layer == "both":
            sample = sample + (1 + math.cos(angle)) * hat_slope(left) * hat_slope(right)
        yield sample.mean(), sample.std() / math.sqrt(len(sample))


@pytest.mark.parametrize("layer", ["both", "outer"])
@pytest.mark.parametrize("scale", [0.5, 2, 10])
def test_hat_spectra_add_up_to_the_simulated_kernel(scale, layer):
    values = hat_eigenvalues(scale, layer)
    angles = [0.01, 0.3, 1.5, 3.0]
    orders = np.arange(1, len(values) - 1)
    for angle, (mean, error) in zip(angles, hat_by_simulation(scale, layer, angles), strict=True):
        kernel = values[0] + 2 * values[1:-1] @ np.cos(orders * angle)
        kernel += values[-1] * math.cos((len(values) - 1) * angle)
        assert abs(kernel - mean) < 5 * error


@pytest.mark.parametrize("scale", [2, 10])
def test_hat_spectra_are_power_spectra_of_ridge_profiles(scale):
    """E |transform|² of s (r cos θ + b) over the length r and the bias b, by quadrature."""
    lengths, length_weights = np.polynomial.laguerre.laggauss(64)
    biases, bias_weights = np.polynomial.hermite_e.hermegauss(64)
    bias_weights = bias_weights / bias_weights.sum()
    size = 2048
    wave = np.cos(2 * math.pi * np.arange(size) / size)
    power = np.zeros(size // 2 + 1)
    for squared, weight in zip(lengths[:40], length_weights[:40], strict=True):
        profiles = hat(scale * (math.sqrt(2 * squared) * wave + biases[:, None]))
        power += weight * bias_weights @ np.abs(np.fft.rfft(profiles) / size) ** 2
    np.testing.assert_allclose(power[:3], hat_eigenvalues(scale, "outer")[:3], rtol=0.15)
    assert power[:60].sum() == pytest.approx(hat_eigenvalues(scale, "outer")[:60].sum(), rel=0.02)


@pytest.mark.parametrize("scale", [2, 10])
def test_hat_spectra_have_converged(scale):
    for layer, tolerance in (("outer", 5e-5), ("both", 3e-4)):
        finer = hat_eigenvalues(scale, layer, size=1 << 15, nodes=128)
        np.testing.assert_allclose(hat_eigenvalues(scale, layer)[:129], finer[:129], rtol=tolerance)


def test_hats_depend_on_their_scale():
    ratios = {scale: hat_eigenvalues(scale) for scale in (2, 10)}
    assert ratios[10][8] / ratios[10][1] >= 0.3
    assert ratios[2][8] / ratios[2][1] <= 0.2


def test_periodic_hats_by_transform():
    x = np.arange(4000) / 4000
    profile = np.maximum(0, 1 - np.minimum(x, 1 - x) / 0.1)
    power = np.abs(np.fft.rfft(profile) / len(x)) ** 2
    np.testing.assert_allclose(periodic_hat_eigenvalues(0.1, 30), power[:30], atol=3e-8)


def test_spikes_are_learned_as_the_flow_says():
    """Against the matrix exponential on 256 points, whose waves alias."""
    count, inverse_width = 256, 4
    angles = 2 * math.pi * np.arange(count) / count
    spike = np.maximum(
        0, 1 - inverse_width * np.minimum(np.arange(count), count - np.arange(count)) / count
    )
    kernel = GAUSSIAN_SHARE * arc_cosine(np.cos(np.subtract.outer(angles, angles))) / count
    time = spike_time(RELU, inverse_width)
    left = expm(-time * kernel) @ spike
    assert np.abs(left).argmax() == 0
    assert left[0] == pytest.approx(0.5, abs=0.003)
    assert spike_residual(RELU, inverse_width, time) == pytest.approx(0.5, abs=1e-10)
    assert spike_residual(RELU, inverse_width, 0) == 1


def test_spikes_take_the_square_of_their_inverse_width():
    for inverse_width in (64, 128):
        ratio = spike_time(RELU, inverse_width) / inverse_width**2 / SPIKE_LIMIT
        assert ratio == pytest.approx(1, abs=0.02)
    assert spike_time(RELU[:10], 64) == math.inf
    assert spike_time(FLAT, 64) < spike_time(RELU, 64) / 20


def test_denoising_reference():
    times = np.concatenate([[0], np.geomspace(0.01, 1e5, 2000)])
    least = [denoising_risk(rates, 64, 0.25, times)[2].min() for rates in (RELU, FLAT)]
    assert least[0] == pytest.approx(0.0146, abs=5e-5)
    assert least[1] == pytest.approx(0.1207, abs=1e-4)


def test_denoising_by_simulation():
    count, variance, time = 64, 0.25, 20.0
    angles = 2 * math.pi * np.arange(count) / count
    kernel = GAUSSIAN_SHARE * arc_cosine(np.cos(np.subtract.outer(angles, angles))) / count
    target = math.sqrt(2) * np.cos(angles)
    noise = math.sqrt(variance) * np.random.default_rng(3).standard_normal((count, 20_000))
    learned = (np.eye(count) - expm(-time * kernel)) @ (target[:, None] + noise)
    risks = ((learned - target[:, None]) ** 2).mean(axis=0)
    bias, spread, risk = denoising_risk(RELU, count, variance, np.array([time]))
    assert abs(risks.mean() - risk[0]) < 5 * risks.std() / math.sqrt(len(risks))
    assert bias + spread == risk
    assert bias[0] == pytest.approx(((learned.mean(axis=1) - target) ** 2).mean(), abs=1e-4)


def test_denoising_ends():
    bias, spread, _ = denoising_risk(RELU, 64, 0.25, [0, 1e9])
    assert bias == pytest.approx([1, 0])
    assert spread == pytest.approx([0, 0.25])


@pytest.mark.parametrize("size", [2, 5, 8])
def test_conditions_by_quadrature(size):
    nodes, weights = np.polynomial.legendre.leggauss(4)
    x = ((np.arange(size)[:, None] + (nodes + 1) / 2) / size).ravel()
    weights = np.tile(weights, size)
    shifts = x - np.arange(size)[:, None] / size
    bases = {
        "relu": shifts.clip(min=0),
        "hat": np.maximum(0, 1 - np.abs(size * shifts[1:])),
    }
    for basis, values in bases.items():
        expected = np.linalg.cond(values * weights @ values.T)
        assert gram_condition(basis, size) == pytest.approx(expected, rel=1e-8)
    assert gram_condition("hat", size) == pytest.approx(hat_condition(size), rel=1e-12)


def test_conditions_tend_to_their_limits():
    ratios = [gram_condition("relu", n) / n**4 / relu_condition_limit() for n in (32, 64, 128)]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[-1] == pytest.approx(1, abs=0.02)
    assert 2.99 < hat_condition(200) < 3
