"""Train shallow networks on parity at all points of the cube, with weight decay and without."""

import argparse

import numpy as np

from supnorm.cube import corners
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import count, run
from supnorm.networks import concatenate, save_networks
from supnorm.parity.norms import minimum_norm
from supnorm.parity.tables.training import DIM
from supnorm.parity.training import recipe, start, train


def main(argv: list[str]) -> None:
    """Write the networks of all seeds as they start, and as they end under each weight decay."""
    parser = Program(__doc__, __file__)
    parser.wildcards(DIM)
    parser.add_argument("--width", type=count, required=True, help="neurons")
    for name in ("seeds", "decay", "steps", "learning_rate", "final_learning_rate"):
        parser.setting(f"parity.{name}")
    parser.setting("training.engine")
    parser.setting("training.precision")
    parser.parallel()
    parser.writes("students", help="safetensors file to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat, students=2 * len(a.seeds), epochs=a.steps) as heartbeat:
        write_students(a, heartbeat)
    a.job.write_record()


def write_students(a: argparse.Namespace, heartbeat: Heartbeat) -> None:
    """Train under each weight decay, and write all networks."""
    points = corners(a.dim)
    initial = start(a.seeds, a.dim, a.width)
    stacks, named = [initial], [("start", seed, 0.0) for seed in a.seeds]
    decays = (a.decay, 0.0)
    for number, decay in enumerate(decays):

        def progress(steps: int, before: int = number * a.steps) -> None:
            heartbeat.tell(epoch=(before + steps) // len(decays))

        trained = train(
            recipe(
                len(points),
                a.width,
                a.steps,
                (a.learning_rate, a.final_learning_rate),
                decay / minimum_norm(a.dim),
            ),
            initial,
            np.tile(points, (len(a.seeds), 1, 1)),
            a.engine,
            a.precision,
            a.threads,
            progress,
        )
        stacks.append(trained)
        named += [("end", seed, decay) for seed in a.seeds]
    times, seeds, of_decays = map(list, zip(*named, strict=True))
    description = {
        "kind": "parity",
        "dim": a.dim,
        "steps": a.steps,
        "networks": {"time": times, "seed": seeds, "decay": of_decays},
        "input": "points of the cube {-1, 1}^d",
    }
    save_networks(a.students, concatenate(stacks), description)


if __name__ == "__main__":
    run(main)
