"""Processes at work in a tree, and waiting for what they do."""

import subprocess
import sys
import time

import psutil

from tree import clean_environment


def reproduce(tree, *arguments):
    """Start a run; what it prints goes to driver.log in the tree."""
    with (tree.path / "driver.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "driver.reproduce", "--scale", "smoke", *arguments],
            cwd=tree.path,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def printed(tree):
    """Return what the runs of a tree have printed."""
    return (tree.path / "driver.log").read_text()


def in_tree(tree, word=""):
    """Return the processes at work in a tree whose command line has a word."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        command = " ".join(process.info["cmdline"] or [])
        if process.info["cwd"] == str(tree.path) and word in command:
            found.append(process)
    return found


def wait_for(condition, what, seconds=180):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
