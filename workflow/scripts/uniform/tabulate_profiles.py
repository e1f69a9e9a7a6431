"""Tabulate the teachers along the diagonal of the cube."""

import numpy as np
import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.networks import forward, load_teachers
from supnorm.tables.schema import write_table
from supnorm.uniform.tables.profiles import PROFILES

# Enough to show each of the some 30 pieces of a random teacher.
POSITIONS = 1001


def main(argv: list[str]) -> None:
    """Write the value of each teacher at evenly spaced points of the diagonal."""
    parser = Program(__doc__, __file__)
    parser.reads("teachers", nargs="+", help="safetensors")
    parser.writes("profiles", help="Parquet table to write")
    a = parser.parse_args(argv)
    positions = np.linspace(-0.5, 0.5, POSITIONS)
    frames = []
    for path in a.teachers:
        teachers, description = load_teachers(path)
        if "family" not in description:
            raise InputError(f"{path}: expected teachers of a family, found none named")
        dim = teachers.weights[0].shape[2]
        values = forward(teachers, np.repeat(positions[:, None], dim, axis=1))
        for teacher, row in enumerate(values):
            problem = {"family": description["family"], "dim": dim, "teacher": teacher}
            frames.append(pd.DataFrame({**problem, "position": positions, "value": row}))
    # Problem after problem, in whatever order the files come.
    frame = pd.concat(frames).sort_values(["family", "dim"], kind="stable")
    write_table(a.profiles, frame, PROFILES, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
