"""The narrow engine: one student after another, each in one compiled call (see `kernels`)."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from supnorm.job.programs import InputError
from supnorm.kernels import deviation, train
from supnorm.networks import Networks
from supnorm.packed import Packing, aligned
from supnorm.training.pace import slices
from supnorm.training.recipe import Recipe, Students


class NarrowEngine:
    """Trains students one by one on the CPU, several at once where there are threads."""

    def __init__(
        self,
        recipe: Recipe,
        initial: Networks,
        students: Students,
        device: str = "cpu",
        precision: str = "float64",
        threads: int = 1,
    ):
        """Start each student from its row of `initial`; points are already standardised."""
        if device != "cpu":
            raise InputError(f"the narrow engine trains on cpu, found device {device}")
        self._recipe, self._seed_of, self._threads = recipe, students.seed_of, threads
        dtype = np.dtype(precision)
        packing = Packing(students.points.shape[2], recipe.depth, recipe.width, dtype)
        self._packing = packing
        self._points = packing.pack_points(students.points)
        self._values = students.values.astype(dtype)
        self._parameters = packing.pack(initial)
        self._moments = aligned(2, *self._parameters.shape, dtype=dtype)
        self._powers = np.ones((len(initial), 2))
        self.epochs = np.zeros(len(initial), int)
        # Its square is still above the denormal numbers.
        self._tiny = 2 * float(np.finfo(dtype).tiny) ** 0.5

    def run(self, orders: np.ndarray, deadline: float = math.inf) -> None:
        """Train for some epochs, or until the deadline (see `engines`)."""
        recipe, first = self._recipe, int(self.epochs.min())

        def train_student(k: int) -> None:
            seed, work = self._seed_of[k], self._packing.workspace()
            for part in slices(int(self.epochs[k]), first + len(orders), deadline):
                self._powers[k] = train(
                    (self._parameters[k], self._moments[0, k], self._moments[1, k]),
                    work,
                    (self._points[seed], self._values[k]),
                    orders[part.start - first : part.stop - first, seed],
                    np.array([recipe.learning_rate * recipe.rate_factor**epoch for epoch in part]),
                    tuple(self._powers[k].tolist()),
                    self._packing.shape,
                    recipe.batch,
                    self._tiny,
                    float(recipe.weight_decay),
                )
                self.epochs[k] = part.stop

        self._of_all(train_student)

    def state(self) -> dict[str, np.ndarray]:
        """Return the complete state of the students, valid until they train on."""
        return {
            "epochs": self.epochs,
            "powers": self._powers,
            "parameters": self._parameters,
            "moments": self._moments,
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from a state of such an engine."""
        for name, array in self.state().items():
            array[...] = state[name]

    def losses(self) -> np.ndarray:
        """Return the mean squared error of each student on its whole sample, [students]."""

        def loss(k: int) -> float:
            points, work = self._points[self._seed_of[k]], self._packing.workspace()
            shape = self._packing.shape
            *_, squares = deviation(self._parameters[k], work, points, self._values[k], shape)
            return squares / len(points)

        return np.array(self._of_all(loss))

    def networks(self) -> Networks:
        """Return the students as they are now, functions of standardised points, in float64."""
        return self._packing.unpack(self._parameters)

    def _of_all(self, function) -> list:
        """Return the results of a function of each student's number, in order."""
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(function, range(len(self._values))))
