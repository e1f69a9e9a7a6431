"""The stacked engine: groups of students on a CPU, and what of a GPU's work a CPU can check."""

import math

import numpy as np
import pytest
import torch

from students import (
    DECAYING,
    SHAPES,
    agree_after_200_steps,
    orders,
    problem,
    same_bits,
    some,
    trained,
)
from supnorm import work
from supnorm.hardware import devices
from supnorm.job.programs import InputError
from supnorm.networks import concatenate
from supnorm.training import stacked
from supnorm.training.memory import Layout, fill, group_size
from supnorm.training.recipe import Students, initial_students
from supnorm.training.stacked import StackedEngine

torch.set_num_threads(1)


@pytest.fixture
def groups_of_three(monkeypatch):
    """Four students then train as on a GPU, in a full group and one that is filled up."""
    monkeypatch.setattr(stacked, "group_size", lambda *_: 3)


@pytest.mark.parametrize("shape", SHAPES)
def test_one_by_one_it_is_the_oracle(shape):
    agree_after_200_steps(StackedEngine, problem(*shape))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.usefixtures("groups_of_three")
def test_in_groups_it_is_the_oracle(shape):
    agree_after_200_steps(StackedEngine, problem(*shape))


@pytest.mark.parametrize("shape", DECAYING)
@pytest.mark.parametrize("size", [1, 3])
def test_weights_decay_as_the_oracles_do(monkeypatch, size, shape):
    monkeypatch.setattr(stacked, "group_size", lambda *_: size)
    agree_after_200_steps(StackedEngine, problem(*shape, decay=0.02))


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize(("width", "samples", "batch"), [(7, 13, 5), (33, 40, 7), (512, 23, 10)])
def test_a_student_has_the_same_bits_whoever_trains_beside_it(width, samples, batch, precision):
    given = problem(2, 4, width, samples, batch)
    together = trained(given, precision=precision)
    networks, losses = together.networks(), together.losses()
    for index, options in [
        ([2], {}),
        ([3, 2, 1, 0], {}),
        ([0, 1, 2, 3], {"threads": 2}),
        ([2, 3, 1], {"threads": 3}),
    ]:
        engine = trained(some(given, index), precision=precision, **options)
        assert same_bits(engine.networks(), networks[np.array(index)])
        assert (engine.losses() == losses[index]).all()


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("threads", [1, 2])
def test_stretches_of_epochs_and_steps_leave_the_bits(monkeypatch, size, threads):
    """Groups take turns in the buffers, and a long epoch is cut into parts, one of them short."""
    monkeypatch.setattr(stacked, "group_size", lambda *_: size)
    given = problem(2, 3, 9, 22, 4)
    whole = trained(given, epochs=6)
    monkeypatch.setattr(stacked, "STEPS_AT_ONCE", 2)
    parts = StackedEngine(*given, threads=threads)
    for epochs in (range(2), range(2, 3), range(3, 6)):
        parts.run(orders(22, *epochs))
        parts.losses()
    assert same_bits(parts.networks(), whole.networks())
    np.testing.assert_allclose(parts.losses(), whole.losses(), rtol=1e-14)


@pytest.mark.usefixtures("groups_of_three")
def test_a_group_is_filled_up_by_students_who_change_nothing():
    """Two students and a copy have the bits that they have in a full group."""
    given = problem(1, 4, 8, 20, 6)
    full, short = trained(some(given, [0, 1, 2])), trained(some(given, [0, 1]))
    assert same_bits(full.networks()[:2], short.networks())
    assert len(short.losses()) == 2


@pytest.mark.usefixtures("groups_of_three")
def test_a_student_that_diverges_leaves_its_group_alone():
    recipe, initial, students = problem(1, 3, 8, 20, 5)
    broken = Students(students.points, students.values.copy(), students.seed_of)
    broken.values[1, 3] = np.inf
    healthy, mixed = (trained((recipe, initial, s)) for s in (students, broken))
    others = np.array([0, 2, 3])
    assert same_bits(healthy.networks()[others], mixed.networks()[others])
    assert (healthy.losses()[others] == mixed.losses()[others]).all()
    assert not np.isfinite(mixed.networks().weights[0][1]).all()


