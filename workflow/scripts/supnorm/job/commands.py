"""The command line of a program: inputs, outputs, wildcards, settings, and other options.

They are told apart so that every program can record what it did (`supnorm.job.provenance`), whoever
starts it. An option is spelled as what it gives: --<name> of an input, an output or a wildcard of
the rule, or --<key> of a setting of config.yaml, as --uniform.teacher.depth.
"""

import argparse
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from supnorm.job.programs import count
from supnorm.job.provenance import Job
from supnorm.schemas import described, setting


class Program(argparse.ArgumentParser):
    """An argument parser that also returns the `job` whose record is to be written."""

    def __init__(self, description: str, file: str):
        """Set up the command line of the program in `file`."""
        super().__init__(description=description, allow_abbrev=False)
        self._file = Path(file)
        self._inputs: list[str] = []
        self._outputs: list[str] = []
        self._settings: dict[str, str] = {}
        self._wildcards: list[str] = []
        self.add_argument("--record", type=Path, nargs="+", default=[], help="records to write")

    def reads(self, name: str, **how) -> None:
        """Add an option for a file to read, or files; required unless `how` says otherwise."""
        self.add_argument(f"--{name}", type=Path, **{"required": True, **how})
        self._inputs.append(name)

    def writes(self, name: str, help: str) -> None:
        """Add a required option that names a file to write."""
        self.add_argument(f"--{name}", type=Path, required=True, help=help)
        self._outputs.append(name)

    def wildcards(self, *columns) -> None:
        """Add required options for wildcards of the rule, each described by a column of tables."""
        for column in columns:
            kind = int if str(column.type) == "int64" else str
            self.add_argument(f"--{column.name}", type=kind, required=True, help=column.meaning)
            self._wildcards.append(column.name)

    def setting(self, key: str, **how) -> None:
        """Add a required option for a setting, described by the schema.

        The argument is named by the last part of the key, as `depth`, or by `dest`.
        """
        part = setting(key)
        name = how.setdefault("dest", key.rpartition(".")[2])
        how = {"required": True, "help": part["meaning"], **_parsed(part), **how}
        self.add_argument(f"--{key}", metavar=name.upper(), **how)
        self._settings[name] = key

    def parallel(self) -> None:
        """Add the options of a program that may take long and may use several threads."""
        self.add_argument("--threads", type=count, default=1, help="students worked on at once")
        self.add_argument("--heartbeat", type=Path, help="JSON file that tells how far it is")

    def on_device(self) -> None:
        """Add the option that says where networks are trained or evaluated."""
        self.add_argument("--device", choices=["cpu", "cuda"], required=True)

    def parse_args(self, argv: Sequence[str]) -> argparse.Namespace:
        """Return the arguments, with the job that they describe as `job`."""
        arguments = super().parse_args(argv)
        given = vars(arguments)
        records = given.pop("record")
        known = {*self._inputs, *self._outputs, *self._settings, *self._wildcards}
        arguments.job = Job(
            program=self._file,
            records=records,
            wildcards={name: str(given[name]) for name in self._wildcards},
            # Files such as that of the heartbeat say how a job is watched and not what it does.
            parameters={
                name: value
                for name, value in given.items()
                if name not in known and value is not None and not isinstance(value, Path)
            },
            configuration={
                key: given[name] for name, key in self._settings.items() if given[name] is not None
            },
            inputs={name: _listed(given[name]) for name in self._inputs},
            outputs={name: _listed(given[name]) for name in self._outputs},
        )
        return arguments


def _parsed(part: dict) -> dict:
    """Return the keywords by which argparse reads a value of this schema."""
    if part.get("type") == "array":
        item = _parsed(described(part["items"]))
        return {"nargs": "+" if part.get("minItems") else "*", **item}
    if "enum" in part:
        return {"choices": part["enum"]}
    if part.get("type") == "string":
        return {"type": str}
    return {"type": _number(part)}


def _number(part: dict) -> Callable[[str], float]:
    """Return a function that reads a number of this schema."""
    kind = int if part.get("type") == "integer" else float

    def read(text: str) -> float:
        with suppress(ValueError):
            value = kind(text)
            if _allowed(value, part):
                return value
        raise argparse.ArgumentTypeError(f"found {text}, expected {part['description']}")

    return read


def _allowed(value: float, part: dict) -> bool:
    """Return whether a part of the schema allows a number; NaN never is."""
    if "anyOf" in part:
        return any(_allowed(value, described(one)) for one in part["anyOf"])
    if "const" in part:
        return value == float(part["const"])
    least, most = part.get("minimum", -math.inf), part.get("maximum", math.inf)
    above, below = part.get("exclusiveMinimum", -math.inf), part.get("exclusiveMaximum", math.inf)
    return least <= value <= most and above < value < below


def _listed(files: Path | list[Path]) -> list[Path]:
    return files if isinstance(files, list) else [files]
