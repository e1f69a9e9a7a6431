"""The answers of docs/reuse.md, as a stranger would follow them."""

import re

import numpy as np
import pandas as pd
import pytest

from supnorm.networks import load_networks
from supnorm.streams import Stream, uniform_points
from tree import ROOT, copy_repository

PAGE = ROOT / "docs/reuse.md"
TEACHERS = "workflow/scripts/supnorm/uniform/teachers.py"
DIMS = (1, 3)


def block(heading):
    """The first block of lines under a heading."""
    (answer,) = re.findall(rf"^## {heading}\n(.*?)^#", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return re.findall(r"```\w+\n(.*?)```", answer, re.DOTALL)[0]


def set_key(tree, line):
    """Put a line of the page in place of the first one with its key and indent in config.yaml."""
    text, key = (tree.path / "config.yaml").read_text(), line.split(":")[0]
    (tree.path / "config.yaml").write_text(
        re.sub(rf"^{key}:.*$", line, text, count=1, flags=re.MULTILINE)
    )
    assert line in (tree.path / "config.yaml").read_text()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A tree with the teacher, norm and seeds of the page, and samples of these."""
    tree = copy_repository(tmp_path_factory.mktemp("reuse") / "tree")
    known = 'FAMILIES = {"random": random_teachers'
    tree.edit(TEACHERS, known, f'{block("My own teacher")}\n\n{known}, "ridge": ridge_teachers')
    tree.edit("workflow/schemas/uniform.schema.yaml", "enum: [random]", "enum: [random, ridge]")
    set_key(tree, "    families: [ridge]")
    for line in [*block("Another norm").splitlines(), *block("More seeds").splitlines()]:
        set_key(tree, line)
    # The scale has seeds of its own.
    tree.edit("config.yaml", "[10, 20], seeds: [10000, 10001]}", "[10, 20]}")
    samples = [f"results/smoke/uniform/samples/ridge/d{dim}_m20.parquet" for dim in DIMS]
    tree.snakemake("--cores", 2, *samples)
    return tree


@pytest.mark.complete
@pytest.mark.parametrize("dim", DIMS)
def test_a_teacher_of_ones_own_is_learned_from(tree, dim):
    teachers, *_ = load_networks(tree.results / f"teachers/ridge/d{dim}.safetensors")
    assert len(teachers) == 2
    assert np.any(teachers.weights[0][:, :, 0])
    assert not np.any(teachers.weights[0][:, :, 1:])


@pytest.mark.complete
def test_students_of_that_teacher_would_be_trained(tree):
    planned = tree.planned()
    assert planned["train_students"] > 1
    assert "sample_teachers" not in planned


@pytest.mark.complete
@pytest.mark.parametrize("dim", DIMS)
def test_teachers_are_bounded_in_another_norm(tree, dim):
    teachers, *_ = load_networks(tree.results / f"teachers/ridge/d{dim}.safetensors")
    norms = [
        np.linalg.norm(array.reshape(len(array), -1), axis=1)
        for array in teachers.tensors().values()
    ]
    assert np.max(norms) <= 1
    assert np.max(norms) > 0.9


@pytest.mark.complete
@pytest.mark.parametrize("dim", DIMS)
def test_a_further_seed_has_points_of_its_own(tree, dim):
    sample = pd.read_parquet(tree.results / f"samples/ridge/d{dim}_m20.parquet")
    assert sample["seed"].unique().tolist() == [10000, 10001, 10002, 10003]
    assert sample["x0"].nunique() == 80
    # Those of the first seed are what they were.
    first = uniform_points(Stream("points", seed=10000, dim=dim), 20, dim)
    assert (sample[sample["seed"] == 10000]["x0"] == first[:, 0]).all()


@pytest.mark.complete
def test_one_study_is_planned_by_itself(tmp_path):
    tree = copy_repository(tmp_path / "tree")
    (command,) = re.findall(r"^make (.*?) +#", block("Only one study"), re.MULTILINE)
    assert command == "reproduce STUDY=parity"
    printed = tree.snakemake("--dry-run", "--cores", 1, "parity")
    made = set(re.findall(r"^(?:local)?rule (\w+):$", printed, re.MULTILINE))
    assert {"train_parity", "plot_parity_norm", "sample_teachers", "draw_samples"} <= made
    assert made & {"train_students", "train_waves", "build_paper", "write_summary"} == set()
    tree.edit("config.yaml", "[uniform, parity, depth, approximation]", "[parity]")
    assert set(tree.planned()) >= {"train_parity", "build_paper", "write_summary"}
    assert "train_students" not in tree.planned()
