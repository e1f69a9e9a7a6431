"""What a job did: a record beside its outputs, and a stamp inside them.

Both hold content, which is the same in every run from the same inputs: the rule, its settings, and
digests of inputs, code and outputs. The record also says when, where and at which commit the job
ran. docs/provenance.md describes both.
"""

import hashlib
import importlib.metadata
import json
import math
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from supnorm.hardware.machine import cores, gpu, processor
from supnorm.job.imports import imported_files
from supnorm.job.origin import commit
from supnorm.job.outputs import appearing

# Whoever starts a program may say by this variable which configuration is in force.
CONFIGURATION = "SUPNORM_CONFIGURATION"
PACKAGES = ["torch", "numba", "numpy", "scipy", "safetensors", "pandas", "pyarrow", "matplotlib"]
PACKAGES += ["seaborn", "typst", "snakemake"]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical(content: Mapping) -> str:
    """Return the canonical text of a record."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def seal(record: Mapping) -> str:
    """Return the digest of a record without its seal."""
    return _digest_of({key: value for key, value in record.items() if key != "seal"})


def stamp(content: Mapping) -> dict[str, str]:
    """Return the stamp of outputs: the rule, and digests of inputs, code and configuration.

    Files count by their bytes, whatever their paths and order.
    """
    inputs = {option: sorted(files.values()) for option, files in content["inputs"].items()}
    return {
        "rule": content["rule"],
        "inputs": _digest_of(inputs),
        "code": _digest_of(sorted(content["code"].values())),
        "configuration": _digest_of(content["configuration"]),
    }


def keywords(stamped: Mapping[str, str]) -> str:
    """Return a stamp as one line, for the keywords of a file."""
    return "; ".join(f"{name}: {value}" for name, value in stamped.items())


def _digest_of(content: Mapping | Sequence) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


@dataclass(frozen=True)
class Job:
    """A run of a program: what it was given, and what it is to write.

    `configuration` has settings by their keys in config.yaml, `parameters` all other options that
    are no files; inputs and outputs are files by option.
    """

    program: Path
    records: Sequence[Path]
    wildcards: Mapping[str, str]
    parameters: Mapping[str, object]
    configuration: Mapping[str, object]
    inputs: Mapping[str, Sequence[Path]]
    outputs: Mapping[str, Sequence[Path]]
    started: float = field(default_factory=time.time)
    code: Mapping[str, str] = field(init=False)

    def __post_init__(self):
        """Hash the code now: an edit during a long job belongs to the next one."""
        files = [self.program, *imported_files(self.program)]
        object.__setattr__(self, "code", _digests(files))

    @cached_property
    def content(self) -> dict:
        """Return the record without outputs and run; inputs are hashed once."""
        return {
            "rule": self.program.stem,
            "wildcards": dict(self.wildcards),
            "parameters": _plain(self.parameters),
            "configuration": _plain(self.configuration),
            "inputs": {option: _digests(files) for option, files in self.inputs.items()},
            "code": dict(self.code),
        }

    @property
    def stamp(self) -> dict[str, str]:
        """Return the stamp for the outputs."""
        return stamp(self.content)

    def write_record(self) -> None:
        """Write the record to each of `records`; every output must exist by then."""
        if not self.records:
            return
        outputs = {option: _digests(files) for option, files in self.outputs.items()}
        record = self.content | {"outputs": outputs, "run": self._run()}
        text = canonical(record | {"seal": seal(record)})
        for path in self.records:
            with appearing(path) as temporary:
                temporary.write_text(text)

    def _run(self) -> dict:
        """Return what differs between runs: time, machine, versions and commit."""
        head, dirty = commit()
        machine = {
            "processor": processor(),
            "cores": cores(),
            "gpu": gpu(),
            "threads": self.parameters.get("threads", 1),
            "system": platform.platform(),
        }
        return {
            "commit": head,
            "dirty": dirty,
            "config": os.environ.get(CONFIGURATION),
            "packages": dict(_versions()),
            "python": platform.python_version(),
            "machine": machine,
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.started)),
            "seconds": round(time.time() - self.started, 3),
        }


def _digests(files: Sequence[Path]) -> dict[str, str]:
    return {_name(path): digest(path) for path in files}


def _name(path: Path) -> str:
    """Return a path relative to the working directory if it lies below it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """Return values as JSON has them; numbers that are not finite become text."""
    return {name: _finite(value) for name, value in values.items()}


def _finite(value: object) -> object:
    """Return a value, or the values of a list, with text for numbers that are not finite."""
    if isinstance(value, list):
        return list(map(_finite, value))
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _versions():
    for name in PACKAGES:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
