"""Print what a scale costs before it runs: jobs, operations, hours, memory, storage.

Run from the root of the repository, as `make plan SCALE=paper`. Jobs, and which of them are done,
are Snakemake's; expected times are those of `supnorm.uniform.throughput`, and say what they rest on.
"""

import argparse
import heapq
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from driver.jobs import Job, configuration, jobs, run_card, run_device
from driver.progress import duration
from rich import box
from rich.console import Console
from rich.table import Table


from supnorm.job.programs import run
from supnorm.uniform.throughput import CALIBRATION, Throughput, read_calibration
from supnorm.uniform.cells import cells
from supnorm.work import Cell, group_size, student_bytes

# Rules that are stages of their own, in the order of the chain; all others are tables or figures.
RULES = (
    *("sample_teachers", "draw_samples", "train_students", "measure_errors", "sample_errors"),
    *("climb_errors", "certify_errors", "measure_references", "measure_adversary"),
    *("sample_adversary", "climb_adversary", "measure_sine", "compare_methods"),
)
STAGES = (*RULES, "tables", "figures")
UNITS = {"cpu": "CPU", "cuda": "GPU"}
# GPUs at once for which it is told when all would be done.
GPUS = (1, 10, 100)
# A smaller part of the times is not told of, on whatever it rests.
SMALL = 0.005
# Notes are wrapped; tables are as wide as what they say, for no number may be cut.
NOTES, WIDEST = 100, 1000


@dataclass(frozen=True)
class Cost:
    """What a job costs: `seconds` expected on a `basis`, and bytes of `memory`.

    `cell` is that of its shard, None where it has no shard. Of a training, `students` is how many
    there are, `storage` the bytes of their file, and `checkpoint` those of its largest checkpoint.
    """

    stage: str
    cell: Cell | None
    done: bool
    device: str
    seconds: float
    basis: str
    memory: float
    students: int = 0
    flops: float = 0
    storage: float = 0
    checkpoint: float = 0


