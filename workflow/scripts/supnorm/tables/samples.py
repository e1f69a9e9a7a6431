"""samples/<family>/d<dim>_m<samples>.parquet: the points of every seed, and all labels."""

from pathlib import Path

import numpy as np

from supnorm.job.programs import InputError
from supnorm.tables.schema import Schema, integer, read_table, real, table_columns


def teacher_column(teacher: int) -> str:
    """Return the name of the column with a teacher's values."""
    return f"u{teacher:03d}"


def samples_schema(dim: int, teachers: int) -> Schema:
    """Return the schema for points in [-1/2, 1/2]^dim with the values of so many teachers."""
    points = [real(f"x{i}", f"coordinate {i} of the point, in [-1/2, 1/2]") for i in range(dim)]
    values = [real(teacher_column(k), f"value of teacher {k}") for k in range(teachers)]
    return Schema(
        "one sample point of one seed; a seed's points are the same for every teacher",
        (
            integer("seed", "seed of the stream of points"),
            integer("index", "place of the point in the seed's sequence, from 0"),
            *points,
            *values,
        ),
    )


def sample_dim(path: Path) -> int:
    """Return the dimension of a sample file's points."""
    return sum(name.startswith("x") for name in table_columns(path))


def read_samples(path: Path, dim: int, samples: int) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Return seeds, points [seeds, samples, dim] and labels [seeds, teachers, samples].

    Raises InputError unless each seed has its points 0 … samples-1 in order.
    """
    teachers = sum(name.startswith("u") for name in table_columns(path))
    frame = read_table(path, samples_schema(dim, teachers).columns)
    seeds = frame["seed"].unique().tolist()
    expected = [(seed, index) for seed in seeds for index in range(samples)]
    if list(zip(frame["seed"], frame["index"], strict=True)) != expected:
        raise InputError(
            f"{path}: found {len(frame)} rows of the seeds {seeds}, expected the points 0 to "
            f"{samples - 1} of each seed in order"
        )
    points = frame[[f"x{i}" for i in range(dim)]].to_numpy()
    labels = frame[[teacher_column(k) for k in range(teachers)]].to_numpy()
    shape = (len(seeds), samples, -1)
    return seeds, points.reshape(shape), labels.reshape(shape).swapaxes(1, 2)
