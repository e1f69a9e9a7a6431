"""A real SLURM of two nodes on this machine, runs on it, and what happens to them."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from processes import reproduce, wait_for
from tree import copy_repository, digests

CONTROL = Path(__file__).parents[1] / "slurm/cluster.sh"
SPEED = ("--latency-wait", "10", "--slurm-init-seconds-before-status-checks", "1")
# Long enough to be hit, and no more of the chain than they need.
TRAININGS = "results/smoke/uniform/tables/curves.parquet"
EDITS = {
    "    teacher: {count: 2}": "    teacher: {count: 2, dims: [1]}",
    "fifth: {divisor: 5, epochs: 20}": "fifth: {divisor: 5, epochs: EPOCHS}",
    "hundred: {at_most: 100, epochs: 10}": "hundred: {at_most: 100, epochs: EPOCHS}",
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


def control(order, folder, *node):
    done = subprocess.run(
        [CONTROL, order, folder, *node], text=True, capture_output=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def slurm(*command):
    """Run a command of SLURM to its end; return what it printed."""
    done = subprocess.run(list(map(str, command)), text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def state(job):
    return slurm("squeue", "--noheader", "--states=all", "--format=%T", "--jobs", job).strip()


def preempt(node):
    """Have a more urgent job take the GPU of a node from the job that has it."""
    resources = ("--partition=urgent", f"--nodelist={node}", "--gres=gpu:1", "--mem=100")
    slurm("sbatch", *resources, "--output=/dev/null", "--wrap=true")


def asking(rule, local=False, **resources):
    """Return what stands for a job of Snakemake where SLURM is asked whether it would take it."""
    return SimpleNamespace(
        rule=SimpleNamespace(name=rule), threads=2, resources=resources, is_local=local
    )


def submitted(tree):
    """Return what SLURM says of every job that was submitted in a tree, and its rule."""
    listed = slurm("scontrol", "--oneliner", "show", "jobs").splitlines()
    jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in listed]
    return [
        (re.sub("^rule_|_wildcards.*", "", job["Comment"]), job)
        for job in jobs
        if job.get("WorkDir") == str(tree.path)
    ]


def copy_trainings(target, epochs=150000):
    """Copy the repository, its smoke scale changed to four trainings, of some ten seconds each."""
    tree = copy_repository(target)
    for old, new in EDITS.items():
        tree.edit("config.yaml", old, new.replace("EPOCHS", str(epochs)))
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


def save(tree, shard):
    """Have a training save its state, and go on."""
    path = tree.results / f"checkpoints/random/{shard}.safetensors"
    slurm("scancel", "--signal=USR1", heartbeat(tree, shard)["slurm_job"])
    wait_for(path.is_file, "a checkpoint", 20)
    assert heartbeat(tree, shard)["state"] == "running"


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


def start(tree, *arguments):
    """Start a run on the cluster."""
    return reproduce(tree, "--profile", "slurm", *SPEED, *arguments)


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
