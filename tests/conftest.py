"""What tests share: a finished smoke run, made once, and how two processes divide the tests."""

import os
import shutil
from collections import defaultdict
from functools import cache

import pytest
from hypothesis import settings

from tree import Tree, copy_repository

# What stands on a finished run, the longest of all, begins first; the others fill the gaps.
LONG = {"finished", "copy"}


def pytest_configure():
    """Give each process that tests a core, before torch and NumPy are imported, and a path."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    # Whatever runs in the root of a tree finds the library and the driver of that tree.
    os.environ["PYTHONPATH"] = "workflow/scripts:workflow"
    # A busy machine is no fault of what is tested.
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what `make test` leaves out, and begin with what takes long."""
    cases = defaultdict(list)
    for item in items:
        if item.get_closest_marker("slurm"):
            item.add_marker("complete")
        if item.get_closest_marker("few"):
            cases[item.nodeid.partition("[")[0]].append(item)
    for same in cases.values():
        kept = evenly(len(same), same[0].get_closest_marker("few").args[0])
        for place in set(range(len(same))) - kept:
            same[place].add_marker("complete")
    items.sort(key=lambda item: not LONG & set(item.fixturenames))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Have one process run all tests of a file that share a fixture, and others as they come."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return file if shares(config.rootpath / file) else nodeid

    return Scheduling(config, log)


@cache
def shares(file):
    """Whether a fixture is made once for all tests of a file."""
    return 'scope="module"' in file.read_text()


def evenly(total, count):
    """Return so many places of a list, the first and the last among them, far from each other."""
    return {round(k * (total - 1) / max(count - 1, 1)) for k in range(count)}


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A tree whose smoke run is done, one for all processes. Tests must not change it."""
    # Not needed on a machine that runs the tests of a GPU alone.
    from filelock import FileLock

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with FileLock(folder / "finished.lock"):
        if not (folder / "finished").exists():
            tree = copy_repository(folder / "unfinished")
            tree.snakemake("--cores", 2)
            tree.path.rename(folder / "finished")
    return Tree(folder / "finished")


@pytest.fixture
def copy(finished, tmp_path):
    """A copy of the finished tree, at another place, to be changed."""
    target = tmp_path / "moved"
    shutil.copytree(finished.path, target, symlinks=True)
    return Tree(target)
