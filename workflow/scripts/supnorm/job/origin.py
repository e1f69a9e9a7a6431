"""Where this tree comes from: its commit, and the DOI of its results.

In a clone, git knows the commit. In a tree from an archive, `archive.json` and `SHA256SUMS` tell of
it. Imported by the Snakefile, so it must stay cheap.
"""

import hashlib
import json
import os
import subprocess
from contextlib import suppress
from importlib.machinery import all_suffixes
from pathlib import Path, PurePosixPath

from supnorm.job.programs import InputError

ROOT = Path(__file__).parents[4]
ARCHIVED = "archive.json"
SUMS = "SHA256SUMS"
DEPOSIT = "archive/deposit.json"
# What is read below workflow/, and what is imported or run from anywhere in a tree.
READ, IMPORTED = (".smk", ".yaml", ".typ", ".rst", ".css", ".md"), tuple(all_suffixes())
# What Snakemake, Numba and Matplotlib take from the folder in which they are started.
TAKEN = ("Snakefile", "snakefile", ".numba_config.yaml", "matplotlibrc")
# By these git is told of another tree, as its hooks are.
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


def commit(root: Path = ROOT) -> tuple[str | None, bool | None]:
    """Return the commit of a tree, and whether its files differ from it; None where unknown."""
    try:
        at = head(root)
    except InputError:
        return None, None
    with suppress(InputError):
        return at, bool(changes(root))
    return at, None


def head(root: Path = ROOT) -> str | None:
    """Return the commit of a tree; raises InputError with the reason where it is not known."""
    if is_clone(root):
        return git(root, "log", "-1", "--format=%H", "--no-show-signature").strip()
    if (root / ARCHIVED).is_file():
        return said(root / ARCHIVED, "commit")
    raise InputError("expected a clone of the repository or an unpacked archive, found neither")


def changes(root: Path = ROOT) -> list[str]:
    """Return the files in which a tree differs from its commit, as far as it is made of them.

    Others, as a log or what an editor leaves, are no part of it, nor are results. Raises
    InputError with the reason where that is not known.
    """
    if not is_clone(root):
        return _changed_since_archived(root)
    asked = ("status", "--porcelain", "--no-renames", "--untracked-files=all", "-z")
    # Two letters, a blank and a path.
    return [
        path
        for state, path in ((entry[:2], entry[3:]) for entry in git_entries(root, *asked))
        if of_source(path) and (state != "??" or _may_be_read(root, path))
    ]


def is_clone(root: Path) -> bool:
    """Return whether git is to know of a tree."""
    return (root / ".git").exists()


def git(root: Path, *arguments: str) -> str:
    """Return what git answers of a tree; raises InputError with what it says where it fails."""
    environment = {name: text for name, text in os.environ.items() if name not in ELSEWHERE}
    # A repository around the tree tells nothing of it.
    environment["GIT_CEILING_DIRECTORIES"] = str(root.resolve().parent)
    command = ["git", "-C", root, *arguments]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            env=environment,
        )
    except OSError as error:
        raise InputError(f"git cannot be run: {error.strerror}; install it") from None
    if done.returncode:
        reason = " ".join(done.stderr.split())
        raise InputError(f"git tells nothing of this tree; it said: {reason}")
    return done.stdout


def git_entries(root: Path, *arguments: str) -> list[str]:
    """Return the entries of what git answers, which it ends with zeros."""
    return git(root, *arguments).split("\0")[:-1]


def _may_be_read(root: Path, path: str) -> bool:
    """Return whether a file that git does not know can change what the workflow does."""
    name = PurePosixPath(path)
    if path in TAKEN:
        return True
    if any(part.startswith(".") for part in name.parts):
        return False
    # Into a link, and a repository of its own, git does not look.
    is_package = (root / path / "__init__.py").is_file()
    is_read = name.parts[0] == "workflow" and name.suffix in READ
    return path.endswith(IMPORTED) or is_package or is_read


def of_source(path: str) -> bool:
    """Return whether a file of an archive is source: neither a result nor about the run."""
    return not path.startswith(("results/", "run/"))


def doi(results: Path, root: Path = ROOT) -> str | None:
    """Return the DOI reserved for the results of a scale, or the one they were archived under.

    Raises InputError where the file that holds it is damaged.
    """
    deposit, archived = results / DEPOSIT, root / ARCHIVED
    if deposit.is_file():
        return said(deposit, "doi")
    # An archive is of one scale: other results, made where it was unpacked, are not in it.
    if archived.is_file() and said(archived, "scale") == results.name:
        return said(archived, "doi")
    return None


def said(path: Path, key: str) -> str | None:
    """Return the text under a key of a JSON file; None for null.

    Raises InputError where the key is missing or has another type.
    """
    try:
        value = json.loads(path.read_text())[key]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{path}: expected a JSON object with a key {key}, found none") from None
    if value is not None and not isinstance(value, str):
        raise InputError(f"{path}: {key} is {value!r}; expected text or null")
    return value


def _changed_since_archived(root: Path) -> list[str]:
    """Return the source files that differ from their archived sums."""
    if not (root / SUMS).is_file():
        raise InputError(f"{SUMS}: expected the sums of the archive, found no file")
    lines = (root / SUMS).read_text().splitlines()
    sums = {path: digest for digest, _, path in (line.partition("  ") for line in lines)}
    return [
        path
        for path, digest in sums.items()
        if of_source(path)
        and (
            not (root / path).is_file()
            or hashlib.sha256((root / path).read_bytes()).hexdigest() != digest
        )
    ]
