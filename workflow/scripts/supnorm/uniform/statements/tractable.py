"""Claims about what is tractable: polynomials, for who knows their degree, and not for training."""

from collections.abc import Iterator, Mapping

import pandas as pd

from supnorm.statistics.claims import Claim, Finding, Tables
from supnorm.uniform.references.own import NETWORK

# From so many points for each coefficient on: random points leave a worse conditioned system.
ENOUGH = {"chebyshev": ("Chebyshev points", 1), "least_squares": ("random points", 4)}
ROUNDING = 1e-12
PRECISE = 1e-4


def kinds(tables: Tables) -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Yield each kind of polynomials: its name, its dimension, and its rows."""
    for (dim, degree), rows in tables["tractable"].groupby(["dim", "degree"]):
        yield f"d = {dim}, p = inf, degree {degree}", dim, rows


def errors_of_knowing(tables: Tables, _: Mapping[str, float]) -> Iterator[Finding]:
    """Return the largest error of least squares in the class, from enough points on."""
    for kind, dim, rows in kinds(tables):
        for name, (where, times) in ENOUGH.items():
            enough = rows[rows["samples"] >= times * rows["coefficients"]]
            errors = enough.loc[enough["algorithm"] == name, "error"]
            yield Finding(f"{kind}, {where}", errors.max(), ROUNDING, part=dim)


def errors_of_training(tables: Tables, _: Mapping[str, float]) -> Iterator[Finding]:
    """Return the least error of a trained network at the largest m."""
    for kind, dim, rows in kinds(tables):
        trained = rows[rows["algorithm"] == NETWORK]
        last = trained[trained["samples"] == trained["samples"].max()]
        yield Finding(kind, last["error"].min(), PRECISE, part=dim)


CLAIMS = (
    Claim(
        "polynomials_are_learned_exactly",
        "Who knows the degree of a polynomial learns it uniformly, up to rounding, from as many "
        "Chebyshev points as it has coefficients, or from four times as many random ones.",
        "largest uniform error of least squares over polynomials, seeds, and m from there on",
        "<=",
        "tractable",
        "Remark 1.2 of the paper",
        "tractable",
        errors_of_knowing,
        "uniform reconstruction is tractable (i.e., the number of required samples for recovery "
        "does not massively exceed the number of parameters defining the class)",
    ),
    Claim(
        "training_misses_polynomials",
        "Networks that are trained on the same polynomials do not come close to that, at the "
        "largest m: what is tractable is so for an algorithm that knows the class.",
        "least uniform error over polynomials and seeds; reference: 1e-4",
        ">=",
        "tractable",
        "Remark 1.3 of the paper",
        "tractable",
        errors_of_training,
    ),
)
