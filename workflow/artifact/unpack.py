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
from itertools import pairwise
from pathlib import Path

from supnorm.job.programs import InputError

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

LOCAL_HEADER = struct.Struct("<4s4xH16xHH")
ENCRYPTED, UTF8 = 0x2041, 0x800
# What `zipfile` raises on a file that is no zip or a damaged one.
DAMAGE = (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error)


def unpack(archive: Path, target: Path) -> Path:
    """Unpack an archive into a folder that is empty or not there; return the tree in it.

    Files appear together or not at all, with the mode 0644 or 0755. Raises InputError where the
    archive is no zip, is damaged, holds more than plain files in one folder or is larger than the
    limits above or the disk, and where the target is taken or cannot be written to.
    """
    archive, target = Path(archive), Path(target).resolve()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise InputError(f"{target}: expected an empty folder or none, found something there")
    try:
        file = _Sparing(archive)
    except OSError as error:
        raise InputError(f"{archive}: expected a zip archive, found: {error.strerror}") from None
    with file:
        members, end = _directory(archive, file)
        top = _check_members(archive, members)
        starts = _starts(archive, file, members, end)
        _check_sizes(archive, members, target)
        try:
            with _appearing(target) as folder:
                for member, start in zip(members, starts, strict=True):
                    _write(folder, member, _contents(archive, file, member, start))
        except OSError as error:
            raise InputError(f"{target}: cannot be unpacked to: {error.strerror}") from None
    return target / top


class _Sparing(io.FileIO):
    """A file to read, but not all of it at once: `zipfile` reads a directory of any size whole."""

    def read(self, size: int = -1) -> bytes:
        if size > DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"a directory of {size} bytes")
        return super().read(size)


def _directory(archive: Path, file: _Sparing) -> tuple[list[zipfile.ZipInfo], int]:
    """Return the members of a zip, and where they end."""
    try:
        with zipfile.ZipFile(file) as zipped:
            return zipped.infolist(), zipped.start_dir
    except DAMAGE as error:
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


def _starts(
    archive: Path, file: _Sparing, members: Sequence[zipfile.ZipInfo], end: int
) -> list[int]:
    """Return where the contents of each member begin.

    InputError where what stands before them is of another member, or where members overlap.
    """
    starts, extents = [], [(end, end)]
    for member in members:
        start = _start(file, member) if 0 <= member.header_offset < end else None
        if start is None:
            raise _refused(archive, member, "is not where or what the directory says")
        starts.append(start)
        extents.append((member.header_offset, start + member.compress_size))
    if any(stop > begin for (_, stop), (begin, _) in pairwise(sorted(extents))):
        raise InputError(f"{archive}: found members that overlap, expected them apart")
    return starts


def _start(file: _Sparing, member: zipfile.ZipInfo) -> int | None:
    """Return where the contents of a member begin; None unless its header is what it is to be."""
    file.seek(member.header_offset)
    header = file.read(LOCAL_HEADER.size)
    if len(header) < LOCAL_HEADER.size:
        return None
    signature, method, name_length, extra_length = LOCAL_HEADER.unpack(header)
    encoding = "utf-8" if member.flag_bits & UTF8 else "cp437"
    told = signature, method, file.read(name_length)
    if told != (b"PK\3\4", member.compress_type, member.orig_filename.encode(encoding)):
        return None
    return member.header_offset + LOCAL_HEADER.size + name_length + extra_length


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
        raise InputError(f"{archive}: needs {needed} bytes, found {free} free at {disk}")


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


def _write(folder: Path, member: zipfile.ZipInfo, contents: Iterable[bytes]) -> None:
    path = folder / member.orig_filename
    if member.orig_filename.endswith("/"):
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o755 if member.external_attr >> 16 & stat.S_IXUSR else 0o644
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:  # noqa: PTH123
        file.writelines(contents)


def _contents(
    archive: Path, file: _Sparing, member: zipfile.ZipInfo, start: int
) -> Iterator[bytes]:
    """Yield the contents of a member; InputError unless they have the size and sum that it says."""
    size = crc = 0
    file.seek(start)
    try:
        for piece in _inflated(file, member):
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            if size > member.file_size:
                break
            yield piece
    except zlib.error:
        raise _refused(archive, member, "is damaged") from None
    if (size, crc) != (member.file_size, member.CRC):
        raise _refused(archive, member, "does not have the size or the check sum that it says")


def _inflated(file: _Sparing, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what the next bytes of a file hold, inflated if need be."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    left = member.compress_size
    while left and (packed := file.read(min(left, PIECE))):
        left -= len(packed)
        if member.compress_type == zipfile.ZIP_STORED:
            yield packed
            continue
        while packed:
            yield inflater.decompress(packed, PIECE)
            packed = inflater.unconsumed_tail
    yield inflater.flush()
