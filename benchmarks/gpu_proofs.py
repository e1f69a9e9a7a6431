"""The stages of the GPU check that prove: the card, the tests, the loop's students, the bits."""

import hashlib
import os
import re
import subprocess
import sys
import time
from unittest.mock import patch

import numpy as np
import torch

from gpu_stage import ROOT, Stage, card_name, engine_for, orders_for, product_speed, times
from problem import Problem
from supnorm.networks import Networks, relative_difference
from supnorm.training import stacked
from supnorm.training.recipe import Students
from supnorm.training.stacked import StackedEngine
from tables import machine
from timing import copy_bandwidth

BITS = [(32, 20), (512, 20), (2048, 20), (32, 200)]


def card(stage: Stage) -> None:
    """What the machine is, and the two speeds with which all else is compared."""
    stage.prepare()
    size = 256 if stage.trial else 8192
    stage.tell(**machine(stage.device))
    if stage.device == "cuda":
        found = torch.cuda.get_device_properties(0)
        stage.tell(
            cuda=torch.version.cuda,
            memory_gb=found.total_memory / 1e9,
            multiprocessors=found.multi_processor_count,
            capability=f"{found.major}.{found.minor}",
            driver=nvidia_smi("driver_version"),
            power_limit=nvidia_smi("power.limit"),
            clock=nvidia_smi("clocks.max.sm"),
        )
    stage.tell(
        card=card_name(stage.device),
        product=product_speed(stage.device, stage.trial),
        bandwidth=copy_bandwidth(stage.device),
    )
    for precision in ("float64", "float32"):
        options = {"dtype": getattr(torch, precision), "device": stage.device}
        for rows, inner, columns in ((size, size, size), (2000, 2048, 2056)):
            if stage.trial:
                rows, inner, columns = min(rows, 256), min(inner, 256), min(columns, 257)
            a, b = torch.randn(rows, inner, **options), torch.randn(inner, columns, **options)
            c = torch.empty(rows, columns, **options)
            seconds = np.median(times(stage.device, lambda a=a, b=b, c=c: torch.mm(a, b, out=c), 9))
            name = f"product_{rows}x{inner}x{columns}_{precision}"
            stage.tell(**{name: 2 * rows * inner * columns / seconds})


def nvidia_smi(field: str) -> str:
    """Return what nvidia-smi says of the first GPU."""
    asked = ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader"]
    return subprocess.run(asked, capture_output=True, text=True).stdout.split("\n")[0].strip()


def tests(stage: Stage) -> None:
    """All CUDA tests, and the probe on which `make reproduce` relies."""
    # Both claim the GPU, so this process does not.
    command = [sys.executable, "-m", "pytest", "-v", "--tb=short", "-p", "no:cacheprovider"]
    # These tests need no plugin, and a machine may have any.
    plain = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUNBUFFERED": "1"}
    environment = {**os.environ, **plain}
    with stage.log.open("w") as log:
        options = {"cwd": ROOT, "env": environment, "stdout": log, "stderr": subprocess.STDOUT}
        with subprocess.Popen([*command, "tests/library/test_cuda.py"], **options) as process:
            try:
                process.wait(max(1, stage.ends - 15 - time.time()))
            except subprocess.TimeoutExpired:
                process.kill()
                stage.tell(cut_short=True)
        probe = [sys.executable, "-m", "driver.probe_gpu"]
        said = subprocess.run(probe, cwd=ROOT, env=environment, capture_output=True, text=True)
        log.write(f"probe_gpu: {said.returncode} {said.stdout}{said.stderr}\n")
    ended = re.findall(r"^(\S+::.+) (PASSED|FAILED|ERROR|SKIPPED)", stage.log.read_text(), re.M)
    counts = {word.lower(): sum(end == word for _, end in ended) for _, word in ended}
    failed = [name for name, end in ended if end in ("FAILED", "ERROR")]
    stage.tell(tests={"passed": 0, "failed": 0, **counts}, failed=failed)
    stage.tell(exit=process.returncode, probe=said.returncode, probe_says=said.stderr.strip())


def agreement(stage: Stage) -> None:
    """The engine's students beside the loop's, both on the device."""
    stage.prepare()
    shapes = [(32, 2), (32, 20), (32, 100), (32, 200), (512, 20), (2048, 20)]
    shapes = [(width, batch, 20 if width == 2048 else 200) for width, batch in shapes]
    for width, batch, steps in stage.in_time([(8, 2, 20)] if stage.trial else shapes, 4):
        problem = stage.problem(width, batch, steps=10)
        order = orders_for(problem, max(1, steps // problem.steps))
        engines = [engine_for(problem, 2, name) for name in ("stacked", "loop")]
        for engine in engines:
            engine.run(order)
        found = relative_difference(*(engine.networks() for engine in engines))
        moved = relative_difference(engines[0].networks(), problem.initial(2))
        stage.tell(agreement=[{"width": width, "batch": batch, "steps": steps, "found": found}])
        if not moved > 1e-6:
            raise RuntimeError(f"students of width {width} did not move in {steps} steps")


def bits(stage: Stage) -> None:
    """The same training again: the same bits, whatever else changes."""
    stage.prepare()
    for width, batch in stage.in_time(BITS[: 1 if stage.trial else None], 4):
        problem = stage.problem(8 if stage.trial else width, batch, steps=10)
        order = orders_for(problem, 6)
        base = digest(trained(problem, order))
        again = {"in one process": digest(trained(problem, order))}
        with patch.object(stacked._Trainer, "_captured", lambda t, n: lambda: t._epoch(n)):
            again["without graphs"] = digest(trained(problem, order))
        again["beside others"] = digest(permuted(problem, order))
        again["through a state"] = digest(resumed(problem, order))
        same = {how: found == base for how, found in again.items()}
        stage.tell(bits=[{"width": width, "batch": batch, **same}])
        stage.tell(digests=[base])


def bits_again(stage: Stage) -> None:
    """The same in a process of its own."""
    stage.prepare()
    for width, batch in stage.in_time(BITS[: 1 if stage.trial else None], 2):
        problem = stage.problem(8 if stage.trial else width, batch, steps=10)
        stage.tell(digests=[digest(trained(problem, orders_for(problem, 6)))])


def several(problem: Problem) -> int:
    """Return how many students show their bits: of wide ones few, whose copies take seconds."""
    return 2 if problem.width > 1000 else 4


def trained(problem: Problem, order: torch.Tensor) -> Networks:
    """Return some students after some epochs."""
    engine = engine_for(problem, several(problem))
    engine.run(order)
    return engine.networks()


def permuted(problem: Problem, order: torch.Tensor) -> Networks:
    """Return the same students, after a training in which each has another's place."""
    count = several(problem)
    index = np.roll(np.arange(count), 1)
    start, data = problem.initial(count)[index], problem.data(count)
    data = Students(data.points, data.values[index], data.seed_of[index])
    engine = StackedEngine(problem.recipe, start, data, problem.device, problem.precision)
    engine.run(order)
    return engine.networks()[np.argsort(index)]


def resumed(problem: Problem, order: torch.Tensor) -> Networks:
    """Return the same students, whose training was saved and went on in another engine."""
    first, second = (engine_for(problem, several(problem)) for _ in range(2))
    first.run(order[:2])
    second.restore({name: array.copy() for name, array in first.state().items()})
    second.run(order[2:])
    return second.networks()


def digest(networks: Networks) -> str:
    """Return the SHA-256 of all arrays."""
    total = hashlib.sha256()
    for array in networks.tensors().values():
        total.update(np.ascontiguousarray(array))
    return total.hexdigest()
