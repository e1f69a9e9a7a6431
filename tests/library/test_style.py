"""What users have set for themselves: no figure and no text depends on it."""

import os
import subprocess
import sys

from scales import ROOT
from supnorm.job.surroundings import surroundings

# What users have in a matplotlibrc; without LaTeX the second line would end every drawing.
HABITS = """savefig.bbox: tight
text.usetex: True
mathtext.fontset: cm
lines.linewidth: 9
pdf.compression: 0
"""
# A figure as programs draw them, in a process whose user has a font of the same name, too.
DRAWING = """
import hashlib, io
import matplotlib
from matplotlib import font_manager, pyplot as plt
from supnorm.drawing.style import use_style
theirs = matplotlib.get_data_path() + "/fonts/ttf/DejaVuSans-Bold.ttf"
manager = font_manager.fontManager
named = font_manager.FontEntry(theirs, "STIXGeneral", weight=400, size="scalable")
manager.ttflist.insert(0, named)
use_style()
figure, ax = plt.subplots()
ax.set(title="the same", xlabel="$p = 3$", yscale="log", ylim=(1, 1e6))
for kind in ("pdf", "png"):
    metadata = {"CreationDate": None} if kind == "pdf" else {}
    figure.savefig(file := io.BytesIO(), format=kind, metadata=metadata)
    print(hashlib.sha256(file.getvalue()).hexdigest())
"""


def drawn(folder, **variables):
    """Return digests of a figure drawn in a folder, with variables of the environment."""
    return subprocess.run(
        [sys.executable, "-c", DRAWING],
        cwd=folder,
        env=os.environ | variables | {"PYTHONPATH": str(ROOT / "workflow/scripts")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_a_figure_has_the_same_bytes_for_every_user(tmp_path):
    usual = drawn(tmp_path)
    (tmp_path / "matplotlibrc").write_text(HABITS)
    assert drawn(tmp_path, TZ="Asia/Tokyo", SOURCE_DATE_EPOCH="1", MPLBACKEND="svg") == usual


def test_text_is_in_utf8_whatever_the_locale_says():
    """A locale in ASCII, as those in Latin-1 are not on every machine."""
    code = "import sys; from supnorm.job import programs; programs.run(lambda _: print(sys.flags))"
    latin = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    latin |= {"PYTHONPATH": str(ROOT / "workflow/scripts")}
    command = [sys.executable, "-c", code]
    assert "utf8_mode=1" in subprocess.check_output(command, env=os.environ | latin, text=True)


def test_what_users_set_for_other_programs_does_not_reach_ours():
    others = {"PYTHONPATH": "theirs", "PYTHONSAFEPATH": "1", "PYTHONUTF8": "0", "MPLBACKEND": "x"}
    others |= {"BASH_ENV": "theirs", "NUMBA_DISABLE_JIT": "1", "SOURCE_DATE_EPOCH": "then"}
    kept = {
        "PATH": "/bin",
        "NUMBA_CACHE_DIR": "/tmp",
        "MPLCONFIGDIR": "/tmp",
        "OMP_NUM_THREADS": "3",
    }
    ours = surroundings(others | kept)
    assert kept.items() <= ours.items()
    assert ours["PYTHONUTF8"] == "1"
    assert ours["MPLBACKEND"] == "agg"
    assert not (others.keys() - {"PYTHONUTF8", "MPLBACKEND"}) & ours.keys()
