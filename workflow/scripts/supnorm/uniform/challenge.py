"""The worst case of an algorithm, by running it again: S1.11, for any algorithm of S1.3.

An algorithm runs on u_0. A spike stands where none of the points it asked for sees it, and the
algorithm runs on u_0 plus and minus the spike. It cannot but ask the same and answer the same, and
so errs on one of them by the height of the spike or more.
"""

import math
from dataclasses import dataclass

import numpy as np

from supnorm.job.programs import InputError
from supnorm.networks import Networks
from supnorm.uniform.adversary import SIGNS, Spike, checked_norms, spike_networks, unseen_spike
from supnorm.uniform.learning import Algorithm, Answer, Target, run_once
from supnorm.uniform.theory import bounds
from supnorm.uniform.theory.bounds import NetworkClass


@dataclass(frozen=True)
class Challenge:
    """An algorithm's `answer` about u_0, and the `spike` that the points it asked for miss.

    Its runs on u_0 plus and minus the spike asked the same points and answered the same.
    """

    answer: Answer
    spike: Spike
    targets: list[Target]

    def errors(self, place: np.ndarray) -> list[float]:
        """Return uniform errors that are attained on u_0, and on that plus and minus the spike.

        They are the larger of those at the centre of the spike and at a `place` [dim].
        """
        points = np.stack([self.spike.centre, place])
        found = self.answer.function(points)
        return [float(np.abs(found - target.values(points)).max()) for target in self.targets]


def challenge(
    algorithm: Algorithm, cls: NetworkClass, teacher: Networks, samples: int, seed: int
) -> Challenge:
    """Run an algorithm on u_0, a stack of one, and on u_0 plus and minus a spike it did not see.

    Raises InputError where its runs differ: it then knows the target otherwise than by asking.
    """
    plain = Target(teacher)
    answer = run_once(algorithm, plain, samples, cls.dim, seed)
    # Who asks nothing misses every spike, and so also one that a corner of Q does not see.
    seen = answer.asked if len(answer.asked) else np.full((1, cls.dim), 0.5)
    spike = unseen_spike(cls, seen)
    spiked = [Target(teacher, spike, sign) for sign in SIGNS]
    for target in spiked:
        again = run_once(algorithm, target, samples, cls.dim, seed)
        for differ, what in (
            (not answer.same_points(again), "asked at other points"),
            (not answer.same_function(again), "answered another function"),
        ):
            if differ:
                raise InputError(
                    f"{algorithm.called}: {what} where a spike was added that none of its points "
                    f"sees, for d = {cls.dim}, m = {samples} and seed {seed}; expected the same, "
                    "as it may know the target by its questions alone"
                )
    return Challenge(answer, spike, [plain, *spiked])


def challenge_row(found: Challenge, cls: NetworkClass, samples: int, place: np.ndarray) -> dict:
    """Return what a table says of a challenge: the spike, the errors, and the bounds on them."""
    spike = found.spike
    error, plus, minus = found.errors(place)
    return {
        "asked": len(found.answer.asked),
        "active": spike.active,
        "radius": spike.radius,
        "height": spike.height,
        "coefficient_norm": checked_norms(cls, spike_networks(cls, [spike])).max(),
        "same_points": True,
        "same_function": True,
        "error": error,
        "error_plus": plus,
        "error_minus": minus,
        "bound": largest(bounds.lower_bound_sharp, bounds.admissible_actives_sharp, cls, samples),
        "bound_randomised": largest(bounds.lower_bound, bounds.admissible_actives, cls, samples),
        **{f"centre{i}": x for i, x in enumerate(spike.centre)},
    }


def largest(bound, actives, cls: NetworkClass, samples: int) -> float:
    """Return the best lower bound on uniform errors over s; 0 where no s is admissible."""
    return max((bound(cls, samples, math.inf, s) for s in actives(cls)), default=0.0)
