"""The claims about training: what its budget leaves undone."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from supnorm.statistics.claims import Claim, Finding, Tables
from supnorm.uniform.statements.cases import Numbers, in_all_cases, matching, networks

# The norms that the figure shows.
SHOWN = ("2", "inf")
STAGNATES = (
    "Especially in the one-dimensional case, the rate w.r.t. the number of samples also seems to "
    "stagnate at a precision that might be insufficient for certain applications."
)
FURTHER = (
    "In general, the rates worsen when considering more teacher networks and improve when "
    "considering further deep learning algorithms"
)


def last_slope_less_first(tables: Tables, norm: str) -> Numbers:
    """Compare the slope between the two largest m with that between the two smallest, for d = 1."""
    rows = networks(tables, norm)
    if norm != "inf" or (rows["dim"] != 1).any() or len(rows) < 3:
        return None
    slopes = np.diff(np.log(rows["error"])) / np.diff(np.log(rows["samples"]))
    return slopes[-1] - slopes[0], 0.0


def left_on_sample(tables: Tables, norm: str) -> Numbers:
    """Compare the training error with half of the error in L^2, at the largest m, for d = 1."""
    rows = matching(tables["budget"], origin="paper", statistic="minmax", norm=norm)
    if norm != "2" or rows.empty or (rows["dim"] != 1).any():
        return None
    last = rows.iloc[-1]
    with np.errstate(invalid="ignore"):  # Both are infinite where all students diverged.
        return last["training"] / last["error"], 0.5


def at_largest_of(
    origin: str, column: str, reference: float
) -> Callable[[Tables, Mapping[str, float]], Iterator[Finding]]:
    """Return a `find` function: a case each rule of this origin, dimension and norm."""

    def find(tables: Tables, settings: Mapping[str, float]) -> Iterator[Finding]:
        chosen = matching(tables["budget"], origin=origin, statistic="minmax")
        chosen = chosen[chosen["norm"].isin(SHOWN)]
        for (dim, norm, rule), rows in chosen.groupby(["dim", "norm", "rule"]):
            measured, low, high = rows.iloc[-1][[column, f"{column}_low", f"{column}_high"]]
            case = f"d = {dim}, p = {norm}, {rule}"
            yield Finding(case, measured, reference, low, high, part=dim)

    return find


CLAIMS = (
    Claim(
        "rate_stagnates",
        "For d = 1 the uniform error of the paper's algorithms stagnates at large m.",
        "slope between the two largest m, less that between the two smallest",
        ">=",
        "minmax",
        "Section 3 of the paper",
        "rates",
        in_all_cases(last_slope_less_first),
        STAGNATES,
    ),
    Claim(
        "training_stopped_early",
        "For d = 1 and the largest m what training leaves on the sample is at least half of the "
        "error in L^2.",
        "training error over the error in L^2, after the paper's budget",
        ">=",
        "budget",
        "none",
        "budget",
        in_all_cases(left_on_sample),
    ),
    Claim(
        "longer_training_helps",
        "At the largest m longer training lowers the error: it is not the samples alone that limit "
        "it.",
        "error after longer training over that after the paper's budget",
        "<=",
        "budget",
        "none",
        "budget",
        at_largest_of("longer", "ratio", 1.0),
    ),
    Claim(
        "longer_training_steepens",
        "After longer training the error falls faster with m.",
        "slope after longer training, less that after the paper's budget",
        "<=",
        "budget",
        "none",
        "budget",
        at_largest_of("longer", "gain", 0.0),
    ),
    Claim(
        "further_algorithms_steepen",
        "With further algorithms, longer ones, the least error falls faster with m.",
        "slope of the least error of all, less that after the paper's budget",
        "<=",
        "budget",
        "Section 3 of the paper",
        "budget",
        at_largest_of("best", "gain", 0.0),
        FURTHER,
    ),
)
