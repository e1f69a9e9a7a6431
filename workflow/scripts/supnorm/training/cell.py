"""Training a cell: all teachers and seeds of one algorithm at one sample size, together."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from supnorm.networks import Networks, concatenate
from supnorm.training.engines import choose, engine_class
from supnorm.training.recipe import (
    Recipe,
    Students,
    initial_students,
    on_cube,
    shuffle,
    standardised,
)

# Entries of the shuffles that are drawn, and handed to an engine, at once.
ORDERS_AT_ONCE = 2**21


@dataclass(frozen=True)
class Record:
    """The students of a cell after some epochs.

    `losses` [students] are mean squared errors on the samples, +inf where not finite.
    `evaluation` numbers the evaluations from 1 and is None between them; `networks` are then the
    students as functions on Q, seed after seed and within a seed teacher after teacher.
    """

    epoch: int
    learning_rate: float
    losses: np.ndarray
    evaluation: int | None = None
    networks: Networks | None = None


def train_cell(
    recipe: Recipe,
    batch_rule: str,
    seeds: list[int],
    points: np.ndarray,
    values: np.ndarray,
    evaluations: int,
    engine: str = "auto",
    device: str = "cpu",
    precision: str = "float64",
    threads: int = 1,
) -> Iterator[Record]:
    """Train a student for each seed and teacher; yield a record at each recorded epoch.

    `points` [seeds, samples, dim] are sample points in Q, `values` [seeds, teachers, samples] the
    labels. Initial weights and shuffles depend on the seed and the algorithm, never on the
    teacher (S1.3, S1.20).
    """
    _, samples, dim = points.shape
    teachers = values.shape[1]
    seed_of = np.repeat(np.arange(len(seeds)), teachers)
    initial = concatenate([initial_students(s, dim, recipe.depth, recipe.width) for s in seeds])
    trained = engine_class(choose(engine, device, recipe.width, recipe.batch))(
        recipe,
        initial[seed_of],
        Students(standardised(points), values.reshape(-1, samples), seed_of),
        device=device,
        precision=precision,
        threads=threads,
    )
    algorithm = {"dim": dim, "depth": recipe.depth, "width": recipe.width, "rule": batch_rule}
    evaluated = recipe.evaluation_epochs(evaluations)
    at_once = max(1, ORDERS_AT_ONCE // (len(seeds) * samples))
    done = 0
    for epoch in recipe.recorded_epochs(evaluations):
        while done < epoch:
            some = range(done + 1, min(done + at_once, epoch) + 1)
            trained.run(
                np.array([[shuffle(s, samples, e, **algorithm) for s in seeds] for e in some])
            )
            done = some[-1]
        losses = trained.losses()
        record = Record(
            epoch,
            recipe.learning_rate * recipe.decay ** max(epoch - 1, 0),
            np.where(np.isfinite(losses), losses, np.inf),
        )
        if epoch in evaluated:
            number = evaluated.index(epoch) + 1
            record = replace(record, evaluation=number, networks=on_cube(trained.networks()))
        yield record
