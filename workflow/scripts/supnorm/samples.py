"""Samples: the points of a seed and the values of all teachers on them."""

import numpy as np

from supnorm.networks import Networks
from supnorm.packed import values
from supnorm.streams import Stream, uniform_points


def draw_samples(teachers: Networks, seed: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a seed's first points of Q, [samples, dim], and the labels, [teachers, samples].

    The points of a seed and dimension come from one stream, the same for all teachers. A point's
    label has the same bits in the files of all sample sizes.
    """
    dim = teachers.weights[0].shape[2]
    points = uniform_points(Stream("points", seed=seed, dim=dim), samples, dim)
    return points, values(teachers, points)
