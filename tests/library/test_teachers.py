"""Teachers: uniform in coefficient balls, named one by one."""

import math

import numpy as np
import pytest
from scipy import stats

from supnorm.streams import Stream
from supnorm.uniform.teachers import draw_ball, random_teachers

INF = math.inf


def norm(x, q):
    return np.abs(x).max() if math.isinf(q) else (np.abs(x) ** q).sum() ** (1 / q)


def draws(q, shape, count=4000, c=1.0):
    return [draw_ball(Stream("test", q=str(q), draw=k), shape, q, c) for k in range(count)]


@pytest.mark.parametrize("q", [1.0, 1.5, 2.0, 3.0, 40.0, INF])
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 4)])
def test_the_norm_is_distributed_as_in_a_ball(q, shape):
    n = math.prod(shape)
    radii = np.array([norm(x, q) for x in draws(q, shape, 2000)])
    assert radii.max() <= 1
    # The volume within radius r is r^n.
    assert stats.kstest(radii**n, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("q", [1.0, 1.5, 2.0, 3.0, 40.0])
def test_a_coordinate_is_distributed_as_in_a_ball(q):
    n = 4
    first = np.array([x[0] for x in draws(q, (n,))])
    law = stats.beta(1 / q, (n - 1) / q + 1)
    assert stats.kstest(np.abs(first) ** q, law.cdf).pvalue > 1e-3
    assert abs((first > 0).mean() - 0.5) < 0.03


@pytest.mark.parametrize("q", [300.0, 1e4, 1e8])
def test_a_large_norm_is_nearly_the_cube(q):
    entries = np.concatenate(draws(q, (3,), 1500))
    assert stats.kstest(entries, stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_coordinates_of_a_ball_are_exchangeable_but_not_independent():
    x = np.array(draws(1.0, (3,)))
    assert stats.ks_2samp(x[:, 0], x[:, 2]).pvalue > 1e-3
    assert np.corrcoef(np.abs(x).T)[0, 1] < -0.1


def test_the_papers_teachers_are_uniform_on_the_half_cube():
    teachers = random_teachers(40, 3, 5, 32, INF, 0.5)
    assert [w.shape for w in teachers.weights] == [(40, 32, 3), *[(40, 32, 32)] * 3, (40, 1, 32)]
    assert [b.shape for b in teachers.biases] == [*[(40, 32)] * 4, (40, 1)]
    for array in teachers.tensors().values():
        assert np.abs(array).max() <= 0.5
        assert stats.kstest(array.ravel(), stats.uniform(-0.5, 1).cdf).pvalue > 1e-3


@pytest.mark.parametrize("q", [1.0, 2.0, 7.0])
def test_each_matrix_and_each_bias_has_a_ball_of_its_own(q):
    teachers = random_teachers(30, 2, 3, 8, q, 0.7)
    for array in teachers.tensors().values():
        norms = np.array([norm(x, q) for x in array])
        assert norms.max() <= 0.7 * (1 + 1e-12)
        # In n dimensions the norm is nearly always close to the bound.
        assert norms.max() > 0.7 * 0.8


def test_a_teacher_does_not_depend_on_how_many_there_are():
    few, many = (random_teachers(n, 1, 3, 4, 2.0, 1.0) for n in (2, 5))
    for name, array in few.tensors().items():
        assert (many.tensors()[name][:2] == array).all()


def test_teachers_differ():
    teachers = random_teachers(3, 1, 3, 4, INF, 1.0)
    flat = np.concatenate([a.reshape(3, -1) for a in teachers.tensors().values()], axis=1)
    assert len({tuple(row) for row in flat}) == 3
    assert np.unique(flat[0]).size == flat[0].size
