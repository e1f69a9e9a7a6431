"""How many affine pieces networks of one input have on Q, and random networks to count (S4.7)."""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from supnorm.errors.exact import PiecewiseLinear, piecewise_linear
from supnorm.networks import Networks, build_network, concatenate
from supnorm.streams import Stream

# Breakpoints as near as this are one, whose place was rounded in several ways.
SAME_PLACE = 1e-12
# A function bends where it leaves its chord by more than this share of its size: random networks
# do by 1e-9 or more, and rounding by some 1e-16.
SAME_VALUE = 1e-12


def count_pieces(networks: Networks) -> np.ndarray:
    """Return the numbers of affine pieces on Q, shape [networks]; 0 where one is not finite.

    Neighbouring pieces of one slope, to rounding, count once.
    """
    return np.array([pieces(function) for function in piecewise_linear(networks)])


def pieces(function: PiecewiseLinear) -> int:
    """Return the number of affine pieces of a function; 0 where it is not finite."""
    if not np.isfinite(function.values).all():
        return 0
    # The last of each group of places that are one, so that the end of Q is among them.
    apart = np.append(np.diff(function.places) > SAME_PLACE, True)
    places, values = function.places[apart], function.values[apart]
    lengths = np.diff(places)
    change = np.abs(np.diff(np.diff(values) / lengths))
    departure = change * lengths[:-1] * lengths[1:] / (lengths[:-1] + lengths[1:])
    return 1 + int((departure > SAME_VALUE * np.abs(values).max()).sum())


def random_networks(kind: str, depth: int, width: int, count: int, seed: int = 0) -> Networks:
    """Return networks of one input with `depth` affine layers, drawn as one of KINDS says (S4.7).

    Each tensor has the stream `pieces;depth=;kind=;number=;seed=;tensor=;width=`, number from 0 to
    count - 1, and one double u of it for an entry.
    """
    law = KINDS[kind]

    def network(number: int) -> Networks:
        labels = {"kind": kind, "depth": depth, "width": width, "number": number, "seed": seed}

        def draw(tensor: str, shape: tuple[int, ...], fan_in: int) -> np.ndarray:
            uniform = Stream("pieces", **labels, tensor=tensor).uniform(*shape)
            return law(uniform, fan_in, tensor.startswith("bias"))

        return build_network(1, depth, width, draw)

    return concatenate([network(number) for number in range(count)])


def _normal(uniform: np.ndarray) -> np.ndarray:
    """Return the standard normal quantiles of doubles u, a u of 0 taken for 2^-54."""
    return ndtri(np.maximum(uniform, 2.0**-54))


def he(uniform: np.ndarray, fan_in: int, bias: bool) -> np.ndarray:
    """Return weights N(0, 2 / fan_in) or biases N(0, 0.1^2)."""
    return _normal(uniform) * (0.1 if bias else math.sqrt(2 / fan_in))


def he_zero_bias(uniform: np.ndarray, fan_in: int, bias: bool) -> np.ndarray:
    """Return weights N(0, 2 / fan_in) or biases 0."""
    return np.zeros_like(uniform) if bias else he(uniform, fan_in, bias)


def pytorch(uniform: np.ndarray, fan_in: int, bias: bool) -> np.ndarray:
    """Return weights or biases uniform within 1 / sqrt(fan_in): the default of PyTorch."""
    return (2 * uniform - 1) / math.sqrt(fan_in)


def teacher(uniform: np.ndarray, fan_in: int, bias: bool) -> np.ndarray:
    """Return weights or biases uniform within 1/2: the law of the paper's teachers (S1.20)."""
    return uniform - 1 / 2


KINDS: dict[str, Callable[[np.ndarray, int, bool], np.ndarray]] = {
    "he": he,
    "he_zero_bias": he_zero_bias,
    "pytorch": pytorch,
    "teacher": teacher,
}
