"""The stages of the GPU check that measure: steps, kernels, memory, evaluation, and what to choose.

The important first: what the time of a stage does not allow is left out.
"""

import ctypes
import math
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from calibrate import Calibration, several, untrained
from contenders import SEEDS, Problem
from gpu_stage import (
    DEPTH,
    DIM,
    SLICE,
    TINY,
    Stage,
    card_name,
    engine_for,
    group_of,
    groups_of,
    microseconds,
    orders_for,
    paper,
    product_speed,
)
from timing import clock, copy_bandwidth
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity

from supnorm.devices import use_device
from supnorm.errors.ascent import climb
from supnorm.errors.exact import exact_errors
from supnorm.errors.sampled import sampled_errors
from supnorm.machine import cores, processor
from supnorm.networks import Networks
from supnorm.streams import Stream, uniform_points
from supnorm.teachers import random_teachers
from supnorm.training import memory, stacked
from supnorm.training.cell import Training
from supnorm.training.checkpoint import Checkpoint
from supnorm.training.recipe import Recipe
from supnorm.training.stacked import StackedEngine
from supnorm.work import cells, student_bytes

# Width and batch: the paper's, the most telling first.
PROBLEMS = [(32, 20), (2048, 2000), (512, 20), (2048, 20), (32, 2000)]
PROBLEMS += list(product((32, 512, 2048), (2, 20, 100, 200, 2000, 20000)))


def throughput(stage: Stage) -> None:
    """The time of a step at all widths and batches of the paper."""
    stage.prepare()
    speeds = product_speed(stage.device, stage.trial), copy_bandwidth(stage.device)
    for problem in stage.in_time(stage.problems(PROBLEMS), 5):
        with groups_of(group_of(problem)):
            engine = engine_for(problem)
            stage.row("steps", **step_row(stage, problem, engine, speeds))
            del engine


def step_row(stage: Stage, problem: Problem, engine: StackedEngine, speeds) -> dict:
    """Return the row of a stacked engine."""
    group, (speed, bandwidth) = group_of(problem), speeds
    order = orders_for(problem, 1)
    once = np.median(stage.times(lambda: engine.run(order), 2))
    order = orders_for(problem, max(1, round(SLICE / once)))
    seconds = stage.times(lambda: engine.run(order))
    found = microseconds(seconds, len(order) * problem.steps * group)
    flops = problem.step_flop / found["microseconds"] * 1e6
    nodes, capture = graph_of(engine, problem) if stage.device == "cuda" else (None, None)
    return {
        "card": card_name(stage.device),
        "device": stage.device,
        "engine": "stacked",
        "threads": 1,
        **sizes(problem),
        "group": group,
        **found,
        "tflops": flops / 1e12,
        "product_share": flops / speed,
        "bandwidth_share": problem.traffic_bytes / found["microseconds"] * 1e6 / bandwidth,
        "nodes": nodes,
        "capture": capture,
    }


def sizes(problem: Problem) -> dict:
    """Return the columns that name a problem."""
    names = ("dim", "depth", "width", "batch", "precision", "steps")
    return {name: getattr(problem, name) for name in names}


def graph_of(engine: StackedEngine, problem: Problem) -> tuple[float | None, float]:
    """Return the kernels of a step in a CUDA graph, and the seconds of capturing an epoch."""
    trainer = engine._trainers[0]
    seconds = clock(lambda: trainer._captured(min(problem.samples, len(trainer._order[0]))), "cuda")
    counts = [count_nodes(trainer, steps * problem.batch) for steps in (1, 2)]
    return (None if None in counts else counts[1] - counts[0]), seconds


