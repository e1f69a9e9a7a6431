"""The Makefile and the set-up of .venv, on machines of any kind; a stub stands for Python."""

import os
import shutil
import subprocess
import sys

import pytest

from tree import ROOT

# It says that packages are there, and else prints what it is told and some of its environment.
STUB = """#!/bin/sh
test "$1" != -I || exec echo True
printf '%s\\0' "$@" "$PYTHONPATH:$PYTHONHOME:$PYTHONSAFEPATH:$PYTHONUTF8:$MPLBACKEND"
"""
# A name that would run something, were it read by make, by a shell, or between quotes of a shell.
NAME = "-x`touch P` $(touch P)$(shell touch P)${HOME}'\";touch P;#,()\\ü .zip"
TARGETS = {
    "SCALE": "plan",
    "STUDY": "reproduce",
    "DEVICE": "plan",
    "CARD": "plan",
    "PROFILE": "reproduce",
    "ARCHIVE": "verify",
    "STUDENTS": "verify",
    "SEED": "verify",
    "FIGURE": "trace",
    "WORKERS": "test",
    "CONFIRM": "publish",
    "NEW_VERSION_OF": "deposit",
}


@pytest.fixture
def tree(tmp_path):
    """A tree with the Makefile, and a .venv whose Python is the stub."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "envs").mkdir()
    for name in ("requirements.txt", "set_up.py"):
        shutil.copy(ROOT / "envs" / name, tmp_path / "envs")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").write_text(STUB)
    (tmp_path / ".venv/bin/python").chmod(0o755)
    (tmp_path / ".venv/complete").touch()
    return tmp_path


def make(tree, *arguments, **variables):
    """Run make in a tree, and not below another make."""
    usual = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "--silent", *arguments],
        cwd=tree,
        env=usual | variables,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", TARGETS)
def test_a_name_is_a_name_and_runs_nothing(tree, name):
    done = make(tree, TARGETS[name], f"{name}={NAME}")
    assert done.returncode == 0, done.stderr
    words = done.stdout.split("\0")
    assert NAME in [word.partition("=")[2] or word for word in words]
    make(tree, TARGETS[name], **{name: NAME})
    make(tree, "benchmark", f"{name}={NAME}")
    assert not (tree / "P").exists()
    done = make(tree, TARGETS[name], f"{name}=a\ntouch P")
    assert f"{name}: expected one line, found several" in done.stderr


@pytest.mark.parametrize("name", TARGETS)
def test_a_name_that_is_blank_is_refused_and_not_left_out(tree, name):
    """Make keeps no blanks of a command line; those of the environment reach the program."""
    for blank in ("", " "):
        done = make(tree, TARGETS[name], f"{name}={blank}")
        assert f"{name}: expected a value, found none; name one, or leave {name}= " in done.stderr
        assert done.stdout == ""
    words = make(tree, TARGETS[name], **{name: " "}).stdout.split("\0")
    given = [word.partition("=")[2] or word for word in words]
    # What publishes is taken from the command line alone.
    assert (" " in given) is (name not in ("CONFIRM", "NEW_VERSION_OF"))


@pytest.mark.parametrize("name", ["scale", "Scale", "SCAL", "python", "quoted"])
def test_a_name_that_is_none_of_the_makefile_is_refused(tree, name):
    done = make(tree, "plan", f"{name}={NAME}")
    assert done.returncode == 2
    assert f"{name}: expected one of PYTHON SCALE STUDY " in done.stderr
    assert done.stdout == ""
    assert not (tree / "P").exists()
    assert make(tree, "plan", **{name: NAME}).returncode == 0
    make(tree, "plan", f"given={NAME}")
    assert not (tree / "P").exists()


def test_from_elsewhere_make_tells_where_to_go(tree, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = make(elsewhere, "-f", tree / "Makefile", "watch")
    says = f"{elsewhere}: expected the root of the repository, found no envs/requirements.txt; "
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert make(elsewhere, "-C", tree, "watch").returncode == 0


def test_a_python_of_any_name_runs_nothing_else(tree):
    (tree / ".venv/complete").unlink()
    assert make(tree, "plan", f"PYTHON={NAME}").returncode == 2
    assert not (tree / "P").exists()


def test_what_is_set_for_other_pythons_does_not_hold(tree):
    set_elsewhere = {"PYTHONHOME": "/x", "PYTHONSAFEPATH": "1", "PYTHONUTF8": "0"}
    set_elsewhere |= {"PYTHONPATH": "/theirs", "MPLBACKEND": "x"}
    done = make(tree, "plan", **set_elsewhere)
    assert done.stdout.split("\0")[-2] == "workflow/scripts:workflow:::1:"


def test_an_environment_that_does_not_run_is_set_up_again(tree):
    (tree / "envs/set_up.py").write_text("print('set up')")
    os.utime(tree / "envs/set_up.py", (0, 0))
    assert "set up" not in make(tree, "plan").stdout
    (tree / ".venv/bin/python").unlink()
    (tree / ".venv/bin/python").symlink_to("gone")
    assert make(tree, "plan", f"PYTHON={sys.executable}").stdout.startswith("set up\n")


def set_up(tree, **variables):
    """Set up .venv as make does; return the Python in it, and what was printed."""
    command = [sys.executable, "envs/set_up.py"]
    done = subprocess.run(
        command, cwd=tree, env=os.environ | variables, capture_output=True, text=True
    )
    return tree / ".venv/bin/python", done.stdout + done.stderr


@pytest.mark.complete
def test_set_up_does_not_depend_on_what_is_set_for_pip(tree):
    """A .venv that is broken, in a place that pip is told not to use, and that is moved later."""
    (tree / ".venv/bin/python").unlink()
    (tree / ".venv/bin/python").symlink_to("gone")
    (tree / "envs/requirements.txt").write_text("pip\n")
    (tree / "pip.conf").write_text(
        "[global]\nuser = true\ntarget = t\nindex-url = https://example.org/simple\n"
    )
    told = {"PIP_USER": "1", "PIP_PREFIX": "p", "PIP_PYTHON": "/gone", "PIP_REQUIRE_HASHES": "1"}
    told |= {"PIP_CONFIG_FILE": str(tree / "pip.conf"), "PIP_TRUSTED_HOST": "example.org"}
    python, printed = set_up(tree, **told)
    assert (tree / ".venv/complete").exists(), printed
    asked = "import set_up; print(sorted(set_up.surroundings().items()))"
    kept = ask(python, tree, asked, **told, PYTHONPATH="envs")
    assert "('PIP_INDEX_URL', 'https://example.org/simple')" in kept
    assert "('PIP_TRUSTED_HOST', 'example.org')" in kept
    assert not any(f"'{name}'" in kept for name in ("PIP_USER", "PIP_TARGET", "PIP_PYTHON"))
    tree.rename(moved := tree.with_name("moved here"))
    pip = subprocess.run([moved / ".venv/bin/pip", "--version"], capture_output=True, text=True)
    assert str(moved) in pip.stdout, pip.stderr
    # Another package of the same name, as the modules of clusters bring along.
    (moved / "theirs/pip").mkdir(parents=True)
    (moved / "theirs/pip/__init__.py").write_text("raise ImportError")
    found = ask(moved / ".venv/bin/python", moved, "import pip; print(pip)", PYTHONPATH="theirs")
    assert str(moved / ".venv") in found


def ask(python, tree, code, **variables):
    command = [python, "-c", code]
    return subprocess.check_output(command, cwd=tree, env=os.environ | variables, text=True)


def test_a_python_without_venv_gives_one_sentence(tree):
    """As on Debian, where it is a package of its own."""
    (tree / ".venv/bin/python").unlink()
    code = (
        "import runpy, sys, importlib.util as u; find = u.find_spec; "
        "u.find_spec = lambda name: None if name == 'ensurepip' else find(name); "
        "runpy.run_path('envs/set_up.py', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 1
    assert "expected Python with venv and ensurepip, found no ensurepip" in done.stderr
    assert done.stderr.count("\n") == 1
