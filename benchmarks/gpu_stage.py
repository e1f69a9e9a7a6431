"""What the stages of the GPU check share: their device, their time, problems, and findings."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
import yaml

from problem import SEEDS, Problem
from supnorm.configuration import of_study
from supnorm.hardware.devices import use_device
from supnorm.hardware.machine import processor
from supnorm.training import stacked
from supnorm.training.engines import engine_class
from supnorm.training.memory import Layout, group_size
from supnorm.training.recipe import shuffle
from timing import Gemm, clock

ROOT = Path(__file__).parents[1]
DIM, DEPTH = 3, 5
# Samples of a problem at most, steps of an epoch at least and at most, seconds of a slice.
SAMPLES, STEPS, SLICE, SLICES = 100_000, (5, 200), 0.15, 5
# Operations a second that a step is guessed to be done at, and its least seconds.
GUESS, LEAST = 1e13, 1e-4
# Width and batch of a trial.
TINY = [(8, 2), (8, 5)]


@dataclass
class Stage:
    """What a stage works with: its device, its sizes, its time, and where its findings go."""

    device: str
    trial: bool
    began: float
    ends: float
    findings: Path
    log: Path

    def prepare(self) -> None:
        """Make the device ready, and tell how long that took."""
        use_device(self.device)
        torch.ones(1, device=self.device).item()
        self.tell(start=time.time() - self.began)

    def tell(self, **facts) -> None:
        """Add facts."""
        self._write({"facts": facts})

    def row(self, table: str, **columns) -> None:
        """Add a row of a table."""
        self._write({"table": table, "row": columns})

    def _write(self, line: dict) -> None:
        print(json.dumps(line)[:200], flush=True)
        with self.findings.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def in_time(self, items: Sequence, seconds: float) -> Iterator:
        """Yield items as long as there are so many seconds left; tell which are left out."""
        for k, item in enumerate(items):
            if time.time() + seconds > self.ends:
                self.tell(left_out=[str(item) for item in items[k:]])
                return
            yield item

    def problems(self, pairs: Sequence[tuple[int, int]]) -> list[Problem]:
        """Return the problems of some widths and batches; of tiny ones in a trial."""
        return [self.problem(*pair) for pair in (TINY if self.trial else dict.fromkeys(pairs))]

    def problem(self, width: int, batch: int, steps: int | None = None) -> Problem:
        """Return a problem; without `steps` an epoch has as many as take some time."""
        one = Problem(width, batch, batch, device=self.device, depth=DEPTH, dim=DIM)
        if steps is None:
            guess = max(LEAST, one.step_flop * group_of(one) / GUESS)
            steps = int(np.clip(SLICE / guess, *STEPS))
        samples = batch * max(1, min(steps, SAMPLES // batch, 5 if self.trial else steps))
        return Problem(width, batch, samples, device=self.device, depth=DEPTH, dim=DIM)


def group_of(problem: Problem) -> int:
    """Return how many students of a problem train at once; in a trial two, as on a GPU."""
    if problem.device == "cpu":
        return 2
    layout = Layout(problem.dim, problem.depth, problem.width, problem.precision)
    return group_size("cuda", layout, problem.batch)


@contextmanager
def groups_of(size: int) -> Iterator[None]:
    """Let engines train groups of a size."""
    with patch.object(stacked, "group_size", lambda *_: size):
        yield


def engine_for(
    problem: Problem, students: int | None = None, name: str = "stacked", **options
) -> object:
    """Return an engine with students of a problem, by default with one full group of them."""
    count = students or group_of(problem)
    start, data = problem.initial(count), problem.data(count)
    return engine_class(name)(
        problem.recipe, start, data, device=problem.device, precision=problem.precision, **options
    )


def orders_for(problem: Problem, epochs: int) -> np.ndarray | torch.Tensor:
    """Return orders of some epochs where they are needed, so that none is moved there any more."""
    orders = np.tile([shuffle(seed, problem.samples, 1) for seed in range(SEEDS)], (epochs, 1, 1))
    return torch.tensor(orders, device="cuda") if problem.device == "cuda" else orders


def times(device: str, function: Callable[[], object], slices: int = SLICES) -> np.ndarray:
    """Return the seconds of some calls, after one that is not counted."""
    function()
    return np.array([clock(function, device) for _ in range(slices)])


def microseconds(seconds: np.ndarray, parts: float) -> dict[str, float]:
    """Return the columns of times of one of some parts."""
    found = 1e6 * seconds / parts
    return {"microseconds": float(np.median(found)), "low": found.min(), "high": found.max()}


def step_columns(
    problem: Problem, engine: object, students: int, speeds: tuple[float, float]
) -> dict:
    """Return a row of steps but for what only a GPU has; `speeds` are of products and copies."""
    order = orders_for(problem, 1)
    once = np.median(times(problem.device, lambda: engine.run(order), 2))
    order = orders_for(problem, max(1, round(SLICE / once)))
    seconds = times(problem.device, lambda: engine.run(order))
    found = microseconds(seconds, len(order) * problem.steps * students)
    second = found["microseconds"] / 1e6
    sizes = ("device", "dim", "depth", "width", "batch", "precision", "steps")
    return {
        "card": card_name(problem.device),
        **{name: getattr(problem, name) for name in sizes},
        **found,
        "tflops": problem.step_flop / second / 1e12,
        "product_share": problem.step_flop / second / speeds[0],
        "bandwidth_share": problem.traffic_bytes / second / speeds[1],
    }


def card_name(device: str) -> str:
    """Return the name of the GPU, or of the processor in a trial."""
    return torch.cuda.get_device_name() if device == "cuda" else processor()


def product_speed(device: str, trial: bool) -> float:
    """Return the operations a second of a large matrix product in float64, the median of five."""
    probe = Gemm("float64", device, 256 if trial else {"cpu": 1024, "cuda": 8192}[device])
    return 1e9 * float(np.median([probe.gflops() for _ in range(5)]))


def paper() -> dict:
    """Return the settings of the paper, on which no scale has a say: config.yaml's base."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    return of_study({**config, "scale": "paper"}, "uniform")
