"""Set up .venv with the packages of requirements.txt, whatever is set elsewhere for pip or Python.

Run by `make` in the root of the repository, by the Python that .venv is to have. A .venv that does
not run, as when its Python is gone, is made anew.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

VENV = Path(".venv")
PYTHON = VENV / "bin/python"
PINS = Path(__file__).with_name("requirements.txt")
# Of what pip is told by variables and files, all that holds here: where packages are to be had.
NETWORK = {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_PROXY"}
NETWORK |= {"PIP_TRUSTED_HOST", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_KEYRING_PROVIDER"}
NETWORK |= {"PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES", "PIP_CACHE_DIR"}
# Prints what pip's files say: keys with values, which its later versions list by file.
ASKING = """
import json
from pip._internal.configuration import Configuration
def pairs(told):
    for key, value in told.items():
        yield from pairs(value) if isinstance(value, dict) else [(key, value)]
told = Configuration(isolated=False)
told.load()
print(json.dumps(list(pairs(dict(told.items())))))
"""
# Read by a shell and by Python: a script runs by the Python beside it, wherever that was moved.
LAUNCH = b"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/python" "$0" "$@"
' '''
"""
# Packages come before what PYTHONPATH names, as the modules of clusters do.
FIRST = (
    "import os, sys; sys.path.sort(key=[os.path.abspath(path) for path in "
    "os.environ.get('PYTHONPATH', '').split(os.pathsep)].__contains__)\n"
)


def main() -> None:
    """Make .venv where there is none that runs, and install what is pinned."""
    if not runs():
        create()
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run([*pip, "--requirement", PINS], env=surroundings())
    if done.returncode:
        sys.exit(done.returncode)
    for packages in VENV.glob("lib/python3*/site-packages"):
        (packages / "packages_first.pth").write_text(FIRST)
    for script in (VENV / "bin").iterdir():
        if script.is_file() and not script.is_symlink():
            stay_with_python(script)
    (VENV / "complete").touch()


def runs() -> bool:
    """Return whether .venv has a Python that runs, and pip."""
    try:
        done = subprocess.run([PYTHON, "-c", "import pip"], capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def create() -> None:
    """Make .venv, in place of what is there."""
    lacking = [name for name in ("venv", "ensurepip") if not importlib.util.find_spec(name)]
    if lacking:
        sys.exit(
            f"{sys.executable}: expected Python with venv and ensurepip, found no "
            f"{' and no '.join(lacking)}; install what has it (on Debian python3-venv), or name "
            "another Python by PYTHON=..."
        )
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV])
    if done.returncode:
        sys.exit(f"{VENV}: expected an environment, found that {sys.executable} cannot make it")


def surroundings() -> dict[str, str]:
    """Return the environment for pip: of its settings, only where packages are to be had."""
    # `pip config list` would list the files that a setting for `pip install` means to it.
    asked = subprocess.run([PYTHON, "-c", ASKING], stdout=subprocess.PIPE, text=True).stdout
    told = {}
    for section in ("global", "install"):
        for key, value in json.loads(asked or "{}"):
            of, _, name = key.partition(".")
            if of == section and variable(name) in NETWORK:
                told[variable(name)] = value
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PIP_") or name in NETWORK
    }
    return told | kept | {"PIP_CONFIG_FILE": os.devnull}


def variable(name: str) -> str:
    """Return the variable that gives pip a setting."""
    return f"PIP_{name.upper().replace('-', '_')}"


def stay_with_python(script: Path) -> None:
    """Have a script of Python run by the Python beside it; leave others as they are."""
    first, _, rest = script.read_bytes().partition(b"\n")
    if first == b"#!/bin/sh" and rest.startswith(b"'''exec' "):
        rest = rest.partition(b"\n' '''\n")[2]
    elif not (first.startswith(b"#!") and b"python" in first):
        return
    script.write_bytes(LAUNCH + rest)


if __name__ == "__main__":
    main()
