"""The configuration in force: one scale applied to config.yaml, and everything checked.

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from functools import cache, partial, reduce

import yaml

from supnorm.hardware.cards import named_card
from supnorm.job.programs import InputError
from supnorm.names import is_name
from supnorm.schemas import configuration_schema, definition, described, sections
from supnorm.studies import all_studies

# What YAML makes of words that are meant as names, such as 2024, on, 2024-12-31 and null.
READ_AS = {
    **dict.fromkeys((int, float), "a number"),
    bool: "a truth value",
    **dict.fromkeys((date, datetime), "a date"),
    type(None): "nothing",
}


def resolve(config: dict) -> dict:
    """Return the configuration in force: the base with what its scale changes, key by key.

    Every scale is checked, not only the chosen one. Two keys beside the sections come from the
    command line or a profile and are no part of the experiment: `device`, in place of
    training.device, and `card`, what GPUs are there (supnorm.hardware.cards).
    Raises InputError with one sentence that names the key, what was found, and what is allowed.
    """
    chosen = chosen_scale(config)
    if config.get("device", "cpu") not in ("cpu", "cuda"):
        raise InputError(f"device is {_show(config['device'])}; expected cpu or cuda")
    if "card" in config:
        named_card(config["card"])
    resolved = {scale: _resolved(config, scale) for scale in config["scales"]}
    return resolved[chosen]


def chosen_scale(config: dict) -> str:
    """Return which scale is meant, where a name such as 2024 may have been read as a number.

    Raises InputError where none is, or where a scale has no name.
    """
    scales = config.get("scales")
    if not isinstance(scales, dict) or not scales:
        raise InputError(f"config.yaml: scales is {_show(scales)}; expected at least one scale")
    for scale in scales:
        if not is_name(scale):
            raise InputError(_misnamed("scales", scale))
    scale = config.get("scale")
    numbers = [scale] if _is_real(None, scale) else []
    named = [name for name in scales if name == str(scale) or _number(name) in numbers]
    if len(named) != 1:
        # Quotes may be what is missing where YAML would misread a scale's name in the same way.
        misread = any(type(yaml.safe_load(name)) is type(scale) for name in scales)
        hint = _read_otherwise(scale) if misread else ""
        raise InputError(
            f"config.yaml: scale is {_show(scale)}; expected one of {', '.join(scales)}{hint}"
        )
    return named[0]


def of_study(config: dict, study: str) -> dict:
    """Return the settings of a study: its section, with what all studies share in `training`."""
    shared = {"scale": config["scale"], "training": config["training"]}
    return _merged(shared, config[study])


def as_yaml(config: dict) -> str:
    """Return the configuration in force as YAML, keys in the order of config.yaml."""
    return yaml.safe_dump(config, sort_keys=False, width=100)


def _resolved(config: dict, scale: str) -> dict:
    """Return the configuration of one scale, checked."""
    schema = configuration_schema()
    beside = ("scales", "device", "card")
    resolved = {key: value for key, value in config.items() if key not in beside}
    resolved = copy.deepcopy(resolved) | {"scale": scale}
    for path in sections(schema):
        section = reduce(dict.get, path, resolved)
        if not isinstance(section, dict):
            raise InputError(
                f"config.yaml: {'.'.join(path)} is {_show(section)}; expected a section of keys "
                "and values"
            )
    changed = set(_change(resolved, config["scales"][scale], schema, ("scales", scale)))

    def name(path: tuple) -> str:
        of_scale = any(path[:end] in changed for end in range(1, len(path) + 1))
        return _dotted("scales", scale, *path) if of_scale else _dotted(*path)

    resolved = _with_numbers(resolved, schema)
    _check_schema(resolved, schema, name)
    _check_together(resolved, name)
    return resolved


def _with_numbers(value, part: dict):
    """Return a value of a part of the schema, its numbers as numbers where they came as text.

    YAML 1.1 reads 1e-4 as text, and Snakemake's --config all numbers below a key.
    """
    part = described(part)
    if isinstance(value, dict):
        known, others = part.get("properties", {}), part.get("additionalProperties") or {}
        return {key: _with_numbers(below, known.get(key, others)) for key, below in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item, part.get("items", {})) for item in value]
    kinds = {one.get("type") for one in (part, *part.get("anyOf", ()))}
    # Python takes 1_0 for 10, too.
    if isinstance(value, str) and kinds & {"integer", "number"} and "_" not in value:
        number = _number(value)
        return value if number is None else number
    return value


def _change(config: dict, changes, schema: dict, path: tuple[str, ...]) -> Iterator[tuple]:
    """Apply what a scale changes, section by section; yield the keys that it changes.

    `path` leads to the changes, from the root of config.yaml.
    """
    for key, value in _mapping(changes, _dotted(*path)).items():
        part = schema["properties"].get(key, {})
        if "properties" in part:
            yield from _change(config[key], value, part, (*path, key))
        elif len(path) == 2:
            parts = schema["properties"].items()
            known = ", ".join(name for name, below in parts if "properties" in below)
            raise InputError(
                f"config.yaml: {_dotted(*path, key)} is no section; expected one of {known}"
            )
        else:
            config[key] = value
            yield (*path[2:], key)


def _dotted(*path) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)[1:]


def _mapping(value, name: str) -> dict:
    if value is not None and not isinstance(value, dict):
        raise InputError(f"config.yaml: {name} is {_show(value)}; expected keys and values")
    return value or {}


def _check_schema(resolved: dict, schema: dict, name) -> None:
    errors = _validator()(schema).iter_errors(resolved)
    error = min(errors, key=lambda error: list(map(str, error.absolute_path)), default=None)
    if error is None:
        return
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        extra = next(key for key in error.instance if key not in error.schema["properties"])
        known = ", ".join(error.schema["properties"])
        raise InputError(f"config.yaml: {name((*path, extra))} is no key; expected one of {known}")
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        expected = described(error.schema["properties"][missing])["description"]
        raise InputError(f"config.yaml: {name((*path, missing))} is missing; expected {expected}")
    if "propertyNames" in error.absolute_schema_path:
        raise InputError(_misnamed(name(path), error.instance))
    hint = _read_otherwise(error.instance) if error.schema.get("type") == "string" else ""
    expected = described(error.schema)["description"]
    raise InputError(
        f"config.yaml: {name(path)} is {_show(error.instance)}; expected {expected}{hint}"
    )


def _misnamed(path: str, name) -> str:
    expected = definition("name")["description"]
    return f"config.yaml: {path} has the name {name!r}; expected {expected}{_read_otherwise(name)}"


def _read_otherwise(value) -> str:
    """Return as what YAML reads a name or a text that is neither; nothing where that is no hint."""
    kind = READ_AS.get(type(value))
    return f" (YAML reads it as {kind}; put it in quotes)" if kind else ""


def _check_together(resolved: dict, name: Callable[[tuple], str]) -> None:
    """Check settings against one another: the shared ones, then those of each study."""
    training = resolved["training"]
    if training["engine"] == "narrow" and training["device"] == "cuda":
        raise InputError(
            f"config.yaml: {name(('training', 'engine'))} is 'narrow' and training.device is "
            f"{training['device']!r}; expected device cpu, or engine auto, stacked or loop"
        )
    for study in all_studies():
        if study.check:
            study.check(of_study(resolved, study.name), partial(_below, name, study.name))


def _below(name: Callable[[tuple], str], study: str, path: tuple) -> str:
    return name((study, *path))


def _merged(shared: dict, own: dict) -> dict:
    """Return the union of two sections, subsections merged; `own` wins."""
    both = {
        key: _merged(shared[key], own[key])
        for key in shared.keys() & own.keys()
        if isinstance(shared[key], dict) and isinstance(own[key], dict)
    }
    return {**shared, **own, **both}


def _show(value) -> str:
    return "empty" if value is None else repr(value)


def _number(text: str) -> int | float | None:
    """Return the finite number that a text is; None if it is none."""
    for kind in (int, float):
        with suppress(ValueError, OverflowError):
            return number if math.isfinite(number := kind(text)) else None
    return None


def _is_whole(_checker, value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_real(_checker, value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


@cache
def _validator() -> type:
    """Return the class that checks a configuration by a schema.

    JSON Schema takes 100.0 for an integer and NaN for a number; a configuration must not.
    """
    # Imported only now: where nothing is checked, as on a machine with GPUs, it may be missing.
    import jsonschema

    plain = jsonschema.Draft202012Validator
    checker = plain.TYPE_CHECKER.redefine_many({"integer": _is_whole, "number": _is_real})
    return jsonschema.validators.extend(plain, type_checker=checker)
