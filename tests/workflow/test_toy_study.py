"""A study is a room: a small one, added by new files, an include and a section, works everywhere.

Its files lie in toy/, each where it would lie in the repository. Its only figure has the name of
one of the study uniform.
"""

import csv
import io
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pypdf
import pytest

from supnorm.job.records import read_record
from tree import Tree, copy_repository, git, python

TOY = Path(__file__).with_name("toy")
SECTION = "toy:\n  points: 7\n\n"
RULES = {"tabulate_toy", "tell_toy", "plot_toy_rates"}
OF_ALL = {"resolve_config", "tabulate_settings", "collect_claims", "collect_ledger"}
OF_ALL |= {"write_summary", "build_paper"}
STATEMENT = "Squares of whole numbers are not smaller than the numbers"
CAPTION = "The squares of 7 whole numbers."
ARCHIVE = "archive/supnorm-smoke.zip"


def snakemake(tree, *arguments):
    return python(tree, "snakemake", *arguments, "--config", "scale=smoke")


def results_of(tree):
    return tree.path / "results/smoke"


def document_of(tree):
    """The text of the document, in one line."""
    pages = pypdf.PdfReader(results_of(tree) / "paper.pdf").pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def rules_run(printed):
    return set(re.findall(r"^(?:local)?rule (\w+):$", printed, re.MULTILINE)) - {"all"}


def add_toy(tree):
    """Add the study: new files, a line of the Snakefile, and a section of config.yaml."""
    for path in TOY.rglob("*"):
        place = tree.path / path.relative_to(TOY)
        if path.is_file() and "__pycache__" not in path.parts:
            assert not place.exists()
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
    last = 'include: "rules/document.smk"\n'
    tree.edit("workflow/Snakefile", last, f'include: "rules/toy/study.smk"\n{last}')
    tree.edit("config.yaml", "\nscales:", f"\n{SECTION}scales:")
    tree.edit("config.yaml", "studies: [uniform, ", "studies: [toy, uniform, ")


@pytest.fixture(scope="module")
def added(finished, tmp_path_factory):
    """A finished tree to which the study was added, and what Snakemake said when it was made."""
    tree = Tree(tmp_path_factory.mktemp("toy") / "tree")
    shutil.copytree(finished.path, tree.path, symlinks=True)
    add_toy(tree)
    git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "all")
    alone = snakemake(tree, "toy", "--dry-run", "--cores", 1)
    return tree, alone, snakemake(tree, "--cores", 2)


@pytest.fixture
def tree(added):
    """The tree after the run. Tests must not change its results."""
    return added[0]


def test_it_can_be_made_alone(added):
    assert rules_run(added[1]) == {"tabulate_toy", "plot_toy_rates", "toy"}


def test_nothing_of_other_studies_is_made_again(added):
    tree, _, printed = added
    # It adds no class to the ledger.
    assert rules_run(printed) == (RULES | OF_ALL) - {"collect_ledger"}
    assert tree.planned() == {}


def test_its_results_are_in_its_folder(tree):
    results = results_of(tree) / "toy"
    files = {f"figures/rates.{kind}" for kind in ("pdf", "png", "txt", "prov.json")}
    files |= {
        f"tables/{t}.{kind}" for t in ("squares", "claims") for kind in ("parquet", "prov.json")
    }
    files |= {"summary.md", "summary.prov.json", "findings.json", "findings.prov.json"}
    found = {
        path.relative_to(results).as_posix() for path in results.rglob("*.*") if path.is_file()
    }
    assert {name for name in found if not name.startswith(("logs/", "benchmarks/"))} == files
    assert (results / "figures/rates.txt").read_text().strip() == CAPTION
    record = read_record(results / "figures/rates.prov.json")
    assert (record.rule, record.configuration) == ("plot_toy_rates", {"toy.points": 7})
    squares = pd.read_parquet(results / "tables/squares.parquet")
    assert list(squares["square"]) == [0, 1, 4, 9, 16, 25, 36]


