"""Samples: a seed's points are one sequence, whatever the size and the teachers."""

import numpy as np
import pytest

from supnorm.kernels import BLOCK
from supnorm.networks import forward
from supnorm.samples import draw_samples
from supnorm.uniform.teachers import random_teachers


@pytest.fixture
def teachers():
    return random_teachers(3, 2, 5, 32, np.inf, 0.5)


def test_labels_are_the_teachers_values(teachers):
    points, labels = draw_samples(teachers, 1, 50)
    assert points.shape == (50, 2)
    np.testing.assert_allclose(labels, forward(teachers, points), rtol=1e-13)


def test_a_smaller_sample_is_the_beginning_of_a_larger_one_to_the_bit(teachers):
    small, large = draw_samples(teachers, 1, 30), draw_samples(teachers, 1, 2 * BLOCK + 1)
    assert (large[0][:30] == small[0]).all()
    assert (large[1][:, :30] == small[1]).all()


def test_points_differ_between_seeds_and_not_between_teachers(teachers):
    points, _ = draw_samples(teachers, 1, 30)
    assert (draw_samples(teachers[:1], 1, 30)[0] == points).all()
    assert not np.isin(draw_samples(teachers, 2, 30)[0], points).any()
