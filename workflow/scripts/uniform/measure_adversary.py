"""Measure students on their teacher plus spikes that their samples do not see, for d = 1."""

import argparse
from functools import partial
from pathlib import Path

from supnorm.job.commands import Program
from supnorm.errors.exact import exact_errors
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import InputError, count, run
from supnorm.uniform.spiked import load_problem, spiked_rows
from supnorm.uniform.tables.adversary import adversary_schema
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write the spiked teachers, and a row for each algorithm, kind of spike and norm."""
    parser = Program(__doc__, __file__)
    parser.reads("--teachers", help="safetensors of teachers")
    parser.reads("--samples-table", help="the students' samples")
    parser.reads("--students", nargs="+", help="safetensors of all cells of these")
    parser.add_argument("--device", choices=["cpu", "cuda"], required=True)
    parser.add_argument("--threads", type=count, default=1, help="students measured at once")
    parser.add_argument("--heartbeat", type=Path, help="JSON file that tells how far it is")
    parser.writes("--spiked", help="safetensors file to write")
    parser.writes("--output", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_errors(a)
    a.job.write_record()


def write_errors(a: argparse.Namespace) -> None:
    """Measure the spiked teachers' errors, as the arguments say."""
    problem = load_problem(a.teachers, a.samples_table, a.students)
    dim = problem.cls.dim
    if dim > 1:
        raise InputError(f"{a.teachers}: found teachers of d = {dim}, expected d = 1")
    measured = partial(exact_errors, device=a.device, threads=a.threads)
    problem.save_spiked(a.spiked)
    rows = spiked_rows(problem, measured, [None] * len(problem.trained), a.device)
    write_table(a.output, rows, adversary_schema(dim), a.job)


if __name__ == "__main__":
    run(main)
