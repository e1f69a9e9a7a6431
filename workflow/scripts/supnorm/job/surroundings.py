"""In what environment programs run: what users set for other programs does not reach ours.

Imported by the Snakefile, so it must stay cheap.
"""

import locale
import os
import sys
from collections.abc import Mapping

# What users set for Python, and for how figures are drawn and their letters rendered.
OTHERS = ("PYTHON", "MPLBACKEND", "MATPLOTLIBRC", "FREETYPE_PROPERTIES")
OURS = {
    "PYTHONUTF8": "1",
    "PYTHONNOUSERSITE": "1",
    "MPLBACKEND": "agg",
    "MATPLOTLIBRC": os.devnull,
}


def surroundings(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of our programs, made from a user's."""
    kept = {name: value for name, value in given.items() if not name.startswith(OTHERS)}
    return kept | OURS


def speak_utf8() -> None:
    """Start this process again where Python takes text to be in another encoding than UTF-8."""
    told = sys.flags.utf8_mode or sys.flags.ignore_environment
    if not told and locale.getencoding().upper().replace("-", "") != "UTF8":
        command = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, command, os.environ | {"PYTHONUTF8": "1"})
