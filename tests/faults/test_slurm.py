"""`snakemake --profile slurm` on a real SLURM of two nodes: to the last figure, through faults."""

import itertools
import os
import re
import shutil
import signal
import subprocess

import pytest

from driver.cluster import check_requests
from processes import printed, wait_for
from small_cluster import (
    SPEED,
    TRAININGS,
    asking,
    cluster,
    control,
    copy_trainings,
    driver,
    heartbeat,
    meet,
    outcome,
    preempt,
    save,
    slurm,
    state,
    submitted,
)
from supnorm.job.programs import InputError
from tree import copy_repository, run

ON_GPUS = {"train_students", "measure_errors", "sample_errors", "compare_methods"}
ON_GPUS |= {"measure_adversary", "sample_adversary"}
# Whatever is set on the command line takes the place of all that the profile sets.
GPU = "train_students:gres=gpu:1"
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
    if not os.environ.get("CI") and not (shutil.which("sbatch") and makes_namespaces()):
        pytest.skip("SLURM is not installed here, or there is no root to make its nodes")
    with cluster() as folder:
        yield folder


def makes_namespaces():
    made = subprocess.run(["unshare", "--net", "--uts", "true"], capture_output=True)
    return made.returncode == 0


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
        assert re.search(r"CUDA_VISIBLE_DEVICES=0\b", log.read_text()), log
    for node in ("node1", "node2"):
        there = [job for rule, job in jobs if rule in ON_GPUS and job["NodeList"] == node]
        assert "train_students" in {rule for rule, job in jobs if job in there}
        there.sort(key=lambda job: job["StartTime"])
        for before, after in itertools.pairwise(there):
            assert before["EndTime"] <= after["StartTime"], (before, after)


def test_every_training_meets_a_fault(cluster, undisturbed, tmp_path):
    tree = copy_trainings(tmp_path / "tree")

    def save_and_cancel(training):
        save(tree, CANCELLED)
        slurm("scancel", training["slurm_job"])

    def requeue(training):
        slurm("scontrol", "requeue", training["slurm_job"])
        control("restart", cluster)

    def hang(training):
        os.kill(training["pid"], signal.SIGSTOP)
        slurm("scontrol", "update", f"jobid={training['slurm_job']}", "timelimit=1")

    too_little = "wildcards.samples == '20' and wildcards.batch_rule == 'hundred'"
    memory = f"train_students:mem_mb=attempt * (300 if {too_little} else 1000)"
    with driver(tree, TRAININGS, "--set-resources", GPU, memory) as process:
        meet(tree, {CANCELLED: save_and_cancel, REQUEUED: requeue, HUNG: hang})
    assert process.returncode == 0, printed(tree)
    assert outcome(tree) == undisturbed

    for shard in (CANCELLED, REQUEUED, HUNG):
        assert heartbeat(tree, shard)["resumed"] > 0
        log = tree.results / f"logs/train_students/random/{shard}.log"
        assert "resumed after epoch" in log.read_text()
    histories = histories_of(tree)
    states = {shard: [job["JobState"] for job in history] for shard, history in histories.items()}
    assert states == {
        CANCELLED: ["CANCELLED", "COMPLETED"],
        REQUEUED: ["COMPLETED"],
        HUNG: ["TIMEOUT", "COMPLETED"],
        SWOLLEN: ["FAILED", "COMPLETED"],
    }
    assert [job["Restarts"] for job in histories[REQUEUED]] == ["1"]
    assert [job["MinMemoryNode"] for job in histories[SWOLLEN]] == ["300M", "600M"]


def histories_of(tree):
    """Return, of each training, the jobs that were submitted for it, in their order."""
    jobs = [job for rule, job in submitted(tree) if rule == "train_students"]
    jobs.sort(key=lambda job: int(job["JobId"]))
    # The executor writes the values of wildcards alone.
    names = {shard: re.sub("_[mLw]", "_", shard.removeprefix("d")) for shard in SHARDS}
    return {shard: [job for job in jobs if names[shard] in job["Comment"]] for shard in SHARDS}


