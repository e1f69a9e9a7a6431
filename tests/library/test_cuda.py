"""All that only a GPU can show. `benchmarks/gpu_check.py` runs this file wherever there is one."""

from contextlib import contextmanager

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
from supnorm.errors.exact import exact_errors
from supnorm.errors.sampled import sampled_errors, sampled_maxima
from supnorm.hardware import devices
from supnorm.job.programs import InputError
from supnorm.networks import concatenate
from supnorm.streams import Stream, uniform_points
from supnorm.training import memory, stacked
from supnorm.training.cell import train_cell
from supnorm.training.memory import Layout, group_size
from supnorm.training.recipe import Recipe, initial_students
from supnorm.training.stacked import StackedEngine
from supnorm.uniform import adversary
from supnorm.uniform.teachers import random_teachers

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")

torch.set_num_threads(1)


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_oracle(shape):
    agree_after_200_steps(StackedEngine, problem(*shape), device="cuda")


@pytest.mark.parametrize("shape", DECAYING)
def test_weights_decay_as_the_oracles_do(shape):
    agree_after_200_steps(StackedEngine, problem(*shape, decay=0.02), device="cuda")


@pytest.mark.parametrize("decay", [0.0, 0.02])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_graph_has_the_bits_of_its_kernels_one_by_one(monkeypatch, precision, decay):
    given = problem(2, 4, 33, 45, 10, decay=decay)
    monkeypatch.setattr(stacked, "STEPS_AT_ONCE", 2)
    replayed = trained(given, device="cuda", precision=precision)
    monkeypatch.setattr(stacked._Trainer, "_captured", lambda trainer, n: lambda: trainer._epoch(n))
    launched = trained(given, device="cuda", precision=precision)
    assert same_bits(replayed.networks(), launched.networks())
    assert (replayed.losses() == launched.losses()).all()


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("width", [7, 33, 512])
def test_a_student_has_the_same_bits_whoever_trains_beside_it(width, precision):
    given = problem(2, 4, width, 23, 10)
    options = {"device": "cuda", "precision": precision}
    networks = trained(given, **options).networks()
    for index in ([2], [3, 2, 1, 0]):
        beside = trained(some(given, index), **options).networks()
        assert same_bits(beside, networks[np.array(index)])


def test_groups_take_turns(monkeypatch):
    given = problem(2, 4, 9, 23, 10)
    monkeypatch.setattr(stacked, "group_size", lambda *_: 3)
    agree_after_200_steps(StackedEngine, given, device="cuda")


def test_groups_rest_on_the_gpu_where_they_fit_and_have_the_same_bits_where_not(monkeypatch):
    monkeypatch.setattr(stacked, "group_size", lambda *_: 1)
    given = problem(2, 4, 9, 23, 10)
    on_gpu = trained(given, device="cuda")
    assert all(g.state.is_cuda for g in on_gpu._groups if g.state is not None)
    monkeypatch.setattr(memory, "SPARE_BYTES", 1e15)
    on_host = trained(given, device="cuda")
    assert not any(g.state.is_cuda for g in on_host._groups if g.state is not None)
    assert same_bits(on_gpu.networks(), on_host.networks())
    for name, array in on_gpu.state().items():
        assert on_host.state()[name].tobytes() == array.tobytes()


def test_many_graphs_in_one_process_leave_each_other_alone():
    """More than the 32 streams that torch has; the first engine trains on beside the last."""
    given = problem(2, 4, 33, 40, 10)
    first = trained(given, device="cuda")
    for _ in range(40):
        trained(given, epochs=1, device="cuda")
    first.run(orders(40, 4, 5))
    assert same_bits(first.networks(), trained(given, epochs=6, device="cuda").networks())


@contextmanager
def little_memory(count):
    """This process has so many more bytes of the GPU."""
    devices.use_device("cuda")
    torch.cuda.empty_cache()
    allowed = torch.cuda.memory_reserved() + count
    torch.cuda.set_per_process_memory_fraction(allowed / torch.cuda.mem_get_info()[1])
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()


def test_a_gpu_without_room_is_explained():
    given = problem(1, 5, 512, 40, 20)
    size = group_size("cuda", Layout(1, 5, 512, "float64"), 20)
    with (
        little_memory(2e8),
        pytest.raises(InputError, match=rf"a group of {size} students of width 512, .* GB"),
    ):
        StackedEngine(*given, device="cuda")


