"""The sine family: the target of the paper's Figure 1 (S1.20).

It has one function, u(x) = log(sin(50x) + 2) + sin(5x) on [-1/2, 1/2], and no network for it.
"""

import numpy as np

from supnorm.errors.measured import Errors, RunningErrors
from supnorm.networks import Networks
from supnorm.packed import values
from supnorm.streams import Stream, uniform_points

FAMILY = "sine"

# The values of all students on so many points are held at once.
CHUNK = 8192


def sine(points: np.ndarray) -> np.ndarray:
    """Return u at points [count, 1] of Q, shape [count] (S1.20).

    Computed in extended precision and then rounded: NumPy's sine of doubles has other last bits
    on other processors.
    """
    x = points[:, 0].astype(np.longdouble)
    return (np.log(np.sin(50 * x) + 2) + np.sin(5 * x)).astype(np.float64)


def draw_sine_samples(seed: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a seed's first points of Q, [samples, 1], and the labels, [1, samples].

    The points are those of every family in dimension 1.
    """
    points = uniform_points(Stream("points", seed=seed, dim=1), samples, 1)
    return points, sine(points)[None]


def sine_errors(students: Networks, points: int, stream: Stream) -> Errors:
    """Return the errors of each student against u on the next uniform `points` of the stream."""
    running = RunningErrors(len(students), 1)
    for start in range(0, points, CHUNK):
        met = uniform_points(stream, min(CHUNK, points - start), 1)
        running.add(met, values(students, met) - sine(met))
    return running.errors()
