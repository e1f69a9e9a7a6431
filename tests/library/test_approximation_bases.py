"""Bases at equal size: reference values, closed forms, dense grids."""

import math

import numpy as np
import pytest

from supnorm.approximation.bases import (
    TARGETS,
    chebyshev_error,
    cosine_error,
    deep_square,
    piecewise_error,
    product_error,
    sine,
    square_error,
    square_values,
    terms_needed,
)


def test_reference_values():
    assert chebyshev_error(sine(3), 16) == pytest.approx(5.043698e-4, abs=5e-11)
    assert piecewise_error(sine(3), 16) == pytest.approx(1.653548e-1, abs=5e-8)


def test_targets():
    points = np.array([-1, -0.3, 0, 0.25, 1])
    expected = {
        "abs": abs(points),
        "exp": math.e**points,
        "sin": np.sin(math.pi * points),
        "sin_20": np.sin(20 * math.pi * points),
        "runge": 1 / (1 + 25 * points**2),
        "tanh": np.tanh(200 * points),
    }
    assert set(TARGETS) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(TARGETS[name].function(points), values)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("terms", [1, 3, 4, 10, 33, 100])
def test_piecewise_errors_are_those_of_a_finer_grid(name, terms):
    target = TARGETS[name]
    grid = np.linspace(-1, 1, 1_000_001)
    knots = np.linspace(-1, 1, terms + 1)
    found = np.interp(grid, knots, target.function(knots)) - target.function(grid)
    assert piecewise_error(target, terms) == pytest.approx(abs(found).max(), rel=2e-4, abs=1e-14)


def test_piecewise_errors_in_closed_form():
    width = 2 / 10
    slope = (math.e - math.exp(1 - width)) / width  # the last piece of e^x is the worst
    worst = math.exp(1 - width) + slope * (math.log(slope) - 1 + width) - slope
    assert piecewise_error(TARGETS["exp"], 10) == pytest.approx(worst, rel=1e-12)
    assert piecewise_error(TARGETS["abs"], 10) == 0
    assert piecewise_error(TARGETS["abs"], 11) == pytest.approx(1 / 11, rel=1e-12)


@pytest.mark.parametrize("terms", [4, 9, 16])
def test_chebyshev_interpolates_at_the_roots(terms):
    roots = np.cos(math.pi * (np.arange(terms + 1) + 0.5) / (terms + 1))
    grid = np.linspace(-1, 1, 3001)
    for target in TARGETS.values():
        fit = np.polynomial.Polynomial.fit(roots, target.function(roots), terms)
        dense = abs(fit(grid) - target.function(grid)).max()
        assert chebyshev_error(target, terms) == pytest.approx(dense, rel=0.01, abs=1e-12)


def test_chebyshev_of_the_kink():
    assert 32 * chebyshev_error(TARGETS["abs"], 32) == pytest.approx(0.59, abs=0.02)
    assert 33 * chebyshev_error(TARGETS["abs"], 33) == pytest.approx(0.99, abs=0.03)


@pytest.mark.parametrize("terms", [0, 3, 8])
def test_cosine_series_of_exact_coefficients(terms):
    """The coefficients of e^x and of cos(π(x+1)) are known."""
    grid = np.linspace(-1, 1, 4001)
    orders = np.arange(terms + 1)
    exact = (math.e * (-1.0) ** orders - 1 / math.e) / (1 + (math.pi * orders / 2) ** 2)
    exact[0] /= 2
    series = np.cos(math.pi / 2 * np.outer(grid + 1, orders)) @ exact
    dense = abs(series - np.exp(grid)).max()
    assert cosine_error(TARGETS["exp"], terms) == pytest.approx(dense, rel=1e-6)


def test_cosine_series_ends_where_the_target_does():
    target = type(TARGETS["exp"])(lambda x: np.cos(3 * math.pi / 2 * (x + 1)))
    assert cosine_error(target, 2) > 0.9
    assert cosine_error(target, 3) < 1e-12


def test_relu_wins_at_kinks_and_loses_on_smooth_targets():
    assert chebyshev_error(TARGETS["sin"], 32) < 1e-13 < piecewise_error(TARGETS["sin"], 32)
    assert piecewise_error(TARGETS["abs"], 32) == 0 < chebyshev_error(TARGETS["abs"], 32)
    assert piecewise_error(TARGETS["exp"], 32) < cosine_error(TARGETS["exp"], 32)


def test_terms_grow_like_the_frequency():
    needed = [terms_needed("piecewise", sine(2 * k), 0.1) for k in (1, 2, 4, 8)]
    assert needed == [14, 28, 56, 112]
    assert terms_needed("chebyshev", sine(6), 0.1, most=5) is None


@pytest.mark.parametrize("compositions", range(1, 11))
def test_deep_squares_are_exact(compositions):
    neurons, error = deep_square(compositions)
    assert neurons == 3 * compositions - 1
    assert error == 2.0 ** (-2 * compositions - 2) == square_error(compositions)
    points = np.random.default_rng(1).random(1000)
    knots = np.arange(2**compositions + 1) / 2**compositions
    np.testing.assert_allclose(
        square_values(points, compositions), np.interp(points, knots, knots**2), atol=1e-14
    )


@pytest.mark.parametrize("compositions", [1, 2, 3, 5])
def test_product_gates_are_exact(compositions):
    assert product_error(compositions) == 2.0 ** (-2 * compositions - 1)
