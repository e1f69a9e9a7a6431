"""The archive of a finished run: made twice, unpacked elsewhere, and its figures drawn there."""

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import import_module

import pytest
import yaml

from artifact.sums import check_sums, read_sums
from artifact.unpack import unpack
from supnorm.job.origin import commit
from supnorm.job.provenance import digest
from supnorm.job.records import read_record
from supnorm.studies import all_studies
from tree import Tree, digests, run

ARCHIVE = "results/smoke/archive/supnorm-smoke.zip"
VALIDATOR = os.environ.get("ROCRATE_VALIDATOR")
# Folders of a scale, and of a study, that hold no results.
LEFT_BEHIND = {"archive", "logs", "benchmarks", "checkpoints"}


def git(tree, *arguments):
    who = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    command = ["git", "-C", tree.path, *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def archive(tree, *options):
    """Make the archive of a tree; return what is printed."""
    command = [sys.executable, "-m", "artifact.archive", "--scale", "smoke", *options]
    return run(command, tree.path)


def redraw(tree, *options):
    done = run([sys.executable, "-m", "driver.reproduce", "--figures", *options], tree.path)
    assert done.returncode == 0, done.stdout
    return done.stdout


def files(tree):
    """The names of all files in a tree."""
    paths = (path for path in tree.path.rglob("*") if path.is_file())
    return {path.relative_to(tree.path).as_posix() for path in paths}


def rules_run(printed):
    return set(re.findall(r"^(?:local)?rule (\w+):$", printed, re.MULTILINE))


def drawings(tree):
    records = tree.results.parent.glob("*/figures/*.prov.json")
    return {read_record(path).rule for path in records} | {"build_paper"}


@pytest.fixture(scope="module")
def committed(finished, tmp_path_factory):
    """A finished tree under git, whose figures were drawn at its commit."""
    path = tmp_path_factory.mktemp("committed") / "tree"
    shutil.copytree(finished.path, path, symlinks=True)
    tree = Tree(path)
    git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "all")
    printed = redraw(tree, "--scale", "smoke")
    assert "drawing 28 figures and the paper of results/smoke anew" in printed
    assert rules_run(printed) == drawings(tree)
    return tree


@pytest.fixture(scope="module")
def archived(committed):
    """The tree, with an archive of it."""
    done = archive(committed)
    assert done.returncode == 0, done.stdout
    assert f"SHA-256 {digest(committed.path / ARCHIVE)}" in done.stdout
    return committed


@pytest.fixture(scope="module")
def unpacked(archived, tmp_path_factory):
    """The archive, unpacked elsewhere. Tests must not change it."""
    return Tree(unpack(archived.path / ARCHIVE, tmp_path_factory.mktemp("elsewhere")))


def test_figures_are_drawn_anew_as_they_were(committed, finished):
    def figures(tree):
        return {name: sha for name, sha in digests(tree.whole).items() if "figures/" in name}

    assert figures(committed) == figures(finished)
    assert committed.planned() == {}


def test_the_same_results_give_the_same_archive(archived):
    first = digest(archived.path / ARCHIVE)
    for path in archived.whole.rglob("*.parquet"):
        os.utime(path, (1.7e9, 1.7e9))
    done = archive(archived)
    assert done.returncode == 0, done.stdout
    assert digest(archived.path / ARCHIVE) == first


def test_the_archive_holds_all_source_and_all_results(archived, unpacked):
    source = set(git(archived, "ls-files").splitlines()) - {"README.md"}
    results = {name for name in files(archived) if name.startswith("results/smoke/")}
    results -= {name for name in results if LEFT_BEHIND & {*name.split("/")}}
    own = {"README.md", "SOURCE.md", "archive.json", "data_dictionary.csv"}
    own |= {"ro-crate-metadata.json", "SHA256SUMS"}
    held = files(unpacked)
    assert {name for name in held if not name.startswith("run/")} == source | results | own
    assert {"run/report.html", "run/run_times.csv"} <= held
    assert "run/uniform/logs/train_students/random/d1_m10_L5_w8_fifth_1of1.log" in held
    for name in source | results:
        assert digest(unpacked.path / name) == digest(archived.path / name)
    assert digest(unpacked.path / "SOURCE.md") == digest(archived.path / "README.md")
    assert os.access(unpacked.path / ".ci/run", os.X_OK)


def test_its_sums_and_its_origin_hold(archived, unpacked):
    assert check_sums(unpacked.path) == []
    held = files(unpacked)
    assert held - set(read_sums(unpacked.path / "SHA256SUMS")) == {"SHA256SUMS"}
    head = git(archived, "rev-parse", "HEAD").strip()
    assert commit(unpacked.path) == (head, False)
    told = json.loads((unpacked.path / "archive.json").read_text())
    assert told == {"commit": head, "scale": "smoke", "doi": None, "left_out": {}}


def test_its_readme_tells_of_every_claim(unpacked):
    text = (unpacked.path / "README.md").read_text()
    summary = (unpacked.whole / "summary.md").read_text()
    statements = re.findall(r"^\*\*(.*)\*\*", summary, re.MULTILINE)
    assert len(statements) == len(set(statements)) > 8
    figures = {
        claim.statement: claim.figure and f"{study.name}/{claim.figure}"
        for study in all_studies()
        for claim in import_module(f"supnorm.{study.name}.claims").CLAIMS
    }
    for statement in statements:
        line = re.search(rf"^\| `\w+` \| {re.escape(statement)} \|.*", text, re.MULTILINE)[0]
        assert (f"| `{figures[statement]}` |" if figures[statement] else "| none;") in line
    assert "$" not in text


