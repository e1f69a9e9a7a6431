"""The oracle: one student after another, by autograd, torch.optim.Adam and ExponentialLR.

This is the paper's training in its plainest form; every fast engine must agree with it.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch

from supnorm.hardware.devices import use_device
from supnorm.networks import Networks, concatenate
from supnorm.training.pace import slices
from supnorm.training.recipe import Recipe, Students


def forward(network: Networks, points: torch.Tensor) -> torch.Tensor:
    """Return the values of one network, [count], with ReLU's derivative at 0 taken as 0."""
    hidden = points
    for weight, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
        hidden = torch.relu(torch.nn.functional.linear(hidden, weight[0], bias[0]))
    return torch.nn.functional.linear(hidden, network.weights[-1][0], network.biases[-1][0])[:, 0]


class LoopEngine:
    """Trains students one by one."""

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
        del threads  # one student after another
        use_device(device)
        self._recipe, self._seed_of = recipe, students.seed_of

        def tensor(array):
            return torch.tensor(array, device=device, dtype=getattr(torch, precision))

        self._points, self._values = tensor(students.points), tensor(students.values)
        self._networks, self._optimisers, self._schedulers = [], [], []
        for k in range(len(initial)):
            network = initial[k : k + 1].map(lambda a: tensor(a).requires_grad_())
            groups = [
                {"params": network.weights, "weight_decay": recipe.weight_decay},
                {"params": network.biases, "weight_decay": 0},
            ]
            optimiser = torch.optim.Adam(groups, lr=recipe.learning_rate)
            scheduler = torch.optim.lr_scheduler.ExponentialLR(optimiser, recipe.rate_factor)
            self._networks.append(network)
            self._optimisers.append(optimiser)
            self._schedulers.append(scheduler)
        self.epochs = np.zeros(len(initial), int)

    def run(self, orders: np.ndarray, deadline: float = math.inf) -> None:
        """Train for some epochs, or until the deadline (see `engines`)."""
        orders, first = torch.as_tensor(orders, device=self._points.device), int(self.epochs.min())
        for k, seed in enumerate(self._seed_of):
            for part in slices(int(self.epochs[k]), first + len(orders), deadline):
                for order in orders[part.start - first : part.stop - first, seed]:
                    self._run_epoch(k, order)
                self.epochs[k] = part.stop

    def _run_epoch(self, k: int, order: torch.Tensor) -> None:
        """Train a student on its samples in an order [samples]."""
        points, values = self._points[self._seed_of[k]], self._values[k]
        for batch in order.split(self._recipe.batch):
            self._optimisers[k].zero_grad()
            predicted = forward(self._networks[k], points[batch])
            torch.nn.functional.mse_loss(predicted, values[batch]).backward()
            self._optimisers[k].step()
        self._schedulers[k].step()

    def state(self) -> dict[str, np.ndarray]:
        """Return the complete state of the students, valid until they train on.

        For each parameter these are its values and Adam's two moments, [students, 3, …].
        """
        rates = np.array([optimiser.param_groups[0]["lr"] for optimiser in self._optimisers])
        parameters = {
            name: np.stack([self._parameter(k, name) for k in range(len(rates))])
            for name in self._networks[0].tensors()
        }
        return {"epochs": self.epochs, "rates": rates, **parameters}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from a state of such an engine."""
        self.epochs[:] = state["epochs"]
        steps = self.epochs * math.ceil(self._values.shape[1] / self._recipe.batch)
        for k, (network, optimiser) in enumerate(
            zip(self._networks, self._optimisers, strict=True)
        ):
            for group in optimiser.param_groups:
                group["lr"] = float(state["rates"][k])
            self._schedulers[k].last_epoch = int(self.epochs[k])
            for name, parameter in network.tensors().items():
                values, first, second = torch.tensor(state[name][k], device=parameter.device)
                with torch.no_grad():
                    parameter.copy_(values)
                optimiser.state[parameter] = {
                    "step": torch.tensor(float(steps[k])),
                    "exp_avg": first.clone(),
                    "exp_avg_sq": second.clone(),
                }

    def _parameter(self, k: int, name: str) -> np.ndarray:
        """Return a parameter of a student and Adam's two moments of it, [3, …]."""
        parameter = self._networks[k].tensors()[name]
        # Before the first step Adam has none.
        adam, zeros = self._optimisers[k].state.get(parameter, {}), torch.zeros_like(parameter)
        parts = [parameter, adam.get("exp_avg", zeros), adam.get("exp_avg_sq", zeros)]
        return torch.stack(parts).detach().cpu().numpy()

    def losses(self) -> np.ndarray:
        """Return the mean squared error of each student on its whole sample, [students]."""
        with torch.no_grad():
            return np.array(
                [
                    (forward(network, self._points[seed]) - values).square().mean().item()
                    for network, seed, values in zip(
                        self._networks, self._seed_of, self._values, strict=True
                    )
                ]
            )

    def networks(self) -> Networks:
        """Return the students as they are now, functions of standardised points, in float64."""
        return concatenate(
            [network.map(lambda a: a.detach().cpu().double().numpy()) for network in self._networks]
        )
