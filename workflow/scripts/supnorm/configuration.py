"""The configuration: one scale chosen, its changes applied, everything checked.

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

import copy
from functools import cache
from pathlib import Path

import yaml

from supnorm.hardware.cards import named_card
from supnorm.job.programs import InputError


def resolve(config: dict, schema_file: Path) -> dict:
    """Return the configuration in force: the base with what its scale changes, key by key.

    Every scale is checked, not only the chosen one. Two keys beside the sections come from the
    command line or a profile and are no part of the experiment: `device`, in place of
    training.device, and `card`, what GPUs are there (supnorm.hardware.cards).
    Raises InputError with one sentence that names the key, what was found, and what is allowed.
    """
    schema = yaml.safe_load(Path(schema_file).read_text())
    scales = config.get("scales")
    if not isinstance(scales, dict) or not scales:
        raise InputError(f"config.yaml: scales is {_show(scales)}; expected at least one scale")
    if str(config.get("scale")) not in scales:
        allowed = ", ".join(map(str, scales))
        raise InputError(
            f"config.yaml: scale is {_show(config.get('scale'))}; expected one of {allowed}"
        )
    if config.get("device", "cpu") not in ("cpu", "cuda"):
        raise InputError(f"device is {_show(config['device'])}; expected cpu or cuda")
    if "card" in config:
        named_card(config["card"])
    resolved = {scale: _resolved(config, scale, schema) for scale in scales}
    return resolved[str(config["scale"])]


def as_yaml(config: dict) -> str:
    """Return the configuration in force as YAML, keys in the order of config.yaml."""
    return yaml.safe_dump(config, sort_keys=False, width=100)


def _resolved(config: dict, scale: str, schema: dict) -> dict:
    """Return the configuration of one scale, checked."""
    beside = ("scales", "device", "card")
    base = {key: value for key, value in config.items() if key not in beside}
    changes = config["scales"][scale]
    changed = set()
    resolved = copy.deepcopy(base) | {"scale": scale}
    for section in schema["required"]:
        if section != "scale" and not isinstance(resolved.get(section), dict):
            raise InputError(
                f"config.yaml: {section} is {_show(resolved.get(section))}; expected a section of "
                "keys and values"
            )
    for section, keys in _mapping(changes, f"scales.{scale}").items():
        if section not in schema["required"] or section == "scale":
            raise InputError(
                f"config.yaml: scales.{scale}.{section} is no section; expected one of "
                + ", ".join(name for name in schema["required"] if name != "scale")
            )
        for key, value in _mapping(keys, f"scales.{scale}.{section}").items():
            resolved[section][key] = value
            changed.add((section, key))

    def name(path: tuple) -> str:
        text = "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in path)[1:]
        return f"scales.{scale}.{text}" if path[:2] in changed else text

    _check_schema(resolved, schema, name)
    _check_together(resolved, name)
    return resolved


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
        expected = _description(schema, error.schema["properties"][missing])
        raise InputError(f"config.yaml: {name((*path, missing))} is missing; expected {expected}")
    hint = ""
    if isinstance(error.instance, str) and _is_number(error.instance):
        hint = " (YAML reads this as text; a power of ten needs a point, as in 1.0e-4)"
    expected = _description(schema, error.schema)
    raise InputError(
        f"config.yaml: {name(path)} is {_show(error.instance)}; expected {expected}{hint}"
    )


def _check_together(resolved: dict, name) -> None:
    """Check what no single key can say."""
    training, student = resolved["training"], resolved["student"]
    if training["final_learning_rate"] > training["learning_rate"]:
        raise InputError(
            f"config.yaml: {name(('training', 'final_learning_rate'))} is "
            f"{training['final_learning_rate']}; expected at most training.learning_rate, "
            f"{training['learning_rate']}"
        )
    if training["engine"] == "narrow" and training["device"] == "cuda":
        raise InputError(
            f"config.yaml: {name(('training', 'engine'))} is 'narrow' and training.device is "
            f"{training['device']!r}; expected device cpu, or engine auto, stacked or loop"
        )
    for rule, keys in student["batch_rules"].items():
        path = ("student", "batch_rules", rule)
        smallest = min(resolved["sample"]["sizes"])
        if keys.get("size", 0) > smallest:
            raise InputError(
                f"config.yaml: {name((*path, 'size'))} is {keys['size']}; expected at most the "
                f"smallest sample size, {smallest} (or at_most: {keys['size']})"
            )
        if keys["epochs"] < resolved["evaluation"]["times"]:
            raise InputError(
                f"config.yaml: {name((*path, 'epochs'))} is {keys['epochs']}; expected at least "
                f"evaluation.times, {resolved['evaluation']['times']}"
            )


def _description(schema: dict, part: dict) -> str:
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
    return part["description"]


def _show(value) -> str:
    return "empty" if value is None else repr(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


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
