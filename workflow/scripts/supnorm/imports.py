"""Which files a program imports from this library: its code, as an input of its rule."""

import ast
from pathlib import Path


def imported_files(program: Path) -> list[Path]:
    """Return the library files that a program imports, directly or not, sorted.

    Found by reading, not by running, so that it costs little and needs no torch. Imports are
    looked up beside the program, as Python does.
    """
    root, found = program.parent, set()

    def visit(path: Path) -> None:
        for module in _imported_modules(path):
            for file in _module_files(root, module):
                if file not in found:
                    found.add(file)
                    visit(file)

    visit(program)
    return sorted(found)


def _imported_modules(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return modules


def _module_files(root: Path, module: str) -> list[Path]:
    """Return the module's file and those of the packages around it, as far as they exist."""
    parts = module.split(".")
    packages = [root.joinpath(*parts[:k], "__init__.py") for k in range(1, len(parts) + 1)]
    return [f for f in (*packages, root.joinpath(*parts).with_suffix(".py")) if f.is_file()]
