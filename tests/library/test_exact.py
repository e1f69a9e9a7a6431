"""Exact errors for d = 1 against closed forms, rational arithmetic and dense evaluation."""

import itertools
import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import block_diag

from supnorm.errors import exact
from supnorm.errors.exact import PiecewiseLinear, exact_errors, piecewise_linear
from supnorm.errors.sampled import sampled_errors
from supnorm.networks import Networks, concatenate, forward
from supnorm.packed import values
from supnorm.streams import Stream
from supnorm.uniform.teachers import random_teachers

NORMS = ("1", "2", "inf")
deterministic = settings(derandomize=True)


@pytest.fixture(params=["kernels", "torch"])
def by(request, monkeypatch):
    """Both ways of computing layers."""
    if request.param == "torch":
        monkeypatch.setattr(exact, "KERNELS_WIDTH", 0)


def network(*layers):
    """A network [(A, b), ...] as a stack of one."""
    weights, biases = zip(*layers, strict=True)
    return Networks(
        *(tuple(np.array(array, float)[None] for array in kind) for kind in (weights, biases))
    )


def constant(value):
    return network(([[0.0]], [value]))


def hat(height, half_width, centre):
    """height (1 - |x - centre| / half_width)_+, by the two neurons of S1.4 and one behind them."""
    slope = 1 / half_width
    return network(
        ([[1], [1]], [half_width - centre, -centre]),
        ([[slope, -2 * slope], [0, 0]], [0, 0]),
        ([[height, 0]], [0]),
    )


def sawtooth(k):
    """T^k of S3.1, moved from [0, 1] to Q."""
    layers, weight, bias = [], np.ones((1, 1)), 0.5
    for _ in range(k):
        layers.append((np.repeat(weight, 2, axis=0), [bias, bias - 0.5]))
        weight, bias = np.array([[2, -4]]), 0
    return network(*layers, (weight, [0]))


def drawn(seed, depth, width, step=0.0):
    """A random network; where its parameters are multiples of a step, much coincides."""
    rng = np.random.default_rng(seed)
    layers = []
    for inputs, outputs in itertools.pairwise([1, *[width] * (depth - 1), 1]):
        weight, bias = rng.uniform(-2, 2, (outputs, inputs)), rng.uniform(-1, 1, outputs)
        if step:
            weight, bias = step * np.round(weight / step), step * np.round(bias / step)
        layers.append((weight, bias))
    return network(*layers)


def side_by_side(first, second):
    """The sum of two networks of one depth, as one network."""
    first_layers, second_layers = (
        [(weight[0], bias[0]) for weight, bias in zip(n.weights, n.biases, strict=True)]
        for n in (first, second)
    )
    layers = [
        (block_diag(a, b), np.concatenate([c, d]))
        for (a, c), (b, d) in zip(first_layers, second_layers, strict=True)
    ]
    (weight, bias), *middle, (last_weight, last_bias) = layers
    last = last_weight.sum(axis=0, keepdims=True), last_bias.sum(keepdims=True)
    return network((weight.sum(axis=1, keepdims=True), bias), *middle, last)


def errors(teacher, student):
    """The three errors of one student, and the place of the largest."""
    found = exact_errors(teacher, student, np.array([0]))
    return *(found.norms[p][0] for p in NORMS), found.place[0, 0]


@pytest.mark.parametrize("centre", [0.1, -0.2371])
@pytest.mark.parametrize("half_width", [0.25, 1e-3, 1e-6, 1e-9])
@pytest.mark.usefixtures("by")
def test_a_hat_has_the_norms_of_its_integrals(half_width, centre):
    one, two, largest, place = errors(constant(0), hat(3, half_width, centre))
    rounding = 1e-15 / half_width
    assert one == pytest.approx(3 * half_width, rel=rounding)
    assert two == pytest.approx(3 * math.sqrt(2 * half_width / 3), rel=rounding)
    assert largest == pytest.approx(3, rel=rounding)
    assert place == pytest.approx(centre, abs=1e-15)


@pytest.mark.parametrize("half_width", [1e-6, 1e-9])
def test_a_bump_is_found_where_sampling_misses_it(half_width):
    teacher = drawn(1, 3, 8)
    student = side_by_side(teacher, hat(3, half_width, 0.1))
    one, two, largest, place = errors(teacher, student)
    assert largest == pytest.approx(3, rel=1e-15 / half_width)
    assert place == pytest.approx(0.1, abs=half_width * 1e-6)
    assert one == pytest.approx(3 * half_width, rel=1e-6)
    assert two == pytest.approx(3 * math.sqrt(2 * half_width / 3), rel=1e-6)
    stream = Stream("evaluation", dim=1)
    sampled = sampled_errors(teacher, student, np.array([0]), 2**14, stream)
    assert sampled.norms["inf"][0] < 1e-12


