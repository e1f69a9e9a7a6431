"""Claims about where in the cube errors are attained, for each dimension and sample size.

Each is a median over the students of the algorithm that decides the uniform min-max, all teachers
and seeds together, or a share of them. Its interval is over seeds (supnorm.statistics.intervals).
Students without a finite error have no part.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from supnorm.statistics.claims import Claim, Finding, Tables
from supnorm.statistics.intervals import resamples
from supnorm.uniform.ranking import of_best


def with_interval(
    students: pd.DataFrame, column: str, statistic: Callable[[np.ndarray], float]
) -> tuple[float, float, float]:
    """Return a statistic of a column over students, and the ends of its interval over seeds."""
    of_seeds = [values.to_numpy(float) for _, values in students.groupby("seed")[column]]
    again = resamples(len(of_seeds))
    resampled = [
        statistic(np.concatenate(list(map(np.tile, of_seeds, counts)))) for counts in again.counts
    ]
    return statistic(np.concatenate(of_seeds)), *again.interval(np.array(resampled))


def of_students(
    column: str, statistic: Callable[[np.ndarray], float], reference: float, least_dim: int = 1
) -> Callable[[Tables, Mapping[str, float]], Iterator[Finding]]:
    """Return a `find` function: a statistic over students, for each dimension and sample size.

    Dimensions below `least_dim` have no case.
    """

    def find(tables: Tables, settings: Mapping[str, float]) -> Iterator[Finding]:
        # A place that was only sampled is never on the boundary, and not where the error is.
        places = of_best(tables["places"], tables["minmax"])
        places = places[(places["dim"] >= least_dim) & (places["method"] != "sampled")]
        places = places.assign(boundary=places["faces"].gt(0).where(places["faces"].notna()))
        for (dim, samples), rows in places.dropna(subset=column).groupby(["dim", "samples"]):
            measured, low, high = with_interval(rows, column, statistic)
            case = f"d = {dim}, m = {samples}"
            yield Finding(case, measured, reference, low, high, part=dim)

    return find


CLAIMS = (
    Claim(
        "errors_far_from_samples",
        "The error is largest where no sample is near: farther from the nearest one than random "
        "points of the cube are.",
        "median over students: distance from the largest error to the nearest sample, over the "
        "median of that distance for random points",
        ">=",
        "places, minmax",
        "Section 3 and Figure 3 of the paper",
        "places",
        of_students("ratio", np.median, 1.0),
        "errors are caused by spikes of the teacher network which are not covered by any sample",
    ),
    Claim(
        "errors_far_for_their_faces",
        "For d > 1 the largest error is not only as far from samples as the boundary is: it is "
        "farther from the nearest one than random points on as many faces of the cube are.",
        "median over students: distance from the largest error to the nearest sample, over the "
        "median of that distance for random points on as many faces",
        ">=",
        "places, minmax",
        "none",
        "places",
        of_students("ratio_alike", np.median, 1.0, least_dim=2),
    ),
    Claim(
        "errors_largest_on_the_boundary",
        "For d > 1 most students err most on the boundary of the cube.",
        "share of students whose largest error lies on the boundary",
        ">=",
        "places, minmax",
        "none",
        "places",
        of_students("boundary", np.mean, 0.5, least_dim=2),
    ),
    Claim(
        "errors_remain_inside",
        "Errors are not the boundary's alone: in a smaller cube with the same centre the uniform "
        "error is still more than half of that in the whole.",
        "median over students: uniform error in the smaller cube over that in Q",
        ">=",
        "places, minmax",
        "none",
        "places",
        of_students("share", np.median, 0.5),
    ),
)
