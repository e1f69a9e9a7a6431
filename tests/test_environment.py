"""The pins: complete, in force here, and the same for pip and conda."""

import importlib.metadata
import re
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
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


def test_conda_has_the_same_versions():
    environment = yaml.safe_load((ROOT / "envs/supnorm.yaml").read_text())
    names = {"pytorch": "torch", "matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}
    conda = dict(line.split("=") for line in environment["dependencies"])
    del conda["python"]
    pinned = pins()
    for name, version in conda.items():
        assert pinned[names.get(name, name)] == version
