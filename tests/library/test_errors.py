"""Errors on random points against closed forms."""

import numpy as np
import pytest
import torch

from supnorm.errors import sampled
from supnorm.errors.narrow import NarrowMeasurement
from supnorm.networks import Networks, forward
from supnorm.streams import Stream
from supnorm.uniform.teachers import random_teachers

torch.set_num_threads(1)
POINTS = 3 * NarrowMeasurement.chunk + 17


@pytest.fixture(autouse=True, params=["kernels", "torch"])
def by(request, monkeypatch):
    """Every test meets both ways of evaluating students."""
    if request.param == "torch":
        monkeypatch.setattr(sampled, "KERNELS_WIDTH", 0)


def hat(height, dim=1):
    """height * |x_0| as a network of depth 2."""
    first = np.zeros((1, 2, dim))
    first[0, :, 0] = 1, -1
    return Networks((first, np.full((1, 1, 2), height)), (np.zeros((1, 2)), np.zeros((1, 1))))


def constant(value, dim=1):
    zero = hat(0.0, dim)
    return Networks(zero.weights, (zero.biases[0], np.array([[value]])))


def measure(teachers, students, teacher_of=(0,), points=POINTS):
    stream = Stream("evaluation", dim=teachers.weights[0].shape[2])
    return sampled.sampled_errors(teachers, students, np.array(teacher_of), points, stream)


def stack(*networks):
    return Networks(
        tuple(np.concatenate(a) for a in zip(*(n.weights for n in networks), strict=True)),
        tuple(np.concatenate(a) for a in zip(*(n.biases for n in networks), strict=True)),
    )


@pytest.mark.parametrize("dim", [1, 3])
def test_a_constant_difference_has_all_norms_equal(dim):
    measured = measure(constant(2.0, dim), constant(-0.5, dim))
    for norm in ("1", "2", "inf"):
        assert measured.norms[norm] == pytest.approx([2.5], rel=1e-14)


@pytest.mark.parametrize("dim", [1, 2])
def test_a_hat_has_the_norms_of_its_integrals(dim):
    measured = measure(hat(3.0, dim), constant(0.0, dim))
    assert measured.norms["1"] == pytest.approx([3 / 4], rel=0.03)
    assert measured.norms["2"] == pytest.approx([3 / 12**0.5], rel=0.03)
    assert measured.norms["inf"] == pytest.approx([3 / 2], rel=1e-3)
    assert abs(measured.place[0, 0]) == pytest.approx(0.5, abs=1e-3)


def test_each_student_meets_its_own_teacher():
    teachers = stack(constant(1.0), constant(5.0))
    students = stack(constant(5.0), constant(1.0), constant(2.0))
    measured = measure(teachers, students, (1, 0, 1))
    assert measured.norms["inf"].tolist() == [0, 0, 3]


def test_the_uniform_error_is_attained_at_its_place():
    teachers = random_teachers(2, 3, 4, 8, np.inf, 0.5)
    students = random_teachers(5, 3, 4, 6, np.inf, 0.4)
    teacher_of = np.array([0, 1, 1, 0, 1])
    measured = measure(teachers, students, teacher_of)
    for k, teacher in enumerate(teacher_of):
        at = measured.place[k][None]
        difference = forward(teachers, at)[teacher, 0] - forward(students, at)[k, 0]
        assert abs(difference) == pytest.approx(measured.norms["inf"][k], rel=1e-12)


def test_errors_are_those_of_a_plain_evaluation():
    teachers = random_teachers(1, 2, 4, 8, np.inf, 0.5)
    students = random_teachers(3, 2, 3, 6, np.inf, 0.6)
    points = Stream("evaluation", dim=2).uniform(POINTS, 2) - 0.5
    error = np.abs(forward(teachers, points) - forward(students, points))
    measured = measure(teachers, students, (0, 0, 0))
    np.testing.assert_allclose(measured.norms["1"], error.mean(1), rtol=1e-12)
    np.testing.assert_allclose(measured.norms["2"], np.sqrt((error**2).mean(1)), rtol=1e-12)
    np.testing.assert_allclose(measured.norms["inf"], error.max(1), rtol=1e-12)
    np.testing.assert_allclose(measured.place, points[error.argmax(1)])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_student_that_is_not_finite_has_infinite_errors(bad):
    students = stack(constant(1.0), constant(bad), constant(2.0))
    measured = measure(constant(0.0), students, (0, 0, 0))
    for norm in ("1", "2", "inf"):
        assert measured.norms[norm] == pytest.approx([1, np.inf, 2])
    assert np.isnan(measured.place[1]).all()
    assert np.isfinite(measured.place[[0, 2]]).all()


def test_errors_depend_neither_on_companions_nor_on_threads():
    teachers, students = (random_teachers(n, 2, 3, 8, np.inf, c) for n, c in ((2, 0.5), (5, 0.6)))
    wanted, options = np.array([0, 1, 1, 0, 1]), {"dim": 2}
    stream = Stream("evaluation", **options)
    together = sampled.sampled_errors(teachers, students, wanted, POINTS, stream, threads=2)
    for k in range(5):
        stream, one = Stream("evaluation", **options), slice(k, k + 1)
        alone = sampled.sampled_errors(teachers, students[one], wanted[one], POINTS, stream)
        for norm in ("1", "2", "inf"):
            assert alone.norms[norm] == together.norms[norm][one]
        assert (alone.place == together.place[one]).all()
