"""Time the brackets of uniform errors: gap against boxes and seconds, for a run's students.

The students are those of the algorithms that decide the min-max of the uniform error, of all
teachers and seeds. Searches begin in the middle of Q, as if nothing were known of the errors.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from tables import machine, write_measured

from supnorm.errors.certificate import bracket
from supnorm.networks import load_networks
from supnorm.programs import InputError, count, run
from supnorm.students import cell_file, load_students
from supnorm.tables.ranking import MINMAX
from supnorm.tables.schema import Schema, integer, read_table, real, text, truth

CERTIFICATE = Schema(
    "the search for a student's uniform error, to a gap",
    (
        text("family", "kind of target function"),
        integer("dim", "input dimension d"),
        integer("samples", "sample size m"),
        integer("teacher", "number of the teacher"),
        integer("seed", "seed of points, initial weights and shuffles"),
        truth("decides", "whether the teacher attains the maximum of the min-max"),
        real("gap", "high over low, less 1, that was asked for"),
        real("low", "largest difference between teacher and student that was met"),
        real("high", "proved: no difference in Q is larger"),
        real("reached", "high over low, less 1; rounding is forgiven beside the gap"),
        integer("boxes", "boxes for which a bound was computed"),
        real("seconds", "processor time, on one thread", "s"),
    ),
)
ALGORITHM = ["family", "dim", "samples", "depth", "width", "batch_rule", "evaluation"]


def main(argv: list[str]) -> None:
    """Write a row for each student and gap."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="results/<scale> of a run")
    parser.add_argument("--gaps", type=float, nargs="+", default=[1e-1, 1e-2, 1e-3, 1e-6])
    parser.add_argument("--boxes", type=count, default=10**6, help="at most so many a student")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    parts = [
        measure(a.results, decided, a.gaps, a.boxes)
        for decided in deciding(a.results / "tables" / "minmax.parquet")
    ]
    table = pd.concat(parts)
    table["reached"] = table["high"] / table["low"] - 1
    groups = table.groupby(["family", "dim", "samples", "gap"])
    print(groups[["reached", "boxes", "seconds"]].agg(["median", "max"]).to_string())
    write_measured(a.output, table, CERTIFICATE, {**machine("cpu"), "scale": a.results.name})


def deciding(path: Path) -> list[dict]:
    """Return the algorithm and teacher that decide each min-max of the uniform error.

    Raises InputError where there is none.
    """
    needed = {*ALGORITHM, "teacher", "algorithm_set", "norm", "statistic"}
    table = read_table(path, [column for column in MINMAX.columns if column.name in needed])
    chosen = (table["algorithm_set"] == "network") & (table["norm"] == "inf")
    rows = table[chosen & (table["statistic"] == "minmax")][[*ALGORITHM, "teacher"]]
    if rows.empty:
        raise InputError(f"{path}: expected a min-max of the norm inf, found none")
    return rows.to_dict("records")


def measure(results: Path, decided: dict, gaps: list[float], boxes: int) -> pd.DataFrame:
    """Return the rows of one deciding algorithm."""
    family, dim = decided["family"], decided["dim"]
    teachers, _, _ = load_networks(results / "teachers" / family / f"d{dim}.safetensors")
    files = (results / "students").rglob("*.safetensors")
    students = load_students(cell_file(files, decided))
    pairs = pd.DataFrame(students.pairs)
    # What is compiled on first use is not to be timed.
    bracket(teachers, students.networks[:1], pairs["teacher"][:1], np.zeros((1, dim)), 1.0, 1)
    rows = []
    for pair in pairs[pairs["evaluation"] == decided["evaluation"]].itertuples():
        student, teacher_of = students.networks[[pair.Index]], np.array([pair.teacher])
        for gap in gaps:
            start = time.process_time()
            found = bracket(teachers, student, teacher_of, np.zeros((1, dim)), gap, boxes)
            seconds = time.process_time() - start
            bracketed = {"low": found.low[0], "high": found.high[0], "boxes": found.boxes[0]}
            named = {"teacher": pair.teacher, "seed": pair.seed, "gap": gap}
            rows.append({**named, **bracketed, "seconds": seconds})
    frame = pd.DataFrame(rows).assign(family=family, dim=dim, samples=decided["samples"])
    return frame.assign(decides=frame["teacher"] == decided["teacher"])


if __name__ == "__main__":
    run(main)
