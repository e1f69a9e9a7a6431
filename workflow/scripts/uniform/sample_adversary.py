"""Measure students on random points against their teacher plus spikes that samples miss.

For spikes that are fixed beforehand that is all; for adaptive ones a climb follows.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from supnorm.errors.ascent import climbed_errors
from supnorm.errors.measured import Errors
from supnorm.errors.rows import errors_of, read_rows
from supnorm.errors.sampled import sampled_errors
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import run
from supnorm.networks import Networks
from supnorm.streams import Stream
from supnorm.students import CellStudents, cell_files, files_of
from supnorm.tables.cells import PROBLEM
from supnorm.tables.schema import write_table
from supnorm.uniform.spiked import load_problem, spiked_rows
from supnorm.uniform.tables.adversary import adversary_schema


def main(argv: list[str]) -> None:
    """Write the spiked teachers, and a row for each algorithm, kind of spike and norm."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*PROBLEM)
    parser.reads("teachers", help="safetensors of teachers")
    parser.reads("sample", help="the students' samples")
    parser.reads("students", nargs="+", help="safetensors of all cells of these")
    parser.reads("errors", nargs="+", help="their errors, of all cells")
    parser.setting("uniform.evaluation.points")
    parser.on_device()
    parser.parallel()
    parser.writes("spiked", help="safetensors file to write")
    parser.writes("sampled", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Measure the spiked teachers' errors, as the arguments say."""
    problem = load_problem(a.teachers, a.sample, a.students)
    dim, tables = problem.cls.dim, cell_files(a.errors)
    uniform = [
        uniform_errors(files_of(trained.cell, tables), problem.teacher, trained, a.threads)
        for trained in problem.trained
    ]

    def measured(teachers: Networks, students: Networks, teacher_of: np.ndarray) -> Errors:
        stream = Stream("evaluation", dim=dim)
        return sampled_errors(teachers, students, teacher_of, a.points, stream, a.device, a.threads)

    problem.save_spiked(a.spiked)
    rows = spiked_rows(problem, measured, uniform, a.device)
    write_table(a.sampled, rows, adversary_schema(dim), a.job)


def uniform_errors(
    paths: Sequence[Path], teacher: Networks, trained: CellStudents, threads: int
) -> Errors:
    """Return the errors of students against their teacher, a stack of one, as tables have them.

    Where the configuration leaves them sampled, they are climbed to here.
    """
    rows = read_rows(paths, trained)
    errors = errors_of(rows, trained.cell["dim"])
    if (rows["method"] == "sampled").all():
        none = np.zeros(len(trained.networks), int)
        return climbed_errors(teacher, trained.networks, none, errors, threads)
    return errors


if __name__ == "__main__":
    run(main)
