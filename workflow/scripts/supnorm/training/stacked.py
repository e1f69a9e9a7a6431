"""The stacked engine: batched products and gradients by hand, for wide students and for GPUs.

Students train in groups, one group after another, in one set of buffers. In these a layer's
weights and biases are one matrix, the biases in the column after the weights, and the layer's
input has a one there; a step is then three products a layer, and Adam. On a CPU a group is one
student, and Adam takes a layer's gradient while it is in the cache. On a GPU Adam takes all layers
at once, and the kernels of an epoch are one CUDA graph: what changes from epoch to epoch (the
order of the samples, the learning rate, the number of the step) they read from buffers.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch

from supnorm.hardware.devices import use_device
from supnorm.networks import Networks, concatenate
from supnorm.training.memory import (
    Group,
    Layout,
    explaining_lack_of_memory,
    fill,
    group_size,
    keep_on_gpu,
)
from supnorm.training.pace import slices
from supnorm.training.recipe import Recipe, Students

ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "amsgrad": False, "maximize": False}
# Steps whose samples are gathered, and whose kernels are one CUDA graph, at most.
STEPS_AT_ONCE = 2000
# Parts of the parameters in a call of Adam on a GPU; each keeps one of its multiprocessors busy.
ADAM_PARTS = 128
# A graph that ends takes along the cuBLAS workspaces of the stream that it was captured on, which
# other graphs may use (pytorch issue 193402): all of them stay until the process ends.
_GRAPHS: list[torch.cuda.CUDAGraph] = []


@cache
def _capture_stream() -> torch.cuda.Stream:
    """Return the one stream on which a process captures: torch hands out 32, again and again."""
    return torch.cuda.Stream()


def captured(kernels: Callable[[], None]) -> Callable[[], None]:
    """Return a function that launches `kernels` as one CUDA graph.

    CUDA sets up much at first use, so they run once before the capture.
    """
    stream = _capture_stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        kernels()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    _GRAPHS.append(graph)
    with torch.cuda.graph(graph, stream=stream):
        kernels()
    return graph.replay


class StackedEngine:
    """Trains students in groups, on a CPU or a GPU."""

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
        use_device(device)
        count, dim = len(initial), students.points.shape[2]
        layout = Layout(dim, recipe.depth, recipe.width, precision)
        size = group_size(device, layout, recipe.batch)
        parts = [slice(k, k + size) for k in range(0, count, size)]
        groups = [Group.of(initial[part], students, layout, part) for part in parts]
        self._groups = groups
        points = torch.zeros(*students.points.shape[:2], layout.shapes[0][1], dtype=layout.dtype)
        points[..., :dim], points[..., dim] = torch.tensor(students.points), 1
        shares = min(threads, len(groups)) if device == "cpu" else 1
        self._count = count
        self._explaining_lack_of_memory = partial(
            explaining_lack_of_memory, size, layout, recipe.batch
        )
        with self._explaining_lack_of_memory():
            points = points.to(device)
            self._trainers = [
                _Trainer(recipe, layout, size, points, groups[share[0] : share[-1] + 1])
                for share in np.array_split(np.arange(len(groups)), shares)
            ]

    @property
    def epochs(self) -> np.ndarray:
        """Return how many epochs each student has done, [students]."""
        return np.concatenate([np.full(len(g.values), g.epochs) for g in self._groups])

    def run(self, orders: np.ndarray, deadline: float = math.inf) -> None:
        """Train for some epochs, or until the deadline (see `engines`)."""
        first = int(self.epochs.min())
        # Adam's moments of dead units decay into denormal numbers, which are slow on a CPU: threads
        # of its own flush them, and nothing else in the process does.
        pool = ThreadPoolExecutor(
            len(self._trainers), initializer=torch.set_flush_denormal, initargs=(True,)
        )
        with self._explaining_lack_of_memory(), pool:
            list(pool.map(lambda trainer: trainer.run(orders, first, deadline), self._trainers))

    def state(self) -> dict[str, np.ndarray]:
        """Return the complete state of the students, valid until they train on."""
        states = [state for trainer in self._trainers for state in trainer.states()]
        groups = {f"group_{k}": state.numpy() for k, state in enumerate(states)}
        return {"epochs": np.array([group.epochs for group in self._groups]), **groups}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from a state of such an engine."""
        for trainer in self._trainers:
            trainer.release()
        for k, group in enumerate(self._groups):
            group.epochs, group.state = int(state["epochs"][k]), torch.tensor(state[f"group_{k}"])

    def losses(self) -> np.ndarray:
        """Return the mean squared error of each student on its whole sample, [students]."""
        losses = [losses for trainer in self._trainers for losses in trainer.losses()]
        return np.concatenate(losses)[: self._count]

    def networks(self) -> Networks:
        """Return the students as they are now, functions of standardised points, in float64."""
        networks = [networks for trainer in self._trainers for networks in trainer.networks()]
        return concatenate(networks)[: self._count]


