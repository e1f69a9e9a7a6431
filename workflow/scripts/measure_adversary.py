"""Measure students on their teacher plus spikes that their samples do not see."""

import argparse
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.adversary import (
    SIGNS,
    Spike,
    SpikeGrid,
    checked_norms,
    spike_errors,
    spike_networks,
    spiked_teachers,
    unseen_spike,
)
from supnorm.commands import Program
from supnorm.errors.ascent import climb, climbed_errors
from supnorm.errors.exact import exact_errors
from supnorm.errors.measured import Errors
from supnorm.errors.sampled import sampled_errors
from supnorm.heartbeat import Heartbeat
from supnorm.networks import Networks, load_teachers, save_networks
from supnorm.programs import InputError, count, run
from supnorm.streams import Stream
from supnorm.students import cell_files, check_teachers, load_cell
from supnorm.tables.adversary import adversary_schema
from supnorm.tables.norms import NORMS
from supnorm.tables.samples import read_samples
from supnorm.tables.schema import write_table
from supnorm.theory.bounds import NetworkClass, admissible_actives_sharp

# The number of the teacher u_0 to which spikes are added.
TEACHER = 0


def main(argv: list[str]) -> None:
    """Write the spiked teachers, and a row for each algorithm, kind of spike and norm."""
    parser = Program(__doc__, __file__)
    parser.reads("--teachers", help="safetensors of teachers")
    parser.reads("--samples-table", help="the students' samples")
    parser.reads("--students", nargs="+", help="safetensors of all cells of these")
    parser.setting("--points", "evaluation.points", type=int, help="number of uniform points")
    parser.add_argument("--device", choices=["cpu", "cuda"], required=True)
    parser.add_argument("--threads", type=count, default=1, help="students measured at once")
    parser.add_argument("--heartbeat", type=Path, help="JSON file that tells how far it is")
    parser.writes("--spiked", help="safetensors file to write")
    parser.writes("--output", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Measure the spiked teachers' errors, as the arguments say."""
    teachers, description = load_teachers(a.teachers)
    cls, teacher = network_class(a.teachers, teachers, description), teachers[[TEACHER]]
    files = cell_files(a.students)
    trained = [load_trained(paths, teacher) for paths in files.values()]
    cell = trained[0].cell
    sample = read_samples(a.samples_table, cls.dim, cell["samples"])
    seeds, points = zip(*sorted(zip(*sample[:2], strict=True)), strict=True)
    for name, some in zip(files, trained, strict=True):
        check(name, some, {name: cell[name] for name in ("family", "dim", "samples")}, seeds)
    # A class of depth below 3 or of width 1 has no spikes: then there is nothing to measure.
    spikes = [unseen_spike(cls, sample) for sample in points if admissible_actives_sharp(cls)]
    spiked = spiked_teachers(cls, teacher, spikes)
    save_networks(a.spiked, spiked, spiked_description(description, spiked, seeds, spikes))
    schema = adversary_schema(cls.dim)
    frames = [pd.DataFrame(columns=[column.name for column in schema.columns])]
    if spikes:
        grid = SpikeGrid.against(cls, cell["samples"])
        touched = np.stack([grid.touched(sample) for sample in points])
        measured = partial(measure, points=a.points, device=a.device, threads=a.threads)
        norms = checked_norms(cls, spike_networks(cls, spikes))
        fixed_norm = checked_norms(cls, spike_networks(cls, grid.corners(cls.dim))).max()
        frames = []
        for some in trained:
            frames += adaptive_frames(some, spikes, norms, spiked, measured)
            fixed = fixed_frames(some, teacher, grid, touched, measured, a.device)
            frames += (frame.assign(coefficient_norm=fixed_norm) for frame in fixed)
    write_table(a.output, pd.concat(frames), schema, a.job)


def network_class(path: Path, teachers: Networks, description: dict) -> NetworkClass:
    """Return the class that a file's teachers are from; InputError on another file, or on none."""
    told = {"dim", "depth", "width", "norm", "bound"} <= description.keys()
    if description.get("kind") != "teachers" or not told:
        raise InputError(f"{path}: expected teachers of a class of networks, found another file")
    if len(teachers) == 0:
        raise InputError(f"{path}: expected teachers, found none")
    sizes = [description[name] for name in ("dim", "depth", "width")]
    return NetworkClass(*sizes, float(description["norm"]), description["bound"])


@dataclass(frozen=True)
class Trained:
    """The students of one cell and of teacher 0, by evaluation and then in the order of seeds.

    `pairs` has their columns seed, evaluation and epoch.
    """

    cell: dict
    networks: Networks
    pairs: pd.DataFrame


def load_trained(paths: Sequence[Path], teacher: Networks) -> Trained:
    """Return the students of teacher 0 in a cell's files; raises InputError on others."""
    students = load_cell(paths, teacher=TEACHER)
    check_teachers(paths[0], students, teacher)
    pairs = pd.DataFrame(students.pairs).sort_values(["evaluation", "seed"])
    # A student whose loss is not finite is none, whatever its weights have become.
    broken = ~np.isfinite(students.losses[pairs.index])
    networks = students.networks[pairs.index]
    for array in networks.tensors().values():
        array[broken] = np.nan
    return Trained(students.cell, networks, pairs.drop(columns="teacher"))


def check(name: str, trained: Trained, problem: dict, seeds: Sequence[int]) -> None:
    """Raise InputError unless a cell's students are of the problem, one a seed and evaluation."""
    found = {name: trained.cell[name] for name in problem}
    if found != problem:
        raise InputError(f"{name}: found students of {found}, expected those of {problem}")
    evaluations = trained.pairs["evaluation"].unique().tolist()
    expected = list(itertools.product(evaluations, seeds))
    if list(zip(trained.pairs["evaluation"], trained.pairs["seed"], strict=True)) != expected:
        raise InputError(
            f"{name}: expected a student of teacher {TEACHER} for each evaluation and for each of "
            f"the seeds {list(seeds)}, found {len(trained.pairs)} students"
        )


def spiked_description(
    teachers: dict, spiked: Networks, seeds: Sequence[int], spikes: list[Spike]
) -> dict:
    """Return what the file of spiked teachers says of itself: lists have an entry a network."""
    fields = {
        "active": [spike.active for spike in spikes],
        "radius": [spike.radius for spike in spikes],
        "height": [spike.height for spike in spikes],
        "centre": [spike.centre.tolist() for spike in spikes],
        "seed": list(seeds[: len(spikes)]),
    }
    return {
        **teachers,
        "family": "spiked",
        "width": spiked.weights[0].shape[1],
        "sign": [sign for sign in SIGNS for _ in spikes],
        **{name: entries * len(SIGNS) for name, entries in fields.items()},
    }


def measure(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    points: int,
    stream: Stream,
    device: str,
    threads: int,
) -> Errors:
    """Return errors, exact for d = 1 and else sampled, and then climbed from the worst place."""
    if teachers.weights[0].shape[2] == 1:
        return exact_errors(teachers, students, teacher_of, device, threads)
    sampled = sampled_errors(teachers, students, teacher_of, points, stream, device, threads)
    return climbed_errors(teachers, students, teacher_of, sampled, threads)


def adaptive_frames(
    trained: Trained,
    spikes: list[Spike],
    norms: np.ndarray,
    spiked: Networks,
    measured: Callable,
) -> Iterator[pd.DataFrame]:
    """Yield a row for each student and sign, of one sign and norm after another.

    `norms` are the coefficient norms of the spikes, in the order of `spiked`.
    """
    dim, number = len(spikes[0].centre), np.arange(len(trained.pairs)) % len(spikes)
    centres = np.stack([spikes[k].centre for k in number])
    common = trained.pairs.assign(
        **trained.cell,
        kind="adaptive",
        algorithm="network",
        active=[spikes[k].active for k in number],
        radius=[spikes[k].radius for k in number],
        height=[spikes[k].height for k in number],
        spikes=1,
        untouched=1.0,
        **{f"centre{i}": centres[:, i] for i in range(dim)},
    )
    for row, sign in enumerate(SIGNS):
        rows = row * len(spikes) + number
        stream = Stream("evaluation", dim=dim)
        errors = measured(spiked, trained.networks, rows, stream=stream)
        if dim > 1:
            errors = climbed_from(spiked, trained.networks, rows, centres, errors)
        places = {f"at{i}": errors.place[:, i] for i in range(dim)}
        signed = common.assign(**places, sign=sign, coefficient_norm=norms[rows])
        for norm in NORMS:
            yield signed.assign(norm=norm, error=errors.norms[norm])


def climbed_from(
    teachers: Networks,
    students: Networks,
    teacher_of: np.ndarray,
    starts: np.ndarray,
    errors: Errors,
) -> Errors:
    """Return the errors with the uniform one no less than where the climb from `starts` ends."""
    largest, place = climb(teachers, students, teacher_of, starts)
    better = largest > errors.norms["inf"]
    norms = {**errors.norms, "inf": np.where(better, largest, errors.norms["inf"])}
    return Errors(norms, np.where(better[:, None], place, errors.place))


def fixed_frames(
    trained: Trained,
    teacher: Networks,
    grid: SpikeGrid,
    touched: np.ndarray,
    measured: Callable,
    device: str,
) -> Iterator[pd.DataFrame]:
    """Yield a row for each evaluation, of one norm and statistic after another.

    `touched` [seeds, spikes] is whether a seed's sample touches a spike: it counts as 0 there.
    """
    seeds, dim = len(touched), teacher.weights[0].shape[2]
    none = np.zeros(len(trained.pairs), int)
    stream = Stream("evaluation", dim=dim)
    uniform = measured(teacher, trained.networks, none, stream=stream) if dim > 1 else None
    largest, total = defaultdict(float), defaultdict(float)
    for numbers, errors in spike_errors(teacher, trained.networks, uniform, grid, device):
        seen = touched[:, None, numbers]
        for norm, values in errors.items():
            by_seed = values.reshape(-1, seeds, *values.shape[1:])
            means = np.where(seen, 0.0, by_seed).mean(1)
            largest[norm] = np.maximum(largest[norm], means.max((1, 2)))
            total[norm] = total[norm] + means.sum((1, 2))
    common = (
        trained.pairs.iloc[::seeds]
        .drop(columns="seed")
        .assign(
            **trained.cell,
            algorithm="network",
            active=grid.active,
            radius=grid.radius,
            height=grid.height,
            spikes=len(grid),
            untouched=1 - touched.mean(),
        )
    )
    empty = {f"{name}{i}": np.nan for name in ("centre", "at") for i in range(dim)}
    for norm in total:
        mean = total[norm] / (len(SIGNS) * len(grid))
        for kind, error in (("fixed_max", largest[norm]), ("fixed_mean", mean)):
            yield common.assign(**empty, seed=None, sign=None, kind=kind, norm=norm, error=error)


if __name__ == "__main__":
    run(main)
