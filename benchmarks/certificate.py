"""Time the brackets of uniform errors: gap against boxes and seconds, for a run's students.

The students are those of the algorithms that decide the min-max of the uniform error where d > 1,
of all teachers and seeds. Searches begin in the middle of Q, as if nothing were known.
"""

import argparse
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.errors.certificate import bracket
from supnorm.job.programs import InputError, count, run
from supnorm.networks import load_teachers
from supnorm.students import cell_files, files_of, load_cell
from supnorm.tables.schema import read_table
from supnorm.uniform.tables.ranking import MINMAX
from tables import CERTIFICATE, machine, write_measured


def main(argv: list[str]) -> None:
    """Write a row for each student and gap."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="results/<scale> of a run")
    parser.add_argument("--gaps", type=float, nargs="+", default=[1e-1, 1e-2, 1e-3, 1e-6])
    parser.add_argument("--boxes", type=count, default=10**6, help="at most so many a student")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    results = a.results / "uniform"
    table = pd.DataFrame(
        row
        for decided in deciding(results / "tables/minmax.parquet")
        for row in measure(results, decided, a.gaps, a.boxes)
    )
    columns = table.groupby(["dim", "gap"])[["boxes", "seconds", "met"]]
    print(columns.agg(["median", "max"]).to_string())
    write_measured(a.output, table, CERTIFICATE, {**machine("cpu"), "scale": a.results.name})


def deciding(path: Path) -> list[dict]:
    """Return the cell and evaluation that decide each min-max of the uniform error.

    Raises InputError where there is none for d > 1.
    """
    table = read_table(path, MINMAX.columns)
    decides = (table["algorithm_set"] == "network") & (table["statistic"] == "minmax")
    table = table[decides & (table["norm"] == "inf") & (table["dim"] > 1)]
    if table.empty:
        raise InputError(f"{path}: expected a min-max of the norm inf for d > 1, found none")
    return table.to_dict("records")


def measure(results: Path, decided: Mapping, gaps: list[float], boxes: int) -> Iterator[dict]:
    """Yield the rows of the students of one cell and evaluation."""
    cell = {name: decided[name] for name in ("family", "dim", "samples")}
    teachers, _ = load_teachers(results / "teachers/{family}/d{dim}.safetensors".format(**cell))
    files = cell_files((results / "students").rglob("*.safetensors"))
    students = load_cell(files_of(decided, files))
    pairs = pd.DataFrame(students.pairs)
    start = np.zeros((1, decided["dim"]))
    # What is compiled on first use is not to be timed.
    bracket(teachers, students.networks[:1], pairs["teacher"][:1], start, 1.0, 1)
    for pair in pairs[pairs["evaluation"] == decided["evaluation"]].itertuples():
        student, teacher_of = students.networks[[pair.Index]], np.array([pair.teacher])
        for gap in gaps:
            began = time.process_time()
            found = bracket(teachers, student, teacher_of, start, gap, boxes)
            yield {
                **cell,
                "teacher": pair.teacher,
                "seed": pair.seed,
                "gap": gap,
                "low": found.low[0],
                "high": found.high[0],
                # Only a search that cannot halve once more ends without the gap.
                "met": found.boxes[0] < boxes - 1,
                "boxes": found.boxes[0],
                "seconds": time.process_time() - began,
            }


if __name__ == "__main__":
    run(main)
