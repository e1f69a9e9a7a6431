"""How students are trained: the recipe that all engines follow, and its random numbers."""

import math
from dataclasses import dataclass

import numpy as np

from supnorm.networks import Networks, build_network
from supnorm.streams import Stream


@dataclass(frozen=True)
class Recipe:
    """What an algorithm is, apart from its data: architecture, batches, learning rates, and decay.

    The learning rate falls by the same factor after every epoch, from `learning_rate` in the
    first towards `final_learning_rate`, which the epoch after the last would have (S1.20).
    Beside the mean squared error, Adam lowers `weight_decay` / 2 times the sum of all squared
    weights; biases do not count.
    """

    depth: int
    width: int
    batch: int
    epochs: int
    learning_rate: float
    final_learning_rate: float
    weight_decay: float = 0.0

    @property
    def rate_factor(self) -> float:
        """Return the factor from one epoch's learning rate to the next."""
        return (self.final_learning_rate / self.learning_rate) ** (1 / self.epochs)

    def evaluation_epochs(self, evaluations: int) -> list[int]:
        """Return the epochs after which students are evaluated: evenly spaced, up to the last."""
        return [math.ceil(k * self.epochs / evaluations) for k in range(1, evaluations + 1)]

    def recorded_epochs(self, evaluations: int) -> list[int]:
        """Return the epochs after which losses are recorded.

        These are 0, about 32 epochs evenly spaced in their logarithm, and all evaluations.
        """
        spread = np.geomspace(1, self.epochs, 32).round().astype(int).tolist()
        return sorted({0, *spread, *self.evaluation_epochs(evaluations)})


@dataclass(frozen=True)
class Students:
    """Which students train together, and on what.

    `points` [seeds, samples, dim] are each seed's sample points in Q; `values`
    [students, samples] are the labels; `seed_of` [students] is the row of `points` of each
    student.
    """

    points: np.ndarray
    values: np.ndarray
    seed_of: np.ndarray


# The standard deviation of U(-1/2, 1/2) is 1/sqrt(12): students see sqrt(12) x (S1.20).
STANDARDISATION = math.sqrt(12.0)


def initial_students(seed: int, dim: int, depth: int, width: int) -> Networks:
    """Return the one network from which all students of a seed and architecture start.

    Weights and biases of a layer of fan-in N are uniform on [-1/sqrt(N), 1/sqrt(N)] (S1.20). The
    arrays have a leading axis of length 1. Neither teacher nor sample size has a say in them.
    """
    labels = {"seed": seed, "dim": dim, "depth": depth, "width": width}

    def draw(tensor: str, shape: tuple[int, ...], fan_in: int) -> np.ndarray:
        stream = Stream("initial", **labels, tensor=tensor)
        return (2 * stream.uniform(*shape) - 1) / math.sqrt(fan_in)

    return build_network(dim, depth, width, draw)


def shuffle(seed: int, samples: int, epoch: int, **algorithm: int | str) -> np.ndarray:
    """Return the order in which an algorithm visits a seed's samples in an epoch, [samples]."""
    stream = Stream("shuffle", seed=seed, samples=samples, epoch=epoch, **algorithm)
    return stream.permutation(samples)


def standardised(points: np.ndarray) -> np.ndarray:
    """Return points of Q as students see them: mean 0 and variance 1 under U(Q)."""
    return points * STANDARDISATION


def on_cube(students: Networks) -> Networks:
    """Return students as functions of the points of Q: the standardisation joins layer 0."""
    first, *rest = students.weights
    return Networks((first * STANDARDISATION, *rest), students.biases)
