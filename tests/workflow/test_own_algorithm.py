"""The algorithm that README.md shows runs through the whole chain, as a stranger would have it."""

import json
import re
import shutil
import zipfile

import pandas as pd
import pypdf
import pytest

from tree import ROOT, Tree, git, python

NAME = "two_nearest"


@pytest.fixture(scope="module")
def tree(finished, tmp_path_factory):
    """A finished tree with the algorithm of README.md, run again."""
    tree = Tree(tmp_path_factory.mktemp("own") / "tree")
    shutil.copytree(finished.path, tree.path, symlinks=True)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    (tree.path / "mine.py").write_text(code)
    tree.edit("config.yaml", "[grid, nearest,", f"[mine.py:{NAME}, grid, nearest,")
    git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "all")
    python(tree, "driver.reproduce", "--scale", "smoke", "--cores", 2)
    return tree


@pytest.mark.complete
def test_it_is_measured_ranked_and_challenged(tree):
    minmax = pd.read_parquet(tree.results / "tables/minmax.parquet")
    mine = minmax[minmax["algorithm_set"] == NAME]
    assert set(mine["dim"]) == {1, 3}
    assert (mine["error"] > 0).all()
    challenges = pd.read_parquet(tree.results / "tables/challenges.parquet")
    mine = challenges[challenges["algorithm"] == NAME]
    assert len(mine) == 2 * 2 * 2
    assert (mine[["error_plus", "error_minus"]].max(axis=1) >= mine["bound"]).all()


@pytest.mark.complete
def test_figures_show_it(tree):
    for name in ("algorithms", "references"):
        pages = pypdf.PdfReader(tree.results / f"figures/{name}.pdf").pages
        assert "two nearest" in " ".join(page.extract_text() for page in pages)


@pytest.mark.complete
def test_its_file_is_an_input_that_is_traced_and_archived(tree):
    record = json.loads((tree.results / "references/random/d1_m10.prov.json").read_text())
    assert "mine.py" in json.dumps(record)
    assert "the chain holds" in python(tree, "artifact.trace", "--scale", "smoke")
    # Figures that the algorithm left as they were are of no commit; an archive wants one.
    python(tree, "driver.reproduce", "--scale", "smoke", "--figures", "--cores", 2)
    python(tree, "artifact.archive", "--scale", "smoke")
    with zipfile.ZipFile(tree.whole / "archive/supnorm-smoke.zip") as archive:
        assert "supnorm-smoke/mine.py" in archive.namelist()
    (tree.path / "mine.py").write_text("# changed\n" + (tree.path / "mine.py").read_text())
    planned = tree.planned()
    assert planned["measure_references"] == planned["challenge_algorithms"] == 4
    assert "train_students" not in planned
