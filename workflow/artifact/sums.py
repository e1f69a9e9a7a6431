"""SHA256SUMS: the digest of every file of an archive, as `sha256sum --check` reads it."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from supnorm.job.origin import SUMS
from supnorm.job.programs import InputError
from supnorm.job.provenance import digest
from supnorm.job.records import LONGEST_PATH

LINE = re.compile(r"([0-9a-f]{64})  (.+)")


class Fault(NamedTuple):
    """A file that is not as it was archived, and a sentence that says how."""

    path: str
    sentence: str


def sums_text(digests: Mapping[str, str]) -> str:
    """Return the text of SHA256SUMS: a line a file, sorted by path.

    Raises InputError where a path has characters that `sha256sum` would write in another way.
    """
    for path in digests:
        if "\\" in path or not path.isprintable():
            raise InputError(f"{path!r}: expected a name without backslash or control character")
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests))


def read_sums(path: Path) -> dict[str, str]:
    """Return the digests that a SHA256SUMS tells, by the path of each file.

    Paths are relative and stay below the folder; each stands there once, and they are sorted.
    Raises InputError where a line is not so.
    """
    try:
        lines = path.read_bytes().decode().split("\n")
    except FileNotFoundError:
        raise InputError(f"{path}: expected the sums of an archive, found no file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected text in UTF-8, found {error}") from None
    if lines.pop():
        raise InputError(f"{path}: expected a line end at the end of the file, found none")
    sums, last = {}, ""
    for number, line in enumerate(lines, start=1):
        found = LINE.fullmatch(line)
        if not found or not _below(found[2]):
            raise InputError(
                f"{path}: line {number} is {line[:200]!r}; expected a SHA-256, two blanks, and the "
                "path of a file of the archive"
            )
        if found[2] <= last:
            raise InputError(f"{path}: line {number} is not in the order of paths, or there twice")
        last = found[2]
        sums[last] = found[1]
    return sums


def check_sums(root: Path) -> list[Fault]:
    """Return what is missing or changed among the files that the SHA256SUMS of a root names.

    Files that it does not name are none of its business. Raises InputError as `read_sums`.
    """
    faults = []
    for path, expected in read_sums(root / SUMS).items():
        if not (root / path).is_file():
            faults.append(Fault(path, f"{path}: expected a file, as {SUMS} names it, found none"))
        elif (found := digest(root / path)) != expected:
            faults.append(
                Fault(path, f"{path}: expected SHA-256 {expected} as in {SUMS}, found {found}")
            )
    return faults


def _below(path: str) -> bool:
    """Return whether a path is written plainly, and stays in its folder wherever that is."""
    name = PurePosixPath(path)
    plain = path.isprintable() and "\\" not in path and str(name) == path != SUMS
    plain = plain and len(path.encode()) <= LONGEST_PATH
    return plain and not name.is_absolute() and ".." not in name.parts
