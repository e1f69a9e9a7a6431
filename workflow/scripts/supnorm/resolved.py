"""config.resolved.yaml: the configuration in force, as programs read it."""

from pathlib import Path

import yaml

from supnorm.job.programs import InputError


def read_resolved(path: Path) -> dict:
    """Read a resolved configuration, YAML or JSON; raises InputError where it is invalid."""
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        line = " ".join(str(error).split())
        raise InputError(f"{path}: expected YAML or JSON, found {line}") from None
    if not isinstance(config, dict):
        raise InputError(f"{path}: expected a configuration, found {config!r}")
    return config
