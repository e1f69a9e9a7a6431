"""Train networks on a sum of waves, and measure how much of each they have, step by step."""

import argparse

import numpy as np
import pandas as pd

from supnorm.approximation.tables.waves import AMPLITUDES, INPUT
from supnorm.approximation.waves import amplitudes, circle_points, encode, phases, signal
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import run
from supnorm.networks import Networks, concatenate
from supnorm.packed import values
from supnorm.tables.schema import write_table
from supnorm.training.direct import train
from supnorm.training.recipe import Recipe, initial_students

# At so many steps, evenly spaced in their logarithm, networks are looked at.
LOOKS = 24


def main(argv: list[str]) -> None:
    """Write a row for each seed, look and frequency."""
    parser = Program(__doc__, __file__)
    parser.wildcards(INPUT)
    for name in ("frequencies", "points", "depth", "width", "steps", "learning_rate", "seeds"):
        parser.setting(f"approximation.waves.{name}")
    parser.setting("approximation.spectrum.features")
    parser.setting("training.engine")
    parser.setting("training.precision")
    parser.parallel()
    parser.writes("amplitudes", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat, students=len(a.seeds), epochs=a.steps) as heartbeat:
        rows = watch(a, heartbeat)
    write_table(a.amplitudes, pd.concat(rows), AMPLITUDES, a.job)
    a.job.write_record()


def watch(a: argparse.Namespace, heartbeat: Heartbeat) -> list[pd.DataFrame]:
    """Train the networks of all seeds; return their amplitudes at all looks."""
    places, frequencies = circle_points(a.points), sorted(a.frequencies)
    inputs = encode(places, a.input, a.features)
    dim, rows = inputs.shape[1], []

    def seen(step: int, networks: Networks) -> None:
        for seed, of_seed in zip(a.seeds, values(networks, inputs), strict=True):
            named = {"input": a.input, "seed": seed, "step": step}
            # One by one, so that the bits are those of a network alone.
            found = amplitudes(of_seed, places, frequencies)
            # A network that diverged has all of it, and no measure.
            found = np.where(np.isfinite(found), found, np.inf)
            columns = {"frequency": frequencies, "amplitude": found}
            rows.append(pd.DataFrame({**named, **columns}))

    train(
        Recipe(a.depth, a.width, a.points, a.steps, a.learning_rate, a.learning_rate),
        concatenate([initial_students(seed, dim, a.depth, a.width) for seed in a.seeds]),
        np.tile(inputs, (len(a.seeds), 1, 1)),
        np.array([signal(places, frequencies, phases(frequencies, seed)) for seed in a.seeds]),
        engine=a.engine,
        precision=a.precision,
        threads=a.threads,
        progress=lambda steps: heartbeat.tell(epoch=steps),
        watched=set(np.geomspace(1, a.steps, LOOKS).round().astype(int).tolist()),
        seen=seen,
    )
    return rows


if __name__ == "__main__":
    run(main)
