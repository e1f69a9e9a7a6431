"""What all programs share: exit status and error messages."""

import argparse
import math
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class InputError(ValueError):
    """A mistake in the input of a program: one sentence that names the file or the key."""

    def __init__(self, sentence: str):
        """Take the sentence, and escape its unprintable characters, as names may have them."""
        super().__init__(printable(sentence))


def printable(text: str) -> str:
    """Return a text with its unprintable characters escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def count(text: str) -> int:
    """Return a whole number of at least 1 from a command line."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found {text}, expected a whole number of at least 1")
    return int(text)


def positive(text: str) -> float:
    """Return a positive number from a command line."""
    with suppress(ValueError):
        if 0 < (value := float(text)) < math.inf:
            return value
    raise argparse.ArgumentTypeError(f"found {text}, expected a positive number")


def run(main: Callable[[list[str]], None]) -> None:
    """Run a program's `main` on the command line; end with 0, or with 1 and one sentence."""
    name = Path(sys.argv[0]).stem
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(f"{name}: {error}")
    except FileNotFoundError as error:
        sys.exit(f"{name}: {error.filename}: expected a file, found none")
    except OSError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
