"""Exact errors for d = 1, where student minus teacher is piecewise linear (S1.20, S3.3).

A walk through the layers finds the breakpoints of a network. Between neighbouring breakpoints of
the layers so far the next layer is affine; so a neuron that has one sign at the one and the other
sign at the other is 0 at one place between, which linear interpolation finds, and which is a
breakpoint from then on. A neuron splits each piece at most once: there are at most
prod (width + 1) pieces, and in practice not many more than neurons (S4.7).
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from supnorm.errors.measured import Errors
from supnorm.errors.sampled import KERNELS_WIDTH
from supnorm.networks import Networks

# Pieces at once: their activations bound the memory, and stay in a cache or fill a GPU.
PIECES = {"cpu": 1024, "cuda": 16384}
# Arrays of a layer's size that the search for its breakpoints needs at once, about.
TEMPORARIES = 8


@dataclass(frozen=True)
class PiecewiseLinear:
    """A continuous and piecewise linear function on Q = [-1/2, 1/2].

    `places` [pieces + 1] increase strictly from -1/2 to 1/2; `values` [pieces + 1] are the
    function there.
    """

    places: np.ndarray
    values: np.ndarray

    def at(self, places: np.ndarray) -> np.ndarray:
        """Return the values at places [count] of Q."""
        piece = np.searchsorted(self.places[1:-1], places, side="right")
        start, end = self.places[piece], self.places[piece + 1]
        share = (places - start) / (end - start)
        return (1 - share) * self.values[piece] + share * self.values[piece + 1]

    def __sub__(self, other: "PiecewiseLinear") -> "PiecewiseLinear":
        """Return the difference; it has the breakpoints of both."""
        places = np.union1d(self.places, other.places)
        return PiecewiseLinear(places, self.at(places) - other.at(places))

    def norm(self, p: str) -> float:
        """Return the L^p norm, "1", "2" or "inf", by closed forms of the pieces' integrals."""
        if p == "inf":
            return np.abs(self.values).max()
        left, right, lengths = self.values[:-1], self.values[1:], np.diff(self.places)
        if p == "2":
            return np.sqrt(np.sum((left * left + left * right + right * right) / 3 * lengths))
        mean = (np.abs(left) + np.abs(right)) / 2
        opposite = (left < 0) != (right < 0)
        np.divide(left * left + right * right, 4 * mean, out=mean, where=opposite)
        return np.sum(mean * lengths)

    def farthest(self) -> float:
        """Return a place where the function is farthest from 0."""
        return self.places[np.abs(self.values).argmax()]


def exact_errors(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    device: str = "cpu",
    threads: int = 1,
) -> Errors:
    """Return the errors of each student against its teacher, all networks of one input.

    `teacher_of` [students] is the row of `teachers` that each student was to learn.
    """
    wanted = piecewise_linear(teachers, device, threads)
    learned = piecewise_linear(students, device, threads)
    # The square of a large error may be infinite, and then the error is.
    with np.errstate(over="ignore", invalid="ignore"):
        differences = [f - wanted[k] for f, k in zip(learned, teacher_of, strict=True)]
        norms = {p: np.array([f.norm(p) for f in differences]) for p in ("1", "2", "inf")}
    return Errors.of_finite(norms, np.array([[f.farthest()] for f in differences]))


def piecewise_linear(
    networks: Networks, device: str = "cpu", threads: int = 1
) -> list[PiecewiseLinear]:
    """Return each network of one input as a function on Q; NaN where it is not finite."""
    (_, width, dim), depth = networks.weights[0].shape, len(networks.weights)
    if dim != 1:
        raise ValueError(f"expected networks of 1 input, found {dim}")
    algebra = _Kernels() if device == "cpu" and width <= KERNELS_WIDTH else _Torch(device)

    def function(k: int) -> PiecewiseLinear:
        pairs = zip(networks.weights, networks.biases, strict=True)
        with algebra.room(width, depth), np.errstate(over="ignore", invalid="ignore"):
            layers = [algebra.layer(weight[k], bias[k]) for weight, bias in pairs]
            places, values = _walk(algebra, layers, *algebra.start())
        return PiecewiseLinear(algebra.numpy(places), algebra.numpy(values))

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, range(len(networks))))


