"""What the README shows of the workflow is so."""

import itertools
import re

from tree import ROOT


def test_the_rule_graph_in_the_readme_is_the_workflows(finished):
    graph = re.search(r"```mermaid\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    chains = [line.split(" --> ") for line in graph.splitlines() if "-->" in line]
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


def test_the_commands_of_the_readme_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for file in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"^make ([a-z]+)", (ROOT / file).read_text(), re.MULTILINE))
        assert named
        assert named <= targets


def test_every_file_that_a_document_links_to_exists():
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "results/README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_statement_that_code_cites_is_in_the_theory():
    stated = set(re.findall(r"S1\.\d+", (ROOT / "docs/theory.md").read_text()))
    sources = [*ROOT.glob("workflow/**/*.py"), *ROOT.glob("workflow/**/*.rst"), ROOT / "README.md"]
    cited = {number for path in sources for number in re.findall(r"S1\.\d+", path.read_text())}
    assert len(cited) > 10
    assert cited <= stated
