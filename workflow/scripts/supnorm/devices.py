"""Where arithmetic is done: a CPU or a GPU."""

import torch

from supnorm.programs import InputError


def use_device(device: str) -> None:
    """Make torch ready for "cpu" or "cuda"; one thread, since cores are shared among jobs.

    Raises InputError where there is no such device.
    """
    torch.set_num_threads(1)
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError(
            "training.device is cuda, but torch finds no CUDA device here; expected a machine "
            "with a GPU, or device: cpu in config.yaml"
        )