def count_nodes(trainer: stacked._Trainer, length: int) -> int | None:
    """Return the nodes of the graph of some samples; None where CUDA's runtime is not found."""
    graph = torch.cuda.CUDAGraph(keep_graph=True)
    stacked._GRAPHS.append(graph)
    with torch.cuda.graph(graph, stream=stacked._capture_stream()):
        trainer._epoch(length)
    try:
        runtime = ctypes.CDLL(f"libcudart.so.{torch.version.cuda.split('.')[0]}")
    except OSError:
        return None
    number = ctypes.c_size_t()
    raw = ctypes.c_void_p(graph.raw_cuda_graph())
    return None if runtime.cudaGraphGetNodes(raw, None, ctypes.byref(number)) else number.value


def profile(stage: Stage) -> None:
    """The names of the kernels, their times, and the gaps between them."""
    stage.prepare()
    for width, batch in stage.in_time(TINY if stage.trial else PROBLEMS[:5], 3):
        problem = stage.problem(width, batch, steps=10)
        spans = profiled(problem)
        times, calls = defaultdict(float), defaultdict(int)
        for start, end, name in spans:
            times[name] += end - start
            calls[name] += 1
        busy = sum(times.values())
        whole = max(end for _, end, _ in spans) - min(start for start, *_ in spans)
        stage.tell(busy=[{"width": width, "batch": batch, "share": busy / whole}])
        for name, spent in sorted(times.items(), key=lambda item: -item[1])[:20]:
            stage.row(
                "kernels",
                width=width,
                batch=batch,
                kernel=name[:300],
                calls=calls[name] / problem.steps,
                microseconds=spent / problem.steps,
                share=spent / busy,
            )


def profiled(problem: Problem) -> list[tuple[float, float, str]]:
    """Return start and end, in microseconds, and name of each kernel of an epoch of a group.

    On a CPU they are torch's operations. Raises RuntimeError where the profiler sees none.
    """
    engine, order = engine_for(problem), orders_for(problem, 1)
    engine.run(order)
    # Not by the engine, whose threads the profiler does not see.
    trainer, first = engine._trainers[0], int(engine.epochs.min())
    with torch.profiler.profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as found:
        clock(lambda: trainer.run(order, first, math.inf), problem.device)
    kind = {"cpu": DeviceType.CPU, "cuda": DeviceType.CUDA}[problem.device]
    spans = [
        (event.time_range.start, event.time_range.end, event.name)
        for event in found.events()
        if event.device_type == kind
    ]
    if not spans:
        raise RuntimeError("the profiler sees no kernels here")
    return spans


