"""Run algorithms again on teacher 0 plus and minus a spike that none of their points sees."""

import sys
from pathlib import Path

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.networks import load_teachers
from supnorm.tables.cells import PROBLEM
from supnorm.tables.errors import errors_schema
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.challenge import challenge, challenge_row
from supnorm.uniform.references.algorithms import UnsuitableError
from supnorm.uniform.references.learners import learners
from supnorm.uniform.references.own import check_own
from supnorm.uniform.spiked import TEACHER, network_class
from supnorm.uniform.tables.challenges import challenges_schema
from supnorm.uniform.theory.bounds import admissible_actives_sharp


def main(argv: list[str]) -> None:
    """Write a row for each algorithm and seed; none where the class has no spikes."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*PROBLEM)
    parser.reads("teachers", help="safetensors of teachers")
    parser.reads("references", help="errors of the algorithms on the teachers")
    parser.reads("own", nargs="*", default=[], required=False, help="files of one's own algorithms")
    parser.setting("uniform.reference.algorithms")
    parser.writes("challenges", help="Parquet table to write")
    a = parser.parse_args(argv)
    check_own(a.algorithms, a.own)
    networks, description = load_teachers(a.teachers)
    cls, teacher = network_class(a.teachers, networks, description), networks[[TEACHER]]
    found = []
    if admissible_actives_sharp(cls):
        worst = worst_places(a.references, cls.dim)
        for name, algorithm in learners(a.algorithms).items():
            try:
                for seed in worst.index.unique("seed"):
                    met = challenge(algorithm, cls, teacher, a.samples, seed)
                    row = challenge_row(met, cls, a.samples, worst.loc[(name, seed)].to_numpy())
                    found.append({"algorithm": name, "seed": seed, **row})
            except UnsuitableError as error:
                print(f"challenge_algorithms: {name} is left out: {error}", file=sys.stderr)
    schema = challenges_schema(cls.dim)
    frame = pd.DataFrame(found, columns=schema.arrow().names)
    write_table(
        a.challenges, frame.assign(family=a.family, dim=cls.dim, samples=a.samples), schema, a.job
    )
    a.job.write_record()


def worst_places(path: Path, dim: int) -> pd.DataFrame:
    """Return where algorithms err most on teacher 0, [dim] columns, by algorithm and seed."""
    table = read_table(path, errors_schema(dim).columns)
    table = table[(table["teacher"] == TEACHER) & (table["norm"] == "inf")]
    return table.set_index(["algorithm", "seed"])[[f"at{i}" for i in range(dim)]]


if __name__ == "__main__":
    run(main)
