"""A local run that is killed at random moments, again and again, ends as an undisturbed one."""

import random
import time
from contextlib import suppress
from subprocess import TimeoutExpired

import psutil
import pytest

from processes import in_tree, printed, reproduce
from small_cluster import TRAININGS, copy_trainings, outcome

KILLS, EPOCHS = 20, 20000
OPTIONS = ("--cores", "2", TRAININGS)


@pytest.mark.complete
def test_a_run_killed_at_twenty_random_moments_ends_the_same(tmp_path):
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    calm, begun = copy_trainings(tmp_path / "calm", EPOCHS), time.monotonic()
    assert reproduce(calm, *OPTIONS).wait() == 0, printed(calm)
    seconds, expected = time.monotonic() - begun, outcome(calm)
    killed = 0
    while killed < KILLS:
        tree = copy_trainings(tmp_path / f"after{killed}", EPOCHS)
        while interrupted(tree, chance.uniform(0, seconds) if killed < KILLS else None, chance):
            killed += 1
        assert outcome(tree) == expected, printed(tree)


def interrupted(tree, seconds, chance):
    """Run until the end, or kill a process of the run, or all, after so many seconds."""
    process = reproduce(tree, *OPTIONS)
    try:
        assert process.wait(seconds) == 0, printed(tree)
        return False
    except TimeoutExpired:
        alive = in_tree(tree)
        victims = chance.choice([alive, *([one] for one in alive)])
        print(f"after {seconds:.2f} s", *[" ".join(one.info["cmdline"][:4]) for one in victims])
        for victim in victims:
            with suppress(psutil.NoSuchProcess):
                victim.kill()
        return process.wait() != 0
