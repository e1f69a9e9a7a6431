"""Measure the errors of a cell's students."""

import argparse
from pathlib import Path

import numpy as np

from supnorm.commands import Program
from supnorm.errors.measure import measure, methods
from supnorm.errors.rows import student_rows
from supnorm.errors.sampled import sampled_errors
from supnorm.heartbeat import Heartbeat
from supnorm.networks import load_teachers
from supnorm.programs import InputError, count, run
from supnorm.streams import Stream
from supnorm.students import check_teachers, load_students
from supnorm.tables.errors import errors_schema
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write a row for each student, evaluation and norm."""
    parser = Program(__doc__, __file__)
    parser.reads("--teachers", help="safetensors of teachers")
    parser.reads("--students", help="safetensors of students")
    parser.setting("--method", "evaluation.method", choices=["exact", "sampled"])
    parser.setting(
        "--points",
        "evaluation.points",
        required=False,
        type=count,
        help="uniform points; none if exact and d = 1",
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], required=True)
    parser.add_argument("--threads", type=count, default=1, help="students measured at once")
    parser.add_argument("--heartbeat", type=Path, help="JSON file that tells how far it is")
    parser.writes("--output", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Measure the students of a file, as the arguments say."""
    teachers, _ = load_teachers(a.teachers)
    students = load_students(a.students)
    check_teachers(a.students, students, teachers)
    dim = teachers.weights[0].shape[2]
    # The points depend on the dimension alone: all students of all cells meet the same ones.
    stream = Stream("evaluation", dim=dim)
    teacher_of = np.array(students.pairs["teacher"])
    exact = a.method == "exact"
    if a.points is None and not (exact and dim == 1):
        raise InputError(f"--points: found none, expected a number for d = {dim}")
    find = measure if exact else sampled_errors
    measured = find(teachers, students.networks, teacher_of, a.points, stream, a.device, a.threads)
    how = methods(dim) if exact else dict.fromkeys(NORMS, "sampled")
    write_table(a.output, student_rows(students, measured, how), errors_schema(dim), a.job)


if __name__ == "__main__":
    run(main)
