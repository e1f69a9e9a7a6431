"""Brackets of the uniform error: a value that is attained, and an upper bound.

Branch and bound. On a box, the student and its teacher are replaced by affine forms that contain
them (relaxation.py), and the forms' difference has a bound by its coefficients. Boxes whose bound
is too large are halved along their longest edge, those of the largest bounds first. Where a box is
small enough that no neuron changes sign in it, the difference is affine there, and its bound is
attained.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from supnorm.errors.relaxation import forms
from supnorm.networks import Networks

# Of the open boxes a part is halved at once: these many at least, or this share of them.
FEWEST_HALVED, SHARE_HALVED = 64, 4


@dataclass(frozen=True)
class Brackets:
    """Bounds of the maxima over Q of |student - teacher|: low <= maximum <= high.

    `low` and `high` have shape [students]. `low` is attained at `place` [students, dim]. `boxes`
    [students] is how many boxes were bounded. Where a student is not finite at its place, `low` and
    `high` are +inf and the place is NaN.
    """

    low: np.ndarray
    high: np.ndarray
    place: np.ndarray
    boxes: np.ndarray


def bracket(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    place: np.ndarray,
    gap: float,
    boxes: int,
    enough: float | np.ndarray = 0.0,
    threads: int = 1,
) -> Brackets:
    """Return brackets of the uniform errors of students against the rows `teacher_of` of teachers.

    `place` [students, dim] are points of Q where the errors are known to be large; optional. The
    search for a student ends when high <= max((1 + gap) low, enough), with an allowance beside the
    gap for what rounding may have added to high, or when the next halving would bound more than
    `boxes` boxes. `enough` is a number, or one for each student [students].
    """
    count = len(students)
    enough = np.broadcast_to(enough, count)
    found = Brackets(np.empty(count), np.empty(count), np.empty(place.shape), np.empty(count, int))

    def search(k: int) -> None:
        pair = Pair(teachers, teacher_of[k], students, k)
        found.low[k], found.high[k], found.place[k], found.boxes[k] = _search(
            pair, place[k], gap, boxes, enough[k]
        )

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(search, range(count)))
    return found


class Pair:
    """The difference of a student and its teacher: affine forms on boxes, and values at points."""

    def __init__(self, teachers: Networks, teacher: int, students: Networks, student: int):
        """Take one network of each stack."""
        self._networks = _packed(students, student), _packed(teachers, teacher)
        self.rounding = _rounding(students, student) + _rounding(teachers, teacher)

    def forms(
        self, centres: np.ndarray, halves: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return middles [boxes], slopes [boxes, dim] and errors [boxes] of the difference.

        At the point centre + half * t of a box, t in [-1, 1]^dim, the difference is middle +
        slope · t, up to the error and `rounding`; `centres` and `halves` are [boxes, dim].
        """
        (middle, slope, error), other = (_forms(n, centres, halves) for n in self._networks)
        return middle - other[0], slope - other[1], error + other[2]

    def bounds(self, centres: np.ndarray, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return bounds [boxes] of |difference|, and where [boxes, dim] the affine part is largest.

        The latter are corners of the boxes.
        """
        middle, slope, error = self.forms(centres, halves)
        corner = centres + np.where(middle[:, None] * slope >= 0, halves, -halves)
        return np.abs(middle) + np.abs(slope).sum(1) + error + self.rounding, corner

    def distances(self, points: np.ndarray) -> np.ndarray:
        """Return |difference| [count] at points [count, dim], which are boxes of no extent."""
        return np.abs(self.forms(points, np.zeros_like(points))[0])


@dataclass(frozen=True)
class _Boxes:
    """Boxes and bounds on them: `centres` and `halves` are [boxes, dim], `bounds` is [boxes]."""

    centres: np.ndarray
    halves: np.ndarray
    bounds: np.ndarray

    def __len__(self) -> int:
        return len(self.bounds)

    def __getitem__(self, index) -> "_Boxes":
        return _Boxes(self.centres[index], self.halves[index], self.bounds[index])

    def __add__(self, others: "_Boxes") -> "_Boxes":
        pairs = zip(vars(self).values(), vars(others).values(), strict=True)
        return _Boxes(*map(np.concatenate, pairs))

    def halved(self) -> tuple[np.ndarray, np.ndarray]:
        """Return centres and halves of what each box becomes, cut across its longest edge."""
        longest = np.arange(len(self)), self.halves.argmax(1)
        halves, step = self.halves.copy(), np.zeros_like(self.halves)
        halves[longest] /= 2
        step[longest] = halves[longest]
        centres = np.concatenate([self.centres - step, self.centres + step])
        return centres, np.concatenate([halves, halves])


def _search(
    pair: Pair, place: np.ndarray, gap: float, boxes: int, enough: float
) -> tuple[float, float, np.ndarray, int]:
    """Return low, high, the place of low, and how many boxes were bounded."""
    low, dim = pair.distances(place[None])[0], len(place)
    if not np.isfinite(low):
        return np.inf, np.inf, np.full(dim, np.nan), 0
    if not np.isfinite(pair.rounding):
        return low, np.inf, place, 0
    centres, halves = np.zeros((1, dim)), np.full((1, dim), 0.5)
    waiting = _Boxes(centres[:0], halves[:0], np.empty(0))
    high, used = low, 0
    while len(centres):
        bounds, corners = pair.bounds(centres, halves)
        used += len(bounds)
        distances = pair.distances(corners)
        if distances.max() > low:
            low, place = distances.max(), corners[distances.argmax()]
        known = waiting + _Boxes(centres, halves, bounds)
        above = known.bounds > max((1 + gap) * low + 2 * pair.rounding, enough)
        high = known.bounds[~above].max(initial=high)
        known = known[above]
        known = known[np.argsort(-known.bounds, kind="stable")]
        some = min(max(FEWEST_HALVED, len(known) // SHARE_HALVED), (boxes - used) // 2)
        centres, halves = known[:some].halved()
        waiting = known[some:]
    return low, waiting.bounds.max(initial=max(low, high)), place, used


def _forms(
    network: tuple[np.ndarray, np.ndarray], centres: np.ndarray, halves: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return middles, slopes and errors of the affine forms of one packed network."""
    parameters, sizes = network
    room = np.empty((2, 2 + sizes[:-1].sum(), sizes.max()))
    found = np.empty(len(centres)), np.empty(centres.shape), np.empty(len(centres))
    forms(parameters, sizes, centres, halves, room, *found)
    return found


def _packed(networks: Networks, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the parameters and the sizes of one network as the compiled code reads them."""
    layers = zip(networks.weights, networks.biases, strict=True)
    arrays = [array for weight, bias in layers for array in (weight[index].T, bias[index])]
    sizes = [networks.weights[0].shape[2], *(bias.shape[1] for bias in networks.biases)]
    return np.concatenate([array.ravel() for array in arrays]), np.array(sizes)


def _rounding(networks: Networks, index: int) -> float:
    """Return a bound of what rounding can add to the bounds and forms of a network in Q.

    In a box, the absolute values of a neuron's terms sum to at most its `size`, which is what the
    network of all absolute values has at the corner of Q: a ReLU never adds to that sum. All that
    a layer does takes fewer than `roundings` roundings one after another, each at most eps / 2 of
    the size; what the layers before it have lost passes through like the terms themselves.
    """
    size, neurons = np.full(networks.weights[0].shape[2], 0.5), 0
    for weight, bias in zip(networks.weights, networks.biases, strict=True):
        neurons += len(size)
        size = (np.abs(weight[index]) * size).sum(1) + np.abs(bias[index])
    roundings = 4 * (neurons + 4)
    return len(networks.weights) * roundings * np.finfo(float).eps / 2 * float(size[0])
