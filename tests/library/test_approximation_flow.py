"""Half-times: the law from the kernel's matrix, networks from a plain implementation."""

import math

import numpy as np
import pytest
from scipy.linalg import expm

from supnorm.approximation.flow import (
    STARTS,
    half_times,
    measured_half_time,
    predicted_half_time,
    start,
    step_size,
)
from supnorm.approximation.spectra import GAUSSIAN_SHARE, arc_cosine, half_time, ntk_eigenvalue


@pytest.mark.parametrize("frequency", [1, 2, 3, 7, 16])
def test_the_law_is_the_flow_of_the_kernel(frequency):
    count = 64
    angles = 2 * math.pi * np.arange(count) / count
    kernel = GAUSSIAN_SHARE * arc_cosine(np.cos(np.subtract.outer(angles, angles))) / count
    wave = np.cos(frequency * angles)
    left = expm(-predicted_half_time(frequency) * kernel) @ wave
    np.testing.assert_allclose(left, wave / 2, atol=1e-9)


def test_the_law_tends_to_that_of_the_circle():
    for frequency in (1, 4, 16):
        circle = half_time(GAUSSIAN_SHARE * ntk_eigenvalue(frequency))
        assert predicted_half_time(frequency, points=1 << 12) == pytest.approx(circle, rel=1e-4)
        turn = math.pi * frequency / 64
        expected = circle * (math.sin(turn) / turn) ** 2
        assert predicted_half_time(frequency) == pytest.approx(expected, rel=0.02)
    assert predicted_half_time(4, 1 << 14) == pytest.approx(81.01288970, rel=1e-6)


@pytest.mark.parametrize("kind", STARTS)
def test_starts_have_the_kernel_and_no_value(kind):
    inner, outer = start(20_000, kind, 1)
    inputs = np.array([[1, 0, 1], [math.cos(1), math.sin(1), 1]]).T
    values = (inner.T @ inputs).clip(min=0)
    np.testing.assert_allclose(outer @ values, 0, atol=1e-9)
    active = values > 0
    kernel = values.T @ values + inputs.T @ inputs * (
        (outer[:, None] * active).T @ (outer[:, None] * active)
    )
    exact = GAUSSIAN_SHARE * arc_cosine(inputs[:2].T @ inputs[:2])
    tolerance = 1e-3 if kind == "stratified" else 0.05
    np.testing.assert_allclose(kernel / 20_000, exact, rtol=tolerance)


def test_starts_are_their_streams():
    for left, right in zip(start(8, "gaussian", 1), start(8, "gaussian", 1), strict=True):
        np.testing.assert_array_equal(left, right)
    assert not np.array_equal(start(8, "gaussian", 1)[0], start(8, "gaussian", 2)[0])
    with pytest.raises(ValueError, match="kind"):
        start(8, "zero", 1)
    with pytest.raises(ValueError, match="width"):
        start(7, "gaussian", 1)


def plain_half_time(width, frequency, kind, amplitude, points):
    """The same network, neuron by neuron in double precision."""
    inner, outer = (array.copy() for array in start(width, kind, 1))
    angles = 2 * math.pi * np.arange(points) / points
    inputs = np.stack([np.cos(angles), np.sin(angles), np.ones(points)])
    wave = np.cos(frequency * angles)
    rate, before = step_size(frequency), 0.0
    for step in range(400):
        hidden = inner.T @ inputs
        values = outer @ hidden.clip(min=0) / math.sqrt(width)
        share = values @ wave / (amplitude * wave @ wave)
        if share >= 0.5:
            return rate * (step - 1 + (0.5 - before) / (share - before))
        before = share
        error = (values - amplitude * wave) / points / math.sqrt(width)
        toward_outer = hidden.clip(min=0) @ error
        toward_inner = np.stack(
            [((hidden[i] > 0) * error * outer[i]) @ inputs.T for i in range(width)], axis=1
        )
        inner -= rate * toward_inner
        outer -= rate * toward_outer
    return math.inf


@pytest.mark.parametrize("kind", STARTS)
@pytest.mark.parametrize("frequency", [1, 3])
def test_half_times_are_those_of_a_plain_network(kind, frequency):
    plain = plain_half_time(40, frequency, kind, 0.1, 16)
    assert plain < math.inf
    found = measured_half_time(40, frequency, kind, 1, amplitude=0.1, points=16)
    assert found == pytest.approx(plain, rel=1e-4)


def test_wide_stratified_networks_keep_the_law():
    for frequency, found in half_times(4096, [1, 2, 4, 8], "stratified", 10000).items():
        assert found == pytest.approx(predicted_half_time(frequency), rel=0.05)


def test_small_amplitudes_keep_the_law_at_high_frequencies():
    laws = [predicted_half_time(k) for k in (12, 16)]
    near, far = (
        [measured_half_time(1024, k, "stratified", 10000, amplitude=size) for k in (12, 16)]
        for size in (0.03, 0.3)
    )
    np.testing.assert_allclose(near, laws, rtol=0.08)
    assert (np.divide(far, laws) > 1.1).all()


def test_steps_that_do_not_suffice_give_no_time():
    assert measured_half_time(16, 16, "stratified", 1, steps=20) == math.inf


def test_half_times_increase():
    found = half_times(1024, [1, 2, 3, 4, 6], "gaussian", 10000)
    assert [*found.values()] == sorted(found.values())
