"""The compiled kernels, piece by piece: to the bit where their arithmetic is promised."""

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from supnorm import kernels
from supnorm.kernels import ADD, MASK, RELU, SET, lanes
from supnorm.networks import forward
from supnorm.packed import Packing, aligned
from supnorm.training.recipe import initial_students

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)
PRECISIONS = ["float64", "float32"]


def numbers(*shape, dtype="float64"):
    """Normal numbers in memory that begins where vectors do."""
    array = aligned(*shape, dtype=np.dtype(dtype))
    array[...] = RNG.standard_normal(shape)
    return array


def fused(a, b, c, number):
    """The rounded a b + c of three numbers: what a fused multiply-add is."""
    return number(float(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("rows", [1, 2, 5, 6, 7, 13, 20, 33])
@pytest.mark.parametrize("vectors", [1, 3, 4, 5, 9])
def test_products_and_what_follows_them(precision, rows, vectors):
    columns, inner = vectors * lanes(precision), 11
    left, right = numbers(rows, inner, dtype=precision), numbers(inner, columns, dtype=precision)
    before, mask = numbers(rows, columns, dtype=precision), numbers(rows, columns, dtype=precision)
    product = left.astype(float) @ right.astype(float)
    expected = {
        SET: product,
        ADD: before + product,
        RELU: product.clip(min=0),
        MASK: np.where(mask > 0, product, 0),
    }
    tolerance = 50 * np.finfo(precision).eps
    for mode, wanted in expected.items():
        out = before.copy()
        kernels.product(out, left, right, mask, mode)
        np.testing.assert_allclose(out, wanted, rtol=tolerance, atol=tolerance)
        transposed = before.copy()
        kernels.product(transposed, left.T.copy().T, right, mask, mode)
        assert (transposed == out).all()


def test_products_leave_what_lies_around_them():
    around = numbers(9, 40)
    before = around.copy()
    kernels.product(around[2:5, 8:24], numbers(3, 4), numbers(4, 16), around, SET)
    changed = around != before
    assert changed[2:5, 8:24].all()
    changed[2:5, 8:24] = False
    assert not changed.any()


def test_a_product_is_a_chain_of_fused_multiply_adds():
    left, right, out = numbers(7, 9), numbers(9, 8), np.zeros((7, 8))
    kernels.product(out, left, right, out, SET)
    for i in range(7):
        for j in range(8):
            total = 0.0
            for k in range(9):
                total = fused(left[i, k], right[k, j], total, float)
            assert out[i, j] == total


def test_an_inner_product_adds_lanes_by_halves():
    left, right = numbers(24), numbers(24)
    sums = np.zeros(8)
    for k in range(24):
        sums[k % 8] = fused(left[k], right[k], sums[k % 8], float)
    while len(sums) > 1:
        sums = sums[: len(sums) // 2] + sums[len(sums) // 2 :]
    assert kernels.dot(left, right) == sums[0]


def test_relu_keeps_what_is_not_a_number():
    out = np.zeros((1, 8))
    kernels.product(out, np.array([[np.nan]]), np.ones((1, 8)), out, RELU)
    assert np.isnan(out).all()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_transposition(precision):
    matrix, out = numbers(32, 64, dtype=precision), np.empty((48, 32), precision)
    kernels.transpose(out, matrix[:, :48])
    assert (out == matrix[:, :48].T).all()


ARCHITECTURES = [(1, 5, 32), (3, 4, 33), (2, 2, 7), (9, 3, 16), (4, 1, 5)]


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("dim", "depth", "width"), ARCHITECTURES)
def test_packing_loses_nothing_and_pads_by_zeros(precision, dim, depth, width):
    networks = initial_students(1, dim, depth, width).map(lambda a: a.astype(precision))
    packing = Packing.of(networks, precision)
    packed = packing.pack(networks)
    assert packed.shape == (1, packing.size)
    assert packed.ctypes.data % 64 == 0
    assert packing.size * packed.itemsize % 64 == 0
    back = packing.unpack(packed)
    parameters = 0
    for old, new in zip(networks.tensors().values(), back.tensors().values(), strict=True):
        assert old.shape == new.shape
        assert (old == new).all()
        parameters += old.size
    assert np.count_nonzero(packed) == parameters


def problem(dim, depth, width, precision="float64", count=70):
    networks = initial_students(1, dim, depth, width)
    packing = Packing.of(networks, precision)
    points = numbers(count, dim)
    return networks, packing, packing.pack(networks)[0], points


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("dim", "depth", "width"), ARCHITECTURES)
def test_values_are_those_of_the_network(precision, dim, depth, width):
    networks, packing, packed, points = problem(dim, depth, width, precision)
    values = np.empty(len(points), precision)
    inputs = packing.pack_points(points)
    kernels.evaluate(packed, packing.workspace(), inputs, packing.shape, values)
    tolerance = 100 * np.finfo(precision).eps
    expected = forward(networks, points)[0]
    np.testing.assert_allclose(values, expected, rtol=tolerance, atol=tolerance)


def gradients(networks, points, slopes):
    """The gradient of the sum of slopes times outputs, by autograd."""
    tensors = networks.map(lambda a: torch.tensor(a, requires_grad=True))
    hidden = torch.tensor(points)
    for weight, bias in zip(tensors.weights[:-1], tensors.biases[:-1], strict=True):
        hidden = torch.relu(hidden @ weight[0].T + bias[0])
    outputs = (hidden @ tensors.weights[-1][0].T + tensors.biases[-1][0])[:, 0]
    (outputs * torch.tensor(slopes)).sum().backward()
    return tensors.map(lambda a: a.grad.numpy())


@pytest.mark.parametrize(("dim", "depth", "width"), [*ARCHITECTURES, (2, 4, 140)])
def test_the_gradient_is_that_of_autograd(dim, depth, width):
    networks, packing, packed, points = problem(dim, depth, width, count=kernels.BLOCK - 3)
    slopes = numbers(len(points))
    work, inputs = packing.workspace(), packing.pack_points(points)
    network = kernels.layers(packed, *packing.shape)
    kernels.forward(network, inputs, work.hidden, work.outputs)
    if width <= kernels.TURN_WEIGHTS:
        for k in range(len(work.turned)):
            kernels.transpose(work.turned[k], network[1][k, : packing.shape[2]])
    state = packed, np.zeros_like(packed), np.zeros_like(packed)
    step = 0.0, 0.0, 0.0
    for mode in (SET, ADD):
        kernels.backward(network, dim, state, work, inputs, slopes, mode, False, step, 0.0)
    wanted = gradients(networks, points, slopes)
    found = packing.unpack(work.gradient[None])
    for one, other in zip(found.tensors().values(), wanted.tensors().values(), strict=True):
        np.testing.assert_allclose(one, 2 * other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("rows", [1, 33, kernels.STRIP, kernels.STRIP + 1, 2 * kernels.STRIP + 7])
def test_strips_make_the_step_of_the_whole_layer(rows, decay):
    """After one block, whose gradient is not stored, and after a second that adds to the first.

    The last row does not decay, nor do a few numbers before it.
    """
    left, right, other = numbers(rows, 5), numbers(5, 16), numbers(5, 16)
    size, weights, step = 16 * rows, 16 * rows - 19, (0.1, 1.2, 1e-150)
    decays = np.where(np.arange(size) < weights, decay, 0)
    start = [numbers(size + 24), numbers(size + 24), np.abs(numbers(size + 24))]
    for blocks in ([right], [right, other]):
        state, gradient = tuple(a.copy() for a in start), np.zeros(size + 24)
        for k, block in enumerate(blocks):
            last = k == len(blocks) - 1
            modes = ADD if k else SET, last
            kernels.descend(state, gradient, 8, weights, left, block, *modes, step, decay)
        expected = [a[8:-16].copy() for a in start]
        slope = sum(left @ block for block in blocks).reshape(-1) + decays * expected[0]
        kernels.adam(expected[0], slope, expected[1], expected[2], step)
        for found, wanted, before in zip(state, expected, start, strict=True):
            np.testing.assert_allclose(found[8:-16], wanted, rtol=1e-12, atol=1e-12)
            assert (found[:8] == before[:8]).all()
            assert (found[-16:] == before[-16:]).all()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("count", [1, 20, 60])
def test_turned_deltas_give_the_bits_of_turned_weights(precision, count):
    width = 2 * lanes(precision)
    weights, delta = numbers(width, width, dtype=precision), numbers(64, width, dtype=precision)
    mask, turned = numbers(count, width, dtype=precision), np.empty_like(weights)
    kernels.transpose(turned, weights)
    expected = np.empty_like(delta)
    kernels.product(expected[:count], delta[:count], turned, mask, MASK)
    out, room = np.empty_like(delta), aligned(2, width, 64, dtype=np.dtype(precision))
    kernels.turned_product(out, delta, weights, room, mask)
    assert (out[:count] == expected[:count]).all()


def moved(power_1, power_2, rate, tiny=1e-150):
    """What a step of Adam takes: its size, the second moment's scale, what is tiny."""
    return rate / (1 - power_1), 1 / np.sqrt(1 - power_2), tiny


@pytest.mark.parametrize("precision", PRECISIONS)
def test_adam_is_that_of_torch(precision):
    start, number = numbers(40, dtype=precision), np.dtype(precision).type
    expected = torch.tensor(start.copy())
    optimiser = torch.optim.Adam([expected], lr=1e-2)
    parameters, moments = start.copy(), np.zeros((2, 40), precision)
    for k in range(1, 31):
        slope = numbers(40, dtype=precision)
        expected.grad = torch.tensor(slope)
        optimiser.step()
        step = moved(kernels.BETA_1**k, kernels.BETA_2**k, 1e-2)
        kernels.adam(parameters, slope, moments[0], moments[1], step)
    tolerance = 200 * np.finfo(number).eps
    np.testing.assert_allclose(parameters, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("precision", "tiny"), [("float64", 3e-154), ("float32", 2.2e-19)])
def test_moments_of_what_has_no_gradient_end_at_zero_and_are_never_denormal(precision, tiny):
    parameters, zero = np.ones(8, precision), np.zeros(8, precision)
    first, second = np.full((2, 8), 1e-3, precision)
    least, step = np.finfo(precision).tiny, moved(0.5, 0.5, 1e-4, tiny)
    for steps in (10000, 80000):
        for _ in range(steps):
            kernels.adam(parameters, zero, first, second, step)
            assert first[0] == 0 or first[0] >= least
        assert (first == 0).all()
    assert second[0] == 0 or second[0] >= least


def test_deviations_are_those_of_the_values():
    _, packing, packed, points = problem(3, 4, 9, count=150)
    inputs, work, values = packing.pack_points(points), packing.workspace(), np.empty(150)
    kernels.evaluate(packed, work, inputs, packing.shape, values)
    wanted = numbers(150)
    found = kernels.deviation(packed, work, inputs, wanted, packing.shape)
    difference = np.abs(values - wanted)
    expected = difference.max(), difference.argmax(), difference.sum(), (difference**2).sum()
    np.testing.assert_allclose(found, expected, rtol=1e-14)


DIGEST = """
import hashlib, sys
sys.path[:0] = ["workflow/scripts", "tests/helpers", "tests/library"]
from test_narrow import trained
from supnorm.kernels import TILE_VECTORS
for precision, decay in (("float64", 0.0), ("float32", 0.0), ("float64", 0.02), ("float32", 0.02)):
    networks = trained(precision=precision, decay=decay)
    parts = [array.tobytes() for array in networks.tensors().values()]
    print(TILE_VECTORS, hashlib.sha256(b"".join(parts)).hexdigest())
"""


@pytest.mark.complete
@pytest.mark.skipif(kernels.TILE_VECTORS == 1, reason="this processor has no AVX-512")
def test_a_processor_with_shorter_vectors_trains_to_the_same_bits(tmp_path):
    older = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2"}
    outputs = []
    for environment in ({}, {**older, "NUMBA_CACHE_DIR": str(tmp_path)}):
        done = subprocess.run(
            [sys.executable, "-c", DIGEST],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append([line.split() for line in done.stdout.splitlines()])
    wide, narrow = outputs
    assert {vectors for vectors, _ in wide} == {"4"}
    assert {vectors for vectors, _ in narrow} == {"1"}
    assert [digest for _, digest in wide] == [digest for _, digest in narrow]
