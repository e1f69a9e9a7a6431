"""Bounds on the worst-case error of learning ReLU networks from samples (theory.md, part 1).

Error norms are L^p on a cube of unit volume with 1 <= p <= inf (`math.inf`, 1/inf = 0). Values
are errors, in the units of the target function. Products are formed from base-10 logarithms: a
value too large for a float comes out as inf, never as an exception.
"""

import math
import sys
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class NetworkClass:
    """ReLU networks H^q_{(d,B,...,B,1),c} (S1.1).

    `depth` L counts affine layers, so `width` B appears L - 1 times; the entrywise l^q norm of
    every weight matrix and of every bias is at most `c`. Raises ValueError on values outside
    1 <= q <= inf, 0 < c < inf, and whole dim, depth, width from 1 up.
    """

    dim: int
    depth: int
    width: int
    q: float
    c: float

    def __post_init__(self):
        """Validate the fields."""
        for name in ("dim", "depth", "width"):
            _require_whole(name, getattr(self, name))
        _require_exponent("q", self.q)
        if not 0 < self.c < math.inf:
            raise ValueError(f"c is {self.c}, but must be positive and finite.")


def integer_root(value: int, degree: int) -> int:
    """The floor of value^(1/degree), exact for integers of any size.

    Raises ValueError on a negative value or a degree below 1.
    """
    if value < 0 or degree < 1:
        raise ValueError(f"the root of degree {degree} of {value} is not defined here.")
    low, high = 0, 1 << -(-value.bit_length() // degree)
    while high - low > 1:  # low^degree <= value < high^degree
        middle = (low + high) // 2
        if middle**degree <= value:
            low = middle
        else:
            high = middle
    return low


# Lower bounds


def admissible_actives(cls: NetworkClass) -> range:
    """The active coordinates s of Theorem 2.2 (S1.9): 3s <= B and s <= d; none unless L >= 3."""
    return range(1, min(cls.width // 3, cls.dim) + 1 if cls.depth >= 3 else 1)


def admissible_actives_sharp(cls: NetworkClass) -> range:
    """As `admissible_actives`, but s = 1 takes two neurons and so B >= 2 (remark in S1.7)."""
    bumps = max(cls.width // 3, min(cls.width // 2, 1))
    return range(1, min(bumps, cls.dim) + 1 if cls.depth >= 3 else 1)


def omega(cls: NetworkClass, active: int) -> float:
    """The constant Omega of Theorem 2.2 (S1.9) for s = `active`.

    c^L s^(1-2/q) / (8 3^(2/q)) if q <= 2, and c^L B^((L-1)(1-2/q)) / 48 if q > 2. Both cases hold
    at q = 2, where the first is larger by 2. Raises ValueError if s is not admissible.
    """
    return _exp10(_log10_omega(cls, active))


def lower_bound(
    cls: NetworkClass, samples: int, p: float, active: int, attachment: float = 1.0
) -> float:
    """Theorem 2.2 (S1.9): c_0 Omega (32s)^(-1-s/p) m^(-1/p-1/s).

    No method, random or not, with m = `samples` points in the mean has a smaller worst expected
    L^p error on a set that contains a copy of the class with constant c_0 = `attachment`. Raises
    ValueError if s = `active` is not admissible, p < 1 or m < 1.
    """
    return attachment * _exp10(_log10_lower_bound(cls, samples, p, active))


def log10_samples_needed(cls: NetworkClass, error: float, p: float, active: int) -> float:
    """log10 of the samples below which Theorem 2.2 excludes the worst L^p error `error` (S1.10).

    For p = inf, s = d and B = 3d this is Theorem 1.1, m >= (Omega / (32d))^d error^-d. Negative
    where the bound says nothing. Raises ValueError as `lower_bound`, or if `error` is not positive.
    """
    _require_error(error)
    constant = _log10_lower_bound(cls, 1, p, active)
    return (constant - math.log10(error)) / (1 / p + 1 / active)


def bump_height(cls: NetworkClass, active: int, steepness: float) -> float:
    """The height lambda at which the bumps +-lambda theta^(s)_{M,y} are in the class (S1.6, S1.7).

    With n neurons a bump and D = floor(B/n) copies of it, s = `active` and M = `steepness`:
    c^L D^(1-2/q) n^(-2/q) B^((L-2)(1-2/q)) / (2M) if q >= 2, and c^L / (2M n^(2/q)) if q <= 2.
    Here n = 3s, or n = 2 if s = 1 (derived: the constant neuron is idle, and S1.6 and S1.7 go
    through with 2 in place of 3s). For every centre y in [0,1]^d, or in [-1/2,1/2]^d if M >= 2.
    Raises ValueError if s is not among `admissible_actives_sharp` or M < 1.
    """
    return _exp10(_log10_bump_height(cls, active, steepness))


def bump_norm(active: int, steepness: float, p: float) -> float:
    """The L^p norm of the bump theta^(s)_{M,y} of height 1 (S1.5).

    ((2/M)^s Gamma(p+1) / Gamma(p+s+1))^(1/p) for s = `active`, M = `steepness`, and 1 for p = inf;
    exact if the s active coordinates of y lie at least 1/M inside the cube. Raises ValueError if
    M < 2, where no such centre exists, or p < 1.
    """
    return _exp10(_log10_bump_norm(active, steepness, p))


def lower_bound_sharp(cls: NetworkClass, samples: int, p: float, active: int) -> float:
    """Lower bound for deterministic methods, exact height and norm (S1.11, derived).

    Of N^s > m cells one holds no sample; with N = floor(m^(1/s)) + 1 the bump that fills it has
    M = 2N and escapes every adaptive deterministic method. Raises ValueError if s = `active` is not
    among `admissible_actives_sharp`, p < 1 or m = `samples` < 1.
    """
    return _exp10(_log10_bump(cls, _fewest_cells(cls, samples, active), p, active))


def lower_bound_sharp_randomised(cls: NetworkClass, samples: int, p: float, active: int) -> float:
    """Lower bound for random methods with m = `samples` points in the mean (S1.11, derived).

    The largest (1 - 1/t) (1 - floor(tm)/N^s) lambda_{2N} |theta_{2N}|_p. For given N only
    j = floor(tm) + 1 matters, and t may tend to j/m: (1 - m/j) (1 - (j-1)/N^s) is concave in j
    with its top at sqrt(m (N^s + 1)). The best N is sought beside that of the limit of many cells,
    N^s = m (1 + 1/(1/p + 1/s))^2; each N gives a valid bound. Raises as `lower_bound_sharp`.
    """
    first = _fewest_cells(cls, samples, active)
    _require_exponent("p", p)

    def bound(side):
        cells = side**active
        top = math.isqrt(samples * (cells + 1))
        missed = max((j - samples) / j * ((cells + 1 - j) / cells) for j in (top, top + 1))
        return missed * _exp10(_log10_bump(cls, side, p, active))

    limit = int(samples * Fraction(1 + 1 / (1 / p + 1 / active)) ** 2)
    best = integer_root(limit, active)
    return max(bound(side) for side in range(max(first, best - 4), max(first, best) + 5))


# Upper bounds


def lipschitz(cls: NetworkClass) -> float:
    """The largest Euclidean Lipschitz constant in the class (S1.14).

    c^L if q <= 2, and c^L (sqrt(d) B^(L-1))^(1-2/q) if q >= 2; attained for every q.
    """
    return _exp10(_log10_lipschitz(cls))


def upper_bound(cls: NetworkClass, samples: int) -> float:
    """Theorem 2.4 (S1.16): 2 sqrt(d) Lip m^(-1/d), reached by m = `samples` points.

    Bounds the uniform error, hence every L^p error. Raises ValueError if m < 1.
    """
    _require_whole("samples", samples)
    scale = _log10((2, 1), (cls.dim, 1 / 2), (samples, -1 / cls.dim))
    return _exp10(_log10_lipschitz(cls) + scale)


def upper_bound_centres(cls: NetworkClass, samples: int) -> float:
    """sqrt(d) Lip / (2k) for samples at the centres of k^d cubes, k = floor(m^(1/d)) (S1.15).

    Bounds the uniform error, hence every L^p error. Raises ValueError if m = `samples` < 1.
    """
    _require_whole("samples", samples)
    side = integer_root(samples, cls.dim)
    return _exp10(_log10_lipschitz(cls) + _log10((cls.dim, 1 / 2), (2 * side, -1)))


def log10_samples_sufficient(cls: NetworkClass, error: float) -> float:
    """log10 of max(1, ceil(sqrt(d) Lip / error)^d) samples, enough for a uniform error `error`.

    Theorem 1.4 (S1.17). Raises ValueError if `error` is not positive.
    """
    _require_error(error)
    log_side = _log10_lipschitz(cls) + _log10((cls.dim, 1 / 2), (error, -1))
    if log_side < 15:  # beyond, floats are too coarse for a ceiling to matter
        side = math.ceil(10**log_side * (1 - 1e-12))  # rounding must not add a whole cube
        log_side = math.log10(max(1, side))
    return cls.dim * log_side


def two_sided_constants(dim: int, depth: int, c: float, q: float) -> tuple[float, float]:
    """(lower, upper) constants of m^(-1/d) in the uniform error at width 3d (S1.18).

    Theorem 2.2 with p = inf and s = d, and Theorem 2.4. Raises ValueError if depth < 3.
    """
    cls = NetworkClass(dim, depth, 3 * dim, q, c)
    return lower_bound(cls, 1, math.inf, dim), upper_bound(cls, 1)


# Yardsticks


def rate(dim: int, samples: int, p: float) -> float:
    """m^(-1/p-1/d): the paper's plotted line, Theorem 2.2 with constant 1 and s = d (S1.20).

    Raises ValueError if p < 1, or m = `samples` or d = `dim` is below 1.
    """
    _require_whole("dim", dim)
    _require_whole("samples", samples)
    _require_exponent("p", p)
    return _exp10(_log10((samples, -1 / p - 1 / dim)))


def zero_sample_error(cls: NetworkClass) -> float:
    """R_0, the largest |f| in the class on [-1/2,1/2]^d: the error without samples (S1.19).

    Known for q = inf, where all coefficients c attain it at a corner; ValueError for other q.
    """
    if cls.q != math.inf:
        raise ValueError(f"the zero-sample error is known for q = inf only, but q is {cls.q}.")
    size = cls.c * (cls.dim / 2 + 1)
    for _ in range(cls.depth - 1):
        size = cls.c * (cls.width * size + 1)
    return size


def _log10_omega(cls, active):
    _require_active(active, admissible_actives(cls))
    q = cls.q
    if q <= 2:
        return _log10((cls.c, cls.depth), (active, 1 - 2 / q), (8, -1), (3, -2 / q))
    return _log10((cls.c, cls.depth), (cls.width, (cls.depth - 1) * (1 - 2 / q)), (48, -1))


def _log10_lower_bound(cls, samples, p, active):
    _require_whole("samples", samples)
    _require_exponent("p", p)
    s = active
    return _log10_omega(cls, s) + _log10((32 * s, -1 - s / p), (samples, -1 / p - 1 / s))


def _fewest_cells(cls, samples, active):
    """The smallest N with N^s > m: cells per active coordinate, one of which no sample meets."""
    _require_whole("samples", samples)
    _require_active(active, admissible_actives_sharp(cls))
    return integer_root(samples, active) + 1


def _log10_bump_height(cls, active, steepness):
    _require_active(active, admissible_actives_sharp(cls))
    _require_steepness(steepness, 1)
    q, neurons = cls.q, 2 if active == 1 else 3 * active
    one_copy = _log10((cls.c, cls.depth), (neurons, -2 / q), (2 * steepness, -1))
    if q <= 2:
        return one_copy
    copies = cls.width // neurons
    return one_copy + (1 - 2 / q) * _log10((copies, 1), (cls.width, cls.depth - 2))


def _log10_bump_norm(active, steepness, p):
    _require_whole("active", active)
    _require_steepness(steepness, 2)
    _require_exponent("p", p)
    if p == math.inf:
        return 0.0
    gammas = ((p + i, -1) for i in range(1, active + 1))
    return _log10((2, active), (steepness, -active), *gammas) / p


def _log10_bump(cls, side, p, active):
    """log10 of the L^p norm of the bump that fills one of side^s cells."""
    height = _log10_bump_height(cls, active, 2 * side)
    return height + _log10_bump_norm(active, 2 * side, p)


def _log10_lipschitz(cls):
    excess = max(0, 1 - 2 / cls.q)
    return _log10((cls.c, cls.depth), (cls.dim, excess / 2), (cls.width, (cls.depth - 1) * excess))


def _log10(*powers):
    """log10 of the product of base^exponent over (base, exponent); bases may exceed floats."""
    return sum(exponent * math.log10(base) for base, exponent in powers)


def _exp10(exponent):
    return 10.0**exponent if exponent < sys.float_info.max_10_exp else math.inf


def _require_whole(name, value):
    if not (isinstance(value, int) and value >= 1):
        raise ValueError(f"{name} is {value}, but must be a whole number from 1 up.")


def _require_exponent(name, value):
    if not value >= 1:
        raise ValueError(f"{name} is {value}, but must lie between 1 and inf.")


def _require_error(error):
    if not 0 < error < math.inf:
        raise ValueError(f"error is {error}, but must be positive and finite.")


def _require_steepness(steepness, least):
    if not least <= steepness < math.inf:
        raise ValueError(f"steepness is {steepness}, but must be finite and at least {least}.")


def _require_active(active, admissible):
    if active not in admissible:
        most = len(admissible)
        raise ValueError(f"active is {active}, but this class admits 1 to {most} (none if 0).")
