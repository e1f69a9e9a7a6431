"""Climb to the uniform errors of students on their teacher plus spikes, for d > 1."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.errors.ascent import climb, climbed_errors
from supnorm.errors.measured import Errors
from supnorm.errors.rows import errors_of
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import InputError, run
from supnorm.networks import Networks, load_networks
from supnorm.students import CellStudents, cell_files
from supnorm.tables.cells import PROBLEM
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.adversary import SIGNS
from supnorm.uniform.spiked import load_trained
from supnorm.uniform.tables.adversary import adversary_schema


def main(argv: list[str]) -> None:
    """Write a row for each algorithm, kind of spike and norm."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*PROBLEM)
    parser.reads("spiked", help="safetensors of the spiked teachers")
    parser.reads("students", nargs="+", help="safetensors of all cells of these")
    parser.reads("sampled", help="their errors on random points")
    parser.parallel()
    parser.writes("errors", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Climb for all students, as the arguments say."""
    spiked, description, _ = load_networks(a.spiked)
    if description.get("family") != "spiked":
        raise InputError(f"{a.spiked}: expected teachers plus spikes, found another file")
    dim = description["dim"]
    schema = adversary_schema(dim)
    table = read_table(a.sampled, schema.columns)
    places = [f"at{i}" for i in range(dim)]
    for paths in cell_files(a.students).values() if len(spiked) else ():
        trained = load_trained(paths, spiked)
        for rows in adaptive_rows(a.sampled, table, trained):
            teacher_of = spiked_of(a.spiked, description, rows)
            errors = climbed(spiked, trained.networks, teacher_of, rows, a.threads)
            table.loc[rows["row"], "error"] = np.concatenate([errors.norms[n] for n in NORMS])
            table.loc[rows["row"], places] = np.tile(errors.place, (len(NORMS), 1))
    write_table(a.errors, table, schema, a.job)


def adaptive_rows(path: Path, table: pd.DataFrame, trained: CellStudents) -> Iterator[pd.DataFrame]:
    """Yield the rows of a cell's students on adaptive spikes, first one sign, then the other.

    Each has the norms one after another, students in order; the column `row` is the row of the
    table. Raises InputError unless the table has each of them once.
    """
    adaptive = table[table["kind"] == "adaptive"].rename_axis("row").reset_index()
    named = pd.DataFrame(trained.pairs).drop(columns="teacher").assign(**trained.cell)
    named = named.assign(kind="adaptive", algorithm="network")
    for sign in SIGNS:
        wanted = pd.concat([named.assign(sign=sign, norm=norm) for norm in NORMS])
        rows = wanted.merge(adaptive, how="left")
        if len(rows) != len(wanted) or rows["error"].isna().any():
            raise InputError(
                f"{path}: expected the errors of {len(named)} students of {trained.cell}, found "
                "others"
            )
        yield rows


def spiked_of(path: Path, description: dict, rows: pd.DataFrame) -> list[int]:
    """Return the number of each student's spiked teacher; raises InputError where there is none."""
    pairs = list(zip(description["sign"], description["seed"], strict=True))
    wanted = rows[rows["norm"] == "inf"]
    try:
        return [pairs.index(pair) for pair in zip(wanted["sign"], wanted["seed"], strict=True)]
    except ValueError:
        raise InputError(f"{path}: expected a spike of each student's seed, found none") from None


def climbed(
    spiked: Networks,
    students: Networks,
    teacher_of: Sequence[int],
    rows: pd.DataFrame,
    threads: int,
) -> Errors:
    """Return sampled errors with the uniform error replaced by the larger of two local maxima.

    One is reached from the worst random point, the other from the centre of the spike.
    """
    dim = spiked.weights[0].shape[2]
    centres = rows.loc[rows["norm"] == "inf", [f"centre{i}" for i in range(dim)]].to_numpy()
    pairs = spiked, students, np.array(teacher_of)
    errors = climbed_errors(*pairs, errors_of(rows, dim), threads)
    largest, place = climb(*pairs, centres, threads)
    better = largest > errors.norms["inf"]
    norms = {**errors.norms, "inf": np.where(better, largest, errors.norms["inf"])}
    return Errors(norms, np.where(better[:, None], place, errors.place))


if __name__ == "__main__":
    run(main)
