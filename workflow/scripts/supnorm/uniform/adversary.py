"""The worst case: a teacher plus a bump that the sample does not see (S1.8, S1.11).

The target class is u_0 + H: a teacher plus the class of bumps. A spike, a bump of the height that
the class allows, changes no label unless a sample point is in its open support, an ℓ¹ cone; so
the student that was trained on u_0 is also the student of u_0 ± spike.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from supnorm.errors.exact import PiecewiseLinear, piecewise_linear
from supnorm.errors.measured import Errors
from supnorm.errors.sampled import KERNELS_WIDTH
from supnorm.networks import Networks, concatenate, forward
from supnorm.uniform.theory.bounds import (
    NetworkClass,
    admissible_actives_sharp,
    bump_height,
    integer_root,
)
from supnorm.uniform.theory.bumps import Spike, bump_network, coefficient_norm, side_by_side

SIGNS = (1, -1)

# Bumps have M >= 2 in Q (S1.6).
WIDEST = 0.5
# A spike ends so much, relative to its radius, before the nearest sample point.
CLEARANCE = 1e-9
# By so much, relatively, rounding may carry a coefficient norm above the bound of the class.
ROUNDING = 1e-12
# Places from which the search for the emptiest climbs, and the step at which it ends.
STARTS = 128
FINEST = 1e-10
# Spikes for d > 1 that students meet at once.
CHUNK = 16384


# Spikes against a sample


def unseen_spike(cls: NetworkClass, points: np.ndarray) -> Spike:
    """Return the highest spike found that no sample point sees; `points` is [samples, dim].

    For every s it is as wide as the emptiest place in the first s coordinates allows, hence no
    lower than S1.11 says for deterministic algorithms. Other coordinates of its centre are 0.
    """

    actives = admissible_actives_sharp(cls)
    spikes = [spike_at(cls, *emptiest_place(points[:, :active])) for active in actives]
    return max(spikes, key=lambda found: found.height)


def spike_at(cls: NetworkClass, distance: float, place: np.ndarray) -> Spike:
    """Return the widest spike of the class at a place [s] of Q so far from all sample points.

    `distance` is an ℓ¹ distance. Coordinates of the centre beyond the s active ones are 0.
    """
    active = len(place)
    radius = min(distance * (1 - CLEARANCE), WIDEST)
    centre = np.zeros(cls.dim)
    centre[:active] = place
    return Spike(active, radius, bump_height(cls, active, 1 / radius), centre)


def emptiest_place(points: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the largest ℓ¹ distance found from a place of Q to all points, and the place [s].

    `points` is [samples, s]. For s = 1 it is the largest there is: half a gap, or the distance of
    an end of the interval. Beyond, it is a local maximum, found from the best of a grid that
    contains a centre of an empty cell of S1.11: the distance is at least 1/(2N), with
    N = ⌊m^(1/s)⌋ + 1.
    """
    place = _middle_of_gap(points[:, 0]) if points.shape[1] == 1 else _climbed_place(points)
    return float(np.abs(points - place).sum(1).min()), place


def _middle_of_gap(points: np.ndarray) -> np.ndarray:
    ordered = np.sort(points)
    middles = (ordered[1:] + ordered[:-1]) / 2
    places = np.concatenate([[-0.5], middles, [0.5]])
    radii = np.concatenate([[ordered[0] + 0.5], np.diff(ordered) / 2, [0.5 - ordered[-1]]])
    return places[[radii.argmax()]]


def emptiest_on_grid(points: np.ndarray) -> tuple[float, np.ndarray]:
    """As `emptiest_place`, but the best place of the grid itself, also for s = 1."""
    places, radii = _grid(KDTree(points))
    best = radii.argmax()
    return float(radii[best]), places[best]


