"""Unpacking: what a sound archive gives, and that nothing else is ever written."""

import os
import random
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifact import unpack as unpacking
from artifact.unpack import unpack
from supnorm.job.programs import InputError

ROOT = Path(__file__).parents[2]
SOUND = {
    "supnorm-smoke/workflow/Snakefile": b"rule all:\n",
    "supnorm-smoke/tests/cluster.sh": b"#!/bin/sh\n",
    "supnorm-smoke/results/ü.parquet": random.Random(0).randbytes(2304000),
    "supnorm-smoke/.gitignore": b"",
}


def member(name, mode=stat.S_IFREG | 0o644, method=zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = method
    return info


def write(path, contents, **settings):
    """Write a zip; names are those of members or members themselves."""
    with zipfile.ZipFile(path, "w") as zipped:
        for name, content in contents:
            info = name if isinstance(name, zipfile.ZipInfo) else member(name, **settings)
            zipped.writestr(info, content)
    return path


def patched(path, old, new, count=-1):
    """Replace bytes of a file by as many others."""
    content = path.read_bytes()
    assert old in content
    assert len(old) == len(new)
    path.write_bytes(content.replace(old, new, count))
    return path


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "archive.zip"


def refused(archive, says, target="target"):
    """That an archive is refused with one sentence, and nothing is left of it."""
    folder = archive.parent
    before = sorted(folder.rglob("*"))
    with pytest.raises(InputError, match=says) as caught:
        unpack(archive, folder / target)
    assert str(caught.value).startswith(str(folder))
    assert str(caught.value).isprintable()
    assert sorted(folder.rglob("*")) == before


def contents(tree):
    return {
        str(path.relative_to(tree.parent)): path.read_bytes()
        for path in tree.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_sound_archive_gives_its_files(archive, tmp_path, method):
    write(archive, SOUND.items(), method=method)
    (tmp_path / "target").mkdir()
    tree = unpack(archive, tmp_path / "target")
    assert tree == tmp_path / "target/supnorm-smoke"
    assert contents(tree) == SOUND
    assert listed(tmp_path) == ["archive.zip", "target"]


def test_folders_and_streamed_members_are_taken(archive, tmp_path):
    """As by zip programs that know sizes only after the contents."""
    read, written = os.pipe()
    with os.fdopen(written, "wb") as pipe, zipfile.ZipFile(pipe, "w") as zipped:
        zipped.writestr("top/", b"")
        zipped.writestr("top/a", b"first", zipfile.ZIP_DEFLATED)
        zipped.writestr("top/b/c", b"second")
    with os.fdopen(read, "rb") as pipe:
        archive.write_bytes(pipe.read())
    assert contents(unpack(archive, tmp_path / "t")) == {"top/a": b"first", "top/b/c": b"second"}


def test_modes_are_plain(archive, tmp_path):
    modes = {"a": 0o4755, "b": 0o666, "c": 0o700, "d": 0}
    write(archive, [(member(f"top/{name}", mode), b"") for name, mode in modes.items()])
    previous = os.umask(0)
    try:
        tree = unpack(archive, tmp_path / "target")
    finally:
        os.umask(previous)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tree.iterdir()}
    assert found == {"a": 0o755, "b": 0o644, "c": 0o755, "d": 0o644}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("/etc/passwd", "absolute path"),
        ("//host/share", "absolute path"),
        ("C:/x", "a colon"),
        ("top/x:stream", "a colon"),
        ("top\\..\\x", "a backslash"),
        ("../x", "ends with a dot"),
        ("top/../../x", "ends with a dot"),
        ("top/..", "ends with a dot"),
        ("top/./x", "ends with a dot"),
        ("top/x.", "ends with a dot"),
        ("top/x ", "ends with a dot or a space"),
        ("top//x", "a part in its name that is empty"),
        ("", "a part in its name that is empty"),
        ("top/a\nb", "not printable"),
        ("top/a\x1b[2Jb", "not printable"),
        ("top/a\u202eb", "not printable"),
        ("top/.git/config", "programs run what they find"),
        ("top/.GIT/config", "programs run what they find"),
        ("top/.venv/bin/python", "programs run what they find"),
        ("top/x/__pycache__/x.nbi", "programs run what they find"),
        ("top/" + "x" * 256, "a name that is too long"),
        ("top/" + "ü" * 128, "a name that is too long"),
        ("top/" + "x/" * 20, "a path that is too long"),
        ("/".join(["x" * 250] * 4), "a path that is too long"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(archive, name, says):
    write(archive, [("top/a", b"sound"), (name, b"evil")])
    refused(archive, f"member .*{says}.*, expected plain files in one folder")


def test_a_name_that_ends_at_a_zero_is_refused(archive):
    """`zipfile` would cut it there."""
    patched(write(archive, [("top/a/b", b"")]), b"top/a/b", b"top/a\0b")
    refused(archive, "not printable")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["top/a", "top/a"], "'top/a' and 'top/a', expected names that differ"),
        (["top/a", "top/A"], "names that differ on every file system"),
        (["top/straße", "top/STRASSE"], "names that differ"),
        (["top/\u00e9", "top/e\u0301"], "names that differ"),
        (["top/a", "top/a/b"], "names that differ"),
        (["top/a/b", "top/a"], "names that differ"),
        (["top/a/", "top/a"], "names that differ"),
        (["top/a/b", "top/A/c"], "'top/a' and 'top/A'"),
        (["top/a", "other/a"], "found other, top at its top, expected one folder"),
        (["a"], "found a at its top, expected one folder"),
        ([], "found 0 members"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_clash_are_refused(archive, names, says):
    refused(write(archive, [(name, b"") for name in names], mode=0), says)


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR]
)
def test_links_and_devices_are_refused(archive, kind):
    refused(write(archive, [(member("top/a", kind | 0o777), b"/etc/passwd")]), "link, a device")


