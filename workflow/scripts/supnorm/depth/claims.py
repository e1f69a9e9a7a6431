"""The claims of the study `depth`, each with the number that it stands or falls with.

What holds of every network is tested by the worst of them. Where a number is a mean over seeds it
has an interval.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from supnorm.depth.bounds import pieces_bound
from supnorm.statistics.claims import Claim, Finding, Tables
from supnorm.statistics.intervals import resamples

STUDY = "depth"
# Numbers that are equal in theory may differ by so much, relative, by rounding.
ROUNDING = 1e-9
# By how much the constant 1/2 errs, in each norm.
CONSTANT = {"2": 12**-0.5, "inf": 0.5}

Rows = pd.DataFrame


def trained(tables: Tables, norm: str = "inf") -> Rows:
    """Return the students' errors in one norm."""
    rows = tables["sawtooth"]
    return rows[(rows["kind"] == "trained") & (rows["norm"] == norm)]


def of_deep(rows: Rows) -> Rows:
    """Return the students with k hidden layers, where that is more than one."""
    return rows[(rows["depth"] == rows["compositions"] + 1) & (rows["depth"] > 2)]


def better_than_constant(errors: pd.Series, norm: str = "inf") -> pd.Series:
    """Return which errors are at most half of a constant's."""
    return errors <= CONSTANT[norm] / 2


def most(rows: Rows) -> int:
    """Return the most pieces that networks of a size have, the same for all rows."""
    return pieces_bound([int(rows["width"].iloc[0])] * (int(rows["depth"].iloc[0]) - 1))


