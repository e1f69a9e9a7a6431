"""Files of students: the networks of a cell at each evaluation, and what each of them is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from supnorm.networks import Networks, load_networks
from supnorm.programs import InputError


@dataclass(frozen=True)
class CellStudents:
    """The students of a cell.

    `cell` names family, dim, samples, depth, width, batch_rule and batch; `pairs` has, for each
    network, its teacher, seed, evaluation and epoch; `losses` [students] are training losses.
    """

    networks: Networks
    cell: dict
    pairs: dict[str, list[int]]
    losses: np.ndarray


def load_students(path: Path, **chosen: int) -> CellStudents:
    """Return the students of a file; only those of a `teacher`, `seed` or `evaluation` if named.

    Of a file of wide students, which may be larger than the memory, nothing else is read. Raises
    InputError where the file is not one of students, or has none of those chosen.
    """

    def choose(description: dict) -> list[int]:
        pairs = _described(path, description)
        numbers = range(len(pairs["teacher"]))
        rows = [k for k in numbers if all(pairs[name][k] == chosen[name] for name in chosen)]
        if not rows:
            wanted = ", ".join(f"{name} {value}" for name, value in chosen.items())
            raise InputError(f"{path}: expected students of {wanted}, found none")
        return rows

    networks, description, extra = load_networks(path, choose if chosen else None)
    pairs = _described(path, description)
    if chosen:
        rows = choose(description)
        pairs = {name: [values[k] for k in rows] for name, values in pairs.items()}
    losses = extra.get("loss", np.empty(0))
    if losses.shape != (len(networks),) or len(pairs["teacher"]) != len(networks):
        raise InputError(f"{path}: expected a file of students, found another")
    for name, array in networks.tensors().items():
        broken = ~np.isfinite(array).reshape(len(array), -1).all(axis=1) & np.isfinite(losses)
        if broken.any():
            raise InputError(
                f"{path}: {name} of network {int(broken.argmax())} has coefficients that are not "
                "finite, expected none where the loss is finite"
            )
    return CellStudents(networks, description["cell"], pairs, losses)


def _described(path: Path, description: dict) -> dict[str, list[int]]:
    """Return what a description says of each network; InputError unless it is of students."""
    cell, pairs = description.get("cell", {}), description.get("students", {})
    named = {"family", "dim", "samples", "depth", "width", "batch_rule", "batch"}
    alike = len({len(values) for values in pairs.values()}) == 1
    if set(cell) != named or set(pairs) != {"teacher", "seed", "evaluation", "epoch"} or not alike:
        raise InputError(f"{path}: expected a file of students, found another")
    return pairs


def check_teachers(path: Path, students: CellStudents, teachers: Networks) -> None:
    """Raise InputError unless all teachers of the students in a file are among the given ones."""
    dim, numbers = teachers.weights[0].shape[2], students.pairs["teacher"]
    if students.networks.weights[0].shape[2] != dim:
        found = students.networks.weights[0].shape[2]
        raise InputError(f"{path}: found students of d = {found}, expected the teachers' d = {dim}")
    if not all(0 <= number < len(teachers) for number in numbers):
        raise InputError(
            f"{path}: found students of teacher {max(numbers)}, expected teachers 0 to "
            f"{len(teachers) - 1}"
        )


def cell_file(paths: Iterable[Path], cell: Mapping) -> Path:
    """Return the file of a cell among files that bear the names of cells.

    `cell` names family, dim, samples, depth, width and batch_rule. Raises InputError where there
    is no such file.
    """
    name = "{family}/d{dim}_m{samples}_L{depth}_w{width}_{batch_rule}".format_map(cell)
    for path in paths:
        if f"{path.parent.name}/{path.stem}" == name:
            return path
    raise InputError(f"expected a file of the cell {name}, found none")
