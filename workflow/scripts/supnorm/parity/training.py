"""Training shallow networks on parity: Adam on all points in each step, with weight decay."""

from collections.abc import Callable, Sequence

import numpy as np

from supnorm.cube import parity
from supnorm.networks import Networks, concatenate
from supnorm.parity.sizes import DEPTH
from supnorm.training import direct
from supnorm.training.recipe import Recipe, initial_students


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

    The points of the cube have mean 0 and variance 1 as they are. Every step takes all points:
    their order matters to rounding alone. `progress` is told how many steps are done.
    """
    return direct.train(
        recipe,
        initial,
        points,
        parity(points),
        engine=engine,
        precision=precision,
        threads=threads,
        progress=progress,
    )
