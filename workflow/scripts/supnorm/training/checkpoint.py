"""Checkpoints: files from which an interrupted training resumes, to the same bits.

A checkpoint is a safetensors file of a training's state. Its metadata are a checksum of the state,
and the identity of the training: everything that its results depend on. A checkpoint that is
damaged, or of another training, is refused.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from supnorm.job.imports import imported_files
from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError
from supnorm.training.cell import Training

# What reading a damaged file may raise.
DAMAGE = (safetensors.SafetensorError, ValueError, KeyError, TypeError, AttributeError)


class CheckpointError(Exception):
    """A checkpoint that cannot be used: a sentence that names the file and says why."""


@dataclass(frozen=True)
class Checkpoint:
    """The checkpoint of a training, at a path; without a path nothing is saved.

    `identity` has everything that the results depend on, in texts, numbers, lists and dictionaries.
    """

    path: Path | None
    identity: dict

    def save(self, training: Training) -> None:
        """Atomically replace the checkpoint; keep the old one on failure.

        Raises CheckpointError where it cannot be written, as on a full disk.
        """
        if self.path is None:
            return
        state = {name: np.ascontiguousarray(array) for name, array in training.state().items()}
        metadata = {"identity": json.dumps(self.identity), "checksum": digest(state)}
        try:
            with appearing(self.path) as temporary:
                safetensors.numpy.save_file(state, temporary, metadata)
        except (OSError, safetensors.SafetensorError) as error:
            raise CheckpointError(f"{self.path}: cannot be written: {error}") from None

    def resume(self, training: Training) -> dict | None:
        """Restore a training that has not begun; return its saved identity, or None without a file.

        The saved `hardware` may differ: the rest of the training is then rounded differently.
        Raises CheckpointError where the file is damaged or of another training, and InputError
        where it cannot be read.
        """
        if self.path is None:
            return None
        try:
            self.path.open("rb").close()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(
                f"{self.path}: expected a checkpoint or nothing, found: {error.strerror}"
            ) from None
        try:
            identity, state = _read(self.path)
            names = {**identity, **self.identity}.keys() - {"hardware"}
            others = sorted(k for k in names if identity.get(k) != self.identity.get(k))
            if others:
                raise CheckpointError(
                    f"{self.path}: found the checkpoint of another training (not the same "
                    f"{', '.join(others)})"
                )
            training.restore(state)
        except DAMAGE as error:
            raise CheckpointError(f"{self.path}: found a damaged checkpoint: {error}") from None
        return identity

    def remove(self) -> None:
        """Remove the checkpoint, and temporary files that killed processes have left."""
        if self.path is None:
            return
        for half in self.path.parent.glob(f".{self.path.stem}.*{self.path.suffix}"):
            half.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of arrays: of their names, types, shapes and numbers."""
    total = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
    return total.hexdigest()


def code_digest(program: Path) -> str:
    """Return the SHA-256 of a program and of all that it imports from the library."""
    files = [program, *imported_files(program)]
    contents = {str(path.relative_to(program.parents[1])): path.read_bytes() for path in files}
    return digest({name: np.frombuffer(code, np.uint8) for name, code in contents.items()})


def _read(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """Return the identity and the state in a file; raises one of DAMAGE where it is damaged."""
    with safetensors.safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if digest(state) != metadata["checksum"]:
        raise ValueError("its checksum is not that of its contents")
    return json.loads(metadata["identity"]), state
