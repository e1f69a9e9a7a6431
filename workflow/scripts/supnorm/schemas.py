"""What config.yaml may say, and what each of its settings means, as workflow/schemas/ has it.

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
FRAME, SUFFIX = "frame", ".schema.yaml"


@cache
def configuration_schema() -> dict:
    """Return the JSON Schema of a configuration: the frame, with a section for each study."""
    schema = copy.deepcopy(_read(FRAME))
    for study in studies():
        schema["properties"][study] = _read(study)
        schema["required"].append(study)
    schema["properties"]["studies"]["items"]["enum"] = list(studies())
    return schema


@cache
def studies() -> tuple[str, ...]:
    """Return the names of all studies, sorted: each has a schema."""
    names = (path.name.removesuffix(SUFFIX) for path in SCHEMAS.glob(f"*{SUFFIX}"))
    return tuple(sorted(name for name in names if name != FRAME))


def described(part: dict) -> dict:
    """Return a part of the schema with its $ref resolved."""
    if "$ref" not in part:
        return part
    return definition(part["$ref"].rsplit("/", 1)[1]) | part


def definition(name: str) -> dict:
    """Return what schemas refer to by a name."""
    return _read(FRAME)["$defs"][name]


def setting(key: str) -> dict:
    """Return the schema of a setting, such as uniform.teacher.depth.

    Raises KeyError where there is no such setting.
    """
    section, *names = key.split(".")
    # A program that has settings of one study need not read what others may be told.
    part = _read(section) if section in studies() else _read(FRAME)["properties"][section]
    for name in names:
        part = part["properties"][name]
    if "properties" in part:
        raise KeyError(f"{key} is a section, no setting")
    return described(part)


def sections(part: dict, *above: str) -> Iterator[tuple[str, ...]]:
    """Yield the path of each section of settings, as a tuple of names."""
    for name, below in part["properties"].items():
        if "properties" in below:
            yield (*above, name)
            yield from sections(below, *above, name)


@cache
def _read(name: str) -> dict:
    return yaml.safe_load((SCHEMAS / f"{name}{SUFFIX}").read_text(encoding="utf-8"))
