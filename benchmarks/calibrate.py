"""Measure how fast this machine trains and measures, for the times that jobs ask for and the plan.

All sizes are those of a scale's configuration. The entry of a device is written anew, those of
others stay: a cluster's GPUs and the cores beside them are calibrated by a run each. On a CPU
seconds are those of the processor, and of several slices the fastest counts, so that other work
on the machine does not show. Run it by `make calibrate`, or from the root of the repository with
PYTHONPATH=workflow/scripts:workflow and OMP_NUM_THREADS=1. It needs neither Snakemake nor a run.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from agreement import trained
from driver.jobs import configuration
from problem import SEEDS, Problem
from supnorm.configuration import of_study
from supnorm.errors.ascent import climb
from supnorm.errors.certificate import bracket
from supnorm.errors.exact import exact_errors
from supnorm.errors.sampled import sampled_errors
from supnorm.hardware.devices import use_device
from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError, run
from supnorm.networks import Networks
from supnorm.samples import draw_samples
from supnorm.streams import Stream, uniform_points
from supnorm.training.engines import choose, engine_class
from supnorm.training.recipe import Recipe, initial_students, shuffle
from supnorm.uniform.adversary import unseen_spike
from supnorm.uniform.cells import cells
from supnorm.uniform.references.algorithms import (
    ALGORITHMS,
    DENSE,
    OWN_POINTS,
    Predictor,
    UnsuitableError,
)
from supnorm.uniform.references.errors import CHUNK, reference_errors
from supnorm.uniform.teachers import random_teachers
from supnorm.uniform.theory.bounds import NetworkClass, admissible_actives_sharp
from supnorm.uniform.throughput import CALIBRATION, FORMAT, read_calibration
from supnorm.work import group_size, network_size
from tables import machine
from timing import clock, one_thread

# Seconds of a slice, how many there are, and the longest call that is not measured once more.
SLICE, SLICES, LONG = 0.2, 3, 2.0
# Seconds of what takes none: a calibration has positive numbers alone.
NOTHING = 1e-9
# Operations of a slice, for a guess of how many steps or points it has.
GUESS = {"cpu": 4e9, "cuda": 4e11}
# A long epoch's steps, and a slice's epochs, at most; operations of a step that is measured.
STEPS, EPOCHS, LARGEST = 50, 5000, {"cpu": 2e10, "cuda": 5e12}
# A slice's steps at most: on a GPU those of narrow students take the time of their launches.
MOST = {"cpu": STEPS * EPOCHS, "cuda": EPOCHS}
# Random points on which networks are evaluated, at least and at most.
POINTS = {"cpu": (2048, 2**16), "cuda": (2**17, 2**17)}
# The largest dense systems whose solution takes some seconds.
SOLVED = 2000
# Students whose certificates are timed, and what they learn.
STUDENTS, LEARNED = 6, {"samples": 100, "batch": 20, "epochs": 5000}
SEED = 10000
# A program that trains next to nothing, on a device and in a precision.
TRAINING = """
import sys
import numpy
from uniform import train_students
from supnorm.training.cell import train_cell
from supnorm.training.recipe import Recipe

recipe = Recipe(3, 8, 2, 1, 1e-4, 1e-6)
points, values = numpy.zeros((1, 4, 1)), numpy.zeros((1, 1, 4))
options = dict(zip(("device", "precision"), sys.argv[1:]))
try:
    list(train_cell(recipe, "fifth", [0], points, values, 1, **options))
# What is wrong with the device, as torch and supnorm say it.
except (RuntimeError, ValueError) as error:
    print(*str(error).splitlines()[:1], end="")
    sys.exit(1)
"""


def main(argv: list[str]) -> None:
    """Write what was measured on a device into the calibration file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", help="whose sizes are measured, if not those config.yaml names")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--output", type=Path, default=CALIBRATION)
    a = parser.parse_args(argv)
    config = of_study(configuration(a.scale), "uniform")
    # A file that is none is found before all the work.
    read_calibration(a.output)
    one_thread(a.device)
    entry = Calibration(config, a.device).entry()
    calibration = {"format": FORMAT, **read_calibration(a.output), a.device: entry}
    with appearing(a.output) as temporary:
        temporary.write_text(json.dumps(calibration, indent=1))


