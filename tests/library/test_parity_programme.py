"""Least-norm interpolants by linear programming, in d dimensions and in one."""

import math

import numpy as np
import pytest
import scipy.optimize

from supnorm.cube import corners, parity
from supnorm.job.programs import InputError
from supnorm.parity import programme
from supnorm.parity.cube import directions, drawn_corners
from supnorm.parity.norms import minimum_norm, minimum_norm_with_biases
from supnorm.parity.programme import (
    Dictionary,
    lattice_dictionary,
    least_norm,
    penalised_norm,
    sign_dictionary,
    tie_breaking_costs,
)
from supnorm.parity.spline import least_norm_1d, slope_variation


@pytest.mark.parametrize("epsilon", [0, 0.5])
@pytest.mark.parametrize("dim", [2, 3, 4, 5, 6])
def test_the_value_on_the_cube_is_the_closed_form(dim, epsilon):
    points = corners(dim)
    solution = least_norm(sign_dictionary(dim), points, parity(points), epsilon)
    assert solution.norm == pytest.approx((1 - epsilon) * minimum_norm(dim), rel=1e-9)
    assert solution.residual <= 1e-9
    error = np.abs(solution.values(points) - parity(points)).max()
    assert error == pytest.approx(epsilon, abs=1e-9)


@pytest.mark.parametrize("dim", [2, 3, 4, 5, 6])
def test_with_biases_penalised_the_value_is_the_closed_form(dim):
    assert penalised_norm(dim) == pytest.approx(minimum_norm_with_biases(dim), rel=1e-9)