def constructed(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the largest error of the networks that are written down."""
    rows = tables["sawtooth"]
    rows = rows[rows["kind"] == "constructed"]
    yield Finding(span(rows["compositions"]), rows["error"].max(), 0.0)


def span(numbers: pd.Series) -> str:
    """Return the case of some k, as k = 1 to 6."""
    low, high = numbers.min(), numbers.max()
    return f"k = {low}" if low == high else f"k = {low} to {high}"


def too_few_pieces(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the least uniform error, over 1/2, of students that cannot have 2^k pieces."""
    rows = trained(tables)
    for k, some in rows.groupby("compositions"):
        sizes = some.groupby(["depth", "width"])
        below = [of_size["error"].min() for _, of_size in sizes if most(of_size) < 2**k]
        if below:
            yield Finding(f"k = {k}", min(below) / 0.5, 1 - ROUNDING)


def mean_floor(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the least L^1 error of students with one hidden layer, over what it can be."""
    sawtooth = tables["sawtooth"]
    floors = sawtooth[(sawtooth["kind"] == "bound") & (sawtooth["norm"] == "1")]
    floors = floors.set_index(["compositions", "width"])["error"]
    rows = trained(tables, "1")
    rows = rows[rows["depth"] == 2].join(floors.rename("floor"), on=["compositions", "width"])
    rows = rows[rows["floor"] > 0]
    for k, some in rows.groupby("compositions"):
        yield Finding(f"k = {k}", (some["error"] / some["floor"]).min(), 1 - ROUNDING)


def width_in_vain(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the least uniform error of one hidden layer that could be the target, by width."""
    rows = trained(tables)
    rows = rows[(rows["depth"] == 2) & (rows["compositions"] == settings["composition"])]
    rows = rows[rows["width"] >= 2.0 ** rows["compositions"]]
    if len(rows):
        widths = f"{rows['width'].min()} to {rows['width'].max()}"
        case = f"k = {settings['composition']}, widths {widths}"
        yield Finding(case, rows["error"].min(), 0.45)


def deep(compare: Callable[[pd.Series], float], reference: float, *ks: int) -> Callable:
    """Return a `find` function: the error of students with k hidden layers, for some k."""

    def find(tables: Tables, settings) -> Iterator[Finding]:
        rows = of_deep(trained(tables))
        for k, some in rows[rows["compositions"].isin(ks)].groupby("compositions"):
            yield Finding(f"k = {k}", compare(some["error"]), reference)

    return find


def deep_beats_shallow(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the least error of k hidden layers over the least of one, where both learn."""
    rows = trained(tables)
    wide = rows[(rows["depth"] == 2) & (rows["width"] == settings["shallow_width"])]
    for k, some in of_deep(rows).groupby("compositions"):
        shallow = wide.loc[wide["compositions"] == k, "error"]
        if k == 3 and len(shallow):
            yield Finding(f"k = {k}", some["error"].min() / shallow.min(), 1.0)


def inner(tables: Tables, **values) -> Rows:
    """Return the rows of the table of the inner product with these values."""
    rows = tables["inner"]
    return rows[(rows[list(values)] == pd.Series(values)).all(axis=1)]


def inner_constructed(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the largest error of the networks that are the inner product."""
    rows = inner(tables, kind="constructed")
    dims = rows["dim"]
    case = f"d = {dims.min()}" if len(dims) == 1 else f"d = {dims.min()} to {dims.max()}"
    yield Finding(case, rows["error_inf"].max(), 0.0)


def largest(rows: Rows, width: int | None = None) -> tuple[Rows, str]:
    """Return the rows of the largest d and of a width, the largest if not given, and the case."""
    rows = rows[rows["dim"] == rows["dim"].max()]
    width = rows["width"].max() if width is None else width
    return rows[rows["width"] == width], f"d = {rows['dim'].iloc[0]}, width {width}"


def second_layer(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the error with two hidden layers over that with one, means over seeds."""
    for width in (16, 32):
        rows, case = largest(inner(tables, kind="trained", target="inner"), width)
        if {2, 3} <= set(rows["depth"]):
            shallow, two = (rows[rows["depth"] == depth] for depth in (2, 3))
            both = shallow.merge(two, on="seed", suffixes=("", "_two"))
            ratio, *ends = ratio_of_means(both["error_2_two"], both["error_2"])
            yield Finding(case, ratio, 0.5, *ends)


def ratio_of_means(one: pd.Series, other: pd.Series) -> tuple[float, float, float]:
    """Return the ratio of two means over the same seeds, and the ends of its interval.

    They are nan where both means are infinite.
    """
    drawn, pairs = resamples(len(one)), (one.to_numpy(float), other.to_numpy(float))
    with np.errstate(invalid="ignore"):
        resampled = np.divide(*(drawn.means(numbers) for numbers in pairs))
        return (one.mean() / other.mean(), *drawn.interval(resampled))


def parity_is_easier(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the error of one hidden layer on parity over that on the inner product."""
    rows = inner(tables, kind="trained", depth=2)
    rows, case = largest(rows) if len(rows) else (rows, "")
    if len(rows):
        parity, product = (rows[rows["target"] == name] for name in ("parity", "inner"))
        both = parity.merge(product, on="seed", suffixes=("", "_inner"))
        ratio, *ends = ratio_of_means(both["error_2"], both["error_2_inner"])
        yield Finding(case, ratio, 1.0, *ends)


def crossed(bounds: Rows, theorem: str) -> Rows:
    """Return the rows of a theorem whose lower bound exceeds the upper one, by dimension."""
    rows = bounds[bounds["theorem"] == theorem]
    return rows[rows["lower_log10"] > rows["upper_log10"]].sort_values("dim")


def crossing(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the first dimension in which Daniely's lower bound exceeds the upper one."""
    rows = tables["bounds"]
    last = rows.loc[rows["theorem"] == "daniely", "dim"].max()
    yield Finding(f"d up to {last}", crossed(rows, "daniely")["dim"].min(), 41)


def pieces_over_neurons(column: str, *kinds: str) -> Callable:
    """Return a `find` function: pieces of networks of some kinds over their neurons."""

    def find(tables: Tables, settings) -> Iterator[Finding]:
        rows = tables["pieces"]
        for kind in kinds:
            # A network without hidden layers has one piece, and no neuron.
            some = rows[(rows["kind"] == kind) & (rows["neurons"] > 0)]
            if len(some):
                yield Finding(f'"{kind}"', (some[column] / some["neurons"]).max(), 2.0)

    return find


def squares(method: str) -> Callable:
    """Return a `find` function: how far a network's error is from its closed form."""

    def find(tables: Tables, settings) -> Iterator[Finding]:
        rows = tables["square"]
        rows = rows[rows["method"] == method]
        yield Finding(
            f"{len(rows)} networks", abs(rows["error"] / rows["theory"] - 1).max(), ROUNDING
        )

    return find


CLAIMS = (
    Claim(
        "sawtooth_exact",
        "The triangle map, applied k times, is a network of 2 k neurons, exactly.",
        "largest error of the networks that are written down",
        "<=",
        "sawtooth",
        "S3.1",
        "cliff",
        constructed,
        "the triangle map applied k^3 times",
    ),
    Claim(
        "shallow_cannot",
        "Networks that cannot have 2^k pieces err by 1/2 or more in the uniform norm.",
        "least uniform error of a student, over 1/2",
        ">=",
        "sawtooth",
        "S3.4",
        "cliff",
        too_few_pieces,
        "incapable of oscillating so many times",
    ),
    Claim(
        "mean_floor_holds",
        "With one hidden layer, the error in L^1 is no less than theory allows.",
        "least ratio of a student's L^1 error to the bound",
        ">=",
        "sawtooth",
        "S3.4",
        "cliff",
        mean_floor,
    ),
    Claim(
        "width_gives_nothing",
        "One hidden layer that is wide enough to be the target does not find it.",
        "least uniform error of a student",
        ">=",
        "sawtooth",
        "S3.4",
        "cliff",
        width_in_vain,
        "learning algorithms rarely return functions that are so spiky",
    ),
    Claim(
        "deep_learns_little_depth",
        "With k hidden layers, training learns few applications of the triangle map.",
        "least uniform error of a student",
        "<=",
        "sawtooth",
        "S3.1",
        "cliff",
        deep(min, 0.1, 2, 3, 4),
    ),
    Claim(
        "deep_beats_shallow",
        "Where it learns them, k hidden layers come closer than a single wide one.",
        "ratio of the least uniform errors of students",
        "<=",
        "sawtooth",
        "S3.1",
        "cliff",
        deep_beats_shallow,
        "easy with depth-3, hard with depth-2",
    ),
    Claim(
        "deep_not_learned",
        "With k hidden layers, training learns no six applications, nor more, though 2 k neurons "
        "are them.",
        "least uniform error of a student",
        ">=",
        "sawtooth",
        "S3.1",
        "cliff",
        deep(min, 0.49, 6, 7, 8),
        "actually not learned",
    ),
    Claim(
        "inner_exact",
        "The inner product mod 2 of d and d bits is a network of two hidden layers, exactly.",
        "largest error over all points",
        "<=",
        "inner",
        "S3.5",
        "inner",
        inner_constructed,
    ),
    Claim(
        "second_layer_pays",
        "On the inner product, two hidden layers err half as much as one of the same width.",
        "ratio of mean L^2 errors over seeds",
        "<=",
        "inner",
        "S3.5, S3.6",
        "inner",
        second_layer,
    ),
    Claim(
        "parity_no_witness",
        "In the largest dimension and width, parity of as many bits is easier to learn for one "
        "hidden layer than the inner product.",
        "ratio of mean L^2 errors over seeds",
        "<=",
        "inner",
        "S2.2, S3.6",
        "inner",
        parity_is_easier,
    ),
    Claim(
        "daniely_crosses",
        "Daniely's bounds first separate one hidden layer from two in dimension 41.",
        "first dimension in which the lower bound exceeds the upper one",
        ">=",
        "bounds",
        "S3.7",
        "inner",
        crossing,
        "inner product functions",
    ),
    Claim(
        "pieces_are_few",
        "Networks as they are initialised, and as they are trained, have not many more pieces than "
        "neurons, and not the most they could.",
        "largest ratio of mean pieces to neurons",
        "<=",
        "pieces",
        "S4.7",
        "pieces",
        pieces_over_neurons(
            "mean",
            *("he", "he_zero_bias", "pytorch", "teacher", "teachers", "students", "triangles"),
        ),
        "the average number of pieces is far smaller than the maximum",
    ),
    Claim(
        "square_exact",
        "Yarotsky's network of m hidden layers errs on x^2 by 4^(-m-1), exactly.",
        "largest relative deviation",
        "<=",
        "square",
        "S4.2",
        "pieces",
        squares("deep"),
    ),
    Claim(
        "product_exact",
        "Yarotsky's product gate of m hidden layers errs on x y by 2^(-2m-1), exactly.",
        "largest relative deviation",
        "<=",
        "square",
        "S4.2",
        None,
        squares("product"),
    ),
)