def test_its_claim_stands_among_those_of_all(tree):
    claims = pd.read_parquet(results_of(tree) / "claims.parquet")
    (row,) = claims[claims["study"] == "toy"].to_dict("records")
    assert (row["claim"], row["verdict"], row["measured"]) == ("toy_grows", "supported", 36)
    assert row["figure"] == "toy/rates"
    assert set(claims["study"]) == {"approximation", "depth", "parity", "toy", "uniform"}
    summary = (results_of(tree) / "summary.md").read_text()
    assert f"**{STATEMENT}** Measured: largest square." in summary
    assert "\n## Squares\n" in summary


def test_the_document_has_its_part(tree):
    text = document_of(tree)
    assert "Squares of whole numbers What was squared" in re.sub(r" ?\d+(\.\d+)* ", " ", text)
    for said in ("Besides, 7 squares were taken.", "The largest square is 36.", CAPTION, STATEMENT):
        assert said in text


def test_the_report_has_its_figure(tree, tmp_path):
    snakemake(tree, "--report", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert re.search(r'"labels": ?\{"figure": ?"squares against numbers"\}', page)
    assert CAPTION in page


def test_its_figure_is_traced_by_its_full_name(tree):
    lines = python(tree, "artifact.trace", "--scale", "smoke", "toy/rates").splitlines()
    assert lines[0] == "plot_toy_rates"
    assert any("config.yaml: toy.points = 7" in line for line in lines)
    assert lines[-1].startswith("the chain holds; ")
    other = python(tree, "artifact.trace", "--scale", "smoke", "uniform/rates")
    assert other.startswith("plot_rates\n")


@pytest.mark.complete
def test_a_run_of_it_alone_makes_the_whole_chain_and_is_verified(tmp_path):
    tree = copy_repository(tmp_path)
    add_toy(tree)
    names = "[toy, uniform, parity, depth, approximation]"
    tree.edit("config.yaml", f"studies: {names}", "studies: [toy]")
    assert rules_run(python(tree, "driver.reproduce", "--scale", "smoke")) == RULES | OF_ALL
    assert {path.name for path in results_of(tree).iterdir() if path.is_dir()} == {
        *("toy", "logs", "benchmarks"),
    }
    text = document_of(tree)
    assert CAPTION in text
    assert STATEMENT in text
    assert f"all {len(RULES | OF_ALL)} jobs are done" in python(
        tree, "driver.watch", "--scale", "smoke"
    )
    assert "CPU-hours" in python(tree, "driver.plan", "--scale", "smoke")
    printed = python(tree, "artifact.verify", "--scale", "smoke", "--students", 1, "--seed", 1)
    tables = "tables +toy/tables/claims, toy/tables/squares"
    for subject in (tables, "figures +toy/figures/rates", "documents +paper "):
        assert re.search(rf"^{subject}.* same ", printed, re.MULTILINE), printed


@pytest.mark.complete
def test_the_archive_has_it(tree):
    printed = python(tree, "driver.reproduce", "--scale", "smoke", "--figures", "--cores", 2)
    assert "plot_toy_rates" in rules_run(printed)
    python(tree, "artifact.archive", "--scale", "smoke")
    with zipfile.ZipFile(results_of(tree) / ARCHIVE) as archive:
        texts = {name.partition("/")[2]: name for name in archive.namelist()}
        told, columns = (
            archive.read(texts[name]).decode() for name in ("README.md", "data_dictionary.csv")
        )
    assert {f"results/smoke/toy/figures/rates.{kind}" for kind in ("pdf", "png")} <= texts.keys()
    squares = [
        row["column"]
        for row in csv.DictReader(io.StringIO(columns))
        if row["file"] == "results/smoke/toy/tables/squares.parquet"
    ]
    assert squares == ["number", "square"]
    assert re.search(
        rf"^\| `toy` \| {STATEMENT} \| supported .*\| `toy/rates` \|", told, re.MULTILINE
    )
