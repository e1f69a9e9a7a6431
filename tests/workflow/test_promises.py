"""The promises of README and docs/: they stand there, and a test keeps each of them."""

import ast
import re

from tree import ROOT

ROW = re.compile(r"^\| (?P<text>.+) \| \[(?P<page>\S+)\]\(\S+\) \| (?P<tests>.+) \|$", re.MULTILINE)
NAME = re.compile(r"`(tests/\S+\.py)::(test_\w+)`")
# A tree from an archive has a README of its own, and that of the source beside it.
PAGES = {"README.md": "SOURCE.md"} if (ROOT / "SOURCE.md").exists() else {}


def promises():
    """Return sentence, page, and files and names of tests of each promise."""
    text = (ROOT / "docs/promises.md").read_text()
    found = [(row["text"], row["page"], NAME.findall(row["tests"])) for row in ROW.finditer(text)]
    # Nothing that looks like a row or a test is passed over.
    assert len(found) == len(re.findall(r"^\| (?!promise )", text, re.MULTILINE)) > 20
    assert sum(len(tests) for _, _, tests in found) == text.count("::")
    return found


def test_every_promise_stands_in_its_page():
    for text, page, _ in promises():
        whole = " ".join((ROOT / PAGES.get(page, page)).read_text().split())
        assert text in whole, f"{page} does not say: {text}"


def test_every_promise_is_kept_by_tests_that_exist():
    for text, _, tests in promises():
        assert tests, f"no test keeps: {text}"
        for file, name in tests:
            assert name in functions(file), f"{file} has no {name}, which keeps: {text}"


def functions(file):
    """The names of the functions of a file that pytest calls."""
    return {
        node.name
        for node in ast.parse((ROOT / file).read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