def main(argv: list[str]) -> None:
    """Print a scale's stages, its cells if asked for, and how long all of it takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", help="scale of config.yaml, if not the one it names")
    parser.add_argument("--device", choices=["cpu", "cuda"], help="in place of training.device")
    parser.add_argument("--card", help="what GPUs are there, as A100, if not those of this machine")
    parser.add_argument("--cells", action="store_true", help="print every cell, too")
    a = parser.parse_args(argv)
    config = configuration(a.scale)
    device = a.device or run_device(config)
    calibration = read_calibration(CALIBRATION)
    card, said = run_card(device, a.card)
    throughput = Throughput(config, device, calibration, card)
    costs = [cost(job, throughput, config) for job in jobs(config["scale"], device)]
    console = Console(width=WIDEST, highlight=False)
    with console.capture() as printed:
        console.print(stages_table(config["scale"], costs))
        if a.cells:
            console.print(cells_table(costs))
        console.print(times_table(costs, device))
        for note in notes(config, calibration, costs, f"{card} ({said})"):
            console.print(note, width=NOTES)
    print(*(line.rstrip() for line in printed.get().splitlines()), sep="\n")


def cost(job: Job, throughput: Throughput, config: Mapping) -> Cost:
    """Return what a job costs."""
    stage = job.rule.replace("draw_sine_samples", "draw_samples")
    if stage not in RULES:
        stage = "figures" if stage.startswith("plot_") else "tables"
    cell, rows = throughput.shards.get(job.name, (None, ()))
    training = {}
    if job.rule == "train_students":
        # At each evaluation its students; in a checkpoint their two moments too, and what they are.
        copy, times = 8 * len(rows) * cell.parameters, config["evaluation"]["times"]
        training = {
            "students": len(rows),
            "flops": len(rows) * cell.student_flops,
            "storage": times * copy,
            "checkpoint": (times + 3) * copy,
        }
    return Cost(
        stage=stage,
        cell=cell,
        done=not job.pending,
        device=throughput.device(job.rule),
        seconds=throughput.seconds(job.rule, job.name),
        basis=throughput.basis(job.rule, job.name),
        memory=1e6 * throughput.megabytes(job.rule, job.name),
        **training,
    )


def stages_table(scale: str, costs: list[Cost]) -> Table:
    """Return the table of stages, with their sum."""
    table = plain_table(f"The {scale} scale by stage", "stage", "on")
    for stage in STAGES:
        some = [cost for cost in costs if cost.stage == stage]
        if some:
            devices = " and ".join(sorted({UNITS[cost.device] for cost in some}))
            table.add_row(stage, devices, *columns(some))
    table.add_section()
    table.add_row("all", "", *columns(costs))
    return table


def cells_table(costs: list[Cost]) -> Table:
    """Return the table of cells, the cheapest first, as they train."""
    table = plain_table("Cells: training and measuring", "cell", "batch", "epochs")
    by_cell = {}
    for each in costs:
        if each.cell:
            by_cell.setdefault(each.cell, []).append(each)
    for cell in sorted(by_cell, key=lambda cell: cell.students * cell.student_flops):
        some = by_cell[cell]
        table.add_row(cell.name, str(cell.batch), str(cell.epochs), *columns(some))
    return table


def plain_table(title: str, *names: str) -> Table:
    """Return an empty table of named columns and those of `columns`."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, no_wrap=True)
    for name in ("jobs", "done", "students", "FLOPs", "longest", "in all", "left", "memory"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("storage", justify="right", no_wrap=True)
    table.add_column("times are", no_wrap=True)
    return table


def columns(costs: list[Cost]) -> list[str]:
    """Return what a line of a table says of its jobs."""
    seconds = [cost.seconds for cost in costs]
    students, flops = (sum(getattr(cost, name) for cost in costs) for name in ("students", "flops"))
    storage = sum(cost.storage for cost in costs)
    return [
        str(len(costs)),
        str(sum(cost.done for cost in costs)),
        str(students) if students else "",
        f"{flops:.2g}" if flops else "",
        hours(max(seconds)),
        hours(sum(seconds)),
        hours(sum(cost.seconds for cost in left_of(costs))),
        size(max(cost.memory for cost in costs)),
        size(storage) if storage else "",
        rests_on(costs),
    ]


def rests_on(costs: list[Cost]) -> str:
    """Return what the times of jobs rest on, and for which part of them where that differs."""
    whole = sum(cost.seconds for cost in costs)
    parts = {
        basis: sum(cost.seconds for cost in costs if cost.basis == basis) / whole
        for basis in ("measured", "between", "model")
    }
    found = {basis: part for basis, part in parts.items() if part >= SMALL}
    if len(found) == 1:
        return next(iter(found))
    return ", ".join(f"{basis} {part:.0%}" for basis, part in found.items())


def times_table(costs: list[Cost], device: str) -> Table:
    """Return the table of times until the end, for all jobs and for those that are left."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("expected until the end", no_wrap=True)
    for name in ("all of it", "what is left"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, machines in machines_of(device):
        spans = [duration(span(some, device, machines)) for some in (costs, left_of(costs))]
        table.add_row(name, *spans)
    for one, unit in UNITS.items():
        some = [cost for cost in costs if cost.device == one]
        if some:
            whole, rest = (sum(c.seconds for c in part) for part in (some, left_of(some)))
            table.add_row(f"{unit}-hours", f"{whole / 3600:,.1f}", f"{rest / 3600:,.1f}")
    return table


def machines_of(device: str) -> Iterator[tuple[str, int]]:
    """Yield what a run may have, and how many jobs of its device that runs at once."""
    if device == "cpu":
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        yield f"on the {cores} cores of this machine", cores
        return
    for number in GPUS:
        yield f"on {number} GPU{'s' if number > 1 else ''}", number


def span(costs: list[Cost], device: str, machines: int) -> float:
    """Return the seconds from the first job's start to the last one's end.

    With GPUs the jobs of CPUs run beside them, on as many cores as they want.
    """
    seconds = [cost.seconds for cost in in_order(costs) if cost.device == device]
    beside = [cost.seconds for cost in costs if cost.device != device]
    return max(makespan(seconds, machines), *beside, 0.0)


def in_order(costs: list[Cost]) -> list[Cost]:
    """Return jobs as they run: stage by stage, but a shard is measured once it has trained.

    Cheap cells are the first.
    """

    def position(cost: Cost) -> tuple:
        stage = STAGES.index(cost.stage)
        if not cost.cell:
            return stage, 0.0, ""
        work = cost.cell.students * cost.cell.student_flops
        return STAGES.index("train_students"), work, cost.cell.name

    return sorted(costs, key=position)


def makespan(seconds: Iterable[float], machines: int) -> float:
    """Return when all jobs are done that begin in this order, each on the first free machine."""
    free = [0.0] * machines
    for each in seconds:
        heapq.heapreplace(free, free[0] + each)
    return max(free)


def notes(config: Mapping, calibration: Mapping, costs: list[Cost], card: str) -> Iterator[str]:
    """Yield what is to be known of the numbers; `card` tells of the model's GPU."""
    yield (
        "Jobs, students, FLOPs of training and storage of students are counted; all else is small. "
        "Memory is what the largest job asks for. Times are expected ones of jobs: measured, "
        "between (sizes that were measured, or beyond them), or those of a model."
    )
    devices = sorted({cost.device for cost in costs})
    for device in devices:
        told = calibration.get(device)
        if told:
            yield f"{UNITS[device]}: measured on {told['machine']}, {told['date']}."
        else:
            yield (
                f"{UNITS[device]}: not measured, so a guess; `make calibrate DEVICE={device}` on "
                "the machine that will run the jobs measures it."
            )
    if any(cost.device == "cuda" and cost.basis == "model" for cost in costs):
        yield f"The model's GPU is {card}."
    checkpoint = max(cost.checkpoint for cost in costs)
    yield f"Beside its students a training keeps a checkpoint, of at most {size(checkpoint)}."
    if "cuda" in devices:
        group = size(gpu_bytes(config))
        yield (
            f"Of a GPU's memory a training takes at most {group}, and what its samples take; where "
            "more is free, its other students rest there."
        )


def gpu_bytes(config: Mapping) -> float:
    """Return what the largest group of students takes on a GPU while it trains."""
    precision = config["training"]["precision"]
    algorithms = {(c.dim, c.depth, c.width, c.batch, precision) for c in cells(config)}
    return max(group_size(*each) * student_bytes(*each) for each in algorithms)


def left_of(costs: list[Cost]) -> list[Cost]:
    """Return the jobs that are not done."""
    return [cost for cost in costs if not cost.done]


def hours(seconds: float) -> str:
    """Return a time in hours; in minutes or seconds where it is short."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 99.5 else f"{minutes / 60:,.1f} h"


def size(count: float) -> str:
    """Return a number of bytes with its unit."""
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.5:
            return f"{count:.3g} {unit}"
    return f"{count / 1000:.3g} TB"


if __name__ == "__main__":
    run(main)
