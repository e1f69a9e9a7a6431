"""The repository's configuration at its scales."""

from pathlib import Path

import yaml

from supnorm.configuration import of_study, resolve

ROOT = Path(__file__).parents[2]


def whole_configuration(scale):
    """All that is in force at a scale."""
    return resolve(yaml.safe_load((ROOT / "config.yaml").read_text()) | {"scale": scale})


def configuration(scale):
    """The settings of the study uniform at a scale."""
    return of_study(whole_configuration(scale), "uniform")
