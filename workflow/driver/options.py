"""How a rule becomes the command line of its program: every option is spelled as what it gives."""

import shlex
from collections.abc import Callable, Mapping
from functools import reduce
from operator import getitem

# Inputs that a program is not told of: its own code, and records that others read.
UNTOLD = ("program", "library", "records")


def options(config: Mapping, *keys: str, **others) -> Callable:
    """Return what makes the options of a job: of its files, its wildcards, settings, and others.

    `keys` are settings, by the keys of config.yaml that they have in `config`. `others` are values
    by name, or functions of the wildcards.
    """
    settings = {key: reduce(getitem, key.split("."), config) for key in keys}

    def said(wildcards, input, output) -> str:
        files = {name: file for name, file in input.items() if name not in UNTOLD}
        found = {name: of(wildcards) if callable(of) else of for name, of in others.items()}
        given = {**files, **dict(wildcards.items()), **settings, **found, **dict(output.items())}
        return shlex.join(word for name, value in given.items() for word in words(name, value))

    return said


def words(name: str, value: object) -> list[str]:
    """Return an option with its value, or with its values; nothing where there is no value."""
    if value is None:
        return []
    values = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else value
    return [f"--{name}", *map(str, values)]


def growing(amount: int) -> Callable:
    """Return memory or time of which each attempt at a job asks for more."""
    return lambda wildcards, attempt: attempt * amount
