"""`snakemake --profile slurm` on a real one-node SLURM, to the last figure."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from tree import copy_repository, digests, run

CLUSTER = Path(__file__).parents[1] / "slurm/cluster.sh"
CELLS = 8

pytestmark = pytest.mark.slurm


@pytest.fixture
def cluster(monkeypatch):
    """Start SLURM on this machine and point its commands there; skip where it is not installed.

    In CI it must run: what is missing is installed, and a failure to start fails the test.
    """
    if not os.environ.get("CI") and not (shutil.which("sbatch") and os.geteuid() == 0):
        pytest.skip("SLURM is not installed here, or there is no root to start it")
    # Not below pytest's folders, which are closed to others: munge wants its socket in reach.
    folder = tempfile.mkdtemp(prefix="slurm")
    started = subprocess.run(
        [CLUSTER, "start", folder], text=True, capture_output=True, stdin=subprocess.DEVNULL
    )
    assert started.returncode == 0, started.stderr
    for name, value in re.findall(r'^export (\w+)=(\S+?)(?::"\$PATH")?$', started.stdout, re.M):
        both = f"{value}:{os.environ['PATH']}" if name == "PATH" else value
        monkeypatch.setenv(name, both)
    yield
    subprocess.run([CLUSTER, "stop", folder], check=True)
    shutil.rmtree(folder)


def finished_jobs():
    """Return what SLURM says of every job, by the name of its rule."""
    listed = subprocess.run(
        ["scontrol", "--oneliner", "show", "jobs"], text=True, capture_output=True, check=True
    )
    jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in listed.stdout.splitlines()]
    return [(re.sub("^rule_|_wildcards.*", "", job["Comment"]), job) for job in jobs]


ON_GPUS = {"train_students", "measure_errors", "measure_adversary", "compare_methods"}


def test_the_profile_runs_the_chain_on_a_cluster(cluster, finished, tmp_path):
    tree = copy_repository(tmp_path / "tree")
    command = tree.command("--profile", "slurm", "--latency-wait", 10)
    done = run(command, tree.path)
    assert done.returncode == 0, done.stdout
    assert digests(tree.results) == digests(finished.results)

    jobs = finished_jobs()
    assert {job["JobState"] for _, job in jobs} == {"COMPLETED"}
    rules = [rule for rule, _ in jobs]
    assert rules.count("train_students") == CELLS + 1
    assert rules.count("plot_rates") == 1
    for rule, job in jobs:
        gpus = re.findall(r"\bgpu[=:](\d+)", job.get("TresPerNode", ""))
        assert gpus == (["1"] if rule in ON_GPUS else []), rule
    logs = list(tree.results.glob("logs/train_students/random/*.log"))
    assert len(logs) == CELLS
    for log in logs:
        assert re.search(r"CUDA_VISIBLE_DEVICES=[01]\b", log.read_text()), log
