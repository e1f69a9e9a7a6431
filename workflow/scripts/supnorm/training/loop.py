"""The oracle: one student after another, by autograd, torch.optim.Adam and ExponentialLR.

It is the training that the paper describes, written as one would write it first, and what every
fast engine must agree with.
"""

import numpy as np
import torch

from supnorm.devices import use_device
from supnorm.networks import Networks, concatenate
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
            optimiser = torch.optim.Adam(network.tensors().values(), lr=recipe.learning_rate)
            scheduler = torch.optim.lr_scheduler.ExponentialLR(optimiser, recipe.decay)
            self._networks.append(network)
            self._optimisers.append(optimiser)
            self._schedulers.append(scheduler)

    def run(self, orders: np.ndarray) -> None:
        """Train for some epochs; `orders` [epochs, seeds, samples] are the samples' orders."""
        for order in torch.as_tensor(orders, device=self._points.device):
            self._run_epoch(order)

    def _run_epoch(self, order: torch.Tensor) -> None:
        for network, optimiser, scheduler, seed, values in zip(
            self._networks,
            self._optimisers,
            self._schedulers,
            self._seed_of,
            self._values,
            strict=True,
        ):
            for batch in order[seed].split(self._recipe.batch):
                optimiser.zero_grad()
                predicted = forward(network, self._points[seed, batch])
                torch.nn.functional.mse_loss(predicted, values[batch]).backward()
                optimiser.step()
            scheduler.step()

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
