"""Measure the errors of a cell's students: exactly for d = 1, or on random points."""

import argparse

import numpy as np

from supnorm.errors.exact import exact_errors
from supnorm.errors.measure import sampled_rows
from supnorm.errors.rows import student_rows
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import InputError, run
from supnorm.students import load_with_teachers
from supnorm.tables.cells import SHARD
from supnorm.tables.errors import errors_schema
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write a row for each student, evaluation and norm."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*SHARD)
    parser.reads("teachers", help="safetensors of teachers")
    parser.reads("students", help="safetensors of students")
    parser.setting("uniform.evaluation.method")
    parser.setting("uniform.evaluation.points", required=False)
    parser.on_device()
    parser.parallel()
    parser.writes("errors", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Measure the students of a file, as the arguments say."""
    students, teachers = load_with_teachers(a.students, a.teachers)
    dim = students.cell["dim"]
    if a.method == "exact" and dim > 1:
        raise InputError(f"{a.students}: found students of d = {dim}, expected d = 1 if exact")
    if a.method == "sampled" and a.points is None:
        raise InputError(
            "--uniform.evaluation.points: found none, expected a number if errors are sampled"
        )
    if a.method == "exact":
        teacher_of = np.array(students.pairs["teacher"])
        measured = exact_errors(teachers, students.networks, teacher_of, a.device, a.threads)
        rows = student_rows(students, measured, dict.fromkeys(NORMS, "exact"))
    else:
        rows = sampled_rows(teachers, students, a.points, a.device, a.threads)
    write_table(a.errors, rows, errors_schema(dim), a.job)


if __name__ == "__main__":
    run(main)
