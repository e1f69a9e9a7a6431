"""Stacked ReLU networks: one array a layer, with a leading axis for the networks (S1.1).

`depth` counts affine layers. The functions take NumPy arrays and torch tensors alike, so that
programs which train nothing need not import torch.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError, telling_lacks


@dataclass(frozen=True)
class Networks:
    """Networks of one architecture.

    `weights[l]` has shape [networks, out, in] and `biases[l]` has shape [networks, out].
    """

    weights: tuple[Any, ...]
    biases: tuple[Any, ...]

    def __len__(self) -> int:
        """Return the number of networks."""
        return len(self.weights[0])

    @property
    def nbytes(self) -> int:
        """Return the bytes of all arrays."""
        return sum(array.nbytes for array in self.tensors().values())

    def __getitem__(self, index) -> "Networks":
        """Return the networks at `index`, a slice or an array of integers."""
        return self.map(lambda array: array[index])

    def map(self, function) -> "Networks":
        """Return the networks with `function` applied to each array."""
        return Networks(tuple(map(function, self.weights)), tuple(map(function, self.biases)))

    def tensors(self) -> dict[str, Any]:
        """Return all arrays by their names in files."""
        return {
            f"{kind}_{layer}": array
            for kind, arrays in (("weight", self.weights), ("bias", self.biases))
            for layer, array in enumerate(arrays)
        }


def layer_shapes(dim: int, depth: int, width: int) -> list[tuple[int, int]]:
    """Return (out, in) of each affine layer of an architecture (dim, width, …, width, 1)."""
    sizes = [dim, *[width] * (depth - 1), 1]
    return list(zip(sizes[1:], sizes[:-1], strict=True))


def build_network(
    dim: int, depth: int, width: int, draw: Callable[[str, tuple[int, ...], int], np.ndarray]
) -> Networks:
    """Return one network of an architecture, its arrays drawn by `draw(name, shape, fan_in)`."""
    weights, biases = [], []
    for layer, (out, fan_in) in enumerate(layer_shapes(dim, depth, width)):
        weights.append(draw(f"weight_{layer}", (out, fan_in), fan_in)[None])
        biases.append(draw(f"bias_{layer}", (out,), fan_in)[None])
    return Networks(tuple(weights), tuple(biases))


def concatenate(parts: list[Networks]) -> Networks:
    """Return all networks of the parts, in order, as one stack."""
    return Networks(
        tuple(map(np.concatenate, zip(*(part.weights for part in parts), strict=True))),
        tuple(map(np.concatenate, zip(*(part.biases for part in parts), strict=True))),
    )


def forward(networks: Networks, points):
    """Return the values of all networks, shape [networks, count].

    `points` has shape [count, dim], or [networks, count, dim] for points of their own.
    """
    hidden = points
    for weight, bias in zip(networks.weights[:-1], networks.biases[:-1], strict=True):
        hidden = (hidden @ weight.mT + bias[:, None, :]).clip(min=0)
    return (hidden @ networks.weights[-1].mT + networks.biases[-1][:, None, :])[..., 0]


def relative_difference(left: Networks, right: Networks) -> float:
    """Return the largest difference of two stacks, relative to the largest entry of each array.

    It is NaN where an entry is.
    """
    pairs = zip(left.tensors().values(), right.tensors().values(), strict=True)
    return float(np.max([np.abs(a - b).max() / np.abs(b).max() for a, b in pairs]))


def save_networks(
    path: Path, networks: Networks, description: dict, extra: dict[str, np.ndarray] | None = None
) -> None:
    """Write networks, further arrays, and a description, as safetensors.

    The description is a single JSON text, `description`, in the file's metadata: safetensors writes
    several entries in an order that changes from run to run.
    """
    tensors = {**networks.tensors(), **(extra or {})}
    with appearing(path) as temporary:
        safetensors.numpy.save_file(
            {name: np.ascontiguousarray(array) for name, array in tensors.items()},
            temporary,
            {"description": json.dumps(description)},
        )


def load_networks(
    path: Path, choose: Callable[[dict], Sequence[int]] | None = None
) -> tuple[Networks, dict, dict[str, np.ndarray]]:
    """Return the networks of a file, its description, and its further arrays.

    With `choose`, which gets the description and returns rows, only these are read. Raises
    InputError where the file is not one that `save_networks` could have written.
    """
    try:
        # Of a file that may not be read, safetensors says that there is none.
        with (
            telling_lacks(),
            Path(path).open("rb"),
            safetensors.safe_open(path, framework="numpy") as file,
        ):
            description = _description(path, file)
            rows = None if choose is None else choose(description)
            names = file.keys()
            tensors = {name: _read(path, file, name, rows) for name in names}
    except InputError:
        raise
    except (OSError, safetensors.SafetensorError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: expected a safetensors file of networks, found {error}"
        ) from None
    depth = sum(name.startswith("weight_") for name in tensors)
    names = [f"{kind}_{layer}" for kind in ("weight", "bias") for layer in range(depth)]
    missing = [name for name in names if name not in tensors]
    if depth == 0 or missing:
        raise InputError(f"{path}: expected the tensor {(missing or ['weight_0'])[0]}, found none")
    arrays = [tensors.pop(name) for name in names]
    networks = Networks(tuple(arrays[:depth]), tuple(arrays[depth:]))
    _check_shapes(path, networks)
    return networks, description, tensors


def _description(path: Path, file: Any) -> dict:
    """Return what an open file says its networks are; ValueError where a name occurs twice."""
    with Path(path).open("rb") as header:
        length = int.from_bytes(header.read(8), "little")
        json.loads(header.read(length), object_pairs_hook=_unique)
    text = (file.metadata() or {}).get("description", "{}")
    description = json.loads(text, object_pairs_hook=_unique)
    if not isinstance(description, dict):
        raise ValueError("a description that is no JSON object")
    return description


def _unique(pairs: list[tuple[str, object]]) -> dict:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name that occurs twice")
    return dict(pairs)


def _read(path: Path, file: Any, name: str, rows: Sequence[int] | None) -> np.ndarray:
    """Return a tensor of an open file, or the part of it at some rows."""
    part = file.get_slice(name)
    kind, shape = part.get_dtype(), part.get_shape()
    if kind != "F64" or not shape:
        raise InputError(
            f"{path}: {name} has type {kind} and shape {shape}, expected F64 and an entry a network"
        )
    if rows is None:
        return file.get_tensor(name)
    none = np.empty((0, *part.get_shape()[1:]))
    return np.concatenate([none, *(part[row : row + 1] for row in rows)])


def load_teachers(path: Path) -> tuple[Networks, dict]:
    """Return the networks of a file, all of which are finite, and its description.

    Raises InputError as `load_networks` does, on a file of students, where hidden layers differ in
    width, and where a coefficient is not finite.
    """
    networks, description, _ = load_networks(path)
    if description.get("kind") == "students":
        raise InputError(f"{path}: expected a file of teachers, found one of students")
    widths = {bias.shape[1] for bias in networks.biases[:-1]}
    if len(widths) > 1:
        raise InputError(f"{path}: found the widths {sorted(widths)}, expected one of all layers")
    for name, array in networks.tensors().items():
        if not np.isfinite(array).all():
            broken = int((~np.isfinite(array)).reshape(len(array), -1).any(axis=1).argmax())
            raise InputError(
                f"{path}: {name} of network {broken} has coefficients that are not finite, "
                "expected none"
            )
    return networks, description


def _check_shapes(path: Path, networks: Networks) -> None:
    for name, array in networks.tensors().items():
        axes = 3 if name.startswith("weight") else 2
        if array.ndim != axes:
            raise InputError(f"{path}: {name} has shape {list(array.shape)}, expected {axes} axes")
    inputs = networks.weights[0].shape[-1]
    for layer, (weight, bias) in enumerate(zip(networks.weights, networks.biases, strict=True)):
        expected = (len(networks), bias.shape[-1], inputs)
        if weight.shape != expected or bias.shape != expected[:2]:
            raise InputError(
                f"{path}: weight_{layer} and bias_{layer} have shapes {list(weight.shape)} and "
                f"{list(bias.shape)}, expected {list(expected)} and {list(expected[:2])}"
            )
        inputs = bias.shape[-1]
    if inputs != 1:
        raise InputError(f"{path}: the last layer has {inputs} outputs, expected 1")
