"""JAX as a contender: vmap over students, scan over steps, one compiled call for many epochs."""

from functools import partial

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from problem import SEEDS, Problem

# Epochs whose shuffles one call takes, so that a call's overhead is shared by many steps.
EPOCHS_AT_ONCE = 20

jax.config.update("jax_enable_x64", True)


class Jax:
    """Students under `jax.vmap`, their steps under `lax.scan`, Adam by hand."""

    name = "jax"

    def __init__(self, problem: Problem, students: int):
        """Put the students on the device; compilation waits for the first run."""
        self.students, self._problem, self._epoch = students, problem, 0
        self._random = np.random.default_rng(0)
        data, start = problem.data(students), problem.initial(students)
        array = partial(jnp.asarray, dtype=problem.precision)
        self._data = array(data.points), array(data.values), jnp.asarray(data.seed_of)
        pairs = zip(start.weights, start.biases, strict=True)
        parameters = [(array(weight), array(bias)) for weight, bias in pairs]
        moments = [jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)]
        self._state = (parameters, *moments)
        steps, factor = problem.steps, problem.recipe.rate_factor
        mapped = jax.vmap(partial(train, steps, factor), (0, None, 0, 0, None, None, None))
        self._train = jax.jit(mapped, donate_argnums=0)

    def run(self, epochs: int) -> None:
        """Train for some epochs."""
        orders = np.tile(np.arange(self._problem.samples), (EPOCHS_AT_ONCE, SEEDS, 1))
        for done in range(0, epochs, EPOCHS_AT_ONCE):
            count = min(EPOCHS_AT_ONCE, epochs - done)
            orders[:count] = self._random.permuted(orders[:count], axis=2)
            self._state = self._train(self._state, *self._data, orders, count, self._epoch)
            self._epoch += count
        jax.block_until_ready(self._state)

    def first(self) -> list[np.ndarray]:
        """Return the first student's weight and bias of each layer in turn."""
        return [np.asarray(array[0]) for pair in self._state[0] for array in pair]


def train(steps, factor, state, points, values, seed, orders, count, done):
    """Return one student's state after `count` epochs, `done` epochs after its start.

    `state` holds parameters and both moments; `orders` is [epochs, seeds, samples].
    """

    def epoch(e, state):
        numbers = (done + e) * steps + 1 + jnp.arange(steps)
        batches = orders[e, seed].reshape(steps, -1)
        rate = 1e-4 * factor ** (done + e)

        def step(state, now):
            number, batch = now
            gradients = jax.grad(loss)(state[0], points[seed, batch], values[batch])
            return adam(state, gradients, rate, number), None

        return lax.scan(step, state, (numbers, batches))[0]

    return lax.fori_loop(0, count, epoch, state)


def loss(parameters, x, y):
    """Return the mean squared error of one student on a batch, [batch, dim] and [batch]."""
    *hidden, (weight, bias) = parameters
    for w, b in hidden:
        x = jax.nn.relu(x @ w.T + b)
    return jnp.mean(((x @ weight.T + bias)[:, 0] - y) ** 2)


def adam(state, gradients, rate, number):
    """Return the state after the step of this number, from 1."""
    parameters, means, squares = state
    means = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, means, gradients)
    squares = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, squares, gradients)
    first, second = 1 - 0.9**number, 1 - 0.999**number

    def moved(p, m, v):
        rates = jnp.asarray(rate / first, p.dtype), jnp.asarray(second, p.dtype)
        return p - rates[0] * m / (jnp.sqrt(v / rates[1]) + 1e-8)

    return jax.tree.map(moved, parameters, means, squares), means, squares
