"""The one rule for names that a configuration gives, which become part of paths.

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

import argparse
import re

from supnorm.schemas import definition

# As a regular expression, without the anchors that the schema needs.
NAME = definition("name")["pattern"].removeprefix("^").removesuffix(r"(?!\n)$")


def is_name(value: object) -> bool:
    """Return whether a scale, a batch rule or the like may be called so."""
    return isinstance(value, str) and re.fullmatch(NAME, value) is not None


def scale_name(text: str) -> str:
    """Return the name of a scale from a command line."""
    if not is_name(text):
        expected = definition("name")["description"]
        raise argparse.ArgumentTypeError(f"found {text!r}, expected {expected}")
    return text
