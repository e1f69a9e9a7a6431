"""The best fits of T^k in L^2: the known errors, and no fit found otherwise is better."""

import time

import numpy as np
import pytest
from scipy.integrate import quad

from supnorm.depth import fits
from supnorm.depth.bounds import l1_floor
from supnorm.depth.pieces import pieces
from supnorm.depth.sawtooth import sawtooth_values

SQUARES = {
    1: [1 / 12, 0],
    2: [1 / 12, 1 / 15, 1 / 21, 0],
    3: [1 / 12, 1 / 13, 1 / 15, 1 / 18, 1 / 22, 1 / 30, 1 / 42, 0],
}


@pytest.fixture(scope="module")
def errors():
    return {k: fits.fit_errors(k) for k in (1, 2, 3, 4)}


@pytest.mark.parametrize("compositions", SQUARES)
def test_squared_errors_are_those_found_before(errors, compositions):
    np.testing.assert_allclose(errors[compositions]["2"] ** 2, SQUARES[compositions], atol=1e-8)


def test_the_fits_of_t4_fall_with_each_piece(errors):
    squares = errors[4]["2"] ** 2
    assert len(squares) == 16
    assert (np.diff(squares) < 0).all()
    assert squares[0] == pytest.approx(1 / 12)
    assert squares[-1] == pytest.approx(0, abs=1e-20)
    np.testing.assert_allclose(1 / squares[[3, 7]], [100 / 7, 20.4], rtol=1e-6)
    # T^4 is two copies of T^3: with 8 pieces one is exact, and the other is fitted by the rest.
    np.testing.assert_allclose(squares[9:], np.array(SQUARES[3][1:]) / 2, atol=1e-8)


def test_mean_errors_are_those_of_the_fits_and_above_the_floor(errors):
    expected = [0.25, 0.23091, 0.19989, 0.16687, 0.13620, 0.10060, 0.07111, 0]
    np.testing.assert_allclose(errors[3]["1"], expected, atol=5e-4)
    for compositions, found in errors.items():
        for number, error in enumerate(found["1"], 1):
            assert error >= l1_floor(compositions, number)


def test_the_uniform_error_gains_nothing_from_more_pieces(errors):
    for found in errors.values():
        assert (found["inf"][:-1] >= 0.5 - 1e-9).all()
        assert found["inf"][-1] <= 1e-9


def test_errors_are_those_of_quadrature():
    fit = fits.best_fits(2)[2]
    assert pieces(fit) == 3
    breaks = [*fit.places, -0.25, 0.0, 0.25]

    def integral(power):
        def off(x):
            return abs(fit.at(np.array([x]))[0] - sawtooth_values(2, np.array([x]))[0]) ** power

        return quad(off, -0.5, 0.5, points=breaks, limit=200)[0]

    difference = fit - fits.sawtooth_function(2)
    assert difference.norm("2") ** 2 == pytest.approx(integral(2), abs=1e-9)
    assert difference.norm("1") == pytest.approx(integral(1), abs=1e-6)


def test_each_fit_has_its_number_of_pieces():
    for number, fit in enumerate(fits.best_fits(3), 1):
        assert len(fit.places) == number + 1
        assert fit.places[0] == -0.5
        assert fit.places[-1] == 0.5
        assert (np.diff(fit.places) > 0).all()


def test_no_other_start_finds_a_better_fit(errors):
    rng = np.random.default_rng(5)
    target = fits.sawtooth_function(3)
    for number in range(2, 8):
        starts = np.sort(rng.uniform(0, 1, (40, number - 1)), axis=1)
        found = [fits._polish(np.array([0, *start, 1]), 3) - target for start in starts]
        assert min(f.norm("2") for f in found) >= errors[3]["2"][number - 1] - 1e-9


def test_the_search_is_exact_on_its_grid():
    """Against all knots and values of a coarse grid, tried one after the other."""
    knots, grid = np.arange(9) / 8, np.linspace(0, 1, 4)
    origins = fits._search(knots, grid, 2, 2)
    cost = {}
    for i in range(1, 8):
        for v in np.ndindex(4, 4, 4):
            values = grid[list(v)]
            fit = fits.PiecewiseLinear(np.array([0, knots[i], 1]) - 0.5, values)
            cost[i, v] = (fit - fits.sawtooth_function(2)).norm("2")
    best = min(cost.values())
    end = int(origins[1, 0, 0, 0])
    middle, value = origins[1, 8, end]
    first = origins[0, middle, value]
    assert first[0] == 0
    assert cost[int(middle), (int(first[1]), int(value), end)] == pytest.approx(best, abs=1e-12)
    assert fits._path(origins, 2) == [0, middle, 8]


def test_the_gradient_is_that_of_differences():
    knots = np.array([0, 0.13, 0.37, 0.71, 0.8, 1])
    _, cost, gradient = fits._projected(knots, 2)
    for i in range(1, 5):
        step = np.zeros(6)
        step[i] = 1e-6
        slope = (fits._projected(knots + step, 2)[1] - fits._projected(knots - step, 2)[1]) / 2e-6
        assert gradient[i - 1] == pytest.approx(slope, abs=1e-7)
    assert cost < 0


def test_moments_are_integrals():
    for place in (0.0, 0.2, 0.25, 0.6, 1.0):
        for power, found in enumerate(fits._moments(place, 2)):

            def moment(z, power=power):
                return z**power * sawtooth_values(2, np.array([z - 0.5]))[0]

            expected = quad(moment, 0, place, points=[0.25, 0.5, 0.75], limit=200)[0]
            assert found == pytest.approx(expected, abs=1e-10)


def test_fits_are_the_same_again_and_quick():
    first = fits.best_fits(4)
    assert len(first) == 16
    start = time.process_time()
    again = fits.best_fits(4)
    assert time.process_time() - start < 3
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.places, other.places)
        np.testing.assert_array_equal(one.values, other.values)
