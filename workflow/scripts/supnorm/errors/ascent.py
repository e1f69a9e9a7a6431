"""Local maxima of |student - teacher| on Q: a climb over its affine pieces, vertex by vertex.

Student minus teacher is affine where no neuron changes its sign. From its start the climb follows
the gradient, then the gradient along each hyperplane that it meets (the zeros of a neuron, a face
of Q), until they leave no way: it is at a vertex. The pieces that touch it form a fan of cones, on
each of which the difference is linear. It rises in a cone only if it rises along an edge, so the
climb goes up the steepest edge to the next vertex, and is at a local maximum where none rises.
Vertices are finitely many, and each is higher than the one before.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from supnorm.errors.measured import Errors
from supnorm.errors.sampled import KERNELS_WIDTH
from supnorm.networks import Networks, forward

# What is smaller than this, relative to the terms that it is the sum of, counts as zero.
ROUNDING = 1e-12
# A climb ends after so many steps wherever it is. At width 32 and dim 3 it takes about 5.
STEPS = 1000
# A fan of more rays is not divided further: at the origin of networks without biases, say.
RAYS = 1000


def climbed_errors(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    sampled: Errors,
    threads: int = 1,
) -> Errors:
    """Return sampled errors with the uniform error replaced by the local maximum climbed to.

    Each climb starts at the place of the sampled uniform error; other arguments are those of
    `climb`.
    """
    largest, place = climb(teachers, students, teacher_of, sampled.place, threads)
    return Errors.of_finite({**sampled.norms, "inf": largest}, place)


def climb(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    start: np.ndarray,
    threads: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Return local maxima [students] of |student - teacher| on Q, and their places [students, dim].

    `teacher_of` [students] is the row of `teachers` that each student was to learn, and `start`
    [students, dim] is where in Q each climb begins. The maxima are the differences at the places,
    never below those at the start; a climb that STEPS or RAYS cuts short may end below a local
    maximum. Where a student is not finite at its start, or its start is NaN, the maximum is +inf
    and the place NaN.
    """
    wanted = teachers[teacher_of]
    before = _differences(wanted, students, start)

    def summit(k: int) -> np.ndarray:
        if not np.isfinite(before[k]):
            return start[k]
        sign = -1.0 if before[k] < 0 else 1.0
        return _summit((_Network(students, k, sign), _Network(wanted, k, -sign)), start[k])

    with ThreadPoolExecutor(threads) as pool:
        place = np.reshape(list(pool.map(summit, range(len(students)))), start.shape)
    largest, before = np.abs(_differences(wanted, students, place)), np.abs(before)
    # Where there was nothing to climb, rounding may have led down.
    place = np.where((largest > before)[:, None], place, start)
    largest, finite = np.maximum(largest, before), np.isfinite(before)
    return np.where(finite, largest, np.inf), np.where(finite[:, None], place, np.nan)


def _differences(teachers: Networks, students: Networks, points: np.ndarray) -> np.ndarray:
    """Return student minus teacher, each pair at its own of the points [pairs, dim]."""
    return _values(students, points) - _values(teachers, points)


def _values(networks: Networks, points: np.ndarray) -> np.ndarray:
    """Return the value of each network at its own point, computed as for sampled errors."""
    if networks.weights[0].shape[1] > KERNELS_WIDTH:
        return forward(networks, points[:, None])[:, 0]
    # Imported only now: a GPU's machine needs no compiled kernels.
    from supnorm.packed import values

    each = [slice(k, k + 1) for k in range(len(networks))]
    return np.array([values(networks[one], points[one])[0, 0] for one in each])


class _Network:
    """One network of a pair: its layers, and what they are at the point of the climb."""

    def __init__(self, networks: Networks, k: int, sign: float):
        """Take network `k`, times a sign."""
        *self._hidden, self._last = [
            (weight[k], bias[k])
            for weight, bias in zip(networks.weights, networks.biases, strict=True)
        ]
        self._sign = sign
        self._norms = [np.abs(weight).sum(1) for weight, _ in self._hidden]
        # Of each hidden layer: the values before the ReLU, and their signs up to rounding.
        self._values, self._signs = [], []

    def go(self, point: np.ndarray) -> float:
        """Go to a point [dim]; return the value there."""
        self._values, self._signs, inputs = [], [], point
        for (weight, bias), norm in zip(self._hidden, self._norms, strict=True):
            values = weight @ inputs + bias
            noise = ROUNDING * (norm * np.abs(inputs).max() + np.abs(bias))
            self._values.append(values)
            self._signs.append(np.where(np.abs(values) <= noise, 0, np.sign(values)))
            inputs = np.maximum(values, 0)
        weight, bias = self._last
        return self._sign * (weight @ inputs + bias)[0]

    def reach(self, direction: np.ndarray) -> float:
        """Return how far the network is affine in a direction [dim]."""
        length, slopes = np.inf, direction
        for (weight, _), values, signs in zip(self._hidden, self._values, self._signs, strict=True):
            slopes = weight @ slopes
            falling = signs * slopes < 0
            length = min(length, (-values[falling] / slopes[falling]).min(initial=np.inf))
            slopes = _passed(slopes, signs)
        return length

    def divide(self, fan: "_Fan") -> None:
        """Divide a fan until the network is linear on each cone; put its slopes into the table."""
        columns = fan.lines.shape[1]
        slopes = fan.table()[:, : fan.dim]
        for (weight, _), norm, signs in zip(self._hidden, self._norms, self._signs, strict=True):
            noise = ROUNDING * norm * np.abs(slopes).max(initial=0)
            slopes = slopes @ weight.T
            slopes[np.abs(slopes) <= noise] = 0
            fan.set_columns(columns, slopes)
            for neuron in np.flatnonzero(signs == 0):
                fan.cut(columns + neuron, noise[neuron])
            slopes = _passed(fan.table()[:, columns:], signs)
        fan.set_columns(columns, self._sign * slopes @ self._last[0].T)


