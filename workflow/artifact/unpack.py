"""Unpack an archive that nobody vouches for: what could do harm is refused before it is written.

Taken is what `make archive` writes: a zip of plain files, stored or deflated, in one folder.
"""

import io
import os
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from itertools import pairwise
from pathlib import Path

from supnorm.job.programs import InputError, UnableError, telling_lacks

# Archives with a DOI hold 50 GB at most, and numbers hardly shrink.
MEMBER_BYTES, TOTAL_BYTES = 50 * 10**9, 100 * 10**9
# The paper's scale has some ten thousand jobs of a few files each. The directory of a zip has
# some 50 bytes a member beside its name.
MEMBERS = 200_000
DIRECTORY_BYTES = 250 * MEMBERS
# Results shrink to a fifth and text to a twentieth, a bomb to a thousandth. Small members may
# shrink more, but not all of them together.
RATIO, SMALL = 100, 10**6
# What file systems take, and what the folder that is unpacked to leaves of it.
NAME_BYTES, PATH_BYTES, DEPTH = 255, 1000, 20
# Folders out of which git, make, Python and Numba run what they find.
STATE = {".git", ".snakemake", ".venv", "__pycache__"}
BLOCK = 4096  # bytes that a file takes at least
PIECE = 1 << 20  # bytes that are read or inflated at once
HEADER = 30  # bytes before the name of a member, which is before its contents
ENCRYPTED = 0x2041
# What `zipfile` raises on a file that is no zip or a damaged one.
DAMAGE = (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, struct.error, zlib.error)


def unpack(archive: Path, target: Path) -> Path:
    """Unpack an archive into a folder that is empty or not there; return the tree in it.

    Files appear together or not at all, with the mode 0644 or 0755. Raises InputError where the
    archive is no file, is no zip, is damaged, holds more than plain files in one folder or is
    larger than the limits above, and where the target is taken; UnableError where the disk is too
    small, or where archive or target may not be opened.
    """
    archive, target = Path(archive), Path(target).resolve()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise InputError(f"{target}: expected an empty folder or none, found something there")
    try:
        with telling_lacks():
            # To open a pipe would wait for who writes to it, and a device may never end.
            if not stat.S_ISREG(archive.stat().st_mode):
                raise InputError(
                    f"{archive}: expected a zip archive, found a folder, pipe or device"
                )
            file = _Sparing(archive)
    except OSError as error:
        raise InputError(f"{archive}: expected a zip archive, found: {error.strerror}") from None
    with file, _opened(archive, file) as zipped:
        top = _check_members(archive, zipped.infolist())
        _check_places(archive, zipped)
        _check_sizes(archive, zipped.infolist(), target)
        try:
            with _appearing(target) as folder:
                for member in zipped.infolist():
                    _write(folder, archive, zipped, member)
        except OSError as error:
            raise UnableError(f"{target}: cannot be unpacked to: {error.strerror}") from None
    return target / top


class _Sparing(io.FileIO):
    """A file to read, but not all of it at once: `zipfile` reads a directory of any size whole."""

    def read(self, size: int = -1) -> bytes:
        if size > DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"a directory of {size} bytes")
        return super().read(size)


def _opened(archive: Path, file: _Sparing) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (*DAMAGE, OSError) as error:
        raise InputError(f"{archive}: expected a zip archive, found: {error}") from None


def _check_members(archive: Path, members: Sequence[zipfile.ZipInfo]) -> str:
    """Return the folder that all members are in; InputError where one may not be unpacked."""
    if not 0 < len(members) <= MEMBERS:
        raise InputError(f"{archive}: found {len(members)} members, expected 1 to {MEMBERS}")
    for member in members:
        fault = _fault_of_name(member.orig_filename) or _fault_of_kind(member)
        if fault:
            raise _refused(archive, member, fault)
    names = [member.orig_filename for member in members]
    clash = _clash(names)
    if clash:
        raise InputError(
            f"{archive}: found {clash[0]!r} and {clash[1]!r}, expected names that differ on every "
            "file system"
        )
    tops = sorted({name.split("/")[0] for name in names})
    if len(tops) > 1 or tops[0] in names:
        raise InputError(f"{archive}: found {', '.join(tops[:3])} at its top, expected one folder")
    return tops[0]


def _refused(archive: Path, member: zipfile.ZipInfo, fault: str) -> InputError:
    name = member.orig_filename[:100]
    return InputError(f"{archive}: member {name!r} {fault}, expected plain files in one folder")


