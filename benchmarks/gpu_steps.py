"""The stages of the GPU check that measure training: steps, kernels, other choices, memory."""

import ctypes
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import product
from unittest.mock import patch

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity

from gpu_stage import (
    TINY,
    Stage,
    engine_for,
    group_of,
    groups_of,
    microseconds,
    orders_for,
    paper,
    product_speed,
    step_columns,
    times,
)
from problem import Problem
from supnorm.training import memory, stacked
from supnorm.training.stacked import StackedEngine
from supnorm.uniform.cells import cells
from supnorm.work import student_bytes
from timing import clock, copy_bandwidth

# Width and batch: the paper's, the most telling first.
PROBLEMS = [(32, 20), (2048, 2000), (512, 20), (2048, 20), (32, 2000)]
PROBLEMS += list(product((32, 512, 2048), (2, 20, 100, 200, 2000, 20000)))


def throughput(stage: Stage) -> None:
    """The time of a step at all widths and batches of the paper."""
    stage.prepare()
    speeds = product_speed(stage.device, stage.trial), copy_bandwidth(stage.device)
    for problem in stage.in_time(stage.problems(PROBLEMS), 7):
        with groups_of(group_of(problem)):
            engine = engine_for(problem)
        columns = step_columns(problem, engine, group_of(problem), speeds)
        nodes, capture = graph_of(engine, problem) if stage.device == "cuda" else (None, None)
        stage.row(
            "steps",
            engine="stacked",
            threads=1,
            group=group_of(problem),
            **columns,
            nodes=nodes,
            capture=capture,
        )
        del engine


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
    for width, batch in stage.in_time(TINY if stage.trial else PROBLEMS[:5], 6):
        problem = stage.problem(width, batch, steps=10)
        spans = profiled(problem)
        lengths, calls = defaultdict(float), defaultdict(int)
        for start, end, name in spans:
            lengths[name] += end - start
            calls[name] += 1
        busy = sum(lengths.values())
        whole = max(end for _, end, _ in spans) - min(start for start, *_ in spans)
        stage.tell(busy=[{"width": width, "batch": batch, "share": busy / whole}])
        for name, spent in sorted(lengths.items(), key=lambda item: -item[1])[:20]:
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
    wide = [(512, 20), (2048, 20)]
    for pair in stage.in_time(TINY[:1] if stage.trial else [(32, 20), *wide], 8):
        other_groups(stage, stage.problem(*pair, steps=40))
    for pair in stage.in_time(TINY[:1] if stage.trial else [(32, 20), (2048, 20)], 8):
        other_adams(stage, stage.problem(*pair, steps=2))
    for pair in stage.in_time(TINY[:1] if stage.trial else wide, 5):
        other_places(stage, stage.problem(*pair, steps=2))


def other_groups(stage: Stage, problem: Problem) -> None:
    """Measure a step in groups of half our size, of our size and of twice that."""
    ours, order = group_of(problem), orders_for(problem, 2)
    for size in sorted({max(1, ours // 2), ours, 2 * ours}):
        with groups_of(size):
            engine = engine_for(problem, size)
        seconds = times(stage.device, lambda engine=engine: engine.run(order), 3)
        steps = len(order) * problem.steps * size
        variant(stage, "group", problem, str(size), size == ours, seconds, steps)


def other_adams(stage: Stage, problem: Problem) -> None:
    """Measure Adam in more or fewer parts, and with a rate that is rounded to float32."""
    for name, step in adams(problem):
        seconds = times(stage.device, again(stage, step))
        students = AGAIN * group_of(problem)
        variant(stage, "adam", problem, name, name == OUR_ADAM, seconds, students)


def other_places(stage: Stage, problem: Problem) -> None:
    """Measure how groups take turns that rest on the device, or on its host."""
    # A part of a group shows it, too, and takes less time.
    size = math.ceil(group_of(problem) / 4)
    for choice, spare in (("device", memory.SPARE_BYTES), ("host", 1e15)):
        with patch.object(memory, "SPARE_BYTES", spare), groups_of(size):
            trainer = engine_for(problem, 2 * size)._trainers[0]

        def take_turns(trainer=trainer):
            for group in trainer._groups:
                trainer._hold(group)

        seconds = times(stage.device, take_turns, 3)
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
            # What a learning rate rounded to float32 would save; on a GPU no other is taken.
            counts, rate = [trainer._step_count] * len(takes[0]), trainer._rate.float()

            def fused(takes=takes, counts=counts, rate=rate):
                options = {"lr": rate, "weight_decay": 0, **stacked.ADAM}
                torch._fused_adam_(*takes, [], counts, **options)

            yield f"Adam, its rate in float32, {parts} parts", fused


def again(stage: Stage, step: Callable[[], None]) -> Callable[[], None]:
    """Return what does a step AGAIN times, on a GPU by one graph."""

    def several_times():
        for _ in range(AGAIN):
            step()

    return several_times if stage.device == "cpu" else stacked.captured(several_times)


def peak_memory(stage: Stage) -> None:
    """What the largest group of each width in the paper's sweep takes."""
    stage.prepare()
    cuda = stage.device == "cuda"
    for problem in stage.in_time(largest_groups(stage), 7):
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