def test_its_run_times_name_every_job(unpacked):
    with (unpacked.path / "run/run_times.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    records = {read_record(path).rule for path in unpacked.whole.rglob("*.prov.json")}
    assert {row["rule"] for row in rows} == records
    trained = [row for row in rows if row["rule"] == "train_students"]
    assert len(trained) == 15
    assert all(float(row["wall_seconds"]) > float(row["seconds"]) > 0 for row in trained)


@pytest.mark.skipif(not VALIDATOR, reason="ROCRATE_VALIDATOR names no rocrate-validator")
def test_a_validator_finds_nothing_wrong(unpacked):
    validator, *options = VALIDATOR.split()
    options += ["--verbose", "--no-paging", unpacked.path]
    done = run([validator, "--no-interactive", "validate", *options], unpacked.path)
    assert done.returncode == 0, done.stdout


@pytest.mark.complete
def test_figures_are_drawn_elsewhere_and_nothing_else(unpacked, tmp_path):
    tree = Tree(tmp_path / "tree")
    shutil.copytree(unpacked.path, tree.path)
    printed = redraw(tree)
    assert "of results/smoke anew, from the tables that are there; nothing is trained" in printed
    assert rules_run(printed) == drawings(tree)
    drawn = {name for name in files(tree) if re.search(r"(/figures/.*|paper)\.prov\.json$", name)}
    assert {fault.path for fault in check_sums(tree.path)} <= drawn
    told = [read_record(path) for path in tree.results.glob("figures/*.prov.json")]
    assert {record.run["commit"] for record in told} == {commit(unpacked.path)[0]}


@pytest.mark.complete
def test_what_is_left_out_can_be_made_again(archived, tmp_path):
    tree = Tree(tmp_path / "tree")
    shutil.copytree(archived.path, tree.path, symlinks=True)
    done = archive(tree, "--largest", "0.02")
    assert done.returncode == 0, done.stdout
    elsewhere = unpack(tree.path / ARCHIVE, tmp_path / "elsewhere")
    assert check_sums(elsewhere) == []
    left_out = json.loads((elsewhere / "archive.json").read_text())["left_out"]
    name = "results/smoke/uniform/students/random/d1_m10_L5_w8_fifth_1of1.safetensors"
    assert name in left_out
    for path, about in left_out.items():
        assert not (elsewhere / path).exists()
        assert about["bytes"] == (tree.path / path).stat().st_size > 20_000
        assert about["sha256"] == digest(tree.path / path)
    variable, _, *arguments = shlex.split(left_out[name]["recipe"])
    assert variable == "PYTHONPATH=workflow/scripts"
    done = run([sys.executable, *arguments], elsewhere)
    assert done.returncode == 0, done.stdout
    assert digest(elsewhere / name) == left_out[name]["sha256"]


def refused(tree):
    """What is said when the archive is refused; there is none then."""
    (tree.path / ARCHIVE).unlink(missing_ok=True)
    done = archive(tree)
    assert done.returncode == 1
    assert not (tree.path / ARCHIVE).exists()
    assert done.stdout.startswith("archive: ")
    assert done.stdout.count("\n") == 1
    return done.stdout


@pytest.fixture
def copied(archived, tmp_path):
    tree = Tree(tmp_path / "tree")
    shutil.copytree(archived.path, tree.path, symlinks=True)
    return tree


def test_changes_that_are_not_committed_are_refused(copied):
    (copied.path / "new.py").touch()
    copied.edit("workflow/scripts/uniform/plot_rates.py", '"""', '""" ')
    assert " in workflow/scripts/uniform/plot_rates.py, new.py; expected no changes" in refused(
        copied
    )


def test_results_that_are_not_complete_are_refused(copied):
    for name in ("summary.md", "summary.prov.json"):
        (copied.whole / name).unlink()
    said = "results/smoke: 1 of 145 jobs are left to be done (write_summary); run `make reproduce"
    assert said in refused(copied)


def test_results_of_another_configuration_are_refused(copied):
    copied.edit("config.yaml", "bound: 0.5 ", "bound: 0.6 ")
    git(copied, "commit", "-qam", "other")
    said = "config.yaml: uniform.teacher.bound is 0.6; the results were made with 0.5"
    assert said in refused(copied)


def test_a_file_that_was_changed_by_hand_is_refused(copied):
    file = copied.results / "teachers/random/d1.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert "is broken: results/smoke/uniform/teachers/random/d1.safetensors: changed" in refused(
        copied
    )


@pytest.mark.complete
def test_the_doi_stands_in_citation_crate_and_readme(copied, tmp_path):
    (copied.whole / "archive/deposit.json").write_text(
        '{"doi": "10.5072/zenodo.1", "state": "draft"}'
    )
    assert copied.planned() == {"build_paper": 1}
    copied.snakemake("--cores", 1)
    done = archive(copied)
    assert done.returncode == 0, done.stdout
    elsewhere = unpack(copied.path / ARCHIVE, tmp_path / "elsewhere")
    assert yaml.safe_load((elsewhere / "CITATION.cff").read_text())["doi"] == "10.5072/zenodo.1"
    for name in ("README.md", "ro-crate-metadata.json"):
        assert "https://doi.org/10.5072/zenodo.1" in (elsewhere / name).read_text()
    assert json.loads((elsewhere / "archive.json").read_text())["doi"] == "10.5072/zenodo.1"
    assert not (elsewhere / "results/smoke/archive").exists()
