"""The best continuous piecewise linear fits in L^2 of the sawtooth T^k (theory.md, S3.4).

First the best fit with knots and values on a grid, by dynamic programming; then knots and values
leave the grid, by descent. All integrals are exact. What is found is an upper end of the least
error, not proved to be it; that of P = 1 and of P = 2^k pieces is.
"""

import numpy as np
from numba import njit
from scipy.linalg import solveh_banded
from scipy.optimize import minimize

from supnorm.errors.exact import PiecewiseLinear

compiled = njit(cache=True, nogil=True, error_model="numpy")

# Knots of the grid to a piece, and in all at the least; values from LOWEST to HIGHEST at a knot.
KNOTS_OF_PIECE, FEWEST_KNOTS = 4, 64
LOWEST, HIGHEST, VALUES = -0.25, 1.25, 25
# No piece gets shorter than this share of a piece of T^k.
SHORTEST = 1e-6


def sawtooth_function(compositions: int) -> PiecewiseLinear:
    """Return T^k(x + 1/2) on Q as its 2^k pieces (S3.1)."""
    count = 2**compositions
    return PiecewiseLinear(np.arange(count + 1) / count - 1 / 2, np.arange(count + 1) % 2.0)


def best_fits(compositions: int) -> list[PiecewiseLinear]:
    """Return the best fits found of T^k on Q with 1, 2, … 2^k pieces (S3.4).

    Each has exactly its number of pieces, of which neighbours may have one slope.
    """
    pieces = 2**compositions
    count = max(FEWEST_KNOTS, KNOTS_OF_PIECE * pieces)
    knots = np.arange(count + 1) / count
    grid = np.linspace(LOWEST, HIGHEST, VALUES)
    origins = _search(knots, grid, compositions, pieces)
    return [_polish(knots[_path(origins, p)], compositions) for p in range(1, pieces + 1)]


def fit_errors(compositions: int) -> dict[str, np.ndarray]:
    """Return the L^p errors of `best_fits`, by p = "1", "2", "inf", each of shape [2^k].

    That of "2" is the root of the mean square.
    """
    target = sawtooth_function(compositions)
    differences = [fit - target for fit in best_fits(compositions)]
    return {p: np.array([float(f.norm(p)) for f in differences]) for p in ("1", "2", "inf")}


@compiled
def _moments(place, compositions):
    """Return the integrals over [0, place] of T^k(z) and of z T^k(z)."""
    pieces = 2.0**compositions
    whole = min(np.floor(place * pieces), pieces - 1)
    start = whole / pieces
    length = place - start
    rising = whole % 2 == 0
    value, slope = (0.0, pieces) if rising else (1.0, -pieces)
    # Of whole pieces: each has mean 1/2; a rising one its mass 1/(6 pieces^2) beyond the middle.
    mass, moment = start / 2, start * start / 4
    if not rising:
        moment += 1 / (12 * pieces * pieces)
    part = length * (value + slope * length / 2)
    mass += part
    moment += start * part + length * length * (value / 2 + slope * length / 3)
    return mass, moment


@compiled
def _shares(left, right, compositions):
    """Return the integrals of T^k over [left, right] times what falls, and rises, from 0 to 1."""
    mass, moment = _moments(right, compositions)
    before, moment_before = _moments(left, compositions)
    mass -= before
    moment -= moment_before
    rising = (moment - left * mass) / (right - left)
    return mass - rising, rising


@compiled
def _search(knots, grid, compositions, most):
    """Return where the best fits on a grid come from, [most, knots, values, 2], in integers.

    Of the fits with p + 1 pieces on [0, knot] that end in a value, the best one has its last but
    one knot and its value there at [p, knot, value]. Costs leave out the integral of the square
    of T^k.
    """
    count, values = len(knots), len(grid)
    cost = np.full((count, values), np.inf)
    cost[0] = 0.0
    origins = np.zeros((most, count, values, 2), np.int32)
    for p in range(most):
        fresh = np.full((count, values), np.inf)
        for end in range(p + 1, count):
            for start in range(p, end):
                length = knots[end] - knots[start]
                falling, rising = _shares(knots[start], knots[end], compositions)
                for v in range(values):
                    own = length * grid[v] * grid[v] / 3 - 2 * grid[v] * rising
                    for u in range(values):
                        square = length * grid[u] * (grid[u] + grid[v]) / 3
                        total = cost[start, u] + own + square - 2 * grid[u] * falling
                        if total < fresh[end, v]:
                            fresh[end, v] = total
                            origins[p, end, v, 0] = start
                            origins[p, end, v, 1] = u
        cost = fresh
        origins[p, 0, 0, 0] = np.argmin(cost[count - 1])
    return origins


def _path(origins: np.ndarray, pieces: int) -> list[int]:
    """Return which knots of the grid the best fit of so many pieces has, from first to last."""
    knot, value = origins.shape[1] - 1, origins[pieces - 1, 0, 0, 0]
    path = [knot]
    for p in reversed(range(pieces)):
        knot, value = origins[p, knot, value]
        path.append(int(knot))
    return path[::-1]


@compiled
def _integrals(knots, compositions):
    """Return falling and rising shares of T^k on each piece, [2, pieces]."""
    shares = np.empty((2, len(knots) - 1))
    for i in range(len(knots) - 1):
        shares[0, i], shares[1, i] = _shares(knots[i], knots[i + 1], compositions)
    return shares


def _projected(knots: np.ndarray, compositions: int) -> tuple[np.ndarray, float, np.ndarray]:
    """Return the best values at knots [pieces + 1], their cost, and its gradient in inner knots.

    The best values solve a tridiagonal system. Since they are best, the gradient is that of fixed
    values: a knot that moves turns the pieces beside it, about their other ends.
    """
    lengths = np.diff(knots)
    falling, rising = _integrals(knots, compositions)
    right = np.append(falling, 0) + np.append(0, rising)
    diagonal = (np.append(lengths, 0) + np.append(0, lengths)) / 3
    values = solveh_banded(np.array([np.append(0, lengths / 6), diagonal]), right)
    start, end = values[:-1], values[1:]
    slopes = (end - start) / lengths
    # The integrals of fit minus T^k, times what rises or falls on the piece.
    up = lengths * (start + 2 * end) / 6 - rising
    down = lengths * (2 * start + end) / 6 - falling
    gradient = -2 * (slopes[:-1] * up[:-1] + slopes[1:] * down[1:])
    return values, -float(right @ values), gradient


def _polish(knots: np.ndarray, compositions: int) -> PiecewiseLinear:
    """Return the fit at a local minimum over the places of the inner knots, from `knots` on."""
    shortest = SHORTEST / 2**compositions

    def cost(inner):
        moved = np.concatenate([[0.0], inner, [1.0]])
        if not (np.diff(moved) > shortest).all():
            return 1.0, np.zeros_like(inner)  # above all costs, which are negative
        return _projected(moved, compositions)[1:]

    if len(knots) > 2:
        options = {"gtol": 1e-10, "maxiter": 1000}
        inner = minimize(cost, knots[1:-1], jac=True, method="BFGS", options=options).x
        knots = np.concatenate([[0.0], inner, [1.0]])
    return PiecewiseLinear(knots - 1 / 2, _projected(knots, compositions)[0])
