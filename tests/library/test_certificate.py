"""Brackets of the uniform error against maxima that are known by other means."""

import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supnorm.errors.certificate import Pair, bracket
from supnorm.networks import Networks, forward
from supnorm.streams import Stream, uniform_points
from supnorm.uniform.teachers import random_teachers
from supnorm.uniform.theory.bumps import side_by_side

PLENTY = 100_000
ARCHITECTURES = st.tuples(st.integers(1, 5), st.integers(1, 6))


def networks(dim, depth, width, count=1, name="test"):
    """Networks with more kinks in Q than random teachers have."""
    stream, weights, biases, fan_in = Stream(name, dim=dim), [], [], dim
    for out in (*[width] * (depth - 1), 1):
        weights.append((4 * stream.uniform(count, out, fan_in) - 2) / fan_in**0.5)
        biases.append(stream.uniform(count, out) - 0.5)
        fan_in = out
    return Networks(tuple(weights), tuple(biases))


def disturbed(teachers):
    """A student close to each teacher: most differ from it most inside of Q."""
    stream = Stream("disturbed")
    return teachers.map(lambda array: array + 0.1 * (stream.uniform(*array.shape) - 0.5))


def certify(teachers, students, teacher_of=(0,), place=None, gap=1e-3, boxes=PLENTY, **options):
    if place is None:
        place = np.zeros((len(students), students.weights[0].shape[2]))
    return bracket(teachers, students, np.array(teacher_of), place, gap, boxes, **options)


def differences(teachers, students, points):
    return np.abs(forward(students, points) - forward(teachers, points))


def breakpoints(network):
    """Where a network of one variable, the first of a stack, may bend in Q, and Q's ends."""
    bends = np.array([-0.5, 0.5])
    for depth in range(1, len(network.weights)):
        arrays = network.weights[:depth], network.biases[:depth]
        for neuron in range(network.biases[depth - 1].shape[1]):
            last = slice(neuron, neuron + 1)
            weights = *arrays[0][:-1], arrays[0][-1][:, last]
            biases = *arrays[1][:-1], arrays[1][-1][:, last]
            values = forward(Networks(weights, biases), bends[:, None])[0]
            left, right = values[:-1], values[1:]
            crossed = left * right < 0
            share = left[crossed] / (left - right)[crossed]
            new = bends[:-1][crossed] + share * np.diff(bends)[crossed]
            bends = np.unique(np.concatenate([bends, new]))
    return bends


def cone(height, steepness, centre):
    """height * max(0, 1 - steepness * |x - centre|₁), a bump of S1.4, by a network of depth 3."""
    dim = len(centre)
    first = np.repeat(np.eye(dim), 2, axis=0)
    ends = (np.array([1 / steepness, 0]) - np.asarray(centre)[:, None]).ravel()
    rises = steepness * np.tile([1.0, -2.0], dim)
    return Networks(
        (first[None], rises[None, None], np.array([[[height]]])),
        (ends[None], np.array([[1.0 - dim]]), np.zeros((1, 1))),
    )


@settings(derandomize=True)
@given(st.integers(1, 4), ARCHITECTURES, ARCHITECTURES, st.integers(0, 10), st.integers(0, 8))
def test_a_form_contains_the_difference_on_its_box(dim, learner, teacher, name, level):
    students, teachers = networks(dim, *learner, 1, f"s{name}"), networks(dim, *teacher, 1, "t")
    stream = Stream("boxes", dim=dim, name=name)
    halves = 0.5**level * stream.uniform(1, dim) / 2
    centres = uniform_points(stream, 1, dim) * (1 - 2 * halves)
    inside = 2 * uniform_points(stream, 300, dim)
    inside[100:] = inside[100:].round()  # corners, and the middles of sides
    difference = (
        forward(students, centres + halves * inside) - forward(teachers, centres + halves * inside)
    )[0]
    pair = Pair(teachers, 0, students, 0)
    middle, slope, error = pair.forms(centres, halves)
    assert (np.abs(difference - middle - inside @ slope[0]) <= error + pair.rounding).all()
    bound, corner = pair.bounds(centres, halves)
    assert (np.abs(difference) <= bound).all()
    at_corner = middle + (slope * np.sign(corner - centres)).sum(1)
    np.testing.assert_allclose(np.abs(at_corner) + error + pair.rounding, bound, rtol=1e-12)
    np.testing.assert_allclose(np.abs(corner - centres), halves, rtol=1e-9)


def test_a_form_is_the_difference_where_no_neuron_changes_sign():
    students, teachers = networks(3, 4, 6, 1, "s"), networks(3, 5, 4, 1, "t")
    pair = Pair(teachers, 0, students, 0)
    centres = uniform_points(Stream("boxes"), 50, 3)
    _, slope, error = pair.forms(centres, np.full_like(centres, 1e-6))
    stable = error == 0
    assert stable.sum() > 40
    moved = centres + 1e-6 * np.array([1.0, -1.0, 1.0])
    here, there = (forward(students, x) - forward(teachers, x) for x in (centres, moved))
    change = slope @ np.array([1.0, -1.0, 1.0])
    np.testing.assert_allclose((there - here)[0, stable], change[stable], atol=1e-14)