class Calibration:
    """What is measured on a device, at the sizes of a configuration."""

    def __init__(self, config: dict, device: str):
        """Take settings of the study uniform: resolved ones, or config.yaml's base."""
        self._config, self._device = config, device
        self._precision = config["training"]["precision"]
        self._dims, self._sizes = config["teacher"]["dims"], config["sample"]["sizes"]
        # Where errors are sampled, climbed and certified.
        self._sampled_dims = [dim for dim in self._dims if dim > 1] or [3]
        self._depth = max(config["student"]["depths"])
        self._widths = sorted({*config["student"]["widths"], config["teacher"]["width"]})

    def entry(self) -> dict:
        """Return the entry of the device; raises InputError where it does not work.

        It claims a GPU, but only after the programs that it starts have done so and ended: before
        it, this process may have used none.
        """
        began = time.perf_counter()
        start = rows("start", [()], self._start)[0][0]
        use_device(self._device)
        ends = sorted({min(self._sizes), max(self._sizes)})
        entry = {
            **machine(self._device),
            "date": date.today().isoformat(),
            "scale": self._config["scale"],
            "precision": self._precision,
            "start": start,
            "training": rows("training", self._algorithms(), self._training),
            "epoch": rows("epoch", [()], self._epoch)[0][0],
            "shuffle": rows("shuffle", product(ends), self._shuffle),
            "evaluation": rows("evaluation", product(self._widths), self._evaluation),
            "exact": rows("exact", product(self._widths), self._exact),
            "spike": rows("spike", product(self._dims, ends), self._spike),
        }
        if self._device == "cpu":
            sizes = [m for m in self._sizes if not SOLVED < m <= DENSE] or [SOLVED]
            entry["climb"] = rows("climb", product(self._widths), self._climb)
            entry["certificate"] = rows(
                "certificate", product(self._sampled_dims), self._certificate
            )
            entry["reference"] = rows("reference", product(self._dims, sizes), self._reference)
        print(f"measured in {time.perf_counter() - began:.0f} s")
        return entry

    def _start(self) -> float:
        """Return the seconds of a program that trains next to nothing."""
        command = [sys.executable, "-c", TRAINING, self._device, self._precision]
        environment = {**os.environ, "PYTHONPATH": "workflow/scripts"}

        def seconds() -> float:
            before = os.times()
            # What it says while it waits for a GPU is to be seen at once.
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
            if done.returncode:
                raise InputError(done.stdout or f"a short training ends with {done.returncode}")
            user, system, elapsed = np.subtract(os.times(), before)[2:]
            return float(elapsed if self._device == "cuda" else user + system)

        return min(seconds() for _ in range(SLICES))

    def _algorithms(self) -> list[tuple[int, int, int]]:
        """Return depth, width and batch of all cells whose steps are not too long to be timed."""
        found = sorted({(cell.depth, cell.width, cell.batch) for cell in cells(self._config)})
        within = [shape for shape in found if self._step_work(*shape) <= LARGEST[self._device]]
        for depth, width, batch in sorted({*found} - {*within}):
            print(f"training {depth} {width} {batch} is left out: a step takes too long")
        return within

    def _training(self, depth: int, width: int, batch: int) -> float:
        """Return operations a second where an epoch is many steps."""
        work = self._step_work(depth, width, batch)
        return work / self._step(depth, width, batch, STEPS)

    def _epoch(self) -> float:
        """Return the seconds of an epoch that its steps do not explain."""
        shape = self._depth, min(self._widths), 1
        return max(self._step(*shape, 1) - self._step(*shape, STEPS), NOTHING)

    def _step(self, depth: int, width: int, batch: int, steps: int) -> float:
        """Return the seconds of a group's step in epochs of so many, shuffles apart."""
        guess = max(1, int(GUESS[self._device] / self._step_work(depth, width, batch)))
        guess = min(guess, MOST[self._device])
        steps, epochs = min(steps, guess), min(max(1, guess // steps), EPOCHS)
        samples, dim = steps * batch, max(self._dims)
        problem = Problem(width, batch, samples, self._precision, self._device, depth, dim)
        count = self._group(depth, width, batch)
        engine = engine_class(choose("auto", self._device, width, batch))(
            problem.recipe,
            problem.initial(count),
            problem.data(count),
            device=self._device,
            precision=self._precision,
            threads=1,
        )
        order = [shuffle(seed, samples, 1) for seed in range(SEEDS)]
        orders = np.tile(order, (epochs, 1, 1))
        return self._fastest(lambda: engine.run(orders)) / (epochs * steps)

    def _group(self, depth: int, width: int, batch: int) -> int:
        if self._device == "cpu":
            return 1
        return group_size(max(self._dims), depth, width, batch, self._precision)

    def _step_work(self, depth: int, width: int, batch: int) -> float:
        """Return the operations of a step of a group."""
        parameters = network_size(max(self._dims), depth, width)
        return 6 * parameters * batch * self._group(depth, width, batch)

    def _shuffle(self, samples: int) -> float:
        return self._fastest(lambda: shuffle(SEED, samples, 1))

    def _evaluation(self, width: int) -> float:
        """Return operations a second of sampled errors."""
        dim, count = max(self._sampled_dims), several(width)
        work = 2 * network_size(dim, self._depth, width) * count
        points = int(np.clip(GUESS[self._device] / work, *POINTS[self._device]))
        pairs = self._teacher(dim), untrained(count, dim, self._depth, width), np.zeros(count, int)
        seconds = self._fastest(
            lambda: sampled_errors(*pairs, points, Stream("calibration"), self._device)
        )
        return work * points / seconds

    def _exact(self, width: int) -> float:
        count = several(width)
        pairs = self._teacher(1), untrained(count, 1, self._depth, width), np.zeros(count, int)
        return self._fastest(lambda: exact_errors(*pairs, self._device)) / count

    def _climb(self, width: int) -> float:
        dim, count = max(self._sampled_dims), several(width)
        pairs = self._teacher(dim), untrained(count, dim, self._depth, width), np.zeros(count, int)
        # From where a few points are farthest, as errors are climbed.
        start = sampled_errors(*pairs, POINTS["cpu"][0], Stream("calibration")).place

        return self._fastest(lambda: climb(*pairs, start)) / count

    def _spike(self, dim: int, samples: int) -> float:
        teacher = self._config["teacher"]
        sizes = [teacher[name] for name in ("depth", "width", "norm", "bound")]
        cls = NetworkClass(dim, *sizes[:2], float(sizes[2]), sizes[3])
        # A class without spikes has none to search for.
        if not admissible_actives_sharp(cls):
            return NOTHING
        points = uniform_points(Stream("calibration"), samples, dim)
        return self._fastest(lambda: unseen_spike(cls, points))

    def _certificate(self, dim: int) -> float:
        """Return the seconds of a student that has learned a little, on average."""
        certificate, samples = self._config["certificate"], LEARNED["samples"]
        width = max([w for w in self._widths if w <= certificate["width"]], default=self._widths[0])
        recipe = Recipe(self._depth, width, LEARNED["batch"], LEARNED["epochs"], 1e-4, 1e-6)
        teachers = self._teacher(dim, STUDENTS)
        students = trained(teachers, recipe, samples, [SEED], "auto").networks
        pairs = teachers, students, np.arange(STUDENTS)
        place = sampled_errors(*pairs, 4096, Stream("calibration")).place

        search = partial(bracket, *pairs, place, certificate["gap"], certificate["boxes"])
        return self._fastest(search) / STUDENTS

    def _reference(self, dim: int, samples: int) -> tuple[float, float]:
        """Return the seconds to learn from a seed's sample, and those of a point, by all."""
        teachers = self._teacher(dim, self._config["teacher"]["count"])
        points, labels = draw_samples(teachers, SEED, samples)

        def learn() -> list[Predictor]:
            learned = []
            for name in ALGORITHMS.keys() & set(self._config["reference"]["algorithms"]):
                own = OWN_POINTS[name](samples, dim) if name in OWN_POINTS else points
                with suppress(UnsuitableError):
                    learned.append(ALGORITHMS[name](own, labels[:, : len(own)].T))
            return learned

        stream = Stream("calibration")
        predict = partial(reference_errors, teachers, learn(), CHUNK, stream)
        return self._fastest(learn), self._fastest(predict) / CHUNK

    def _teacher(self, dim: int, count: int = 1) -> Networks:
        teacher = self._config["teacher"]
        shape = teacher["depth"], teacher["width"]
        return random_teachers(count, dim, *shape, float(teacher["norm"]), teacher["bound"])

    def _fastest(self, function: Callable[[], object]) -> float:
        """Return the seconds of a call, in the fastest slice of several."""
        # The first call of all compiles.
        once = min(self._slice(function, 1) for _ in range(2))
        if once > LONG:
            return once
        calls = max(1, round(SLICE / once))
        return min(self._slice(function, calls) for _ in range(SLICES))

    def _slice(self, function: Callable[[], object], calls: int) -> float:
        """Return the seconds of a call, on average over some."""

        def repeat() -> None:
            for _ in range(calls):
                function()

        if self._device == "cuda":
            return clock(repeat, "cuda") / calls
        began = time.process_time()
        repeat()
        return (time.process_time() - began) / calls


def rows(name: str, sizes: Iterable[tuple], measure: Callable) -> list[list[float]]:
    """Return rows of sizes and what was measured at each."""
    found = []
    for size in sizes:
        measured = measure(*size)
        found.append([*size, *(measured if isinstance(measured, tuple) else (measured,))])
        print(name, *(f"{number:.4g}" for number in found[-1]), flush=True)
    return found


def several(width: int) -> int:
    """Return how many networks of a width are measured at once."""
    return max(1, 512 // width)


def untrained(count: int, dim: int, depth: int, width: int) -> Networks:
    """Return students as they start, all alike."""
    return initial_students(SEED, dim, depth, width)[np.zeros(count, int)]


if __name__ == "__main__":
    run(main)
