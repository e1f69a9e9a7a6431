"""Run a recorded job again, with its outputs in a folder of their own.

A record may come from anywhere. It chooses a program of this tree, never code of its own; what it
names are settings, inputs below the root, and outputs below the folder.
"""

import atexit
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from threading import Lock

from supnorm.hardware.devices import visible_gpus
from supnorm.hardware.machine import processor
from supnorm.job.programs import UNABLE, InputError, UnableError
from supnorm.job.records import SUFFIX, Record
from supnorm.job.surroundings import surroundings
from supnorm.schemas import studies
from supnorm.training.engines import choose

ROOT = Path(__file__).resolve().parents[2]
# Where the programs of what spans studies lie.
DOCUMENT = "document"
# Seconds that a job may take.
LONGEST = 600.0
# Where the programs lie in every tree.
PROGRAMS = PurePosixPath("workflow/scripts")
RESULTS = "results"
# On whose versions numbers and drawings depend.
PACKAGES = ["numba", "numpy", "scipy", "torch", "matplotlib", "seaborn", "typst"]
# And of which the narrow engine is made.
NARROW = ["numba", "numpy"]
# Held while they may be copied, once for all threads.
PREPARING = Lock()
# What Python begins to say with where a program did not foresee what ended it.
TRACEBACK = "Traceback (most recent call last):"
OPTION = re.compile("[a-z][a-z0-9_.]*")
# The option that names files of algorithms of one's own, which a program runs.
OWN_CODE = "own"
# Options that say where a job tells of itself, and are none of its parameters.
OWN = {"record", "heartbeat", "checkpoint"}


class NotReplayedError(Exception):
    """A job that cannot run here, with the reason: no evidence for or against its results."""


def replay(
    record: Record,
    root: Path,
    folder: Path,
    parameters: Mapping[str, object] | None = None,
    inputs: Mapping[str, Mapping[str, Path]] | None = None,
) -> None:
    """Run a job again; below `folder`, which is new, its outputs get their recorded paths.

    `parameters` takes the place of some of those recorded, and `inputs` of all files of an option:
    by recorded path, the file to be read instead. Raises NotReplayedError where an input is not
    there or the job would run code of another tree, InputError where the record is none of a
    program here or the program says what is wrong with its input, and UnableError where anything
    else ends it, or it takes too long.
    """
    for path in record.inputs.get(OWN_CODE, {}):
        mine, theirs = ROOT / path, root / path
        same = mine.is_file() and theirs.is_file() and mine.read_bytes() == theirs.read_bytes()
        if theirs.is_file() and not same:
            raise NotReplayedError(f"{path} is code that this tree does not have")
    read = {name: {path: root / path for path in files} for name, files in record.inputs.items()}
    read |= inputs or {}
    command = command_line(record, record.options | here(record) | (parameters or {}), read)
    for files in read.values():
        for path, file in files.items():
            if not file.is_file():
                raise NotReplayedError(f"{path} is not there")
            _link(folder / path, file)
    (folder / PROGRAMS).parent.mkdir(parents=True, exist_ok=True)
    with PREPARING:
        (folder / PROGRAMS).symlink_to(_programs())
    _run(command, folder, record)


def here(record: Record) -> dict[str, object]:
    """Return the parameters that say how a job runs, as they are on this machine."""
    changed = {"threads": 1} if "threads" in record.parameters else {}
    if record.parameters.get("device") == "cuda" and not visible_gpus():
        changed["device"] = "cpu"
    return changed


def command_line(
    record: Record, parameters: Mapping[str, object], inputs: Mapping[str, Mapping[str, Path]]
) -> list[str]:
    """Return the command that runs a record's program; raises InputError where there is none."""
    program = PurePosixPath(record.program)
    if program.parent.name not in (*studies(), DOCUMENT) or not (ROOT / program).is_file():
        raise InputError(
            f"{record.path}: rule is {record.rule!r}; expected one with a program here"
        )
    names = [*record.inputs, *record.outputs, *parameters]
    for name in names:
        if not OPTION.fullmatch(name) or name in OWN or names.count(name) > 1:
            raise InputError(f"{record.path}: {name!r} is no option of a job, or is there twice")
    words = []
    for name, value in parameters.items():
        words += _setting(record, name, value)
    for name, files in inputs.items():
        words += _files(record, name, list(files))
    for name, files in record.outputs.items():
        if not all(_is_result(path) for path in files):
            raise InputError(f"{record.path}: expected outputs below {RESULTS}, found others")
        words += _files(record, name, list(files))
    return [sys.executable, str(program), *words]


