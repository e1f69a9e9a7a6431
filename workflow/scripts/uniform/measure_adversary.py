"""Measure students against their teacher plus spikes that their samples miss, for d = 1."""

import argparse
from functools import partial

from supnorm.errors.exact import exact_errors
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import InputError, run
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
    parser.on_device()
    parser.parallel()
    parser.writes("spiked", help="safetensors file to write")
    parser.writes("errors", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Measure the spiked teachers' errors, as the arguments say."""
    problem = load_problem(a.teachers, a.sample, a.students)
    dim = problem.cls.dim
    if dim > 1:
        raise InputError(f"{a.teachers}: found teachers of d = {dim}, expected d = 1")
    measured = partial(exact_errors, device=a.device, threads=a.threads)
    problem.save_spiked(a.spiked)
    rows = spiked_rows(problem, measured, [None] * len(problem.trained), a.device)
    write_table(a.errors, rows, adversary_schema(dim), a.job)


if __name__ == "__main__":
    run(main)
