"""Problems of the worst case: students of teacher 0, and that teacher plus spikes.

What the programs that measure, sample and climb on spiked teachers share.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.errors.measured import Errors
from supnorm.job.programs import InputError
from supnorm.networks import Networks, load_teachers, save_networks
from supnorm.students import CellStudents, cell_files, check_teachers, load_cell
from supnorm.tables.norms import NORMS
from supnorm.tables.samples import read_samples
from supnorm.uniform.adversary import (
    SIGNS,
    Spike,
    SpikeGrid,
    checked_norms,
    spike_errors,
    spike_networks,
    spiked_teachers,
    unseen_spike,
)
from supnorm.uniform.tables.adversary import adversary_schema
from supnorm.uniform.theory.bounds import NetworkClass, admissible_actives_sharp

# The number of the teacher u_0 to which spikes are added.
TEACHER = 0


@dataclass(frozen=True)
class Problem:
    """The worst case at one sample size: a class, its teacher 0, and the students of that.

    `teacher` is a stack of one, `description` that of its file; `points` has the sample [samples,
    dim] of each of the `seeds`, which increase. `trained` are the students of each cell, by
    evaluation and then in the order of seeds.
    """

    cls: NetworkClass
    teacher: Networks
    description: dict
    seeds: Sequence[int]
    points: Sequence[np.ndarray]
    trained: list[CellStudents]

    @cached_property
    def spikes(self) -> list[Spike]:
        """Return a spike for each seed, which its sample does not see; none if the class has none.

        Such is a class of depth below 3 or of width 1.
        """
        actives = admissible_actives_sharp(self.cls)
        return [unseen_spike(self.cls, sample) for sample in self.points if actives]

    @cached_property
    def spiked(self) -> Networks:
        """Return the teacher plus each spike, then minus each, [2 spikes]."""
        return spiked_teachers(self.cls, self.teacher, self.spikes)

    def save_spiked(self, path: Path) -> None:
        """Write the spiked teachers."""
        told = spiked_description(self.description, self.spiked, self.seeds, self.spikes)
        save_networks(path, self.spiked, told)


def load_problem(teachers: Path, samples: Path, students: Sequence[Path]) -> Problem:
    """Return the problem of files of teachers, of samples and of all cells' students.

    Raises InputError where they do not belong together.
    """
    networks, description = load_teachers(teachers)
    cls, teacher = network_class(teachers, networks, description), networks[[TEACHER]]
    files = cell_files(students)
    trained = [load_trained(paths, teacher) for paths in files.values()]
    cell = trained[0].cell
    sample = read_samples(samples, cls.dim, cell["samples"])
    seeds, points = zip(*sorted(zip(*sample[:2], strict=True)), strict=True)
    for name, some in zip(files, trained, strict=True):
        _check(name, some, {name: cell[name] for name in ("family", "dim", "samples")}, seeds)
    return Problem(cls, teacher, description, seeds, points, trained)


def network_class(path: Path, teachers: Networks, description: dict) -> NetworkClass:
    """Return the class that a file's teachers are from; raises InputError where it has none."""
    told = {"dim", "depth", "width", "norm", "bound"} <= description.keys()
    if description.get("kind") != "teachers" or not told:
        raise InputError(f"{path}: expected teachers of a class of networks, found another file")
    if len(teachers) == 0:
        raise InputError(f"{path}: expected teachers, found none")
    sizes = [description[name] for name in ("dim", "depth", "width")]
    return NetworkClass(*sizes, float(description["norm"]), description["bound"])


def load_trained(paths: Sequence[Path], teachers: Networks) -> CellStudents:
    """Return the students of teacher 0 in a cell's files, by evaluation and in the order of seeds.

    Raises InputError where they are none of the teachers' dimension.
    """
    students = load_cell(paths, teacher=TEACHER)
    check_teachers(paths[0], students, teachers)
    pairs = pd.DataFrame(students.pairs).sort_values(["evaluation", "seed"])
    losses, networks = students.losses[pairs.index], students.networks[pairs.index]
    # A student whose loss is not finite is none, whatever its weights have become.
    for array in networks.tensors().values():
        array[~np.isfinite(losses)] = np.nan
    return CellStudents(networks, students.cell, pairs.to_dict("list"), losses)