def test_an_unstable_neuron_costs_half_the_triangle():
    """|x|: ReLU of x and of -x, each between x/2 and x/2 + 1/4 on [-1/2, 1/2], add up to 0 .. 1/2.

    On [-1/4, 1/2] they lie above the line 2z/3, and z/3, and by up to 1/6 further up.
    """
    absolute = Networks(
        (np.array([[[1.0], [-1.0]]]), np.ones((1, 1, 2))), (np.zeros((1, 2)), np.zeros((1, 1)))
    )
    zero = Networks((np.zeros((1, 1, 1)),), (np.zeros((1, 1)),))
    boxes = np.array([[0.0], [0.125]]), np.array([[0.5], [0.375]])
    middle, slope, error = Pair(zero, 0, absolute, 0).forms(*boxes)
    np.testing.assert_allclose(middle, [0.25, 1 / 24 + 1 / 6])
    np.testing.assert_allclose(slope[:, 0], [0, 1 / 8])
    np.testing.assert_allclose(error, [0.25, 1 / 6])


@pytest.mark.parametrize("learner", [(5, 8), (1, 1), (2, 9), None])
def test_the_maximum_over_an_interval_is_bracketed(learner):
    """The difference is largest at a breakpoint; without an architecture, students are close."""
    teachers = networks(1, 5, 6, 2, "t")
    of = np.arange(8) % 2
    students = networks(1, *learner, 8, "s") if learner else disturbed(teachers[of])
    found = certify(teachers, students, of, gap=1e-6)
    for k in range(8):
        student, target = students[k : k + 1], teachers[of[k] : of[k] + 1]
        points = np.concatenate([breakpoints(student), breakpoints(target)])[:, None]
        exact = differences(target, student, points).max()
        assert found.low[k] <= exact * (1 + 1e-12)
        assert exact <= found.high[k] <= found.low[k] * (1 + 1e-6)
        attained = differences(target, student, found.place[k : k + 1])[0]
        np.testing.assert_allclose(attained, found.low[k : k + 1], rtol=1e-12)


@pytest.mark.parametrize("gap", [1e-1, 1e-3, 1e-9])
@pytest.mark.parametrize(("centre", "steepness"), [((0.3, -0.2), 8), ((-0.1, 0.25, 0.4), 4)])
@pytest.mark.parametrize("height", [0.3, -2.0])
def test_a_cone_on_top_of_a_teacher_is_found(gap, centre, steepness, height):
    """S1.4: the bump is at most its height, which it has at its centre alone."""
    teachers = networks(len(centre), 3, 4)
    students = side_by_side(teachers, cone(height, steepness, centre))
    found = certify(teachers, students, gap=gap)
    assert abs(height) * (1 - 1e-12) <= found.high[0] <= found.low[0] * (1 + gap)
    assert found.low[0] <= abs(height) * (1 + 1e-12)
    np.testing.assert_allclose(found.place[0], centre, atol=2 * gap / steepness)


@pytest.mark.parametrize("dim", [2, 3])
def test_no_point_has_a_larger_difference(dim):
    """Of students that are close to their teachers, and of others."""
    teachers = random_teachers(4, dim, 5, 16, np.inf, 0.5)
    of = np.array([2, 0, 3, 1])
    for students in (disturbed(teachers[of]), networks(dim, 4, 12, 4)):
        found = certify(teachers, students, of)
        points = uniform_points(Stream("points", dim=dim), 20_000, dim)
        largest = differences(teachers[of], students, points).max(1)
        assert (largest <= found.high).all()
        assert (found.high <= found.low * (1 + 1e-3)).all()
        attained = np.diag(differences(teachers[of], students, found.place))
        np.testing.assert_allclose(found.low, attained, rtol=1e-12)
        assert (np.abs(found.place) <= 0.5).all()


@pytest.mark.parametrize("boxes", [1, 2, 3, 50, 500])
def test_a_spent_budget_leaves_an_honest_bracket(boxes):
    teachers = networks(3, 5, 12)
    students = disturbed(teachers[[0, 0, 0]])
    exact = certify(teachers, students, [0, 0, 0], gap=1e-9)
    place = np.array([[0.5, 0.5, 0.5], [0.1, 0.2, 0.3], *exact.place[2:]])
    found = certify(teachers, students, [0, 0, 0], place, gap=0, boxes=boxes)
    assert (found.boxes <= boxes).all()
    assert (found.boxes > boxes - 2).all()
    assert (found.low <= exact.high).all()
    assert (exact.low <= found.high).all()
    known = np.diag(differences(teachers[[0, 0, 0]], students, place))
    assert (found.low >= known * (1 - 1e-12)).all()
    assert found.low[2] == exact.low[2]


