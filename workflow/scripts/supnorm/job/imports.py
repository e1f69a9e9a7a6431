"""Which files a program imports from this library: its code, as an input of its rule.

Imported by the Snakefile in every job, so it must stay cheap to import and to use.
"""

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

# An import statement that begins its line; parentheses may hold comments, a backslash goes on.
STATEMENT = re.compile(
    r"^[ \t]*((?:import|from)[ \t](?:import[ \t]*\((?:#.*\n|[^)#])*\)|\\\n|.)*)", re.MULTILINE
)


def imported_files(program: Path) -> list[Path]:
    """Return the library files that a program imports, directly or not, sorted.

    Found by reading, not by running, so that it costs little and needs no torch. Imports are
    looked up in the folder that the folders of studies are in. A file is read once in a process.
    """
    root, found, new = program.parents[1], set(), {program}
    while new:
        new = set().union(*(_directly_imported(path, root) for path in new)) - found
        found |= new
    return sorted(found)


@cache
def _directly_imported(path: Path, root: Path) -> frozenset[Path]:
    return frozenset(
        file
        for module in imported_modules(path.read_text("utf-8"))
        for file in _files(module, root)
    )


def imported_modules(code: str) -> set[str]:
    """Return the modules that code imports, and every name that it imports from one."""
    modules = set()
    for node in _import_statements(code):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return modules


def _import_statements(code: str) -> Iterator[ast.stmt]:
    """Yield the import statements alone, parsed; parsing all code would take ten times as long."""
    for text in STATEMENT.findall(code):
        with suppress(SyntaxError):  # a sentence of a docstring
            yield from ast.parse(text).body


@cache
def _files(module: str, root: Path) -> tuple[Path, ...]:
    parts = module.split(".")
    packages = [root.joinpath(*parts[:k], "__init__.py") for k in range(1, len(parts) + 1)]
    modules = (*packages, root.joinpath(*parts).with_suffix(".py"))
    return tuple(file for file in modules if file.is_file())
