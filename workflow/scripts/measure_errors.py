"""Measure the errors of a cell's students on fresh uniform points."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.errors.sampled import SampledErrors, sampled_errors
from supnorm.networks import load_networks
from supnorm.programs import InputError, count, run
from supnorm.streams import Stream
from supnorm.tables.errors import errors_schema
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write a row for each student, evaluation and norm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teachers", type=Path, required=True, help="safetensors of teachers")
    parser.add_argument("--students", type=Path, required=True, help="safetensors of students")
    parser.add_argument("--points", type=int, required=True, help="number of uniform points")
    parser.add_argument("--device", choices=["cpu", "cuda"], required=True)
    parser.add_argument("--threads", type=count, default=1, help="students measured at once")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    teachers, _, _ = load_networks(a.teachers)
    students, description, extra = load_networks(a.students)
    pairs = description.get("students", {})
    if set(pairs) != {"teacher", "seed", "evaluation", "epoch"} or "loss" not in extra:
        raise InputError(f"{a.students}: expected a file of students, found another")
    dim = teachers.weights[0].shape[2]
    # The points depend on the dimension alone: all students of all cells meet the same ones.
    stream = Stream("evaluation", dim=dim)
    wanted = np.array(pairs["teacher"])
    measured = sampled_errors(teachers, students, wanted, a.points, stream, a.device, a.threads)
    frame = rows({**description["cell"], "algorithm": "network"}, pairs, extra["loss"], measured)
    write_table(a.output, frame, errors_schema(dim))


def rows(cell: dict, pairs: dict, losses: np.ndarray, measured: SampledErrors) -> pd.DataFrame:
    """Return the rows of errors/<cell>.parquet, norm after norm.

    A student whose loss is not finite has error +inf, whatever it is where it was measured.
    """
    finite = np.isfinite(losses)
    common = {**cell, **pairs, "loss": np.where(finite, losses, np.inf)}
    for i, column in enumerate(measured.place.T):
        common[f"at{i}"] = np.where(finite, column, np.nan)
    parts = [
        {**common, "norm": norm, "error": np.where(finite, measured.norms[norm], np.inf)}
        for norm in NORMS
    ]
    return pd.concat(map(pd.DataFrame, parts)).assign(upper=np.nan, method="sampled")


if __name__ == "__main__":
    run(main)
