"""Tabulate how many samples a uniform error takes, and the constants of the least error."""

import itertools
import math

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import write_table
from supnorm.uniform.tables.sample_counts import SAMPLE_COUNTS
from supnorm.uniform.tables.two_sided import TWO_SIDED
from supnorm.uniform.theory.bounds import (
    NetworkClass,
    log10_samples_needed,
    log10_samples_sufficient,
    two_sided_constants,
)

# Around the worked example of the paper (S1.12), which is one of them.
DIMS = [1, 2, 3, 5, 9, 15, 30]
DEPTHS = [3, 5, 7, 10]
BOUNDS = [0.5, 1.0, 2.0]
ERRORS = [2.0**-4, 2.0**-10, 2.0**-16]
EXAMPLE = {"dim": 15, "depth": 7, "c": 2.0, "q": "inf", "error": 2.0**-10}


def main(argv: list[str]) -> None:
    """Write a row for each class and error, and a row for each class."""
    parser = Program(__doc__, __file__)
    parser.writes("sample_counts", help="table to write")
    parser.writes("two_sided", help="table to write")
    a = parser.parse_args(argv)
    classes = [
        {"dim": dim, "depth": depth, "c": c, "q": q}
        for q, dim, depth, c in itertools.product(NORMS, DIMS, DEPTHS, BOUNDS)
    ]
    counts = [sample_count(error=error, **cls) for cls in classes for error in ERRORS]
    write_table(a.sample_counts, pd.DataFrame(counts), SAMPLE_COUNTS, a.job)
    write_table(a.two_sided, pd.DataFrame([two_sided(**cls) for cls in classes]), TWO_SIDED, a.job)
    a.job.write_record()


def sample_count(dim: int, depth: int, c: float, q: str, error: float) -> dict:
    """Return a row of tables/sample_counts.parquet."""
    named = {"dim": dim, "depth": depth, "c": c, "q": q, "error": error}
    cls = NetworkClass(dim, depth, 3 * dim, NORMS[q], c)
    return {
        **named,
        "log10_needed": log10_samples_needed(cls, error, math.inf, dim),
        "log10_sufficient": log10_samples_sufficient(cls, error),
        "example": named == EXAMPLE,
    }


def two_sided(dim: int, depth: int, c: float, q: str) -> dict:
    """Return a row of tables/two_sided.parquet."""
    lower, upper = two_sided_constants(dim, depth, c, NORMS[q])
    named = {"dim": dim, "depth": depth, "c": c, "q": q}
    return {**named, "lower": lower, "upper": upper, "ratio": upper / lower}


if __name__ == "__main__":
    run(main)
