"""What catalogues of workflows and of software look for is there."""

import yaml

from tree import ROOT


def test_the_snakemake_catalogue_finds_the_workflow():
    """As its program does, which looks below workflow/ alone where there is such a folder."""
    assert (ROOT / "workflow/Snakefile").is_file()
    assert not (ROOT / "Snakefile").exists()
    assert list((ROOT / "workflow/rules").glob("*.smk"))
    # In a tree from an archive README.md is of its results.
    page = "SOURCE.md" if (ROOT / "SOURCE.md").exists() else "README.md"
    text = (ROOT / page).read_text().lower()
    assert "snakemake" in text
    assert "workflow" in text


def test_the_catalogue_is_told_how_the_workflow_is_used():
    told = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())
    usage = told.pop("usage")
    assert told == {}
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    stacks = usage["software-stack-deployment"]
    assert set(stacks) == {"conda", "singularity", "singularity+conda"}
    assert all(value in (True, False) for value in (usage["report"], *stacks.values()))


def test_zenodo_reads_the_citation_of_which_there_is_one():
    assert (ROOT / "CITATION.cff").is_file()
    assert not (ROOT / ".zenodo.json").exists()
