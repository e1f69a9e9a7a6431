"""The narrow engine: the oracle's results, and bits that depend on the student alone."""

import pytest

from students import agree_after_200_steps, orders, problem, some
from supnorm.networks import relative_difference
from supnorm.training.loop import LoopEngine
from supnorm.training.narrow import NarrowEngine


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


def test_it_follows_the_oracle_in_single_precision():
    given = problem(2, 4, 12, 40, 8)
    narrow, loop = (engine(*given, precision="float32") for engine in (NarrowEngine, LoopEngine))
    for epoch in range(20):
        narrow.run(orders(40, epoch))
        loop.run(orders(40, epoch))
    assert 0 < relative_difference(narrow.networks(), loop.networks()) < 1e-3


def trained(students=range(6), threads=1, precision="float64", at_once=3):
    """Some of 6 students after 6 epochs, handed over a few epochs at a time."""
    given = some(problem(2, 4, 20, 70, 65, teachers=3), students)
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