def variants(stage: Stage) -> None:
    """Groups of other sizes, other passes of Adam, and where groups rest."""
    stage.prepare()
    for pair in stage.in_time(TINY[:1] if stage.trial else [(32, 20), (512, 20), (2048, 20)], 6):
        problem = stage.problem(*pair)
        ours = group_of(problem)
        for size in sorted({max(1, ours // 2), ours, 2 * ours}):
            with groups_of(size):
                engine, order = engine_for(problem, size), orders_for(problem, 2)
                seconds = stage.times(lambda e=engine, o=order: e.run(o), 3)
            steps = len(order) * problem.steps * size
            variant(stage, "group", problem, str(size), size == ours, seconds, steps)
    for pair in stage.in_time(TINY[:1] if stage.trial else [(32, 20), (2048, 20)], 5):
        problem = stage.problem(*pair, steps=2)
        for name, step in adams(problem):
            again = captured(stage, step)
            seconds = stage.times(again)
            students = AGAIN * group_of(problem)
            variant(stage, "adam", problem, name, name == OUR_ADAM, seconds, students)
    for pair in stage.in_time(TINY[:1] if stage.trial else [(512, 20), (2048, 20)], 5):
        problem = stage.problem(*pair, steps=2)
        for choice, spare in (("device", memory.SPARE_BYTES), ("host", 1e15)):
            size = group_of(problem)
            with patch.object(memory, "SPARE_BYTES", spare), groups_of(size):
                engine = engine_for(problem, 2 * size)
            trainer = engine._trainers[0]

            def swap(trainer=trainer):
                for group in trainer._groups:
                    trainer._hold(group)

            seconds = stage.times(swap, 3)
            variant(stage, "swap", problem, choice, choice == "device", seconds, 2 * size)


def variant(stage, what, problem, choice, ours, seconds, parts) -> None:
    """Add a row for one of some ways."""
    named = {"width": problem.width, "batch": problem.batch, "choice": choice, "ours": ours}
    stage.row("variants", what=what, **named, **microseconds(seconds, parts))


OUR_ADAM = f"AdamW on the gradient, {stacked.ADAM_PARTS} parts"
AGAIN = 10


def adams(problem: Problem) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield ways to take a step of Adam for a group, by their names."""
    for parts in (32, stacked.ADAM_PARTS, 512):
        with patch.object(stacked, "ADAM_PARTS", parts), groups_of(group_of(problem)):
            trainer = engine_for(problem)._trainers[0]
        takes = trainer._adam_takes[0]
        yield f"AdamW on the gradient, {parts} parts", lambda t=trainer, k=takes: t._adam(*k)
        if parts == stacked.ADAM_PARTS:
            # What a learning rate rounded to float32 would save.
            counts = [trainer._step_count] * len(takes[0])

            def fused(takes=takes, counts=counts, trainer=trainer):
                options = {"lr": trainer._rate, "weight_decay": 0, **stacked.ADAM}
                torch._fused_adam_(*takes, [], counts, **options)

            yield f"Adam, its rate in float32, {parts} parts", fused


def captured(stage: Stage, step: Callable[[], None]) -> Callable[[], None]:
    """Return what does a step AGAIN times, on a GPU by one graph."""

    def several_times():
        for _ in range(AGAIN):
            step()

    if stage.device == "cpu":
        return several_times
    stream = stacked._capture_stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    stacked._GRAPHS.append(graph)
    with torch.cuda.graph(graph, stream=stream):
        several_times()
    return graph.replay


def peak_memory(stage: Stage) -> None:
    """What the largest group of each width in the paper's sweep takes."""
    stage.prepare()
    cuda = stage.device == "cuda"
    for problem in stage.in_time(largest_groups(stage), 5):
        if cuda:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        engine = engine_for(problem)
        engine.run(orders_for(problem, 1))
        engine.losses()
        free, total = torch.cuda.mem_get_info() if cuda else (0, 0)
        stage.row(
            "memory",
            width=problem.width,
            batch=problem.batch,
            samples=problem.samples,
            group=group_of(problem),
            expected=group_bytes(problem) / 1e9,
            allocated=torch.cuda.max_memory_allocated() / 1e9 if cuda else None,
            reserved=torch.cuda.max_memory_reserved() / 1e9 if cuda else None,
            used=(total - free) / 1e9 if cuda else None,
        )
        del engine


def largest_groups(stage: Stage) -> list[Problem]:
    """Return the problem of each width whose groups take most, the widest first."""
    if stage.trial:
        return stage.problems(TINY)
    found = [
        Problem(c.width, c.batch, c.samples, device=stage.device, depth=c.depth, dim=c.dim)
        for c in cells(paper())
        if c.family != "sine"
    ]
    found.sort(key=lambda problem: (problem.width, group_bytes(problem), problem.samples))
    return [*{problem.width: problem for problem in found}.values()][::-1]


def group_bytes(problem: Problem) -> float:
    """Return what supnorm.work expects a full group to take."""
    architecture = problem.dim, problem.depth, problem.width
    return group_of(problem) * student_bytes(*architecture, problem.batch, problem.precision)


def evaluation(stage: Stage) -> None:
    """Sampled errors, exact errors and a climb, on the device and on a core."""
    stage.prepare()
    points = {"cpu": 2048, stage.device: 4096 if stage.trial else 2**20}
    for width in stage.in_time([8] if stage.trial else [32, 512, 2048], 6):
        pairs, few = evaluated(DIM, width), 2048
        here, there = (
            sampled_errors(*pairs, few, Stream("check"), device).norms["inf"]
            for device in ("cpu", stage.device)
        )
        for device, count in points.items():
            seconds = stage.times(
                lambda c=count, d=device, p=pairs: sampled_errors(*p, c, Stream("check"), d), 3
            )
            work = 2 * sum(a[0].size for a in pairs[1].weights) * len(pairs[2]) * count
            found = (work / np.median(seconds), relative(there, here))
            measured(stage, "sampled", device, DIM, pairs, count, seconds, *found)
    for width in stage.in_time([8] if stage.trial else [32, 512, 2048], 6):
        pairs = evaluated(1, width)
        here, there = (
            exact_errors(*pairs, device).norms["inf"] for device in ("cpu", stage.device)
        )
        for device in dict.fromkeys(("cpu", stage.device)):
            seconds = stage.times(lambda d=device, p=pairs: exact_errors(*p, d), 1)
            found = (None, relative(there, here))
            measured(stage, "exact", device, 1, pairs, None, seconds, *found)
    for width in stage.in_time([8] if stage.trial else [32, 512], 2):
        pairs = evaluated(DIM, width)
        start = sampled_errors(*pairs, 2048, Stream("check")).place
        seconds = stage.times(lambda p=pairs, s=start: climb(*p, s), 1)
        measured(stage, "climb", "cpu", DIM, pairs, None, seconds, None, None)


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
    # Width, samples, batch, teachers; three seeds.
    cells = [(32, 100_000, 2000, 40), (2048, 100, 20, 5)]
    if stage.trial:
        cells = [(8, 50, 10, 2)]
    for width, samples, batch, teachers in stage.in_time(cells, 9):
        seconds = 1.0 if stage.trial else min(10.0, (stage.ends - time.time() - 2) / len(cells))
        points = np.stack(
            [uniform_points(Stream("points", seed=s, dim=1), samples, 1) for s in range(SEEDS)]
        )
        values = np.sin(points.sum(2)[:, None] * np.arange(1, teachers + 1)[:, None]) / 4
        recipe = Recipe(DEPTH, width, batch, 5000, 1e-4, 1e-6)
        training = Training(
            recipe, "check", [*range(SEEDS)], points, values, 5, device=stage.device
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
        steps = training.epoch * -(-samples // batch) * SEEDS * teachers
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
    speed, bandwidth = product_speed("cpu", stage.trial), copy_bandwidth("cpu")
    for width, batch in stage.in_time(TINY if stage.trial else pairs, 3):
        problem = Problem(width, batch, 5 * batch, depth=DEPTH, dim=DIM)
        for threads in sorted({1, cores()}):
            engine = engine_for(problem, threads, "narrow", threads=threads)
            order = orders_for(problem, 1).numpy()
            once = np.median(cpu_times(lambda e=engine, o=order: e.run(o), 2))
            order = orders_for(problem, max(1, round(SLICE / once))).numpy()
            seconds = cpu_times(lambda e=engine, o=order: e.run(o), 3)
            found = microseconds(seconds, len(order) * problem.steps * threads)
            flops = problem.step_flop / found["microseconds"] * 1e6
            traffic = problem.traffic_bytes / found["microseconds"] * 1e6
            stage.row(
                "steps",
                card=processor(),
                device="cpu",
                engine="narrow",
                threads=threads,
                **sizes(problem),
                group=1,
                **found,
                tflops=flops / 1e12,
                product_share=flops / speed,
                bandwidth_share=traffic / bandwidth,
                nodes=None,
                capture=None,
            )


def cpu_times(function: Callable[[], object], slices: int) -> np.ndarray:
    """Return the seconds of some calls on the CPU, after one that is not counted."""
    function()
    return np.array([clock(function, "cpu") for _ in range(slices)])


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
    for dim, m in stage.in_time([*product(config["teacher"]["dims"], ends)], 2):
        stage.tell(spike=[[dim, m, found._spike(dim, m)]])
