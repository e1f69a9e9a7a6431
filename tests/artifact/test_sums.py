"""Sums of an archive: written, read with care, and checked."""

import hashlib
import subprocess

import pytest

from artifact.sums import check_sums, read_sums, sums_text
from small_chain import write_sums
from supnorm.job.programs import InputError

FILES = {"b/two words": b"2", "a": b"", "b/é.txt": b"\x00"}
ZERO = "0" * 64


@pytest.fixture
def root(tmp_path):
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    write_sums(tmp_path, FILES)
    return tmp_path


def test_sums_are_sorted_and_those_of_the_files(root):
    sums = read_sums(root / "SHA256SUMS")
    assert list(sums) == sorted(FILES)
    assert sums == {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}
    assert check_sums(root) == []


def test_sha256sum_agrees(root):
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=root, check=True)


@pytest.mark.parametrize("path", FILES)
def test_what_was_changed_or_lost_is_named(root, path):
    (root / path).write_bytes(FILES[path] + b"\n")
    ((found, sentence),) = check_sums(root)
    assert found == path
    assert sentence.startswith(f"{path}: expected SHA-256 {read_sums(root / 'SHA256SUMS')[path]}")
    (root / path).unlink()
    ((found, sentence),) = check_sums(root)
    assert sentence == f"{path}: expected a file, as SHA256SUMS names it, found none"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{ZERO}  a", "expected a line end at the end"),
        (f"{ZERO} *a\n", "line 1 is"),
        (f"{'0' * 63}  a\n", "line 1 is"),
        (f"{'A' * 64}  a\n", "line 1 is"),
        (f"{ZERO}  a\n\n", "line 2 is ''"),
        (f"{ZERO}  /etc/passwd\n", "line 1 is"),
        (f"{ZERO}  ../a\n", "line 1 is"),
        (f"{ZERO}  a/../../b\n", "line 1 is"),
        (f"{ZERO}  a//b\n", "line 1 is"),
        (f"{ZERO}  a\\b\n", "line 1 is"),
        (f"{ZERO}  a\tb\n", "line 1 is"),
        (f"{ZERO}  SHA256SUMS\n", "line 1 is"),
        (f"{ZERO}  a\n{ZERO}  a\n", "line 2 is not in the order"),
        (f"{ZERO}  b\n{ZERO}  a\n", "line 2 is not in the order"),
    ],
)
def test_sums_of_another_form_are_refused(tmp_path, text, says):
    path = tmp_path / "SHA256SUMS"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as error:
        read_sums(path)
    assert str(error.value).startswith(f"{path}: ")


def test_sums_that_are_no_text_or_missing_are_refused(tmp_path):
    with pytest.raises(InputError, match="found no file"):
        read_sums(tmp_path / "SHA256SUMS")
    (tmp_path / "SHA256SUMS").write_bytes(b"\xff\n")
    with pytest.raises(InputError, match="expected text in UTF-8"):
        read_sums(tmp_path / "SHA256SUMS")


@pytest.mark.parametrize("path", ["a\nb", "a\\b"])
def test_names_that_sha256sum_writes_in_another_way_are_refused(path):
    with pytest.raises(InputError, match="expected a name without"):
        sums_text({path: ZERO})
