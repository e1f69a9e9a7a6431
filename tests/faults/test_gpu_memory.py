"""Lack of a GPU's memory, by whatever name it comes, ends in one sentence."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch

from supnorm.errors import exact, stacked
from supnorm.hardware import devices
from supnorm.hardware.gpu_memory import explaining_lack_of_memory, lacks_memory
from supnorm.job.programs import InputError
from supnorm.streams import Stream
from supnorm.uniform import adversary
from supnorm.uniform.teachers import random_teachers

NO_ROOM = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 12 GiB.")
CUBLAS = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
DRIVER = RuntimeError("CUDA error: out of memory\nCompile with `TORCH_USE_CUDA_DSA` …")
CAPTURE = "CUDA error: operation failed due to a previous error during capture"


class Capture:
    """Its end fails, as that of a graph does, when something in it has failed."""

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        if raised[0]:
            raise RuntimeError(CAPTURE)


@pytest.fixture(autouse=True)
def small_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (7 * 10**9, 8 * 10**9))


@pytest.mark.parametrize("error", [NO_ROOM, CUBLAS, DRIVER])
@pytest.mark.parametrize("within", [nullcontext(), Capture()])
def test_it_is_explained(error, within):
    with (
        pytest.raises(InputError) as caught,
        explaining_lack_of_memory("this", 9.5e9, remedy=", or less of it"),
        within,
    ):
        raise error
    assert str(caught.value) == (
        "this takes about 9.5 GB, but the GPU has 8.0 GB, 7.0 GB of them free; expected a GPU of "
        "at least 11 GB that nothing else uses, or less of it"
    )


@pytest.mark.parametrize("error", [RuntimeError(CAPTURE), RuntimeError("shapes"), ValueError("x")])
def test_other_errors_stay_what_they_are(error):
    assert not lacks_memory(error)
    with pytest.raises(type(error)) as caught, explaining_lack_of_memory("this", 1e9):
        raise error
    assert caught.value is error


@pytest.fixture
def gpu_without_room(monkeypatch):
    """Its kernels are a CPU's, but for the first product."""

    def no_room(*_, **__):
        raise NO_ROOM

    monkeypatch.setattr(devices, "use_device", lambda _: None)
    for function in ("addmm", "tensor"):
        monkeypatch.setattr(torch, function, no_room)


def networks(dim):
    return random_teachers(2, dim, 5, 32, np.inf, 0.5)


@pytest.mark.usefixtures("gpu_without_room")
def test_lack_of_memory_in_sampling_is_explained(monkeypatch):
    monkeypatch.setattr(stacked, "use_device", lambda _: None)
    with pytest.raises(
        InputError, match=r"^measuring 2 students of width 32 and depth 5 on 131072"
    ):
        stacked.StackedMeasurement(networks(3), networks(3), np.arange(2), "cuda")


def test_lack_of_memory_on_later_points_is_explained(monkeypatch):
    measured = stacked.StackedMeasurement(networks(3), networks(3), np.arange(2))

    def no_room(*_, **__):
        raise CUBLAS

    monkeypatch.setattr(torch, "addmm", no_room)
    with pytest.raises(InputError, match=r"^measuring 2 students"):
        measured.add(np.zeros((5, 3)))


@pytest.mark.usefixtures("gpu_without_room")
def test_lack_of_memory_in_exact_errors_is_explained():
    with pytest.raises(InputError, match=r"^the exact error of a network of width 32 and depth 5"):
        exact.exact_errors(networks(1), networks(1), np.arange(2), "cuda")


@pytest.mark.usefixtures("gpu_without_room")
def test_lack_of_memory_at_spikes_is_explained():
    points = Stream("centres").uniform(1000, 3)
    with pytest.raises(InputError, match=r"^a student of width 32 at the centres of 1000 spikes"):
        adversary._deviations(networks(3)[:1], networks(3), points, "cuda")
