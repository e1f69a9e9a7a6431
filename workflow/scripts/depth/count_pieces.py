"""Count the affine pieces of networks of one input: random ones, teachers, and students."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.depth.bounds import pieces_bound
from supnorm.depth.pieces import KINDS, count_pieces, random_networks
from supnorm.depth.tables.pieces import PIECES
from supnorm.depth.tables.sawtooth import SAWTOOTH
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.networks import Networks, load_teachers
from supnorm.students import load_students
from supnorm.tables.schema import read_table, write_table

# Shares of networks that have fewer, and more, pieces than the ends that are told.
ENDS = (0.1, 0.9)


def main(argv: list[str]) -> None:
    """Write a row for each kind and architecture."""
    parser = Program(__doc__, __file__)
    parser.reads("sawtooth", help=SAWTOOTH.row)
    parser.reads("teachers", nargs="*", default=[], help="teachers for d = 1, none or one file")
    parser.reads("students", nargs="*", default=[], help="their students")
    parser.setting("depth.pieces.depths")
    parser.setting("depth.pieces.width")
    parser.setting("depth.pieces.count")
    parser.writes("pieces", help="Parquet table to write")
    a = parser.parse_args(argv)
    counted = [
        *of_random(a.depths, a.width, a.count),
        *of_teachers(a.teachers),
        *of_students(a.students),
        *of_triangles(read_table(a.sawtooth, SAWTOOTH.columns)),
    ]
    write_table(a.pieces, pd.DataFrame(counted), PIECES, a.job)
    a.job.write_record()


def of_random(depths: Sequence[int], width: int, count: int) -> Iterator[dict]:
    """Yield the rows of random networks."""
    for kind in KINDS:
        for depth in sorted(depths):
            yield row(kind, depth, width, count_pieces(random_networks(kind, depth, width, count)))


def of_teachers(files: Sequence[Path]) -> Iterator[dict]:
    """Yield the row of the teachers of a file."""
    for file in files:
        teachers, _ = load_teachers(file)
        yield row("teachers", *size(teachers), count_pieces(teachers))


def of_students(files: Sequence[Path]) -> Iterator[dict]:
    """Yield the rows of all students at their last evaluation, by architecture."""
    found: dict[tuple[int, int], list[np.ndarray]] = {}
    for file in files:
        read = load_students(file)
        evaluations = np.array(read.pairs["evaluation"])
        students = read.networks[evaluations == evaluations.max()]
        found.setdefault(size(students), []).append(count_pieces(students))
    for architecture, counts in sorted(found.items()):
        yield from rows_of("students", *architecture, np.concatenate(counts))


def of_triangles(sawtooth: pd.DataFrame) -> Iterator[dict]:
    """Yield the rows of the students of this study, by architecture."""
    trained = sawtooth[(sawtooth["kind"] == "trained") & (sawtooth["norm"] == "inf")]
    for (depth, width), rows in trained.groupby(["depth", "width"]):
        yield from rows_of("triangles", depth, width, rows["pieces"].to_numpy(int))


def rows_of(kind: str, depth: int, width: int, counts: np.ndarray) -> Iterator[dict]:
    """Yield the row of those students that did not diverge, if any."""
    if (counts > 0).any():
        yield row(kind, depth, width, counts[counts > 0])


def size(networks: Networks) -> tuple[int, int]:
    """Return affine layers and width."""
    return len(networks.weights), networks.weights[0].shape[1]


def row(kind: str, depth: int, width: int, counts: np.ndarray) -> dict:
    """Return the row of networks of one kind and architecture."""
    low, high = np.quantile(counts, ENDS)
    return {
        "kind": kind,
        "depth": depth,
        "width": width,
        "neurons": (depth - 1) * width,
        "count": len(counts),
        "mean": counts.mean(),
        "low": low,
        "high": high,
        "largest": counts.max(),
        "bound_log10": np.log10(float(pieces_bound([width] * (depth - 1)))),
    }


if __name__ == "__main__":
    run(main)
