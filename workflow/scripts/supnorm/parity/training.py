"""Training shallow networks on parity: Adam on all points in each step, with weight decay."""

from collections.abc import Callable, Sequence

import numpy as np

from supnorm.networks import Networks, concatenate
from supnorm.parity.cube import parity
from supnorm.parity.sizes import DEPTH
from supnorm.training.engines import choose, engine_class
from supnorm.training.orders import ENTRIES, EPOCHS
from supnorm.training.recipe import Recipe, Students, initial_students


def recipe(
    points: int, width: int, steps: int, rates: tuple[float, float], weight_decay: float
) -> Recipe:
    """Return the recipe of a training on so many points; `rates` are the first and the last."""
    return Recipe(DEPTH, width, points, steps, *rates, weight_decay=weight_decay)


def start(seeds: Sequence[int], dim: int, width: int) -> Networks:
    """Return the networks from which the training of each seed starts."""
    return concatenate([initial_students(seed, dim, DEPTH, width) for seed in seeds])


def train(
    recipe: Recipe,
    initial: Networks,
    points: np.ndarray,
    engine: str = "auto",
    precision: str = "float64",
    threads: int = 1,
    progress: Callable[[int], None] = lambda steps: None,
) -> Networks:
    """Return the networks that learn parity at their own points, [networks, samples, dim].

    The points of the cube have mean 0 and variance 1 as they are. `progress` is told how many
    steps are done, from time to time.
    """
    count, samples, _ = points.shape
    students = Students(points, parity(points), np.arange(count))
    made = engine_class(choose(engine, "cpu", recipe.width, recipe.batch))
    trainer = made(recipe, initial, students, precision=precision, threads=threads)
    # Every step takes all points: their order matters to rounding alone.
    at_once = max(1, min(ENTRIES // (count * samples), EPOCHS))
    for first in range(0, recipe.epochs, at_once):
        steps = min(at_once, recipe.epochs - first)
        trainer.run(np.tile(np.arange(samples), (steps, count, 1)))
        progress(first + steps)
    return trainer.networks()