@dataclass(frozen=True)
class _Batch:
    """Views of a trainer's buffers for batches of some length, one tensor a layer.

    `hidden` [size, length, columns] are the inputs of the layers after the first; `outputs`
    [size, length, rows] the parts of them that the layer before writes, and at last the students'
    values; `deltas` [size, length, rows] the derivatives of the loss by the layers' sums.
    """

    hidden: list[torch.Tensor]
    outputs: list[torch.Tensor]
    deltas: list[torch.Tensor]


class _Trainer:
    """Buffers of fixed addresses, in which groups of one size train one after another."""

    def __init__(
        self,
        recipe: Recipe,
        layout: Layout,
        size: int,
        points: torch.Tensor,
        groups: list[Group],
    ):
        """Prepare for `groups`; `points` [seeds, samples, columns] end in a one and zeros."""
        self._recipe, self._layout, self._points, self._groups = recipe, layout, points, groups
        self._held = None
        samples, new = points.shape[1], points.new_zeros
        self._state = new(3, size * layout.parameters)
        self._values, self._seed_of = new(size, samples), new(size, dtype=torch.int64)
        self._rate, self._step_count = new(()), new((), dtype=torch.float32)
        # The samples of the next steps, in the order in which these take them.
        length = min(samples, STEPS_AT_ONCE * recipe.batch)
        self._order = new(size, length, dtype=torch.int64)
        self._x, self._y = new(size, length, layout.shapes[0][1]), new(size, length, 1)
        self._batches = self._cut_batches({min(samples, recipe.batch), samples % recipe.batch})
        self._layer_by_layer = size == 1 and not points.is_cuda
        self._matrices, *moments = map(layout.matrices, self._state)
        if self._layer_by_layer:
            # All layers' gradients take the same place in turn.
            buffer = new(max(map(torch.Tensor.numel, self._matrices)))
            self._gradients = [
                buffer[: matrix.numel()].view_as(matrix) for matrix in self._matrices
            ]
            layers = zip(self._matrices, self._gradients, *moments, strict=True)
            self._adam_takes = {k: [[tensor] for tensor in layer] for k, layer in enumerate(layers)}
        else:
            parameters, *moments = self._state
            self._gradient = torch.zeros_like(parameters)
            self._gradients = layout.matrices(self._gradient)
            part = math.ceil(len(parameters) / ADAM_PARTS / 16) * 16
            flats = parameters, self._gradient, *moments
            self._adam_takes = {0: [flat.split(part) for flat in flats]}
        prepare = self._captured if points.is_cuda else lambda n: partial(self._epoch, n)
        self._passes = {n: prepare(n) for n in {length, samples % length} - {0}}
        if points.is_cuda:
            keep_on_gpu(groups)

    def run(self, orders: np.ndarray, first: int, deadline: float) -> None:
        """Train all groups up to the last of the epochs after `first`, or until the deadline."""
        orders = torch.as_tensor(orders, device=self._points.device)
        for group in self._groups:
            for part in slices(group.epochs, first + len(orders), deadline):
                self._hold(group)
                for epoch in part:
                    self._run_epoch(epoch, orders[epoch - first])
                group.epochs = part.stop
                # A GPU works behind the clock.
                if self._points.is_cuda:
                    torch.cuda.synchronize()

    def _run_epoch(self, epoch: int, order: torch.Tensor) -> None:
        """Train the group that is held on its samples, in an order [seeds, samples]."""
        self._rate.fill_(self._recipe.learning_rate * self._recipe.rate_factor**epoch)
        for part in order[self._seed_of].split(self._order.shape[1], 1):
            self._order[:, : part.shape[1]] = part
            self._passes[part.shape[1]]()

    def states(self) -> list[torch.Tensor]:
        """Return each group's flat buffers, on the CPU."""
        return [(self._held_state() if g is self._held else g.state).cpu() for g in self._groups]

    def release(self) -> None:
        """Drop the held group without saving its state."""
        self._held = None

    def losses(self) -> list[np.ndarray]:
        """Return each group's mean squared errors on the whole sample, [size]."""
        return [self._losses(group) for group in self._groups]

    def networks(self) -> list[Networks]:
        """Return each group's students as they are now."""
        states = [self._state if g is self._held else g.state for g in self._groups]
        return [self._layout.unpack(parameters) for parameters, *_ in states]

    def _losses(self, group: Group) -> np.ndarray:
        self._hold(group)
        size, samples = self._values.shape
        total = torch.zeros(size, dtype=torch.float64, device=self._points.device)
        for part in torch.arange(samples, device=total.device).split(self._order.shape[1]):
            self._order[:, : len(part)] = part
            for x, y in self._gathered(len(part)):
                residual = self._forward(x, self._batches[x.shape[1]]).sub_(y)
                total += residual.square_().sum((1, 2), dtype=torch.float64)
        return (total / samples).cpu().numpy()

    def _hold(self, group: Group) -> None:
        """Load a group's state into the buffers, and unload the group that is there."""
        if group is self._held:
            return
        if self._held is not None:
            self._held.state = self._held_state()
        self._layout.copy(group.state, self._state)
        fill(self._values, group.values)
        fill(self._seed_of, group.seed_of)
        self._step_count.fill_(group.epochs * math.ceil(self._values.shape[1] / self._recipe.batch))
        self._held, group.state = group, None

    def _held_state(self) -> torch.Tensor:
        """Return the state of the held group, moved to where groups rest."""
        count = len(self._held.values) * self._layout.parameters
        state = torch.empty(3, count, dtype=self._state.dtype, device=self._held.values.device)
        self._layout.copy(self._state, state)
        return state

    def _captured(self, length: int) -> Callable[[], None]:
        """Return what does `_epoch` by one launch of a graph of all its kernels.

        The epoch that runs before the capture leaves no trace: the buffers hold no student yet.
        """
        return captured(partial(self._epoch, length))

    def _epoch(self, length: int) -> None:
        """Take the steps on the first `length` samples of the order."""
        for x, y in self._gathered(length):
            self._step(x, y, self._batches[x.shape[1]])

    def _gathered(self, length: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Gather the first `length` samples of the order; return them batch after batch."""
        order = self._order[:, :length]
        x, y = self._x[:, :length], self._y[:, :length]
        x.copy_(self._points[self._seed_of[:, None], order])
        y.copy_(self._values.gather(1, order)[:, :, None])
        return zip(x.split(self._recipe.batch, 1), y.split(self._recipe.batch, 1), strict=True)

    def _forward(self, x: torch.Tensor, batch: _Batch) -> torch.Tensor:
        """Return the students' values, [size, length, 1]."""
        for layer, (matrix, output) in enumerate(zip(self._matrices, batch.outputs, strict=True)):
            torch.bmm(x, matrix.mT, out=output)
            if layer < len(batch.hidden):
                x = batch.hidden[layer].relu_()
        return output

    def _step(self, x: torch.Tensor, y: torch.Tensor, batch: _Batch) -> None:
        # The derivative of the mean squared error by the students' values.
        self._forward(x, batch).sub_(y).mul_(2 / y.shape[1])
        self._step_count.add_(1)
        inputs = [x, *batch.hidden]
        for layer in reversed(range(len(inputs))):
            delta, below = batch.deltas[layer], batch.deltas[layer - 1]
            if layer > 0:
                # Before Adam changes the weights.
                weights = self._matrices[layer][..., : self._layout.fan_ins[layer]]
                torch.bmm(delta, weights, out=below)
                # ReLU's derivative is 0 where its value is 0.
                torch.ops.aten.threshold_backward.grad_input(
                    below, batch.outputs[layer - 1], 0, grad_input=below
                )
            torch.bmm(delta.mT, inputs[layer], out=self._gradients[layer])
            if self._recipe.weight_decay != 0:
                self._penalise(layer)
            if layer in self._adam_takes:
                self._adam(*self._adam_takes[layer])

    def _penalise(self, layer: int) -> None:
        """Add what a layer's weight decay adds to its gradient; its biases do not decay."""
        weights, gradients = (
            tensors[layer][..., : self._layout.fan_ins[layer]]
            for tensors in (self._matrices, self._gradients)
        )
        gradients.add_(weights, alpha=self._recipe.weight_decay)

    def _adam(self, parameters, gradients, first, second) -> None:
        """Take a step of Adam for lists of tensors."""
        steps = [self._step_count] * len(gradients)
        if self._layer_by_layer:
            args = parameters, gradients, first, second, [], steps
            torch._fused_adam_(*args, lr=self._rate, weight_decay=0, **ADAM)
        else:
            # On a GPU Adam would round a learning rate in a buffer to float32. So it writes its
            # step at rate 1 over the gradient, of which a weight decay of 1 leaves nothing.
            args = gradients, gradients, first, second, [], steps
            torch._fused_adamw_(*args, lr=1, weight_decay=1, **ADAM)
            self._state[0].addcmul_(self._gradient, self._rate)

    def _cut_batches(self, lengths: set[int]) -> dict[int, _Batch]:
        """Return the views of new buffers for batches of some lengths."""
        size, longest, new = len(self._order), max(lengths), self._state.new_zeros
        fan_ins = self._layout.fan_ins[1:]
        hidden = [new(size, longest, columns) for _, columns in self._layout.shapes[1:]]
        for tensor, fan_in in zip(hidden, fan_ins, strict=True):
            tensor[..., fan_in] = 1
        values = new(size, longest, 1)
        outputs = [tensor[..., :k] for tensor, k in zip(hidden, fan_ins, strict=True)] + [values]
        # Two places are enough: each layer's deltas are needed for those of the layer before.
        places = [new(size, longest, self._recipe.width) for _ in range(2)]
        deltas = [places[layer % 2] for layer in range(len(hidden))] + [values]
        return {
            n: _Batch(*([tensor[:, :n] for tensor in kind] for kind in (hidden, outputs, deltas)))
            for n in lengths
        }
