"""Barron's ball: constants by Monte Carlo, lattices by enumeration, steps against their target."""

import math
from itertools import product

import numpy as np
import pytest

from supnorm.approximation.barron import (
    ball_points,
    ball_radius,
    barron_bound,
    gaussian_constant,
    grid_error,
    lattice_norm,
    lattice_square,
    linear_bound,
    random_steps,
    smooth_parity_constant,
    step_network_errors,
    uniform_bounds,
)

TERMS = [16, 64, 256, 1024]


def test_reference_values():
    assert gaussian_constant(5) == pytest.approx(2.1276921621, abs=5e-11)
    assert smooth_parity_constant(5) == pytest.approx(12.1505807175, abs=5e-11)
    assert lattice_square(2000, 5) == 14
    assert linear_bound(5, 1000, 1) == pytest.approx(0.0212679739, abs=5e-11)
    lower, upper = uniform_bounds(3, 1000, 1)
    assert lower == pytest.approx(0.0075757576, abs=5e-11)
    assert upper == pytest.approx(0.0866025404, abs=5e-11)


@pytest.mark.parametrize("dim", [1, 2, 5, 10])
def test_constants_are_first_moments(dim):
    draws = np.random.default_rng(dim).standard_normal((400_000, dim))
    lengths = np.linalg.norm(draws, axis=1)
    # x e^((1-x²)/2) is the integral of e^(iωx) (-i ω) e^(1/2) φ(ω) dω
    parity = lengths * np.abs(draws).prod(axis=1) * math.exp(dim / 2)
    for sample, constant in (
        (lengths, gaussian_constant(dim)),
        (parity, smooth_parity_constant(dim)),
    ):
        error = sample.std() / math.sqrt(len(sample))
        assert abs(sample.mean() - constant) < 5 * error


def test_constants_grow_as_said():
    slopes = [
        math.log(constant(20) / constant(10)) / 10
        for constant in (smooth_parity_constant, gaussian_constant)
    ]
    assert slopes[0] >= 0.27
    assert slopes[1] <= 0.1
    ratio = smooth_parity_constant(401) / smooth_parity_constant(400)
    assert ratio == pytest.approx(math.sqrt(2 * math.e / math.pi), rel=2e-3)
    assert gaussian_constant(5000) <= math.sqrt(5000)


@pytest.mark.parametrize(("dim", "most"), [(1, 40), (2, 9), (3, 5), (4, 3)])
def test_lattice_norms_are_those_of_an_enumeration(dim, most):
    vectors = product(range(-most, most + 1), repeat=dim)
    squares = sorted(sum(k * k for k in vector) for vector in vectors)
    squares = [m for m in squares if 0 < m <= most**2][::2]  # k and -k count once
    assert [lattice_square(rank + 1, dim) for rank in range(len(squares))] == squares


def test_lattice_norms_of_many_dimensions():
    assert [lattice_square(rank, 10) for rank in (1, 10, 11, 100, 101)] == [1, 1, 2, 2, 3]
    assert lattice_norm(11, 10) == math.sqrt(2)
    assert lattice_square(5000, 5000) == 1
    assert lattice_square(5001, 5000) == 2
    assert lattice_square(100_000, 10) == 10
    for rank in (0, 1.5, 2**39):
        with pytest.raises(ValueError, match="rank"):
            lattice_square(rank, 3)


def test_no_fixed_basis_keeps_up_in_ten_dimensions():
    crossed = next(
        n for n in range(1000, 20_000, 100) if barron_bound(10, n, 1) < linear_bound(10, n, 1)
    )
    assert 10_500 <= crossed <= 11_500


@pytest.mark.parametrize(("dim", "cells"), [(1, 3), (2, 4), (3, 2)])
def test_grid_error_is_that_of_multilinear_interpolation(dim, cells):
    axis = np.linspace(0, 1, cells + 1)
    fine = np.linspace(0, 1, 4 * cells + 1)
    one = np.interp(fine, axis, axis**2) - fine**2  # of a sum, the multilinear interpolant adds up
    total = sum(np.meshgrid(*[one] * dim, indexing="ij"))
    assert total.max() == pytest.approx(grid_error(dim, cells), rel=1e-12)


@pytest.mark.parametrize("dim", [1, 2, 3, 7])
def test_uniform_bounds_use_whole_roots(dim):
    for side in (1, 2, 3, 10):
        samples = side**dim
        lower, upper = uniform_bounds(dim, samples, 2.0)
        assert lower == pytest.approx(2 / (4 * math.sqrt(3 * dim) * (side + 1)), rel=1e-12)
        assert upper == pytest.approx(math.sqrt(dim) / side, rel=1e-12)
        if side > 1:
            assert uniform_bounds(dim, samples - 1, 2.0)[1] > upper


@pytest.mark.parametrize("dim", [1, 2, 5, 10])
def test_ball_points_are_uniform(dim):
    points = ball_points(dim, 20_000)
    shares = (np.linalg.norm(points, axis=1) / ball_radius(dim)) ** dim
    assert shares.max() <= 1
    assert shares.mean() == pytest.approx(0.5, abs=0.01)
    assert np.abs(points.mean(axis=0)).max() < 0.05


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_steps_have_the_target_for_their_mean(dim):
    points = ball_points(dim, 40)
    directions, thresholds, heights = random_steps(dim, 200_000, 0)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    steps = (points @ directions.T > thresholds) * heights
    means = 1 + steps.mean(axis=1)
    deviations = steps.std(axis=1) / math.sqrt(steps.shape[1])
    target = np.exp(-(points**2).sum(axis=1) / 2)
    assert (np.abs(means - target) <= 5 * deviations + 1e-12).all()
    assert np.abs(heights).max() <= barron_bound(dim, 1, gaussian_constant(dim))


def test_more_steps_are_added_to_the_same():
    for few, many in zip(random_steps(3, 10, 4), random_steps(3, 50, 4), strict=True):
        np.testing.assert_array_equal(few, many[:10])
    rms, largest = step_network_errors(3, [4, 16], 2, points=100)
    again = step_network_errors(3, [16], 2, points=100)
    np.testing.assert_allclose(rms[:, 1:], again[0], rtol=1e-12)
    np.testing.assert_allclose(largest[:, 1:], again[1], rtol=1e-12)


@pytest.mark.parametrize("dim", [2, 5, 10])
def test_step_networks_keep_the_bound_and_its_rate(dim):
    rms, largest = step_network_errors(dim, TERMS, 8, points=500)
    bounds = [barron_bound(dim, n, gaussian_constant(dim)) for n in TERMS]
    assert ((rms / bounds > 0.05) & (rms / bounds < 0.4)).all()
    assert (largest > rms).all()
    slope = np.polyfit(np.log(TERMS), np.log(rms.mean(axis=0)), 1)[0]
    assert -0.6 <= slope <= -0.4