@pytest.mark.parametrize("k", [1, 2, 5, 10])
@pytest.mark.usefixtures("by")
def test_a_sawtooth_has_its_pieces_and_no_more(k):
    (found,) = piecewise_linear(sawtooth(k))
    assert (found.places == np.arange(2**k + 1) / 2**k - 0.5).all()
    assert (found.values == np.arange(2**k + 1) % 2).all()
    one, two, largest, _ = errors(constant(0), sawtooth(k))
    assert (one, two, largest) == pytest.approx((1 / 2, 3**-0.5, 1), rel=1e-14)
    # S3.4: what the constant 1/2 attains.
    one, two, largest, _ = errors(constant(0.5), sawtooth(k))
    assert (one, two, largest) == pytest.approx((1 / 4, 12**-0.5, 1 / 2), rel=1e-14)


ANY = st.builds(
    drawn,
    seed=st.integers(0, 10**6),
    depth=st.integers(1, 5),
    width=st.integers(1, 9),
    step=st.sampled_from([0, 0.25, 1]),
)


@given(ANY)
@deterministic
def test_a_network_is_affine_between_breakpoints_and_has_its_values_there(some):
    (found,) = piecewise_linear(some)
    places, lengths = found.places, np.diff(found.places)
    assert (places[0], places[-1]) == (-0.5, 0.5)
    assert (lengths > 0).all()
    depth, width = len(some.weights), some.weights[0].shape[1]
    assert len(lengths) <= (width + 1) ** (depth - 1)
    tolerance = {"rtol": 0, "atol": 1e-12 * (1 + np.abs(found.values).max())}
    np.testing.assert_allclose(found.values, values(some, places[:, None])[0], **tolerance)
    inside = (places[:-1, None] + np.linspace(0, 1, 9) * lengths[:, None]).ravel()
    np.testing.assert_allclose(found.at(inside), forward(some, inside[:, None])[0], **tolerance)


@given(ANY, ANY)
@deterministic
def test_the_uniform_error_is_attained_and_no_grid_exceeds_it(teacher, student):
    _, _, largest, place = errors(teacher, student)
    around = place + np.linspace(-1, 1, 99) * 1e-5
    grid = np.concatenate([[place], np.linspace(-0.5, 0.5, 3001), around[np.abs(around) <= 0.5]])
    wanted, learned = (forward(n, grid[:, None])[0] for n in (teacher, student))
    rounding = 1e-12 * (1 + np.abs(wanted).max() + np.abs(learned).max())
    error = np.abs(wanted - learned)
    assert largest == pytest.approx(error[0], abs=rounding)
    assert error.max() <= largest + rounding


def rational(some):
    """The pieces (start, end, slope, offset) of a network, in rational arithmetic."""
    pieces = [(Fraction(-1, 2), Fraction(1, 2), [(Fraction(1), Fraction(0))])]
    for layer, (weight, bias) in enumerate(zip(some.weights, some.biases, strict=True)):
        if layer > 0:
            pieces = [part for piece in pieces for part in rectified(*piece)]
        weight, bias = (np.vectorize(Fraction, otypes=[object])(a[0]) for a in (weight, bias))
        pieces = [
            (
                start,
                end,
                [
                    (row @ [slope for slope, _ in forms], row @ [offset for _, offset in forms] + b)
                    for row, b in zip(weight, bias, strict=True)
                ],
            )
            for start, end, forms in pieces
        ]
    return [(start, end, *form) for start, end, (form,) in pieces]


def rectified(start, end, forms):
    """The parts of a piece on which the ReLU of each affine form is affine."""
    roots = {-offset / slope for slope, offset in forms if slope != 0}
    places = sorted({start, end, *(root for root in roots if start < root < end)})
    for left, right in itertools.pairwise(places):
        middle = (left + right) / 2
        positive = [slope * middle + offset > 0 for slope, offset in forms]
        yield left, right, [(p * s, p * c) for p, (s, c) in zip(positive, forms, strict=True)]


def rational_errors(teacher, student):
    """The three errors, by an integral over each piece of constant sign."""
    one, two, largest = Fraction(0), Fraction(0), Fraction(0)
    for (a, b, s, c), (e, f, t, g) in itertools.product(rational(teacher), rational(student)):
        if max(a, e) >= min(b, f):
            continue
        slope, offset = t - s, g - c
        for left, right, _ in rectified(max(a, e), min(b, f), [(slope, offset)]):
            y, z = (abs(slope * x + offset) for x in (left, right))
            one += (right - left) * (y + z) / 2
            two += (right - left) * (y * y + y * z + z * z) / 3
            largest = max(largest, y, z)
    return float(one), math.sqrt(two), float(largest)


COARSE = st.builds(
    drawn,
    seed=st.integers(0, 10**6),
    depth=st.integers(1, 4),
    width=st.integers(1, 4),
    step=st.sampled_from([0.25, 0.5]),
)


