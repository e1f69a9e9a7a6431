"""Records of jobs: what is in them, and that no changed byte passes."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supnorm.job.commands import Program
from supnorm.job.origin import READ, changes, commit, doi, head
from supnorm.job.programs import InputError
from supnorm.job.provenance import CONFIGURATION, canonical, digest, seal
from supnorm.job.records import read_record, stamp
from supnorm.tables.cells import DIM, FAMILY
from supnorm.tables.schema import Schema, integer, write_table

ROOT = Path(__file__).parents[2]
# Settings that may be infinite, and that may be missing.
FACTOR, POINTS = "uniform.teacher.norm", "uniform.evaluation.points"
TABLE = Schema("a number", (integer("number", "some number"),))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree with a program that imports a library, and an input; the working directory."""
    monkeypatch.chdir(plant(tmp_path))
    monkeypatch.setenv(CONFIGURATION, "c" * 64)
    return tmp_path


def plant(folder):
    (folder / "lib").mkdir()
    (folder / "lib/tools.py").write_text("X = 1\n")
    (folder / "study").mkdir()
    (folder / "study/double_numbers.py").write_text("from lib import tools\n")
    (folder / "in.txt").write_text("1\n2\n")
    return folder


def program():
    parser = Program("Double numbers.", "study/double_numbers.py")
    parser.wildcards(*FAMILY, *DIM)
    parser.reads("numbers", nargs="+")
    parser.setting(FACTOR, dest="factor")
    parser.setting(POINTS, required=False)
    parser.parallel()
    parser.writes("doubled", "table to write")
    return parser


def options(output="out.parquet"):
    of_job = "--family a=b --dim 1 --numbers in.txt"
    return [*of_job.split(), f"--{FACTOR}", "2", "--doubled", output]


def work(*further):
    given = options()
    a = program().parse_args([*given, "--record", "out.prov.json", "other.prov.json", *further])
    numbers = [int(a.factor * int(line)) for line in a.numbers[0].read_text().split()]
    write_table(a.doubled, pd.DataFrame({"number": numbers}), TABLE, a.job)
    a.job.write_record()


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_record_says_what_the_job_was(tree):
    work("--threads", "3", "--heartbeat", "beat.json")
    record = read_record(tree / "out.prov.json")
    assert record.rule == "double_numbers"
    assert record.wildcards == {"dim": "1", "family": "a=b"}
    assert record.parameters == {"threads": 3}
    assert record.configuration == {FACTOR: 2.0}
    assert record.inputs == {"numbers": {"in.txt": sha(tree / "in.txt")}}
    assert record.outputs == {"doubled": {"out.parquet": sha(tree / "out.parquet")}}
    assert record.code.keys() == {"study/double_numbers.py", "lib/tools.py"}
    assert record.code["lib/tools.py"] == sha(tree / "lib/tools.py")
    assert record.run["config"] == "c" * 64
    assert record.run["machine"]["threads"] == 3
    assert record.run["packages"]["numpy"]
    assert record.run["seconds"] >= 0
    assert (tree / "out.prov.json").read_bytes() == (tree / "other.prov.json").read_bytes()


def test_numbers_that_json_has_not_are_text(tree):
    (tree / "in.txt").write_text("")
    work(f"--{FACTOR}", "inf")
    assert read_record(tree / "out.prov.json").configuration[FACTOR] == "inf"


def test_nothing_is_recorded_unless_asked(tree):
    a = program().parse_args(options())
    a.job.write_record()
    assert not list(tree.glob("*.json"))


def carried(table):
    metadata = pq.read_schema(table).metadata
    names = ("rule", "inputs", "code", "configuration")
    return {name: metadata[name.encode()].decode() for name in names}


def table_bytes(tree):
    work()
    return (tree / "out.parquet").read_bytes()


def test_the_same_inputs_give_the_same_bytes_and_stamp(tree):
    first = table_bytes(tree)
    assert table_bytes(tree) == first
    assert carried(tree / "out.parquet") == stamp(read_record(tree / "out.prov.json"))


def test_the_stamp_is_that_of_the_record_in_whatever_order_inputs_are_given(tree):
    names = [f"{number}.txt" for number in range(10)]
    for name in names:
        (tree / name).write_text(name[0])
    found = []
    for order in (names, names[::-1]):
        work("--numbers", *order)
        found.append(stamp(read_record(tree / "out.prov.json")))
        assert carried(tree / "out.parquet") == found[-1]
    assert found[0] == found[1]


@pytest.mark.parametrize("file", ["in.txt", "lib/tools.py", "study/double_numbers.py"])
def test_the_stamp_depends_on_inputs_and_code(tree, file):
    first = table_bytes(tree)
    with (tree / file).open("a") as changed:
        changed.write("\n")
    assert table_bytes(tree) != first


