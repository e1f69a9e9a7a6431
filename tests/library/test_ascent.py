"""The climb to local maxima, against exact maxima and closed forms."""

import itertools

import numpy as np
import pytest

from arrangement import largest_difference
from supnorm.errors import ascent
from supnorm.errors.ascent import climb
from supnorm.networks import Networks, concatenate, forward
from supnorm.packed import values
from supnorm.streams import Stream, uniform_points
from supnorm.uniform.teachers import random_teachers


def network(*layers):
    """A stack of one network with these weights and biases."""
    weights, biases = zip(*layers, strict=True)
    return Networks(
        tuple(np.array(w, float)[None] for w in weights),
        tuple(np.array(b, float)[None] for b in biases),
    )


def constant(value, dim):
    return network((np.zeros((1, dim)), [value]))


def bump(centre, steepness, height=1.0, copies=1, top=1.0):
    """height min((1 - steepness |x - centre|_1)_+, top), all of its neurons repeated (S1.6)."""
    centre, dim = np.array(centre), len(centre)
    first = np.tile(np.repeat(np.eye(dim), 2, axis=0), (copies, 1))
    ends = np.tile(np.stack([1 / steepness - centre, -centre], 1).ravel(), copies)
    width = len(first)
    second = np.tile([steepness, -2 * steepness], (width, width // 2)) / copies
    lost = np.tile([0.0, top], width // 2)
    last = np.tile([height, -height], width // 2)[None] * 2 / width
    return network((first, ends), (second, 1.0 - dim - lost), (last, [0.0]))


def many(one, count):
    return one[np.zeros(count, int)]


def climbs(teacher, student, start):
    """The climbs of one student from many starts."""
    start = np.atleast_2d(np.array(start, float))
    count = len(start)
    return climb(teacher, many(student, count), np.zeros(count, int), start)


def starts(count, dim, seed=0):
    return uniform_points(Stream("starts", dim=dim, seed=seed), count, dim)


def difference(teacher, student, points):
    return np.abs(forward(student, points) - forward(teacher, points))[0]


def pairs(dim, count, depth=4, width=8):
    """Pairs of a teacher and a student of another architecture."""
    teachers = random_teachers(count, dim, depth, width, np.inf, 0.5)
    students = random_teachers(2 * count, dim, depth - 1, width + 1, np.inf, 0.6)[count:]
    return [(teachers[k : k + 1], students[k : k + 1]) for k in range(count)]


@pytest.mark.parametrize(("dim", "depth", "width"), [(1, 5, 8), (2, 4, 8), (3, 3, 6), (4, 3, 3)])
def test_the_best_of_some_climbs_is_the_exact_maximum(dim, depth, width):
    for teacher, student in pairs(dim, 20, depth, width):
        largest, _ = climbs(teacher, student, starts(20, dim))
        assert largest.max() == pytest.approx(largest_difference(teacher, student), rel=1e-12)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_nothing_near_the_end_is_higher(dim):
    directions = np.concatenate([starts(300, dim, seed=1), np.eye(dim), -np.eye(dim)])
    for teacher, student in pairs(dim, 5, depth=5, width=16):
        largest, place = climbs(teacher, student, starts(10, dim))
        for scale in (1e-10, 1e-8, 1e-6):
            near = np.clip(place[:, None] + scale * directions, -0.5, 0.5).reshape(-1, dim)
            around = difference(teacher, student, near).reshape(len(place), -1).max(1)
            assert (around <= largest * (1 + 1e-12)).all()


def same_function(teacher):
    """A network of depth 2 with its neurons in another order: only rounding tells them apart."""
    (first, last), (bias, shift) = teacher.weights, teacher.biases
    return Networks((first[:, ::-1], last[:, :, ::-1]), (bias[:, ::-1], shift))


def test_the_end_is_in_q_and_has_the_value_and_is_not_below_the_start():
    twin = random_teachers(1, 3, 2, 16, np.inf, 0.5)
    for teacher, student in [*pairs(3, 5), (twin, same_function(twin))]:
        start = starts(20, 3)
        largest, place = climbs(teacher, student, start)
        assert (np.abs(place) <= 0.5).all()
        before, after = (np.abs(values(student, x) - values(teacher, x))[0] for x in (start, place))
        assert (after == largest).all()
        assert (largest >= before).all()


@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize("height", [2.0, -3e-7])
@pytest.mark.parametrize(
    "centre",
    [[0.1], [0.1, -0.3], [0.1, -0.2, 0.3], [0.1, 0.5, 0.3], [-0.5, 0.5, 0.3], [0.5, 0.5, -0.5]],
)
def test_a_climb_from_the_support_of_a_bump_ends_at_its_apex(centre, height, copies):
    steepness, dim = 50.0, len(centre)
    towards = np.clip(centre + starts(40, dim) / 25 / dim, -0.5, 0.5)
    kinks = [np.where(np.arange(dim) < k, centre, towards[0]) for k in range(dim + 1)]
    corner = centre - np.sign(centre) * np.eye(dim)[0] * 0.019
    one = bump(centre, steepness, height, copies)
    largest, place = climbs(constant(0.0, dim), one, [*towards, *kinks, corner])
    np.testing.assert_allclose(largest, abs(height), rtol=1e-12)
    np.testing.assert_allclose(place, np.tile(centre, (len(place), 1)), atol=1e-12)


def test_a_climb_crosses_the_other_network():
    """The apex of the difference is where a teacher bends, not the student."""
    teacher, student = bump([0.1, 0.2, 0.0], 1.5, -1.0), constant(0.25, 3)
    largest, place = climbs(teacher, student, [[0.0, 0.0, 0.1]])
    assert largest == pytest.approx([1.25])
    np.testing.assert_allclose(place, [[0.1, 0.2, 0.0]], atol=1e-12)


def test_a_flat_top_is_reached_and_a_flat_difference_stays():
    blunt = bump([0.1, 0.0, 0.2], 2.0, 4.0, top=0.5)
    largest, _ = climbs(constant(0.0, 3), blunt, starts(20, 3) / 5)
    np.testing.assert_allclose(largest, 2.0, rtol=1e-12)
    largest, place = climbs(constant(2.0, 3), constant(-1.0, 3), starts(5, 3))
    assert (largest == 3).all()
    assert (np.abs(place) <= 0.5).all()


def test_an_affine_difference_is_largest_at_a_corner():
    slopes = np.array([0.3, -2.0, 1e-3])
    largest, place = climbs(constant(0.1, 3), network((slopes[None], [5.0])), starts(5, 3))
    np.testing.assert_allclose(largest, 4.9 + 0.5 * np.abs(slopes).sum(), rtol=1e-14)
    assert (place == 0.5 * np.sign(slopes)).all()


@pytest.mark.parametrize("corner", list(itertools.product([-0.5, 0.5], repeat=3)))
def test_a_climb_leaves_a_corner(corner):
    largest, _ = climbs(constant(0.0, 3), bump([0.1, 0.0, -0.1], 0.5), corner)
    assert largest == pytest.approx([1])


def test_a_climb_finds_the_way_up_within_a_cone_of_more_than_dim_hyperplanes():
    """4 min(ρ(x), ρ(y)) - ρ(x) - ρ(y) falls along both axes and rises along the diagonal."""
    first, none = [[1, 0], [0, 1], [0, 0]], [0, 0, 0]
    second = [[1, 0, 0], [0, 1, 0], [1, -1, 0]]
    ridge = network((first, none), (second, none), ([[3, -1, -4]], [0]))
    largest, place = climbs(constant(0.0, 2), ridge, [0, 0])
    assert largest == pytest.approx([1])
    np.testing.assert_allclose(place, [[0.5, 0.5]])


def test_a_climb_finds_the_way_up_in_a_hyperplane_that_divides_a_cone():
    """ρ(z) - 2 (|x| + |y|) - ρ(|x| - |y|) rises along the axis z alone, where |x| = |y|."""
    first, none = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1]], np.zeros(5)
    second = np.zeros((5, 5))
    second[0, :4], second[1, :4], second[2, 4] = 1, [1, 1, -1, -1], 1
    needle = network((first, none), (second, none), ([[-2, -1, 1, 0, 0]], [0]))
    largest, place = climbs(constant(0.0, 3), needle, [0, 0, 0])
    assert largest == pytest.approx([0.5])
    np.testing.assert_allclose(place, [[0, 0, 0.5]])


def test_a_climb_from_where_all_neurons_vanish():
    teacher = random_teachers(1, 3, 4, 16, np.inf, 0.5)
    homogeneous = Networks(teacher.weights, tuple(np.zeros_like(b) for b in teacher.biases))
    student = Networks(tuple(w[:, ::-1].copy() for w in homogeneous.weights), homogeneous.biases)
    largest, _ = climbs(homogeneous, student, [[0, 0, 0], [1e-3, 2e-3, -1e-3]])
    assert (largest > 0).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_student_or_start_that_is_not_finite(bad):
    students = concatenate([constant(v, 2) for v in (1.0, bad, 2.0)])
    start = np.array([[0.1, 0.1], [0.1, 0.1], [np.nan, np.nan]])
    largest, place = climb(constant(0.0, 2), students, np.zeros(3, int), start)
    assert largest.tolist() == [1, np.inf, np.inf]
    assert np.isfinite(place[0]).all()
    assert np.isnan(place[1:]).all()


def test_a_climb_depends_neither_on_companions_nor_on_threads():
    teachers, students = (random_teachers(n, 3, 4, 8, np.inf, c) for n, c in ((2, 0.5), (5, 0.6)))
    wanted, start = np.array([0, 1, 1, 0, 1]), starts(5, 3)
    largest, place = climb(teachers, students, wanted, start, threads=2)
    for k in range(5):
        one = slice(k, k + 1)
        alone = climb(teachers, students[one], wanted[one], start[one])
        assert (alone[0] == largest[one]).all()
        assert (alone[1] == place[one]).all()


def test_wide_students_climb_the_same_way(monkeypatch):
    teacher, student = pairs(3, 1)[0]
    narrow = climbs(teacher, student, starts(5, 3))
    monkeypatch.setattr(ascent, "KERNELS_WIDTH", 0)
    np.testing.assert_allclose(climbs(teacher, student, starts(5, 3))[0], narrow[0], rtol=1e-12)