def test_a_folder_with_contents_is_refused(archive):
    refused(write(archive, [("top/a/", b"x")], mode=0o755), "a folder with contents")


def test_what_is_encrypted_is_refused(archive):
    write(archive, [("top/a", b"x")])
    content = archive.read_bytes()
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        flags = content.index(signature) + place
        content = content[:flags] + b"\1" + content[flags + 1 :]
    archive.write_bytes(content)
    refused(archive, "is encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(archive, method):
    refused(write(archive, [("top/a", b"x" * 100)], method=method), f"by method {method}")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\5\6" + b"\xff" * 18, b"\x1f\x8b\x08"])
def test_other_files_are_refused(archive, content):
    archive.write_bytes(content)
    refused(archive, "expected a zip archive, found: ")


def test_no_archive_is_told(archive):
    refused(archive, "archive.zip: expected a zip archive, found: No such file")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (os.mkfifo, "found a folder, pipe or device"),
        (os.mkdir, "found a folder, pipe or device"),
        (lambda path: path.symlink_to("/dev/zero"), "found a folder, pipe or device"),
        (lambda path: path.symlink_to(path.name), "found: Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file_is_told_and_not_waited_for(archive, make, says):
    make(archive)
    refused(archive, f"archive.zip: expected a zip archive, {says}")


def test_a_target_that_is_taken_is_refused(archive, tmp_path):
    write(archive, SOUND.items())
    (tmp_path / "full").mkdir()
    for taken in ("full/file", "file"):
        (tmp_path / taken).write_text("mine")
        refused(archive, "expected an empty folder or none", taken.split("/")[0])


def test_bombs_are_refused(archive):
    refused(
        write(archive, [("top/a", bytes(2 * 10**6))]), "'top/a' unpacks [0-9]+ bytes to 2000000"
    )
    write(archive, [(f"top/{k}", bytes(10**6)) for k in range(10)])
    refused(archive, "unpacks [0-9]+ bytes to 10000000, expected at most .* 100 times the archive")


@pytest.mark.parametrize(
    ("limit", "value", "says"),
    [
        ("MEMBERS", 3, "found 4 members, expected 1 to 3"),
        ("MEMBER_BYTES", 10**6, "has 2304000 bytes"),
        ("TOTAL_BYTES", 10**6, "expected at most 1000000"),
        ("DIRECTORY_BYTES", 100, "expected a zip archive, found: a directory of [0-9]+ bytes"),
        ("BLOCK", 10**15, "needs [0-9]+ bytes, found [0-9]+ free"),
    ],
)
def test_limits_hold(archive, monkeypatch, limit, value, says):
    monkeypatch.setattr(unpacking, limit, value)
    refused(write(archive, SOUND.items(), method=zipfile.ZIP_STORED), says)


def declared(archive, name, size):
    """Make an archive say another size of a member, before it and in the directory."""
    content = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as zipped:
        info = zipped.getinfo(name)
    for place in (info.header_offset + 22, content.index(b"PK\1\2") + 24):
        assert struct.unpack_from("<I", content, place) == (info.file_size,)
        struct.pack_into("<I", content, place, size)
    archive.write_bytes(content)
    return archive


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("size", [0, 999, 1001])
def test_members_of_another_size_than_they_say_are_refused(archive, method, size):
    content = bytes(range(250)) * 4
    declared(write(archive, [("top/a", content)], method=method), "top/a", size)
    refused(archive, "does not have the name, size or check sum that it says")


def test_no_more_is_written_than_a_member_says(archive, tmp_path, monkeypatch):
    """A member that goes on for ever is given up after what it says."""
    declared(write(archive, [("top/a", bytes(10**6))]), "top/a", 1000)
    copy, sizes = shutil.copyfileobj, []

    def counted(source, target, length):
        try:
            copy(source, target, length)
        finally:
            sizes.append(target.tell())

    monkeypatch.setattr(unpacking.shutil, "copyfileobj", counted)
    refused(archive, "does not have the name, size or check sum")
    assert 0 <= max(sizes) <= 1000


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_that_goes_on_after_its_size_and_sum_is_refused(archive, method):
    """`zipfile` would take it, and other programs would find other contents."""
    declared(write(archive, [("top/a", b"sound, evil")], method=method), "top/a", 5)
    whole, part = (struct.pack("<I", zlib.crc32(text)) for text in (b"sound, evil", b"sound"))
    patched(archive, whole, part)
    with zipfile.ZipFile(archive) as zipped:
        assert zipped.read("top/a") == b"sound"
    refused(archive, "does not have the name, size or check sum")


def test_a_changed_byte_is_found(archive):
    write(archive, [("top/a", b"a sentence")], method=zipfile.ZIP_STORED)
    refused(patched(archive, b"a sentence", b"a sentense"), "check sum")


def test_a_damaged_member_is_found(archive):
    write(archive, [("top/a", b"a sentence")])
    content = archive.read_bytes()
    start = content.index(b"top/a") + len("top/a")
    archive.write_bytes(content[:start] + b"\xff" + content[start + 1 :])
    refused(archive, "member 'top/a' does not have the name, size or check sum that it says")


def test_what_is_inflated_in_pieces_is_whole(archive, tmp_path, monkeypatch):
    """A long repetition is inflated after its last byte has been read."""
    monkeypatch.setattr(unpacking, "PIECE", 100)
    zeros = {f"top/{size}": bytes(size) for size in range(370, 390)}
    write(archive, zeros.items())
    assert contents(unpack(archive, tmp_path / "target")) == zeros


def test_a_member_that_begins_before_the_archive_is_refused(archive):
    content = bytearray(write(archive, [("top/a", b"")]).read_bytes())
    place = content.index(b"PK\5\6") + 16
    struct.pack_into("<I", content, place, struct.unpack_from("<I", content, place)[0] + 10)
    archive.write_bytes(content)
    refused(archive, "overlap or lie outside|expected a zip archive")


def test_members_that_share_their_contents_are_refused(archive):
    """As in bombs whose members all inflate the same bytes."""
    write(archive, [("top/a", b"x" * 100), ("top/b", b"x" * 100)])
    content = archive.read_bytes()
    end = content.index(b"PK\5\6")
    second = content.index(b"PK\1\2", content.index(b"PK\1\2") + 1)
    shared = bytearray(content)
    struct.pack_into("<I", shared, second + 42, 0)
    archive.write_bytes(shared)
    refused(archive, "found members that overlap")
    archive.write_bytes(bytes(shared[:end]).replace(b"top/b", b"top/a") + content[end:])
    refused(archive, "names that differ")
    # The first member's contents hold the whole second one.
    inner = write(archive, [("top/b", b"x" * 100)], method=zipfile.ZIP_STORED).read_bytes()
    inner = inner[: inner.index(b"PK\1\2")]
    write(archive, [("top/a", inner), ("top/b", b"x" * 100)], method=zipfile.ZIP_STORED)
    content = bytearray(archive.read_bytes())
    second = content.rindex(b"PK\1\2")
    struct.pack_into("<I", content, second + 42, content.index(inner))
    archive.write_bytes(content)
    refused(archive, "found members that overlap")


def test_a_header_that_contradicts_the_directory_is_refused(archive):
    patched(write(archive, [("top/a", b"")]), b"top/a", b"top/b", 1)
    refused(archive, "does not have the name, size or check sum that it says")


def test_an_interrupted_unpacking_leaves_nothing(archive, tmp_path, monkeypatch):
    write(archive, SOUND.items())
    written = []

    def interrupt(*arguments):
        written.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(unpacking, "_write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        unpack(archive, tmp_path / "target")
    assert written
    assert listed(tmp_path) == ["archive.zip"]


def test_a_target_that_cannot_be_written_to_is_told(archive, tmp_path, monkeypatch):
    write(archive, SOUND.items())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unpacking, "_write", full)
    refused(archive, "target: cannot be unpacked to: No space left on device")


PARTS = st.one_of(
    st.sampled_from(
        ["top", "TOP", "a", "A", "..", ".", "", "C:", "\\", "a b", "\0", "e\u0301", "é"]
    ),
    st.text(max_size=4),
)
NAMES = st.one_of(st.lists(PARTS, max_size=4).map("/".join), st.text(max_size=8))


def listed(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def attempt(archive, target):
    """Return the files of an unpacked tree, or the sentence with which it was refused."""
    try:
        return contents(unpack(archive, target))
    except InputError as error:
        return str(error)


@settings(max_examples=200)
@given(st.lists(st.one_of(NAMES, NAMES.map(lambda name: f"top/{name}")), max_size=4))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_whatever_the_names_files_are_in_the_target_or_nowhere(names):
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "x.zip")
        try:
            write(archive, [(name, name.encode()) for name in names])
        except UnicodeEncodeError:
            return
        found = attempt(archive, Path(folder, "target"))
        if isinstance(found, str):
            assert found.isprintable()
            assert listed(folder) == ["x.zip"]
        else:
            assert found == {name: name.encode() for name in names if not name.endswith("/")}
            assert listed(folder) == ["target", "x.zip"]


@settings(max_examples=200)
@given(st.data())
def test_damage_is_told_or_has_no_effect(data):
    small = {name: content[:300] for name, content in SOUND.items()}
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "x.zip")
        content = bytearray(write(archive, small.items()).read_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        archive.write_bytes(content[: data.draw(st.sampled_from([None, -1, -30, 400]))])
        found = attempt(archive, Path(folder, "target"))
        if isinstance(found, str):
            assert "\n" not in found
            assert listed(folder) == ["x.zip"]
        else:
            assert sorted(found.values()) == sorted(small.values())


def test_nothing_that_is_read_may_run_code():
    """Nor is an archive unpacked by anything but `unpack`.

    Algorithms of one's own are code, and run: but never those of an archive (test_replay).
    """
    unsafe = (
        r"\b(pickle|cloudpickle|dill|joblib|marshal|shelve|read_pickle|allow_pickle)\b"
        r"|\b(torch|np|numpy)\.load\(|yaml\.(load|unsafe_load|full_load)|\b(eval|exec)\("
        r"|shell=True|os\.system|extractall|\.extract\(|unpack_archive|tarfile"
    )
    files = [
        ROOT / "workflow/Snakefile",
        *(ROOT / "workflow").rglob("*.py"),
        *ROOT.rglob("workflow/*/*.smk"),
    ]
    assert len(files) > 100
    found = {
        f"{path.relative_to(ROOT)}: {line}"
        for path in files
        for line in path.read_text().splitlines()
        if re.search(unsafe, line)
    }
    own = "workflow/scripts/supnorm/uniform/references/own.py"
    assert {line.partition(":")[0] for line in found} == {own}
    assert len(found) == 1