def test_reference_value_of_few_points():
    points = corners(6)[:20]
    solution = least_norm(sign_dictionary(6), points, parity(points))
    assert solution.norm == pytest.approx(9.79795897, rel=1e-9)


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_dictionaries_have_unit_neurons_that_bend_on_the_cube(dim):
    signs, lattice = sign_dictionary(dim), lattice_dictionary(dim)
    assert len(signs) == 2 ** (dim - 1) * (dim - 1)
    points = corners(dim)
    for dictionary in (signs, lattice):
        np.testing.assert_allclose(np.linalg.norm(dictionary.weights, axis=1), 1)
        values = points @ dictionary.weights.T + dictionary.biases
        assert (values.min(axis=0) < -1e-9).all()
        assert (values.max(axis=0) > 1e-9).all()
        assert np.abs(values).min(axis=0).max() < 1e-9  # each hyperplane has a corner on it
    keys = [
        {tuple(row) for row in np.column_stack([part.weights, part.biases]).round(9)}
        for part in (signs, lattice)
    ]
    assert keys[0] <= keys[1]
    assert len(keys[1]) == len(lattice)
    counts = [math.comb(dim, m) * 2**m * (m - 1) // 2 for m in range(1, dim + 1)]
    assert len(lattice) == sum(counts)


def test_one_orientation_is_enough_only_with_the_affine_part():
    points = corners(2)
    one = sign_dictionary(2)
    both = Dictionary(
        np.vstack([one.weights, -one.weights]), np.concatenate([one.biases, -one.biases])
    )
    with pytest.raises(InputError, match="failed"):
        least_norm(one, points, parity(points), affine=False)
    alone = least_norm(both, points, parity(points), affine=False)
    assert alone.norm == pytest.approx(minimum_norm(2))
    assert not alone.slope.any()
    assert alone.offset == 0


def test_costs_choose_the_neurons_but_do_not_enter_the_norm():
    """Values at -1, 0, 1 and a knot to choose: 2 neurons that fit as well, one of them dear."""
    points = np.array([[-1.0], [0.0], [0.0], [1.0]])
    dictionary = Dictionary(np.ones((2, 1)), np.array([0.0, 0.0]))
    values = np.abs(points[:, 0])
    for costs, expected in (([1.0, 3.0], [2, 0]), ([3.0, 2.0], [0, 2])):
        solution = least_norm(dictionary, points, values, costs=np.array(costs))
        np.testing.assert_allclose(solution.coefficients, expected, atol=1e-9)
        assert solution.norm == pytest.approx(2)
        assert solution.slope == pytest.approx([-1])
        assert solution.offset == pytest.approx(0, abs=1e-9)


def test_of_affine_parts_that_agree_the_shortest_is_taken():
    points = np.array([[1.0, 1.0], [-1.0, -1.0]])
    solution = least_norm(sign_dictionary(2), points, np.array([2.0, 0.0]))
    assert solution.norm == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose([*solution.slope, solution.offset], [0.5, 0.5, 1])


def test_costs_that_break_ties_are_a_stream_of_the_seed():
    costs = tie_breaking_costs(10000, 4, 24)
    assert (costs >= 1).all()
    assert (costs < 1 + 1e-6).all()
    assert len(set(costs)) == 24
    assert (costs[:10] == tie_breaking_costs(10000, 4, 10)).all()
    assert (costs != tie_breaking_costs(10001, 4, 24)).all()


@pytest.mark.parametrize(("dim", "samples"), [(6, 36), (8, 200)])
def test_the_optimum_depends_on_no_solver_and_no_order(dim, samples, monkeypatch):
    points = drawn_corners(10000, dim, samples)
    labels = parity(points)
    dictionary = sign_dictionary(dim)
    costs = tie_breaking_costs(10000, dim, len(dictionary))
    simplex = least_norm(dictionary, points, labels, costs=costs)
    order = np.random.default_rng(0).permutation(len(dictionary))
    permuted = Dictionary(dictionary.weights[order], dictionary.biases[order])
    again = least_norm(permuted, points, labels, costs=costs[order])
    np.testing.assert_allclose(again.coefficients, simplex.coefficients[order], atol=1e-8)

    def interior(*arguments, method, **options):
        return scipy.optimize.linprog(*arguments, method="highs-ipm", **options)

    monkeypatch.setattr(programme, "linprog", interior)
    inner = least_norm(dictionary, points, labels, costs=costs)
    np.testing.assert_allclose(inner.coefficients, simplex.coefficients, atol=1e-8)
    np.testing.assert_allclose(inner.slope, simplex.slope, atol=1e-8)
    assert simplex.residual <= 1e-9
    assert simplex.norm < minimum_norm(dim)
    errors = simplex.values(corners(dim)) - parity(corners(dim))
    assert math.sqrt((errors**2).mean()) >= 1 - simplex.norm / minimum_norm(dim)  # S2.6


def test_of_sinusoids_the_sine_is_best_as_a_ridge_and_the_cosine_is_not():
    dim, omega = 6, 0.4 * math.pi / 2
    points = corners(dim)
    heights = np.arange(-dim, dim + 1, 2)
    ratios = []
    for wave in (np.cos, np.sin):
        ridge = slope_variation(heights / math.sqrt(dim), wave(omega * heights))
        value = least_norm(lattice_dictionary(dim), points, wave(omega * points.sum(axis=1))).norm
        ratios.append(value / ridge)
    assert ratios[0] == pytest.approx(0.8726779963, rel=1e-9)
    assert ratios[1] == pytest.approx(1, rel=1e-9)


def test_reference_value_of_a_ridge():
    heights = np.arange(-6, 7, 2)
    value = slope_variation(heights / math.sqrt(6), np.cos(0.4 * math.pi / 2 * heights))
    assert value == pytest.approx(5.47722558, rel=1e-9)


@pytest.mark.parametrize("count", [5, 20, 60, 300])
def test_in_one_dimension_the_spline_has_the_least_norm(count):
    random = np.random.default_rng(count)
    x = 3 + 10 * np.sort(random.uniform(size=count))
    y = 100 * np.sin(x) + random.normal(size=count)
    assert least_norm_1d(x, y) == pytest.approx(slope_variation(x, y), rel=1e-9)


def test_points_close_together_do_not_hide_a_slope():
    """What the programme leaves of the values, up to 1e-7, is a hundredth of a slope there."""
    random = np.random.default_rng(22)
    x = np.sort(random.uniform(-0.5, 0.5, size=20))
    x[10] = x[9] + 1e-5
    y = np.maximum(x, random.uniform(-0.3, 0.3)) * random.normal() + 0.01 * np.sin(5 * x)
    assert least_norm_1d(x, y) == pytest.approx(slope_variation(x, y), rel=1e-9)


def test_the_variation_of_slopes_of_a_zigzag():
    assert slope_variation(np.array([0.0, 1, 3, 4]), np.array([0.0, 2, 0, 0])) == 4


def test_labels_that_contradict_each_other_have_no_interpolant():
    points = directions(3)[[0, 0, 1]]
    with pytest.raises(InputError, match="8 neurons failed"):
        least_norm(sign_dictionary(3), points, np.array([1.0, -1.0, 1.0]))
