"""The claims of the study `parity`, each with the number that it stands or falls with.

A `find` function takes the study's tables and yields a finding for each case that they cover. Where
a number is a mean over seeds it has an interval; what holds for every seed is the worst of them.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from supnorm.statistics.claims import Claim, Finding, Tables
from supnorm.statistics.intervals import resamples

STUDY = "parity"
# Numbers that are equal in theory may differ by so much, relative, by rounding.
ROUNDING = 1e-9
# Norms grow as powers of d between these dimensions.
GROWTH = (64, 1024)

Rows = pd.DataFrame


def one_case(compare: Callable[[Tables], tuple[str, float, float] | None]) -> Callable:
    """Return a `find` function that yields the one case of a comparison, if the tables have it.

    `compare` returns the case, the number, and what it is compared with.
    """

    def find(tables: Tables, settings) -> Iterator[Finding]:
        found = compare(tables)
        if found:
            yield Finding(*found)

    return find


def each_dimension(table: str, compare: Callable[[Rows], tuple | None]) -> Callable:
    """Return a `find` function that compares the rows of each dimension in a table.

    `compare` returns the number, what it is compared with, and the ends of an interval if any.
    """

    def find(tables: Tables, settings) -> Iterator[Finding]:
        for dim, rows in tables[table].groupby("dim"):
            found = compare(rows)
            if found:
                yield Finding(f"d = {dim}", *found)

    return find


def span(dims: pd.Series) -> str:
    """Return the case of some dimensions, as d = 2 to 6."""
    return f"d = {dims.min()}" if dims.min() == dims.max() else f"d = {dims.min()} to {dims.max()}"


def over_seeds(values: pd.Series) -> tuple[float, float, float]:
    """Return the mean over seeds, and the ends of its interval."""
    numbers = values.to_numpy(float)
    drawn = resamples(len(numbers))
    return (numbers.mean(), *drawn.interval(drawn.means(numbers)))


def kind(tables: Tables, name: str, epsilon: float = 0.0) -> Rows:
    """Return the norms of a kind, for one uniform error, by dimension."""
    rows = tables["norms"]
    return rows[(rows["kind"] == name) & (rows["epsilon"] == epsilon)].set_index("dim")


def interpolates(*kinds: str) -> Callable:
    """Return a comparison of the largest deviation of constructions from parity with rounding."""

    def compare(tables: Tables):
        rows = tables["norms"]
        made = rows[rows["kind"].isin(kinds) & rows["deviation"].notna()]
        return span(made["dim"]), made["deviation"].max(), 1e-12

    return one_case(compare)


def drawn_ridges(tables: Tables):
    """Compare splines along random directions with the least norm of ridge functions."""
    drawn = kind(tables, "ridge_drawn")["norm"]
    ratio = (drawn / kind(tables, "ridge")["norm"]).dropna()
    return span(ratio.index), ratio.min(), 1 - ROUNDING


def programmes(tables: Tables, settings) -> Iterator[Finding]:
    """Compare linear programmes over sign directions with V(d)."""
    pairs = [
        (
            f"uniform error {epsilon:g}",
            kind(tables, "lp", epsilon),
            kind(tables, "minimum", epsilon),
        )
        for epsilon in sorted(tables["norms"]["epsilon"].unique())
    ]
    penalised = [kind(tables, f"{name}_penalised_biases") for name in ("lp", "minimum")]
    for case, solved, exact in [*pairs, ("biases penalised", *penalised)]:
        ratio = (solved["norm"] / exact["norm"]).dropna()
        yield Finding(f"{span(ratio.index)}, {case}", abs(ratio - 1).max(), ROUNDING)


def average_over_ridge(tables: Tables):
    """Compare V(d) with the least norm of ridge functions, where d is at least 4."""
    ratio = (kind(tables, "minimum")["norm"] / kind(tables, "ridge")["norm"]).loc[4:]
    return span(ratio.index), ratio.max(), 1.0


def exponent(name: str, reference: float) -> Callable:
    """Return a comparison of the exponent with which a norm grows in d."""

    def compare(tables: Tables):
        norms = kind(tables, name)["norm"].loc[GROWTH[0] : GROWTH[1]]
        slope = np.polyfit(np.log(norms.index), np.log(norms), 1)[0]
        return f"d = {GROWTH[0]} to {GROWTH[1]}", slope, reference

    return one_case(compare)


def over_the_documents_bound(tables: Tables):
    """Compare the least norm at accuracy 1/2 with the d/16 of the document."""
    ratio = kind(tables, "minimum", 0.5)["norm"] / kind(tables, "bound_approximation", 0.5)["norm"]
    return span(ratio.index), ratio.min(), 1.0


def norm_over_bound(tables: Tables, settings) -> Iterator[Finding]:
    """Compare norms of networks with V(d) times what their L^2 error leaves (S2.6b)."""
    for case, rows in (
        ("trained on all points", tables["training"]),
        ("interpolating samples", tables["samples"].dropna(subset="norm")),
    ):
        rows = rows[rows["error_2"] < 1]
        if len(rows):
            least = (rows["norm"] / (rows["minimum"] * (1 - rows["error_2"]))).min()
            yield Finding(case, least, 1 - ROUNDING)


def decayed(rows: Rows) -> Rows:
    """Return the trainings with weight decay."""
    return rows[rows["decay"] > 0]


def objective_over_optimum(rows: Rows):
    """Compare the objective after training with the least of any network."""
    rows = decayed(rows)
    return (rows["objective"] / rows["optimum"]).max(), 1.001


def alignment(rows: Rows):
    """Compare the cosines of neurons with sign vectors, weighted by their norm, with 1."""
    return decayed(rows)["cosine"].min(), 0.999


def bias_deviation(rows: Rows):
    """Compare biases, weighted by norm, with those of the best networks."""
    rows = decayed(rows)
    return abs(rows["bias"] - rows["bias_expected"]).max(), 1e-3


def over_minimum(rows: Rows) -> pd.Series:
    """Return norms over V(d) times the fit; infinite where a network fits nothing of parity."""
    return rows["norm"] / (rows["fit"].clip(lower=0) * rows["minimum"])


def without_decay(rows: Rows):
    """Compare the norm of networks trained without weight decay with V(d), of the same fit."""
    rows = rows[rows["decay"] == 0]
    mean, *ends = over_seeds(over_minimum(rows))
    return mean, 1.1, *ends


def floors(tables: Tables, settings) -> Iterator[Finding]:
    """Compare L^2 errors with what they cannot be below."""
    samples = tables["samples"]
    for case, column, rows in (
        ("networks", "error_2", samples[samples["norm"].notna()]),
        ("kernel", "error_2_parities", samples[samples["method"] == "kernel"]),
    ):
        yield Finding(case, (rows[column] - rows["floor"]).min(), -ROUNDING)


def of_method(tables: Tables, method: str) -> Rows:
    """Return what a method learned, with its ratio of samples to d^2."""
    rows = tables["samples"]
    rows = rows[rows["method"] == method]
    return rows.assign(ratio=rows["samples"] / rows["dim"] ** 2)


def largest_dimension(rows: Rows) -> Rows:
    """Return the rows of the largest dimension."""
    return rows[rows["dim"] == rows["dim"].max()]


def at_most(ratio: float, method: str, column: str, reference: float) -> Callable:
    """Return a `find` function: the least error of a method at up to so many d^2 samples."""

    def find(tables: Tables, settings) -> Iterator[Finding]:
        rows = of_method(tables, method)
        for dim, some in rows[rows["ratio"] <= ratio].groupby("dim"):
            # The mean over seeds that is least, among numbers of samples.
            means = [over_seeds(of_count[column]) for _, of_count in some.groupby("samples")]
            mean, low, high = min(means)
            yield Finding(f"d = {dim}", mean, reference, low, high)

    return find


def most_samples(column: str, reference: float, ratio: float) -> Callable:
    """Return a `find` function: the error of the least norm from at least so many d^2 samples."""

    def find(tables: Tables, settings) -> Iterator[Finding]:
        rows = largest_dimension(of_method(tables, "minimum"))
        rows = rows[rows["ratio"] >= ratio]
        if len(rows):
            rows = rows[rows["samples"] == rows["samples"].min()]
            mean, low, high = over_seeds(rows[column])
            case = f"d = {rows['dim'].iloc[0]}, n = {rows['samples'].iloc[0]}"
            yield Finding(case, mean, reference, low, high)

    return find


def norm_growth(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the exponent with which the least norm grows with the number of samples up to d^2."""
    rows = of_method(tables, "minimum")
    for dim, some in rows[rows["ratio"] <= 1].groupby("dim"):
        norms = some.groupby("samples")["norm"].mean()
        norms = norms[norms > ROUNDING]
        if len(norms) > 1:
            slope = np.polyfit(np.log(norms.index), np.log(norms), 1)[0]
            yield Finding(f"d = {dim}", slope, 1.0)


