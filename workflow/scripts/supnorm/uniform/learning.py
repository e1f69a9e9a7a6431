"""What an algorithm is (S1.3): it asks for values of a target at points, then answers a function.

An algorithm is `learn(query, samples, dim, stream) -> function`. `query(points)` [count, dim]
returns the values [count] of the one target at points of Q, and no more than `samples` points in
all; `function(points)` returns values [count]. `uniform_points(stream, samples, dim)` are the
points that students of the seed learn from, and what else is drawn is the algorithm's own.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from supnorm.job.programs import InputError, told
from supnorm.networks import Networks
from supnorm.packed import values
from supnorm.streams import Stream, uniform_points
from supnorm.uniform.references.algorithms import UnsuitableError
from supnorm.uniform.theory.bumps import Spike, bump

Function = Callable[[np.ndarray], np.ndarray]
Learn = Callable[["Query", int, int, Stream], Function]

# Points beside those asked for, at which two answers are compared.
PROBES = 256


class QueryError(ValueError):
    """Points for which an algorithm may not ask."""


class Learnable(Protocol):
    """A function on Q to be learned; one that has `slopes` too can be asked for them."""

    def values(self, points: np.ndarray) -> np.ndarray:
        """Return the values [count] at points [count, dim]."""


@dataclass(frozen=True)
class Target:
    """A function on Q to be learned: a network, and `sign` times a spike where there is one.

    `network` is a stack of one. The spike is 0 outside its open support to the bit, so that
    values there are those of the network alone.
    """

    network: Networks
    spike: Spike | None = None
    sign: int = 1

    def values(self, points: np.ndarray) -> np.ndarray:
        """Return the values [count] at points [count, dim]."""
        found = values(self.network, points)[0]
        if self.spike is None:
            return found
        spike = self.spike
        cone = bump(points, spike.active, 1 / spike.radius, spike.centre)
        return found + self.sign * spike.height * cone

    def slopes(self, points: np.ndarray) -> np.ndarray:
        """Return the gradients [count, dim] at points [count, dim].

        At a kink that is the gradient of a neighbouring piece, where a neuron that is 0 is off.
        """
        found = gradients(self.network, points)
        if self.spike is None:
            return found
        spike, steep = self.spike, np.zeros(points.shape)
        offsets = (points - spike.centre)[:, : spike.active]
        inside = bump(points, spike.active, 1 / spike.radius, spike.centre) > 0
        steep[:, : spike.active] = -np.sign(offsets) * inside[:, None]
        return found + self.sign * spike.height / spike.radius * steep


def gradients(network: Networks, points: np.ndarray) -> np.ndarray:
    """Return the gradients [count, dim] of a stack of one network at points [count, dim]."""
    hidden, steep = (
        points,
        np.broadcast_to(np.eye(points.shape[1]), (len(points), *[points.shape[1]] * 2)),
    )
    for weight, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
        outputs = hidden @ weight[0].T + bias[0]
        steep = (weight[0] @ steep) * (outputs > 0)[:, :, None]
        hidden = outputs.clip(min=0)
    return (network.weights[-1][0] @ steep)[:, 0]


class Query:
    """The values of one target, at so many points of Q and no more."""

    def __init__(self, target: Learnable, samples: int, dim: int):
        """Open the questions: at most `samples` points of `dim` coordinates."""
        self._target, self._samples, self._dim = target, samples, dim
        self._asked: list[np.ndarray] = []
        self._open = True

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return the target's values [count] at points [count, dim].

        Raises QueryError where they are too many in all, of another shape, not finite, or not in
        Q, and once the algorithm has answered.
        """
        return self._target.values(self._counted(points))

    def slopes(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values [count] and gradients [count, dim] at points: both for one point each.

        So Remark A.6 counts. Raises QueryError as a call does.
        """
        points = self._counted(points)
        return self._target.values(points), self._target.slopes(points)

    @property
    def asked(self) -> np.ndarray:
        """Return all points asked for so far, [count, dim], in order."""
        return np.concatenate([np.empty((0, self._dim)), *self._asked])

    def close(self) -> None:
        """Refuse all further points: the algorithm has answered."""
        self._open = False

    def _counted(self, points: np.ndarray) -> np.ndarray:
        points = _numbers(points)
        if points is None:
            raise QueryError("asked at what is no array of real numbers")
        if points.ndim != 2 or points.shape[1] != self._dim:
            raise QueryError(
                f"asked at points of shape {list(points.shape)}, expected [count, {self._dim}]"
            )
        if not self._open:
            raise QueryError("asked at further points after it had answered")
        if not (np.abs(points) <= 0.5).all():
            raise QueryError("asked at points outside [-1/2, 1/2], expected none")
        count = len(points) + sum(map(len, self._asked))
        if count > self._samples:
            raise QueryError(f"asked at {count} points, expected at most {self._samples}")
        self._asked.append(points)
        # What the target is given cannot be changed afterwards by whoever asked.
        return points.copy()


@dataclass(frozen=True)
class Algorithm:
    """An algorithm with its `name` in tables, and what messages call it: `file.py:function`.

    The points and answers of one that is `seedless` are the same with every seed.
    """

    name: str
    called: str
    learn: Learn
    seedless: bool = False


@dataclass(frozen=True)
class Answer:
    """What an algorithm made of a target: the points `asked` [count, dim], and the function.

    `function(points)` [count, dim] returns finite values [count], or raises InputError.
    """

    asked: np.ndarray
    function: Function

    def same_points(self, other: "Answer") -> bool:
        """Return whether both asked at the same points in the same order."""
        return np.array_equal(self.asked, other.asked)

    def same_function(self, other: "Answer") -> bool:
        """Return whether both functions have the same bits at the points asked and at others."""
        dim = self.asked.shape[1]
        points = np.concatenate(
            [self.asked, uniform_points(Stream("evaluation", dim=dim), PROBES, dim)]
        )
        return np.array_equal(self.function(points), other.function(points))


def run_once(algorithm: Algorithm, target: Learnable, samples: int, dim: int, seed: int) -> Answer:
    """Return an algorithm's answer about a target from at most so many points.

    Raises UnsuitableError where it says that it is not for so many points, and InputError, which
    names it, where it raises anything else, asks for what it may not, or answers no function.
    """
    query = Query(target, samples, dim)
    stream = Stream("points", seed=seed, dim=dim)
    case = f"for d = {dim}, m = {samples} and seed {seed}"
    function = _called(algorithm, case, algorithm.learn, query, samples, dim, stream)
    query.close()
    if not callable(function):
        raise InputError(
            f"{algorithm.called}: returned {type(function).__name__} {case}, expected a function"
        )

    def checked(points: np.ndarray) -> np.ndarray:
        given = _called(algorithm, case, function, points.copy())
        found = _numbers(given)
        if found is None:
            raise InputError(
                f"{algorithm.called}: its function returned {type(given).__name__} {case}, "
                "expected an array of real numbers"
            )
        if found.shape != (len(points),):
            raise InputError(
                f"{algorithm.called}: its function returned an array of shape "
                f"{list(found.shape)} at {len(points)} points {case}, expected [{len(points)}]"
            )
        if not np.isfinite(found).all():
            raise InputError(
                f"{algorithm.called}: its function returned values that are not finite {case}, "
                "expected none"
            )
        return found

    return Answer(query.asked, checked)


def run_algorithm(
    algorithm: Algorithm, target: Learnable, samples: int, dim: int, seed: int
) -> Answer:
    """Return what `run_once` does, of two runs that must agree; raises InputError as it does.

    The points asked and the function follow from the target and the stream (S1.3).
    """
    first, second = (run_once(algorithm, target, samples, dim, seed) for _ in range(2))
    if not (first.same_points(second) and first.same_function(second)):
        raise InputError(
            f"{algorithm.called}: two runs for d = {dim}, m = {samples} and seed {seed} differ, "
            "expected the same from the same stream and target"
        )
    return first


def _numbers(given: object) -> np.ndarray | None:
    """Return a copy as an array of real numbers; None where something is none."""
    with contextlib.suppress(TypeError, ValueError):
        if not (np.iscomplexobj(given) or np.ma.is_masked(given)):
            return np.array(given, dtype=float)
    return None


def _called(algorithm: Algorithm, case: str, function: Callable, *arguments: object) -> object:
    """Return what a function of an algorithm returns; all that it raises ends in a sentence.

    Where it went to another folder, this process comes back.
    """
    try:
        with contextlib.chdir("."):
            return function(*arguments)
    except (UnsuitableError, KeyboardInterrupt):
        raise
    except QueryError as error:
        raise InputError(f"{algorithm.called}: {error} ({case})") from None
    except BaseException as error:
        raise InputError(
            f"{algorithm.called}: raised {told(error)} {case}, expected none"
        ) from None