def _grid(tree: KDTree) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of a grid [places, s], and their ℓ¹ distances to the points of the tree.

    The grid has the centres of N cells a side, and the ends of Q: a cone may leave Q.
    """
    side = integer_root(tree.n, tree.m) + 1
    line = np.concatenate([[-0.5], (np.arange(side) + 0.5) / side - 0.5, [0.5]])
    places = np.stack(np.meshgrid(*[line] * tree.m), -1).reshape(-1, tree.m)
    return places, tree.query(places, p=1)[0]


def _climbed_place(points: np.ndarray) -> np.ndarray:
    """Return the best place that a pattern search reaches from the best places of a grid."""
    tree, active = KDTree(points), points.shape[1]
    side = integer_root(len(points), active) + 1
    places, radii = _grid(tree)
    best = np.argsort(-radii, kind="stable")[:STARTS]
    places, radii = places[best], radii[best]
    directions = np.array(list(itertools.product((-1, 0, 1), repeat=active)))
    every, steps = np.arange(len(places)), np.full(len(places), 0.5 / side)
    while (steps > FINEST).any():
        tried = np.clip(places[:, None] + steps[:, None, None] * directions, -0.5, 0.5)
        found, _ = tree.query(tried, p=1)
        choice = found.argmax(1)
        # Along some directions the distance is constant, up to rounding.
        better = found[every, choice] > radii + steps / 8
        places = np.where(better[:, None], tried[every, choice], places)
        radii = np.where(better, found[every, choice], radii)
        steps = np.where(better, steps, steps / 2)
    return places[radii.argmax()]


def spiked_teachers(cls: NetworkClass, teacher: Networks, spikes: list[Spike]) -> Networks:
    """Return teacher + spike for each spike, then teacher - spike for each, [2 spikes].

    `teacher` is a stack of one; the sums have its width and that of the class together.
    """
    if not spikes:
        return teacher[:0]
    bumps = spike_networks(cls, spikes)
    return side_by_side(teacher[np.zeros(len(bumps), int)], bumps)


def spike_networks(cls: NetworkClass, spikes: list[Spike]) -> Networks:
    """Return each spike, then minus each spike, as networks of the class, [2 spikes]."""
    return concatenate(
        [
            bump_network(cls, spike.active, 1 / spike.radius, spike.centre, sign)
            for sign in SIGNS
            for spike in spikes
        ]
    )


def checked_norms(cls: NetworkClass, networks: Networks) -> np.ndarray:
    """Return the coefficient norms [networks] (S1.1); ValueError above the bound of the class."""
    norms = coefficient_norm(networks, cls.q)
    if not (norms <= cls.c * (1 + ROUNDING)).all():
        raise ValueError(
            f"a spike has the coefficient norm {norms.max()}, expected at most {cls.c}"
        )
    return norms


# Spikes that are fixed before the sample is drawn


@dataclass(frozen=True)
class SpikeGrid:
    """The spikes in the proof of S1.8: one in each of `side`^`active` cells, with M = 2 side.

    Along an active coordinate there are 4k cells, k = ⌈m^(1/s)⌉; supports are disjoint.
    """

    active: int
    side: int
    height: float

    @staticmethod
    def against(cls: NetworkClass, samples: int) -> "SpikeGrid":
        """Return the spikes of as many active coordinates as the class admits."""
        active = max(admissible_actives_sharp(cls))
        side = 4 * (integer_root(samples - 1, active) + 1)
        return SpikeGrid(active, side, bump_height(cls, active, 2 * side))

    def __len__(self) -> int:
        """Return the number of spikes."""
        return self.side**self.active

    @property
    def radius(self) -> float:
        """Return 1/M."""
        return 1 / (2 * self.side)

    def centres(self, numbers: np.ndarray, dim: int) -> np.ndarray:
        """Return the centres of the numbered spikes, [numbers, dim], 0 where inactive."""
        cells = np.unravel_index(numbers, (self.side,) * self.active)
        centres = np.zeros((len(numbers), dim))
        centres[:, : self.active] = (np.stack(cells, 1) + 0.5) / self.side - 0.5
        return centres

    def corners(self, dim: int) -> list[Spike]:
        """Return the first and the last spike: no other has a larger coefficient norm.

        Spikes differ in the biases of the first layer alone, which grow towards the corners of Q.
        """
        centres = self.centres(np.array([0, len(self) - 1]), dim)
        return [Spike(self.active, self.radius, self.height, centre) for centre in centres]

    def around(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of the only spike that may see each point [count, dim], and if so."""
        cells = np.floor((points[:, : self.active] + 0.5) * self.side).astype(int)
        shape = (self.side,) * self.active
        numbers = np.ravel_multi_index(tuple(cells.T), shape, mode="clip")
        offsets = (points - self.centres(numbers, points.shape[1]))[:, : self.active]
        return numbers, np.abs(offsets).sum(1) < self.radius

    def touched(self, points: np.ndarray) -> np.ndarray:
        """Return whether each spike has one of the points in its open support, [spikes]."""
        numbers, inside = self.around(points)
        touched = np.zeros(len(self), bool)
        touched[numbers[inside]] = True
        return touched


