"""Networks for iterated triangle maps, squares and products, written down (theory.md, part 3).

T(z) = min(2z, 2-2z) on [0, 1], and T^k is its k-fold composition (S3.1). The networks are stacks of
one. All their weights are dyadic, so that values at dyadic points are exact.
"""

import numpy as np

from supnorm.networks import Networks


def sawtooth(compositions: int, hidden_layers: int | None = None) -> Networks:
    """Return T^k on Q, T^k(x + 1/2), for k = `compositions` (S3.1, S3.4).

    With k hidden layers of width 2, or with fewer `hidden_layers`: their widths are 2^j where the
    j add up to k and differ by at most 1. None has a skip.
    """
    hidden_layers = compositions if hidden_layers is None else hidden_layers
    if not 1 <= hidden_layers <= compositions:
        raise ValueError(
            f"{compositions} compositions take 1 to {compositions} hidden layers, "
            f"but hidden_layers is {hidden_layers}."
        )
    share, rest = divmod(compositions, hidden_layers)
    layers = [_teeth(share + (layer < rest)) for layer in range(hidden_layers)]
    weights, biases, row = [], [], np.ones(1)
    for knots, slopes in layers:
        weights.append(np.tile(row, (len(knots), 1))[None])
        biases.append(0.0 - knots[None])
        row = slopes
    biases[0] += 1 / 2
    return Networks((*weights, row[None, None]), (*biases, np.zeros((1, 1))))


def triangle_network_with_width(compositions: int) -> Networks:
    """Return T^k on Q with one hidden layer of 2^k neurons and no skip (S3.4)."""
    return sawtooth(compositions, 1)


def sawtooth_values(compositions: int, x: np.ndarray) -> np.ndarray:
    """Return T^k(x + 1/2) at places of Q, any shape, in closed form (S3.1).

    T^k has period 2^(1-k) and is even about the middle of Q: nothing is rounded for k >= 2.
    """
    _require_positive("compositions", compositions)
    phase = np.mod(2.0**compositions * np.abs(x) + (compositions == 1), 2)
    return np.minimum(phase, 2 - phase)


def square(terms: int) -> Networks:
    """Return f_m(x) = x - sum_(s<=m) T^s(x) / 4^s on [0, 1], which is near x^2 (S4.2).

    m = `terms` hidden layers of width 3, so 3m neurons: before layer s, relu(t) and relu(t - 1/2)
    of t = T^(s-1)(x), which give T^s(x), and relu(f_(s-1)(x)), carried along unchanged since
    f_(s-1) >= x^2 >= 0. Its uniform error is `bounds.square_error`.
    """
    _require_positive("terms", terms)
    inner = [_square_step(scale=4.0**-s) for s in range(1, terms)]
    first, last = np.ones((3, 1)), np.array([[*(-(4.0**-terms) * np.array([2.0, -4.0])), 1.0]])
    biases = [np.array([0.0, -1 / 2, 0.0])] * terms
    weights = [first, *inner, last]
    return Networks(tuple(w[None] for w in weights), (*(b[None] for b in biases), np.zeros((1, 1))))


def product_gate(terms: int) -> Networks:
    """Return 2 f_m((x+y)/2) - f_m(x)/2 - f_m(y)/2 on [0, 1]^2, which is near xy (S4.2).

    Three networks `square` side by side: m = `terms` hidden layers of width 9, so 9m neurons. Its
    uniform error is `bounds.product_error`.
    """
    part = square(terms)
    mix = np.array([[1 / 2, 1 / 2], [1, 0], [0, 1]])
    first = np.repeat(mix, 3, axis=0)[None]
    inner = [np.kron(np.eye(3), weight[0])[None] for weight in part.weights[1:-1]]
    last = np.kron([[2, -1 / 2, -1 / 2]], part.weights[-1][0])[None]
    biases = [np.tile(bias, 3) for bias in part.biases[:-1]]
    return Networks((first, *inner, last), (*biases, np.zeros((1, 1))))


def _teeth(compositions):
    """Return the knots and slopes [2^j] of the ReLUs that add up to T^j on [0, 1]."""
    count = 2**compositions
    slopes = 2.0 * count * (-1.0) ** np.arange(count)
    slopes[0] = count
    return np.arange(count) / count, slopes


def _square_step(scale):
    """Return the weight [3, 3] from one hidden layer of `square` to the next, T^s at 4^-s."""
    triangle = np.array([2.0, -4.0, 0.0])
    return np.array([triangle, triangle, np.array([0, 0, 1]) - scale * triangle])


def _require_positive(name, value):
    if not value >= 1:
        raise ValueError(f"{name} is {value}, but must be at least 1.")
