"""Deposit the archive of a scale at Zenodo under a DOI, and publish it.

Run from the root of the repository. `make deposit` reserves a DOI, has it stamped into the paper
and the archive by building both again, and uploads them as a draft, which only its user sees.
Started again it goes on with the same draft. `make publish` shows the draft, asks once, and
publishes it: that cannot be undone.
"""

import argparse
import sys

from deposit import servers
from deposit.drafting import deposit
from deposit.publishing import publish
from driver.jobs import configuration
from supnorm.job.programs import run


def main(argv: list[str]) -> None:
    """Deposit, or publish what was deposited."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    depositing = commands.add_parser("deposit", help="upload the archive as a draft with a DOI")
    where = f"at {servers.PRODUCTION}, not at {servers.SANDBOX}"
    depositing.add_argument("--production", action="store_true", help=where)
    depositing.add_argument(
        "--new-version-of", metavar="RECORD", help="published record to make a new version of"
    )
    publishing = commands.add_parser("publish", help="publish the draft, after a question")
    publishing.add_argument(
        "--confirm", metavar="DOI", help="the DOI to publish, in place of an answer"
    )
    for command in (depositing, publishing):
        command.add_argument("--scale", help="scale, if not the one that config.yaml names")
    arguments = parser.parse_args(argv)
    scale = configuration(arguments.scale)["scale"]
    if arguments.command == "deposit":
        server = servers.PRODUCTION if arguments.production else servers.SANDBOX
        deposit(scale, server, arguments.new_version_of)
    else:
        publish(scale, arguments.confirm)


if __name__ == "__main__":
    # What it says begins with its name.
    sys.argv[0] = "deposit"
    run(main)
