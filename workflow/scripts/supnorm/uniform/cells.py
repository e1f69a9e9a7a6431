"""The cells of the study uniform, which follow from its settings.

Imported by the Snakefile in every job: no NumPy here.
"""

from collections.abc import Iterator
from itertools import product

from supnorm.work import Cell, batch_size, shard_names, shards

# What names a cell in the record of a job.
WILDCARDS = ("family", "dim", "samples", "depth", "width", "batch_rule")


def cells(config: dict) -> Iterator[Cell]:
    """Yield all cells of a resolved configuration, that of the sine last."""
    teacher, sample, student = config["teacher"], config["sample"], config["student"]
    students = teacher["count"] * len(sample["seeds"])
    for family, dim, samples, depth, width, (name, rule) in product(
        teacher["families"],
        teacher["dims"],
        sample["sizes"],
        student["depths"],
        student["widths"],
        student["batch_rules"].items(),
    ):
        batch = batch_size(rule, samples)
        yield Cell(family, dim, samples, depth, width, name, batch, rule["epochs"], students)
    yield sine_cell(config["sine"])


def sine_cell(sine: dict) -> Cell:
    """Return the one cell of the family sine, from its section of the configuration."""
    keys = ("samples", "depth", "width", "batch", "epochs")
    return Cell(
        "sine", 1, batch_rule="size", students=len(sine["seeds"]), **{k: sine[k] for k in keys}
    )


def trainings(settings: dict) -> dict[str, dict[str, object]]:
    """Return what the record of each training tells, by its file of students.

    Wildcards are text there, and all else is a number.
    """
    return {
        f"students/{name}.safetensors": {
            **{key: str(getattr(cell, key)) for key in WILDCARDS},
            "batch": cell.batch,
            "epochs": cell.epochs,
            "first": rows.start,
            "count": len(rows),
        }
        for cell in cells(settings)
        for name, rows in zip(shard_names(cell, settings), shards(cell, settings), strict=True)
    }
