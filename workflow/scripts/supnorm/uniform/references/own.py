"""Algorithms of one's own: what `uniform.reference.algorithms` names as path/file.py:function.

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

import contextlib
import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from supnorm.job.programs import InputError, told

KEY = "config.yaml: uniform.reference.algorithms"
# Built-in algorithms that see values at points chosen beforehand, and those that ask for slopes, or
# where they like.
FIXED = ("grid", "nearest", "linear", "cubic", "rbf", "gaussian_process")
ASKING = ("hermite", "refinement", "adaptive_gaussian_process")
BUILT_IN = (*FIXED, *ASKING)
# Adaptive algorithms, each with the one that does the same at as many random points.
COUNTERPARTS = {"refinement": "linear", "adaptive_gaussian_process": "gaussian_process"}
# The name of trained networks in tables.
NETWORK = "network"
OWN = re.compile(r"(.+\.py):([A-Za-z_][A-Za-z_0-9]*)")


def names(algorithms: Sequence[str]) -> dict[str, str]:
    """Return the algorithms of the setting by their names in tables.

    One of one's own is called by its function. Raises InputError where a name is not known, or is
    that of another.
    """
    found: dict[str, str] = {}
    for algorithm in algorithms:
        own = OWN.fullmatch(algorithm)
        if own is None and algorithm not in BUILT_IN:
            raise InputError(
                f"{KEY} has {algorithm}; expected path/file.py:function or one of "
                f"{', '.join(BUILT_IN)}"
            )
        name = own[2] if own else algorithm
        if name in found or (own and name in (*BUILT_IN, NETWORK)):
            other = found.get(name, f"the algorithm {name} that is built in")
            raise InputError(
                f"{KEY} has {algorithm}; expected a function of another name than that of {other}"
            )
        found[name] = algorithm
    return found


def own_files(algorithms: Sequence[str]) -> list[str]:
    """Return the files of algorithms of one's own, each under one path, sorted.

    Raises InputError as `names`, and where a file is not there or not named from the root.
    """
    found = [OWN.fullmatch(algorithm) for algorithm in names(algorithms).values()]
    files = sorted({str(PurePosixPath(own[1])) for own in found if own})
    for file in files:
        if PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts:
            raise InputError(f"{KEY} has {file}; expected a path from the root of the tree")
        if {"{", "}"} & set(file):
            raise InputError(f"{KEY} has {file}; expected a path without braces")
        if not Path(file).is_file():
            raise InputError(f"{KEY} has {file}; expected a file, found none")
    return files


def check_own(algorithms: Sequence[str], given: Sequence[Path]) -> None:
    """Raise InputError unless the files given are those of one's own algorithms, as `own_files`."""
    wanted, found = own_files(algorithms), sorted(map(str, given))
    if found != wanted:
        raise InputError(f"--own: found {found}, expected {wanted}, the files of {KEY}")


def load(algorithm: str) -> Callable:
    """Return the function of path/file.py:function, with the file run once more.

    Raises InputError where the file is missing or cannot be run, or has no such function.
    """
    file, function = OWN.fullmatch(algorithm).groups()
    path = Path(file)
    if not path.is_file():
        raise InputError(f"{file}: expected a file with the function {function}, found none")
    # By a name that no import has; classes look for their module.
    spec = importlib.util.spec_from_file_location(file, path)
    sys.modules[file] = module = importlib.util.module_from_spec(spec)
    try:
        # No compiled copy is left beside the file, nor taken in its place.
        with contextlib.chdir("."):
            exec(compile(path.read_bytes(), file, "exec"), vars(module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise InputError(
            f"{algorithm}: expected Python that can be run, found {told(error)}"
        ) from None
    found = getattr(module, function, None)
    if not callable(found):
        raise InputError(f"{algorithm}: expected a function {function} in the file, found none")
    return found
