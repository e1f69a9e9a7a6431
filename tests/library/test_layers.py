"""Imports run downward: what is shared knows no study, and no study another one."""

import ast
import sys

import pytest

from scales import ROOT
from supnorm.schemas import studies

SCRIPTS = ROOT / "workflow/scripts"
WORKFLOW = ROOT / "workflow"
# A study may take what lies below all of them; what spans studies, and the artifact, take files.
ROOMS = [*studies(), "document"]


def imported(path):
    """Return the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module):
    """Return the study whose library or programs a module is of; None where it is shared."""
    parts = module.removeprefix("supnorm.").split(".")
    return parts[0] if parts[0] in ROOMS else None


def files(*folders):
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


@pytest.mark.parametrize("study", ROOMS)
def test_a_study_imports_no_other_study(study):
    for path in files(SCRIPTS / study, SCRIPTS / "supnorm" / study):
        rooms = {room_of(module) for module in imported(path)}
        assert rooms <= {None, study}, path


def test_what_is_shared_knows_no_study():
    rooms = [SCRIPTS / "supnorm" / room for room in ROOMS]
    shared = [
        path
        for path in files(SCRIPTS / "supnorm", WORKFLOW / "driver", WORKFLOW / "artifact")
        if not any(path.is_relative_to(room) for room in rooms)
    ]
    assert len(shared) > 60
    for path in shared:
        assert {room_of(module) for module in imported(path)} <= {None}, path


def test_no_module_hides_one_of_the_standard_library():
    tops = {path.stem for folder in (SCRIPTS, WORKFLOW) for path in folder.iterdir()}
    assert tops.isdisjoint(sys.stdlib_module_names)


def test_nothing_but_the_rules_changes_where_python_looks():
    looking = [path for path in files(WORKFLOW) if "sys.path" in path.read_text()]
    assert looking == []