@given(COARSE, COARSE)
@settings(deterministic, max_examples=50)
def test_errors_are_those_of_rational_arithmetic(teacher, student):
    *found, _ = errors(teacher, student)
    assert found == pytest.approx(rational_errors(teacher, student), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("changed", [slice(0, 1), slice(1, 2)])
def test_norms_of_a_function_that_changes_its_sign(changed):
    values_there = np.array([1.0, 3.0])
    values_there[changed] *= -1
    line = PiecewiseLinear(np.array([-0.5, 0.5]), values_there)
    # Two triangles, of heights 1 and 3 over 1/4 and 3/4 of the length.
    assert line.norm("1") == pytest.approx(5 / 4, rel=1e-15)
    assert line.norm("2") == pytest.approx(math.sqrt(7 / 3), rel=1e-15)
    assert (line.norm("inf"), line.farthest()) == (3, 0.5)


def test_a_network_has_no_error_against_itself():
    teacher = random_teachers(1, 1, 5, 32, np.inf, 0.5)
    assert errors(teacher, teacher)[:3] == (0, 0, 0)


def test_dead_neurons_and_zero_layers_are_no_trouble():
    dead = network(([[1], [1], [0]], [-7, -9, 0]), ([[1, 1, 1]], [2]))
    zero = network(([[1]] * 2, [0.25, -0.25]), (np.zeros((2, 2)), [0, 0]), ([[1, 1]], [2]))
    for some in (dead, zero):
        assert errors(constant(2), some)[:3] == (0, 0, 0)
        assert errors(constant(1.5), some)[:3] == pytest.approx((0.5, 0.5, 0.5))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200, 1e308])
@pytest.mark.usefixtures("by")
def test_a_student_that_is_not_finite_has_infinite_errors(bad):
    teacher, good = drawn(0, 4, 5), drawn(1, 4, 5)
    with np.errstate(over="ignore"):
        broken = good.map(lambda array: array * bad)
    students = concatenate([good, broken, good])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = exact_errors(teacher, students, np.array([0, 0, 0]))
    for norm in NORMS:
        assert np.isfinite(found.norms[norm]).tolist() == [True, False, True]
        assert found.norms[norm][1] == np.inf
    assert np.isnan(found.place).tolist() == [[False], [True], [False]]


def test_a_student_that_overflows_inside_has_infinite_errors():
    student = network(([[-1.7e308]], [8.5e307]), ([[-2]], [1]), ([[1]], [0]))
    assert errors(constant(0), student)[:3] == (np.inf,) * 3


def test_a_crossing_never_leaves_its_piece():
    ends = Stream("test").uniform(100, 2) * [-0.5, 0.001]
    ends = ends[ends[:, 0] + (ends[:, 1] - ends[:, 0]) > ends[:, 1]]
    assert len(ends) > 10
    for places in ends:
        found, _ = exact._with_crossings(np, places, np.array([[1.0], [-1e-300]]))
        assert (found == places).all()


def test_each_student_meets_its_own_teacher():
    teachers, students = (concatenate(list(map(constant, some))) for some in ((1, 5), (5, 1, 2)))
    found = exact_errors(teachers, students, np.array([1, 0, 1]))
    assert found.norms["inf"].tolist() == [0, 0, 3]


def test_bits_depend_neither_on_companions_nor_on_threads():
    teachers, students = (random_teachers(n, 1, 5, 32, np.inf, c) for n, c in ((2, 0.5), (5, 0.6)))
    wanted = np.array([0, 1, 1, 0, 1])
    together = exact_errors(teachers, students, wanted, threads=2)
    for k in range(5):
        alone = exact_errors(teachers, students[[k]], wanted[[k]])
        assert [alone.norms[p][0] for p in NORMS] == [together.norms[p][k] for p in NORMS]
        assert alone.place[0] == together.place[k]


@pytest.mark.usefixtures("by")
def test_some_pieces_at_a_time_are_all_pieces(monkeypatch):
    student = drawn(3, 5, 20)
    (whole,) = piecewise_linear(student)
    assert len(whole.places) > 50
    monkeypatch.setitem(exact.PIECES, "cpu", 7)
    (parts,) = piecewise_linear(student)
    np.testing.assert_allclose(parts.places, whole.places, rtol=0, atol=1e-13)
    np.testing.assert_allclose(parts.values, whole.values, rtol=1e-13, atol=1e-13)


def test_torch_and_the_kernels_agree(monkeypatch):
    teacher, student = random_teachers(1, 1, 5, 32, np.inf, 0.5), drawn(3, 5, 20)
    by_kernels = errors(teacher, student)
    monkeypatch.setattr(exact, "KERNELS_WIDTH", 0)
    assert errors(teacher, student) == pytest.approx(by_kernels, rel=1e-12)


def test_more_inputs_than_one_are_refused():
    with pytest.raises(ValueError, match="found 3"):
        piecewise_linear(random_teachers(1, 3, 3, 4, np.inf, 0.5))
