"""The bounds against the tables of theory.md and against each other."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from supnorm.uniform.theory.bounds import (
    NetworkClass,
    admissible_actives,
    admissible_actives_sharp,
    bump_height,
    bump_norm,
    integer_root,
    lipschitz,
    log10_samples_needed,
    log10_samples_sufficient,
    lower_bound,
    lower_bound_sharp,
    lower_bound_sharp_randomised,
    omega,
    rate,
    two_sided_constants,
    upper_bound,
    upper_bound_centres,
    zero_sample_error,
)

INF = math.inf
SAMPLES = (10**2, 10**3, 10**4, 10**5)

EXPONENTS = (1, 1.3, 2, 3, 10, INF)
CLASSES = st.builds(
    NetworkClass,
    dim=st.integers(1, 6),
    depth=st.integers(3, 7),
    width=st.integers(3, 40),
    q=st.sampled_from(EXPONENTS),
    c=st.floats(0.2, 3),
)
deterministic = settings(derandomize=True)


def experiment(dim):
    """The class of the experiments (S1.19)."""
    return NetworkClass(dim, depth=5, width=32, q=INF, c=0.5)


def to_digits_of(printed, value):
    """The value, rounded to as many significant digits as the printed number shows."""
    digits = len(printed.split("e")[0].replace(".", "").lstrip("0"))
    return float(f"{value:.{digits - 1}e}")


def assert_row(printed, values):
    for number, value in zip(printed.split(), values, strict=True):
        assert to_digits_of(number, value) == float(number)


# Tables of S1.19


@pytest.mark.parametrize(
    ("dims", "p", "active", "constant", "printed"),
    [
        ((1, 3), INF, 1, "21.333", "2.13e-1 2.13e-2 2.13e-3 2.13e-4"),
        ((1, 3), 2, 1, "3.771", "3.77e-3 1.19e-4 3.77e-6 1.19e-7"),
        ((1, 3), 1, 1, "0.6667", "6.67e-5 6.67e-7 6.67e-9 6.67e-11"),
        ((3,), INF, 3, "7.111", "1.53 0.711 0.330 0.153"),
        ((3,), 2, 3, "7.56e-3", "1.63e-4 2.39e-5 3.51e-6 5.15e-7"),
        ((3,), 1, 3, "8.04e-6", "1.73e-8 8.04e-10 3.73e-11 1.73e-12"),
        ((3,), INF, 2, "10.667", "1.07 0.337 0.107 0.0337"),
        ((3,), 2, 2, "0.1667", "1.67e-3 1.67e-4 1.67e-5 1.67e-6"),
        ((3,), 1, 2, "2.604e-3", "2.60e-6 8.24e-8 2.60e-9 8.24e-11"),
    ],
)
def test_lower_bound_table(dims, p, active, constant, printed):
    for dim in dims:
        cls = experiment(dim)
        assert_row(constant, [lower_bound(cls, 1, p, active)])
        assert_row(printed, [lower_bound(cls, m, p, active) for m in SAMPLES])


@pytest.mark.parametrize(
    ("dims", "p", "active", "printed"),
    [
        ((1, 3), INF, 1, "40.6 4.09 0.410 0.0410"),
        ((1, 3), 2, 1, "2.33 7.47e-2 2.36e-3 7.48e-5"),
        ((1, 3), 1, 1, "0.201 2.04e-3 2.05e-5 2.05e-7"),
        ((3,), INF, 3, "154 69.8 34.9 16.3"),
        ((3,), 2, 3, "1.77 0.247 4.37e-2 6.55e-3"),
        ((3,), 1, 3, "5.12e-2 2.19e-3 1.37e-4 6.56e-6"),
    ],
)
def test_sharp_lower_bound_table(dims, p, active, printed):
    for dim in dims:
        assert_row(printed, [lower_bound_sharp(experiment(dim), m, p, active) for m in SAMPLES])


@pytest.mark.parametrize(("active", "expected"), [(1, (2.56, 0.256)), (3, (36.9, 17.1))])
def test_randomised_lower_bound_table(active, expected):
    values = [lower_bound_sharp_randomised(experiment(3), m, INF, active) for m in (100, 1000)]
    assert values == pytest.approx(expected, rel=6e-3)  # the table has t = 2 at s = 1


@pytest.mark.parametrize(
    ("dim", "theorem", "centres"),
    [
        (1, "655 65.5 6.55 0.655", "164 16.4 1.64 0.164"),
        (3, "42358 19661 9126 4236", "12288 4915 2341 1069"),
    ],
)
def test_upper_bound_tables(dim, theorem, centres):
    cls = experiment(dim)
    assert_row(theorem, [upper_bound(cls, m) for m in SAMPLES])
    assert_row(centres, [upper_bound_centres(cls, m) for m in SAMPLES])


def test_class_constants_of_the_experiment():
    assert omega(experiment(3), 1) == pytest.approx(2**15 / 48)  # 682.67
    assert [zero_sample_error(experiment(d)) for d in (1, 3)] == [51336.5, 84104.5]
    for d in (1, 3):
        assert lipschitz(experiment(d)) == pytest.approx(32768 * math.sqrt(d))
        assert upper_bound_centres(experiment(d), 1) == pytest.approx(16384 * d)


@pytest.mark.parametrize(("p", "crossover"), [(INF, 5.2), (2, 1.11e4), (1, 2.39e7)])
def test_three_active_coordinates_win_from_the_crossover_on(p, crossover):
    def gain(samples):
        return lower_bound(experiment(3), samples, p, 3) / lower_bound(experiment(3), samples, p, 1)

    assert gain(math.floor(crossover * 0.99)) < 1 < gain(math.ceil(crossover * 1.01))


@pytest.mark.parametrize(("dim", "first"), [(1, 2), (3, 13)])
def test_theorem_beats_zero_samples_from(dim, first):
    cls = experiment(dim)
    assert upper_bound(cls, first) < zero_sample_error(cls) < upper_bound(cls, first - 1)
    one_sample = upper_bound_centres(cls, 1)
    assert upper_bound(cls, 4**dim + 1) < one_sample < upper_bound(cls, 4**dim - 1)


# Numbers of samples, constants


def test_worked_example():
    """S1.12: more samples than atoms in the universe."""

    def needed(dim, depth):
        cls = NetworkClass(dim, depth, 3 * dim, INF, 2)
        return log10_samples_needed(cls, 1 / 1024, INF, dim)

    assert needed(15, 7) == pytest.approx(120 * math.log10(2) + 75 * math.log10(45))
    assert needed(15, 7) == pytest.approx(160.1, abs=0.05)
    assert needed(8, 7) < 80 < needed(9, 7)
    assert needed(15, 4) < 80 < needed(15, 5)


@given(CLASSES, st.integers(1, 10**12), st.sampled_from(EXPONENTS))
@deterministic
def test_samples_needed_inverts_the_lower_bound(cls, samples, p):
    for s in admissible_actives(cls):
        error = lower_bound(cls, samples, p, s)
        needed = log10_samples_needed(cls, error, p, s)
        assert needed == pytest.approx(math.log10(samples), abs=1e-9)
        assert needed <= log10_samples_sufficient(cls, error)


@given(CLASSES, st.floats(1e-3, 1e3))
@deterministic
def test_sufficient_samples_fill_whole_cubes(cls, error):
    side = round(10 ** (log10_samples_sufficient(cls, error) / cls.dim))
    assume(side < 1e9)
    reach = math.sqrt(cls.dim) * lipschitz(cls)  # of one sample in a unit cube (S1.15)
    assert reach / side <= error * (1 + 1e-9)
    assert side == 1 or reach / (side - 1) > error


def test_sufficient_samples_are_exact_where_the_side_is_whole():
    cls = NetworkClass(3, 4, 9, INF, 1.0)  # sqrt(d) Lip = 3 * 9^3
    assert log10_samples_sufficient(cls, 3.0) == pytest.approx(3 * math.log10(729))


@pytest.mark.parametrize("q", EXPONENTS)
def test_two_sided_constants(q):
    """S1.18, with its two cases written out."""
    for d, depth, c in [(1, 3, 0.5), (3, 5, 0.5), (15, 7, 2.0)]:
        excess = 1 - 2 / q
        if q > 2:
            lower = c**depth * (3 * d) ** ((depth - 1) * excess) / (1536 * d)
            upper = 2 * d**0.5 * c**depth * (d**0.5 * (3 * d) ** (depth - 1)) ** excess
            ratio = 3072 * d**1.5 * d ** (0.5 - 1 / q)
        else:
            lower = c**depth * d ** (-2 / q) / (256 * 3 ** (2 / q))
            upper = 2 * d**0.5 * c**depth
            ratio = 512 * 3 ** (2 / q) * d ** (0.5 + 2 / q)
        assert two_sided_constants(d, depth, c, q) == pytest.approx((lower, upper))
        assert upper / lower == pytest.approx(ratio)
        cls = NetworkClass(d, depth, 3 * d, q, c)
        for m in (1, 1000):
            assert lower_bound(cls, m, INF, d) == pytest.approx(lower * m ** (-1 / d))
            assert upper_bound(cls, m) == pytest.approx(upper * m ** (-1 / d))


def test_rate_is_the_plotted_line():
    assert [rate(1, 100, p) for p in (INF, 2, 1)] == pytest.approx([1e-2, 1e-3, 1e-4])
    assert [rate(3, 1000, p) for p in (INF, 2, 1)] == pytest.approx([1e-1, 10**-2.5, 1e-4])
    for p in EXPONENTS:
        cls = experiment(3)
        fall = lower_bound(cls, 500, p, 3) / lower_bound(cls, 1, p, 3)
        assert rate(3, 500, p) == pytest.approx(fall)


# Shape of the bounds


def test_cases_meet_at_q_2_up_to_the_known_factor():
    """c^L/24 from below and c^L/48 from above (S1.7, S1.9); heights and slopes are continuous."""
    below, at, above = (NetworkClass(3, 5, 32, q, 0.5) for q in (2 - 1e-9, 2, 2 + 1e-9))
    assert omega(at, 3) == pytest.approx(0.5**5 / 24)
    assert omega(below, 3) == pytest.approx(omega(at, 3))
    assert omega(above, 3) == pytest.approx(omega(at, 3) / 2)
    for s in (1, 2, 3):
        heights = [bump_height(cls, s, 8) for cls in (below, at, above)]
        assert heights == pytest.approx([heights[1]] * 3)
    assert lipschitz(below) == pytest.approx(lipschitz(above)) == 0.5**5


def bounds(cls, samples, p):
    """Every bound that the class admits, lower ones first."""
    lower = [lower_bound(cls, samples, p, s) for s in admissible_actives(cls)]
    for s in admissible_actives_sharp(cls):
        lower.append(lower_bound_sharp(cls, samples, p, s))
        lower.append(lower_bound_sharp_randomised(cls, samples, p, s))
    return lower, [upper_bound(cls, samples), upper_bound_centres(cls, samples)]


@given(CLASSES, st.integers(1, 10**6), st.sampled_from(EXPONENTS))
@deterministic
def test_lower_bounds_stay_below_upper_bounds(cls, samples, p):
    lower, upper = bounds(cls, samples, p)
    assert 0 < max(lower) <= min(upper)
    if cls.q == INF:
        assert max(lower) <= zero_sample_error(cls)


@given(CLASSES, st.integers(1, 10**6), st.sampled_from(EXPONENTS))
@deterministic
def test_sharp_forms_bracket_the_randomised_one(cls, samples, p):
    for s in admissible_actives(cls):
        plain = lower_bound(cls, samples, p, s)
        randomised = lower_bound_sharp_randomised(cls, samples, p, s)
        assert plain <= randomised <= lower_bound_sharp(cls, samples, p, s)


@given(CLASSES, st.integers(1, 10**5), st.sampled_from(EXPONENTS))
@deterministic
def test_bounds_fall_in_samples_and_grow_in_c(cls, samples, p):
    now = np.concatenate(bounds(cls, samples, p))
    assert np.all(np.concatenate(bounds(cls, 2**cls.dim * samples + 1, p)) <= now)
    doubled = np.concatenate(bounds(replace(cls, c=2 * cls.c), samples, p))
    np.testing.assert_allclose(doubled, 2**cls.depth * now, rtol=1e-9)


@given(CLASSES, st.integers(1, 10**5), st.sampled_from(EXPONENTS))
@deterministic
def test_width_matters_beyond_q_2_only(cls, samples, p):
    wider = replace(cls, width=2 * cls.width)
    s = admissible_actives(cls)[-1]
    for bound in (
        lambda cls: lower_bound(cls, samples, p, s),
        lambda cls: lower_bound_sharp(cls, samples, p, s),
        lambda cls: upper_bound(cls, samples),
    ):
        gain = bound(wider) / bound(cls)
        if cls.q <= 2:
            assert gain == pytest.approx(1)
        else:  # D may grow by more than 2, as it is rounded down
            assert gain >= 2 ** ((cls.depth - 1) * (1 - 2 / cls.q)) * (1 - 1e-9)


def test_lower_bound_scales_with_the_attached_copy():
    cls = experiment(3)
    assert lower_bound(cls, 99, 2, 3, attachment=0.3) == 0.3 * lower_bound(cls, 99, 2, 3)


@pytest.mark.parametrize("samples", [1, 7, 100, 10**5])
def test_gap_in_one_dimension_is_four(samples):
    """S1.18: centres against the exact bump, up to (m + 1) / m."""
    cls = experiment(1)
    gap = upper_bound_centres(cls, samples) / lower_bound_sharp(cls, samples, INF, 1)
    assert gap == pytest.approx(4 * (samples + 1) / samples)


def test_admissible_actives():
    assert list(admissible_actives(experiment(3))) == [1, 2, 3]
    for width, plain, sharp in [(1, 0, 0), (2, 0, 1), (3, 1, 1), (6, 2, 2), (8, 2, 2), (12, 3, 3)]:
        cls = NetworkClass(3, 3, width, INF, 1.0)
        assert list(admissible_actives(cls)) == list(range(1, plain + 1))
        assert list(admissible_actives_sharp(cls)) == list(range(1, sharp + 1))
    shallow = NetworkClass(3, 2, 32, INF, 1.0)
    assert not admissible_actives(shallow)
    assert not admissible_actives_sharp(shallow)


@pytest.mark.parametrize(("p", "active"), [(INF, 1), (2, 1), (1, 1), (INF, 2), (2, 3), (1, 3)])
@pytest.mark.parametrize("samples", [1, 4, 13, 50])
def test_randomised_bound_is_the_best_of_all_choices(samples, p, active):
    """S1.11 over a grid of every N and every floor(tm) that can matter."""
    cls = NetworkClass(3, 4, 20, 3, 0.7)
    first = integer_root(samples, active) + 1
    best = 0
    for side in range(first, 10 * first + 20):
        bump = bump_height(cls, active, 2 * side) * bump_norm(active, 2 * side, p)
        cells = side**active
        spent = np.arange(samples, min(cells, 20 * samples + 20))
        missed = (1 - samples / (spent + 1)) * (1 - spent / cells)
        best = max(best, missed.max() * bump)
    assert lower_bound_sharp_randomised(cls, samples, p, active) == pytest.approx(best)


# Exact roots, range, refusals


@given(st.integers(0, 10**40), st.integers(1, 40))
@deterministic
def test_integer_root_at_the_boundaries_of_powers(root, degree):
    power = root**degree
    assert integer_root(power, degree) == root
    assert integer_root((root + 1) ** degree - 1, degree) == root


def test_integer_root_where_floats_fail():
    assert int(1000 ** (1 / 3)) == 9
    assert integer_root(1000, 3) == 10
    assert upper_bound_centres(experiment(3), 1000) == pytest.approx(4915.2)


def test_extreme_classes_neither_overflow_nor_lose_the_scale():
    vast = NetworkClass(300, 400, 900, INF, 2.0)
    for value in (
        omega(vast, 300),
        lipschitz(vast),
        upper_bound(vast, 10),
        zero_sample_error(vast),
    ):
        assert value == INF
    assert log10_samples_needed(vast, 1e-3, INF, 300) == pytest.approx(
        300 * (400 * math.log10(2) + 399 * math.log10(900) - math.log10(48 * 32 * 300) + 3)
    )
    assert log10_samples_sufficient(vast, 1e-3) > log10_samples_needed(vast, 1e-3, INF, 300)
    assert lipschitz(NetworkClass(3, 350, 32, 2, 10.0)) == INF
    assert log10_samples_sufficient(NetworkClass(3, 5, 32, 2, 1e-100), 1.0) == 0
    small = NetworkClass(3, 200, 1000, INF, 0.01)  # c^L and B^(L-1) leave the floats, c B does not
    assert omega(small, 3) == pytest.approx(0.01 * 10.0**199 / 48)
    many = 10**900
    assert lower_bound(experiment(3), many, INF, 3) == pytest.approx(7.111e-300, rel=1e-3)
    assert lower_bound_sharp(experiment(3), many, INF, 3) == pytest.approx(384e-300, rel=1e-3)
    assert upper_bound_centres(experiment(3), many) == pytest.approx(49152e-300, rel=1e-3)
    assert lower_bound_sharp_randomised(experiment(1), many, INF, 1) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: NetworkClass(0, 5, 32, INF, 0.5), "dim is 0"),
        (lambda: NetworkClass(1, 0, 32, INF, 0.5), "depth is 0"),
        (lambda: NetworkClass(1, 5, 32.0, INF, 0.5), r"width is 32\.0"),
        (lambda: NetworkClass(1, 5, 32, 0.9, 0.5), r"q is 0\.9"),
        (lambda: NetworkClass(1, 5, 32, math.nan, 0.5), "q is nan"),
        (lambda: NetworkClass(1, 5, 32, INF, 0.0), r"c is 0\.0"),
        (lambda: NetworkClass(1, 5, 32, INF, INF), "c is inf"),
        (lambda: omega(experiment(3), 4), "active is 4, but this class admits 1 to 3"),
        (lambda: lower_bound(experiment(1), 10, 2, 2), "active is 2"),
        (lambda: lower_bound(experiment(1), 0, 2, 1), "samples is 0"),
        (lambda: lower_bound(experiment(1), 10, 0.5, 1), r"p is 0\.5"),
        (lambda: lower_bound_sharp(experiment(1), 1e2, 2, 1), r"samples is 100\.0"),
        (lambda: lower_bound_sharp(experiment(3), 10, 2, 0), "active is 0"),
        (lambda: lower_bound_sharp_randomised(experiment(3), 10, 2, 0), "active is 0"),
        (lambda: lower_bound_sharp_randomised(experiment(3), 10, 0, 1), "p is 0"),
        (lambda: bump_height(experiment(3), 1, 0.5), r"steepness is 0\.5"),
        (lambda: bump_norm(1, 1, 2), "steepness is 1"),
        (lambda: upper_bound(experiment(1), 0), "samples is 0"),
        (lambda: upper_bound_centres(experiment(1), 0), "samples is 0"),
        (lambda: log10_samples_needed(experiment(1), 0, 2, 1), "error is 0"),
        (lambda: log10_samples_sufficient(experiment(1), -1), "error is -1"),
        (lambda: two_sided_constants(3, 2, 1.0, INF), "active is 3"),
        (lambda: rate(1, 0, 2), "samples is 0"),
        (lambda: zero_sample_error(NetworkClass(1, 5, 32, 2, 0.5)), "q is 2"),
        (lambda: integer_root(-1, 2), "not defined"),
    ],
)
def test_refusals_name_what_was_found(call, message):
    with pytest.raises(ValueError, match=message):
        call()
