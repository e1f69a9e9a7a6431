"""What all programs share: exit status and error messages."""

import argparse
import errno
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from supnorm.job.surroundings import speak_utf8

# The exit status of a program that could not do its work where it ran: EX_TEMPFAIL of sysexits.h.
UNABLE = 75
# What a system says where permission, space or means are lacking, whatever the input is.
LACKS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
LACKS |= {errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.EIO}
# Letters of what foreign code says.
LONGEST = 300


class InputError(ValueError):
    """A mistake in the input of a program: one sentence that names the file or the key."""

    def __init__(self, sentence: str):
        """Take the sentence, and escape its unprintable characters, as names may have them."""
        super().__init__(printable(sentence))


class UnableError(InputError):
    """What keeps a program from its work where it runs, and is no fault of its input."""


@contextmanager
def telling_lacks() -> Iterator[None]:
    """Raise UnableError where permission, space or memory is lacking; it names the file."""
    try:
        yield
    except MemoryError as error:
        raise UnableError(f"not enough memory: {error}".removesuffix(": ")) from None
    except OSError as error:
        # No name has what is said where there is no folder for temporary files.
        if error.errno not in LACKS and (error.errno, error.filename) != (errno.ENOENT, None):
            raise
        where = "" if error.filename is None else f"{error.filename}: "
        raise UnableError(f"{where}{error.strerror}") from None


def printable(text: str) -> str:
    """Return a text with its unprintable characters escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def told(error: BaseException) -> str:
    """Return in one line, not too long, what an exception of foreign code is and says."""
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


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
    """Run a program's `main` on the command line; end with 0, or with one sentence.

    The status is then 1, or UNABLE where the place is to blame in which it runs.
    """
    speak_utf8()
    name = Path(sys.argv[0]).stem
    try:
        with telling_lacks():
            main(sys.argv[1:])
    except UnableError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(UNABLE)
    except InputError as error:
        sys.exit(f"{name}: {error}")
    except FileNotFoundError as error:
        sys.exit(f"{name}: {error.filename}: expected a file, found none")
    except OSError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