def _walk(algebra, layers: list, places, hidden):
    """Return the first and the last of some places, all breakpoints between, and the values there.

    `hidden` [places, in] is what enters the first of the `layers`; it is affine between places.
    """
    layer, *deeper = layers
    outputs, xp = algebra.affine(hidden, layer), algebra.module
    if not deeper:
        return places, outputs[:, 0]
    if not xp.isfinite(outputs).all():
        return places, xp.full_like(places, np.nan)
    places, outputs = _with_crossings(xp, places, outputs)
    hidden = outputs.clip(min=0)
    starts = range(0, len(places) - 1, algebra.pieces)
    some = [slice(start, start + algebra.pieces + 1) for start in starts]
    first, *others = (_walk(algebra, deeper, places[s], hidden[s]) for s in some)
    return [
        xp.concatenate([begin, *(part[1:] for part in parts)])
        for begin, *parts in zip(first, *others, strict=True)
    ]


def _with_crossings(xp, places, outputs):
    """Return places and outputs [places, neurons], with those where an output changes its sign.

    `xp` is the module of the arrays, numpy or torch.
    """
    above, below = outputs > 0, outputs < 0
    piece, neuron = xp.where((above[:-1] & below[1:]) | (below[:-1] & above[1:]))
    left, right = outputs[piece], outputs[piece + 1]
    before, after = outputs[piece, neuron], outputs[piece + 1, neuron]
    start, end = places[piece], places[piece + 1]
    crossing = xp.minimum(start + before / (before - after) * (end - start), end)
    # Written so, the neuron's own output comes out as exactly 0.
    between = (left * after[:, None] - right * before[:, None]) / (after - before)[:, None]
    places = xp.concatenate([places, crossing])
    order = xp.argsort(places, stable=True)
    # Where several fall on one place the first is kept: the older place, else one of the neurons.
    increases = places[order[1:]] > places[order[:-1]]
    order = xp.concatenate([order[:1], order[1:][increases]])
    return places[order], xp.concatenate([outputs, between])[order]


class _Kernels:
    """Layers by the compiled kernels, on NumPy's arrays."""

    module = np

    def __init__(self):
        self.pieces = PIECES["cpu"]
        # Imported only now: a GPU's machine needs no compiled kernels.
        from supnorm import kernels

        self._product, self._add = kernels.product, kernels.ADD
        self._lanes = kernels.lanes(np.float64)

    def room(self, width: int, depth: int):
        """Return the context in which networks of a width and depth are walked through."""
        return nullcontext()

    def start(self):
        """Return the ends of Q, and what enters the first layer there."""
        ends = np.array([-0.5, 0.5])
        return ends, self._padded(ends[:, None], 1)

    def layer(self, weight: np.ndarray, bias: np.ndarray):
        """Return a weight [in, out] and its bias, padded by zeros to whole vectors."""
        return self._padded(weight.T, 0, 1), self._padded(bias, 0)

    def affine(self, hidden, layer):
        """Return the outputs [places, out] of a layer."""
        weight, bias = layer
        outputs = np.repeat(bias[None], len(hidden), axis=0)
        self._product(outputs, hidden, weight, outputs, self._add)
        return outputs

    def numpy(self, array):
        """Return an array as NumPy's."""
        return array

    def _padded(self, array: np.ndarray, *axes: int) -> np.ndarray:
        sizes = list(array.shape)
        for axis in axes:
            sizes[axis] += -sizes[axis] % self._lanes
        padded = np.zeros(sizes)
        padded[tuple(map(slice, array.shape))] = array
        return padded


class _Torch:
    """Layers by torch's BLAS, on tensors: for wide networks, and on a GPU."""

    def __init__(self, device: str):
        # Imported only now: torch takes seconds.
        import torch

        from supnorm.hardware.devices import use_device

        use_device(device)
        self.module, self.pieces, self._device = torch, PIECES[device], device

    def room(self, width: int, depth: int):
        """Return a context that raises InputError where a GPU has no room for the walk."""
        # Imported only now, as torch.
        from supnorm.hardware.gpu_memory import explaining_lack_of_memory

        # A layer's outputs some times over, and those of each layer before it.
        needed = 8 * (depth + TEMPORARIES) * self.pieces * width
        what = f"the exact error of a network of width {width} and depth {depth}"
        return explaining_lack_of_memory(what, needed)

    def start(self):
        """Return the ends of Q, and what enters the first layer there."""
        ends = self._tensor(np.array([-0.5, 0.5]))
        return ends, ends[:, None]

    def layer(self, weight: np.ndarray, bias: np.ndarray):
        """Return a weight [in, out] and its bias."""
        return self._tensor(weight).T, self._tensor(bias)

    def affine(self, hidden, layer):
        """Return the outputs [places, out] of a layer."""
        weight, bias = layer
        return self.module.addmm(bias, hidden, weight)

    def numpy(self, array):
        """Return a tensor as an array of NumPy."""
        return array.cpu().numpy()

    def _tensor(self, array: np.ndarray):
        return self.module.tensor(array, device=self._device)
