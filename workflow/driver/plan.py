"""Print what a scale costs before it runs: jobs, operations, hours, memory, storage.

Run from the root of the repository, as `make plan SCALE=paper`. Jobs, and which of them are done,
are Snakemake's; expected times are those of the studies (supnorm.costs), and say what they rest on.
"""

import argparse
import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

from driver.jobs import Job, configuration, expected_costs, jobs, run_card, run_device
from driver.progress import duration
from supnorm.costs import Costs, Trained
from supnorm.drawing.captions import several
from supnorm.hardware import machine
from supnorm.job.programs import run
from supnorm.studies import all_studies
from supnorm.work import Cell

# Rules of many jobs, or costly ones, are stages of their own; all others are tables or figures.
RULES = tuple(rule for study in all_studies() for stage in study.stages for rule in stage.rules)
STAGES = (*RULES, "tables", "figures")
UNITS = {"cpu": "CPU", "cuda": "GPU"}
# GPUs at once, and cores beside those of this machine, for which it is told when all would be done.
GPUS, CORES = (1, 10, 100), (8, 16)
# A smaller part of the times is not told of, on whatever it rests.
SMALL = 0.005
# Notes are wrapped; tables are as wide as what they say, for no number may be cut.
NOTES, WIDEST = 100, 1000


@dataclass(frozen=True)
class Cost:
    """What a job costs: `seconds` expected on a `basis`, and bytes of `memory`.

    `cell` is that of its shard, None where it has no shard.
    """

    stage: str
    cell: Cell | None
    done: bool
    device: str
    seconds: float
    basis: str
    memory: float
    trained: Trained


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
    card, said = run_card(device, a.card)
    expected = expected_costs(config, device, card)
    costs = [cost(job, expected[job.study]) for job in jobs(config["scale"], device)]
    console = Console(width=WIDEST, highlight=False)
    with console.capture() as printed:
        console.print(stages_table(config["scale"], costs))
        if a.cells:
            console.print(cells_table(costs))
        console.print(times_table(costs, device))
        group = max(each.gpu_bytes() for each in expected.values())
        measured = {key: told for each in expected.values() for key, told in each.measured.items()}
        for note in notes(measured, costs, f"{card} ({said})", group):
            console.print(note, width=NOTES)
    print(*(line.rstrip() for line in printed.get().splitlines()), sep="\n")


def cost(job: Job, expected: Costs) -> Cost:
    """Return what a job costs, by what those of its study are expected to."""
    other = "figures" if job.rule.startswith("plot_") else "tables"
    cell, _ = expected.shards.get(job.name, (None, ()))
    return Cost(
        stage=job.rule if job.rule in RULES else other,
        cell=cell,
        done=not job.pending,
        device=expected.device(job.rule),
        seconds=expected.seconds(job.rule, job.name),
        basis=expected.basis(job.rule, job.name),
        memory=1e6 * job.megabytes,
        trained=expected.trained(job.rule, job.name),
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
    students, flops, storage = (
        sum(getattr(cost.trained, name) for cost in costs)
        for name in ("students", "flops", "storage")
    )
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
    for name, machines in machines_of(device, machine.cores()):
        spans = [duration(span(some, device, machines)) for some in (costs, left_of(costs))]
        table.add_row(name, *spans)
    for one, unit in UNITS.items():
        some = [cost for cost in costs if cost.device == one]
        if some:
            whole, rest = (sum(c.seconds for c in part) for part in (some, left_of(some)))
            table.add_row(f"{unit}-hours", f"{whole / 3600:,.1f}", f"{rest / 3600:,.1f}")
    return table


def machines_of(device: str, cores: int) -> Iterator[tuple[str, int]]:
    """Yield what a run may have, and how many jobs of its device that runs at once.

    `cores` are those of this machine.
    """
    if device == "cpu":
        yield f"on the {several(cores, 'core')} of this machine", cores
        yield from ((f"on {number} cores", number) for number in CORES if number != cores)
        return
    for number in GPUS:
        yield f"on {several(number, 'GPU')}", number


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


def notes(measured: Mapping, costs: list[Cost], card: str, group_bytes: float) -> Iterator[str]:
    """Yield what is to be known of the numbers.

    `card` tells of the model's GPU, of which the largest group of students takes `group_bytes`.
    """
    yield (
        "Jobs, students, FLOPs of training and storage of students are counted; all else is small. "
        "Memory is what the largest job asks for. Times are expected ones of jobs: measured, "
        "between (sizes that were measured, or beyond them), or those of a model."
    )
    devices = sorted({cost.device for cost in costs})
    for device in devices:
        told = measured.get(device)
        if told:
            yield f"{UNITS[device]}: measured on {told['machine']}, {told['date']}."
        else:
            yield (
                f"{UNITS[device]}: not measured, so a guess; `make calibrate DEVICE={device}` on "
                "the machine that will run the jobs measures it."
            )
    if any(cost.device == "cuda" and cost.basis == "model" for cost in costs):
        yield f"The model's GPU is {card}."
    checkpoint = max(cost.trained.checkpoint for cost in costs)
    if checkpoint:
        yield f"Beside its students a training keeps a checkpoint, of at most {size(checkpoint)}."
    if "cuda" in devices:
        group = size(group_bytes)
        yield (
            f"Of a GPU's memory a training takes at most {group}, and what its samples take; where "
            "more is free, its other students rest there."
        )


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