def spike_errors(
    teacher: Networks,
    students: Networks,
    uniform: Errors | None,
    spikes: SpikeGrid,
    device: str = "cpu",
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Yield the numbers of spikes, and the errors of students against u_0 ± each of them.

    Errors are [students, 2, numbers]. For d = 1 they are exact and in every norm. For d > 1 they
    are uniform and attained: at the spike's centre, or where the student is farthest from u_0 as
    `uniform`, its errors against u_0, says. They are +inf where a student is not finite.
    `teacher` is u_0, a stack of one; `uniform` is not needed for d = 1.
    """
    dim = teacher.weights[0].shape[2]
    if dim == 1:
        (plain,) = piecewise_linear(teacher, device)
        learned = piecewise_linear(students, device)
        each = [line_errors(function - plain, spikes) for function in learned]
        yield (
            np.arange(len(spikes)),
            {norm: _infinite(np.stack([errors[norm] for errors in each])) for norm in each[0]},
        )
        return
    for first in range(0, len(spikes), CHUNK):
        numbers = np.arange(first, min(first + CHUNK, len(spikes)))
        deviations = _deviations(teacher, students, spikes.centres(numbers, dim), device)
        errors = centre_errors(deviations, numbers, uniform, spikes)
        yield numbers, {"inf": _infinite(errors)}


def _infinite(errors: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(errors), errors, np.inf)


def _deviations(
    teacher: Networks, students: Networks, points: np.ndarray, device: str
) -> np.ndarray:
    """Return student minus teacher at points, [students, count]."""
    if device == "cpu" and students.weights[0].shape[1] <= KERNELS_WIDTH:
        # Imported only now: a GPU's machine needs no compiled kernels, and others no torch.
        from supnorm.packed import values

        return values(students, points) - values(teacher, points)
    import torch

    from supnorm.hardware.devices import use_device
    from supnorm.hardware.gpu_memory import explaining_lack_of_memory

    use_device(device)

    def on_device(array: np.ndarray) -> torch.Tensor:
        return torch.tensor(array, device=device)

    width = students.weights[0].shape[1]
    what = f"a student of width {width} at the centres of {len(points)} spikes"
    # It, and the outputs of two layers before and after the ReLU.
    with explaining_lack_of_memory(what, students[:1].nbytes + 32 * width * len(points)):
        inputs, wanted = on_device(points), forward(teacher.map(on_device), on_device(points))
        each = (students[k : k + 1].map(on_device) for k in range(len(students)))
        return np.concatenate([(forward(one, inputs) - wanted).cpu().numpy() for one in each])


def centre_errors(
    deviations: np.ndarray, numbers: np.ndarray, uniform: Errors, spikes: SpikeGrid
) -> np.ndarray:
    """Return uniform errors that are attained against u_0 ± spikes, [students, 2, numbers].

    `deviations` [students, numbers] are student minus u_0 at the centres of the spikes `numbers`.
    The error `uniform` against u_0 counts for all spikes that do not reach its place.
    """
    # A student without a place has an infinite error, wherever that is put.
    number, inside = spikes.around(np.nan_to_num(uniform.place))
    reached = inside[:, None] & (numbers == number[:, None])
    elsewhere = np.where(reached, 0.0, uniform.norms["inf"][:, None])
    heights = spikes.height * np.array(SIGNS)
    return np.maximum(np.abs(deviations[:, None] - heights[:, None]), elsewhere[:, None])


def line_errors(difference: PiecewiseLinear, spikes: SpikeGrid) -> dict[str, np.ndarray]:
    """Return the L^p errors against u_0 ± each spike for d = 1, exactly, each [2, spikes].

    `difference` is student minus u_0. The spikes side by side are a sawtooth; what lies outside a
    spike's cell comes from sums over the cells before and behind it.
    """
    corners = np.arange(2 * spikes.side + 1) / (2 * spikes.side) - 0.5
    teeth = np.where(np.arange(len(corners)) % 2, spikes.height, 0.0)
    x = np.union1d(difference.places, corners)
    plain, tooth = difference.at(x), np.interp(x, corners, teeth)
    spiked = plain - np.multiply.outer(SIGNS, tooth)
    begins, lengths = np.searchsorted(x, corners[:-1:2]), np.diff(x)

    def apart_and_inside(ufunc: np.ufunc, outside: np.ndarray, inside: np.ndarray) -> np.ndarray:
        rest = _all_but_one(ufunc, ufunc.reduceat(outside, begins))
        return ufunc(rest, ufunc.reduceat(inside, begins, axis=1))

    squares = apart_and_inside(
        np.add, _integrals_of_squares(plain, lengths), _integrals_of_squares(spiked, lengths)
    )
    return {
        "1": apart_and_inside(np.add, _integrals(plain, lengths), _integrals(spiked, lengths)),
        "2": np.sqrt(squares),
        "inf": apart_and_inside(np.maximum, np.abs(plain), np.abs(spiked)),
    }


def _all_but_one(ufunc: np.ufunc, parts: np.ndarray) -> np.ndarray:
    """Return for each part what all others make together, none of them below 0."""
    before = np.concatenate([[0.0], ufunc.accumulate(parts)[:-1]])
    behind = np.concatenate([ufunc.accumulate(parts[::-1])[-2::-1], [0.0]])
    return ufunc(before, behind)


def _integrals(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the integral of the modulus over each piece; `values` [..., pieces + 1]."""
    first, last = values[..., :-1], values[..., 1:]
    size = np.abs(first) + np.abs(last)
    crossing = first * last < 0
    mean = np.where(crossing, (first**2 + last**2) / np.where(crossing, size, 1), size) / 2
    return mean * lengths


def _integrals_of_squares(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the integral of the square over each piece; `values` [..., pieces + 1]."""
    first, last = values[..., :-1], values[..., 1:]
    return (first**2 + first * last + last**2) / 3 * lengths
