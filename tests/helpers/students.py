"""Students to train in tests: those of a seed start alike and differ in their labels."""

import numpy as np

from supnorm.networks import Networks, concatenate, relative_difference
from supnorm.streams import Stream, uniform_points
from supnorm.training.loop import LoopEngine
from supnorm.training.recipe import Recipe, Students, initial_students, shuffle, standardised
from supnorm.training.stacked import StackedEngine

SEEDS = (5, 6)

# Dimension, depth, width, samples, batch: with smaller last batches, and what is smallest.
SHAPES = [
    (1, 5, 32, 100, 20),
    (3, 5, 16, 50, 50),
    (1, 2, 7, 13, 5),
    (3, 3, 33, 40, 7),
    (2, 6, 9, 30, 1),
    (4, 1, 3, 20, 6),
    (9, 2, 1, 6, 4),
]


# With several strips of a layer's rows, the bias in the last of them or alone there, and batches
# of more than one block.
DECAYING = [
    (1, 2, 32, 60, 60),
    (1, 5, 32, 100, 20),
    (1, 3, 96, 64, 61),
    (2, 3, 200, 150, 130),
    (4, 1, 3, 20, 6),
]


def problem(
    dim, depth, width, samples, batch, epochs=50, rate=1e-3, teachers=2, seeds=SEEDS, decay=0.0
):
    """What an engine is made from."""
    recipe = Recipe(depth, width, batch, epochs, rate, rate / 100, decay)
    points = np.stack(
        [uniform_points(Stream("points", seed=s, dim=dim), samples, dim) for s in seeds]
    )
    values = np.stack([np.sin(4 * p.sum(1) + k) for p in points for k in range(teachers)])
    seed_of = np.repeat(np.arange(len(seeds)), teachers)
    starts = concatenate([initial_students(s, dim, depth, width) for s in seeds])
    return recipe, starts[seed_of], Students(standardised(points), values, seed_of)


def some(given, index):
    """The problem of some of the students."""
    recipe, initial, students = given
    index = np.array(index)
    chosen = Students(students.points, students.values[index], students.seed_of[index])
    return recipe, initial[index], chosen


def orders(samples, *epochs, seeds=SEEDS):
    """The orders of some epochs, [epochs, seeds, samples]."""
    return np.array([[shuffle(s, samples, e, rule="test") for s in seeds] for e in epochs])


def trained(given, epochs=4, **options):
    """A stacked engine that has trained for some epochs."""
    engine = StackedEngine(*given, **options)
    engine.run(orders(given[2].points.shape[1], *range(epochs)))
    return engine


def same_bits(left: Networks, right: Networks) -> bool:
    pairs = zip(left.tensors().values(), right.tensors().values(), strict=True)
    return all(a.tobytes() == b.tobytes() for a, b in pairs)


def agree_after_200_steps(engine, given, **options):
    """Assert that an engine's students are the oracle's, and that they have moved."""
    fast, oracle = engine(*given, **options), LoopEngine(*given)
    samples = given[2].points.shape[1]
    epochs = -(-200 // -(-samples // given[0].batch))
    for trained in (fast, oracle):
        trained.run(orders(samples, *range(epochs)))
    assert relative_difference(fast.networks(), oracle.networks()) < 1e-10
    np.testing.assert_allclose(fast.losses(), oracle.losses(), rtol=1e-10)
    assert relative_difference(fast.networks(), given[1]) > 1e-3
