"""Measure the errors of a cell's students on random points, for a climb from the worst of them."""

import argparse

from supnorm.errors.measure import sampled_rows
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import run
from supnorm.students import load_with_teachers
from supnorm.tables.cells import SHARD
from supnorm.tables.errors import errors_schema
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write a row for each student, evaluation and norm."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*SHARD)
    parser.reads("teachers", help="safetensors of teachers")
    parser.reads("students", help="safetensors of students")
    parser.setting("uniform.evaluation.points")
    parser.on_device()
    parser.parallel()
    parser.writes("sampled", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Measure the students of a file, as the arguments say."""
    students, teachers = load_with_teachers(a.students, a.teachers)
    rows = sampled_rows(teachers, students, a.points, a.device, a.threads)
    write_table(a.sampled, rows, errors_schema(students.cell["dim"]), a.job)


if __name__ == "__main__":
    run(main)
