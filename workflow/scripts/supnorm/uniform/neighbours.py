"""Neighbours of a teacher: it plus or minus a spike of the class that a sample does not see.

The class u + H contains them for every teacher u (S1.2, with c_0 = 1). They have the labels of the
teacher, hence its students, and are the nearer in L^2 the narrower the spike: one of radius r and
s coordinates is as high as r times a constant, so its L^2 norm falls like r^(1+s/2) (S1.5).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from supnorm.networks import Networks
from supnorm.packed import values
from supnorm.streams import Stream, uniform_points
from supnorm.uniform.adversary import (
    CLEARANCE,
    SIGNS,
    WIDEST,
    Spike,
    checked_norms,
    unseen_spike,
)
from supnorm.uniform.theory.bounds import (
    NetworkClass,
    admissible_actives_sharp,
    bump_height,
    bump_norm,
)
from supnorm.uniform.theory.bumps import bump_network, side_by_side

# Places of further spikes, uniform on Q: any place, not the best against a sample.
PLACES = 64
# So much higher than needed, relatively, is a nearest spike: biases round, by 1e-16 of a radius
# that may be 1e-8.
MARGIN = 1e-6


@dataclass(frozen=True)
class Surroundings:
    """What the spikes against one sample can be.

    `highest` is the highest unseen spike that was found; `places` [1 + PLACES, dim] are its centre
    and uniform points; `clear` [actives, 1 + PLACES] are the radii of the widest unseen spikes of
    s = 1, 2, … coordinates there.
    """

    cls: NetworkClass
    highest: Spike
    places: np.ndarray
    clear: np.ndarray

    @staticmethod
    def of(cls: NetworkClass, points: np.ndarray) -> "Surroundings":
        """Return those of a sample, [samples, dim]; the class must have spikes."""
        highest = unseen_spike(cls, points)
        drawn = uniform_points(Stream("neighbours", dim=cls.dim), PLACES, cls.dim)
        places = np.concatenate([highest.centre[None], drawn])
        distances = [
            KDTree(points[:, :active]).query(places[:, :active], p=1)[0]
            for active in admissible_actives_sharp(cls)
        ]
        clear = np.minimum(np.stack(distances) * (1 - CLEARANCE), WIDEST)
        return Surroundings(cls, highest, places, clear)

    def nearest(self, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return s, radius and L^2 norm of the unseen spikes of some heights that are smallest.

        `heights` [1 + PLACES] has one for each place, and the results likewise. The spikes are as
        narrow as the class allows; the norm is +inf where none of them is unseen.
        """
        actives = admissible_actives_sharp(self.cls)
        slopes = np.array([2 * bump_height(self.cls, active, 2) for active in actives])
        widths = np.array([bump_norm(active, 2, 2) for active in actives])
        radii = heights / slopes[:, None]
        norms = heights * widths[:, None] * (2 * radii) ** (np.array(actives)[:, None] / 2)
        norms = np.where(radii <= self.clear, norms, np.inf)
        best, every = norms.argmin(0), np.arange(len(heights))
        return np.array(actives)[best], radii[best, every], norms[best, every]


def neighbours(
    around: Surroundings, deviations: np.ndarray, bounds: Mapping[str, float], l2_error: float
) -> Iterator[dict]:
    """Yield the rows of the neighbours of a teacher against one sample, columns by name.

    `deviations` [students, 1 + PLACES] are student minus teacher at the places, of all students of
    the teacher and sample that are finite; `bounds` are on the uniform error, by name; `l2_error`
    is the least L^2 error of a student on the teacher. First comes the highest spike, then for each
    bound the spike at the same place that is nearest of those on which all students err by it.
    """
    cls, at_centre = around.cls, deviations[:, 0]
    yield {"kind": "highest"} | told(around.highest, at_centre)
    # All students err by a bound if the spike exceeds it by how far they are on the spike's side.
    lead = np.min([(sign * deviations).max(0, initial=0) for sign in SIGNS], axis=0)
    for name, bound in bounds.items():
        actives, radii, norms = around.nearest((bound + lead) * (1 + MARGIN))
        row = {"kind": name, "bound": bound, "distance": np.inf, "all_err": False}
        if np.isfinite(norms[0]):
            active, radius = int(actives[0]), float(radii[0])
            height = bump_height(cls, active, 1 / radius)
            row |= told(Spike(active, radius, height, around.highest.centre), at_centre)
            row["all_err"] = row["least"] >= bound
        unseen, within = np.isfinite(norms[1:]), norms[1:] <= l2_error
        yield row | {"unseen": unseen.mean(), "within": within.mean()}


def told(spike: Spike, deviations: np.ndarray) -> dict:
    """Return the columns of a spike with the sign at which students err most.

    `deviations` [students] are student minus teacher at its centre: the errors there are attained.
    """
    errors = [np.abs(deviations - sign * spike.height).min(initial=np.inf) for sign in SIGNS]
    best = int(np.argmax(errors))
    return {
        "sign": SIGNS[best],
        "active": spike.active,
        "radius": spike.radius,
        "height": spike.height,
        "distance": spike.height * bump_norm(spike.active, 1 / spike.radius, 2),
        "least": errors[best],
        "other": errors[1 - best],
    }


def check_neighbours(
    around: Surroundings, teacher: Networks, rows: Sequence[Mapping], points: np.ndarray
) -> None:
    """Raise ValueError unless networks are the neighbours in some rows of a teacher's.

    `teacher` is a stack of one. Each spike with its sign is a network of the class that is exactly
    0 at all `points` [samples, dim], so that it changes no label; and the network that is teacher
    and spike side by side (S1.2) has their sum at the spike's centre.
    """
    centre = around.highest.centre[None]
    plain = values(teacher, centre).item()
    for row in (row for row in rows if "sign" in row):
        network = bump_network(around.cls, row["active"], 1 / row["radius"], centre[0], row["sign"])
        checked_norms(around.cls, network)
        if values(network, points).any():
            raise ValueError(f"the spike of {row} is not 0 at a sample point, expected 0 at all")
        found = values(side_by_side(teacher, network), centre).item()
        wanted = plain + row["sign"] * row["height"]
        if not abs(found - wanted) <= MARGIN / 2 * row["height"] + CLEARANCE * abs(plain):
            raise ValueError(f"teacher and spike of {row} are {found} there, expected {wanted}")
