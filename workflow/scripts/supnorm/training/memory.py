"""How students lie in memory in training by torch, and how many share a GPU."""

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

import torch

from supnorm import work
from supnorm.hardware import gpu_memory
from supnorm.networks import Networks, layer_shapes
from supnorm.training.recipe import Students

# What a GPU holds beside a group: the samples, CUDA, and the graphs.
OTHER_BYTES = 4e9
# What groups at rest leave free on a GPU.
SPARE_BYTES = 1e9


@dataclass(frozen=True)
class Layout:
    """How students of an architecture and precision lie in flat buffers.

    Layer after layer, and student after student, a matrix has a row for each neuron: its weights,
    its bias, and zeros that fill up the last cache line. So all rows of all students are aligned
    alike, and vector code leaves no remainder to scalar code.
    """

    dim: int
    depth: int
    width: int
    precision: str

    @property
    def dtype(self) -> torch.dtype:
        """Return the type of all numbers."""
        return getattr(torch, self.precision)

    @cached_property
    def fan_ins(self) -> list[int]:
        """Return the number of weights of a neuron in each layer, which is the bias's column."""
        return [fan_in for _, fan_in in layer_shapes(self.dim, self.depth, self.width)]

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """Return (rows, columns) of each layer's matrix."""
        return work.padded_shapes(self.dim, self.depth, self.width, self.precision)

    @cached_property
    def parameters(self) -> int:
        """Return how many numbers a student has in a buffer."""
        return sum(map(math.prod, self.shapes))

    def matrices(self, flat: torch.Tensor) -> list[torch.Tensor]:
        """Return the layers [students, rows, columns] in a flat buffer."""
        students = len(flat) // self.parameters
        pieces = flat.split([students * math.prod(shape) for shape in self.shapes])
        return [
            piece.view(students, *shape) for piece, shape in zip(pieces, self.shapes, strict=True)
        ]

    def copy(self, source: torch.Tensor, target: torch.Tensor) -> None:
        """Copy students from flat buffers to others, [buffers, …], as `fill` does."""
        for students, places in zip(source, target, strict=True):
            for matrix, place in zip(self.matrices(students), self.matrices(places), strict=True):
                fill(place, matrix)

    def pack(self, networks: Networks, buffers: int = 1) -> torch.Tensor:
        """Return networks in the first of some flat buffers [buffers, …]; the others are 0."""
        # A buffer that stays 0 takes no memory before it is written.
        flat = torch.zeros(buffers, len(networks) * self.parameters, dtype=self.dtype)
        for matrix, fan_in, weight, bias in zip(
            self.matrices(flat[0]), self.fan_ins, networks.weights, networks.biases, strict=True
        ):
            matrix[..., :fan_in] = torch.from_numpy(weight)
            matrix[..., fan_in] = torch.from_numpy(bias)
        return flat

    def unpack(self, flat: torch.Tensor) -> Networks:
        """Return the networks in a flat buffer as arrays in float64."""
        matrices = [m.numpy() for m in self.matrices(flat.to("cpu", torch.float64, copy=True))]
        return Networks(
            tuple(m[..., :fan_in] for m, fan_in in zip(matrices, self.fan_ins, strict=True)),
            tuple(m[..., fan_in] for m, fan_in in zip(matrices, self.fan_ins, strict=True)),
        )


def fill(places: torch.Tensor, students: torch.Tensor) -> None:
    """Copy students [count, …] into places [size, …], the last also into those left over."""
    places[: len(students)] = students[: len(places)]
    places[len(students) :] = students[-1]


@dataclass
class Group:
    """Students that train together.

    `values` [students, samples] are the labels, `seed_of` [students] the rows of points, `state`
    the flat buffers of parameters and of Adam's moments, None while a trainer has them, and
    `epochs` how many these students have done.
    """

    values: torch.Tensor
    seed_of: torch.Tensor
    state: torch.Tensor | None
    epochs: int = 0

    @staticmethod
    def of(initial: Networks, students: Students, layout: Layout, part: slice) -> "Group":
        """Return the group of the students `part`, who start from `initial`."""
        return Group(
            torch.tensor(students.values[part], dtype=layout.dtype),
            torch.tensor(students.seed_of[part]),
            layout.pack(initial, buffers=3),
        )


def group_size(device: str, layout: Layout, batch: int) -> int:
    """Return how many students train at once.

    On a CPU it is 1: one wide student keeps a core busy, and more of them would share its cache.
    """
    if device == "cpu":
        return 1
    return work.group_size(layout.dim, layout.depth, layout.width, batch, layout.precision)


def _student_bytes(layout: Layout, batch: int) -> int:
    return work.student_bytes(layout.dim, layout.depth, layout.width, batch, layout.precision)


def explaining_lack_of_memory(
    size: int, layout: Layout, batch: int
) -> AbstractContextManager[None]:
    """Return a context that raises InputError where the GPU has no room for a group."""
    needed = size * _student_bytes(layout, batch)
    single = Layout(layout.dim, layout.depth, layout.width, "float32")
    smaller = group_size("cuda", single, batch) * _student_bytes(single, batch)
    remedy = f", or training.precision float32, where it takes {smaller / 1e9:.1f} GB"
    return gpu_memory.explaining_lack_of_memory(
        f"a group of {size} students of width {layout.width}, with batches of {batch} in "
        f"{layout.precision} and the samples apart,",
        needed,
        beside=OTHER_BYTES,
        remedy=remedy if smaller < needed else "",
    )


def keep_on_gpu(groups: list[Group]) -> None:
    """Move groups to the GPU, where they rest while another trains, if there is room for all."""
    needed = sum(t.nbytes for g in groups for t in (g.values, g.seed_of, g.state))
    if needed + SPARE_BYTES > torch.cuda.mem_get_info()[0]:
        return
    for group in groups:
        group.values, group.seed_of = group.values.cuda(), group.seed_of.cuda()
        group.state = group.state.cuda()
