"""Locate the largest errors: how far from samples they are, and how near to the boundary."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import InputError, run
from supnorm.networks import Networks, load_teachers
from supnorm.students import cell_files, check_teachers, files_of, load_cell
from supnorm.tables.errors import errors_schema
from supnorm.tables.samples import samples_schema
from supnorm.tables.schema import read_table, table_columns, write_table
from supnorm.uniform.places import count_faces, distances, inner_errors
from supnorm.uniform.tables.places import places_schema

PROBLEM = ["family", "dim", "samples"]
CELL = [*PROBLEM, "depth", "width", "batch_rule"]
PAIR = ["teacher", "seed", "evaluation"]


def main(argv: list[str]) -> None:
    """Write a row for each student of a teacher, at its last evaluation."""
    parser = Program(__doc__, __file__)
    parser.reads("errors", help="table of all errors")
    parser.reads("teachers", nargs="+", help="safetensors")
    parser.reads("samples", nargs="+", help="<family>/d<dim>_m<samples>.parquet")
    parser.reads("students", nargs="*", default=[], help="of all cells as narrow as the width")
    parser.setting("uniform.places.cube")
    parser.setting("uniform.certificate.width")
    parser.parallel()
    parser.writes("places", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_places(a)
    a.job.write_record()


def write_places(a: argparse.Namespace) -> None:
    """Locate the errors of a table, as the arguments say."""
    loaded = [load_teachers(path) for path in a.teachers]
    teachers = {(told["family"], told["dim"]): networks for networks, told in loaded}
    files, frames = cell_files(a.students), []
    errors = last_errors(a.errors)
    for problem, of_problem in errors.groupby(PROBLEM):
        # A family of functions that are no networks has no file of teachers.
        if problem[:2] not in teachers:
            continue
        located = with_distances(of_problem, find_samples(a.samples, *problem))
        for _, rows in located.groupby(CELL):
            inner = np.nan
            if rows["width"].iloc[0] <= a.width:
                inner = measure_inside(rows, files, teachers[problem[:2]], a.cube, a.threads)
            frames.append(rows.assign(cube=a.cube, inner=inner, share=inner / rows["error"]))
    if not frames:
        raise InputError(f"{a.errors}: expected uniform errors of the --teachers, found none")
    write_table(a.places, pd.concat(frames), places_schema(coordinates(a.errors)), a.job)


def coordinates(errors: Path) -> int:
    """Return the number of coordinates that a table has for the place of the uniform error."""
    return sum(name.startswith("at") for name in table_columns(errors))


def last_errors(path: Path) -> pd.DataFrame:
    """Return the uniform errors of all networks at the last evaluation of their cells."""
    errors = read_table(path, errors_schema(coordinates(path)).columns)
    errors = errors[(errors["norm"] == "inf") & (errors["algorithm"] == "network")]
    last = errors.groupby(CELL)["evaluation"].transform("max")
    return errors[errors["evaluation"] == last]


def find_samples(paths: Sequence[Path], family: str, dim: int, samples: int) -> Mapping:
    """Return the points [samples, dim] of each seed of a problem, by the seed."""
    for path in paths:
        if (path.parent.name, path.stem) == (family, f"d{dim}_m{samples}"):
            table = read_table(path, samples_schema(dim, 0).columns)
            names = [f"x{i}" for i in range(dim)]
            return {seed: rows[names].to_numpy() for seed, rows in table.groupby("seed")}
    raise InputError(f"--samples: expected {family}/d{dim}_m{samples}.parquet, found none")


def with_distances(errors: pd.DataFrame, samples: Mapping[int, np.ndarray]) -> pd.DataFrame:
    """Return the errors of a problem with what is known of their places and the samples."""
    names = [f"at{i}" for i in range(errors["dim"].iloc[0])]
    frames = []
    for seed, rows in errors.groupby("seed"):
        if seed not in samples:
            raise InputError(f"--samples: expected points of the seed {seed}, found none")
        places = rows[names].to_numpy()
        nearest, typical = distances(places, samples[seed])
        placed, faces = np.isfinite(nearest), count_faces(places)
        alike = np.where(placed, typical[faces], np.nan)
        located = {
            "nearest": nearest,
            "random": typical[0],
            "ratio": nearest / typical[0],
            "alike": alike,
            "ratio_alike": nearest / alike,
            "face": 2 * np.abs(places).max(1),
            "faces": np.where(placed, faces, np.nan),
        }
        frames.append(rows.assign(**located))
    return pd.concat(frames)


def measure_inside(
    errors: pd.DataFrame,
    files: Mapping[str, list[Path]],
    teachers: Networks,
    cube: float,
    threads: int,
) -> np.ndarray:
    """Return the errors in a smaller cube of a cell's students, in the order of their `errors`."""
    cell = errors.iloc[0]
    paths = files_of(cell, files)
    students = load_cell(paths, evaluation=int(cell["evaluation"]))
    check_teachers(paths[0], students, teachers)
    pairs = pd.DataFrame(students.pairs)[PAIR]
    inner = inner_errors(teachers, students.networks, pairs["teacher"].to_numpy(), cube, threads)
    found = errors[[*PAIR, "error"]].merge(pairs.assign(inner=inner), "left", PAIR)
    if found["inner"].isna().any():
        raise InputError(f"{paths[0]}: expected all students that have errors, found others")
    # A student whose loss is not finite has no finite error, whatever is measured.
    return np.where(np.isfinite(found["error"]), found["inner"], np.inf)


if __name__ == "__main__":
    run(main)
