"""All algorithms as S1.3 has them: those on points chosen beforehand, others, one's own."""

from collections.abc import Sequence

from supnorm.streams import Stream, uniform_points
from supnorm.uniform.learning import Algorithm, Function, Learn, Query
from supnorm.uniform.references.adaptive import adaptive_gaussian_process, refinement
from supnorm.uniform.references.algorithms import ALGORITHMS, OWN_POINTS
from supnorm.uniform.references.hermite import hermite
from supnorm.uniform.references.own import BUILT_IN, load, names

# Algorithms that run for each target apart, and draw nothing from the stream.
LEARNERS: dict[str, Learn] = {
    "hermite": hermite,
    "refinement": refinement,
    "adaptive_gaussian_process": adaptive_gaussian_process,
}


def learners(algorithms: Sequence[str]) -> dict[str, Algorithm]:
    """Return the algorithms of the setting `uniform.reference.algorithms`, by name.

    Raises InputError where one is not known or cannot be loaded.
    """
    return {name: learner(name, given) for name, given in names(algorithms).items()}


def learner(name: str, given: str) -> Algorithm:
    """Return an algorithm: one that is built in, or else the function that is given."""
    if name not in BUILT_IN:
        return Algorithm(name, given, load(given))
    if name in LEARNERS:
        return Algorithm(name, name, LEARNERS[name], seedless=True)
    return Algorithm(name, name, from_points(name), seedless=name in OWN_POINTS)


def from_points(name: str) -> Learn:
    """Return one of ALGORITHMS as `learn`: it asks for all of its points at once."""

    def learn(query: Query, samples: int, dim: int, stream: Stream) -> Function:
        own = OWN_POINTS.get(name)
        points = own(samples, dim) if own else uniform_points(stream, samples, dim)
        predict = ALGORITHMS[name](points, query(points)[:, None])
        return lambda at: predict(at)[:, 0]

    return learn
