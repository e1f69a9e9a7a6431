"""Where in the cube Q errors are attained: how far from samples, how near to the boundary."""

from dataclasses import replace

import numpy as np
from scipy.spatial import KDTree

from supnorm.errors.ascent import climb
from supnorm.errors.exact import exact_errors
from supnorm.errors.sampled import sampled_errors
from supnorm.networks import Networks
from supnorm.streams import Stream, uniform_points

# Random points: those whose distances from a sample are compared with that of the largest error,
# and those of a smaller cube from the worst of which a climb begins.
COMPARED, STARTS = 4096, 131072
# What is nearer to a face of Q than this lies on it: the exact search and the climb end there.
ON_FACE = 1e-12


def distances(places: np.ndarray, sample: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far places [count, dim] and random points of Q are from a sample [samples, dim].

    These are the Euclidean distance [count] from each place to the nearest point of the sample, NaN
    where the place is, and `typical` [dim + 1]: the median of that distance over random points of Q
    that lie on no face of it, on one, and so on to its corners. The random points are the first
    COMPARED of a stream, the same for all samples; on k faces lie the same points, with k
    neighbouring coordinates of each, in turn, moved to the nearest face.
    """
    tree, dim = KDTree(sample), sample.shape[1]
    points = uniform_points(Stream("places", dim=dim), COMPARED, dim)
    turn = (np.arange(COMPARED)[:, None] + np.arange(dim)) % dim
    moved = [np.where(turn < k, np.copysign(0.5, points), points) for k in range(dim + 1)]
    typical = np.array([np.median(tree.query(one)[0]) for one in moved])
    finite = np.isfinite(places).all(1)
    nearest = np.full(len(places), np.nan)
    nearest[finite] = tree.query(places[finite])[0]
    return nearest, typical


def count_faces(places: np.ndarray) -> np.ndarray:
    """Return how many faces of Q places [count, dim] lie on, to rounding, shape [count]."""
    return (np.abs(places) >= 0.5 - ON_FACE).sum(1)


def inner_errors(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    cube: float,
    threads: int = 1,
) -> np.ndarray:
    """Return the uniform errors [students] in the cube that is `cube` times as wide as Q.

    `teacher_of` [students] is the row of `teachers` that each student was to learn. They are exact
    for d = 1, and else what a climb from the worst of STARTS random points of that cube finds;
    +inf where a student is not finite.
    """
    pair = shrink(teachers, cube), shrink(students, cube), teacher_of
    dim = teachers.weights[0].shape[2]
    if dim == 1:
        return exact_errors(*pair, threads=threads).norms["inf"]
    start = sampled_errors(*pair, STARTS, Stream("places", dim=dim), threads=threads).place
    largest, _ = climb(*pair, start, threads)
    return largest


def shrink(networks: Networks, factor: float) -> Networks:
    """Return networks whose value at x is that of the given ones at factor times x."""
    first, *others = networks.weights
    return replace(networks, weights=(factor * first, *others))
