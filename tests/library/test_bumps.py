"""What the bounds are made of, against networks that are built and integrals that are taken."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supnorm.networks import Networks, concatenate
from supnorm.uniform.teachers import random_teachers
from supnorm.uniform.theory.bounds import (
    NetworkClass,
    bump_height,
    bump_norm,
    lipschitz,
    zero_sample_error,
)
from supnorm.uniform.theory.bumps import bump, bump_network, coefficient_norm, hat, side_by_side

INF = math.inf
CLASSES = st.builds(
    NetworkClass,
    dim=st.integers(1, 6),
    depth=st.integers(3, 7),
    width=st.integers(3, 40),
    q=st.just(INF),
    c=st.floats(0.2, 3),
)
deterministic = settings(derandomize=True)


def realise(layers, points):
    """The ReLU network [(A, b), ...] at points of shape [n, d]."""
    values = points.T
    for matrix, bias in layers[:-1]:
        values = np.maximum(matrix @ values + bias[:, None], 0)
    matrix, bias = layers[-1]
    return (matrix @ values + bias[:, None])[0]


def assert_in_class(layers, cls):
    sizes = [cls.dim, *[cls.width] * (cls.depth - 1), 1]
    assert [matrix.shape for matrix, _ in layers] == list(zip(sizes[1:], sizes, strict=False))
    for matrix, bias in layers:
        for entries in (matrix.ravel(), bias):
            assert np.linalg.norm(entries, cls.q) <= cls.c * (1 + 1e-12)


def layers_of(networks, number=0):
    return [(w[number], b[number]) for w, b in zip(networks.weights, networks.biases, strict=True)]


@pytest.mark.parametrize("q", [INF, 3, 2, 1.5, 1])
@pytest.mark.parametrize(
    ("dim", "active", "width", "depth", "c"),
    [
        (1, 1, 2, 3, 0.5),
        (1, 1, 3, 4, 1.0),
        (1, 1, 32, 5, 0.5),
        (2, 2, 6, 3, 2.0),
        (3, 1, 11, 5, 0.7),
        (3, 2, 32, 5, 0.5),
        (3, 3, 32, 5, 0.5),
        (5, 4, 25, 6, 1.3),
    ],
)
def test_bump_of_the_stated_height_is_in_the_class(dim, active, width, depth, c, q):
    cls = NetworkClass(dim, depth, width, q, c)
    rng = np.random.default_rng(0)
    for steepness in (2, 5, 40):
        height = bump_height(cls, active, steepness)
        for corner in (0.0, -0.5):  # of [0,1]^d and of [-1/2,1/2]^d
            centre = corner + rng.uniform(size=dim)
            ups_and_downs = [bump_network(cls, active, steepness, centre, z) for z in (1, -1)]
            up, down = map(layers_of, ups_and_downs)
            assert_in_class(up, cls)
            assert_in_class(down, cls)
            near = centre + rng.uniform(-1, 1, (500, dim)) / (steepness * active)
            far = corner + rng.uniform(size=(500, dim))
            points = np.concatenate([centre[None], near, far])
            distance = np.abs(points - centre)[:, :active].sum(axis=1)
            cone = height * np.maximum(1 - steepness * distance, 0)
            np.testing.assert_allclose(realise(up, points), cone, atol=1e-11 * height)
            np.testing.assert_array_equal(realise(down, points), -realise(up, points))


def test_a_bump_outside_the_class_is_refused():
    cls = NetworkClass(2, 3, 6, INF, 1.0)
    assert_in_class(layers_of(bump_network(cls, 2, 1, np.array([0.0, 1.0]))), cls)
    with pytest.raises(ValueError, match="not in the class"):  # bias 1/M - y = 3/2
        bump_network(cls, 2, 1, np.array([0.2, -0.5]))
    with pytest.raises(ValueError, match="not in the class"):
        bump_network(cls, 1, 4, np.array([1.1, 0.0]))
    with pytest.raises(ValueError, match="active is 2"):
        bump_network(NetworkClass(2, 3, 5, INF, 1.0), 2, 4, np.zeros(2))


def test_the_hat_has_its_three_pieces():
    t = np.array([-0.7, -0.25, -0.125, 0.0, 0.125, 0.5])
    expected = [0, 0, 0.5, 1, 0.5, -1]
    np.testing.assert_allclose(hat(t + 0.3, 4, 0.3), expected, atol=1e-14)


@pytest.mark.parametrize("active", [1, 2, 3])
def test_a_bump_is_the_positive_part_of_hats(active):
    """S1.4: the definition by hats against the cone."""
    rng = np.random.default_rng(1)
    centre, points = rng.uniform(-0.5, 0.5, 3), rng.uniform(-0.5, 0.5, (4000, 3))
    hats = sum(hat(points[:, i], 2.5, centre[i]) for i in range(active)) - (active - 1)
    found = bump(points, active, 2.5, centre)
    np.testing.assert_allclose(found, np.maximum(hats, 0), atol=1e-14)
    assert 0 < np.mean(found > 0) < 1
    assert bump(centre, active, 2.5, centre) == 1


@pytest.mark.parametrize("q", [INF, 3, 2, 1.5, 1])
def test_the_coefficient_norm_is_the_largest_of_all_layers(q):
    """S1.1; and that of each bump network is c, from some layer of it."""
    weight, bias = np.array([[[1.0, -2.0]]]), np.array([[2.5]])
    layers = ((weight, bias), (3 * weight, bias), (np.zeros_like(weight), 4 * bias))
    stack = concatenate([Networks((w,), (b,)) for w, b in layers])
    matrix = 2.0 if q == INF else (1 + 2**q) ** (1 / q)
    np.testing.assert_allclose(coefficient_norm(stack, q), [max(matrix, 2.5), 3 * matrix, 10])
    cls = NetworkClass(3, 5, 32, q, 0.5)
    networks = bump_network(cls, 3, 8, np.array([0.1, -0.2, 0.5]))
    assert coefficient_norm(networks, q) == pytest.approx([0.5])


@pytest.mark.parametrize("q", [INF, 2])
def test_networks_side_by_side_are_the_sum(q):
    cls = NetworkClass(3, 5, 32, q, 0.5)
    teachers = random_teachers(2, 3, 5, 12, q, 0.5)
    centre = np.array([0.1, -0.5, 0.3])
    bumps = concatenate([bump_network(cls, 3, 4, centre, sign) for sign in (1, -1)])
    sums = side_by_side(teachers, bumps)
    rng = np.random.default_rng(2)
    points = np.concatenate([centre[None], rng.uniform(-0.5, 0.5, (300, 3))])
    for k, sign in enumerate((1, -1)):
        apart = realise(layers_of(teachers, k), points)
        cone = bump_height(cls, 3, 4) * bump(points, 3, 4, centre)
        np.testing.assert_allclose(realise(layers_of(sums, k), points), apart + sign * cone)
    assert [w.shape[1:] for w in sums.weights] == [(44, 3), *[(44, 44)] * 3, (1, 44)]
    halves = [coefficient_norm(half, q) for half in (teachers, bumps)]
    if q == INF:
        np.testing.assert_array_equal(coefficient_norm(sums, q), np.max(halves, axis=0))
    assert (np.max(halves, axis=0) <= 0.5 * (1 + 1e-12)).all()


@pytest.mark.parametrize("q", [INF, 3, 2, 1.5, 1])
def test_lipschitz_constant_is_attained(q):
    """S1.14: all coefficients equal for q >= 2, a chain of single neurons for q <= 2."""
    cls = NetworkClass(3, 4, 8, q, 0.7)
    sizes = [3, 8, 8, 8, 1]
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        matrix = np.zeros((outputs, inputs))
        matrix[0, 0] = cls.c
        if q >= 2:
            matrix[:] = cls.c * float(inputs * outputs) ** (-1 / q)
        layers.append((matrix, np.zeros(outputs)))
    assert_in_class(layers, cls)
    direction = np.full(3, 3**-0.5) if q >= 2 else np.eye(3)[0]
    rise = np.diff(realise(layers, np.stack([0.2 * direction, 0.7 * direction])))
    assert rise / 0.5 == pytest.approx(lipschitz(cls))


@given(CLASSES)
@deterministic
def test_zero_sample_error_is_attained_at_the_corner(cls):
    sizes = [cls.dim, *[cls.width] * (cls.depth - 1), 1]
    layers = [
        (np.full((outputs, inputs), cls.c), np.full(outputs, cls.c))
        for inputs, outputs in itertools.pairwise(sizes)
    ]
    corner = np.full((1, cls.dim), 0.5)
    assert realise(layers, corner) == pytest.approx(zero_sample_error(cls))


@pytest.mark.parametrize("p", [1, 1.5, 2, 4])
@pytest.mark.parametrize("steepness", [2, 7])
@pytest.mark.parametrize("active", [1, 2])
def test_bump_norm_is_the_integral(active, steepness, p):
    grid = (np.arange(1000) + 0.5) / 1000
    distance = np.abs(grid - 0.5)
    if active == 2:
        distance = distance[:, None] + distance
    mean = np.mean(np.maximum(1 - steepness * distance, 0) ** p)
    assert bump_norm(active, steepness, p) == pytest.approx(mean ** (1 / p), rel=1e-4)


@given(st.integers(1, 8), st.floats(2, 1e6), st.floats(1, 50), st.floats(1, 50))
@deterministic
def test_bump_norm_grows_in_p_within_the_lemma(active, steepness, p, larger):
    """Lemma A.1 (S1.5), and L^p norms on a unit volume."""
    norm = bump_norm(active, steepness, p)
    assert 0.5 * (2 * steepness * active) ** (-active / p) <= norm
    assert norm <= (2 / steepness) ** (active / p) * (1 + 1e-9)
    assert norm <= bump_norm(active, steepness, p + larger) <= 1
    assert bump_norm(active, steepness, INF) == 1
    gammas = math.lgamma(p + 1) - math.lgamma(p + active + 1)
    assert norm**p == pytest.approx((2 / steepness) ** active * math.exp(gammas), rel=1e-8)
