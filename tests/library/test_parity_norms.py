"""The closed forms of part 2 of theory.md: its table, and what must hold between them."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from supnorm.cube import corners, parity
from supnorm.parity.norms import (
    approximation_bound,
    average_norm,
    best_order,
    directions_guaranteed,
    elimination_probability,
    fitted_optimum,
    fitted_share,
    labelled_share,
    linear_floor,
    minimum_norm,
    minimum_norm_with_biases,
    neuron_share,
    orders,
    ridge_bound,
    ridge_count,
    ridge_norm,
)

deterministic = settings(derandomize=True)

# S2.6: d, ridge, average of t = 0 or 1, best average, its order, V, V/d, d/16, d^1.5/(2 sqrt 2)
TABLE = """
2 2.828 11.314 2.828 2 2.8284 1.414 .125 1.000
3 6.928 13.856 6.928 3 6.9282 2.309 .188 1.837
4 12.000 21.333 12.000 4 8.0000 2.000 .250 2.828
5 17.889 21.466 17.889 5 11.9257 2.385 .313 3.953
6 24.495 31.353 24.495 6 13.0639 2.177 .375 5.196
7 31.749 29.028 29.028 1 16.9328 2.419 .438 6.548
8 39.598 41.376 31.828 2 18.1019 2.263 .500 8.000
9 48.000 36.571 36.571 1 21.9429 2.438 .563 9.546
10 56.921 51.400 38.550 2 23.1298 2.313 .625 11.180
11 66.332 44.107 42.882 3 26.9542 2.450 .688 12.899
12 76.210 61.424 45.260 2 28.1527 2.346 .750 14.697
13 86.533 51.638 49.179 3 31.9661 2.459 .813 16.572
14 97.283 71.449 51.963 2 33.1728 2.369 .875 18.520
15 108.444 59.165 55.468 3 36.9784 2.465 .938 20.540
16 120.000 81.474 58.662 2 38.1911 2.387 1.00 22.627
"""


@pytest.mark.parametrize("row", TABLE.split("\n")[1:-1])
def test_table(row):
    printed = row.split()
    dim = int(printed[0])
    values = [
        dim,
        ridge_norm(dim),
        average_norm(dim, dim % 2),
        average_norm(dim, best_order(dim)),
        best_order(dim),
        minimum_norm(dim),
        minimum_norm(dim) / dim,
        approximation_bound(dim),
        ridge_bound(dim),
    ]
    for text, value in zip(printed, values, strict=True):
        digits = len(text.partition(".")[2])
        assert abs(float(text) - value) <= 0.5000001 * 10**-digits


def counted(dim, order):
    """The share of the corners at which the coordinates sum to at most `order` in size."""
    return np.mean([abs(sum(signs)) <= order for signs in product((1, -1), repeat=dim)])


def test_reference_values():
    values = {
        11.92569588: minimum_norm(5),
        13.0639452948: minimum_norm(6),
        21.9428571429: minimum_norm(9),
        38.1911421911: minimum_norm(16),
        24.4948974278: ridge_norm(6),
        51.3995606986: average_norm(10, 0),
        45.2598411981: average_norm(12, 2),
        0.4375: fitted_optimum(0.5),
        8.0: minimum_norm_with_biases(3),
        41.37584822: average_norm(8, 0),
        0.2890702984: elimination_probability(10, 10),
    }
    for expected, value in values.items():
        assert value == pytest.approx(expected, rel=1e-9)
    assert minimum_norm(4) == 8
    assert best_order(12) == 2
    assert directions_guaranteed(8, 0.25) == 592


def test_large_dimensions_are_no_trouble():
    assert minimum_norm(1024) / 1024 == pytest.approx(math.sqrt(2 * math.pi), rel=1e-3)
    assert average_norm(1024, 0) / 1024 == pytest.approx(4 * math.sqrt(math.pi / 2), rel=1e-3)
    assert average_norm(1025, 1) / 1025 == pytest.approx(3 * math.sqrt(math.pi / 2), rel=2e-3)
    assert math.log(minimum_norm(1024) / minimum_norm(512), 2) == pytest.approx(1, abs=2e-3)
    assert math.log(ridge_norm(1024) / ridge_norm(512), 2) == pytest.approx(1.5, abs=2e-3)


@pytest.mark.parametrize("dim", [2, 3, 6, 9])
def test_shares_are_thosecounted(dim):
    for order in orders(dim):
        assert labelled_share(dim, order) == counted(dim, order)
    assert labelled_share(dim, dim) == 1
    ups = (corners(dim) > 0).sum(axis=1)
    shares = [neuron_share(dim, j) for j in range(dim + 1)]
    assert shares == [np.mean(ups == j) for j in range(dim + 1)]
    assert [*orders(dim)] == [t for t in range(dim + 1) if t % 2 == dim % 2]


def test_counts_and_regularised_optima():
    assert ridge_count(6) == pytest.approx(math.sqrt(6) * 15)
    assert ridge_norm(6, 0.25) == pytest.approx(0.75 * ridge_norm(6))
    # At accuracy 1/2 the paper's bound of ridges holds, and V(d)/2 exceeds d/16 (S2.3, S2.6)
    for dim in range(2, 40):
        assert ridge_norm(dim, 0.5) >= ridge_bound(dim) - 1e-12
        assert minimum_norm(dim) / 2 > 10 * approximation_bound(dim)
    # s = 1 - lambda V / 2 minimises (1-s)^2 + lambda V s over s >= 0 (S2.7)
    shares = np.linspace(0, 1, 20001)
    for strength in (0.0, 0.2, 1.0, 1.9, 2.0, 2.5):
        objective = (1 - shares) ** 2 + strength * shares
        assert fitted_optimum(strength) == pytest.approx(objective.min(), abs=1e-8)
        assert fitted_share(strength) == pytest.approx(shares[objective.argmin()], abs=1e-4)


def test_optimal_norm_with_biases_is_that_of_the_next_even_dimension():
    assert [minimum_norm_with_biases(d) for d in (2, 3, 4, 5)] == [
        minimum_norm(d) for d in (2, 4, 4, 6)
    ]


def test_floor_and_probability_at_their_ends():
    assert linear_floor(4, 0) == 1
    assert linear_floor(4, 4) == math.sqrt(0.75)
    assert linear_floor(4, 16) == linear_floor(4, 40) == 0
    assert str(elimination_probability(6, 4)) == str(elimination_probability(6, 5)) == "0.0"
    assert elimination_probability(1, 1) == 0.5
    assert elimination_probability(2, 2) == 0.375


@pytest.mark.parametrize(
    "call",
    [
        lambda: minimum_norm(1),
        lambda: minimum_norm_with_biases(1),
        lambda: ridge_norm(1),
        lambda: ridge_norm(3, 1.0),
        lambda: ridge_norm(3, -0.1),
        lambda: labelled_share(4, 1),
        lambda: average_norm(4, 6),
        lambda: directions_guaranteed(3, 0.5),
    ],
)
def test_outside_their_domain_they_say_so(call):
    with pytest.raises(ValueError, match="must be"):
        call()


def correlation(weights, bias):
    """|E chi(x) relu(w·x + b)| over the cube."""
    points = corners(len(weights))
    return abs(np.mean(parity(points) * (points @ weights + bias).clip(min=0)))


@given(
    weights=st.integers(2, 7).flatmap(lambda dim: arrays(float, dim, elements=st.floats(-1, 1))),
    bias=st.floats(-3, 3),
)
@deterministic
def test_no_neuron_correlates_better_with_parity(weights, bias):
    """S2.5: at most min|w_i| C(d-2, floor((d-2)/2)) / 2^(d-1), which is 1/V(d) at best."""
    dim = len(weights)
    bound = np.abs(weights).min() * math.sqrt(dim) / minimum_norm(dim)
    assert correlation(weights, bias) <= bound + 1e-14


@given(dim=st.integers(2, 9), flips=st.integers(0, 511))
@deterministic
def test_sign_vectors_attain_the_best_correlation(dim, flips):
    weights = corners(dim)[flips % 2**dim] / math.sqrt(dim)
    best = correlation(weights, (dim % 2) / math.sqrt(dim))
    assert best * minimum_norm(dim) == pytest.approx(1, rel=1e-12)
