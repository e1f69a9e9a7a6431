"""Training to the end, on points as they are: of seconds each, and so without checkpoints."""

from collections.abc import Callable, Collection

import numpy as np

from supnorm.networks import Networks
from supnorm.training.engines import choose, engine_class
from supnorm.training.orders import Orders
from supnorm.training.recipe import Recipe, Students


def train(
    recipe: Recipe,
    initial: Networks,
    points: np.ndarray,
    values: np.ndarray,
    orders: Callable[[int], np.ndarray] | None = None,
    engine: str = "auto",
    precision: str = "float64",
    threads: int = 1,
    progress: Callable[[int], None] = lambda epochs: None,
    watched: Collection[int] = (),
    seen: Callable[[int, Networks], None] = lambda epochs, networks: None,
) -> Networks:
    """Return networks trained on a CPU, each from its row of `initial`.

    `points` [networks, samples, dim] and `values` [networks, samples] are what each learns;
    `orders` returns the orders of an epoch, from 1, as [networks, samples]: without it, samples
    come as they stand. `progress` is told how many epochs are done, from time to time, and `seen`
    is given the networks as they are after the `watched` epochs.
    """
    count, samples, _ = points.shape
    as_they_stand = np.tile(np.arange(samples), (count, 1))
    drawn = Orders(
        lambda epoch: orders(epoch + 1) if orders else as_they_stand,
        recipe.epochs,
        count * samples,
    )
    made = engine_class(choose(engine, "cpu", recipe.width, recipe.batch))
    students = Students(points, values, np.arange(count))
    trainer = made(recipe, initial, students, precision=precision, threads=threads)
    done = 0
    for stop in sorted({*watched, recipe.epochs}):
        while done < stop:
            block = drawn.between(done, stop)
            trainer.run(block)
            done += len(block)
            progress(done)
        if stop in watched:
            seen(stop, trainer.networks())
    return trainer.networks()
