"""Iterated triangle maps, squares and products as networks: to the bit at dyadic points."""

from fractions import Fraction

import numpy as np
import pytest

from supnorm.depth.bounds import product_error, square_best, square_error, width_sufficient
from supnorm.depth.pieces import count_pieces
from supnorm.depth.sawtooth import (
    product_gate,
    sawtooth,
    sawtooth_values,
    square,
    triangle_network_with_width,
)
from supnorm.errors.exact import exact_errors
from supnorm.networks import forward


def triangle(z):
    """T^k by its definition, in fractions."""
    return 2 * z if z <= Fraction(1, 2) else 2 - 2 * z


def composed(compositions, place):
    z = Fraction(place) + Fraction(1, 2)
    for _ in range(compositions):
        z = triangle(z)
    return z


def dyadics(power, count):
    """Some places i / 2^power - 1/2 of Q, among them the ends, of odd and even i."""
    i = np.linspace(0, 2**power, count).astype(np.int64)
    i = np.unique(np.concatenate([i, i[:-1] + 1]))
    return i, i / 2.0**power - 1 / 2


@pytest.mark.parametrize("compositions", range(1, 51))
def test_the_sawtooth_is_exact_to_the_bit_at_dyadic_places(compositions):
    teeth, places = dyadics(compositions, 300)
    np.testing.assert_array_equal(forward(sawtooth(compositions), places[:, None])[0], teeth % 2)
    np.testing.assert_array_equal(sawtooth_values(compositions, places), teeth % 2)
    _, between = dyadics(min(compositions + 3, 51), 60)
    expected = [float(composed(compositions, place)) for place in between]
    np.testing.assert_array_equal(forward(sawtooth(compositions), between[:, None])[0], expected)
    np.testing.assert_array_equal(sawtooth_values(compositions, between), expected)


def test_the_closed_form_rounds_nothing():
    places = np.random.default_rng(0).uniform(-0.5, 0.5, 200)
    for compositions in (2, 5, 20):
        expected = [float(composed(compositions, place)) for place in places]
        np.testing.assert_array_equal(sawtooth_values(compositions, places), expected)
    np.testing.assert_array_equal(sawtooth_values(1, places), 1 - 2 * np.abs(places))


def test_the_sawtooth_has_the_weights_of_the_statement():
    network = sawtooth(4)
    assert [w.shape for w in network.weights] == [(1, 2, 1), *[(1, 2, 2)] * 3, (1, 1, 2)]
    np.testing.assert_array_equal(network.weights[0][0], [[1], [1]])
    np.testing.assert_array_equal(network.biases[0][0], [0.5, 0])
    for weight, bias in zip(network.weights[1:-1], network.biases[1:-1], strict=True):
        np.testing.assert_array_equal(weight[0], [[2, -4], [2, -4]])
        np.testing.assert_array_equal(bias[0], [0, -0.5])
    np.testing.assert_array_equal(network.weights[-1][0], [[2, -4]])
    assert not any(np.signbit(bias[bias == 0]).any() for bias in network.biases)


@pytest.mark.parametrize("compositions", [1, 2, 3, 5, 7])
def test_fewer_hidden_layers_need_the_width_of_the_construction(compositions):
    for hidden_layers in range(1, compositions + 1):
        network = sawtooth(compositions, hidden_layers)
        widths = [bias.shape[1] for bias in network.biases[:-1]]
        assert len(widths) == hidden_layers
        assert max(widths) == width_sufficient(compositions, hidden_layers)
        assert np.prod(widths) == 2**compositions
        errors = exact_errors(sawtooth(compositions), network, np.array([0]))
        assert errors.norms["inf"][0] == 0
        assert count_pieces(network)[0] == 2**compositions


def test_one_hidden_layer_of_two_to_the_k_is_enough():
    for compositions in (1, 4, 10):
        network = triangle_network_with_width(compositions)
        assert [w.shape[1] for w in network.weights] == [2**compositions, 1]
        _, places = dyadics(compositions + 4, 200)
        values = forward(network, places[:, None])[0]
        np.testing.assert_array_equal(values, sawtooth_values(compositions, places))


def test_layers_and_compositions_are_checked():
    for arguments in [(0,), (3, 4), (3, 0), (0, 0)]:
        with pytest.raises(ValueError, match="hidden layers"):
            sawtooth(*arguments)
    with pytest.raises(ValueError, match="terms is 0"):
        square(0)
    with pytest.raises(ValueError, match="compositions is 0"):
        sawtooth_values(0, np.zeros(1))


@pytest.mark.parametrize("terms", range(1, 11))
def test_the_square_errs_by_exactly_its_closed_form(terms):
    network = square(terms)
    assert [b.shape[1] for b in network.biases] == [*[3] * terms, 1]
    x = np.arange(2 ** (terms + 2) + 1) / 2 ** (terms + 2)
    error = forward(network, x[:, None])[0] - x**2
    # The interpolant at the knots, which is farthest in the middle between: the best at its pieces.
    assert error.min() == 0
    assert (error[::4] == 0).all()
    assert (error[2::4] == square_error(terms)).all()
    assert error.max() == square_error(terms)
    assert square_error(terms) == 2 * square_best(2**terms)


@pytest.mark.parametrize("terms", range(1, 6))
def test_the_product_errs_by_exactly_its_closed_form_at_both_ends(terms):
    network = product_gate(terms)
    assert [b.shape[1] for b in network.biases] == [*[9] * terms, 1]
    x = np.arange(2 ** (terms + 1) + 1) / 2 ** (terms + 1)
    points = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    error = forward(network, points)[0] - points.prod(axis=1)
    assert error.max() == product_error(terms)
    assert error.min() == -product_error(terms) / 2