def elimination(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the probability that d + 5 samples determine the parity."""
    rows = of_method(tables, "elimination")
    for dim, some in rows[rows["samples"] == rows["dim"] + 5].groupby("dim"):
        yield Finding(f"d = {dim}", some["probability"].iloc[0], 0.95)


def successes(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the share of draws of guaranteed size whose average is as close as it should be."""
    rows = tables["width"]
    rows = rows[rows["directions"] == rows["guaranteed"]]
    for (dim, epsilon), some in rows.groupby(["dim", "epsilon"]):
        share = (some["error_inf"] <= some["epsilon"]).mean()
        yield Finding(f"d = {dim}, uniform error {epsilon:g}", share, 0.5)


def waves(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the least ratio of least norm to that of ridge functions, below parity's frequency."""
    for (dim, phase), rows in tables["waves"].groupby(["dim", "phase"]):
        some = rows[(rows["ridge"] > ROUNDING) & (rows["frequency"] < 1)]
        yield Finding(f"d = {dim}, {phase}", some["ratio"].min(), 0.999)


def splines(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the deviation of least norms from the variation of the splines' slopes."""
    for samples, rows in tables["splines"].groupby("samples"):
        deviation = abs(rows["minimum"] / rows["variation"] - 1).max()
        yield Finding(f"n = {samples}", deviation, ROUNDING)


CLAIMS = (
    Claim(
        "sawtooth_interpolates",
        "The sawtooth interpolates parity at all points.",
        "largest deviation over all points",
        "<=",
        "norms",
        "S2.2",
        None,
        interpolates("ridge"),
        "ensures that g(x) = χ(x) everywhere else",
    ),
    Claim(
        "averages_interpolate",
        "Averages of bumps over all sign vectors, and the network of least norm, interpolate "
        "parity at all points.",
        "largest deviation over all points",
        "<=",
        "norms",
        "S2.4, S2.6",
        None,
        interpolates("average", "minimum"),
        "there exists a neural network g having an R-norm of O(d) that perfectly fits the dataset",
    ),
    Claim(
        "ridge_optimum_holds",
        "No function of one direction that fits parity has a smaller norm than the sawtooth.",
        "least ratio of norms, over random directions",
        ">=",
        "norms",
        "S2.3",
        None,
        one_case(drawn_ridges),
        "we cannot do better with another ridge function",
    ),
    Claim(
        "average_beats_ridge",
        "From d = 4 on, networks of all directions need less norm for parity than functions of one "
        "direction.",
        "largest ratio of V(d) to the least norm of ridge functions",
        "<=",
        "norms",
        "S2.3, S2.6",
        "norm",
        one_case(average_over_ridge),
        "there's a way to do better by sacrificing width",
    ),
    Claim(
        "minimum_is_v",
        "The least norm with which networks fit parity is V(d) times what the error leaves.",
        "largest relative deviation of linear programmes",
        "<=",
        "norms",
        "S2.6, S2.6c",
        "norm",
        programmes,
    ),
    Claim(
        "norm_grows_linearly",
        "The least norm with which networks fit parity grows linearly with the dimension.",
        "exponent of d",
        "<=",
        "norms",
        "S2.6",
        None,
        exponent("minimum", 1.05),
        "the infimum of the R-norm over interpolants is Θ(d)",
    ),
    Claim(
        "ridge_norm_grows_faster",
        "The least norm of functions of one direction that fit parity grows like the power 3/2 of "
        "the dimension.",
        "exponent of d",
        ">=",
        "norms",
        "S2.3",
        None,
        exponent("ridge", 1.45),
        "the infimum of the R-norm over ridge interpolants is Θ(d^(3/2))",
    ),
    Claim(
        "documents_bound_holds",
        "For an L^2 error of 1/2 parity needs a norm of at least d/16.",
        "least ratio of V(d)/2 to d/16",
        ">=",
        "norms",
        "S2.6",
        "norm",
        one_case(over_the_documents_bound),
        "must have R-norm at least d/16",
    ),
    Claim(
        "lower_bound_holds",
        "No network comes closer to parity than its norm allows.",
        "least ratio of its norm to V(d) times 1 less its L^2 error",
        ">=",
        "training, samples",
        "S2.6b",
        "norm",
        norm_over_bound,
    ),
    Claim(
        "training_reaches_the_optimum",
        "Training with weight decay finds the least objective of any network, from every seed.",
        "largest ratio of the objective to the least one",
        "<=",
        "training",
        "S2.7",
        "norm",
        each_dimension("training", objective_over_optimum),
        "Neural networks often are trained with explicit regularization of the norms of their "
        "weights, providing a direct incentive to find a low-norm function that fits the data.",
    ),
    Claim(
        "neurons_align",
        "Trained with weight decay, neurons lie along sign vectors, from every seed.",
        "least mean cosine, weighted by the neurons' norm",
        ">=",
        "training",
        "S2.6",
        "norm",
        each_dimension("training", alignment),
    ),
    Claim(
        "biases_align",
        "Trained with weight decay, neurons have biases of 0 for even d, and of 1/sqrt(d) of the "
        "length of their weights for odd d.",
        "largest deviation of the mean, weighted by the neurons' norm",
        "<=",
        "training",
        "S2.6",
        "norm",
        each_dimension("training", bias_deviation),
    ),
    Claim(
        "implicit_bias",
        "Training without weight decay comes within a tenth of the least norm, too.",
        "norm over V(d) times the fit, mean over seeds",
        "<=",
        "training",
        "S2.7",
        "norm",
        each_dimension("training", without_decay),
        "gradient descent has an implicit bias in favor of low-norm solutions",
    ),
    Claim(
        "floors_hold",
        "What is learned from samples errs at least by what theory says: networks by their norm, "
        "the kernel by the number of its samples, on average over parities.",
        "least difference of L^2 error and floor",
        ">=",
        "samples",
        "S2.6, S2.11",
        "samples",
        floors,
    ),
    Claim(
        "fails_below_d2",
        "From half of d^2 samples and fewer, interpolation of least norm fails.",
        "least L^2 error, mean over seeds",
        ">=",
        "samples",
        "S2.9",
        "samples",
        at_most(0.5, "minimum", "error_2", 0.5),
        "R-norm minimizing interpolation will fail with substantial problem any time n ≪ d^2",
    ),
    Claim(
        "learns_at_3d2",
        "From 3 d^2 samples, interpolation of least norm learns parity on average.",
        "L^2 error, mean over seeds",
        "<=",
        "samples",
        "S2.9",
        "samples",
        most_samples("error_2", 0.5, 3.0),
    ),
    Claim(
        "uniform_later",
        "From 2 d^2 samples, interpolation of least norm still has a uniform error of 1 and more.",
        "uniform error, mean over seeds",
        ">=",
        "samples",
        "S2.9",
        "samples",
        most_samples("error_inf", 1.0, 2.0),
    ),
    Claim(
        "norm_grows_with_samples",
        "Up to d^2 samples the least norm grows no faster than they do.",
        "exponent of n",
        "<=",
        "samples",
        "S2.9",
        "samples",
        norm_growth,
        "a neural network h that perfectly fits n ≤ d^2 random samples has an R-norm of Õ(n/d)",
    ),
    Claim(
        "kernel_fails",
        "From 2 d^2 samples and fewer the neural tangent kernel learns nothing.",
        "least L^2 error, mean over seeds",
        ">=",
        "samples",
        "S2.11",
        "samples",
        at_most(2.0, "kernel", "error_2", 1.0),
        "it's the classic example of a learning problem with a high statistical query complexity",
    ),
    Claim(
        "elimination_suffices",
        "Who knows that it is a parity finds it from d + 5 samples, by elimination.",
        "probability that the samples determine it",
        ">=",
        "samples",
        "S2.12",
        "samples",
        elimination,
        "parity can be learned in the noiseless case using Gaussian elimination using n = d "
        "samples",
    ),
    Claim(
        "subsampling_succeeds",
        "Averages over as many random directions as are guaranteed to suffice are as close to "
        "parity as they should be, in half of all draws.",
        "share of draws",
        ">=",
        "width",
        "S2.8",
        "waves",
        successes,
        "we have a construction for the ε-approximate variational problem in Theorem 5 with width "
        "m = Õ(d^(3/2)/ε^2)",
    ),
    Claim(
        "average_still_optimal",
        "For waves that are no parity, too, many directions need less norm than one.",
        "least ratio of norms, over frequencies below that of parity",
        "<=",
        "waves",
        "S2.10",
        "waves",
        waves,
        "And yet, an average of truncated sawtooths of varying frequency is still the optimal "
        "thing to do.",
    ),
    Claim(
        "spline_is_minimum",
        "In one dimension the linear spline has the least norm of all networks that interpolate.",
        "largest relative deviation of linear programmes",
        "<=",
        "splines",
        "S2.1",
        None,
        splines,
        "when d = 1, the R-norm minimizing network g fitting the dataset is the one whose "
        "derivative has minimum total variation, which is satisfied by a piecewise-linear spline "
        "interpolation of the dataset",
    ),
)
