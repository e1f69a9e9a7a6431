"""The narrow engine: the oracle's results, and bits that depend on the student alone."""

import hashlib

import numpy as np
import pytest

from students import DECAYING, SEEDS, agree_after_200_steps, orders, problem, some
from supnorm.networks import relative_difference
from supnorm.streams import Stream, uniform_points
from supnorm.training.loop import LoopEngine
from supnorm.training.narrow import NarrowEngine
from supnorm.training.recipe import Recipe, Students, standardised


@pytest.mark.parametrize(
    ("dim", "depth", "width", "samples", "batch"),
    [
        (1, 5, 32, 100, 20),
        (3, 5, 32, 150, 150),
        (1, 2, 7, 13, 5),
        (3, 3, 16, 40, 7),
        (2, 6, 9, 30, 1),
        (4, 1, 3, 20, 6),
        (9, 4, 40, 130, 65),
        (1, 3, 100, 64, 61),
        (2, 3, 136, 150, 70),
    ],
)
def test_it_is_the_oracle_after_200_steps(dim, depth, width, samples, batch):
    agree_after_200_steps(NarrowEngine, problem(dim, depth, width, samples, batch))


@pytest.mark.parametrize("shape", DECAYING)
def test_weights_decay_as_the_oracles_do(shape):
    agree_after_200_steps(NarrowEngine, problem(*shape, decay=0.02))


@pytest.mark.parametrize("decay", [0.0, 0.02])
def test_it_follows_the_oracle_in_single_precision(decay):
    given = problem(2, 4, 12, 40, 8, decay=decay)
    narrow, loop = (engine(*given, precision="float32") for engine in (NarrowEngine, LoopEngine))
    for epoch in range(20):
        narrow.run(orders(40, epoch))
        loop.run(orders(40, epoch))
    assert 0 < relative_difference(narrow.networks(), loop.networks()) < 1e-3


def trained(students=range(6), threads=1, precision="float64", at_once=3, decay=0.0):
    """Some of 6 students after 6 epochs, handed over a few epochs at a time."""
    given = some(problem(2, 4, 20, 70, 65, teachers=3, decay=decay), students)
    engine = NarrowEngine(*given, precision=precision, threads=threads)
    for start in range(0, 6, at_once):
        engine.run(orders(70, *range(start, start + at_once)))
    return engine.networks()


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_bits_depend_neither_on_companions_nor_order_nor_threads_nor_pauses(precision):
    together = trained(precision=precision)
    assert relative_difference(together[:1], together[1:2]) > 0
    for k in range(6):
        assert relative_difference(trained([k], precision=precision), together[k : k + 1]) == 0
    backwards = trained([5, 4, 3, 2, 1, 0], precision=precision)
    assert relative_difference(backwards, together[[5, 4, 3, 2, 1, 0]]) == 0
    assert relative_difference(trained(threads=2, precision=precision), together) == 0
    assert relative_difference(trained(at_once=1, precision=precision), together) == 0


# Made before there was weight decay.
WITHOUT_DECAY = {
    "float64": "5da00d2966f6efd6af3514454894c8e469490e0e61e8c388b51f60a44aef99b7",
    "float32": "186cff8d2825164295d2ab3bb208d31191285f58b95d7290cec6f25ab6094cbc",
}


@pytest.mark.parametrize("precision", WITHOUT_DECAY)
def test_without_decay_students_have_the_bits_that_they_had_before_there_was_any(precision):
    """The labels and the learning rate are such that no library of functions has a say in them."""
    _, initial, students = problem(2, 4, 20, 70, 65)
    points = np.stack([uniform_points(Stream("points", seed=s, dim=2), 70, 2) for s in SEEDS])
    values = np.stack([p[:, 0] * p[:, 1] + k for p in points for k in range(2)])
    given = Students(standardised(points), values, students.seed_of)
    engine = NarrowEngine(Recipe(4, 20, 65, 50, 1e-3, 1e-3), initial, given, precision=precision)
    engine.run(orders(70, *range(6)))
    bits = [engine.state()[name].tobytes() for name in ("parameters", "moments")]
    assert hashlib.sha256(b"".join(bits)).hexdigest() == WITHOUT_DECAY[precision]
