"""Where arithmetic is done: a CPU or a GPU.

A GPU serves one job at a time. Snakemake counts the jobs that need one, but does not say which GPU
is whose: each job claims its own, by a lock of the operating system, which no kill leaves behind.
"""

import fcntl
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from supnorm.job.programs import InputError, printable

# Seconds to wait for a GPU.
PATIENCE = 3600
# The lock on this process's GPU: it must stay open as long as the process lives.
_claims: list[IO] = []


def use_device(device: str) -> None:
    """Make torch ready for "cpu" or "cuda"; one thread, since cores are shared among jobs.

    On a GPU sums then run in the same order each time, and float32 is never rounded to TF32. The
    GPU is one that no other job of this user has (see `claim_gpu`). Raises InputError where there
    is no such device.
    """
    # Imported only now: torch takes seconds, and who only looks for GPUs needs none.
    import torch

    torch.set_num_threads(1)
    if device == "cpu":
        return
    # cuBLAS reads it when CUDA starts: with workspaces of their own its products are repeatable.
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    # CUDA reads which GPUs it may use when it starts, and never again.
    if not torch.cuda.is_initialized():
        claim_gpu()
    if not torch.cuda.is_available():
        raise InputError(
            "training.device is cuda, but torch finds no CUDA device here; expected a machine "
            "with a GPU, or device: cpu in config.yaml"
        )
    torch.set_float32_matmul_precision("highest")
    torch.use_deterministic_algorithms(True)
    # It would fill each new tensor with NaN, which shows errors and costs time.
    torch.utils.deterministic.fill_uninitialized_memory = False


def visible_gpus() -> list[str]:
    """Return the UUIDs of the NVIDIA GPUs that CUDA_VISIBLE_DEVICES leaves; of all if unset.

    Numbers there count as nvidia-smi does; without nvidia-smi there are none. Raises InputError
    where it fails, as beside another version of the driver.
    """
    return [gpu for gpu, _ in _visible()]


def visible_names() -> list[str]:
    """Return what nvidia-smi calls the GPUs of `visible_gpus`, one by one."""
    return [name for _, name in _visible()]


def _visible() -> list[tuple[str, str]]:
    """Return UUID and name of each visible GPU."""
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True)
    except FileNotFoundError:
        return []
    if listed.returncode:
        said = " ".join((listed.stdout + listed.stderr).split())
        raise InputError(f"nvidia-smi finds no GPU: {said}")
    found = re.findall(r"^GPU \w+: (.*) \(UUID: (GPU-[^)]+)\)", listed.stdout, re.MULTILINE)
    present = [(gpu, name) for name, gpu in found]
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return present
    visible = []
    for part in map(str.strip, wanted.split(",")):
        named = [
            (gpu, name)
            for number, (gpu, name) in enumerate(present)
            if part == str(number) or (part.startswith("GPU-") and gpu.startswith(part))
        ]
        # CUDA, too, goes no further than the first that names no GPU.
        if len(named) != 1:
            break
        visible += named
    return visible


def claim_gpu() -> None:
    """Restrict CUDA to one GPU that no other job of this user on this machine has claimed.

    The claim lasts until the process ends; a program that starts others on GPUs must therefore
    claim none itself. Where all are taken, wait for the first that becomes free; raises InputError
    after an hour. Where SLURM shows a job one GPU, that one is its own already.
    """
    gpus = [] if _claims else visible_gpus()
    if not gpus or ("SLURM_JOB_ID" in os.environ and len(gpus) == 1):
        return
    folder = Path(tempfile.gettempdir(), f"supnorm-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    locks = {gpu: folder / f"{gpu}.lock" for gpu in gpus}
    patience, began = f"{PATIENCE / 60:.0f} minutes", time.monotonic()
    waiting = False
    while True:
        for gpu, path in locks.items():
            if lock := _lock(path):
                _claims.append(lock)
                os.environ["CUDA_VISIBLE_DEVICES"] = gpu
                print(f"claimed {gpu}", file=sys.stderr)
                return
        held = ", ".join(f"{gpu} is held by {_holder(path)}" for gpu, path in locks.items())
        if time.monotonic() - began > PATIENCE:
            raise InputError(
                f"none of {len(gpus)} GPUs was given back within {patience}: {held}; wait until a "
                "process ends, or stop it, and run again"
            )
        if not waiting:
            waited = f"waiting, for at most {patience}, for one of {len(gpus)} GPUs"
            print(f"{waited}: {held}", file=sys.stderr)
        waiting = True
        time.sleep(1)


def _lock(path: Path) -> IO | None:
    """Lock the file at a path and write this process into it; None where another has the lock."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.truncate(0)
    print(f"process {os.getpid()} ({Path(sys.argv[0]).name})", end="", file=file, flush=True)
    return file


def _holder(path: Path) -> str:
    """Return the process that has the lock at a path."""
    return printable(path.read_text(errors="replace")) or "another process"
