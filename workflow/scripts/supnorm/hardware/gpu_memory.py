"""Lack of GPU memory: how torch reports it, and what the user is told."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from supnorm.job.programs import InputError

# What libraries say that get no memory; torch's own allocator raises an error of its own.
SIGNS = ("CUBLAS_STATUS_ALLOC_FAILED", "CUDA error: out of memory")


def lacks_memory(error: BaseException | None) -> bool:
    """Return whether an error, or one that caused it, says that GPU memory ran out.

    An error within the capture of a graph makes its end fail, too, and that failure is raised
    instead.
    """
    while error is not None:
        if isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in SIGNS):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def explaining_lack_of_memory(
    what: str, needed: float, beside: float = 1e9, remedy: str = ""
) -> Iterator[None]:
    """Raise InputError where a GPU has no room for `what`, which takes about `needed` bytes.

    `what` begins the sentence, and `remedy` may end it; `beside` are the bytes of everything else
    that the process has on the GPU.
    """
    try:
        yield
    except RuntimeError as error:
        if not lacks_memory(error):
            raise
        free, total = torch.cuda.mem_get_info()
        free += torch.cuda.memory_reserved()
        raise InputError(
            f"{what} takes about {needed / 1e9:.1f} GB, but the GPU has {total / 1e9:.1f} GB, "
            f"{free / 1e9:.1f} GB of them free; expected a GPU of at least "
            f"{math.ceil((needed + beside) / 1e9)} GB that nothing else uses{remedy}"
        ) from None
