"""Write the configuration in force, after defaults and scale, as YAML."""

import json

from supnorm.configuration import as_yaml
from supnorm.job.commands import Program
from supnorm.job.outputs import appearing
from supnorm.job.programs import run


def main(argv: list[str]) -> None:
    """Write what --configuration says, keys in the order of config.yaml."""
    parser = Program(__doc__, __file__)
    parser.add_argument("--configuration", type=json.loads, required=True, help="as JSON")
    parser.writes("config", help="YAML file to write")
    arguments = parser.parse_args(argv)
    with appearing(arguments.config) as temporary:
        temporary.write_text(as_yaml(arguments.configuration))
    arguments.job.write_record()


if __name__ == "__main__":
    run(main)