@pytest.mark.parametrize("size", [3, 4])
def test_training_goes_on_from_a_state_to_the_same_bits(monkeypatch, size):
    monkeypatch.setattr(stacked, "group_size", lambda *_: size)
    given = problem(2, 4, 9, 23, 10)
    whole = trained(given, epochs=5, device="cuda")
    first = trained(given, epochs=2, device="cuda")
    second = trained(given, epochs=1, device="cuda")
    second.restore({name: array.copy() for name, array in first.state().items()})
    second.run(orders(23, *range(2, 5)))
    assert same_bits(second.networks(), whole.networks())
    for name, array in whole.state().items():
        assert second.state()[name].tobytes() == array.tobytes()


def test_a_cell_trains_as_on_a_cpu_with_its_orders_drawn_ahead(monkeypatch):
    monkeypatch.setattr("supnorm.training.orders.ENTRIES", 200)
    points = np.stack([uniform_points(Stream("points", seed=s, dim=2), 20, 2) for s in (1, 2)])
    values = np.sin(3 * points.sum(2))[:, None]
    problem = Recipe(3, 16, 5, 30, 1e-3, 1e-5), "fifth", [1, 2], points, values, 3
    on_gpu, on_cpu = (
        train_cell(*problem, device=device, engine="stacked") for device in ("cuda", "cpu")
    )
    for left, right in zip(on_gpu, on_cpu, strict=True):
        np.testing.assert_allclose(left.losses, right.losses, rtol=1e-9)


@pytest.fixture(params=[1, 3])
def pairs(request):
    """Teachers, students of another width, and which teacher each student was to learn."""
    dim = request.param
    students = [initial_students(seed, dim, 5, 48) for seed in range(5)]
    return random_teachers(2, dim, 5, 32, np.inf, 0.5), concatenate(students), np.arange(5) % 2


def same_errors(left, right):
    for norm, errors in left.norms.items():
        np.testing.assert_allclose(errors, right.norms[norm], rtol=1e-11)
    np.testing.assert_allclose(left.place, right.place, rtol=1e-9)


def test_sampled_errors_are_those_of_a_cpu(pairs):
    """Some chunks of points, the last one short."""
    on_gpu, on_cpu = (
        sampled_errors(*pairs, 300_000, Stream("evaluation"), device) for device in ("cuda", "cpu")
    )
    same_errors(on_gpu, on_cpu)


def test_sampled_maxima_are_those_of_a_cpu(pairs):
    numbers = [1000, 150_000]
    (on_gpu, there), (on_cpu, here) = (
        sampled_maxima(*pairs, numbers, Stream("evaluation"), device) for device in ("cuda", "cpu")
    )
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=1e-11)
    np.testing.assert_allclose(there, here, rtol=1e-9)


def test_a_student_that_is_not_finite_has_no_error(pairs):
    teachers, students, teacher_of = pairs
    students.weights[1][3, 0, 0] = np.nan
    errors = sampled_errors(teachers, students, teacher_of, 5000, Stream("evaluation"), "cuda")
    assert np.isinf(errors.norms["inf"]).tolist() == [False, False, False, True, False]
    assert np.isnan(errors.place[3]).all()


@pytest.mark.parametrize("pairs", [1], indirect=True)
@pytest.mark.parametrize("pieces", [7, 16384])
def test_exact_errors_are_those_of_a_cpu(pairs, pieces, monkeypatch):
    monkeypatch.setitem(exact_errors.__globals__["PIECES"], "cuda", pieces)
    same_errors(exact_errors(*pairs, "cuda"), exact_errors(*pairs, "cpu"))


def test_deviations_at_spikes_are_those_of_a_cpu(pairs):
    teachers, students, _ = pairs
    dim = teachers.weights[0].shape[2]
    points = uniform_points(Stream("centres"), 1000, dim)
    on_gpu, on_cpu = (
        adversary._deviations(teachers[:1], students, points, device) for device in ("cuda", "cpu")
    )
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("pairs", [3], indirect=True)
def test_evaluation_without_room_is_explained(pairs):
    with little_memory(5e7), pytest.raises(InputError, match=r"measuring 5 students .* GB"):
        sampled_errors(*pairs, 200_000, Stream("evaluation"), "cuda")
