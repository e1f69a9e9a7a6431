"""Timing: contenders by turns in one run, a large matrix product beside each of their slices."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from problem import Problem

# A slice is one call of `run`; so many of each contender at least, however long they take.
FEWEST_SLICES = 3


@dataclass
class Timed:
    """A contender, its problem, and what was measured: a number a slice in each list.

    `seconds` are those of an epoch of all its students, `gemm` the GFLOP/s of the probe.
    """

    contender: object
    problem: Problem
    epochs: int = 1
    slices: int = FEWEST_SLICES
    seconds: list[float] = field(default_factory=list)
    gemm: list[float] = field(default_factory=list)

    def __post_init__(self):
        """Leave compilation and first touches behind."""
        self.time(1)

    def time(self, epochs: int) -> float:
        """Return the seconds of an epoch, measured over some."""
        return clock(lambda: self.contender.run(epochs), self.problem.device) / epochs

    def plan(self, budget: float, slices: int) -> None:
        """Choose how many slices of how many epochs fill the budget, in seconds."""
        epoch = self.time(1)
        self.epochs = max(1, round(budget / slices / epoch))
        self.slices = int(np.clip(budget / (self.epochs * epoch), FEWEST_SLICES, slices))


def by_turns(
    timed: Sequence[Timed], budget: float, slices: int, probe: "Gemm | None" = None
) -> None:
    """Measure contenders round after round: a slice of each in turn, and the probe before it."""
    for each in timed:
        each.plan(budget, slices)
    for turn in range(max(each.slices for each in timed)):
        for each in timed:
            if turn < each.slices:
                if probe is not None:
                    each.gemm.append(probe.gflops())
                each.seconds.append(each.time(each.epochs))


def clock(function: Callable[[], object], device: str) -> float:
    """Return the seconds that a call takes, with all that it asks of the device."""
    wait = torch.cuda.synchronize if device == "cuda" else (lambda: None)
    wait()
    start = time.perf_counter()
    function()
    wait()
    return time.perf_counter() - start


class Gemm:
    """A large square matrix product: the speed that arithmetic is compared with."""

    def __init__(self, precision: str, device: str, size: int):
        """Draw the matrices, of shape [size, size]."""
        options = {"dtype": getattr(torch, precision), "device": device}
        self._a, self._b = (torch.randn(size, size, **options) for _ in range(2))
        self._c, self._device = torch.empty_like(self._a), device
        self.gflops()

    def gflops(self) -> float:
        """Return the speed of one product, in GFLOP/s."""
        seconds = clock(lambda: torch.mm(self._a, self._b, out=self._c), self._device)
        return 2 * len(self._a) ** 3 / seconds / 1e9


def copy_bandwidth(device: str) -> float:
    """Return the bytes a second that a large copy reads and writes; the median of nine."""
    megabytes = 2048 if device == "cuda" else 256
    source = torch.ones(megabytes * 2**17, dtype=torch.float64, device=device)
    target = torch.empty_like(source)
    times = [clock(lambda: target.copy_(source), device) for _ in range(10)]
    return 2 * megabytes * 2**20 / float(np.median(times[1:]))


def one_thread(device: str) -> None:
    """Keep this process to one thread of arithmetic: on a CPU to one core, and so JAX as well."""
    torch.set_num_threads(1)
    if device == "cpu" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
