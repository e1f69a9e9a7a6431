"""Packed networks: all parameters of a narrow network in one vector, as the kernels read them.

Weights are transposed and padded: the first layer is [dim + 1, W], the inner layers are
[L - 2, W + 1, W], the last is [W + lanes] (or the padded inputs, at depth 1), where W is the
width rounded up to whole vectors. The last row, or the entry after the weights, is the bias.
Padding is zero, and stays zero in training.
"""

import math
from dataclasses import dataclass

import numpy as np

from supnorm import kernels
from supnorm.networks import Networks


def aligned(*shape: int, dtype) -> np.ndarray:
    """Return zeros that begin where a vector of the processor may: at a multiple of 64 bytes."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.zeros(size + kernels.VECTOR_BYTES, np.uint8)
    start = -memory.ctypes.data % kernels.VECTOR_BYTES
    return memory[start : start + size].view(dtype).reshape(shape)


@dataclass(frozen=True)
class Packing:
    """How networks of an architecture are packed, in a precision."""

    dim: int
    depth: int
    width: int
    dtype: np.dtype

    @staticmethod
    def of(networks: Networks, dtype=np.float64) -> "Packing":
        """Return how networks are packed; ValueError where hidden layers differ in width."""
        _, width, dim = networks.weights[0].shape
        if any(bias.shape[1] != width for bias in networks.biases[:-1]):
            raise ValueError("networks whose hidden layers differ in width cannot be packed")
        return Packing(dim, len(networks.weights), width, np.dtype(dtype))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return the shape as kernels take it: dim, depth and padded width."""
        return self.dim, self.depth, self._padded(self.width)

    @property
    def size(self) -> int:
        """Return the length of a packed network."""
        width = self._padded(self.width)
        if self.depth == 1:
            return self._inputs
        inner = (self.depth - 2) * (width + 1) * width
        return (self.dim + 1) * width + inner + width + kernels.lanes(self.dtype)

    @property
    def _inputs(self) -> int:
        """Return how many numbers a point has: whole vectors where the last layer reads them."""
        return self._padded(self.dim + 1) if self.depth == 1 else self.dim + 1

    def _padded(self, count: int) -> int:
        lanes = kernels.lanes(self.dtype)
        return -(-count // lanes) * lanes

    def pack(self, networks: Networks) -> np.ndarray:
        """Return networks as vectors, [networks, size]."""
        vectors = aligned(len(networks), self.size, dtype=self.dtype)
        for k, vector in enumerate(vectors):
            for (weight, bias), (packed_weight, packed_bias) in zip(
                zip(networks.weights, networks.biases, strict=True),
                self._layers(vector),
                strict=True,
            ):
                packed_weight[:] = weight[k].T
                packed_bias[:] = bias[k]
        return vectors

    def unpack(self, vectors: np.ndarray) -> Networks:
        """Return the networks in vectors [networks, size], in float64."""
        parts = [self._layers(vector) for vector in vectors]
        weights = [[w.T for w, _ in part] for part in parts]
        biases = [[b for _, b in part] for part in parts]
        return Networks(
            *(
                tuple(np.array(arrays, np.float64) for arrays in zip(*kind, strict=True))
                for kind in (weights, biases)
            )
        )

    def _layers(self, vector: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return views of the weights, transposed, and of the biases of a packed network."""
        dim, depth, padded = self.shape
        first, inner, last = kernels.layers.py_func(vector, *self.shape)
        fan_in, one = (self.width, padded) if depth > 1 else (dim, dim)
        hidden = [(first[:dim, : self.width], first[dim, : self.width])] if depth > 1 else []
        hidden += [(w[: self.width, : self.width], w[padded, : self.width]) for w in inner]
        return [*hidden, (last[:fan_in, None], last[one : one + 1])]

    def pack_points(self, points: np.ndarray) -> np.ndarray:
        """Return points [..., dim] as a network's inputs: with a 1 beside each, and padding."""
        packed = aligned(*points.shape[:-1], self._inputs, dtype=self.dtype)
        packed[..., : self.dim] = points
        packed[..., self.dim] = 1
        return packed

    def workspace(self) -> kernels.Workspace:
        """Return the buffers that kernels need beside a network and its points."""
        _, depth, width = self.shape
        block, lanes = kernels.BLOCK, kernels.lanes(self.dtype)
        shapes = {
            "inputs": (block, self._inputs),
            "hidden": (max(depth - 1, 1), block, width + lanes),
            "outputs": (block,),
            "deltas": (2, kernels.BLOCK_ROWS, width),
            "turned": (
                (max(depth - 2, 0), width, width)
                if width <= kernels.TURN_WEIGHTS
                else (2, width, kernels.BLOCK_ROWS)
            ),
            "gradient": (self.size,),
        }
        arrays = {name: aligned(*shape, dtype=self.dtype) for name, shape in shapes.items()}
        arrays["hidden"][..., width] = 1
        return kernels.Workspace(**arrays)


def values(networks: Networks, points: np.ndarray) -> np.ndarray:
    """Return the values [networks, count] of all networks at points [count, dim], in float64.

    Unlike those of `networks.forward`, they have the same bits on every processor.
    """
    packing = Packing.of(networks)
    inputs, work = packing.pack_points(points), packing.workspace()
    found = np.empty((len(networks), len(points)))
    for vector, out in zip(packing.pack(networks), found, strict=True):
        kernels.evaluate(vector, work, inputs, packing.shape, out)
    return found
