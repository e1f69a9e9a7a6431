"""What the bounds are made of, against networks that are built and integrals that are taken."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supnorm.theory.bounds import (
    NetworkClass,
    bump_height,
    bump_norm,
    lipschitz,
    zero_sample_error,
)

INF = math.inf
CLASSES = st.builds(
    NetworkClass,
    dim=st.integers(1, 6),
    depth=st.integers(3, 7),
    width=st.integers(3, 40),
    q=st.just(INF),
    c=st.floats(0.2, 3),
)
deterministic = settings(derandomize=True, deadline=None)


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


def bump_network(cls, active, steepness, centre):
    """The weights of S1.6 (q >= 2) and S1.7 (q <= 2), with two neurons a bump for s = 1."""
    d, depth, width, q, c = cls.dim, cls.depth, cls.width, cls.q, cls.c
    s, steep = active, steepness
    rows, shifts, mix = [], [], []
    for i in range(s):
        rows += [np.eye(d)[i], np.eye(d)[i], np.zeros(d)]
        shifts += [1 / steep - centre[i], -centre[i], 1.0]
        mix += [0.5, -1.0, -(s - 1) / (2 * s * steep)]
    if s == 1:
        rows, shifts, mix = rows[:2], shifts[:2], mix[:2]
    neurons = len(mix)
    copies = width // neurons if q > 2 else 1
    used = copies * neurons
    heads = width if q > 2 else 1  # neurons in use behind the bump layer

    first, bias = np.zeros((width, d)), np.zeros(width)
    first[:used], bias[:used] = np.tile(rows, (copies, 1)), np.tile(shifts, copies)
    bump = np.zeros((width, width))
    bump[:heads, :used] = np.tile(mix, copies)
    through = np.zeros((width, width))
    through[:heads, :heads] = c * float(heads) ** (-2 / q)
    last = np.zeros((1, width))
    last[0, :heads] = c * float(heads) ** (-1 / q)

    scale = c * float(used) ** (-1 / q)
    none = np.zeros(width)
    return [
        (scale * first, scale * bias),
        (c * float(used * heads) ** (-1 / q) * bump, none),
        *[(through, none)] * (depth - 3),
        (last, np.zeros(1)),
    ]


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
            layers = bump_network(cls, active, steepness, centre)
            assert_in_class(layers, cls)
            near = centre + rng.uniform(-1, 1, (500, dim)) / (steepness * active)
            far = corner + rng.uniform(size=(500, dim))
            points = np.concatenate([centre[None], near, far])
            distance = np.abs(points - centre)[:, :active].sum(axis=1)
            cone = height * np.maximum(1 - steepness * distance, 0)
            np.testing.assert_allclose(realise(layers, points), cone, atol=1e-11 * height)


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
