"""Where arithmetic is done: a CPU or a GPU."""

import os

import torch

from supnorm.programs import InputError


def use_device(device: str) -> None:
    """Make torch ready for "cpu" or "cuda"; one thread, since cores are shared among jobs.

    On a GPU sums then run in the same order each time, and float32 is never rounded to TF32.
    Raises InputError where there is no such device.
    """
    torch.set_num_threads(1)
    if device == "cpu":
        return
    # cuBLAS reads it when CUDA starts: with workspaces of their own its products are repeatable.
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    if not torch.cuda.is_available():
        raise InputError(
            "training.device is cuda, but torch finds no CUDA device here; expected a machine "
            "with a GPU, or device: cpu in config.yaml"
        )
    torch.set_float32_matmul_precision("highest")
    torch.use_deterministic_algorithms(True)
    # It would fill each new tensor with NaN, which shows errors and costs time.
    torch.utils.deterministic.fill_uninitialized_memory = False
