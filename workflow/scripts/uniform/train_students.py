"""Train students of a cell: seeds and teachers of one algorithm at one sample size.

It can be stopped at any time and resumes in the next run: SIGTERM and SIGINT save the state and
stop, SIGUSR1 saves it, and a kill loses a few minutes at most.
"""

import argparse
import math
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat, StoppedError
from supnorm.job.programs import InputError, count, positive, run
from supnorm.networks import concatenate, save_networks
from supnorm.tables.cells import SHARD
from supnorm.tables.curves import CURVES
from supnorm.tables.samples import read_samples
from supnorm.tables.schema import write_table
from supnorm.training.cell import Record, Training
from supnorm.training.checkpoint import Checkpoint, CheckpointError, code_digest, digest
from supnorm.training.engines import choose, hardware
from supnorm.training.recipe import Recipe
from supnorm.training.signals import Asked, listening
from supnorm.work import Cell

# Seconds between checkpoints; more where they would take above a twentieth of the time.
PERIOD, COSTS = 180.0, 20
# What names a cell, and is told in its files.
CELL = ("family", "dim", "samples", "depth", "width", "batch_rule", "batch")

# Seeds, points and labels, as read_samples returns them.
Sample = tuple[list[int], np.ndarray, np.ndarray]


def main(argv: list[str]) -> None:
    """Write the students at each evaluation, and their losses at the recorded epochs."""
    a = parse(argv)
    cell = {name: getattr(a, name) for name in CELL}
    with Heartbeat(a.heartbeat, device=a.device, epochs=a.epochs) as heartbeat:
        sample = first_of(read_samples(a.sample, a.dim, a.samples), a.seeds, a.teachers)
        rows = chosen_rows(a, len(sample[0]) * sample[2].shape[1])
        work = Cell(**cell, epochs=a.epochs, students=len(rows))
        heartbeat.tell(students=len(rows), flops=len(rows) * work.student_flops)
        say(
            f"training {len(rows)} students on {a.device} by the {a.engine} engine, "
            f"CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')}"
        )
        training = prepare(a, sample, rows)
        checkpoint = Checkpoint(a.checkpoint, identity(a, cell, sample, rows))
        with listening() as asked:
            resume(training, checkpoint, heartbeat)
            train(training, checkpoint, asked, heartbeat)
            pairs = name_students(sample, rows)
            write_curves(a, cell, pairs, training.records)
            write_students(a.students, cell, pairs, [r for r in training.records if r.evaluation])
            a.job.write_record()
            checkpoint.remove()


