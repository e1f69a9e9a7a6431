"""Stacked networks, and the files that hold them."""

import json
import math
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from supnorm.job.programs import InputError
from supnorm.networks import (
    Networks,
    concatenate,
    forward,
    layer_shapes,
    load_networks,
    load_teachers,
    save_networks,
)
from supnorm.uniform.teachers import random_teachers

ROOT = Path(__file__).parents[2]


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
        "from supnorm.uniform.teachers import random_teachers;"
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


ONE = {"weight_0": ("F64", [1, 1, 1]), "bias_0": ("F64", [1, 1])}
FIRST = '{"dtype": "F64", "shape": [1, 1], "data_offsets": [0, 8]}'


def raw(tensors, metadata=None, header=None, content=None):
    """The bytes of a safetensors file of zeros: the type and shape of each tensor, by name."""
    entries, end = {}, 0
    for name, (kind, shape) in tensors.items():
        begin, end = end, end + math.prod(shape) * int(kind.strip("BFI")) // 8
        entries[name] = {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}
    if metadata is not None:
        entries["__metadata__"] = metadata
    header = json.dumps(entries).encode() if header is None else header(json.dumps(entries))
    return struct.pack("<Q", len(header)) + header + (bytes(end) if content is None else content)


def twice(name, entry):
    """A header in which a name occurs once more, before."""
    return lambda text: text.replace(f'"{name}":', f'"{name}": {entry}, "{name}":', 1).encode()


def described(text):
    return {"description": text}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "expected a safetensors file"),
        (struct.pack("<Q", 2**62) + b"{}", "expected a safetensors file"),
        (raw(ONE, header=lambda text: b"\xff" + text.encode()), "invalid UTF-8"),
        (raw(ONE, header=lambda text: b"[" * 10**5), "expected a safetensors file"),
        (raw(ONE, content=b""), "expected a safetensors file"),
        (raw(ONE, content=bytes(10**4)), "expected a safetensors file"),
        (raw({"weight_0": ("F64", [2**40, 2**40, 1])}, content=b""), "expected a safetensors file"),
        (raw({"weight_0": ("F64", [0, 2**62, 2**62])}), "expected a safetensors file"),
        (raw(ONE, {"a": "b", "c": "d"}, header=twice("c", '""')), "a name that occurs twice"),
        (raw(ONE, header=twice("bias_0", FIRST)), "a name that occurs twice"),
        (raw(ONE, described('{"kind": 1, "kind": 2}')), "a name that occurs twice"),
        (raw(ONE, described("{")), "expected a safetensors file"),
        (raw(ONE, described("[1]")), "a description that is no JSON object"),
        (raw(ONE, described("null")), "a description that is no JSON object"),
        (raw(ONE, described("[" * 10**5)), "expected a safetensors file"),
        (raw(ONE, described("1" * 5000)), "expected a safetensors file"),
        (
            raw(ONE | {"weight_0": ("F32", [1, 1, 1])}),
            r"weight_0 has type F32 and shape \[1, 1, 1\]",
        ),
        (raw(ONE | {"weight_0": ("BF16", [1, 1, 1])}), "weight_0 has type BF16"),
        (raw(ONE | {"loss": ("I64", [1])}), "loss has type I64"),
        (raw(ONE | {"weight_0": ("F64", [])}), r"weight_0 has type F64 and shape \[\]"),
        (raw(ONE | {"weight_0": ("F64", [1])}), r"weight_0 has shape \[1\], expected 3 axes"),
        (raw(ONE | {"bias_0": ("F64", [1, 1, 1])}), "bias_0 has shape .* expected 2 axes"),
        (raw(ONE | {"weight_7": ("F64", [1, 1, 1])}), "expected the tensor weight_1, found none"),
    ],
)
def test_a_hostile_file_is_refused_with_one_sentence(tmp_path, content, says):
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(content)
    for load in (load_networks, load_teachers):
        with pytest.raises(InputError, match=says) as caught:
            load(path)
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)


def test_the_smallest_file_is_read(tmp_path):
    (tmp_path / "one").write_bytes(raw(ONE))
    networks, description, extra = load_networks(tmp_path / "one")
    assert networks.weights[0].shape == (1, 1, 1)
    assert (description, extra) == ({}, {})


def test_a_folder_is_no_file_of_networks(tmp_path):
    with pytest.raises(InputError, match="expected a safetensors file of networks"):
        load_networks(tmp_path)


def test_teachers_have_one_width(tmp_path):
    shapes = ((2, 1), (3, 2), (1, 3))
    weights = tuple(np.ones((1, *shape)) for shape in shapes)
    networks = Networks(weights, tuple(np.ones((1, out)) for out, _ in shapes))
    save_networks(tmp_path / "t", networks, {})
    assert len(load_networks(tmp_path / "t")[0]) == 1
    with pytest.raises(InputError, match=r"t: found the widths \[2, 3\], expected one"):
        load_teachers(tmp_path / "t")
