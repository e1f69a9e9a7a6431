"""Train networks on the inner product mod 2 of d and d bits, and on parity of as many bits."""

import argparse
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from supnorm.cube import corners, parity
from supnorm.depth.inner_product import inner_product, inner_product_network
from supnorm.depth.sizes import BATCHES
from supnorm.depth.tables.inner import DIM, INNER
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import run
from supnorm.networks import concatenate, forward
from supnorm.packed import values
from supnorm.statistics.diverged import infinite
from supnorm.tables.schema import write_table
from supnorm.training.direct import train
from supnorm.training.recipe import Recipe, initial_students, shuffle

TARGETS = {"inner": inner_product, "parity": parity}


def main(argv: list[str]) -> None:
    """Write a row for the constructed network, and one for each trained network."""
    parser = Program(__doc__, __file__)
    parser.wildcards(DIM)
    for name in ("depths", "widths", "seeds", "epochs"):
        parser.setting(f"depth.inner.{name}")
    parser.setting("depth.learning_rate")
    parser.setting("depth.final_learning_rate")
    parser.setting("training.engine")
    parser.setting("training.precision")
    parser.parallel()
    parser.writes("errors", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat, epochs=a.epochs) as heartbeat:
        rows = [constructed(a.dim), *trained(a, heartbeat)]
    write_table(a.errors, pd.DataFrame(rows), INNER, a.job)
    a.job.write_record()


def constructed(dim: int) -> dict:
    """Return the row of the network that is the inner product (S3.5)."""
    points = corners(2 * dim)
    found = forward(inner_product_network(dim), points)[0]
    named = {"target": "inner", "kind": "constructed", "depth": 3, "width": dim, "seed": None}
    return row(dim, found - inner_product(points), **named)


def trained(a: argparse.Namespace, heartbeat: Heartbeat) -> Iterator[dict]:
    """Yield the rows of networks of all sizes, targets and seeds."""
    points = corners(2 * a.dim)
    sizes = [(depth, width) for depth in sorted(a.depths) for width in sorted(a.widths)]
    for number, (depth, width) in enumerate(sizes):
        heartbeat.tell(done=number, total=len(sizes))
        for name, target in TARGETS.items():
            networks = learn(a, points, target, depth, width)
            found = values(networks, points)
            for seed, of_seed in zip(a.seeds, found, strict=True):
                named = {"target": name, "kind": "trained", "depth": depth, "width": width}
                yield row(a.dim, of_seed - target(points), **named, seed=seed)


def learn(a: argparse.Namespace, points: np.ndarray, target: Callable, depth: int, width: int):
    """Return the networks of all seeds, trained on all points."""
    count, inputs = points.shape
    recipe = Recipe(
        depth,
        width,
        max(1, count // BATCHES),
        a.epochs,
        a.learning_rate,
        a.final_learning_rate,
    )
    algorithm = {"dim": inputs, "depth": depth, "width": width, "rule": "cube"}

    def orders(epoch: int) -> np.ndarray:
        return np.array([shuffle(seed, count, epoch, **algorithm) for seed in a.seeds])

    return train(
        recipe,
        concatenate([initial_students(seed, inputs, depth, width) for seed in a.seeds]),
        np.tile(points, (len(a.seeds), 1, 1)),
        np.tile(target(points), (len(a.seeds), 1)),
        orders,
        a.engine,
        a.precision,
        a.threads,
    )


def row(dim: int, deviation: np.ndarray, **named) -> dict:
    """Return the row of a network by its deviation from the target at all points."""
    errors = {"error_2": np.sqrt((deviation**2).mean()), "error_inf": abs(deviation).max()}
    return {"dim": dim, "bits": 2 * dim, **named, **infinite(errors)}


if __name__ == "__main__":
    run(main)
