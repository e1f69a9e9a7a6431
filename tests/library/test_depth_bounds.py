"""Bounds of depth: reference values, and that networks obey them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import eval_gegenbauer, jv

from supnorm.depth import bounds
from supnorm.depth.pieces import count_pieces, random_networks
from supnorm.depth.sawtooth import sawtooth
from supnorm.errors.exact import exact_errors
from supnorm.networks import Networks, forward

SEEDS = st.integers(0, 10**6)


def fitted(network, compositions, rng):
    """The network with its outer layer fitted to T^k: a harder case than a random one."""
    x = np.linspace(-0.5, 0.5, 40 * 2**compositions + 1)[:, None]
    hidden = (x @ network.weights[0][0].T + network.biases[0][0]).clip(min=0)
    design = np.column_stack([hidden, np.ones(len(x))])
    target = forward(sawtooth(compositions), x)[0]
    weights = rng.uniform(0.2, 1, len(x))
    outer = np.linalg.lstsq(design * weights[:, None], target * weights, rcond=None)[0]
    return Networks(
        (network.weights[0], outer[None, None, :-1]), (network.biases[0], outer[None, -1:])
    )


def errors(network, compositions):
    return exact_errors(sawtooth(compositions), network, np.array([0])).norms


@settings(derandomize=True, max_examples=60)
@given(compositions=st.integers(2, 5), data=st.data(), seed=SEEDS)
def test_a_shallow_network_too_narrow_errs_by_a_half_and_in_the_mean(compositions, data, seed):
    width = data.draw(st.integers(1, 2**compositions - 2))
    network = random_networks("teacher", 2, width, 1, seed)
    for candidate in (network, fitted(network, compositions, np.random.default_rng(seed))):
        found = errors(candidate, compositions)
        assert found["inf"][0] >= bounds.best_uniform_error(compositions, width) * (1 - 1e-12)
        pieces = int(count_pieces(candidate)[0])
        assert pieces <= bounds.pieces_bound([width])
        assert found["1"][0] >= bounds.l1_floor(compositions, pieces)


@settings(derandomize=True, max_examples=40)
@given(
    kind=st.sampled_from(["he", "pytorch", "teacher"]),
    hidden_layers=st.integers(1, 3),
    width=st.integers(1, 6),
    seed=SEEDS,
)
def test_deep_networks_obey_the_bounds_of_their_pieces(kind, hidden_layers, width, seed):
    network = random_networks(kind, hidden_layers + 1, width, 1, seed)
    pieces = int(count_pieces(network)[0])
    assert pieces <= bounds.pieces_bound([width] * hidden_layers)
    for compositions in (2, 5):
        found = errors(network, compositions)
        assert found["1"][0] >= bounds.l1_floor(compositions, pieces)
        if width < bounds.width_needed(compositions, hidden_layers):
            assert found["inf"][0] >= 0.5
    x = np.linspace(0, 1, 4001)
    off = np.abs(forward(network, x[:, None] - 0.5)[0] - x**2).max()
    assert off >= bounds.square_floor(hidden_layers, width) - 1e-7


def test_widths_of_the_reference():
    assert bounds.width_needed(12, 3) == 15
    assert bounds.width_needed(12, 2) == 63
    assert bounds.width_needed(12, 5) == 5  # 2^2.4 = 5.28
    assert bounds.width_needed(1, 1) == 1
    assert bounds.width_sufficient(12, 5) == 8
    assert bounds.width_sufficient(12, 12) == 2


@settings(derandomize=True)
@given(compositions=st.integers(1, 300), hidden_layers=st.integers(1, 40))
def test_the_width_needed_is_the_least_whose_pieces_suffice(compositions, hidden_layers):
    width = bounds.width_needed(compositions, hidden_layers)
    assert bounds.pieces_bound([width] * hidden_layers) >= 2**compositions
    assert width == 0 or bounds.pieces_bound([width - 1] * hidden_layers) < 2**compositions
    assert width < bounds.width_sufficient(compositions, hidden_layers)


def test_pieces_multiply():
    assert bounds.pieces_bound([2, 3, 4]) == 60
    assert bounds.pieces_bound([]) == 1
    logs = [math.log10(bounds.pieces_bound([32] * h)) for h in (1, 2, 4, 8)]
    np.testing.assert_allclose(10 ** np.array(logs), [33, 1089, 33**4, 33**8])


def test_the_uniform_error_of_one_hidden_layer_is_a_cliff():
    assert [bounds.best_uniform_error(3, width) for width in (0, 6, 8, 20)] == [0.5, 0.5, 0, 0]
    assert math.isnan(bounds.best_uniform_error(3, 7))
    assert bounds.best_uniform_error(3, 7, skip=True) == 0
    assert bounds.best_uniform_error(3, 6, skip=True) == 0.5
    assert bounds.best_uniform_error(1, 1) == 0.5


def test_without_a_skip_one_neuron_too_few_can_do_better_than_a_half():
    # Slopes 1, -1, 1/2, -1/2 in turn: the third ReLU looks to the left.
    knots, jumps = np.array([0.275, 0.48, 0.77]), np.array([-2.0, 1.5, -1.0])
    sides = np.array([1.0, 1.0, -1.0])
    network = Networks(
        (sides[None, :, None], jumps[None, None]),
        ((sides * (0.5 - knots))[None], np.zeros((1, 1))),
    )
    assert count_pieces(network)[0] == 4
    x = np.linspace(-0.5, 0.5, 4001)[:, None]
    values = forward(network, x)[0]
    middle = values[[0, 1000, 2000, 3000, 4000]]
    level = (middle[[0, 2, 4]].max() + middle[[1, 3]].min()) / 2
    assert middle[[0, 2, 4]].max() < level < middle[[1, 3]].min()
    scaled = Networks(
        (network.weights[0], network.weights[1] / 2),
        (network.biases[0], np.array([[0.5 - level / 2]])),
    )
    assert errors(scaled, 2)["inf"][0] < 0.5


def test_floors_of_the_reference():
    assert bounds.l1_floor(3, 1) == 0.046875
    assert bounds.l1_floor(6, 10) == 0.080078125
    assert bounds.l1_floor(3, 3) == 0
    assert bounds.l1_floor(2000, 10**6) == 0.125
    assert bounds.square_floor(2, 15) == pytest.approx(1.9073486328e-6, rel=1e-10)
    assert bounds.square_floor(1, 7) == bounds.square_best(8) == 1 / 512
    assert bounds.square_error(2) == 2**-6
    assert bounds.product_error(2) == 2**-5
    assert bounds.sawtooth_lipschitz(7) == 128


def test_telgarskys_numbers():
    two = bounds.telgarsky(2)
    assert (two.layers, two.nodes, two.pieces) == (24, 36, 2**12)
    assert (two.shallow_layers, two.shallow_nodes, two.error) == (2, 4, 1 / 64)
    assert [bounds.telgarsky(k).layers for k in (1, 3)] == [10, 62]
    assert bounds.telgarsky(3).nodes == 93
    assert bounds.telgarsky(12).pieces_log10 == pytest.approx(math.log10(2**1732), rel=1e-12)


def test_danielys_numbers():
    assert bounds.daniely_lower_log10(20) == pytest.approx(0.48134216, abs=1e-8)
    assert bounds.daniely_upper_log10(20) == pytest.approx(9.98734919, abs=1e-8)
    lower = [bounds.daniely_lower_log10(dim) for dim in (10, 30, 40, 60)]
    np.testing.assert_allclose(lower, [-3.2, 5.5, 11.3, 24.6], atol=0.05)
    assert bounds.daniely_crossing() == 41
    assert math.isfinite(bounds.daniely_lower_log10(600))
    assert bounds.daniely_lipschitz(3) == pytest.approx(27 * math.pi)


def test_harmonics_are_counted():
    assert bounds.dimension_of_polynomials(4, 3) == 16
    assert bounds.dimension_of_polynomials(5, 4) == 55
    assert [bounds.dimension_of_polynomials(2, n) for n in (1, 2, 9)] == [2, 2, 2]
    assert [bounds.dimension_of_polynomials(3, n) for n in (1, 2, 9)] == [3, 5, 19]
    # The addition theorem: N_{d,n} = (2n+d-2)/(d-2) C_n^{(d-2)/2}(1).
    for dim, n in [(6, 7), (9, 4)]:
        expected = (2 * n + dim - 2) / (dim - 2) * eval_gegenbauer(n, dim / 2 - 1, 1)
        assert bounds.dimension_of_polynomials(dim, n) == pytest.approx(expected, rel=1e-12)


def test_the_width_for_the_inner_product():
    assert bounds.inner_product_width(20, 1) == pytest.approx(1.1893136, abs=1e-7)
    assert bounds.inner_product_width(30, 1) == pytest.approx(17, abs=0.5)
    assert bounds.inner_product_width(50, 50) == pytest.approx(2.6, abs=0.05)
    assert bounds.inner_product_width(50) == bounds.inner_product_width(50, 49)
    assert bounds.inner_product_width(3) == bounds.inner_product_width(3, 4)
    half = bounds.inner_product_width(60, 2, 0.5) / bounds.inner_product_width(60, 2)
    assert half == pytest.approx(0.5)
    assert bounds.inner_product_width(1, 4) == 0
    first = next(d for d in range(1, 99) if bounds.inner_product_width(d, d) > 1)
    assert first in range(44, 50)


def test_the_ball_and_the_density_of_eldan_and_shamir():
    assert bounds.ball_radius(10) == pytest.approx(0.9106325886, abs=1e-10)
    assert bounds.ball_radius(3) == pytest.approx((3 / (4 * math.pi)) ** (1 / 3))
    for dim in range(1, 60):
        assert math.sqrt(dim) / 5 <= bounds.ball_radius(dim) <= math.sqrt(dim) / 2
    # In 3-d the transform of the ball is elementary; and its square is a density (Plancherel).
    radius = bounds.ball_radius(3)
    s = 2 * math.pi * radius * np.array([0.01, 0.4, 1.7])
    expected = (3 * (np.sin(s) - s * np.cos(s)) / s**3) ** 2
    found = bounds.radial_density(3, s / (2 * math.pi * radius))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert found[0] == pytest.approx(1, abs=1e-2)
    mass = quad(lambda r: 4 * math.pi * r**2 * bounds.radial_density(3, r), 0, 60, limit=2000)[0]
    assert mass == pytest.approx(1, abs=5e-3)


@pytest.mark.parametrize(("gamma", "count"), [(0.3, 11), (1, 36), (8, 288)])
def test_good_shells_are_good_all_through(gamma, count):
    dim = 6
    shells = bounds.shells(dim, 1.5, gamma)
    assert shells.shape == (count, 2)
    np.testing.assert_allclose(shells[[0, -1], [0, 1]], np.array([1.5, 3]) * math.sqrt(dim))
    np.testing.assert_allclose(shells[1:, 0], shells[:-1, 1])
    x = np.linspace(shells[:, 0], shells[:, 1], 200, axis=1)
    argument = math.pi * bounds.ball_radius(dim) * x
    expected = (jv(dim / 2, 2 * argument) ** 2 >= 1 / (80 * argument)).all(axis=1)
    np.testing.assert_array_equal(bounds.good_shells(dim, shells), expected)
    assert 0 < expected.mean() < 1


def test_what_is_out_of_range_is_refused():
    for call in [
        lambda: bounds.width_needed(0, 1),
        lambda: bounds.width_sufficient(3, 0),
        lambda: bounds.best_uniform_error(0, 1),
        lambda: bounds.l1_floor(2, 0),
        lambda: bounds.telgarsky(0),
        lambda: bounds.dimension_of_polynomials(1, 1),
        lambda: bounds.inner_product_width(0),
        lambda: bounds.ball_radius(0),
    ]:
        with pytest.raises(ValueError, match="must be at least"):
            call()
