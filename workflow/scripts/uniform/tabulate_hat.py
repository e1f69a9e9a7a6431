"""Tabulate the hat and the bump of the proof of the lower bounds (S1.4)."""

import numpy as np
import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.schema import write_table
from supnorm.uniform.tables.hat import HAT
from supnorm.uniform.theory.bumps import bump, hat

# As in the paper's figure, on [0, 1] and its square.
STEEPNESS, CENTRE = 4.0, 0.5
# Both have a position at the centre.
LINE, SIDE = 401, 81


def main(argv: list[str]) -> None:
    """Write the hat along a line, and the bump with s = 2 on a square grid."""
    parser = Program(__doc__, __file__)
    parser.writes("hat", help="Parquet table to write")
    a = parser.parse_args(argv)
    write_table(a.hat, pd.concat([hat_rows(), bump_rows()]), HAT, a.job)
    a.job.write_record()


def hat_rows() -> pd.DataFrame:
    """Return the rows of the hat."""
    x = np.linspace(0, 1, LINE)
    columns = {"x0": x, "x1": np.nan, "value": hat(x, STEEPNESS, CENTRE)}
    named = {"function": "hat", "active": 1, "steepness": STEEPNESS}
    return pd.DataFrame({**named, "centre0": CENTRE, "centre1": np.nan, **columns})


def bump_rows() -> pd.DataFrame:
    """Return the rows of the bump."""
    axis = np.linspace(0, 1, SIDE)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    value = bump(points, 2, STEEPNESS, np.array([CENTRE, CENTRE]))
    columns = {"x0": points[:, 0], "x1": points[:, 1], "value": value}
    named = {"function": "bump", "active": 2, "steepness": STEEPNESS}
    return pd.DataFrame({**named, "centre0": CENTRE, "centre1": CENTRE, **columns})


if __name__ == "__main__":
    run(main)
