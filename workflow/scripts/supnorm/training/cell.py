"""Training a cell: students of one algorithm at one sample size, together."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from supnorm.networks import Networks, concatenate
from supnorm.training.engines import choose, engine_class
from supnorm.training.orders import Orders
from supnorm.training.pace import deadline
from supnorm.training.recipe import (
    Recipe,
    Students,
    initial_students,
    on_cube,
    shuffle,
    standardised,
)


@dataclass(frozen=True)
class Record:
    """Students of a cell after some epochs.

    `losses` [students] are mean squared errors on the samples, +inf where not finite.
    `evaluation` numbers the evaluations from 1 and is None between them; `networks` are then the
    students as functions on Q, seed after seed and within a seed teacher after teacher.
    """

    epoch: int
    learning_rate: float
    losses: np.ndarray
    evaluation: int | None = None
    networks: Networks | None = None


class Training:
    """The training of a cell, or of some of its students, a stretch at a time.

    It follows `recipe`; `records` has a record for each recorded epoch that all students have done.
    """

    def __init__(
        self,
        recipe: Recipe,
        batch_rule: str,
        seeds: list[int],
        points: np.ndarray,
        values: np.ndarray,
        evaluations: int,
        rows: range | None = None,
        engine: str = "auto",
        device: str = "cpu",
        precision: str = "float64",
        threads: int = 1,
    ):
        """Prepare to train a student for each seed and teacher; only those of `rows` if given.

        `points` [seeds, samples, dim] are sample points in Q, `values` [seeds, teachers, samples]
        the labels; rows count seed after seed, within a seed teacher after teacher. Initial
        weights and shuffles depend on the seed and the algorithm, never on the teacher (S1.3,
        S1.20).
        """
        _, samples, dim = points.shape
        teachers = values.shape[1]
        rows = np.arange(len(seeds) * teachers) if rows is None else np.array(rows)
        # Of the seeds, those of the first student to that of the last.
        used = slice(rows[0] // teachers, rows[-1] // teachers + 1)
        seeds, seed_of = seeds[used], rows // teachers - used.start
        initial = concatenate([initial_students(s, dim, recipe.depth, recipe.width) for s in seeds])
        self._engine = engine_class(choose(engine, device, recipe.width, recipe.batch))(
            recipe,
            initial[seed_of],
            Students(standardised(points[used]), values.reshape(-1, samples)[rows], seed_of),
            device=device,
            precision=precision,
            threads=threads,
        )
        self.recipe = recipe
        self.records: list[Record] = []
        algorithm = {"dim": dim, "depth": recipe.depth, "width": recipe.width, "rule": batch_rule}

        def orders(epoch: int) -> np.ndarray:
            return np.array([shuffle(s, samples, epoch + 1, **algorithm) for s in seeds])

        entries = len(seeds) * samples
        self._orders = Orders(orders, recipe.epochs, entries, ahead=device == "cuda")
        self._recorded = recipe.recorded_epochs(evaluations)
        self._evaluated = recipe.evaluation_epochs(evaluations)

    @property
    def epoch(self) -> int:
        """Return the epochs that students have done on average, rounded down."""
        return int(self._engine.epochs.mean())

    def stretches(self) -> Iterator[None]:
        """Train to the end, with a pause after each stretch (see `pace`)."""
        while len(self.records) < len(self._recorded):
            epoch = self._recorded[len(self.records)]
            if (first := int(self._engine.epochs.min())) < epoch:
                self._engine.run(self._orders.between(first, epoch), deadline())
            if self._engine.epochs.min() == epoch:
                self._record(self._engine.losses(), self._networks_after(epoch))
            yield

    def state(self) -> dict[str, np.ndarray]:
        """Return the complete state of the training, valid until it goes on."""
        evaluated = [record.networks for record in self.records if record.evaluation]
        return self._state([record.losses for record in self.records], evaluated)

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from a state, before any training; ValueError where the state does not fit."""
        losses, networks = state["losses"], self._engine.networks()
        recorded = self._recorded[: len(losses)]
        evaluated = [networks for epoch in recorded if self._evaluation(epoch)]
        like = self._state([np.zeros(len(networks)) for _ in recorded], evaluated)
        if _forms(state) != _forms(like):
            raise ValueError("its arrays have other names, types or shapes than those of a state")
        if bisect_right(self._recorded, state["engine_epochs"].min()) != len(losses):
            raise ValueError("its losses are not those of the epochs done")
        self._engine.restore({name: state[f"engine_{name}"] for name in self._engine.state()})
        for epoch, of_students in zip(recorded, losses, strict=True):
            number = self._evaluation(epoch)
            self._record(of_students, _saved_networks(state, number) if number else None)

    def _networks_after(self, epoch: int) -> Networks | None:
        """Return the students as functions on Q, if they are evaluated after this epoch."""
        if epoch not in self._evaluated:
            return None
        return on_cube(self._engine.networks()).map(np.ascontiguousarray)

    def _record(self, losses: np.ndarray, networks: Networks | None) -> None:
        """Record the students as they are after the next epoch to be recorded."""
        epoch, recipe = self._recorded[len(self.records)], self.recipe
        record = Record(
            epoch,
            recipe.learning_rate * recipe.rate_factor ** max(epoch - 1, 0),
            np.where(np.isfinite(losses), losses, np.inf),
            self._evaluation(epoch),
            networks,
        )
        self.records.append(record)

    def _evaluation(self, epoch: int) -> int | None:
        """Return the number of the evaluation after an epoch, from 1; None if there is none."""
        return self._evaluated.index(epoch) + 1 if epoch in self._evaluated else None

    def _state(self, losses: list[np.ndarray], evaluated: list[Networks]) -> dict[str, np.ndarray]:
        """Return the engine's state, losses [records, students], and networks, all named."""
        state = {f"engine_{name}": array for name, array in self._engine.state().items()}
        state["losses"] = np.reshape(losses, (len(losses), len(self._engine.epochs)))
        for number, networks in enumerate(evaluated, 1):
            for name, array in networks.tensors().items():
                state[f"evaluation_{number}_{name}"] = array
        return state


def train_cell(*problem, **options) -> list[Record]:
    """Train the students of a cell to the end, and return all records; arguments of `Training`."""
    training = Training(*problem, **options)
    for _ in training.stretches():
        pass
    return training.records


def _forms(state: Mapping[str, np.ndarray]) -> dict[str, tuple]:
    return {name: (array.dtype, array.shape) for name, array in state.items()}


def _saved_networks(state: Mapping[str, np.ndarray], number: int) -> Networks:
    """Return the networks of an evaluation in a state."""
    prefix = f"evaluation_{number}_"
    tensors = {name.removeprefix(prefix): a for name, a in state.items() if name.startswith(prefix)}
    kinds = [
        [tensors[f"{kind}_{layer}"] for layer in range(len(tensors) // 2)]
        for kind in ("weight", "bias")
    ]
    return Networks(*map(tuple, kinds))
