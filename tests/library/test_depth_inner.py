"""The inner product modulo 2, and its network."""

from itertools import product

import numpy as np
import pytest

from supnorm.cube import corners, parity
from supnorm.depth.bounds import construction_weights
from supnorm.depth.inner_product import inner_product, inner_product_network
from supnorm.networks import forward


@pytest.mark.parametrize("dim", range(1, 8))
def test_the_network_is_the_inner_product_exactly(dim):
    points = corners(2 * dim)
    values = forward(inner_product_network(dim), points)[0]
    np.testing.assert_array_equal(values, inner_product(points))


@pytest.mark.parametrize("dim", range(1, 9))
def test_the_network_has_the_shape_and_the_parameters_of_the_statement(dim):
    network = inner_product_network(dim)
    assert [w.shape[1:] for w in network.weights] == [(dim, 2 * dim), (dim, dim), (1, dim)]
    largest = max(np.abs(array).max() for array in network.tensors().values())
    assert largest <= construction_weights(dim)
    if dim > 1:
        assert largest == construction_weights(dim)


def test_points_come_in_order():
    np.testing.assert_array_equal(corners(3), list(product((1, -1), repeat=3)))
    assert corners(0).shape == (1, 0)


def test_the_inner_product_counts_bits_true_in_both_words():
    for point in corners(6):
        both = sum(x == 1 == y for x, y in zip(point[:3], point[3:], strict=True))
        assert inner_product(point) == (-1) ** both
        assert parity(point) == (-1) ** sum(point == -1)


def test_values_have_the_shape_of_the_points():
    assert inner_product(corners(4).reshape(2, 8, 4)).shape == (2, 8)
    with pytest.raises(ValueError, match="dim is 0"):
        inner_product_network(0)
