"""In what environment programs run: what users set for other programs does not reach ours.

Imported by the Snakefile, so it must stay cheap.
"""

import locale
import os
import sys
from collections.abc import Mapping

# What users, and modules of a cluster, set for Python, for every shell, for compiled code, and for
# how figures are dated, drawn and lettered.
OTHERS = ("PYTHON", "BASH_ENV", "NUMBA_", "SOURCE_DATE_EPOCH", "MPLBACKEND", "MATPLOTLIBRC")
OTHERS += ("FREETYPE_PROPERTIES",)
# Where compiled code is kept is for the user to say.
KEPT = "NUMBA_CACHE_DIR"
OURS = {
    "PYTHONUTF8": "1",
    "PYTHONNOUSERSITE": "1",
    "MPLBACKEND": "agg",
    "MATPLOTLIBRC": os.devnull,
}


def surroundings(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of our programs, made from a user's."""
    kept = {
        name: value for name, value in given.items() if name == KEPT or not name.startswith(OTHERS)
    }
    return kept | OURS


def speak_utf8() -> None:
    """Start this process again where Python takes text to be in another encoding than UTF-8."""
    told = sys.flags.utf8_mode or sys.flags.ignore_environment
    if not told and locale.getencoding().upper().replace("-", "") != "UTF8":
        command = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, command, os.environ | {"PYTHONUTF8": "1"})
