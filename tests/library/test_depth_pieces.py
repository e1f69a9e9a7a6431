"""Pieces of random networks: counted right, and typically as many as neurons."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from supnorm.depth.bounds import pieces_bound
from supnorm.depth.pieces import KINDS, count_pieces, pieces, random_networks
from supnorm.depth.sawtooth import sawtooth
from supnorm.errors.exact import PiecewiseLinear
from supnorm.networks import Networks, concatenate, forward
from supnorm.streams import Stream


def counted_on_a_grid(network, count=2**16):
    """The pieces seen on a grid: groups of neighbouring cells on which the network bends."""
    x = np.linspace(-0.5, 0.5, count + 1)
    second = np.abs(np.diff(forward(network, x[:, None])[0], 2))
    bends = second > 1e-11
    return 1 + int((bends[1:] & ~bends[:-1]).sum() + bends[0])


@settings(derandomize=True, max_examples=40)
@given(
    kind=st.sampled_from(list(KINDS)),
    depth=st.integers(2, 4),
    width=st.integers(1, 8),
    seed=st.integers(0, 10**6),
)
def test_counts_are_those_of_a_fine_grid(kind, depth, width, seed):
    network = random_networks(kind, depth, width, 1, seed)
    found, seen = count_pieces(network)[0], counted_on_a_grid(network)
    # Breakpoints in cells side by side are one to the grid, and weak ones none.
    assert seen <= found <= seen + 1 + seen // 8
    assert found <= pieces_bound([width] * (depth - 1))


def test_most_counts_are_those_of_the_grid_to_one():
    networks = random_networks("he", 3, 8, 40)
    seen = [counted_on_a_grid(networks[k : k + 1]) for k in range(40)]
    assert (count_pieces(networks) == seen).mean() >= 0.8


@pytest.mark.parametrize("compositions", [1, 2, 5, 12])
def test_the_sawtooth_has_its_pieces(compositions):
    assert count_pieces(sawtooth(compositions))[0] == 2**compositions


def test_neurons_that_change_no_slope_count_for_nothing():
    network = sawtooth(3)
    first = np.concatenate([network.weights[0], np.full((1, 3, 1), 0.7)], axis=1)
    bias = np.concatenate([network.biases[0], np.array([[0.1, 0.1, -0.2]])], axis=1)
    # Two cancel, a third is not read; and the same function at other scales.
    more = np.tile([0.9, -0.9, 0.0], (1, 2, 1))
    second = np.concatenate([network.weights[1], more], axis=2)
    padded = Networks((first, second, *network.weights[2:]), (bias, *network.biases[1:]))
    np.testing.assert_array_equal(count_pieces(padded), [8])
    for scale in (1e-14, 1e9):
        scaled = Networks((*padded.weights[:-1], scale * padded.weights[-1]), padded.biases)
        np.testing.assert_array_equal(count_pieces(scaled), [8])


def test_breakpoints_at_one_place_count_once():
    places = np.array([-0.5, 0.1, 0.1 + 1e-16 * 2, 0.1 + 1e-15, 0.5])
    assert len(np.unique(places)) == 5
    values = np.array([0, 1.2, 1.2, 1.2, 0.3])
    assert pieces(PiecewiseLinear(places, values)) == 2
    assert pieces(PiecewiseLinear(np.array([-0.5, 0.1, 0.5]), np.zeros(3))) == 1
    assert pieces(PiecewiseLinear(np.array([-0.5, 0.1, 0.5]), np.array([0.0, 0.6, 1.0]))) == 1
    assert pieces(PiecewiseLinear(np.array([-0.5, 0.1, 0.5]), np.array([0.0, 0.6, 1.001]))) == 2
    assert pieces(PiecewiseLinear(np.array([-0.5, 0.5]), np.array([np.nan, 1]))) == 0


# The mean number of pieces on Q of a hidden layer: 1 + width P(|b| < |w| / 2).
ONE_LAYER = {
    "he": 1 + 32 * 2 / math.pi * math.atan(math.sqrt(2) / 2 / 0.1),
    "he_zero_bias": 2,
    "pytorch": 9,
    "teacher": 9,
}


@pytest.mark.parametrize("kind", KINDS)
def test_one_hidden_layer_has_the_mean_of_its_law(kind):
    counts = count_pieces(random_networks(kind, 2, 32, 300))
    assert counts.mean() == pytest.approx(ONE_LAYER[kind], abs=0.6 if kind != "he_zero_bias" else 0)


def test_networks_have_about_as_many_pieces_as_neurons_or_fewer():
    means = {
        kind: [count_pieces(random_networks(kind, h + 1, 32, 20)).mean() for h in (1, 2, 4, 8)]
        for kind in KINDS
    }
    np.testing.assert_allclose(means["he"], [30.3, 57.5, 110, 210], rtol=0.1)
    assert means["he_zero_bias"] == [2, 2, 2, 2]
    np.testing.assert_allclose(means["pytorch"], [9, 17, 28, 28.5], rtol=0.15)
    for kind in KINDS:
        assert (np.array(means[kind]) / [32, 64, 128, 256]).max() <= 1.1


def test_teachers_have_the_pieces_of_the_reference():
    counts = count_pieces(random_networks("teacher", 5, 32, 100))
    assert 24 <= np.median(counts) <= 31
    assert counts.max() <= 60


def test_tensors_come_from_their_streams():
    networks = random_networks("he", 3, 4, 2, seed=7)
    labels = {"kind": "he", "depth": 3, "width": 4, "number": 1, "seed": 7}
    weight = ndtri(Stream("pieces", tensor="weight_1", **labels).uniform(4, 4)) * math.sqrt(2 / 4)
    bias = ndtri(Stream("pieces", tensor="bias_1", **labels).uniform(4)) * 0.1
    np.testing.assert_array_equal(networks.weights[1][1], weight)
    np.testing.assert_array_equal(networks.biases[1][1], bias)
    first = random_networks("he", 3, 4, 1, seed=7)
    np.testing.assert_array_equal(first.weights[1], networks.weights[1][:1])
    assert (random_networks("he", 3, 4, 1, seed=8).weights[1] != first.weights[1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_have_the_size_of_their_law(kind):
    networks = concatenate([random_networks(kind, 3, 50, 4, seed) for seed in range(2)])
    weight, bias = networks.weights[1], networks.biases[1]
    spread = {"he": 0.2, "he_zero_bias": 0.2, "pytorch": 1 / math.sqrt(150), "teacher": 12**-0.5}
    assert weight.std() == pytest.approx(spread[kind], rel=0.03)
    assert abs(weight.mean()) < 0.01
    expected = {"he": 0.1, "he_zero_bias": 0}.get(kind, spread[kind])
    assert bias.std() == pytest.approx(expected, rel=0.15)
    if kind == "pytorch":
        assert np.abs(weight).max() <= 50**-0.5
    if kind == "teacher":
        assert np.abs(weight).max() <= 0.5


def test_a_uniform_number_of_zero_is_no_infinity():
    assert np.isfinite(KINDS["he"](np.zeros(3), 4, False)).all()
