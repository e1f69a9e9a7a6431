"""The repository's configuration at its scales."""

from pathlib import Path

import yaml

from supnorm.configuration import resolve

ROOT = Path(__file__).parents[2]


def configuration(scale):
    config = yaml.safe_load((ROOT / "config.yaml").read_text()) | {"scale": scale}
    return resolve(config, ROOT / "workflow/schemas/config.schema.yaml")
