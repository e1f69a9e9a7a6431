"""What a program imports, found by reading: the statements, and that it costs little."""

import ast
import time
from pathlib import Path

import pytest

from supnorm.job import imports
from supnorm.job.imports import imported_files

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "workflow/scripts"
PROGRAMS = [p for p in SCRIPTS.glob("*/*.py") if p.parent.name != "supnorm"]


@pytest.fixture
def program(tmp_path):
    """Write a study's program beside a package of empty modules; return its path."""
    for name in ("__init__", "one", "two", "three", "inner/__init__", "inner/four"):
        path = tmp_path / f"library/{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "study").mkdir()
    return tmp_path / "study/program.py"


def names(program):
    files = imported_files(program)
    return [str(f.relative_to(program.parents[1] / "library").with_suffix("")) for f in files]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import library.one", ["one"]),
        ("import sys, library.one as o, library.two", ["one", "two"]),
        ("from library import one, three as t  # but not library.two", ["one", "three"]),
        ("from library import (\n    one,  # (which) first :)\n  two,\n)\n", ["one", "two"]),
        ("from library import one, \\\n    two", ["one", "two"]),
        ("def f():\n    if x:\n        from library.one import (\n  y\n)", ["one"]),
        ("import sys; import library.one", ["one"]),
        ("from library.inner.four import x", ["inner/__init__", "inner/four"]),
        ('"""Made\nfrom library.one to (two\nimport of library.two:\n"""\n', None),
        ('"""\nfrom here (on\n"""\nimport library.one\nprint()', ["one"]),
        ("imported = 'library.one'", None),
        ("import json", None),
    ],
)
def test_import_statements_are_found_however_they_are_written(program, code, found):
    program.write_text(code)
    assert names(program) == ([] if found is None else ["__init__", *found])


def test_what_is_imported_imports_too_even_in_circles(program):
    program.write_text("from library.one import x")
    (program.parents[1] / "library/one.py").write_text("import library.two")
    (program.parents[1] / "library/two.py").write_text("import library.one")
    assert names(program) == ["__init__", "one", "two"]


def test_nothing_that_python_would_import_is_missed_in_this_tree():
    for path in SCRIPTS.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        # All in full: what is imported from the file's own folder by its dots alone is not found.
        assert all(n.level == 0 for n in nodes if isinstance(n, ast.ImportFrom)), path
        modules = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
        modules |= {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
        assert modules <= imports.imported_modules(path.read_text()), path


def test_a_file_is_read_once_for_all_programs(monkeypatch):
    read, read_text = [], Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda path, encoding: read.append(path) or read_text(path, encoding)
    )
    imports._directly_imported.cache_clear()
    for program in PROGRAMS:
        imported_files(program)
    assert len(read) == len(set(read)) > 50


def test_the_code_of_all_programs_is_found_in_little_time():
    taken = []
    for _ in range(3):
        imports._directly_imported.cache_clear()
        imports._files.cache_clear()
        start = time.process_time()
        for program in PROGRAMS:
            imported_files(program)
        taken.append(time.process_time() - start)
    assert min(taken) < 0.15
