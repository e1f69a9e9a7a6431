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
    yield from ranked_cells(config)
    yield from budget_cells(config)
    yield sine_cell(config["sine"])


def ranked_cells(config: dict) -> Iterator[Cell]:
    """Yield the cells whose students compete: those of the paper's algorithms."""
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


def budget_cells(config: dict) -> Iterator[Cell]:
    """Yield the cells of longer training; their students are of some teachers and seeds."""
    teacher, student, budget = config["teacher"], config["student"], config["budget"]
    rule = student["batch_rules"][budget["batch_rule"]]
    teachers, seeds = longer_students(config)
    for family, dim, samples, depth, width, (name, longer) in product(
        teacher["families"],
        teacher["dims"],
        config["sample"]["sizes"],
        student["depths"],
        [width for width in student["widths"] if width <= budget["width"]],
        budget["longer"].items(),
    ):
        batch, epochs = batch_size(rule, samples), rule["epochs"] * longer["times"]
        yield Cell(family, dim, samples, depth, width, name, batch, epochs, teachers * seeds)


def longer_students(config: dict) -> tuple[int, int]:
    """Return of how many teachers, and by how many seeds, students train longer."""
    budget, seeds = config["budget"], config["sample"]["seeds"]
    return min(budget["teachers"], config["teacher"]["count"]), min(budget["seeds"], len(seeds))


def sine_cell(sine: dict) -> Cell:
    """Return the one cell of the family sine, from its section of the configuration."""
    keys = ("samples", "depth", "width", "batch", "epochs")
    return Cell(
        "sine", 1, batch_rule="size", students=len(sine["seeds"]), **{k: sine[k] for k in keys}
    )


def polynomial_cells(polynomial: dict, dim: int) -> list[Cell]:
    """Return the cells of a kind of polynomials, a sample size each, from their section.

    They are in no shard: one job trains all of a kind.
    """
    count = polynomial["count"] * len(polynomial["seeds"])
    depth, width, epochs = (polynomial[key] for key in ("depth", "width", "epochs"))
    return [
        Cell(
            "polynomial", dim, m, depth, width, "divisor", batch_size(polynomial, m), epochs, count
        )
        for m in polynomial["trained"]
    ]


def seeds_of(cell: Cell, config: dict) -> int:
    """Return how many seeds the students of a cell have."""
    if is_longer(cell, config):
        return longer_students(config)[1]
    return len(config["sine" if cell.family == "sine" else "sample"]["seeds"])


def is_longer(cell: Cell, config: dict) -> bool:
    """Return whether a cell is one of longer training."""
    return cell.family != "sine" and cell.batch_rule in config["budget"]["longer"]


def training_options(cell: Cell, rows: range, config: dict) -> dict[str, object]:
    """Return what a job is told that trains some rows of a cell, beside settings and files.

    `teachers` and `seeds` are how many of the first ones the cell has; None for all.
    """
    recipe, teachers, seeds = config["training"], None, None
    if is_longer(cell, config):
        recipe = config["budget"]["longer"][cell.batch_rule]
        teachers, seeds = longer_students(config)
    return {
        "batch": cell.batch,
        "epochs": cell.epochs,
        "learning_rate": recipe["learning_rate"],
        "teachers": teachers,
        "seeds": seeds,
        "first": rows.start,
        "count": len(rows),
    }


def trainings(settings: dict) -> dict[str, dict[str, object]]:
    """Return what the record of each training tells, by its file of students.

    Wildcards are text there, and all else is a number.
    """
    return {
        f"students/{name}.safetensors": {
            **{key: str(getattr(cell, key)) for key in WILDCARDS},
            **training_options(cell, rows, settings),
        }
        for cell in cells(settings)
        for name, rows in zip(shard_names(cell, settings), shards(cell, settings), strict=True)
    }