def test_nodes_fail_partitions_are_drained_and_jobs_preempted(cluster, undisturbed, tmp_path):
    tree = copy_trainings(tmp_path / "tree")
    lost, spare, urged, last = SHARDS
    failed = []

    def fail(training):
        save(tree, lost)
        control("fail", cluster, training["host"])
        failed.append(training["host"])

    def take_the_gpu(training):
        preempt(training["host"])

    def drain(_):
        slurm("scontrol", "update", "partitionname=main", "state=drain")

    is_spare = "wildcards.samples == '10' and wildcards.batch_rule == 'hundred'"
    partition = f"train_students:slurm_partition='spare' if {is_spare} else 'main'"
    with driver(tree, TRAININGS, "--set-resources", GPU, partition) as process:
        meet(tree, {lost: fail, spare: take_the_gpu, urged: take_the_gpu, last: drain})
        wait_for(lambda: "down" in slurm("sinfo", "--nodes", *failed), f"{failed} to be down", 60)
        control("mend", cluster, *failed)
    # What was in the queue has run, and what comes after the trainings could not be submitted.
    assert process.returncode == 1, printed(tree)
    histories = histories_of(tree)
    assert [(len(jobs), jobs[0]["Restarts"]) for jobs in histories.values()] == [
        *[(1, "1")] * 3,
        (1, "0"),
    ]
    assert histories[spare][0]["Partition"] == "spare"
    assert heartbeat(tree, lost)["resumed"] > 0

    with driver(tree, TRAININGS) as process:
        pass
    assert process.returncode == 1
    assert printed(tree).splitlines()[-1].startswith("slurm/config.yaml: SLURM refuses ")
    assert "partition not available (inactive or drain)" in printed(tree).splitlines()[-1]
    slurm("scontrol", "update", "partitionname=main", "state=up")
    with driver(tree, TRAININGS) as process:
        pass
    assert process.returncode == 0, printed(tree)
    assert outcome(tree) == undisturbed


def test_a_run_outlasts_its_driver(cluster, undisturbed, tmp_path):
    tree = copy_trainings(tmp_path / "tree")
    with driver(tree, TRAININGS) as killed:
        meet(tree, {CANCELLED: lambda _: killed.kill()})
    job = heartbeat(tree, CANCELLED)["slurm_job"]
    with driver(tree, TRAININGS) as process:
        pass
    assert process.returncode == 0, printed(tree)
    assert outcome(tree) == undisturbed
    assert heartbeat(tree, CANCELLED)["resumed"] > 0
    assert state(job) == "CANCELLED"


REFUSED = [
    ({"slurm_partition": "nowhere"}, "slurm_partition of sample_teachers is nowhere"),
    ({"slurm_partition": "theirs"}, "slurm_partition of sample_teachers is theirs"),
    ({"slurm_partition": "short"}, "runtime of sample_teachers is 30"),
    ({"constraint": "a100"}, "constraint of sample_teachers is a100"),
    ({"gres": "gpu:2"}, "gres of sample_teachers is gpu:2"),
    ({"mem_mb": 100000000}, "mem_mb of sample_teachers is 100000000"),
]


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(("resources", "told"), REFUSED)
def test_what_slurm_refuses_is_told(resources, told):
    with pytest.raises(InputError) as refusal:
        check_requests([asking("sample_teachers", **{"mem_mb": 1000, "runtime": 30} | resources)])
    assert str(refusal.value).startswith(f"slurm/config.yaml: {told}, which SLURM refuses with ")


@pytest.mark.usefixtures("cluster")
def test_what_slurm_refuses_is_told_before_anything_is_submitted(tmp_path):
    tree = copy_repository(tmp_path / "tree")
    setting = "sample_teachers:constraint=a100"
    done = run(tree.command("--profile", "slurm", "--set-resources", setting), tree.path)
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith("slurm/config.yaml: constraint of sample_teachers is a100"), done.stdout
    assert submitted(tree) == []
