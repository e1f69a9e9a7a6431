"""Files of students: the networks of a cell at each evaluation, with their names.

A cell's students are in the files of its shards, <cell>_<number>of<count>.safetensors.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from supnorm.job.programs import InputError
from supnorm.networks import Networks, concatenate, load_networks, load_teachers


@dataclass(frozen=True)
class CellStudents:
    """Students of a cell: those of a shard, or of all.

    `cell` names family, dim, samples, depth, width, batch_rule and batch; `pairs` has, for each
    network, its teacher, seed, evaluation and epoch; `losses` [students] are training losses.
    """

    networks: Networks
    cell: dict
    pairs: dict[str, list[int]]
    losses: np.ndarray


def load_students(path: Path, **chosen: int) -> CellStudents:
    """Return the students of a file; only those of a `teacher`, `seed` or `evaluation` if named.

    Only the chosen students are read, as a file of wide ones may exceed the memory; there may be
    none. Raises InputError where the file is not one of students.
    """

    def choose(description: dict) -> list[int]:
        pairs = _described(path, description)
        numbers = range(len(pairs["teacher"]))
        return [k for k in numbers if all(pairs[name][k] == chosen[name] for name in chosen)]

    networks, description, extra = load_networks(path, choose if chosen else None)
    pairs = _described(path, description)
    if chosen:
        rows = choose(description)
        pairs = {name: [values[k] for k in rows] for name, values in pairs.items()}
    losses = extra.get("loss", np.empty(0))
    if losses.shape != (len(networks),) or len(pairs["teacher"]) != len(networks):
        raise InputError(f"{path}: expected a file of students, found another")
    _check_architecture(path, networks, description["cell"])
    for name, array in networks.tensors().items():
        broken = ~np.isfinite(array).all(axis=tuple(range(1, array.ndim))) & np.isfinite(losses)
        if broken.any():
            raise InputError(
                f"{path}: {name} of network {int(broken.argmax())} has coefficients that are not "
                "finite, expected none where the loss is finite"
            )
    return CellStudents(networks, description["cell"], pairs, losses)


def _described(path: Path, description: dict) -> dict[str, list[int]]:
    """Return what a description says of each network; InputError unless it is of students."""
    cell, pairs = description.get("cell"), description.get("students")
    named = {"family": str, "batch_rule": str}
    named |= dict.fromkeys(("dim", "samples", "depth", "width", "batch"), int)
    columns = {"teacher": list, "seed": list, "evaluation": list, "epoch": list}
    if (
        not (_like(cell, named) and _like(pairs, columns))
        or not all(type(number) is int for values in pairs.values() for number in values)
        or len({len(values) for values in pairs.values()}) > 1
    ):
        raise InputError(f"{path}: expected a file of students, found another")
    return pairs


def _check_architecture(path: Path, networks: Networks, cell: Mapping) -> None:
    """Raise InputError unless networks have the dimension, depth and width of a cell."""
    expected = [cell[name] for name in ("dim", "depth", "width")]
    widths = {bias.shape[1] for bias in networks.biases[:-1]} or {cell["width"]}
    found = [networks.weights[0].shape[2], len(networks.weights), *sorted(widths)]
    if found != expected:
        raise InputError(
            f"{path}: found networks of dimension, depth and width {found}, expected {expected}"
        )


def _like(found: object, kinds: Mapping[str, type]) -> bool:
    """Return whether what was found is a dictionary with these keys, and values of these types."""
    return (
        isinstance(found, dict)
        and found.keys() == kinds.keys()
        and all(type(found[name]) is kind for name, kind in kinds.items())
    )


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


def load_with_teachers(students: Path, teachers: Path) -> tuple[CellStudents, Networks]:
    """Return the students of a file and all teachers of another; InputError unless they match."""
    learned, (wanted, _) = load_students(students), load_teachers(teachers)
    check_teachers(students, learned, wanted)
    return learned, wanted


def load_cell(paths: Sequence[Path], **chosen: int) -> CellStudents:
    """Return the students of all shards of a cell; a choice of them as in `load_students`.

    Raises InputError where the files are of different cells, or have none of those chosen.
    """
    parts = [load_students(path, **chosen) for path in paths]
    cell = parts[0].cell
    for path, part in zip(paths, parts, strict=True):
        if part.cell != cell:
            raise InputError(f"{path}: found students of {part.cell}, expected those of {cell}")
    parts = [part for part in parts if len(part.networks)]
    if not parts:
        wanted = ", ".join(f"{name} {value}" for name, value in chosen.items())
        raise InputError(f"{paths[0]}: expected students of {wanted}, found none")
    pairs = {name: [k for part in parts for k in part.pairs[name]] for name in parts[0].pairs}
    losses = np.concatenate([part.losses for part in parts])
    return CellStudents(concatenate([part.networks for part in parts]), cell, pairs, losses)


def cell_files(paths: Iterable[Path]) -> dict[str, list[Path]]:
    """Return the files of each cell's shards, in order, by the name of the cell.

    Raises InputError on a file not named as a shard, and where shards are missing.
    """
    found, counts = {}, {}
    for path in paths:
        named = re.fullmatch(r"(.+)_([0-9]+)of([0-9]+)", path.stem)
        if named is None:
            raise InputError(f"{path}: expected a name <cell>_<number>of<count>, found another")
        name, number, count = f"{path.parent.name}/{named[1]}", int(named[2]), int(named[3])
        found.setdefault(name, {})[number] = path
        counts.setdefault(name, set()).add(count)
    for name, shards in found.items():
        if {len(shards)} != counts[name] or sorted(shards) != list(range(1, len(shards) + 1)):
            files = ", ".join(path.name for path in shards.values())
            raise InputError(f"{name}: expected the files of all its shards, found {files}")
    return {name: [shards[k] for k in sorted(shards)] for name, shards in found.items()}


def files_of(cell: Mapping, files: Mapping[str, list[Path]]) -> list[Path]:
    """Return the files of a cell among those of `cell_files`.

    `cell` names family, dim, samples, depth, width and batch_rule. Raises InputError where there
    are none.
    """
    name = "{family}/d{dim}_m{samples}_L{depth}_w{width}_{batch_rule}".format_map(cell)
    if name not in files:
        raise InputError(f"expected files of the cell {name}, found none")
    return files[name]
