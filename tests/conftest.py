"""A finished smoke run, made once, and copies of it to play with."""

import shutil

import pytest

from tree import Tree, copy_repository


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A tree whose smoke run is done. Tests must not change it."""
    tree = copy_repository(tmp_path_factory.mktemp("finished"))
    tree.snakemake("--cores", 2)
    return tree


@pytest.fixture
def copy(finished, tmp_path):
    """A copy of the finished tree, at another place, to be changed."""
    target = tmp_path / "moved"
    shutil.copytree(finished.path, target, symlinks=True)
    return Tree(target)
