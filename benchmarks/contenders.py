"""The contenders: ways to train the same students by the same recipe.

Each has a `name`, the number of `students` that it trains at once, `run(epochs)`, which trains
them all, and `first()`, the parameters of its first student. The order of the samples is drawn
within `run`, by whatever means is natural to the contender.
"""

import importlib.util
import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset

from problem import SEEDS, Problem
from supnorm.networks import Networks
from supnorm.training.engines import engine_class
from supnorm.training.recipe import shuffle

# Entries of the shuffles that are handed to an engine at once.
ORDERS_AT_ONCE = 2**20


class Loop:
    """One student in a loop of autograd and torch.optim.Adam, as the authors have it.

    With `loader` a DataLoader picks the samples one by one, as theirs does (on a GPU its batches
    are moved there); without it a batch is one `index_select`.
    """

    def __init__(
        self, problem: Problem, students: int = 1, name: str = "A", loader=True, fused=False
    ):
        """Start the student; `fused` is the option of that name of Adam."""
        self.name, self.students, self._problem = name, students, problem
        data, options = problem.data(1), {"dtype": getattr(torch, problem.precision)}
        points, values = (
            torch.tensor(a, **options) for a in (data.points[0], data.values[0][:, None])
        )
        self._loader = None
        if loader:
            samples = TensorDataset(points, values)
            self._loader = DataLoader(samples, shuffle=True, batch_size=problem.batch)
        self._points, self._values = points.to(problem.device), values.to(problem.device)
        self._model = sequential(problem, problem.initial(1))
        parameters = self._model.parameters()
        self._optimiser = torch.optim.Adam(parameters, lr=1e-4, fused=fused or None)
        factor = problem.recipe.rate_factor
        self._scheduler = torch.optim.lr_scheduler.ExponentialLR(self._optimiser, factor)

    def run(self, epochs: int) -> None:
        """Train for some epochs."""
        for _ in range(epochs):
            for x, y in self._batches():
                self._optimiser.zero_grad()
                mse_loss(self._model(x), y).backward()
                self._optimiser.step()
            self._scheduler.step()

    def _batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        device, batch = self._problem.device, self._problem.batch
        if self._loader is not None:
            for x, y in self._loader:
                yield x.to(device), y.to(device)
            return
        for some in torch.randperm(self._problem.samples, device=device).split(batch):
            yield self._points.index_select(0, some), self._values.index_select(0, some)

    def first(self) -> list[np.ndarray]:
        """Return the first student's weight and bias of each layer in turn."""
        return [p.detach().cpu().numpy() for p in self._model.parameters()]


def sequential(problem: Problem, start: Networks) -> torch.nn.Sequential:
    """Return the first network of `start` as a torch module."""
    layers = []
    for weight, bias in zip(start.weights, start.biases, strict=True):
        linear = torch.nn.Linear(weight.shape[2], weight.shape[1], dtype=torch.float64)
        linear.load_state_dict({"weight": torch.tensor(weight[0]), "bias": torch.tensor(bias[0])})
        layers += [linear.to(problem.device, getattr(torch, problem.precision)), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


class Vmap:
    """Students stacked by `torch.func`, their gradients by vmap, and Adam by hand."""

    name = "vmap"

    def __init__(self, problem: Problem, students: int):
        """Stack the students' modules."""
        self.students, self._problem, self._epoch = students, problem, 0
        data = problem.data(students)
        options = {"dtype": getattr(torch, problem.precision), "device": problem.device}
        self._points = torch.tensor(data.points, **options)
        self._values = torch.tensor(data.values[:, :, None], **options)
        self._seed_of = torch.tensor(data.seed_of, device=problem.device)
        start = problem.initial(students)
        models = [sequential(problem, start[k : k + 1]) for k in range(students)]
        stacked, _ = torch.func.stack_module_state(models)
        self._parameters = {name: p.detach() for name, p in stacked.items()}
        self._moments = {
            name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in stacked.items()
        }

        def loss(parameters, x, y):
            return mse_loss(torch.func.functional_call(models[0], parameters, (x,)), y)

        self._gradients = torch.func.vmap(torch.func.grad(loss))

    def run(self, epochs: int) -> None:
        """Train for some epochs."""
        samples, batch = self._problem.samples, self._problem.batch
        rows = torch.arange(self.students, device=self._seed_of.device)[:, None]
        for _ in range(epochs):
            order = torch.stack(
                [torch.randperm(samples, device=rows.device) for _ in range(SEEDS)]
            )[self._seed_of]
            for k, some in enumerate(order.split(batch, 1), start=1):
                x, y = self._points[self._seed_of[:, None], some], self._values[rows, some]
                self._adam(
                    self._gradients(self._parameters, x, y), self._epoch * self._problem.steps + k
                )
            self._epoch += 1

    def _adam(self, gradients: dict[str, torch.Tensor], step: int) -> None:
        rate = 1e-4 * self._problem.recipe.rate_factor**self._epoch / (1 - 0.9**step)
        correction = math.sqrt(1 - 0.999**step)
        for name, gradient in gradients.items():
            mean, square = self._moments[name]
            mean.lerp_(gradient, 0.1)
            square.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
            scale = square.sqrt().div_(correction).add_(1e-8)
            self._parameters[name].addcdiv_(mean, scale, value=-rate)

    def first(self) -> list[np.ndarray]:
        """Return the first student's weight and bias of each layer in turn."""
        return [p[0].cpu().numpy() for p in self._parameters.values()]


class Engine:
    """An engine of the library, with the library's shuffles."""

    def __init__(self, problem: Problem, students: int, name: str):
        """Start the students; `name` is the engine's."""
        self.name, self.students, self._problem = name, students, problem
        self._epoch = 0
        self._engine = engine_class(name)(
            problem.recipe,
            problem.initial(students),
            problem.data(students),
            device=problem.device,
            precision=problem.precision,
            threads=1,
        )

    def run(self, epochs: int) -> None:
        """Train for some epochs, as train_cell does."""
        samples, last = self._problem.samples, self._epoch + epochs
        at_once = max(1, ORDERS_AT_ONCE // (SEEDS * samples))
        while self._epoch < last:
            some = range(self._epoch + 1, min(self._epoch + at_once, last) + 1)
            orders = [[shuffle(s, samples, e, rule="fifth") for s in range(SEEDS)] for e in some]
            self._engine.run(np.array(orders))
            self._epoch = some[-1]

    def first(self) -> list[np.ndarray]:
        """Return the first student's weight and bias of each layer in turn."""
        networks = self._engine.networks()
        pairs = zip(networks.weights, networks.biases, strict=True)
        return [array[0] for pair in pairs for array in pair]


def contenders(device: str) -> dict[str, Callable]:
    """Return what there is on a device: functions of a problem and a number of students."""
    found = {
        "A": partial(Loop, name="A"),
        "B": partial(Loop, name="B", loader=False),
        "C": partial(Loop, name="C", loader=False, fused=True),
        "vmap": Vmap,
        "stacked": partial(Engine, name="stacked"),
    }
    if device == "cpu":
        found["narrow"] = partial(Engine, name="narrow")
        if importlib.util.find_spec("jax"):
            from contender_jax import Jax

            found["jax"] = Jax
    return found
