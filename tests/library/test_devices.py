"""GPUs without a GPU: which are in sight, and that each job claims its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from scales import ROOT, configuration
from supnorm.hardware import devices
from supnorm.job.programs import InputError

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
GPUS = [f"GPU-{k}{k}{k}{k}-aaaa" for k in range(3)]
LISTED = "\n".join(f"GPU {k}: NVIDIA H100 (UUID: {gpu})" for k, gpu in enumerate(GPUS))
MIG = "  MIG 1g.10gb     Device  0: (UUID: MIG-0123)"

JOB = """
import os, signal, sys
from supnorm.hardware.devices import claim_gpu
signal.alarm(30)
claim_gpu()
claim_gpu()
print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose nvidia-smi lists GPUs, and no job that has claimed one."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", f"{SCRIPTS}:{SCRIPTS.parent}")
    monkeypatch.setattr(devices.tempfile, "tempdir", None)
    monkeypatch.setattr(devices, "_claims", [])
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)

    def nvidia_smi(listed, status=0):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ntest $1 = -L || exit 9\necho '{listed}'\nexit {status}\n")
        program.chmod(0o755)

    nvidia_smi(LISTED)
    return nvidia_smi


def start_job():
    return subprocess.Popen(
        [sys.executable, "-c", JOB],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("wanted", "visible"),
    [
        (None, GPUS),
        ("0,1,2", GPUS),
        ("2, 0", [GPUS[2], GPUS[0]]),
        ("GPU-111", [GPUS[1]]),
        ("1,7,0", [GPUS[1]]),
        ("GPU-,0", []),
        ("-1", []),
        ("", []),
    ],
)
def test_the_gpus_in_sight_are_those_that_cuda_may_use(machine, monkeypatch, wanted, visible):
    machine(LISTED + "\n" + MIG)
    if wanted is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", wanted)
    assert devices.visible_gpus() == visible


def test_no_nvidia_smi_is_no_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert devices.visible_gpus() == []


def test_a_driver_that_does_not_answer_is_told(machine):
    machine("Failed to initialize NVML:\nDriver/library version mismatch", status=18)
    with pytest.raises(InputError) as caught:
        devices.visible_gpus()
    assert str(caught.value) == (
        "nvidia-smi finds no GPU: Failed to initialize NVML: Driver/library version mismatch"
    )


def test_each_job_has_its_own_gpu_and_a_kill_gives_it_back(machine):
    machine("\n".join(LISTED.splitlines()[:2]))
    first, second = start_job(), start_job()
    has = {job: job.stdout.readline().strip() for job in (first, second)}
    assert sorted(has.values()) == GPUS[:2]
    third = start_job()
    holder = {gpu: f"{gpu} is held by process {job.pid} (-c)" for job, gpu in has.items()}
    assert third.stderr.readline() == (
        "waiting, for at most 60 minutes, for one of 2 GPUs: "
        f"{holder[GPUS[0]]}, {holder[GPUS[1]]}\n"
    )
    first.kill()
    first.communicate()
    assert third.stdout.readline().strip() == has[first]
    second.communicate()
    third.communicate()


def test_nobody_waits_for_ever(machine, monkeypatch):
    machine(LISTED.splitlines()[0])
    monkeypatch.setattr(devices, "PATIENCE", 0.1)
    job = start_job()
    job.stdout.readline()
    with pytest.raises(InputError) as caught:
        devices.claim_gpu()
    assert str(caught.value) == (
        f"none of 1 GPUs was given back within 0 minutes: {GPUS[0]} is held by process {job.pid} "
        "(-c); wait until a process ends, or stop it, and run again"
    )
    job.communicate()
    devices.claim_gpu()
    assert devices._holder(Path(devices._claims[0].name)).startswith(f"process {os.getpid()} (")


def test_gpus_in_sight_have_names(machine, monkeypatch):
    machine(LISTED.replace("NVIDIA H100", "NVIDIA A100-SXM4-40GB", 1) + "\n" + MIG)
    assert devices.visible_names() == ["NVIDIA A100-SXM4-40GB", "NVIDIA H100", "NVIDIA H100"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,0")
    assert devices.visible_names() == ["NVIDIA H100", "NVIDIA A100-SXM4-40GB"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_calibration_of_the_only_gpu_does_not_wait_for_itself(machine, tmp_path):
    machine(LISTED.splitlines()[0])
    command = [sys.executable, "benchmarks/calibrate.py", "--scale", "smoke", "--device", "cuda"]
    done = subprocess.run(
        [*command, "--output", tmp_path / "calibration.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    claimed, sentence = done.stderr.splitlines()
    assert claimed == f"claimed {GPUS[0]}"
    assert sentence.startswith("calibrate: training.device is cuda, but torch finds no CUDA device")


def test_a_calibration_claims_a_gpu_when_its_programs_have_ended(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import calibrate

    steps = []

    def use_device(device):
        steps.append(device)
        raise InputError("enough")

    monkeypatch.setattr(calibrate.Calibration, "_start", lambda self: steps.append("start") or 1.0)
    monkeypatch.setattr(calibrate, "use_device", use_device)
    config = configuration("paper")
    with pytest.raises(InputError, match="enough"):
        calibrate.Calibration(config, "cuda").entry()
    assert steps == ["start", "cuda"]


def test_a_gpu_that_slurm_gave_is_not_claimed(machine, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    devices.claim_gpu()
    assert not devices._claims
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    # As in an allocation in which this machine's jobs are not SLURM's.
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,2")
    devices.claim_gpu()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == GPUS[1]


def test_a_gpu_is_claimed_before_cuda_starts_and_none_for_the_cpu(machine, monkeypatch):
    seen = []
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    monkeypatch.setattr(
        torch.cuda, "is_available", lambda: seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
    )
    devices.use_device("cpu")
    assert not devices._claims
    with pytest.raises(InputError, match="torch finds no CUDA device here"):
        devices.use_device("cuda")
    assert seen == [GPUS[1]]


def test_where_cuda_has_started_it_is_too_late_to_choose(machine, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with pytest.raises(InputError):
        devices.use_device("cuda")
    assert not devices._claims
