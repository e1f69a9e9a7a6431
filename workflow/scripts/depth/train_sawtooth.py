"""Train networks of many sizes on the triangle map, applied k times, and measure them exactly."""

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd

from supnorm.depth.bounds import pieces_bound, width_sufficient
from supnorm.depth.pieces import count_pieces
from supnorm.depth.sawtooth import sawtooth, sawtooth_values
from supnorm.depth.sizes import architectures, sample_size
from supnorm.depth.tables.sawtooth import COMPOSITIONS, PROFILES, SAWTOOTH
from supnorm.errors.exact import exact_errors, piecewise_linear
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import run
from supnorm.networks import Networks
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import write_table
from supnorm.training.cell import train_cell
from supnorm.training.recipe import Recipe

# What names the shuffles, beside the size of a network.
RULE = "triangle"


def main(argv: list[str]) -> None:
    """Write the errors of all students, and the best of them along Q."""
    parser = Program(__doc__, __file__)
    parser.wildcards(COMPOSITIONS)
    for name in ("compositions", "seeds", "shallow_width", "deep_widths", "batch", "epochs"):
        dest = "targets" if name == "compositions" else name
        parser.setting(f"depth.{name}", dest=dest)
    parser.setting("depth.learning_rate")
    parser.setting("depth.final_learning_rate")
    parser.setting("depth.cliff.composition")
    parser.setting("depth.cliff.widths")
    parser.setting("depth.cliff.depths")
    parser.setting("depth.cliff.deep_widths", dest="cliff_deep_widths")
    parser.setting("training.engine")
    parser.setting("training.precision")
    parser.parallel()
    parser.writes("errors", help="Parquet table to write")
    parser.writes("profiles", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat, epochs=a.epochs) as heartbeat:
        students = list(train_all(a, heartbeat))
    rows = pd.concat([errors(a, *of_size) for of_size in students])
    write_table(a.errors, rows, SAWTOOTH, a.job)
    write_table(a.profiles, pd.concat(profiles(a.compositions, students)), PROFILES, a.job)
    a.job.write_record()


def sizes(a: argparse.Namespace) -> list[tuple[int, int]]:
    """Return (affine layers, width) of all students."""
    cliff = {
        "composition": a.composition,
        "widths": a.widths,
        "depths": a.depths,
        "deep_widths": a.cliff_deep_widths,
    }
    settings = {
        "compositions": a.targets,
        "shallow_width": a.shallow_width,
        "deep_widths": a.deep_widths,
        "cliff": cliff,
    }
    return architectures(a.compositions, settings)


def train_all(a: argparse.Namespace, heartbeat: Heartbeat) -> Iterator[tuple[int, int, Networks]]:
    """Yield depth, width, and the students of all seeds, functions on Q."""
    count = sample_size(a.compositions)
    places = (np.arange(count) + 0.5) / count - 0.5
    points = np.tile(places[:, None], (len(a.seeds), 1, 1))
    values = np.tile(sawtooth_values(a.compositions, places), (len(a.seeds), 1, 1))
    chosen = sizes(a)
    for number, (depth, width) in enumerate(chosen):
        heartbeat.tell(done=number, total=len(chosen))
        records = train_cell(
            Recipe(depth, width, a.batch, a.epochs, a.learning_rate, a.final_learning_rate),
            RULE,
            a.seeds,
            points,
            values,
            1,
            engine=a.engine,
            precision=a.precision,
            threads=a.threads,
        )
        yield depth, width, records[-1].networks


def errors(a: argparse.Namespace, depth: int, width: int, students: Networks) -> pd.DataFrame:
    """Return the rows of the students of one size."""
    found = exact_errors(sawtooth(a.compositions), students, np.zeros(len(students), int))
    frame = pd.concat(
        pd.DataFrame({"seed": a.seeds, "norm": norm, "error": found.norms[norm]}) for norm in NORMS
    )
    pieces = dict(zip(a.seeds, count_pieces(students), strict=True))
    return frame.assign(
        compositions=a.compositions,
        kind="trained",
        depth=depth,
        width=width,
        neurons=(depth - 1) * width,
        pieces=frame["seed"].map(pieces),
        expressible=expressible(a.compositions, depth - 1, width),
        statement=None,
    )


def expressible(compositions: int, hidden_layers: int, width: int) -> bool | None:
    """Return whether a network of this size can be the target; None where that is not known.

    With one hidden layer it can from a width of 2^k on (S3.4).
    """
    if hidden_layers == 1:
        return width >= 2**compositions
    if pieces_bound([width] * hidden_layers) < 2**compositions:
        return False
    return True if width >= width_sufficient(compositions, hidden_layers) else None


def profiles(compositions: int, students: list[tuple[int, int, Networks]]) -> Iterator:
    """Yield target, and the best of the widest students of one and of k hidden layers, along Q.

    Where all of them diverged there is none.
    """
    (target,) = piecewise_linear(sawtooth(compositions))
    yield profile(compositions, "target", 2, target)
    for kind, depth in (("shallow", 2), ("deep", compositions + 1)):
        sizes = [(width, networks) for found, width, networks in students if found == depth]
        if sizes:
            width, networks = max(sizes, key=lambda size: size[0])
            functions = [f for f in piecewise_linear(networks) if np.isfinite(f.values).all()]
            if functions:
                best = min(functions, key=lambda function: (function - target).norm("inf"))
                yield profile(compositions, kind, width, best)


def profile(compositions: int, kind: str, width: int, function) -> pd.DataFrame:
    """Return the breakpoints of a function as rows."""
    named = {"compositions": compositions, "kind": kind, "width": width}
    return pd.DataFrame({**named, "position": function.places, "value": function.values})


if __name__ == "__main__":
    run(main)
