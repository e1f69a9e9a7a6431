"""Tabulate how near to every teacher there are functions on which all its students err."""

import argparse
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.networks import Networks, load_teachers
from supnorm.packed import values
from supnorm.students import CellStudents, cell_files, check_teachers, load_students
from supnorm.tables.errors import LEADING
from supnorm.tables.samples import read_samples
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.neighbours import Surroundings, check_neighbours, neighbours
from supnorm.uniform.spiked import network_class
from supnorm.uniform.tables.bounds import BOUNDS
from supnorm.uniform.tables.neighbours import LOWER_BOUNDS, NEIGHBOURS
from supnorm.uniform.theory.bounds import NetworkClass, admissible_actives_sharp

PROBLEM = ["family", "dim", "samples"]
PAIR = ["teacher", "seed"]


def main(argv: list[str]) -> None:
    """Write a row for each teacher, seed and kind of neighbour."""
    parser = Program(__doc__, __file__)
    parser.reads("errors", help="errors of all students")
    parser.reads("bounds", help="theoretical bounds")
    parser.reads("teachers", nargs="+", help="safetensors")
    parser.reads("samples", nargs="+", help="<family>/d<dim>_m<m>.parquet")
    parser.reads("students", nargs="+", help="safetensors of all cells of these")
    parser.writes("neighbours", help="Parquet table to write")
    a = parser.parse_args(argv)
    frames = [pd.DataFrame(columns=NEIGHBOURS.arrow().names), *tabulated(a)]
    # Problem after problem, in whatever order the samples come.
    frame = pd.concat(frames).sort_values(PROBLEM, kind="stable")
    write_table(a.neighbours, frame, NEIGHBOURS, a.job)
    a.job.write_record()


def tabulated(a: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """Yield the rows of each sample file, as the arguments say."""
    errors, bounds, files = least_errors(a.errors), best_bounds(a.bounds), cell_files(a.students)
    teachers = {}
    for path in a.teachers:
        networks, told = load_teachers(path)
        teachers[told["family"], told["dim"]] = networks, network_class(path, networks, told)
    for path in a.samples:
        problem = family, dim, samples = named(path)
        if (family, dim) not in teachers:
            raise InputError(f"{path}: expected teachers of {family} for d = {dim}, found none")
        if (dim, samples) not in bounds.index:
            raise InputError(f"{a.bounds}: expected bounds of d = {dim}, m = {samples}, found none")
        networks, cls = teachers[family, dim]
        start = f"{family}/{path.stem}_L"
        shards = [shard for name in files if name.startswith(start) for shard in files[name]]
        of_problem = errors.loc[problem] if problem in errors.index else errors.iloc[:0]
        if admissible_actives_sharp(cls):
            seeds, points, _ = read_samples(path, dim, samples)
            sample = dict(zip(seeds, points, strict=True))
            of_bounds = bounds.loc[(dim, samples)].to_dict()
            rows = problem_rows(cls, networks, sample, shards, of_bounds, of_problem)
        else:  # without spikes a teacher has no such neighbour
            rows = pd.DataFrame([{"kind": "highest", "distance": np.inf}])
            rows = of_problem.reset_index().merge(rows, how="cross")
        rows = rows.rename(columns={"inf": "uniform_error", "2": "l2_error"})
        yield rows.assign(**dict(zip(PROBLEM, problem, strict=True)))


def problem_rows(
    cls: NetworkClass,
    teachers: Networks,
    sample: dict[int, np.ndarray],
    shards: Sequence[Path],
    bounds: dict[str, float],
    errors: pd.DataFrame,
) -> pd.DataFrame:
    """Return the rows of all teachers and seeds of a problem, checked against networks.

    `sample` has each seed's points [samples, dim]; `errors` are those of `least_errors`, and come
    with the rows. Raises InputError where a teacher has no students or errors for a seed.
    """
    around = {seed: Surroundings.of(cls, points) for seed, points in sample.items()}
    found = deviations(shards, teachers, around)
    frames = []
    for teacher, seed in itertools.product(range(len(teachers)), sample):
        pair = teacher, seed
        if pair not in found or pair not in errors.index:
            kind = "students" if pair not in found else "errors"
            raise InputError(
                f"--{kind}: expected those of teacher {teacher} and seed {seed} for d = {cls.dim} "
                f"and m = {len(sample[seed])}, found none"
            )
        rows = list(neighbours(around[seed], found[pair], bounds, errors.loc[pair, "2"]))
        check_neighbours(around[seed], teachers[[teacher]], rows, sample[seed])
        frames.append(pd.DataFrame(rows).assign(teacher=teacher, seed=seed))
    return pd.concat(frames).merge(errors.reset_index(), on=PAIR)


def deviations(
    shards: Sequence[Path], teachers: Networks, around: dict[int, Surroundings]
) -> dict[tuple[int, int], np.ndarray]:
    """Return student minus teacher at the places around, [students, places], by teacher and seed.

    The students are all of some files, but those that are not finite: they err everywhere. Files
    are read one teacher after another, for those of wide students may exceed the memory.
    """
    found = defaultdict(list)
    for path, teacher in itertools.product(shards, range(len(teachers))):
        students = load_students(path, teacher=teacher)
        check_teachers(path, students, teachers)
        for seed, some in by_seed(students):
            if seed not in around:
                raise InputError(
                    f"{path}: found a student of seed {seed}, expected seeds {list(around)}"
                )
            places = around[seed].places
            found[teacher, seed].append(values(some, places) - values(teachers[[teacher]], places))
    stacks = {pair: np.concatenate(parts) for pair, parts in found.items()}
    return {pair: stack[np.isfinite(stack).all(1)] for pair, stack in stacks.items()}


def by_seed(students: CellStudents) -> Iterator[tuple[int, Networks]]:
    """Yield each seed of some students, and the networks of those whose loss is finite."""
    seeds, finite = np.array(students.pairs["seed"], int), np.isfinite(students.losses)
    for seed in np.unique(seeds).tolist():
        yield seed, students.networks[np.flatnonzero((seeds == seed) & finite)]


def named(path: Path) -> tuple[str, int, int]:
    """Return family, dimension and sample size that the name of a sample file tells."""
    told = re.fullmatch(r"d([0-9]+)_m([0-9]+)", path.stem)
    if told is None:
        raise InputError(f"{path}: expected a name d<dim>_m<samples>, found another")
    return path.parent.name, int(told[1]), int(told[2])


def least_errors(path: Path) -> pd.DataFrame:
    """Return the least errors of networks, a column a norm, by problem, teacher and seed."""
    errors = read_table(path, LEADING)
    networks = errors[errors["algorithm"] == "network"]
    return networks.groupby([*PROBLEM, *PAIR, "norm"])["error"].min().unstack()


def best_bounds(path: Path) -> pd.DataFrame:
    """Return the lower bounds on the uniform error, a column a bound, by dimension and samples."""
    bounds = read_table(path, BOUNDS.columns)
    best = bounds[bounds["best"] & (bounds["norm"] == "inf")]
    table = best.pivot(index=["dim", "samples"], columns="bound", values="value")
    return table[[name for name in LOWER_BOUNDS if name in table]]


if __name__ == "__main__":
    run(main)