def parse(argv: list[str]) -> argparse.Namespace:
    """Return the options; `engine` is the one that trains, `recipe` is made of others."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*SHARD)
    parser.reads("sample", help="points and labels")
    parser.add_argument("--teachers", type=count, help="the first so many; all if not given")
    parser.add_argument("--seeds", type=count, help="the first so many; all if not given")
    parser.add_argument("--first", type=int, default=0, help="number of the first student, from 0")
    parser.add_argument("--count", type=count, help="students; all from the first on if not given")
    parser.add_argument("--batch", type=int, required=True, help="samples in a batch")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--learning_rate", type=positive, required=True, help="in the first epoch")
    parser.setting("uniform.training.final_learning_rate")
    parser.setting("uniform.training.weight_decay")
    parser.setting("uniform.evaluation.times")
    parser.setting("training.engine")
    parser.on_device()
    parser.setting("training.precision")
    parser.add_argument("--checkpoint", type=Path, help="safetensors file to resume from")
    parser.parallel()
    parser.writes("students", help="safetensors file to write")
    parser.writes("curves", help="Parquet table to write")
    a = parser.parse_args(argv)
    a.engine = choose(a.engine, a.device, a.width, a.batch)
    rates = a.learning_rate, a.final_learning_rate
    a.recipe = Recipe(a.depth, a.width, a.batch, a.epochs, *rates, a.weight_decay)
    return a


def first_of(sample: Sample, seeds: int | None, teachers: int | None) -> Sample:
    """Return the sample of the first seeds, with the labels of the first teachers; None for all."""
    numbers, points, values = sample
    return numbers[:seeds], points[:seeds], values[:seeds, :teachers]


def chosen_rows(a: argparse.Namespace, students: int) -> range:
    """Return the rows of the students to train: by seed, and within a seed by teacher.

    Raises InputError where the cell has none such.
    """
    rows = range(a.first, students if a.count is None else a.first + a.count)
    if not 0 <= rows.start < rows.stop <= students:
        asked = f"{a.first} on" if a.count is None else f"{a.first} to {rows.stop - 1}"
        raise InputError(
            f"{a.sample}: found labels of {students} students, 0 to {students - 1}; "
            f"--first and --count ask for {asked}"
        )
    return rows


def prepare(a: argparse.Namespace, sample: Sample, rows: range) -> Training:
    """Return the training of some rows of a cell, not yet started."""
    return Training(
        a.recipe,
        a.batch_rule,
        *sample,
        a.times,
        rows,
        engine=a.engine,
        device=a.device,
        precision=a.precision,
        threads=a.threads,
    )


def identity(a: argparse.Namespace, cell: dict, sample: Sample, rows: range) -> dict:
    """Return everything that the results of a training depend on."""
    seeds, points, values = sample
    return {
        "cell": cell,
        "recipe": asdict(a.recipe),
        "evaluations": a.times,
        "seeds": seeds,
        "students": [rows.start, rows.stop],
        "engine": a.engine,
        "device": a.device,
        "precision": a.precision,
        "hardware": hardware(a.engine, a.device),
        "samples": digest({"points": points, "values": values}),
        "code": code_digest(Path(__file__)),
    }


def resume(training: Training, checkpoint: Checkpoint, heartbeat: Heartbeat) -> None:
    """Restore a training from its checkpoint; start anew where that cannot be used."""
    resumed = None
    try:
        saved = checkpoint.resume(training)
        if saved is not None:
            resumed = training.epoch
            say(f"resumed after {place(training)} from {checkpoint.path}")
            if saved["hardware"] != checkpoint.identity["hardware"]:
                say(
                    f"it was saved on {saved['hardware']}, found {checkpoint.identity['hardware']} "
                    "here: the last digits may differ from those of an undisturbed run"
                )
    except CheckpointError as error:
        say(f"{error}; training starts anew")
    heartbeat.tell(resumed=resumed, epoch=training.epoch)


def train(training: Training, checkpoint: Checkpoint, asked: Asked, heartbeat: Heartbeat) -> None:
    """Train to the end, reporting progress; save every few minutes, and when a signal asks.

    Raises StoppedError where a signal asks to stop.
    """
    told, start = len(training.records), time.monotonic()
    due = start + PERIOD
    for _ in training.stretches():
        for record in training.records[told:]:
            say(
                f"epoch {record.epoch} of {training.recipe.epochs}: "
                f"mean loss {mean_loss(record):.3e}, {time.monotonic() - start:.0f} s"
            )
        told = len(training.records)
        heartbeat.tell(epoch=training.epoch, loss=mean_loss(training.records[-1]))
        # What is asked for from here on is seen after the next stretch.
        stop, began = asked.stop, time.monotonic()
        if stop or asked.save or began > due:
            asked.save = False
            outlook = save(training, checkpoint)
            seconds = time.monotonic() - began
            due = began + seconds + max(PERIOD, COSTS * seconds)
        if stop:
            raise StoppedError(f"stopped by {stop} after {place(training)}; {outlook}")


def save(training: Training, checkpoint: Checkpoint) -> str:
    """Save a training and log it; return what that means for the next run."""
    if checkpoint.path is None:
        return "the next run starts anew"
    try:
        checkpoint.save(training)
    except CheckpointError as error:
        say(str(error))
        return str(error)
    say(f"{place(training)}: saved in {checkpoint.path}")
    return f"the next run resumes from {checkpoint.path}"


def place(training: Training) -> str:
    """Return how far a training has come, in words."""
    return f"epoch {training.epoch} of {training.recipe.epochs}"


def mean_loss(record: Record) -> float:
    """Return the mean of the losses that are finite; +inf where none is."""
    finite = record.losses[np.isfinite(record.losses)]
    return finite.mean() if len(finite) else math.inf


def say(line: str) -> None:
    """Write a line to the log."""
    print(line, file=sys.stderr, flush=True)


def name_students(sample: Sample, rows: range) -> dict[str, list[int]]:
    """Return the teacher and the seed of each student."""
    seeds, _, values = sample
    teachers = values.shape[1]
    return {
        "teacher": [row % teachers for row in rows],
        "seed": [seeds[row // teachers] for row in rows],
    }


def write_curves(a: argparse.Namespace, cell: dict, pairs: dict, records: list[Record]) -> None:
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
    write_table(a.curves, pd.concat(frames), CURVES, a.job)


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
