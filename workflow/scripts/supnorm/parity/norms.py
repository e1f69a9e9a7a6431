"""Norms and bounds in closed form (theory.md, part 2).

The norm is the R-norm on the ball of radius sqrt(d), affine functions free. Integers are exact and
divided once, so that dimensions in the thousands are no trouble.
"""

import math


def minimum_norm(dim: int) -> float:
    """V(d), the least norm that interpolates the parity on the cube (S2.6).

    sqrt(d) 2^(d-1) / C(d-2, floor((d-2)/2)). At accuracy epsilon, in any L^p on the cube, the least
    norm is (1 - epsilon) V(d) (S2.6b). Raises ValueError if d < 2.
    """
    _require_dim(dim)
    return math.sqrt(dim) * (2 ** (dim - 1) / math.comb(dim - 2, (dim - 2) // 2))


def minimum_norm_with_biases(dim: int) -> float:
    """The least norm where biases are penalised too: V(d) for even d, V(d+1) for odd d (S2.6c).

    Raises ValueError if d < 2.
    """
    _require_dim(dim)
    return minimum_norm(dim + dim % 2)


def ridge_norm(dim: int, epsilon: float = 0.0) -> float:
    """2 (1-epsilon) (d-1) sqrt(d), the least norm of a ridge function within epsilon (S2.3).

    Raises ValueError if d < 2 or outside 0 <= epsilon < 1.
    """
    _require_dim(dim)
    if not 0 <= epsilon < 1:
        raise ValueError(f"epsilon is {epsilon}, but must be at least 0 and below 1.")
    return 2 * (1 - epsilon) * (dim - 1) * math.sqrt(dim)


def ridge_count(dim: int) -> float:
    """sqrt(d) (2d+3), the l1 norm of the sawtooth's outer weights (S2.2)."""
    return math.sqrt(dim) * (2 * dim + 3)


def neuron_share(dim: int, neuron: int) -> float:
    """C(d, j) / 2^d, the share of the corners whose label the sawtooth's ReLU j fixes (S2.2)."""
    return math.comb(dim, neuron) / 2**dim


def orders(dim: int) -> range:
    """The orders t of bump averages (S2.4): 0 <= t <= d of the parity of d; t = d is the ridge."""
    return range(dim % 2, dim + 1, 2)


def labelled_share(dim: int, order: int) -> float:
    """q_t, the share of the corners that one bump function of order t labels (S2.4).

    The probability that d signs sum to at most t = `order` in size. Raises ValueError unless t is
    among `orders`.
    """
    _require_order(dim, order)
    missed = sum(math.comb(dim, j) for j in range((dim - order) // 2))
    return (2**dim - 2 * missed) / 2**dim


def average_norm(dim: int, order: int) -> float:
    """The norm of the average of all bump functions of order t: 2 (t+2) sqrt(d) / q_t (S2.4).

    For t = d that of the ridge, 2 (d-1) sqrt(d). Raises ValueError unless t is among `orders`.
    """
    if order == dim:
        return ridge_norm(dim)
    return 2 * (order + 2) * math.sqrt(dim) / labelled_share(dim, order)


def best_order(dim: int) -> int:
    """The order of the bump average of least norm (S2.4)."""
    return min(orders(dim), key=lambda order: average_norm(dim, order))


def approximation_bound(dim: int) -> float:
    """d/16: the paper's lower bound of the norm at accuracy 1/2 in L^2 (S2.6)."""
    return dim / 16


def ridge_bound(dim: int) -> float:
    """d^(3/2) / (2 sqrt(2)): the paper's lower bound of ridge functions at accuracy 1/2 (S2.3)."""
    return dim**1.5 / (2 * math.sqrt(2))


def fitted_optimum(strength: float) -> float:
    """The least objective with weight decay, of lambda V = `strength` (S2.7).

    lambda V - (lambda V)^2 / 4 up to lambda V = 2, and 1 from there.
    """
    return strength - strength**2 / 4 if strength < 2 else 1.0


def fitted_share(strength: float) -> float:
    """The s for which the minimiser with weight decay is s times the parity (S2.7)."""
    return max(0.0, 1 - strength / 2)


def directions_guaranteed(dim: int, epsilon: float) -> int:
    """The directions k with which a random sub-average is within epsilon with chance 1/2 (S2.8).

    2 (1-q+epsilon/3) (d+1) ln 2 / (q epsilon^2) rounded up, for t = 0 and q = q_0. Raises
    ValueError if d is odd.
    """
    share = labelled_share(dim, 0)
    return math.ceil(2 * (1 - share + epsilon / 3) * (dim + 1) * math.log(2) / (share * epsilon**2))


def elimination_probability(dim: int, samples: int) -> float:
    """The chance that n = `samples` uniform corners determine a parity (S2.12)."""
    if samples < dim:
        return 0.0
    return math.prod(1 - 2.0 ** (i - samples) for i in range(dim))


def linear_floor(dim: int, samples: int) -> float:
    """sqrt(1 - n/2^d): what the rms error over all parities of a linear rule exceeds (S2.11).

    A linear rule's prediction is linear in the n = `samples` labels. Zero from n = 2^d on.
    """
    return math.sqrt(max(0, 2**dim - samples) / 2**dim)


def _require_dim(dim):
    if not dim >= 2:
        raise ValueError(f"dim is {dim}, but must be at least 2.")


def _require_order(dim, order):
    if order not in orders(dim):
        raise ValueError(f"order is {order}, but must be among {[*orders(dim)]} in {dim}-d.")