def _passed(slopes: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Return the slopes after ReLUs: `signs` is positive where they are on, negative where off."""
    return np.where(signs > 0, slopes, np.where(signs < 0, 0, np.maximum(slopes, 0)))


class _Fan:
    """The directions from a point into Q, divided into cones.

    A cone is spanned by `lines`, which all share, and by `rays` of its own. Their rows are a
    direction (of length 1; lines are orthonormal) and then numbers that are linear on each cone.
    Neighbours repeat the rays between them, and a ray may be the sum of others.
    """

    def __init__(self, point: np.ndarray):
        """Begin with one cone."""
        self.dim = len(point)
        inside = np.abs(point) < 0.5
        self.lines = np.eye(self.dim)[inside]
        self.rays = np.diag(-np.sign(point))[~inside]
        # The number of each ray's cone, and how many there are.
        self._cone, self._cones = np.zeros(len(self.rays), int), 1

    def table(self) -> np.ndarray:
        """Return lines and rays together."""
        return np.concatenate([self.lines, self.rays])

    def set_columns(self, start: int, columns: np.ndarray) -> None:
        """Replace all columns of the table from one on."""
        table, lines = np.hstack([self.table()[:, :start], columns]), len(self.lines)
        self.lines, self.rays = table[:lines], table[lines:]

    def cut(self, column: int, noise: float) -> None:
        """Divide the cones at the zeros of a column; below `noise` it is zero."""
        if np.linalg.norm(self.lines[:, column]) > noise:
            self._cut_lines(column)
        elif len(self.rays) <= RAYS:
            self._cut_cones(column, noise)

    def _cut_lines(self, column: int) -> None:
        """Halve every cone, and lose a line: lines are mirrored so that one crosses the cut."""
        slopes = self.lines[:, column]
        mirror = slopes.copy()
        mirror[0] += np.copysign(np.linalg.norm(slopes), slopes[0])
        lines = self.lines - np.outer(mirror, mirror @ self.lines) * (2 / (mirror @ mirror))
        across, self.lines = lines[:1], lines[1:]
        flat = self._scaled(self.rays - self.rays[:, [column]] / across[0, column] * across)
        self.lines[:, column] = flat[:, column] = 0
        there, back = (np.repeat(side, self._cones, axis=0) for side in (across, -across))
        self.rays = np.concatenate([flat, there, flat, back])
        cones = np.arange(self._cones)
        first = np.concatenate([self._cone, cones])
        self._cone = np.concatenate([first, first + self._cones])
        self._cones *= 2

    def _cut_cones(self, column: int, noise: float) -> None:
        """Divide each cone that has rays on both sides."""
        slopes = self.rays[:, column]
        slopes[np.abs(slopes) <= noise] = 0
        together = self._cone[:, None] == self._cone
        above, below = np.nonzero((slopes[:, None] > 0) & (slopes < 0) & together)
        between = slopes[above, None] * self.rays[below] - slopes[below, None] * self.rays[above]
        between = self._scaled(between)
        between[:, column] = 0
        # The part below of a divided cone is a new one.
        divided = np.unique(self._cone[above])
        twin = np.full(self._cones, -1)
        twin[divided] = self._cones + np.arange(len(divided))
        whole = twin[self._cone] < 0
        upper, lower = whole | (slopes >= 0), ~whole & (slopes <= 0)
        self.rays = np.concatenate([self.rays[upper], between, self.rays[lower], between])
        old, new = self._cone, twin[self._cone]
        self._cone = np.concatenate([old[upper], old[above], new[lower], new[above]])
        self._cones += len(divided)

    def _scaled(self, rays: np.ndarray) -> np.ndarray:
        return rays / np.linalg.norm(rays[:, : self.dim], axis=1, keepdims=True)


def _summit(pair: tuple[_Network, _Network], point: np.ndarray) -> np.ndarray:
    """Climb on the sum of two networks, and return the highest point."""
    best, highest = point, -np.inf
    for _ in range(STEPS):
        value = sum(network.go(point) for network in pair)
        if value > highest:
            best, highest = point, value
        direction = _way_on(pair, point)
        if direction is None:
            break
        point = _advance(pair, point, direction)
    return best


def _way_on(pair: tuple[_Network, _Network], point: np.ndarray) -> np.ndarray | None:
    """Return a direction in which to leave the point, or None at a local maximum."""
    fan = _Fan(point)
    for network in pair:
        network.divide(fan)
    dim = len(point)
    slopes = [part[:, dim:].sum(1) for part in (fan.lines, fan.rays)]
    level = ROUNDING * np.abs(fan.table()[:, dim:]).max()
    if len(fan.lines):
        # Where nothing rises along the lines, any of them leads to a vertex.
        gradient = slopes[0] @ fan.lines[:, :dim]
        steepness = np.linalg.norm(gradient)
        return gradient / steepness if steepness > level else fan.lines[0, :dim]
    steepest = slopes[1].argmax()
    return fan.rays[steepest, :dim] if slopes[1][steepest] > level else None


def _advance(
    pair: tuple[_Network, _Network], point: np.ndarray, direction: np.ndarray
) -> np.ndarray:
    """Return the next point in a direction where a neuron vanishes or a face of Q is met."""
    face = np.copysign(0.5, direction)
    room = np.divide(face - point, direction, out=np.full(len(point), np.inf), where=direction != 0)
    length = min(room.min(), *(network.reach(direction) for network in pair))
    return np.where(room <= length, face, np.clip(point + length * direction, -0.5, 0.5))
