"""Networks for the parity: they interpolate, and have the norms of the closed forms."""

import math

import numpy as np
import pytest

from supnorm.cube import corners, parity
from supnorm.networks import Networks, concatenate, forward
from supnorm.parity.constructions import (
    bump_average,
    norm,
    optimum,
    path_norms,
    sawtooth,
    sub_average_errors,
)
from supnorm.parity.cube import drawn_corners
from supnorm.parity.norms import (
    average_norm,
    directions_guaranteed,
    labelled_share,
    minimum_norm,
    orders,
    ridge_count,
    ridge_norm,
)

EXACT = 1e-12


def deviation(network):
    """The uniform error on the cube."""
    points = corners(network.weights[0].shape[2])
    return np.abs(forward(network, points)[0] - parity(points)).max()


@pytest.mark.parametrize("dim", range(2, 11))
def test_networks_interpolate_with_the_norms_of_the_closed_forms(dim):
    cases = [(sawtooth(dim), ridge_norm(dim)), (optimum(dim), minimum_norm(dim))]
    cases += [(bump_average(dim, t), average_norm(dim, t)) for t in orders(dim) if t < dim]
    for network, expected in cases:
        assert deviation(network) <= EXACT
        assert norm(network, math.sqrt(dim))[0] == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(np.linalg.norm(network.weights[0], axis=2), 1)


@pytest.mark.parametrize("dim", [11, 12])
def test_the_sawtooth_interpolates_in_more_dimensions(dim):
    assert deviation(sawtooth(dim)) <= EXACT


def test_the_sawtooth_has_the_count_of_the_paper():
    assert path_norms(sawtooth(7)).sum() == pytest.approx(ridge_count(7))
    assert path_norms(sawtooth(7)).shape == (1, 9)


@pytest.mark.parametrize(("dim", "order"), [(5, 1), (5, 3), (6, 0), (6, 2), (6, 4)])
def test_one_bump_function_labels_its_corners_and_no_others(dim, order):
    sign = corners(dim)[[11]]
    points = corners(dim)
    values = forward(bump_average(dim, order, sign), points)[0] * labelled_share(dim, order)
    labelled = np.abs(points @ sign[0]) <= order
    np.testing.assert_allclose(values, parity(points) * labelled, atol=EXACT)


def test_norm_leaves_out_what_is_affine_in_the_ball():
    inner = np.array([[[3.0, 4.0], [0.0, 1.0], [1.0, 0.0], [0.0, 2.0]]])
    biases = np.array([[-9.0, 2.0, -2.5, 1.0]])
    outer = np.array([[[2.0, -7.0, 1.0, -0.5]]])
    network = Networks((inner, outer), (biases, np.ones((1, 1))))
    np.testing.assert_allclose(path_norms(network), [[10, 7, 1, 1]])
    both = concatenate([network, network.map(lambda array: 2 * array)])
    np.testing.assert_allclose(norm(both, 2.0), [11, 44])
    np.testing.assert_allclose(norm(both, 2.1), [18, 72])


def test_sub_averages_have_the_errors_of_their_networks():
    signs = drawn_corners(3, 6, 90)
    counts = [40, 7, 90, 7]
    errors = sub_average_errors(6, signs, counts)
    expected = [deviation(bump_average(6, 0, signs[:count])) for count in counts]
    np.testing.assert_allclose(errors, expected, atol=EXACT)


@pytest.mark.parametrize(("dim", "epsilon"), [(6, 0.5), (8, 0.25)])
def test_the_guaranteed_number_of_directions_is_enough(dim, epsilon):
    count = directions_guaranteed(dim, epsilon)
    errors = [
        sub_average_errors(dim, drawn_corners(seed, dim, count), [count])[0] for seed in range(20)
    ]
    assert np.mean(np.array(errors) <= epsilon) >= 0.5
    network = bump_average(dim, 0, drawn_corners(0, dim, count))
    assert network.weights[0].shape[1] == 3 * count
    assert norm(network, math.sqrt(dim))[0] == pytest.approx(average_norm(dim, 0))


def test_a_bump_function_of_the_highest_order_is_the_sawtooth():
    with pytest.raises(ValueError, match="sawtooth"):
        bump_average(4, 4)
