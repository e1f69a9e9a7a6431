"""The files of a deposit: the archive and the paper, here and at the server."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal
from rich.progress import Progress

from deposit.inveniordm import File, InvenioRDM
from supnorm.job.origin import ARCHIVED, SUMS
from supnorm.job.programs import InputError

PAPER = "paper.pdf"
# What Zenodo takes in one record, in bytes.
LARGEST = 50e9
# How often a file is sent whose checksum at the server is another.
TRIES = 3


@dataclass(frozen=True)
class Local:
    """A file to deposit, under the name that it has here: its size in bytes, and its MD5."""

    path: Path
    size: int
    md5: str


def local_files(scale: str, doi: str) -> dict[str, Local]:
    """Return the files to deposit by their names, the archive first.

    The sums of all files in the archive are in it; the record has those of these two. Raises
    InputError where one is missing, where the archive is one of another DOI, or too large.
    """
    results = Path("results", scale)
    archive = results / f"archive/supnorm-{scale}.zip"
    if archived_doi(archive) != doi:
        raise InputError(
            f"{archive}: expected an archive with the DOI {doi}, found {archived_doi(archive)}; "
            "run `make deposit` again"
        )
    local = {}
    for path in (archive, results / PAPER):
        with path.open("rb") as file:
            md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        local[path.name] = Local(path, path.stat().st_size, md5.hexdigest())
    total = sum(file.size for file in local.values())
    if total > LARGEST:
        raise InputError(f"{archive}: found {decimal(total)}, expected {decimal(int(LARGEST))}")
    return local


def archived_doi(archive: Path) -> str | None:
    """Return the DOI that an archive says it has."""
    told = member(archive, ARCHIVED)
    try:
        return json.loads(told)["doi"]
    except (KeyError, ValueError, TypeError, RecursionError):
        raise InputError(f"{archive}: expected an archive with a DOI in {ARCHIVED}") from None


def local_sums(local: Mapping[str, Local]) -> str:
    """Return the SHA-256 of SHA256SUMS in the archive, the first of the files to deposit."""
    archive = next(iter(local.values())).path
    return hashlib.sha256(member(archive, SUMS)).hexdigest()


def member(archive: Path, name: str) -> bytes:
    """Return a file in an archive; raises InputError where it is not there."""
    try:
        with zipfile.ZipFile(archive) as file:
            return file.read(f"{archive.stem}/{name}")
    except (zipfile.BadZipFile, KeyError):
        raise InputError(f"{archive}: expected an archive with {name} in it") from None


def check_no_others(user: InvenioRDM, record: str, local: Mapping[str, Local]) -> None:
    """Raise InputError where a draft has files that no deposit put there."""
    if others := sorted(user.files(record).keys() - local.keys()):
        raise InputError(
            f"{user.server}/uploads/{record}: expected no files in the draft but "
            f"{', '.join(local)}, found {', '.join(others)}; remove them there"
        )


def send(user: InvenioRDM, record: str, local: Mapping[str, Local]) -> None:
    """Send files to a draft, but those that it has; what is there half or wrong is sent anew."""
    there = user.files(record)
    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for key, file in local.items():
            if same(there.get(key), file):
                print(f"  {key}, {decimal(file.size)}: there already", flush=True)
                continue
            send_file(user, record, file, there.get(key), progress)
            print(f"  {key}, {decimal(file.size)}: sent, MD5 {file.md5} as here", flush=True)


def send_file(
    user: InvenioRDM, record: str, file: Local, there: File | None, progress: Progress
) -> None:
    """Send a file in place of what is there, until the server has it whole."""
    key = file.path.name
    for _ in range(TRIES):
        if there is not None:
            user.delete_file(record, key)
        there = user.upload(record, key, lambda: progress.open(file.path, "rb", description=key))
        if same(there, file):
            return
    raise InputError(different(user, file, there))


def same(there: File | None, local: Local) -> bool:
    """Return whether a file of a draft is complete and has the bytes of the one here."""
    return (
        there is not None and there.completed and (there.size, there.md5) == (local.size, local.md5)
    )


def different(user: InvenioRDM, local: Local, there: File | None) -> str:
    """Return the sentence for a file of a draft that is not the one here."""
    found = "none"
    if there is not None:
        found = f"MD5 {there.md5}, {there.size} bytes" if there.completed else "half a file"
    return (
        f"{local.path}: expected at {user.server} a file with MD5 {local.md5}, {local.size} bytes, "
        f"found {found}; run `make deposit` again"
    )


def check_same(user: InvenioRDM, record: str, local: Mapping[str, Local]) -> None:
    """Raise InputError where a draft has other files than are here."""
    check_no_others(user, record, local)
    there = user.files(record)
    for key, file in local.items():
        if not same(there.get(key), file):
            raise InputError(different(user, file, there.get(key)))
