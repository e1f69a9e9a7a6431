"""The roofline of a GPU: what training and evaluation take, from a card's speed and bandwidth.

A kernel takes a launch, and then the longer of two times: its arithmetic at a share of the card's
speed, or its traffic, which is all that it reads and writes, at a share of the card's bandwidth
(Williams, Waterman and Patterson, CACM 2009). Caches and the padding of small products to whole
tiles are left out: one makes kernels faster, the other slower.

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from supnorm.hardware.cards import Card
from supnorm.work import NUMBER_BYTES, group_size, padded_shapes

# What products and passes over memory reach of the numbers in data sheets: with these shares and
# LAUNCH the steps that were measured on an H200 are nearest (benchmarks/measured).
SPEED_SHARE, BANDWIDTH_SHARE = 0.7, 0.66
# Seconds from kernel to kernel of a graph: each waits for the one before, fills the card, drains.
LAUNCH = 3.5e-6
# Seconds to launch what comes before an epoch's graph, and the graph.
EPOCH = 5e-5
# Passes over the parameters in each kernel of Adam: AdamW reads and writes gradients and two
# moments, in four launches, as one takes 36 of ADAM_PARTS; then its step is added.
ADAM_PASSES = (1.5, 1.5, 1.5, 1.5, 3)
# Bytes a sample beside its numbers: an index of 8 is read or written so many times.
ORDER_BYTES = 8 * 6
# Points that are evaluated at once (supnorm.errors.stacked).
POINTS = 131072

# Operations of a kernel, and numbers that it reads and writes.
Kernel = tuple[float, float]


def epoch_seconds(
    card: Card, dim: int, depth: int, width: int, batch: int, samples: int, precision: str
) -> float:
    """Return the seconds of an epoch of a group that trains on so many samples."""
    architecture = dim, depth, width
    group = group_size(*architecture, batch, precision)
    whole, rest = divmod(samples, batch)
    steps = [(whole, batch), (1, rest)] if rest else [(whole, batch)]
    columns = padded_shapes(*architecture, precision)[0][1]
    # Points and labels are picked, and then put in their place.
    sample = ORDER_BYTES + NUMBER_BYTES[precision] * 4 * (columns + 1)
    gathering = group * samples * sample / (BANDWIDTH_SHARE * card.bandwidth)
    training = sum(
        number * step_seconds(card, *architecture, size, precision, group) for number, size in steps
    )
    return EPOCH + gathering + training


def step_seconds(
    card: Card, dim: int, depth: int, width: int, batch: int, precision: str, group: int
) -> float:
    """Return the seconds of a step of `group` students that train at once."""
    kernels = step_kernels(dim, depth, width, batch, precision)
    return _seconds(card, precision, [(group * work, group * moved) for work, moved in kernels])


def step_kernels(dim: int, depth: int, width: int, batch: int, precision: str) -> Iterator[Kernel]:
    """Yield the kernels of a step, of one student, as supnorm.training.stacked issues them."""
    shapes = padded_shapes(dim, depth, width, precision)
    for layer, (rows, columns) in enumerate(shapes):
        # The layer's sums, and the gradient by its matrix.
        product = 2 * batch * rows * columns, batch * (rows + columns) + rows * columns
        yield from (product, product)
        if layer > 0:
            # Before it ReLU; the derivatives by its inputs, and by what ReLU was given.
            yield 0, 2 * batch * columns
            yield 2 * batch * rows * width, batch * (rows + width) + rows * width
            yield 0, 3 * batch * width
    # Residuals, their derivative, and the number of the step.
    yield from ((0, 3 * batch), (0, 2 * batch), (0, 0))
    parameters = sum(map(math.prod, shapes))
    yield from ((0, passes * parameters) for passes in ADAM_PASSES)


def evaluation_seconds(card: Card, dim: int, depth: int, width: int, points: int) -> float:
    """Return the seconds of a network's values on random points, in float64."""
    parts = points / POINTS
    return parts * _seconds(card, "float64", evaluation_kernels(dim, depth, width, POINTS))


def evaluation_kernels(dim: int, depth: int, width: int, points: int) -> Iterator[Kernel]:
    """Yield the kernels of a network on points at once, as supnorm.errors.stacked issues them."""
    sizes = [dim, *[width] * (depth - 1), 1]
    for fan_in, out in pairwise(sizes):
        weights = (fan_in + 1) * out
        yield 2 * points * weights, points * (fan_in + out) + weights
        # ReLU, or a copy of the values.
        yield 0, 2 * points * out


def _seconds(card: Card, precision: str, kernels: Iterable[Kernel]) -> float:
    """Return the seconds of kernels one after another."""
    speed = SPEED_SHARE * getattr(card, precision)
    numbers = BANDWIDTH_SHARE * card.bandwidth / NUMBER_BYTES[precision]
    return sum(LAUNCH + max(work / speed, moved / numbers) for work, moved in kernels)
