"""What the documents show of the workflow is so."""

import itertools
import re
import sys
from pathlib import Path

import PIL.Image
import pytest
import yaml

from supnorm.studies import all_studies
from tree import ROOT, run, source_files

# In a tree from an archive, which has a README of its own.
README = ROOT / ("SOURCE.md" if (ROOT / "SOURCE.md").exists() else "README.md")
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "results/README.md"]


def test_the_rule_graphs_in_the_documents_are_the_workflows(finished):
    text = (ROOT / "docs/workflow.md").read_text()
    graphs = "".join(re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL))
    chains = [line.split(" --> ") for line in graphs.splitlines() if "-->" in line]
    shown = {(a.strip(), b.strip()) for chain in chains for a, b in itertools.pairwise(chain)}
    printed = finished.snakemake("--rulegraph", "mermaid-js")
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", printed))
    edges = re.findall(r"(id\d+) --> (id\d+)", printed)
    actual = {(names[a], names[b]) for a, b in edges if names[b] != "all"}
    actual = {(a, b) for a, b in actual if "plot_" not in a + b}
    assert shown == {edge for edge in actual if not leads(actual - {edge}, *edge)}


def leads(edges, start, end):
    """Whether a path of edges leads from start to end."""
    return any(b == end or leads(edges, b, end) for a, b in edges if a == start)


@pytest.mark.parametrize("scale", ["smoke", "laptop", "evening", "paper"])
def test_the_readme_counts_trainings_and_jobs_as_the_plan_does(scale):
    row = re.search(rf"^\| `{scale}` \| (\d+) \| (\d+) \|", README.read_text(), re.MULTILINE)
    planned = run([sys.executable, "-m", "driver.plan", "--scale", scale], ROOT).stdout
    jobs, trainings = re.search(r"^ +all +(\d+) +\d+ +(\d+) ", planned, re.MULTILINE).groups()
    assert row.groups() == (trainings, jobs)


def test_the_readme_is_short():
    assert len(README.read_text().split()) <= 1200


def test_the_readme_shows_one_figure_which_the_workflow_drew():
    (path,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README.read_text())
    stamp = PIL.Image.open(ROOT / path).info["Keywords"]
    assert stamp.startswith(f"rule: plot_{Path(path).stem};")


def test_the_commands_of_the_documents_exist():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    texts = [path.read_text() for path in DOCUMENTS]
    named = {name for text in texts for name in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M)}
    assert {"reproduce", "trace", "archive", "gpu-check"} <= named <= targets


def test_every_place_that_a_document_links_to_exists():
    for document in DOCUMENTS:
        for file, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", document.read_text()):
            target = document.parent / file if file else document
            assert target.exists(), f"{document.name} links to {file}"
            assert not heading or heading in anchors(target), f"{document.name}: {file}#{heading}"


def anchors(document):
    """The names that GitHub gives to a document's headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_folder_map_names_every_folder():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"^\| `([^`]+)/` \|", text, re.MULTILINE))
    held = {name.rpartition("/")[0] for name in source_files()} - {""}
    # A folder stands for those below it where none of them has a line of its own.
    whole = {name for name in named if not any(other.startswith(f"{name}/") for other in named)}
    below = {folder for folder in held if any(folder.startswith(f"{name}/") for name in whole)}
    assert held <= named | below
    assert all((ROOT / name).is_dir() for name in named)


@pytest.mark.parametrize("study", all_studies(), ids=lambda study: study.name)
def test_each_study_has_a_page_of_its_figures_tables_and_settings(study):
    page = (ROOT / f"docs/{study.name}.md").read_text()
    lines = re.findall(r"^\|[^|]+\|([^|]*)\|([^|]*)\|$", page, re.MULTILINE)
    figures, tables = (set(re.findall(r"`(\w+)`", " ".join(c))) for c in zip(*lines, strict=True))
    assert figures == set(study.figures)
    # Those that every study has are no matter of its page.
    assert tables | {"claims", "ledger"} == set(study.tables)
    (settings,) = re.findall(r"^\*\*Settings\*\*.*$", page, re.MULTILINE)
    sections = yaml.safe_load((ROOT / "config.yaml").read_text())[study.name]
    # A setting of its own may go unnamed, a section may not.
    names = {each.name for each in all_studies()}
    assert set(re.findall(r"`(\w+)`", settings)) <= {*names, *sections}
    assert all(f"`{name}`" in settings for name, keys in sections.items() if isinstance(keys, dict))


def test_every_statement_that_is_cited_is_in_the_theory():
    number = r"S[1-4]\.\d+[bc]?"
    theory = (ROOT / "docs/theory.md").read_text()
    stated = set(re.findall(rf"^### ({number}) ", theory, re.MULTILINE))
    sources = [*ROOT.glob("workflow/**/*.py"), *ROOT.glob("workflow/**/*.rst"), *DOCUMENTS]
    cited = {name for path in sources for name in re.findall(number, path.read_text())}
    assert len(cited) > 10
    assert cited <= stated


def test_no_source_file_is_large():
    """A package or a result that slipped in would stay in every clone."""
    large = [str(path) for path in source_files() if (ROOT / path).stat().st_size > 400_000]
    assert large == []
