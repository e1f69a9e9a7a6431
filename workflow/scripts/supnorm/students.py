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


def load_students(path: Path) -> CellStudents:
    """Return the students of a file; raises InputError where it is not one of students."""
    networks, description, extra = load_networks(path)
    cell, pairs = description.get("cell", {}), description.get("students", {})
    named = {"family", "dim", "samples", "depth", "width", "batch_rule", "batch"}
    if (
        set(cell) != named
        or set(pairs) != {"teacher", "seed", "evaluation", "epoch"}
        or any(len(values) != len(networks) for values in pairs.values())
        or extra.get("loss", np.empty(0)).shape != (len(networks),)
    ):
        raise InputError(f"{path}: expected a file of students, found another")
    losses = extra["loss"]
    for name, array in networks.tensors().items():
        broken = ~np.isfinite(array).reshape(len(array), -1).all(axis=1) & np.isfinite(losses)
        if broken.any():
            raise InputError(
                f"{path}: {name} of network {int(broken.argmax())} has coefficients that are not "
                "finite, expected none where the loss is finite"
            )
    return CellStudents(networks, cell, pairs, losses)


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