def unlike(record: Record) -> str | None:
    """Return why this machine may round otherwise than the recorded job; None if it does not.

    Where it is like, results are the same to the bit. The narrow engine rounds alike on every
    processor, by the same compiler; all else is promised for the same packages and processor only,
    and for GPUs not at all.
    """
    if (device := record.parameters.get("device", "cpu")) != "cpu":
        return f"made on {device}"
    if reason := other_packages(record):
        return reason
    made_on = record.run["machine"].get("processor")
    return None if made_on == processor() or narrow(record) else f"made on {made_on}"


def other_packages(record: Record) -> str | None:
    """Return which packages made a result in versions other than are here; None if none did."""
    made_by = record.run["packages"]
    known = [name for name in (NARROW if narrow(record) else PACKAGES) if name in made_by]
    others = [f"{name} {made_by[name]}" for name in known if made_by[name] != _here(name)]
    return f"made by {', '.join(others)}" if others else None


def narrow(record: Record) -> bool:
    """Return whether a job is one of training by the narrow engine in float64 on a CPU.

    Without a device it trains on a CPU, without a batch on all samples in each step.
    """
    told = record.options
    if "students" not in record.outputs or told.get("training.precision") != "float64":
        return False
    try:
        width, batch = int(told["width"]), float(told.get("batch", "inf"))
        return choose(told["training.engine"], told.get("device", "cpu"), width, batch) == "narrow"
    except (KeyError, TypeError, ValueError):
        return False


def _here(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _setting(record: Record, name: str, value: object) -> Iterator[str]:
    """Yield the words of an option with its value or values; InputError on what is no setting."""
    option = f"--{name}"
    if isinstance(value, list):
        yield option
        for one in value:
            text = _text(record, name, one)
            if text.startswith("-"):
                raise InputError(f"{record.path}: {name} is {value!r}; expected settings")
            yield text
    else:
        yield f"{option}={_text(record, name, value)}"


def _text(record: Record, name: str, value: object) -> str:
    """Return a value as a command line has it.

    Were it taken for a path, by an option that names an output, it must not lead out of the folder.
    """
    text = json.dumps(value) if isinstance(value, dict) else str(value)
    kinds, parts = (str, int, float, dict), PurePosixPath(text).parts
    astray = {"/", "..", "~", PROGRAMS.parts[0]} & set(parts)
    if not isinstance(value, kinds) or isinstance(value, bool) or astray or "\0" in text:
        raise InputError(f"{record.path}: {name} is {value!r}; expected a setting")
    return text


def _files(record: Record, name: str, paths: list[str]) -> list[str]:
    """Return the words of an option that names files."""
    if any(path.startswith("-") or PurePosixPath(path).is_relative_to(PROGRAMS) for path in paths):
        raise InputError(f"{record.path}: {name}: expected files of results, found others")
    return [f"--{name}", *paths]


def _is_result(path: str) -> bool:
    return len(PurePosixPath(path).parts) > 2 and PurePosixPath(path).parts[0] == RESULTS


def _link(link: Path, file: Path) -> None:
    """Make a link to a file, and to the record beside it: a document tells of both."""
    link.parent.mkdir(parents=True, exist_ok=True)
    for suffix in (file.suffix, SUFFIX):
        # One file may serve two options, and one record be beside two files.
        if file.with_suffix(suffix).is_file() and not link.with_suffix(suffix).exists():
            link.with_suffix(suffix).symlink_to(file.with_suffix(suffix).resolve())


@cache
def _programs() -> Path:
    """Return where the programs are: a copy where Numba may not keep beside them what it compiles.

    It would look for another place, and end the program where it finds none.
    """
    caches = {path.parent / "__pycache__" for path in (ROOT / PROGRAMS).rglob("*.py")}
    if all(os.access(path if path.exists() else path.parent, os.W_OK) for path in caches):
        return ROOT / PROGRAMS
    folder = tempfile.mkdtemp(prefix="supnorm-programs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copied = shutil.copytree(ROOT / PROGRAMS.parent, Path(folder, PROGRAMS.parent))
    for path in (copied, *copied.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return copied / PROGRAMS.name


def _run(command: list[str], folder: Path, record: Record) -> None:
    """Run a program in a folder; raises InputError with what it says of its input.

    Where it ends otherwise, as for want of memory, that is no evidence for or against results: it
    raises UnableError.
    """
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=surroundings(os.environ) | single | {"PYTHONPATH": str(PROGRAMS)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=LONGEST,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise UnableError(f"{record.rule} takes more than {LONGEST:.0f} s") from None
    if done.returncode < 0:
        raise UnableError(f"{record.rule} is ended from outside: {_signal(-done.returncode)}")
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        unable = done.returncode == UNABLE or TRACEBACK in lines
        raise (UnableError if unable else InputError)(f"{record.rule} fails: {lines[-1]}")


def _signal(number: int) -> str:
    """Return what a signal is called, and what may have sent it."""
    hint = ", as where memory runs out" if number == signal.SIGKILL else ""
    return f"{signal.strsignal(number)}{hint}"