def test_a_larger_budget_gives_a_narrower_bracket():
    teachers = networks(3, 5, 12)[[0] * 8]
    students, of = disturbed(teachers), np.arange(8)
    budgets = (1, 20, 400, 4000)
    found = [certify(teachers, students, of, gap=0, boxes=boxes) for boxes in budgets]
    lows, highs = np.array([(b.low, b.high) for b in found]).swapaxes(0, 1)
    assert (np.diff(lows, axis=0) >= 0).all()
    assert (np.diff(highs, axis=0) < 0).all()
    assert (highs[0] - lows[0] > 30 * (highs[-1] - lows[-1])).all()


def test_what_is_enough_ends_the_search_early_and_no_other():
    teachers = networks(3, 5, 12)
    students = disturbed(teachers[[0, 0, 0]])
    exact = certify(teachers, students, [0, 0, 0], gap=1e-9)
    enough = exact.high * np.array([2.0, 1.2, 0.5])
    found = certify(teachers, students, [0, 0, 0], enough=enough)
    assert (exact.low <= found.high).all()
    assert (found.high <= [enough[0], enough[1], found.low[2] * (1 + 1e-3)]).all()
    without = certify(teachers, students, [0, 0, 0])
    assert (found.boxes[:2] < without.boxes[:2]).all()
    assert found.boxes[2] == without.boxes[2]
    whole = certify(teachers, students, [0, 0, 0], enough=1e9)
    assert (whole.boxes == 1).all()


def test_a_student_that_is_its_teacher_has_no_error():
    teachers = networks(2, 4, 6)
    found = certify(teachers, teachers, boxes=4000)
    assert found.low[0] == 0
    assert 0 < found.high[0] < 0.05


@pytest.mark.parametrize("size", [1, 1e-12])
def test_a_search_without_a_gap_ends_at_rounding(size):
    """Also where the difference is smaller than what rounding may have done."""
    teachers = networks(1, 3, 6)
    students = side_by_side(teachers, cone(size, 4, (0.1,)))
    found = certify(teachers, students, gap=0)
    assert found.boxes[0] < 1000
    assert size <= found.high[0] <= found.low[0] + 3 * Pair(teachers, 0, students, 0).rounding


def test_students_that_are_not_finite_have_no_bracket():
    teachers, students = networks(2, 3, 4, 1, "t"), networks(2, 3, 4, 4, "s")
    students.weights[1][0, 0, 0] = np.nan
    students.biases[2][1, 0] = np.inf
    students.biases[1][2, 0] = -np.inf  # the neuron is off, and the student finite
    found = certify(teachers, students, [0] * 4)
    np.testing.assert_array_equal(found.low[:2], np.inf)
    np.testing.assert_array_equal(found.high[:3], np.inf)
    np.testing.assert_array_equal(found.boxes[:3], 0)
    assert np.isnan(found.place[:2]).all()
    assert np.isfinite(found.low[2:]).all()
    assert np.isfinite(found.place[2:]).all()
    assert found.high[3] <= found.low[3] * (1 + 1e-3)


def test_neither_threads_nor_companions_have_a_say():
    teachers = networks(3, 5, 12, 2)
    of = [0, 1, 1, 0, 1]
    students = disturbed(teachers[of])
    alone = [certify(teachers, students[k : k + 1], of[k : k + 1]) for k in range(5)]
    for threads in (1, 4):
        found = certify(teachers, students, of, threads=threads)
        for name, array in vars(found).items():
            one_by_one = np.concatenate([getattr(b, name) for b in alone])
            np.testing.assert_array_equal(array, one_by_one)


def test_no_students_have_no_brackets():
    teachers = networks(2, 3, 4)
    found = certify(teachers, teachers[:0], [])
    assert found.high.shape == (0,)
    assert found.place.shape == (0, 2)


@settings(derandomize=True, max_examples=40)
@given(st.integers(1, 3), ARCHITECTURES, st.integers(0, 10))
def test_rounding_is_accounted_for(dim, architecture, name):
    """At a point, a form is the value of the networks; exact fractions say what that is."""
    students, teachers = networks(dim, *architecture, 1, f"s{name}"), networks(dim, 2, 3)
    pair, points = Pair(teachers, 0, students, 0), uniform_points(Stream("points"), 5, dim)
    for point, distance in zip(points, pair.distances(points), strict=True):
        exact = abs(exactly(students, point) - exactly(teachers, point))
        assert abs(exact - Fraction(float(distance))) <= Fraction(pair.rounding)
    assert pair.rounding < 1e-8


def exactly(network, point):
    """The value of a network, the first of a stack, in rational numbers."""
    values = list(map(Fraction, point.tolist()))
    for layer, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        inputs = values if layer == 0 else [max(value, 0) for value in values]
        values = [
            sum(map(operator.mul, map(Fraction, row), inputs)) + Fraction(shift)
            for row, shift in zip(weight[0].tolist(), bias[0].tolist(), strict=True)
        ]
    return values[0]
