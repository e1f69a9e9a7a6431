"""Train the students of a cell: every seed and teacher of one algorithm at one sample size."""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.networks import concatenate, save_networks
from supnorm.programs import count, run
from supnorm.tables.curves import CURVES
from supnorm.tables.samples import read_samples
from supnorm.tables.schema import write_table
from supnorm.training.cell import Record, train_cell
from supnorm.training.engines import ENGINES, choose
from supnorm.training.recipe import Recipe


def main(argv: list[str]) -> None:
    """Write the students at each evaluation, and their losses at the recorded epochs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples-table", type=Path, required=True, help="points and labels")
    parser.add_argument("--family", required=True, help="kind of target function")
    parser.add_argument("--dim", type=int, required=True, help="input dimension d")
    parser.add_argument("--samples", type=int, required=True, help="sample size m")
    parser.add_argument("--depth", type=int, required=True, help="affine layers of a student")
    parser.add_argument("--width", type=int, required=True, help="hidden neurons a layer")
    parser.add_argument("--batch-rule", required=True, help="name of the batch rule")
    parser.add_argument("--batch", type=int, required=True, help="samples in a batch")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True, help="in the first epoch")
    parser.add_argument("--final-learning-rate", type=float, required=True)
    parser.add_argument("--evaluations", type=int, required=True, help="evenly over the epochs")
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--device", choices=["cpu", "cuda"], required=True)
    parser.add_argument("--precision", choices=["float32", "float64"], required=True)
    parser.add_argument("--threads", type=count, default=1, help="students that train at once")
    parser.add_argument("--students", type=Path, required=True, help="safetensors file to write")
    parser.add_argument("--curves", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    recipe = Recipe(a.depth, a.width, a.batch, a.epochs, a.learning_rate, a.final_learning_rate)
    seeds, points, values = read_samples(a.samples_table, a.dim, a.samples)
    print(
        f"training {values.shape[0] * values.shape[1]} students on {a.device} "
        f"by the {choose(a.engine, a.device, a.width, a.batch)} engine, "
        f"CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')}",
        file=sys.stderr,
    )
    records = []
    start = time.monotonic()
    for record in train_cell(
        recipe,
        a.batch_rule,
        seeds,
        points,
        values,
        a.evaluations,
        engine=a.engine,
        device=a.device,
        precision=a.precision,
        threads=a.threads,
    ):
        records.append(record)
        print(
            f"epoch {record.epoch} of {a.epochs}: mean loss {record.losses.mean():.3e}, "
            f"{time.monotonic() - start:.0f} s",
            file=sys.stderr,
        )
    cell = {
        "family": a.family,
        "dim": a.dim,
        "samples": a.samples,
        "depth": a.depth,
        "width": a.width,
        "batch_rule": a.batch_rule,
        "batch": a.batch,
    }
    pairs = {
        "teacher": [k for _ in seeds for k in range(values.shape[1])],
        "seed": [seed for seed in seeds for _ in range(values.shape[1])],
    }
    write_curves(a.curves, cell, pairs, records)
    write_students(a.students, cell, pairs, [r for r in records if r.evaluation])


def write_curves(path: Path, cell: dict, pairs: dict, records: list[Record]) -> None:
    """Write the losses of all students at all recorded epochs."""
    frames = [
        pd.DataFrame(
            {
                **cell,
                **pairs,
                "epoch": record.epoch,
                "loss": record.losses,
                "learning_rate": record.learning_rate,
            }
        )
        for record in records
    ]
    write_table(path, pd.concat(frames), CURVES)


def write_students(path: Path, cell: dict, pairs: dict, records: list[Record]) -> None:
    """Write the students at all evaluations as one stack, with their losses."""
    count = len(pairs["seed"])
    students = {name: values * len(records) for name, values in pairs.items()}
    students["evaluation"] = [r.evaluation for r in records for _ in range(count)]
    students["epoch"] = [r.epoch for r in records for _ in range(count)]
    description = {
        "kind": "students",
        "cell": cell,
        "students": students,
        "input": "points of Q = [-1/2, 1/2]^d; the standardisation is part of weight_0",
    }
    networks = concatenate([record.networks for record in records])
    losses = np.concatenate([record.losses for record in records])
    save_networks(path, networks, description, {"loss": losses})


if __name__ == "__main__":
    run(main)
