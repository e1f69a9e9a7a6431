"""What is asked of SLURM before a run is submitted; a script stands for sbatch and sinfo."""

import asyncio

import pytest
import snakemake_executor_plugin_slurm
import yaml

from driver import cluster
from small_cluster import asking
from supnorm.job.programs import InputError
from tree import ROOT

# Knows the account physics, nodes of 64 GB, and a partition gpu that SLURM does not enforce.
SBATCH = """#!/bin/bash
echo "$*" >> "${0%/*}/asked"
for option; do
    case $option in
        --account=physics) known=1 ;;
        --mem=*) (( ${option#*=} <= 64000 )) || problem="Memory is too large" ;;
        --constraint=*) problem="Invalid feature specification" ;;
    esac
done
[[ $known ]] || problem="Invalid account"
[[ ! $problem ]] || { echo "sbatch: error: $problem" >&2; exit 1; }
"""
SINFO = """#!/bin/bash
[[ "$*" == *--partition=gpu* ]] && echo "gpu 2-01:30:00" || echo "cpu* infinite"
"""


@pytest.fixture(autouse=True)
def asked(tmp_path, monkeypatch):
    """Stand for SLURM; return a function that lists what sbatch was asked."""
    for name, script in {"sbatch": SBATCH, "sinfo": SINFO}.items():
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return lambda: (tmp_path / "asked").read_text().splitlines()


def job(rule, **resources):
    return asking(rule, **{"slurm_account": "physics", "mem_mb": 1000, "runtime": 10} | resources)


def test_jobs_that_differ_in_size_are_asked_for_once_or_twice(asked):
    gpu = {"gres": "gpu:1", "slurm_extra": "--signal=USR1@120 --exclusive"}
    jobs = [job("plot", mem_mb=500 + k) for k in range(50)]
    jobs += [job("train", mem_mb=9000 - k, runtime=100 + k, **gpu) for k in range(50)]
    cluster.check_requests([*jobs, job("resolve", local=True, constraint="none")])
    first, second, third = asked()
    assert "--mem=549 " in first
    assert "gres" not in first
    assert "--mem=9000 --time=100 --gres=gpu:1" in second
    assert "--mem=8951 --time=149 --gres=gpu:1" in third
    assert "--cpus-per-task=2" in third
    assert "--signal=USR1@120 --exclusive" in third
    assert all("--test-only" in line for line in asked())


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        (
            {"constraint": "a100"},
            "constraint of train is a100, which SLURM refuses with mem_mb=1000, runtime=10, "
            "slurm_account=physics: Invalid feature specification",
        ),
        (
            {"mem_mb": 70000},
            "mem_mb of train is 70000, which SLURM refuses with runtime=10, "
            "slurm_account=physics: Memory is too large",
        ),
        (
            {"slurm_account": ""},
            "SLURM refuses train with mem_mb=1000, runtime=10: Invalid account",
        ),
        (
            {"slurm_partition": "gpu", "runtime": 2971},
            "runtime of train is 2971, which SLURM refuses with mem_mb=1000, "
            "slurm_account=physics, slurm_partition=gpu: the partition's limit is 2970 minutes",
        ),
    ],
)
def test_a_refusal_is_one_sentence_that_names_the_key(resources, sentence):
    with pytest.raises(InputError) as told:
        cluster.check_requests([job("train", **resources)])
    assert str(told.value) == f"slurm/config.yaml: {sentence}"


@pytest.mark.parametrize(
    "resources", [{"slurm_partition": "gpu", "runtime": 2970}, {"runtime": 9999}]
)
def test_a_job_within_the_limit_of_its_partition_is_taken(resources):
    cluster.check_requests([job("train", **resources)])


def test_a_machine_without_slurm(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(InputError, match=r"^sbatch: expected SLURM's commands on this machine"):
        cluster.check_requests([job("train")])


@pytest.fixture
def states(monkeypatch):
    """Ask for states as the executor does, given what each query tells, None where it fails."""

    def ask(*answers):
        told = iter(answers)

        async def query(command, logger):
            answer = next(told)
            return answer, None if answer is None else 0.1

        monkeypatch.setattr(snakemake_executor_plugin_slurm, "query_job_status", query)
        cluster.keep_sight_of_jobs()
        asked = snakemake_executor_plugin_slurm.query_job_status
        return [asyncio.run(asked("squeue", None))[0] for _ in answers]

    return ask


def test_a_query_that_fails_says_nothing_of_any_job(states):
    """And not that no job is left, as the executor would take it."""
    running = {"7": "RUNNING"}
    assert states(running, None, running) == [running, {}, running]


def test_a_job_that_slurm_has_forgotten_is_unknown(states):
    first, second = {"7": "RUNNING", "8": "RUNNING"}, {"8": "RUNNING"}
    assert states(first, second) == [first, {"7": "UNKNOWN", "8": "RUNNING"}]


def test_who_cancelled_a_job_is_no_part_of_its_state(states):
    assert states({"7": "CANCELLED by 1000"}) == [{"7": "CANCELLED"}]


# Queues 7 again, knows that 8 is in the queue already, and may not requeue another.
SCONTROL = """#!/bin/bash
echo "$*" >> "${0%/*}/asked"
case $2 in
    7) exit 0 ;;
    8) echo "Job is pending execution for job 8" >&2 ;;
    *) echo "Requested operation is presently disabled for job $2" >&2 ;;
esac
exit 1
"""


def test_a_preempted_job_is_queued_again_or_counts_as_cancelled(states, asked, tmp_path):
    (tmp_path / "scontrol").write_text(SCONTROL)
    (tmp_path / "scontrol").chmod(0o755)
    told = dict.fromkeys("789", "PREEMPTED")
    assert states(told) == [{"7": "PENDING", "8": "PENDING", "9": "CANCELLED"}]
    assert asked() == ["requeue 7", "requeue 8", "requeue 9"]


def test_another_version_of_the_executor_is_told(states, monkeypatch, capsys):
    states()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(cluster, "version", lambda package: "2.9.0")
    states()
    assert capsys.readouterr().err.startswith(
        "snakemake-executor-plugin-slurm is 2.9.0; expected 2.8.0: "
    )


def test_trainings_ask_for_a_signal_before_their_limit_and_one_gpu():
    profile = yaml.safe_load((ROOT / "slurm/config.yaml").read_text())
    rules = ["train_students", "measure_errors", "sample_errors", "measure_adversary"]
    rules += ["sample_adversary", "compare_methods"]
    assert list(profile["set-resources"]) == rules
    for asked in profile["set-resources"].values():
        assert asked["gres"] == "gpu:1"
        assert "--signal=USR1@120" in asked["slurm_extra"]


def test_an_executor_without_what_is_replaced_is_told_of_in_a_sentence(monkeypatch, capsys):
    monkeypatch.delattr(snakemake_executor_plugin_slurm, "query_job_status")
    monkeypatch.setattr(cluster, "version", lambda _: "9.0.0")
    cluster.keep_sight_of_jobs()
    said = capsys.readouterr().err
    assert said.startswith("snakemake-executor-plugin-slurm is 9.0.0; expected 2.8.0: ")
    assert said.count("\n") == 1
    assert not hasattr(snakemake_executor_plugin_slurm, "query_job_status")
