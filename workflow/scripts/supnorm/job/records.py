"""Records of jobs, checked as untrusted input."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from supnorm.job import provenance
from supnorm.job.programs import InputError, telling_lacks

SUFFIX = ".prov.json"
LARGEST = 100 * 2**20
# Bytes: no part of a path is then too long for a file system.
LONGEST_PATH = 255

# The parts of a record, and what each is a mapping to.
PARTS = {
    "wildcards": str,
    "parameters": object,
    "configuration": object,
    "inputs": dict,
    "outputs": dict,
    "code": str,
    "run": object,
}
RUN = {
    "commit": (str, type(None)),
    "dirty": (bool, type(None)),
    "config": (str, type(None)),
    "packages": dict,
    "python": str,
    "machine": dict,
    "started": str,
    "seconds": (int, float),
}


@dataclass(frozen=True)
class Record:
    """A job as its record describes it; files by option, with their SHA-256."""

    path: Path
    rule: str
    wildcards: Mapping[str, str]
    parameters: Mapping[str, object]
    configuration: Mapping[str, object]
    inputs: Mapping[str, Mapping[str, str]]
    outputs: Mapping[str, Mapping[str, str]]
    code: Mapping[str, str]
    run: Mapping[str, object]

    @property
    def program(self) -> str:
        """Return the path of the program, which bears the name of the rule.

        Raises InputError where the code has none.
        """
        for path in self.code:
            if re.fullmatch(rf"workflow/scripts/\w+/{self.rule}\.py", path):
                return path
        raise InputError(f"{self.path}: rule is {self.rule!r}; expected its program in the code")

    @property
    def options(self) -> dict[str, object]:
        """Return all that the program was told but for files: by the names of its options."""
        return {**self.wildcards, **self.configuration, **self.parameters}

    @property
    def input_files(self) -> list[str]:
        """Return the paths of all files that the job read."""
        return [path for files in self.inputs.values() for path in files]

    @property
    def output_files(self) -> list[str]:
        """Return the paths of all files that the job made."""
        return [path for files in self.outputs.values() for path in files]

    @property
    def content(self) -> dict:
        """Return what is the same in every run from the same inputs."""
        names = ("rule", "wildcards", "parameters", "configuration", "inputs", "outputs", "code")
        return {name: getattr(self, name) for name in names}


def stamp(record: Record) -> dict[str, str]:
    """Return the stamp that the outputs of a job carry."""
    return provenance.stamp(record.content)


def read_record(path: Path) -> Record:
    """Return a record; raises InputError with one sentence where it is invalid or damaged.

    All files that it names are relative paths that stay below the working directory.
    """
    content = _read(path)
    if content.keys() != {"rule", "seal", *PARTS}:
        found = ", ".join(sorted(map(str, content)))
        raise InputError(f"{path}: expected a record of a job, found the keys {found}")
    if provenance.seal(content) != content["seal"]:
        raise InputError(f"{path}: expected a record as it was written, found that it was changed")
    if not isinstance(content["rule"], str) or not re.fullmatch(r"[a-z]\w*", content["rule"]):
        raise InputError(f"{path}: rule is {content['rule']!r}; expected the name of a rule")
    for part, kind in PARTS.items():
        if not isinstance(content[part], dict):
            raise InputError(f"{path}: {part} is no mapping, as it is in a record")
        if not all(isinstance(value, kind) for value in content[part].values()):
            raise InputError(f"{path}: {part} has values of another kind than in a record")
    _check_options(path, content)
    for part in ("inputs", "outputs"):
        for files in content[part].values():
            _check_files(path, part, files)
    _check_files(path, "code", content["code"])
    _check_run(path, content["run"])
    return Record(path, **{key: value for key, value in content.items() if key != "seal"})


def _read(path: Path) -> dict:
    """Return the JSON object in a file, which must be in the canonical form of records."""
    try:
        with telling_lacks():
            if path.stat().st_size > LARGEST:
                raise InputError(
                    f"{path}: expected a record of a job, found more than {LARGEST} bytes"
                )
            text = path.read_bytes().decode()
        content = json.loads(text, object_pairs_hook=_unique)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: expected a record of a job, found no file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected a record of a job, found {error}") from None
    if not isinstance(content, dict) or provenance.canonical(content) != text:
        raise InputError(f"{path}: expected a record as it was written, found that it was changed")
    return content


def _unique(pairs: list[tuple[str, object]]) -> dict:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key that occurs twice")
    return dict(pairs)


def _check_options(path: Path, content: Mapping) -> None:
    """Check that nothing is told twice, where one reader would take this and another that."""
    told, settings = [*content["wildcards"], *content["parameters"]], content["configuration"]
    if len({*told, *settings}) < len(told) + len(settings) or any("." in name for name in told):
        raise InputError(
            f"{path}: expected each option once, and settings under configuration alone"
        )


def _check_files(path: Path, part: str, files: Mapping) -> None:
    for file, digest in files.items():
        if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
            raise InputError(f"{path}: {part}: {file} has no SHA-256, as files in a record have")
        name = PurePosixPath(file)
        plain = str(name) == file and "\0" not in file and len(file.encode()) <= LONGEST_PATH
        if name.is_absolute() or ".." in name.parts or not plain:
            raise InputError(f"{path}: {part}: expected a file of this tree, found {file!r}")


def _check_run(path: Path, run: Mapping) -> None:
    if run.keys() != RUN.keys():
        raise InputError(f"{path}: run has other keys than in a record")
    for key, kind in RUN.items():
        if not isinstance(run[key], kind):
            raise InputError(f"{path}: run.{key} is {run[key]!r}, unlike in a record")