def _check(name: str, trained: CellStudents, problem: dict, seeds: Sequence[int]) -> None:
    """Raise InputError unless a cell's students are of the problem, one a seed and evaluation."""
    found = {name: trained.cell[name] for name in problem}
    if found != problem:
        raise InputError(f"{name}: found students of {found}, expected those of {problem}")
    pairs = list(zip(trained.pairs["evaluation"], trained.pairs["seed"], strict=True))
    if pairs != list(itertools.product(dict.fromkeys(trained.pairs["evaluation"]), seeds)):
        raise InputError(
            f"{name}: expected a student of teacher {TEACHER} for each evaluation and for each of "
            f"the seeds {list(seeds)}, found {len(pairs)} students"
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


def spiked_rows(
    problem: Problem,
    measured: Callable[[Networks, Networks, np.ndarray], Errors],
    uniform: Sequence[Errors | None],
    device: str,
) -> pd.DataFrame:
    """Return a row for each algorithm, kind of spike and norm, cell after cell.

    `measured(teachers, students, teacher_of)` returns the errors on spiked teachers, and `uniform`
    has those of each cell's students against teacher 0, which only d > 1 needs.
    """
    schema = adversary_schema(problem.cls.dim)
    frames = [pd.DataFrame(columns=[column.name for column in schema.columns])]
    if problem.spikes:
        cls, cell = problem.cls, problem.trained[0].cell
        grid = SpikeGrid.against(cls, cell["samples"])
        touched = np.stack([grid.touched(sample) for sample in problem.points])
        norms = checked_norms(cls, spike_networks(cls, problem.spikes))
        fixed_norm = checked_norms(cls, spike_networks(cls, grid.corners(cls.dim))).max()
        frames = []
        for trained, errors in zip(problem.trained, uniform, strict=True):
            frames += adaptive_frames(trained, problem.spikes, norms, problem.spiked, measured)
            fixed = fixed_frames(trained, problem.teacher, grid, touched, errors, device)
            frames += (frame.assign(coefficient_norm=fixed_norm) for frame in fixed)
    return pd.concat(frames)


def adaptive_frames(
    trained: CellStudents,
    spikes: list[Spike],
    norms: np.ndarray,
    spiked: Networks,
    measured: Callable,
) -> Iterator[pd.DataFrame]:
    """Yield a row for each student and sign, of one sign and norm after another.

    `norms` are the coefficient norms of the spikes, in the order of `spiked`.
    """
    dim, number = len(spikes[0].centre), np.arange(len(trained.networks)) % len(spikes)
    centres = np.stack([spikes[k].centre for k in number])
    common = _pairs(trained).assign(
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
        errors = measured(spiked, trained.networks, rows)
        places = {f"at{i}": errors.place[:, i] for i in range(dim)}
        signed = common.assign(**places, sign=sign, coefficient_norm=norms[rows])
        for norm in NORMS:
            yield signed.assign(norm=norm, error=errors.norms[norm])


def fixed_frames(
    trained: CellStudents,
    teacher: Networks,
    grid: SpikeGrid,
    touched: np.ndarray,
    uniform: Errors | None,
    device: str,
) -> Iterator[pd.DataFrame]:
    """Yield a row for each evaluation, of one norm and statistic after another.

    `touched` [seeds, spikes] is whether a seed's sample touches a spike: it counts as 0 there.
    `uniform` are the students' errors against the teacher, not needed for d = 1.
    """
    seeds, dim = len(touched), teacher.weights[0].shape[2]
    largest, total = defaultdict(float), defaultdict(float)
    for numbers, errors in spike_errors(teacher, trained.networks, uniform, grid, device):
        seen = touched[:, None, numbers]
        for norm, values in errors.items():
            by_seed = values.reshape(-1, seeds, *values.shape[1:])
            means = np.where(seen, 0.0, by_seed).mean(1)
            largest[norm] = np.maximum(largest[norm], means.max((1, 2)))
            total[norm] = total[norm] + means.sum((1, 2))
    common = (
        _pairs(trained)
        .iloc[::seeds]
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


def _pairs(trained: CellStudents) -> pd.DataFrame:
    """Return seed, evaluation and epoch of each student."""
    return pd.DataFrame(trained.pairs).drop(columns="teacher")
