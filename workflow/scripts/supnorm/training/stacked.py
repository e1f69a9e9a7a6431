"""The stacked engine: all students at once, by batched products and a backward pass by hand.

All parameters live in one flat buffer, layer after layer, so that Adam is one fused pass over
it; the layers' weights are views of shape [students, out, in]. An epoch permutes the samples
once, and its batches are slices.
"""

import numpy as np
import torch

from supnorm.networks import Networks
from supnorm.training.recipe import Recipe, Students

# Samples whose activations are held at once when the loss on a whole sample is computed.
LOSS_CHUNK = 1024


class StackedEngine:
    """Trains all students together, on a CPU or a GPU."""

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
        # Adam's moments of dead units decay into denormal numbers, which are slow.
        torch.set_flush_denormal(True)
        self._options = {"device": device, "dtype": getattr(torch, precision)}
        self._recipe, self._epoch = recipe, 0
        self._points = torch.tensor(students.points, **self._options)
        self._values = torch.tensor(students.values, **self._options)
        self._seed_of = torch.tensor(students.seed_of, device=device)
        self._buffers: dict = {}
        self._shapes = [tuple(array.shape) for array in initial.tensors().values()]
        self._parameters = torch.cat(
            [torch.tensor(array, **self._options).flatten() for array in initial.tensors().values()]
        )
        self._parameters.grad = torch.zeros_like(self._parameters)
        self._weights, self._biases = self._views(self._parameters)
        self._weight_gradients, self._bias_gradients = self._views(self._parameters.grad)
        self._optimiser = torch.optim.Adam([self._parameters], lr=recipe.learning_rate, fused=True)

    def _views(self, flat: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        pieces = flat.split([int(np.prod(shape)) for shape in self._shapes])
        arrays = [piece.view(shape) for piece, shape in zip(pieces, self._shapes, strict=True)]
        return arrays[: self._recipe.depth], arrays[self._recipe.depth :]

    def run(self, orders: np.ndarray) -> None:
        """Train for some epochs; `orders` [epochs, seeds, samples] are the samples' orders."""
        for order in torch.as_tensor(orders, device=self._points.device):
            self._run_epoch(order)

    def _run_epoch(self, order: torch.Tensor) -> None:
        recipe = self._recipe
        self._optimiser.param_groups[0]["lr"] = recipe.learning_rate * recipe.decay**self._epoch
        points = self._points.gather(1, order[:, :, None].expand_as(self._points))
        values = self._values.gather(1, order[self._seed_of])
        for x, y in zip(points.split(recipe.batch, 1), values.split(recipe.batch, 1), strict=True):
            self._step(x[self._seed_of], y)
        self._epoch += 1

    def losses(self) -> np.ndarray:
        """Return the mean squared error of each student on its whole sample, [students]."""
        total = 0
        for x, y in zip(
            self._points.split(LOSS_CHUNK, 1), self._values.split(LOSS_CHUNK, 1), strict=True
        ):
            residual = self._forward(x[self._seed_of])[-1][..., 0].sub_(y)
            total = total + residual.square_().sum(1, dtype=torch.float64)
        return (total / self._values.shape[1]).cpu().numpy()

    def networks(self) -> Networks:
        """Return the students as they are now, functions of standardised points, in float64."""
        return Networks(tuple(self._weights), tuple(self._biases)).map(
            lambda array: array.to("cpu", torch.float64, copy=True).numpy()
        )

    def _step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        *inputs, output = self._forward(x)
        # The gradient of the mean squared error with respect to the outputs, [students, batch, 1].
        delta = output.sub_(y[:, :, None]).mul_(2 / y.shape[1])
        for layer in reversed(range(self._recipe.depth)):
            torch.bmm(delta.mT, inputs[layer], out=self._weight_gradients[layer])
            torch.sum(delta, 1, out=self._bias_gradients[layer])
            if layer > 0:
                # Outputs of ReLU are at least 0, so their sign is its derivative.
                derivative = inputs[layer].sign_()
                delta = self._product(f"delta {layer % 2}", delta, self._weights[layer])
                delta.mul_(derivative)
        self._optimiser.step()

    def _forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the input of each layer, and the output of the last."""
        passed = [x]
        for layer, (weight, bias) in enumerate(zip(self._weights, self._biases, strict=True)):
            output = self._product(f"output {layer}", passed[-1], weight.mT).add_(bias[:, None, :])
            passed.append(output.relu_() if layer < self._recipe.depth - 1 else output)
        return passed

    def _product(self, name: str, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Return left @ right in a buffer of this name, which the next such product overwrites.

        Fresh memory would cost more than the arithmetic: its pages are mapped at each touch.
        """
        shape = (left.shape[0], left.shape[1], right.shape[2])
        if (name, shape) not in self._buffers:
            self._buffers[name, shape] = left.new_empty(shape)
        return torch.bmm(left, right, out=self._buffers[name, shape])
