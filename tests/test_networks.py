"""Stacked networks, and the files that hold them."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from supnorm.networks import (
    Networks,
    concatenate,
    forward,
    layer_shapes,
    load_networks,
    save_networks,
)
from supnorm.programs import InputError
from supnorm.teachers import random_teachers

ROOT = Path(__file__).parents[1]


def one_by_one(networks, k, x):
    """The definition S1.1, neuron by neuron."""
    for layer, (w, b) in enumerate(zip(networks.weights, networks.biases, strict=True)):
        x = [sum(w[k, i, j] * x[j] for j in range(len(x))) + b[k, i] for i in range(w.shape[1])]
        if layer < len(networks.weights) - 1:
            x = [max(value, 0.0) for value in x]
    return x[0]


@pytest.fixture
def networks():
    return random_teachers(3, 2, 4, 5, math.inf, 1.0)


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(-0.5, 0.5, (6, 2))


def test_forward_is_the_definition(networks, points):
    expected = [[one_by_one(networks, k, list(x)) for x in points] for k in range(3)]
    np.testing.assert_allclose(forward(networks, points), expected, rtol=1e-13)


def test_forward_takes_points_of_each_network(networks, points):
    own = np.stack([points, points + 0.1, points - 0.1])
    expected = [forward(networks[k : k + 1], own[k])[0] for k in range(3)]
    np.testing.assert_allclose(forward(networks, own), expected, rtol=1e-13)


def test_forward_takes_torch_tensors(networks, points):
    values = forward(networks.map(torch.tensor), torch.tensor(points))
    np.testing.assert_allclose(values.numpy(), forward(networks, points), rtol=1e-13)


def test_a_depth_of_one_is_affine():
    network = Networks((np.array([[[2.0, -1.0]]]),), (np.array([[3.0]]),))
    assert forward(network, np.array([[1.0, 5.0]])).tolist() == [[0.0]]


def test_shapes_of_an_architecture():
    assert layer_shapes(3, 3, 7) == [(7, 3), (7, 7), (1, 7)]
    assert layer_shapes(3, 1, 7) == [(1, 3)]


def test_a_file_gives_back_what_it_was_given(networks, tmp_path):
    path = tmp_path / "sub" / "n.safetensors"
    save_networks(path, networks, {"kind": "x", "list": [1, 2]}, {"loss": np.array([1.0, np.inf])})
    back, description, extra = load_networks(path)
    assert description == {"kind": "x", "list": [1, 2]}
    assert extra["loss"].tolist() == [1.0, np.inf]
    for name, array in networks.tensors().items():
        assert back.tensors()[name].dtype == np.float64
        assert (back.tensors()[name] == array).all()
    assert [p.name for p in path.parent.iterdir()] == ["n.safetensors"]


def test_the_same_networks_give_the_same_bytes(networks, tmp_path):
    """In another process too, where safetensors orders several entries otherwise."""
    program = (
        "import sys, numpy as np; from supnorm.networks import *;"
        "from supnorm.teachers import random_teachers;"
        "save_networks(Path(sys.argv[1]), random_teachers(3, 2, 4, 5, np.inf, 1.0),"
        " {'kind': 'x', 'a': 1, 'b': 2, 'c': 3})"
    )
    files = [tmp_path / name for name in "abc"]
    for path in files:
        subprocess.run(
            [sys.executable, "-c", program, path], check=True, cwd=ROOT / "workflow/scripts"
        )
    assert len({path.read_bytes() for path in files}) == 1


def test_concatenate_then_index(networks):
    both = concatenate([networks, networks[1:]])
    assert len(both) == 5
    assert (both[3:].weights[1] == networks[1:].weights[1]).all()


def tampered(change):
    def build(networks):
        tensors = dict(networks.tensors())
        change(tensors)
        return safetensors.numpy.save(tensors)

    return build


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda _: b"not a tensor file", "expected a safetensors file"),
        (tampered(lambda t: t.pop("bias_2")), "expected the tensor bias_2, found none"),
        (tampered(dict.clear), "expected the tensor weight_0, found none"),
        (tampered(lambda t: t.update(weight_1=t["weight_1"][:, :, 1:].copy())), "weight_1"),
        (tampered(lambda t: t.update(bias_1=t["bias_1"][:2].copy())), "bias_1"),
    ],
)
def test_a_bad_file_is_refused_with_one_sentence(networks, tmp_path, content, says):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content(networks))
    with pytest.raises(InputError, match=says) as caught:
        load_networks(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_outputs_are_refused(networks, tmp_path):
    wide = Networks(networks.weights[:2], networks.biases[:2])
    save_networks(tmp_path / "n.safetensors", wide, {})
    with pytest.raises(InputError, match="5 outputs, expected 1"):
        load_networks(tmp_path / "n.safetensors")
