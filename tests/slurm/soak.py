"""Soak: whole smoke runs through a real SLURM, with random kills, against an undisturbed run.

    python tests/slurm/soak.py --runs 20

Starts SLURM on this machine (as root) and prints a line a run. A driver that was killed, or whose
jobs failed too often, is started again, as a user would do. Ends with 1 if results of a run differ.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

from small_cluster import cluster, control, outcome, slurm, start
from tree import copy_repository

COMMANDS = {"scancel": ["scancel"], "requeue": ["scontrol", "requeue"]}
FAULTS = (*COMMANDS, "kill", "restart", "driver")
STARTS = 20
LONGER = {
    "fifth: {divisor: 5, epochs: 20}": "fifth: {divisor: 5, epochs: 60000}",
    "hundred: {at_most: 100, epochs: 10}": "hundred: {at_most: 100, epochs: 30000}",
    "flops_per_job: 1.5e+6": "flops_per_job: 4.5e+9",
}


def main(argv: list[str]) -> int:
    """Run and compare; return 1 if a run ended otherwise than the undisturbed one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of what happens when (default: 1)")
    parser.add_argument("--pause", type=float, default=20, help="mean seconds between two faults")
    parser.add_argument("--faults", type=int, default=8, help="at most so many a run")
    a = parser.parse_args(argv)
    sys.stdout.reconfigure(line_buffering=True)
    scratch = Path(tempfile.mkdtemp(prefix="soak"))
    calm = copy_longer(scratch / "calm")
    calm.snakemake("--cores", os.cpu_count())
    expected, different = outcome(calm), 0
    with cluster() as folder:
        for number in range(1, a.runs + 1):
            tree, begun = copy_longer(scratch / f"run{number}"), time.monotonic()
            pauses = random.Random(f"{a.seed} {number}")
            starts, faults = disturb(tree, folder, pauses, a.pause, a.faults)
            found = outcome(tree)
            wrong = sorted(k for k in found | expected if found.get(k) != expected.get(k))
            met = ", ".join(f"{count} {fault}" for fault, count in sorted(faults.items()))
            logs = tree.results.glob("logs/train_students/*/*.log")
            resumed = sum("resumed after" in log.read_text() for log in logs)
            print(
                f"run {number}: {'DIFFERENT' if wrong else 'identical'}, "
                f"{time.monotonic() - begun:.0f} s, {starts} starts, {met or 'no fault'}; "
                f"{resumed} trainings resumed"
            )
            if wrong:
                different += 1
                print(f"  in {tree.path}: {', '.join(wrong)}")
            else:
                shutil.rmtree(tree.path)
    print(f"{a.runs - different} of {a.runs} runs ended identical to an undisturbed one")
    if not different:
        shutil.rmtree(scratch)
    return int(different > 0)


def copy_longer(target):
    """Copy the repository, its trainings made long enough to be hit in their midst."""
    tree = copy_repository(target)
    for old, new in LONGER.items():
        tree.edit("config.yaml", old, new)
    return tree


def disturb(tree, folder, chance, pause, most):
    """Run the workflow to its end, through faults; return how often it was started, and the faults.

    Gives up after STARTS starts: what is then missing shows in the results.
    """
    faults, starts = Counter(), 0
    while starts < STARTS:
        process, starts = start(tree), starts + 1
        while process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.expovariate(1 / pause) if faults.total() < most else None)
                break
            fault = chance.choice(FAULTS)
            faults[fault] += inflict(fault, tree, folder, process, chance)
        if process.returncode == 0:
            break
    return starts, faults


def inflict(fault, tree, folder, driver, chance):
    """Do harm to a run; return whether there was anything to harm."""
    if fault == "driver":
        driver.kill()
    elif fault == "restart":
        control("restart", folder)
    elif fault == "kill":
        victims = programs(tree)
        with suppress(psutil.NoSuchProcess, IndexError):
            chance.choice(victims).kill()
            return True
        return False
    else:
        jobs = slurm("squeue", "--noheader", "--states=running", "--format=%i").split()
        # What has ended meanwhile is no longer there to be harmed.
        with suppress(AssertionError, IndexError):
            slurm(*COMMANDS[fault], chance.choice(jobs))
            return True
        return False
    return True


def programs(tree):
    """Return the processes of programs at work in a tree."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        command = process.info["cmdline"] or []
        if process.info["cwd"] == str(tree.path) and "workflow/scripts/" in "".join(command[1:2]):
            found.append(process)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
