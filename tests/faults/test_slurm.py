"""`snakemake --profile slurm` on a real SLURM of one node: to the last figure, through failures."""

import os
import re
import shutil
import signal
import time

import pytest

from small_cluster import (
    SPEED,
    TRAININGS,
    checkpoint,
    cluster,
    control,
    copy_trainings,
    driver,
    heartbeat,
    meet,
    outcome,
    printed,
    slurm,
    submitted,
    wait_for,
)
from tree import copy_repository, run

ON_GPUS = {"train_students", "measure_errors", "sample_errors", "compare_methods"}
ON_GPUS |= {"measure_adversary", "sample_adversary"}
CANCELLED, REQUEUED, HUNG, SWOLLEN = SHARDS = [
    f"d1_m{samples}_L5_w8_{rule}_1of1" for samples in (10, 20) for rule in ("fifth", "hundred")
]

# Of one study that trains on GPUs, and of one that does not: all other jobs are like these.
ENDS = ("uniform/tables/claims.parquet", "uniform/figures/rates.png")
ENDS += ("parity/tables/training.parquet",)

pytestmark = pytest.mark.slurm


@pytest.fixture(scope="module", name="cluster")
def started_cluster():
    """Start SLURM on this machine and point its commands there; skip where it is not installed.

    In CI it must run: what is missing is installed, and a failure to start fails the test.
    """
    if not os.environ.get("CI") and not (shutil.which("sbatch") and os.geteuid() == 0):
        pytest.skip("SLURM is not installed here, or there is no root to start it")
    with cluster() as folder:
        yield folder


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What the trainings give when nothing happens to them, without SLURM."""
    tree = copy_trainings(tmp_path_factory.mktemp("undisturbed"))
    tree.snakemake("--cores", 2, TRAININGS)
    return outcome(tree)


def test_the_profile_runs_the_chain_on_a_cluster(cluster, finished, tmp_path):
    tree = copy_repository(tmp_path / "tree")
    ends = [f"results/smoke/{end}" for end in ENDS]
    done = run(tree.command("--profile", "slurm", *SPEED, *ends), tree.path)
    assert done.returncode == 0, done.stdout
    made, wanted = outcome(tree), outcome(finished)
    assert made == {path: wanted[path] for path in made}
    assert made.keys() > set(ENDS)
    trained = {path for path in wanted if "/students/" in path}
    assert {path for path in trained if path.endswith(".safetensors")} <= made.keys()

    jobs = submitted(tree)
    assert {job["JobState"] for _, job in jobs} == {"COMPLETED"}
    for rule, job in jobs:
        gpus = re.findall(r"\bgpu[=:](\d+)", job.get("TresPerNode", ""))
        assert gpus == (["1"] if rule in ON_GPUS else []), rule
    logs = list(tree.results.glob("logs/train_students/*/*.log"))
    assert len(logs) == [rule for rule, _ in jobs].count("train_students") > 1
    for log in logs:
        assert re.search(r"CUDA_VISIBLE_DEVICES=[01]\b", log.read_text()), log


def test_every_training_meets_a_fault(cluster, undisturbed, tmp_path):
    tree = copy_trainings(tmp_path / "tree")

    def save_and_cancel(training):
        slurm("scancel", "--signal=USR1", training["slurm_job"])
        wait_for(checkpoint(tree, CANCELLED).is_file, "a checkpoint", 20)
        assert heartbeat(tree, CANCELLED)["state"] == "running"
        slurm("scancel", training["slurm_job"])

    def requeue(training):
        slurm("scontrol", "requeue", training["slurm_job"])
        control("restart", cluster)

    def hang(training):
        os.kill(training["pid"], signal.SIGSTOP)
        slurm("scontrol", "update", f"jobid={training['slurm_job']}", "timelimit=1")

    too_little = "wildcards.samples == '20' and wildcards.batch_rule == 'hundred'"
    memory = f"train_students:mem_mb=attempt * (300 if {too_little} else 1000)"
    with driver(tree, TRAININGS, "--set-resources", memory) as process:
        meet(tree, {CANCELLED: save_and_cancel, REQUEUED: requeue, HUNG: hang})
    assert process.returncode == 0, printed(tree)
    assert outcome(tree) == undisturbed

    for shard in (CANCELLED, REQUEUED, HUNG):
        assert heartbeat(tree, shard)["resumed"] > 0
        log = tree.results / f"logs/train_students/random/{shard}.log"
        assert "resumed after epoch" in log.read_text()
    jobs = [job for rule, job in submitted(tree) if rule == "train_students"]
    jobs.sort(key=lambda job: int(job["JobId"]))
    histories = {
        shard: [job for job in jobs if name_in_comment(shard) in job["Comment"]] for shard in SHARDS
    }
    states = {shard: [job["JobState"] for job in history] for shard, history in histories.items()}
    assert states == {
        CANCELLED: ["CANCELLED", "COMPLETED"],
        REQUEUED: ["COMPLETED"],
        HUNG: ["TIMEOUT", "COMPLETED"],
        SWOLLEN: ["FAILED", "COMPLETED"],
    }
    assert [job["Restarts"] for job in histories[REQUEUED]] == ["1"]
    assert [job["MinMemoryNode"] for job in histories[SWOLLEN]] == ["300M", "600M"]


def name_in_comment(shard):
    """Return how the executor writes a shard: its wildcards' values."""
    return re.sub("_[mLw]", "_", shard.removeprefix("d"))


def test_the_driver_is_killed_and_started_again(cluster, undisturbed, tmp_path):
    tree = copy_trainings(tmp_path / "tree")
    with driver(tree, TRAININGS) as killed:
        meet(tree, {CANCELLED: lambda _: killed.kill()})
    job = heartbeat(tree, CANCELLED)["slurm_job"]
    with driver(tree, TRAININGS) as process:
        pass
    assert process.returncode == 0, printed(tree)
    assert outcome(tree) == undisturbed
    assert heartbeat(tree, CANCELLED)["resumed"] > 0
    states = {job["JobId"]: job["JobState"] for _, job in submitted(tree)}
    assert states[job] == "CANCELLED"


@pytest.mark.parametrize(
    ("resources", "told"),
    [
        (["slurm_partition=nowhere"], "slurm_partition of sample_teachers is nowhere"),
        (["slurm_partition=theirs"], "slurm_partition of sample_teachers is theirs"),
        (["slurm_partition=short"], "runtime of sample_teachers is 30"),
        (["constraint=a100"], "constraint of sample_teachers is a100"),
        (["gres=gpu:3"], "gres of sample_teachers is gpu:3"),
        (["mem_mb=100000000"], "mem_mb of sample_teachers is 100000000"),
    ],
)
def test_what_slurm_refuses_is_told_before_anything_is_submitted(
    cluster, tmp_path, resources, told
):
    tree = copy_repository(tmp_path / "tree")
    settings = [f"sample_teachers:{resource}" for resource in [*resources, "runtime=30"]]
    command = tree.command("--profile", "slurm", "--set-resources", *settings)
    done = run(command, tree.path)
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"slurm/config.yaml: {told}, which SLURM refuses with "), done.stdout
    assert submitted(tree) == []


def test_a_run_outlasts_a_controller_that_is_away(cluster, undisturbed, tmp_path):
    tree = copy_trainings(tmp_path / "tree")
    with driver(tree, TRAININGS) as process:
        meet(tree, {CANCELLED: lambda _: control("pause", cluster)})
        time.sleep(50)
        control("restart", cluster)
    assert process.returncode == 0, printed(tree)
    assert outcome(tree) == undisturbed
