"""The command line of a program, which knows inputs, outputs and settings from other options.

So every program can record what it did (`supnorm.job.provenance`), whoever starts it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from supnorm.job.provenance import Job


class Program(argparse.ArgumentParser):
    """A parser whose arguments have a further one: the `job` of which the record is written."""

    def __init__(self, description: str, file: str):
        """Describe the program in a file, which is the first of its code."""
        super().__init__(description=description, allow_abbrev=False)
        self._file = Path(file)
        self._inputs: list[str] = []
        self._outputs: list[str] = []
        self._keys: dict[str, str] = {}
        self.add_argument("--record", type=Path, nargs="+", default=[], help="records to write")
        self.add_argument(
            "--wildcards",
            type=_pair,
            nargs="*",
            default=[],
            metavar="NAME=VALUE",
            help="which of a rule's jobs this is, for the record",
        )

    def reads(self, name: str, **how) -> None:
        """Add an option that names a file to read, or files; required unless `how` says other."""
        self._inputs.append(self.add_argument(name, type=Path, **{"required": True, **how}).dest)

    def writes(self, name: str, **how) -> None:
        """Add a required option that names a file to write."""
        self._outputs.append(self.add_argument(name, type=Path, required=True, **how).dest)

    def setting(self, name: str, key: str, **how) -> None:
        """Add an option whose value is that of a key of config.yaml, or one of its values."""
        self._keys[self.add_argument(name, **{"required": True, **how}).dest] = key

    def parse_args(self, argv: Sequence[str]) -> argparse.Namespace:
        """Return the arguments, and under `job` the job that they describe."""
        arguments = super().parse_args(argv)
        given = vars(arguments)
        records, wildcards = given.pop("record"), dict(given.pop("wildcards"))
        files = {*self._inputs, *self._outputs}
        # Other files, as of a heartbeat, say how a job is watched and not what it does.
        parameters = {
            name: value
            for name, value in given.items()
            if name not in files and value is not None and not isinstance(value, Path)
        }
        arguments.job = Job(
            program=self._file,
            records=records,
            wildcards=wildcards,
            parameters=parameters,
            configuration={k: parameters[o] for o, k in self._keys.items() if o in parameters},
            inputs={name: _listed(given[name]) for name in self._inputs},
            outputs={name: _listed(given[name]) for name in self._outputs},
        )
        return arguments


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"found {text}, expected NAME=VALUE")
    return name, value


def _listed(files: Path | list[Path]) -> list[Path]:
    return files if isinstance(files, list) else [files]