@pytest.mark.parametrize("size", [1, 3])
def test_losses_before_and_after_do_not_disturb(monkeypatch, size):
    monkeypatch.setattr(stacked, "group_size", lambda *_: size)
    given = problem(2, 3, 6, 25, 10)
    watched, other = StackedEngine(*given), StackedEngine(*given)
    for epoch in range(3):
        watched.losses()
        for engine in (watched, other):
            engine.run(orders(25, epoch))
        watched.networks()
    assert same_bits(watched.networks(), other.networks())


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_layouts_give_back_what_they_take_and_begin_rows_at_cache_lines(precision):
    layout = Layout(3, 4, 7, precision)
    networks = concatenate([initial_students(s, 3, 4, 7) for s in (1, 2)])
    flat, *others = layout.pack(networks, buffers=3)
    assert not any(map(torch.any, others))
    single = networks.map(lambda array: array.astype(precision).astype("float64"))
    assert same_bits(layout.unpack(flat), single)
    for matrix in layout.matrices(flat):
        assert matrix.data_ptr() % 64 == 0
        assert matrix.stride(1) * matrix.itemsize % 64 == 0
    assert flat.count_nonzero() == sum(a.size for a in networks.tensors().values())


def test_the_last_student_also_takes_what_places_are_left():
    students, places = torch.arange(6.0).view(2, 3), torch.full((4, 3), torch.nan)
    fill(places, students)
    assert places.tolist() == [[0, 1, 2], [3, 4, 5], [3, 4, 5], [3, 4, 5]]
    fewer = torch.full((1, 3), torch.nan)
    fill(fewer, students)
    assert fewer.tolist() == [[0, 1, 2]]


def test_groups_are_those_of_the_work_on_a_gpu_and_single_students_on_a_core():
    for width, precision in [(32, "float64"), (2048, "float64"), (2048, "float32")]:
        layout = Layout(1, 5, width, precision)
        assert group_size("cuda", layout, 20) == work.group_size(1, 5, width, 20, precision)
        assert group_size("cpu", layout, 20) == 1


def test_the_work_counts_the_parameters_that_a_layout_has():
    layout = Layout(3, 4, 33, "float32")
    counted = work.student_bytes(3, 4, 33, 0, "float32")
    assert counted == 4 * 4 * sum(map(math.prod, layout.shapes))


@pytest.fixture
def small_gpu(monkeypatch):
    """A GPU of 8 GB that has no room for anything; its kernels are a CPU's."""

    def no_room(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 12 GiB.")

    monkeypatch.setattr(stacked, "group_size", lambda _, *rest: group_size("cuda", *rest))
    monkeypatch.setattr(work, "group_size", lambda *_: 256)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (7 * 10**9, 8 * 10**9))
    return no_room


def test_a_group_that_does_not_fit_is_explained(small_gpu, monkeypatch):
    monkeypatch.setattr(stacked, "_Trainer", small_gpu)
    with pytest.raises(InputError) as caught:
        StackedEngine(*problem(1, 4, 256, 40, 20))
    message = str(caught.value)
    assert message == (
        "a group of 256 students of width 256, with batches of 20 in float64 and the samples "
        "apart, takes about 1.2 GB, but the GPU has 8.0 GB, 7.0 GB of them free; expected a GPU of "
        "at least 6 GB that nothing else uses, or training.precision float32, where it takes 0.6 GB"
    )


def test_lack_of_memory_in_training_is_explained_too(small_gpu, monkeypatch):
    engine = StackedEngine(*problem(1, 2, 4, 6, 6), precision="float32")
    monkeypatch.setattr(engine._trainers[0], "run", small_gpu)
    with pytest.raises(InputError, match=r"width 4, with batches of 6 in float32") as caught:
        engine.run(orders(6, 0))
    assert "training.precision" not in str(caught.value)


def test_a_gpu_is_asked_for_repeatable_sums_in_full_precision(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    fill = torch.utils.deterministic.fill_uninitialized_memory
    torch.set_float32_matmul_precision("high")
    try:
        devices.use_device("cuda")
        assert torch.get_float32_matmul_precision() == "highest"
        assert torch.backends.cuda.matmul.fp32_precision == "ieee"
        assert torch.are_deterministic_algorithms_enabled()
        assert devices.os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    finally:
        torch.use_deterministic_algorithms(False)
        torch.utils.deterministic.fill_uninitialized_memory = fill
        monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
