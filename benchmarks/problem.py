"""The problem of the contenders: which students are trained, and on what."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from supnorm.networks import Networks, concatenate, layer_shapes
from supnorm.streams import Stream, uniform_points
from supnorm.training.recipe import Recipe, Students, initial_students, standardised

# Students of a group share points and shuffles with those of their seed, three seeds a group.
SEEDS = 3


@dataclass(frozen=True)
class Problem:
    """What is trained: the architecture, the samples of a student, and how they are visited."""

    width: int
    batch: int
    samples: int
    precision: str = "float64"
    device: str = "cpu"
    depth: int = 5
    dim: int = 1

    @property
    def steps(self) -> int:
        """Return the steps of an epoch."""
        return math.ceil(self.samples / self.batch)

    @property
    def parameters(self) -> int:
        """Return the weights and biases of a student."""
        return sum(out * (fan_in + 1) for out, fan_in in self._shapes())

    @property
    def step_flop(self) -> int:
        """Return the floating-point operations in the matrix products of a student's step.

        These are each layer's output and weight gradient, and the delta of all but the first.
        """
        products = [out * fan_in for out, fan_in in self._shapes()]
        return 2 * self.batch * (3 * sum(products) - products[0])

    @property
    def state_bytes(self) -> int:
        """Return the size of a student's parameters, gradients and moments."""
        return 4 * self.parameters * np.dtype(self.precision).itemsize

    @property
    def traffic_bytes(self) -> int:
        """Return what a student's step moves where no cache holds its state.

        Weights are read forward and backward, gradients written; Adam reads all four arrays and
        writes three. That is ten numbers a parameter.
        """
        return self.state_bytes * 10 // 4

    @property
    def recipe(self) -> Recipe:
        """Return the paper's recipe for this architecture and batch."""
        return Recipe(self.depth, self.width, self.batch, 5000, 1e-4, 1e-6)

    def _shapes(self) -> list[tuple[int, int]]:
        return layer_shapes(self.dim, self.depth, self.width)

    def initial(self, students: int) -> Networks:
        """Return the networks from which students start."""
        seed_of = seeds_of(students)
        drawn = [_drawn(s, self.dim, self.depth, self.width) for s in range(SEEDS)]
        return concatenate([drawn[s] for s in seed_of])

    def data(self, students: int) -> Students:
        """Return standardised points and smooth labels."""
        points = np.stack(
            [
                standardised(
                    uniform_points(Stream("points", seed=s, dim=self.dim), self.samples, self.dim)
                )
                for s in range(SEEDS)
            ]
        )
        seed_of = seeds_of(students)
        values = np.stack([np.sin(points[s].sum(1) + k) / 4 for k, s in enumerate(seed_of)])
        return Students(points, values, seed_of)


@lru_cache(SEEDS)
def _drawn(*seed_and_architecture: int) -> Networks:
    """Return the network that a seed begins with; wide ones take a second to draw."""
    return initial_students(*seed_and_architecture)


def seeds_of(students: int) -> np.ndarray:
    """Return the seed of each student: as many of one as of another, in blocks."""
    return np.arange(students) * SEEDS // students
