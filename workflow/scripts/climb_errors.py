"""Climb from the worst random point of each of a cell's students to a local maximum."""

import argparse
from pathlib import Path

import numpy as np

from supnorm.commands import Program
from supnorm.errors.ascent import climbed_errors
from supnorm.errors.rows import read_sampled, student_rows
from supnorm.heartbeat import Heartbeat
from supnorm.networks import load_teachers
from supnorm.programs import count, run
from supnorm.students import check_teachers, load_students
from supnorm.tables.errors import errors_schema
from supnorm.tables.schema import write_table

# How the error in each norm is found.
METHODS = {"1": "sampled", "2": "sampled", "inf": "ascent"}


def main(argv: list[str]) -> None:
    """Write a row for each student, evaluation and norm."""
    parser = Program(__doc__, __file__)
    parser.reads("--teachers", help="safetensors of teachers")
    parser.reads("--students", help="safetensors of students")
    parser.reads("--sampled", help="their errors on random points")
    parser.add_argument("--threads", type=count, default=1, help="students that climb at once")
    parser.add_argument("--heartbeat", type=Path, help="JSON file that tells how far it is")
    parser.writes("--output", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Climb for the students of a file, as the arguments say."""
    teachers, _ = load_teachers(a.teachers)
    students = load_students(a.students)
    check_teachers(a.students, students, teachers)
    sampled = read_sampled(a.sampled, students)
    teacher_of = np.array(students.pairs["teacher"])
    climbed = climbed_errors(teachers, students.networks, teacher_of, sampled, a.threads)
    rows = student_rows(students, climbed, METHODS)
    write_table(a.output, rows, errors_schema(students.cell["dim"]), a.job)


if __name__ == "__main__":
    run(main)
