"""What learns a parity from samples: corners drawn, kernels, elimination."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supnorm.cube import corners, parity
from supnorm.parity.cube import directions, drawn_corners
from supnorm.parity.elimination import solve_parity
from supnorm.parity.kernel import errors_over_parities, interpolate, neural_tangent
from supnorm.parity.norms import elimination_probability, linear_floor

deterministic = settings(derandomize=True)


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_corners_are_in_the_order_of_the_product(dim):
    assert corners(dim).tolist() == [[*signs] for signs in product((1, -1), repeat=dim)]
    assert (directions(dim)[:, 0] == 1).all()
    both = np.vstack([directions(dim), -directions(dim)])
    assert {*map(tuple, both)} == {*map(tuple, corners(dim))}
    np.testing.assert_array_equal(parity(corners(dim)), [math.prod(row) for row in corners(dim)])


def test_drawn_corners_are_uniform_and_a_sample_begins_the_larger_one():
    points = drawn_corners(10000, 3, 4000)
    assert (drawn_corners(10000, 3, 17) == points[:17]).all()
    assert (drawn_corners(10001, 3, 17) != points[:17]).any()
    _, counts = np.unique(points, axis=0, return_counts=True)
    assert len(counts) == 8
    assert (np.abs(counts - 500) < 5 * math.sqrt(500 * 7 / 8)).all()
    # -1 where the top bit of the stream `corners;dim=3;seed=10000` is set
    assert points[:2].tolist() == [[-1, -1, 1], [-1, -1, 1]]


def labels_of(bits, points):
    return np.where(bits, points, 1).prod(axis=1)


@given(seed=st.integers(0, 10**6), dim=st.integers(1, 5), samples=st.integers(0, 9))
@deterministic
def test_elimination_agrees_with_trying_all_parities(seed, dim, samples):
    points = drawn_corners(seed, dim, samples)
    labels = labels_of(drawn_corners(seed + 1, dim, 1)[0] < 0, points)
    fitting = [
        bits
        for bits in product((False, True), repeat=dim)
        if (labels_of(np.array(bits), points) == labels).all()
    ]
    bits, determined = solve_parity(points, labels)
    assert tuple(bits) in fitting
    assert determined == (len(fitting) == 1)


def test_elimination_refuses_labels_of_no_parity():
    with pytest.raises(ValueError, match="no parity"):
        solve_parity(np.array([[1.0, 1.0]]), np.array([-1.0]))
    with pytest.raises(ValueError, match="no parity"):
        solve_parity(corners(2), np.array([1.0, -1.0, -1.0, -1.0]))


def test_open_coordinates_are_left_out():
    bits, determined = solve_parity(np.array([[-1.0, 1.0, -1.0]]), np.array([-1.0]))
    assert bits.tolist() == [True, False, False]
    assert not determined


def test_elimination_succeeds_as_often_as_predicted():
    dim, samples, draws = 5, 6, 2000
    points = drawn_corners(1, dim, samples * draws).reshape(draws, samples, dim)
    rate = np.mean([solve_parity(sample, parity(sample))[1] for sample in points])
    chance = elimination_probability(dim, samples)
    assert abs(rate - chance) < 4 * math.sqrt(chance * (1 - chance) / draws)


def test_the_kernel_has_the_eigenvalues_of_the_circle():
    """S4.4: the Fourier coefficients of the kernel as a function of the angle."""
    count = 4096
    angles = 2 * math.pi * np.arange(count) / count
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    values = np.fft.rfft(neural_tangent(circle[:1], circle)[0]).real / count
    expected = [0.5 + 6 / math.pi**2, (0.5 + 2 / math.pi**2)]
    expected += [
        2 / (math.pi * k) ** 2 if k % 2 else 2 * (k**2 + 3) / (math.pi * (k**2 - 1)) ** 2
        for k in range(2, 9)
    ]
    np.testing.assert_allclose(values[:9], expected, rtol=2e-4)


def test_the_kernel_is_that_of_many_random_neurons():
    """The gradients' product over neurons relu(w·x), weights normal, and their indicator (+1)."""
    random = np.random.default_rng(0)
    points = random.normal(size=(4, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    values = points @ random.normal(size=(3, 400_000))
    on = (values > 0).astype(float)
    sides = on @ on.T / 400_000
    features = values.clip(min=0) @ values.clip(min=0).T / 400_000
    estimate = 2 * ((points @ points.T + 1) * sides + features)
    np.testing.assert_allclose(neural_tangent(points, points), estimate, atol=0.02)
    np.testing.assert_allclose(neural_tangent(3 * points, points), neural_tangent(points, points))


def test_interpolants_pass_through_points_that_repeat():
    points = drawn_corners(10000, 4, 12)
    assert len(np.unique(points, axis=0)) < len(points)
    labels = np.column_stack([parity(points), points[:, 0]])
    np.testing.assert_allclose(interpolate(points, labels, points), labels, atol=1e-9)
    # The interpolant of least norm is a combination of the kernel at the points
    distinct = np.unique(points, axis=0)
    gram = neural_tangent(distinct, distinct)
    expected = neural_tangent(corners(4), distinct) @ np.linalg.solve(gram, parity(distinct))
    found = interpolate(points, labels[:, :1], corners(4))[:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(("dim", "samples"), [(3, 4), (4, 12), (6, 30), (4, 200)])
def test_errors_over_all_parities_are_those_of_each(dim, samples):
    points, cube = drawn_corners(10000, dim, samples), corners(dim)
    sets = corners(dim) < 0

    def labels(at):
        return np.column_stack([labels_of(bits, at) for bits in sets])

    errors = interpolate(points, labels(points), cube) - labels(cube)
    found = errors_over_parities(dim, points)
    assert found == pytest.approx(math.sqrt((errors**2).mean()), abs=1e-7)
    assert found >= linear_floor(dim, len(np.unique(points, axis=0))) - 1e-9


def test_no_linear_rule_is_below_its_floor():
    """S2.11 for any span of n functions, and attained by n parities."""
    dim, samples = 5, 12
    cube = corners(dim)
    parities = np.column_stack([labels_of(bits, cube) for bits in cube < 0])
    random = np.random.default_rng(0)
    for basis in (random.normal(size=(2**dim, samples)), parities[:, :samples]):
        orthonormal, _ = np.linalg.qr(basis)
        rest = parities - orthonormal @ (orthonormal.T @ parities)
        assert math.sqrt((rest**2).mean()) == pytest.approx(linear_floor(dim, samples))