def test_the_stamp_depends_on_settings_but_not_on_how_the_job_ran(tree):
    work()
    first = stamp(read_record(tree / "out.prov.json"))
    work("--threads", "2")
    assert stamp(read_record(tree / "out.prov.json")) == first
    work(f"--{POINTS}", "1")
    assert stamp(read_record(tree / "out.prov.json"))["configuration"] != first["configuration"]


def test_code_is_that_with_which_the_job_began(tree):
    before = sha(tree / "lib/tools.py")
    a = program().parse_args([*options("in.txt"), "--record", "r.json"])
    (tree / "lib/tools.py").write_text("X = 2\n")
    a.job.write_record()
    assert read_record(tree / "r.json").code["lib/tools.py"] == before


@given(st.data())
def test_every_changed_byte_of_a_record_is_found(record_text, data):
    path, text = record_text
    place = data.draw(st.integers(0, len(text) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda new: new != text[place]))
    path.write_bytes(text[:place] + bytes([byte]) + text[place + 1 :])
    with pytest.raises(InputError):
        read_record(path)


@pytest.fixture(scope="module")
def record_text(tmp_path_factory):
    """A place for records, and the bytes of a good one."""
    folder = plant(tmp_path_factory.mktemp("records"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        work()
    return folder / "changed.prov.json", (folder / "out.prov.json").read_bytes()


def resealed(record, **changes):
    record = {**record, **changes}
    return canonical({**record, "seal": seal(record)})


ZEROS = "0" * 64


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rule": "../evil"}, "expected the name of a rule"),
        ({"rule": 3}, "expected the name of a rule"),
        ({"inputs": []}, "inputs is no mapping"),
        ({"inputs": {"a": {"/etc/passwd": ZEROS}}}, "expected a file of this tree"),
        ({"inputs": {"a": {"b/../../c": ZEROS}}}, "expected a file of this tree"),
        ({"outputs": {"a": {"b//c": ZEROS}}}, "expected a file of this tree"),
        ({"outputs": {"a": {"b" * 256: ZEROS}}}, "expected a file of this tree"),
        ({"outputs": {"a": {"b": "0"}}}, "has no SHA-256"),
        ({"outputs": {"a": {"b": None}}}, "has no SHA-256"),
        ({"code": {"a": 1}}, "code has values of another kind"),
        ({"wildcards": {"dim": 1}}, "wildcards has values of another kind"),
        ({"run": {}}, "run has other keys"),
        ({"further": {}}, "found the keys"),
    ],
)
def test_records_of_the_wrong_shape_give_one_sentence(record_text, changes, says):
    path, text = record_text
    path.write_text(resealed(json.loads(text), **changes))
    with pytest.raises(InputError, match=says) as error:
        read_record(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", '{"a": 1, "a": 2}', "[" * 100_000, "\ud800", "NaN"]
)
def test_what_is_no_record_gives_one_sentence(tmp_path, text):
    path = tmp_path / "a.prov.json"
    path.write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(InputError, match="expected a record"):
        read_record(path)


def git(tree, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    command = ["git", "-C", tree, *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def clone(tree):
    """The tree, all of it committed."""
    git(tree, "init", "--quiet")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "first")
    return tree


def test_the_commit_is_that_of_git_and_says_of_changes(tree, request):
    assert commit(tree) == (None, None)
    request.getfixturevalue("clone")
    at = git(tree, "rev-parse", "HEAD")
    assert commit(tree) == (at, False)
    (tree / "in.txt").write_text("3\n")
    assert commit(tree) == (at, True)


def test_what_cannot_be_read_is_no_change(clone):
    for name in (
        *("nohup.out", "slurm-1.out", "notes.md", "Untitled.ipynb", "plot_rates.py~", "core.123"),
        *(".DS_Store", "workflow/.DS_Store", ".vscode/settings.json", ".idea/a.py", ".venv"),
        *("workflow/.ipynb_checkpoints/a-checkpoint.py", "workflow/nohup.out", "workflow/a.smk~"),
        *("results/README.md", "results/a.py"),
    ):
        leave(clone / name)
    assert changes(clone) == []
    assert commit(clone)[1] is False


def test_what_can_be_read_or_imported_is_a_change(clone):
    names = {
        *("mine.py", "my algorithms/ä.py", "yaml/__init__.py", "workflow/scripts/yaml.py"),
        *("conftest.py", "lib/numpy.so", "workflow/paper/new.typ", "workflow/rules/new.smk"),
        *("workflow/schemas/new.schema.yaml", "Snakefile", ".numba_config.yaml", "matplotlibrc"),
    }
    for name in names:
        leave(clone / name)
    git(clone, "config", "status.showUntrackedFiles", "no")
    assert set(changes(clone)) == names
    assert commit(clone)[1] is True


def leave(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")


def test_a_package_behind_a_link_is_a_change_and_a_folder_behind_one_is_none(clone, tmp_path):
    for name in ("results", "yaml"):
        (tmp_path.parent / f"{tmp_path.name}-{name}").mkdir()
        (clone / name).symlink_to(tmp_path.parent / f"{tmp_path.name}-{name}")
    assert changes(clone) == []
    (clone / "yaml/__init__.py").touch()
    assert changes(clone) == ["yaml"]


def test_every_kind_of_file_that_the_workflow_has_is_one_that_counts():
    files = [path for path in (ROOT / "workflow").rglob("*") if path.is_file()]
    kinds = {path.suffix for path in files if path.name != "Snakefile"}
    assert kinds - {".pyc", ".nbi", ".nbc"} == {".py", *READ}


def dubious(tree, patch):
    """Have git take the tree for somebody else's, as its own tests do."""
    patch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")


def unborn(tree, patch):
    git(tree, "update-ref", "-d", "HEAD")


def broken(tree, patch):
    (tree / ".git/HEAD").unlink()


def emptied(tree, patch):
    """As a tree within a repository of something else, the link to its own repository lost."""
    git(tree.parent, "init", "--quiet")
    git(tree.parent, "commit", "--quiet", "--allow-empty", "--message", "around")
    shutil.rmtree(tree / ".git")
    (tree / ".git").mkdir()


def lost(tree, patch):
    """As a work tree of a repository that was moved."""
    shutil.rmtree(tree / ".git")
    (tree / ".git").write_text("gitdir: /gone/.git/worktrees/tree\n")


def missing(tree, patch):
    patch.setenv("PATH", str(tree))


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (dubious, "dubious ownership.* git config --global --add safe.directory"),
        (unborn, "does not have any commits yet"),
        (broken, "fatal: not a git repository"),
        (emptied, "fatal: not a git repository"),
        (lost, "fatal: not a git repository: /gone/"),
        (missing, "git cannot be run: No such file or directory; install it"),
    ],
)
def test_why_no_commit_is_known_is_what_git_says(clone, monkeypatch, harm, says):
    harm(clone, monkeypatch)
    assert commit(clone) == (None, None)
    with pytest.raises(InputError, match=says) as error:
        head(clone)
    assert "\n" not in str(error.value)


def test_a_damaged_index_is_told_and_the_commit_known(clone):
    (clone / ".git/index").write_bytes(b"no index")
    assert commit(clone) == (git(clone, "rev-parse", "HEAD"), None)
    with pytest.raises(InputError, match="index file"):
        changes(clone)


def test_shallow_clones_and_work_trees_have_their_commit(clone, tmp_path_factory):
    at, folder = git(clone, "rev-parse", "HEAD"), tmp_path_factory.mktemp("others")
    git(clone, "clone", "--quiet", "--depth=1", clone.as_uri(), folder / "shallow")
    git(clone, "worktree", "add", "--quiet", "--detach", folder / "beside")
    for name in ("shallow", "beside"):
        assert commit(folder / name) == (at, False)


def test_the_variables_of_another_repository_do_not_count(clone, monkeypatch):
    before = commit(clone)
    monkeypatch.setenv("GIT_DIR", str(clone / "lib"))
    monkeypatch.setenv("GIT_WORK_TREE", str(clone / "lib"))
    assert commit(clone) == before


def test_a_tree_of_another_repository_has_no_commit(tree):
    git(tree, "init", "--quiet")
    git(tree, "commit", "--quiet", "--allow-empty", "--message", "around")
    assert commit(tree / "lib") == (None, None)


def test_without_git_the_commit_is_that_of_the_archive(tree):
    (tree / "archive.json").write_text('{"commit": "abc", "doi": null}')
    assert commit(tree) == ("abc", None)
    (tree / "results").mkdir()
    (tree / "results/new.txt").write_text("made here")
    sums = [f"{sha(tree / 'in.txt')}  in.txt", f"{ZEROS}  results/new.txt", f"{ZEROS}  run/log"]
    (tree / "SHA256SUMS").write_text("\n".join(sums) + "\n")
    assert commit(tree) == ("abc", False)
    (tree / "in.txt").write_text("3\n")
    assert commit(tree) == ("abc", True)
    (tree / "in.txt").unlink()
    assert commit(tree) == ("abc", True)


def test_the_doi_is_that_reserved_here_or_that_of_the_archive(tree):
    results = tree / "results/smoke"
    assert doi(results, tree) is None
    (tree / "archive.json").write_text('{"scale": "smoke", "doi": "10.5281/zenodo.1"}')
    assert doi(results, tree) == "10.5281/zenodo.1"
    assert doi(tree / "results/laptop", tree) is None
    (results / "archive").mkdir(parents=True)
    (results / "archive/deposit.json").write_text('{"doi": "10.5281/zenodo.2"}')
    assert doi(results, tree) == "10.5281/zenodo.2"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"scale": "smoke", "doi": 3}', '{"doi": "x"}'])
def test_a_damaged_file_about_the_archive_gives_one_sentence(tree, text):
    (tree / "archive.json").write_text(text)
    with pytest.raises(InputError, match=r"archive\.json: "):
        doi(tree / "results/smoke", tree)


def test_the_digest_is_sha_256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert digest(tmp_path / "abc").startswith("ba7816bf8f01cfea")
