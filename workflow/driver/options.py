"""How a rule becomes the command line of its program: an option is spelled as what it gives."""

import shlex
from collections.abc import Callable, Mapping
from functools import reduce
from operator import getitem

# Inputs that a program is not told of: its own code, and records that others read.
UNTOLD = ("program", "library", "records")


def options(config: Mapping, *keys: str, **others) -> Callable:
    """Return what makes the options of a job that say how: of settings, and of others.

    `keys` are settings, by the keys of config.yaml that they have in `config`. `others` are values
    by name, or functions of the wildcards. Snakemake runs a job again where these options change;
    of files it sees that by itself.
    """
    settings = {key: reduce(getitem, key.split("."), config) for key in keys}

    def said(wildcards) -> str:
        found = {name: of(wildcards) if callable(of) else of for name, of in others.items()}
        return spelled({**settings, **found})

    return said


def files(wildcards, input, output) -> str:
    """Return the options of a job that say what: its inputs, its wildcards and its outputs."""
    read = {name: file for name, file in input.items() if name not in UNTOLD}
    return spelled({**read, **dict(wildcards.items()), **dict(output.items())})


def spelled(given: Mapping[str, object]) -> str:
    """Return options with their values, as a shell takes them."""
    return shlex.join(word for name, value in given.items() for word in words(name, value))


def words(name: str, value: object) -> list[str]:
    """Return an option with its value, or with its values; nothing where there is no value."""
    if value is None:
        return []
    values = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else value
    return [f"--{name}", *map(str, values)]


def growing(amount: int) -> Callable:
    """Return memory or time of which each attempt at a job asks for more."""
    return lambda wildcards, attempt: attempt * amount
