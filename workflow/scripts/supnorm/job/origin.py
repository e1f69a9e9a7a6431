"""Where this tree comes from: its commit, and the DOI of its results.

In a clone, git knows the commit. In a tree from an archive, `archive.json` and `SHA256SUMS` tell of
it. Imported by the Snakefile, so it must stay cheap.
"""

import hashlib
import json
import subprocess
from pathlib import Path

from supnorm.job.programs import InputError

ROOT = Path(__file__).parents[4]
ARCHIVED = "archive.json"
SUMS = "SHA256SUMS"
DEPOSIT = "archive/deposit.json"


def commit(root: Path = ROOT) -> tuple[str | None, bool | None]:
    """Return the commit of a tree, and whether its files differ from it; None where unknown."""
    if (root / ".git").exists():
        head, changes = _git(root, "rev-parse", "HEAD"), _git(root, "status", "--porcelain")
        return head, None if changes is None else bool(changes)
    if (root / ARCHIVED).is_file():
        return said(root / ARCHIVED, "commit"), _changed_since_archived(root)
    return None, None


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


def _git(root: Path, *arguments: str) -> str | None:
    """Return the output of git; None where git is missing or fails."""
    try:
        done = subprocess.run(
            ["git", "-C", root, *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _changed_since_archived(root: Path) -> bool | None:
    """Return whether a source file differs from its archived sum; None without sums."""
    if not (root / SUMS).is_file():
        return None
    lines = (root / SUMS).read_text().splitlines()
    sums = {path: digest for digest, _, path in (line.partition("  ") for line in lines)}
    return any(
        not (root / path).is_file()
        or hashlib.sha256((root / path).read_bytes()).hexdigest() != digest
        for path, digest in sums.items()
        if of_source(path)
    )
