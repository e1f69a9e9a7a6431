"""Training: engines against the oracle, and what a student does and does not depend on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from students import agree_after_200_steps, orders, problem
from supnorm.networks import forward, relative_difference
from supnorm.samples import draw_samples
from supnorm.streams import Stream, uniform_points
from supnorm.training.cell import train_cell
from supnorm.training.engines import choose, engine_class
from supnorm.training.loop import LoopEngine
from supnorm.training.recipe import (
    Recipe,
    Students,
    initial_students,
    on_cube,
    shuffle,
    standardised,
)
from supnorm.training.stacked import StackedEngine
from supnorm.uniform.teachers import random_teachers

torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("dim", "depth", "width", "samples", "batch"),
    [
        (1, 5, 32, 100, 20),
        (3, 5, 32, 50, 50),
        (1, 2, 7, 13, 5),
        (3, 3, 16, 40, 7),
        (2, 6, 9, 30, 1),
        (4, 1, 3, 20, 6),
    ],
)
def test_the_stacked_engine_is_the_oracle_after_200_steps(dim, depth, width, samples, batch):
    agree_after_200_steps(StackedEngine, problem(dim, depth, width, samples, batch))


@pytest.mark.parametrize("decay", [0.0, 0.02])
@pytest.mark.parametrize("engine", [StackedEngine, LoopEngine])
def test_single_precision_follows_double(engine, decay):
    given = problem(1, 4, 8, 20, 5, decay=decay)
    single, double = engine(*given, precision="float32"), engine(*given)
    for epoch in range(5):
        single.run(orders(20, epoch))
        double.run(orders(20, epoch))
    assert 1e-9 < relative_difference(single.networks(), double.networks()) < 1e-3


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("engine", ["narrow", "stacked", "loop"])
def test_losses_are_mean_squared_errors_of_the_networks(engine, decay):
    """Also where it is not the loss alone that training lowers."""
    recipe, initial, students = problem(2, 3, 6, 2500, 500, decay=decay)
    trained = engine_class(engine)(recipe, initial, students)
    trained.run(orders(2500, 0))
    values = forward(trained.networks(), students.points[students.seed_of])
    expected = ((values - students.values) ** 2).mean(1)
    np.testing.assert_allclose(trained.losses(), expected, rtol=1e-12)


@pytest.mark.parametrize("engine", ["narrow", "stacked", "loop"])
def test_weights_decay_by_adam_and_biases_do_not(engine):
    """Last weights of 0 make the network its last bias: so are the labels, and no loss is left."""
    recipe, start, students = problem(2, 3, 6, 20, 5, decay=0.02)
    start = start.map(np.array)
    start.weights[-1][:] = 0
    values = np.broadcast_to(start.biases[-1], students.values.shape)
    trained = engine_class(engine)(recipe, start, replace(students, values=values))
    trained.run(orders(20, *range(3)))
    found = trained.networks()
    for before, after in zip(start.biases, found.biases, strict=True):
        assert (before == after).all()
    for before, after in zip(start.weights, found.weights, strict=True):
        weight, first, second = before.copy(), 0, 0
        for step in range(1, 13):
            slope = recipe.weight_decay * weight
            first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
            mean, square = first / (1 - 0.9**step), second / (1 - 0.999**step)
            rate = recipe.learning_rate * recipe.rate_factor ** ((step - 1) // 4)
            weight -= rate * mean / (np.sqrt(square) + 1e-8)
        np.testing.assert_allclose(after, weight, rtol=1e-10)
        assert (abs(after) < abs(before))[before != 0].all()


def test_a_smaller_last_batch_is_kept():
    whole = problem(1, 3, 4, 10, 4, epochs=1)
    dropped_points = whole[2].points[:, :8]
    dropped = Students(dropped_points, whole[2].values[:, :8], whole[2].seed_of)
    order = np.tile(np.arange(10), (1, 2, 1))
    engine, shorter = StackedEngine(*whole), StackedEngine(whole[0], whole[1], dropped)
    engine.run(order)
    shorter.run(order[:, :, :8])
    assert relative_difference(engine.networks(), shorter.networks()) > 1e-6


def cell(teachers=(0, 1, 2), seeds=(5, 6), epochs=4, batch=5, samples=20, **options):
    """Train a cell of d = 2, and return its records."""
    known = random_teachers(max(teachers) + 1, 2, 3, 8, np.inf, 0.5)[list(teachers)]
    drawn = [draw_samples(known, seed, samples) for seed in seeds]
    points, values = np.stack([p for p, _ in drawn]), np.stack([v for _, v in drawn])
    recipe = Recipe(3, 8, batch, epochs, 1e-3, 1e-4)
    return list(train_cell(recipe, "fifth", list(seeds), points, values, 2, **options))


@pytest.mark.parametrize("engine", ["narrow", "stacked", "loop"])
def test_a_student_alone_is_the_student_in_its_cell(engine):
    """Bit for bit; seed 6 and teacher 1 are student 4 of 6."""
    together, alone = cell(engine=engine), cell(teachers=(1,), seeds=(6,), engine=engine)
    assert relative_difference(together[-1].networks[4:5], alone[-1].networks) == 0
    assert together[-1].losses[4] == alone[-1].losses[0]


def test_auto_is_what_was_measured_to_be_the_fastest():
    for width, batch in [(32, 2), (128, 200), (512, 2000), (2048, 20)]:
        assert choose("auto", "cpu", width, batch) == "narrow"
    assert choose("auto", "cpu", 2048, 200) == "stacked"
    assert choose("auto", "cuda", 32, 20) == "stacked"
    assert choose("loop", "cpu", 32, 20) == "loop"


def test_training_twice_gives_the_same_bits():
    for one, two in zip(cell(), cell(), strict=True):
        assert (one.losses == two.losses).all()
    assert relative_difference(one.networks, two.networks) == 0


def test_equal_teachers_have_equal_students_of_one_seed_and_not_of_two():
    """Points, initial weights and shuffles depend on the seed, never on the teacher."""
    known = random_teachers(1, 2, 3, 8, np.inf, 0.5)[[0, 0]]
    points, values = draw_samples(known, 5, 20)
    sample = np.stack([points, points]), np.stack([values, values])
    recipe = Recipe(3, 8, 5, 4, 1e-3, 1e-4)
    *_, last = train_cell(recipe, "fifth", [5, 6], *sample, 1)
    for array in last.networks.tensors().values():
        np.testing.assert_allclose(array[0], array[1], rtol=1e-12)
        assert np.abs(array[0] - array[2]).max() > 1e-2


def test_initial_weights_are_those_of_the_paper():
    start = initial_students(1, 3, 5, 64)
    for layer, fan_in in enumerate([3, 64, 64, 64, 64]):
        bound = 1 / np.sqrt(fan_in)
        for array in (start.weights[layer], start.biases[layer]):
            assert np.abs(array).max() <= bound
            law = stats.uniform(-bound, 2 * bound)
            assert stats.kstest(array.ravel(), law.cdf).pvalue > 1e-3


def test_students_see_standardised_points_and_are_stored_on_the_cube():
    points = uniform_points(Stream("points", seed=0, dim=3), 50000, 3)
    assert np.abs(standardised(points).mean(0)).max() < 0.02
    np.testing.assert_allclose(standardised(points).std(0), 1, atol=0.01)
    student = initial_students(1, 3, 4, 8)
    np.testing.assert_allclose(
        forward(on_cube(student), points[:9]),
        forward(student, standardised(points[:9])),
        rtol=1e-12,
    )


def test_shuffles_are_permutations_that_change_with_everything_that_names_them():
    first, second = shuffle(1, 30, 1, rule="a"), shuffle(1, 30, 2, rule="a")
    assert sorted(first) == sorted(second) == list(range(30))
    assert (first != second).any()
    assert (first != shuffle(1, 30, 1, rule="b")).any()
    assert (first != shuffle(2, 30, 1, rule="a")).any()


def test_the_learning_rate_falls_from_first_to_final():
    recipe = Recipe(5, 32, 20, 5000, 1e-4, 1e-6)
    assert recipe.learning_rate * recipe.rate_factor**5000 == pytest.approx(1e-6)
    records = cell(epochs=4)
    rates = {r.epoch: r.learning_rate for r in records}
    assert rates[0] == rates[1] == 1e-3
    assert rates[4] == pytest.approx(1e-3 * 0.1 ** (3 / 4))


def test_evaluations_and_records_are_where_they_should_be():
    recipe = Recipe(5, 32, 20, 5000, 1e-4, 1e-6)
    assert recipe.evaluation_epochs(5) == [1000, 2000, 3000, 4000, 5000]
    assert Recipe(5, 32, 20, 7, 1e-4, 1e-6).evaluation_epochs(5) == [2, 3, 5, 6, 7]
    recorded = recipe.recorded_epochs(5)
    assert recorded[0] == 0
    assert recorded[-1] == 5000
    assert {1000, 2000, 3000, 4000} < set(recorded)
    assert 24 <= len(recorded) <= 48
    evaluations = [(r.epoch, r.evaluation) for r in cell(epochs=4) if r.evaluation]
    assert evaluations == [(2, 1), (4, 2)]


def test_students_learn():
    records = cell(epochs=200)
    assert (records[-1].losses < 0.2 * records[0].losses).all()


@pytest.mark.parametrize("bad", [np.inf, np.nan])
@pytest.mark.parametrize("engine", ["narrow", "stacked", "loop"])
def test_a_student_that_diverges_is_recorded_and_leaves_the_others_alone(engine, bad):
    recipe, initial, students = problem(1, 3, 8, 20, 5)
    broken = Students(students.points, students.values.copy(), students.seed_of)
    broken.values[1, 3] = bad
    healthy, mixed = (engine_class(engine)(recipe, initial, s) for s in (students, broken))
    for epoch in range(3):
        healthy.run(orders(20, epoch))
        mixed.run(orders(20, epoch))
    others = [0, 2, 3]
    assert relative_difference(healthy.networks()[others], mixed.networks()[others]) == 0
    for array in mixed.networks().tensors().values():
        assert not np.isfinite(array[1]).all()


def test_a_loss_that_is_not_finite_is_recorded_as_infinite():
    points = np.zeros((1, 4, 1))
    values = np.array([[[0.0, 1.0, 0.0, np.nan], [0.0, 1.0, 0.0, 1.0]]])
    records = list(train_cell(Recipe(3, 4, 2, 2, 1e-3, 1e-4), "r", [1], points, values, 1))
    assert np.isinf(records[-1].losses[0])
    assert np.isfinite(records[-1].losses[1])
