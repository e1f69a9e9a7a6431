"""Tabulate spikes, bounds and samples needed in every dimension, depth and coefficient norm."""

from itertools import product

import numpy as np
import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.streams import Stream, uniform_points
from supnorm.tables.schema import write_table
from supnorm.uniform.tables.unseen import DIMENSIONS, SAMPLES_NEEDED
from supnorm.uniform.theory.bounds import NetworkClass
from supnorm.uniform.unseen import empty_places, samples_needed, unseen_rows

# Points of the largest samples in which empty places are sought: grids of larger ones are dear.
MOST = 1000


def main(argv: list[str]) -> None:
    """Write a row for each class, sample size and number of active coordinates, or error."""
    parser = Program(__doc__, __file__)
    parser.setting("uniform.teacher.width")
    parser.setting("uniform.teacher.bound")
    parser.setting("uniform.sample.seeds")
    parser.setting("uniform.worst_case.norms")
    parser.setting("uniform.worst_case.dims")
    parser.setting("uniform.worst_case.depths")
    parser.setting("uniform.worst_case.sizes")
    parser.setting("uniform.worst_case.errors")
    parser.writes("dimensions", help="Parquet table to write")
    parser.writes("samples_needed", help="Parquet table to write")
    a = parser.parse_args(argv)
    rows, counts = [], []
    for dim in a.dims:
        classes = [
            NetworkClass(dim, depth, a.width, q, a.bound) for q, depth in product(a.norms, a.depths)
        ]
        for size in a.sizes:
            seeds = a.seeds if size <= MOST else []
            places = [empty_places(sample(seed, dim, size)) for seed in seeds]
            rows += [row for cls in classes for row in unseen_rows(cls, size, places)]
        counts += [samples_needed(cls, error) for cls, error in product(classes, a.errors)]
    for path, schema, found in (
        (a.dimensions, DIMENSIONS, rows),
        (a.samples_needed, SAMPLES_NEEDED, counts),
    ):
        columns = [column.name for column in schema.columns]
        write_table(path, pd.DataFrame(found, columns=columns), schema, a.job)
    a.job.write_record()


def sample(seed: int, dim: int, size: int) -> np.ndarray:
    """Return a seed's first points of Q, [size, dim], as samples of the study have them."""
    return uniform_points(Stream("points", seed=seed, dim=dim), size, dim)


if __name__ == "__main__":
    run(main)
