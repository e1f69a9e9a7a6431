"""Climb from the worst random point of each of a cell's students to a local maximum."""

import argparse

import numpy as np

from supnorm.errors.ascent import climbed_errors
from supnorm.errors.rows import errors_of, read_rows, student_rows
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import InputError, run
from supnorm.students import load_with_teachers
from supnorm.tables.cells import SHARD
from supnorm.tables.errors import errors_schema
from supnorm.tables.schema import write_table

# How the error in each norm is found.
METHODS = {"1": "sampled", "2": "sampled", "inf": "ascent"}


def main(argv: list[str]) -> None:
    """Write a row for each student, evaluation and norm."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*SHARD)
    parser.reads("teachers", help="safetensors of teachers")
    parser.reads("students", help="safetensors of students")
    parser.reads("sampled", help="their errors on random points")
    parser.parallel()
    parser.writes("errors", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Climb for the students of a file, as the arguments say."""
    students, teachers = load_with_teachers(a.students, a.teachers)
    dim = students.cell["dim"]
    sampled = read_rows([a.sampled], students)
    if others := {*sampled["method"]} - {"sampled"}:
        raise InputError(f"{a.sampled}: found errors of method {others.pop()}, expected sampled")
    teacher_of = np.array(students.pairs["teacher"])
    start = errors_of(sampled, dim)
    climbed = climbed_errors(teachers, students.networks, teacher_of, start, a.threads)
    write_table(a.errors, student_rows(students, climbed, METHODS), errors_schema(dim), a.job)


if __name__ == "__main__":
    run(main)
