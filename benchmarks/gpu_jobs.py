"""The stages of the GPU check that measure all else: errors, jobs, the cores beside the GPU."""

import tempfile
import time
from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np

from calibrate import Calibration, several, untrained
from gpu_stage import (
    DEPTH,
    DIM,
    TINY,
    Stage,
    engine_for,
    paper,
    product_speed,
    step_columns,
    times,
)
from problem import Problem
from supnorm.errors.ascent import climb
from supnorm.errors.exact import exact_errors
from supnorm.errors.sampled import sampled_errors
from supnorm.hardware.devices import use_device
from supnorm.hardware.machine import cores
from supnorm.networks import Networks
from supnorm.streams import Stream, uniform_points
from supnorm.training.cell import Training
from supnorm.training.checkpoint import Checkpoint
from supnorm.training.recipe import Recipe
from supnorm.uniform.teachers import random_teachers
from timing import clock, copy_bandwidth

# Any points will do where time is measured.
STREAM = Stream("check")


def evaluation(stage: Stage) -> None:
    """Sampled errors, exact errors and a climb, on the device and on a core."""
    stage.prepare()
    widths = [8] if stage.trial else [32, 512, 2048]
    for width in stage.in_time(widths, 6):
        sampled(stage, width)
    for width in stage.in_time(widths, 6):
        exact(stage, width)
    for width in stage.in_time(widths[:2], 2):
        pairs = evaluated(DIM, width)
        start = sampled_errors(*pairs, 256, Stream("check")).place
        seconds = times("cpu", lambda pairs=pairs, start=start: climb(*pairs, start), 1)
        measured(stage, "climb", "cpu", DIM, pairs, None, seconds, None, None)


def sampled(stage: Stage, width: int) -> None:
    """Measure sampled errors: on a core on a few points, which take it a second."""
    pairs, few = evaluated(DIM, width), max(64, 2**18 // width)
    found = {}
    for device in dict.fromkeys(("cpu", stage.device)):
        found[device] = sampled_errors(*pairs, few, Stream("check"), device).norms["inf"]
        count = few if device == "cpu" else 2**20
        seconds = times(device, lambda d=device, n=count: sampled_errors(*pairs, n, STREAM, d), 2)
        work = 2 * sum(weight[0].size for weight in pairs[1].weights) * len(pairs[2]) * count
        speed, difference = work / np.median(seconds), relative(found[device], found["cpu"])
        measured(stage, "sampled", device, DIM, pairs, count, seconds, speed, difference)


def exact(stage: Stage, width: int) -> None:
    """Measure exact errors, which are compared, too."""
    pairs, found = evaluated(1, width), {}
    for device in dict.fromkeys(("cpu", stage.device)):

        def measure(device=device):
            found[device] = exact_errors(*pairs, device).norms["inf"]

        seconds = times(device, measure, 1)
        difference = relative(found[device], found["cpu"])
        measured(stage, "exact", device, 1, pairs, None, seconds, None, difference)


def evaluated(dim: int, width: int) -> tuple[Networks, Networks, np.ndarray]:
    """Return a teacher, students as they start, and whose student each is."""
    count = several(width)
    teacher = random_teachers(1, dim, DEPTH, 32, np.inf, 0.5)
    return teacher, untrained(count, dim, DEPTH, width), np.zeros(count, int)


def relative(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest relative difference."""
    return float(np.abs(found / expected - 1).max())


def measured(stage, method, device, dim, pairs, points, seconds, rate, difference) -> None:
    """Add a row for a way to measure errors."""
    width, count = pairs[1].weights[0].shape[1], len(pairs[2])
    named = {"method": method, "device": device, "dim": dim, "width": width, "networks": count}
    found = {"points": points, "seconds": float(np.median(seconds)), "rate": rate}
    stage.row("evaluation", **named, **found, difference=difference)


def paper_slice(stage: Stage) -> None:
    """Some seconds of two cells of the paper, as a job trains them: the share of each part."""
    stage.prepare()
    # Width, samples, batch, seeds, teachers; the wide cell is one group, whose checkpoint is large.
    cells = [(32, 100_000, 2000, 3, 40), (2048, 100, 20, 1, 4)]
    if stage.trial:
        cells = [(8, 50, 10, 3, 2)]
    for width, samples, batch, seeds, teachers in stage.in_time(cells, 14):
        seconds = 1.0 if stage.trial else 4.0
        points = np.stack(
            [uniform_points(Stream("points", seed=s, dim=1), samples, 1) for s in range(seeds)]
        )
        values = np.sin(points.sum(2)[:, None] * np.arange(1, teachers + 1)[:, None]) / 4
        recipe = Recipe(DEPTH, width, batch, 5000, 1e-4, 1e-6)
        training = Training(
            recipe, "check", [*range(seeds)], points, values, 5, device=stage.device
        )
        spent = defaultdict(float)
        spend(training._orders, "between", spent)
        for name in ("run", "losses", "networks"):
            spend(training._engine, name, spent)
        began = time.perf_counter()
        for _ in training.stretches():
            if time.perf_counter() - began > seconds:
                break
        whole = time.perf_counter() - began
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = Checkpoint(Path(folder, "check.safetensors"), {})
            saving = clock(lambda c=checkpoint, t=training: c.save(t), stage.device)
        steps = training.epoch * -(-samples // batch) * seeds * teachers
        stage.tell(
            slices=[
                {
                    "width": width,
                    "samples": samples,
                    "batch": batch,
                    "epochs": training.epoch,
                    "microseconds": 1e6 * whole / max(1, steps),
                    "shares": {name: part / whole for name, part in spent.items()},
                    "checkpoint": saving,
                }
            ]
        )


def spend(owner: object, name: str, spent: dict[str, float]) -> None:
    """Let a method add up the seconds that its calls take."""
    method = getattr(owner, name)

    def timed(*args):
        began = time.perf_counter()
        try:
            return method(*args)
        finally:
            spent[name] += time.perf_counter() - began

    setattr(owner, name, timed)


def narrow(stage: Stage) -> None:
    """The narrow engine on one core and on all, with which the GPU is compared."""
    pairs = [(32, 20), (32, 2), (32, 100), (32, 200), (32, 2000), (512, 20), (512, 2), (512, 200)]
    use_device("cpu")
    speeds = product_speed("cpu", stage.trial), copy_bandwidth("cpu")
    for width, batch in stage.in_time(TINY if stage.trial else pairs, 3):
        problem = Problem(width, batch, 5 * batch, depth=DEPTH, dim=DIM)
        for threads in sorted({1, cores()}):
            engine = engine_for(problem, threads, "narrow", threads=threads)
            columns = step_columns(problem, engine, threads, speeds)
            one = {"engine": "narrow", "threads": threads, "group": 1}
            stage.row("steps", **one, **columns, nodes=None, capture=None)


def calibration(stage: Stage) -> None:
    """What `make plan` reads and no other stage has measured."""
    stage.prepare()
    config = paper()
    if stage.trial:
        config["student"]["widths"], config["sample"]["sizes"] = [8], [10, 20]
    found = Calibration(config, stage.device)
    ends = sorted({min(config["sample"]["sizes"]), max(config["sample"]["sizes"])})
    stage.tell(shuffle=[[m, found._shuffle(m)] for m in ends])
    stage.tell(epoch=found._epoch())
    for dim, m in stage.in_time([*product(config["teacher"]["dims"], ends)], 5):
        stage.tell(spike=[[dim, m, found._spike(dim, m)]])
