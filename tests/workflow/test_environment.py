"""The pins: complete, in force here, and the same for pip, conda and Apptainer; and the source, the
same in every clone.
"""

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

from supnorm.job.imports import imported_files, imported_modules
from tree import copy_repository, git, source_files

ROOT = Path(__file__).parents[2]
# What torch brings for GPUs, at versions of its own choosing.
GPU = re.compile(r"nvidia-.*|cuda-.*|triton")


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins():
    lines = (ROOT / "envs/requirements.txt").read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in wanted)
    return dict(line.split("==") for line in wanted)


def test_what_is_installed_is_what_is_pinned():
    for name, version in pins().items():
        assert importlib.metadata.version(name).split("+")[0] == version, name


def test_every_dependency_of_a_dependency_is_pinned():
    pinned = pins()
    for name in pinned:
        for line in importlib.metadata.requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            needed = canonical(requirement.name)
            assert needed in pinned or GPU.fullmatch(needed), f"{name} needs {needed}"


def conda():
    environment = yaml.safe_load((ROOT / "envs/supnorm.yaml").read_text())
    names = {"pytorch": "torch", "matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}
    names["typst-py"] = "typst"
    versions = dict(line.split("=") for line in environment["dependencies"])
    return {names.get(name, name): version for name, version in versions.items()}


def definition():
    return (ROOT / "envs/supnorm.def").read_text()


def test_conda_has_the_same_versions():
    assert conda().items() <= {**pins(), "python": "3.11"}.items()


def test_python_is_the_same_everywhere():
    assert re.search(r"^From: python:([0-9.]+)-slim", definition(), re.MULTILINE)[1] == "3.11"
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
    assert ruff["target-version"] == "py311"
    assert sys.version_info >= (3, 11)


def test_conda_and_apptainer_have_what_programs_import():
    scripts = ROOT / "workflow/scripts"
    programs = [path for path in scripts.glob("*/*.py") if path.parent.name != "supnorm"]
    files = {file for path in programs for file in [path, *imported_files(path)]}
    modules = {name.split(".")[0] for file in files for name in imported_modules(file.read_text())}
    needed = {"pyyaml" if name == "yaml" else name for name in modules - sys.stdlib_module_names}
    needed -= {"supnorm"}
    assert {"torch", "numba"} < needed <= set(conda())
    assert needed <= set(pins())


def test_apptainer_installs_the_pins_and_repeats_none():
    text = definition()
    copied = re.search(r"^%files\n +envs/requirements.txt (\S+)$", text, re.MULTILINE)[1]
    assert re.search(rf"^ +python -m pip install .*--requirement {copied}$", text, re.MULTILINE)
    assert not any(re.search(rf"\b{name}[=<>~]", text) for name in pins())


def test_a_clone_has_the_same_bytes_whatever_ends_lines_there(tmp_path):
    tree = copy_repository(tmp_path / "tree")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        git(tree, *command)
    settings = ("-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    git(tree, *settings, "clone", "-q", tree.path, tmp_path / "clone")
    others = [
        name
        for name in source_files()
        if (tmp_path / "clone" / name).read_bytes() != (tree.path / name).read_bytes()
    ]
    assert others == []
