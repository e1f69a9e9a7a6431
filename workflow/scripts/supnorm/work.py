"""The work of an experiment: its cells, what they cost, and how they are cut into shards.

All of it follows from the configuration, never from a machine, so that file names and results
stay put. Imported by the Snakefile in every job: no NumPy here.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

CACHE_LINE = 64
NUMBER_BYTES = {"float32": 4, "float64": 8}
# Students share a GPU until a layer's outputs, or an eighth of its weights, fill it some times
# over, and each of its multiprocessors has a part of the gradient, however long the batch that this
# sums over; but they never take more than 12 GB: a GPU of 16 GB has room for samples, CUDA and the
# graphs beside them.
FILLING_OUTPUTS, FILLING_GRADIENT, LARGEST_GROUP, GROUP_BYTES = 2**21, 2**17, 128, 12e9
# A file of students has at most so many numbers, which are read and held at once.
FILE_NUMBERS = 2**30


@dataclass(frozen=True)
class Cell:
    """The students of one algorithm at one sample size: all seeds and teachers of a family.

    `batch` is the samples in a batch, `students` how many there are.
    """

    family: str
    dim: int
    samples: int
    depth: int
    width: int
    batch_rule: str
    batch: int
    epochs: int
    students: int

    @property
    def name(self) -> str:
        """Return the name of its files, below their stage's folder."""
        return (
            f"{self.family}/d{self.dim}_m{self.samples}_L{self.depth}_w{self.width}"
            f"_{self.batch_rule}"
        )

    @property
    def parameters(self) -> int:
        """Return how many weights and biases a student has."""
        return network_size(self.dim, self.depth, self.width)

    @property
    def student_flops(self) -> int:
        """Return the floating-point operations that train a student."""
        return 6 * self.parameters * self.samples * self.epochs


def batch_size(rule: dict, samples: int) -> int:
    """Return the batch size of a batch rule at a sample size."""
    if "divisor" in rule:
        return -(-samples // rule["divisor"])
    return min(rule["at_most"], samples) if "at_most" in rule else rule["size"]


def network_size(dim: int, depth: int, width: int) -> int:
    """Return how many weights and biases a network of an architecture has."""
    return sum((fan_in + 1) * out for out, fan_in in _layers(dim, depth, width))


def student_bytes(dim: int, depth: int, width: int, batch: int, precision: str) -> int:
    """Return the bytes that a student in training takes on a GPU, its samples apart.

    They are its parameters, their gradient and two moments, and for a batch the inputs of all
    layers and the derivatives by the outputs of two; rows are whole cache lines.
    """
    shapes = padded_shapes(dim, depth, width, precision)
    activations = batch * (sum(columns for _, columns in shapes) + 2 * width)
    return NUMBER_BYTES[precision] * (4 * sum(map(math.prod, shapes)) + activations)


def padded_shapes(dim: int, depth: int, width: int, precision: str) -> list[tuple[int, int]]:
    """Return (rows, columns) of each layer's matrix, a row a neuron: weights, bias, and padding."""
    line = CACHE_LINE // NUMBER_BYTES[precision]
    return [
        (out, math.ceil((fan_in + 1) / line) * line) for out, fan_in in _layers(dim, depth, width)
    ]


def group_size(dim: int, depth: int, width: int, batch: int, precision: str) -> int:
    """Return how many students train on a GPU at once.

    It follows from the architecture and the batch alone, never from how many students there are
    or from the memory at hand, because the rounding of batched products may depend on it.
    """
    outputs = FILLING_OUTPUTS / (width * max(batch, width / 8))
    filling = math.ceil(max(outputs, FILLING_GRADIENT / width**2))
    fitting = int(GROUP_BYTES // student_bytes(dim, depth, width, batch, precision))
    return max(1, min(filling, fitting, LARGEST_GROUP))


def shards(cell: Cell, config: dict) -> list[range]:
    """Return which students each shard of a cell trains, as rows of the cell.

    A cell's students are in order of seed, then teacher. A shard costs at most
    `training.flops_per_job` and fits in a file, unless that is too little for one student, or for
    one group on GPUs.
    """
    training = config["training"]
    algorithm = cell.dim, cell.depth, cell.width, cell.batch, training["precision"]
    group = group_size(*algorithm) if training["device"] == "cuda" else 1
    affordable = training["flops_per_job"] / cell.student_flops
    fitting = FILE_NUMBERS / (cell.parameters * config["evaluation"]["times"])
    groups = math.ceil(cell.students / group)
    count = math.ceil(groups / max(1, int(min(affordable, fitting) / group)))
    edges = [min(k * groups // count * group, cell.students) for k in range(count + 1)]
    return [range(first, end) for first, end in pairwise(edges)]


def shard_names(cell: Cell, config: dict) -> list[str]:
    """Return the names of a cell's shards: <cell>_<number>of<count>."""
    count = len(shards(cell, config))
    return [f"{cell.name}_{number}of{count}" for number in range(1, count + 1)]


def _layers(dim: int, depth: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield (outputs, inputs) of each affine layer."""
    sizes = [dim, *[width] * (depth - 1), 1]
    return zip(sizes[1:], sizes, strict=False)
