"""A real SLURM of one node on this machine, runs on it, and what happens to them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from tree import copy_repository, digests

CONTROL = Path(__file__).parents[1] / "slurm/cluster.sh"
SPEED = ("--latency-wait", "10", "--slurm-init-seconds-before-status-checks", "1")
# Long enough to be hit, and no more of the chain than they need.
TRAININGS = "results/smoke/uniform/tables/curves.parquet"
EDITS = {
    "    teacher: {count: 2}": "    teacher: {count: 2, dims: [1]}",
    "fifth: {divisor: 5, epochs: 20}": "fifth: {divisor: 5, epochs: 150000}",
    "hundred: {at_most: 100, epochs: 10}": "hundred: {at_most: 100, epochs: 150000}",
    "flops_per_job: 1.5e+6": "flops_per_job: 1.0e+15",
}


@contextmanager
def cluster():
    """Run SLURM while a block runs, its commands on PATH; yield its folder."""
    # Not below pytest's folders, which are closed to others: munge wants its socket in reach.
    folder = tempfile.mkdtemp(prefix="slurm")
    before = dict(os.environ)
    try:
        for name, value in re.findall(
            r'^export (\w+)=(\S+?)(?::"\$PATH")?$', control("start", folder), re.M
        ):
            os.environ[name] = f"{value}:{before['PATH']}" if name == "PATH" else value
        yield folder
    finally:
        control("stop", folder)
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder)


def control(order, folder):
    done = subprocess.run(
        [CONTROL, order, folder], text=True, capture_output=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def slurm(*command):
    """Run a command of SLURM to its end; return what it printed."""
    done = subprocess.run(list(map(str, command)), text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def submitted(tree):
    """Return what SLURM says of every job that was submitted in a tree, and its rule."""
    listed = slurm("scontrol", "--oneliner", "show", "jobs").splitlines()
    jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in listed]
    return [
        (re.sub("^rule_|_wildcards.*", "", job["Comment"]), job)
        for job in jobs
        if job.get("WorkDir") == str(tree.path)
    ]


def copy_trainings(target):
    """Copy the repository, its smoke scale changed to four trainings of some ten seconds."""
    tree = copy_repository(target)
    for old, new in EDITS.items():
        tree.edit("config.yaml", old, new)
    return tree


def outcome(tree):
    """Return the digests of all results but what tells of the run itself."""
    return {k: v for k, v in digests(tree.whole).items() if "logs" not in Path(k).parts}


def heartbeat(tree, shard):
    """Return what a training last told of itself; nothing before it does."""
    try:
        path = tree.results / f"logs/train_students/random/{shard}.json"
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}


def checkpoint(tree, shard):
    return tree.results / f"checkpoints/random/{shard}.safetensors"


def under_way(tree, shard):
    """Return whether a training is at work and has done some epochs."""
    told = heartbeat(tree, shard)
    return told.get("state") == "running" and told.get("epoch", 0) > 0


def meet(tree, faults):
    """Do to each training what is meant for it, given what it tells of itself, once it trains."""
    pending = dict(faults)
    while pending:
        wait_for(lambda: any(under_way(tree, shard) for shard in pending), f"{[*pending]} to train")
        for shard in [shard for shard in pending if under_way(tree, shard)]:
            pending.pop(shard)(heartbeat(tree, shard))


def wait_for(condition, what, seconds=180):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)


def start(tree, *arguments):
    """Start a run on the cluster; what it prints goes to driver.log in the tree."""
    command = [sys.executable, "-m", "driver.reproduce", "--profile", "slurm", "--scale", "smoke"]
    with (tree.path / "driver.log").open("a") as log:
        return subprocess.Popen(
            [*command, *SPEED, *arguments],
            cwd=tree.path,
            env={k: v for k, v in os.environ.items() if not k.startswith("SNAKEMAKE")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


@contextmanager
def driver(tree, *arguments):
    """Have a driver run beside a block, and wait for its end; interrupt it if the block fails."""
    process = start(tree, *arguments)
    try:
        yield process
    except BaseException:
        process.send_signal(signal.SIGINT)
        raise
    finally:
        process.wait(timeout=600)


def printed(tree):
    return (tree.path / "driver.log").read_text()
