"""Samples: the points of a seed and the values of all teachers on them."""

import numpy as np

from supnorm.networks import Networks, forward
from supnorm.streams import Stream, uniform_points

# Labels are computed in blocks of this many points, whole ones always: a point's label then is
# the same to the bit in the files of all sample sizes.
BLOCK = 1024


def draw_samples(teachers: Networks, seed: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a seed's first points of Q, [samples, dim], and the labels, [teachers, samples].

    The points are one stream for each seed and dimension, whatever the teachers.
    """
    dim = teachers.weights[0].shape[2]
    stream = Stream("points", seed=seed, dim=dim)
    blocks = [uniform_points(stream, BLOCK, dim) for _ in range(-(-samples // BLOCK))]
    labels = [forward(teachers, block) for block in blocks]
    return np.concatenate(blocks)[:samples], np.concatenate(labels, axis=1)[:, :samples]
