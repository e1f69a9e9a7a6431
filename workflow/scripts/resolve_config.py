"""Write the configuration in force, after defaults and scale, as YAML."""

import argparse
import json
from pathlib import Path

import yaml

from supnorm.outputs import appearing
from supnorm.programs import run


def main(argv: list[str]) -> None:
    """Write what --config says, keys in the order of config.yaml."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=json.loads, required=True, help="configuration, as JSON")
    parser.add_argument("--output", type=Path, required=True, help="YAML file to write")
    arguments = parser.parse_args(argv)
    with appearing(arguments.output) as temporary:
        temporary.write_text(yaml.safe_dump(arguments.config, sort_keys=False, width=100))


if __name__ == "__main__":
    run(main)