def _fault_of_name(name: str) -> str | None:
    """Return why a name may not be that of a member, if it may not."""
    parts = name.removesuffix("/").split("/")
    if name.startswith("/"):
        return "has an absolute path"
    if "\\" in name or ":" in name:
        return "has a backslash or a colon in its name"
    if not name.isprintable():
        return "has a character in its name that is not printable"
    # A final dot or space is dropped by some systems, and ".." leads out of the folder.
    if not all(parts) or any(part[-1] in ". " for part in parts):
        return "has a part in its name that is empty or ends with a dot or a space"
    if STATE.intersection(part.casefold() for part in parts):
        return "has a part in its name out of which programs run what they find"
    if len(name.encode()) > PATH_BYTES or len(parts) > DEPTH:
        return "has a path that is too long"
    if any(len(part.encode()) > NAME_BYTES for part in parts):
        return "has a name that is too long"
    return None


def _fault_of_kind(member: zipfile.ZipInfo) -> str | None:
    """Return why what a member is keeps it from being unpacked, if anything does."""
    folder = member.orig_filename.endswith("/")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if folder else stat.S_IFREG):
        return "is a link, a device or not what its name says"
    if folder and member.file_size:
        return "is a folder with contents"
    if member.flag_bits & ENCRYPTED:
        return "is encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is compressed by method {member.compress_type}"
    if member.file_size > MEMBER_BYTES:
        return f"has {member.file_size} bytes"
    if _is_bomb(member.file_size, member.compress_size):
        return f"unpacks {member.compress_size} bytes to {member.file_size}"
    return None


def _is_bomb(size: int, packed: int) -> bool:
    return size > SMALL and size > RATIO * packed


def _clash(names: Iterable[str]) -> tuple[str, str] | None:
    """Return two paths, of names or of folders on their way, that a file system may take for one.

    Systems may ignore case, and the way in which an accented letter is composed.
    """
    found = {}
    for number, name in enumerate(names):
        parts = name.removesuffix("/").split("/")
        for depth in range(1, len(parts) + 1):
            path, is_file = "/".join(parts[:depth]), depth == len(parts) and name[-1] != "/"
            letters = unicodedata.normalize("NFD", path.casefold())
            other = found.setdefault(letters, (number, path, is_file))
            if other[0] != number and (other[1] != path or other[2] or is_file):
                return other[1], path
    return None


def _check_places(archive: Path, zipped: zipfile.ZipFile) -> None:
    """Raise InputError where members overlap, as in bombs that inflate the same bytes often.

    Not all versions of `zipfile` look for it.
    """
    starts = {member: member.header_offset for member in zipped.infolist()}
    places = sorted(
        (start, start + HEADER + len(member.orig_filename) + member.compress_size)
        for member, start in starts.items()
    )
    places = [(0, 0), *places, (zipped.start_dir, zipped.start_dir)]
    if any(stop > begin for (_, stop), (begin, _) in pairwise(places)):
        raise InputError(
            f"{archive}: found members that overlap or lie outside of it, expected them apart"
        )


def _check_sizes(archive: Path, members: Sequence[zipfile.ZipInfo], target: Path) -> None:
    """Raise InputError where all members together are more than they may be or the disk takes."""
    total = sum(member.file_size for member in members)
    if total > TOTAL_BYTES or _is_bomb(total, archive.stat().st_size):
        raise InputError(
            f"{archive}: unpacks {archive.stat().st_size} bytes to {total}, expected at most "
            f"{TOTAL_BYTES}, and {RATIO} times the archive"
        )
    disk = next(folder for folder in target.parents if folder.exists())
    free, needed = shutil.disk_usage(disk).free, total + BLOCK * len(members)
    if needed > free:
        raise UnableError(f"{archive}: needs {needed} bytes, found {free} free at {disk}")


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `target` when the block ends without an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        (beside / "tree").mkdir()
        yield beside / "tree"
        (beside / "tree").rename(target)
    finally:
        shutil.rmtree(beside)


def _write(folder: Path, archive: Path, zipped: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Write a member; InputError unless it has the contents that the directory says."""
    path = folder / member.orig_filename
    if member.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o755 if member.external_attr >> 16 & stat.S_IXUSR else 0o644
    created = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(created, "wb") as file:  # noqa: PTH123
        # What goes on after its size would be cut off there, unseen.
        longer = copy(member)
        longer.file_size += 1
        try:
            with zipped.open(longer) as contents:
                shutil.copyfileobj(contents, file, PIECE)
        except DAMAGE:
            raise _damaged(archive, member) from None
        if file.tell() != member.file_size:
            raise _damaged(archive, member)


def _damaged(archive: Path, member: zipfile.ZipInfo) -> InputError:
    return _refused(archive, member, "does not have the name, size or check sum that it says")
