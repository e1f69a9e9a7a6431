"""Claims on neighbours of teachers: is poor behaviour generic? (The outlook of the paper.)

Poor behaviour is that all students of a teacher and seed err at least by a lower bound of the
theory, on the teacher plus or minus a spike that the seed's sample does not see.
"""

from collections.abc import Iterator, Mapping

import pandas as pd

from supnorm.statistics.claims import Claim, Finding, Tables
from supnorm.uniform.tables.neighbours import LOWER_BOUNDS


def by_dimension(tables: Tables, kind: str) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield each dimension and its neighbours for one bound."""
    table = tables["neighbours"]
    yield from table[table["kind"] == kind].groupby("dim")


def at_largest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the largest sample size."""
    return rows[rows["samples"] == rows["samples"].max()]


def teachers_with_neighbour(tables: Tables, _: Mapping[str, float]) -> Iterator[Finding]:
    """Find the share of teachers with such a neighbour for every seed and m, for each bound."""
    for kind, name in LOWER_BOUNDS.items():
        for dim, rows in by_dimension(tables, kind):
            share = rows.groupby("teacher")["all_err"].all().mean()
            yield Finding(f"d = {dim}, {name}", share, 1.0, part=dim)


def distances_within_l2_error(tables: Tables, _: Mapping[str, float]) -> Iterator[Finding]:
    """Find the share of teachers and seeds whose neighbour is within the L^2 error."""
    for dim, rows in by_dimension(tables, "lower"):
        last = at_largest(rows)
        yield Finding(f"d = {dim}", (last["distance"] <= last["l2_error"]).mean(), 0.5, part=dim)


def places_within_l2_error(tables: Tables, _: Mapping[str, float]) -> Iterator[Finding]:
    """Find the share of places with such a neighbour within the L^2 error."""
    for dim, rows in by_dimension(tables, "lower"):
        yield Finding(f"d = {dim}", at_largest(rows)["within"].mean(), 0.5, part=dim)


def own_error_over_bound(tables: Tables, _: Mapping[str, float]) -> Iterator[Finding]:
    """Find the largest uniform error of the best students on teachers, over the bound."""
    for dim, rows in by_dimension(tables, "lower"):
        yield Finding(f"d = {dim}", (rows["uniform_error"] / rows["bound"]).max(), 1.0, part=dim)


CLAIMS = (
    Claim(
        "every_teacher_has_a_bad_neighbour",
        "Every random teacher has, for every seed and m, a neighbour on which all students err at "
        "least by the lower bound.",
        "share of teachers",
        ">=",
        "neighbours",
        "S1.2, S1.9, S1.11, outlook of the paper",
        "neighbours",
        teachers_with_neighbour,
    ),
    Claim(
        "bad_neighbours_within_l2_error",
        "At the largest m that neighbour, for Theorem 2.2, is for most teachers and seeds nearer "
        "to the teacher in L^2 than every student is.",
        "share of teachers and seeds",
        ">=",
        "neighbours",
        "S1.5, outlook of the paper",
        "neighbours",
        distances_within_l2_error,
    ),
    Claim(
        "bad_neighbours_at_most_places",
        "At the largest m a spike at most places of the cube makes such a neighbour, nearer in L^2 "
        "than every student.",
        "share of uniform places, mean over teachers and seeds",
        ">=",
        "neighbours",
        "S1.5, outlook of the paper",
        "neighbours",
        places_within_l2_error,
    ),
    Claim(
        "teachers_themselves_are_learned",
        "On the random teachers themselves the best student errs less than Theorem 2.2 says of the "
        "worst case, at every m: what is generic are bad neighbours, not bad teachers.",
        "largest ratio of the least uniform error to the bound, over teachers, seeds and m",
        "<=",
        "neighbours",
        "S1.9, outlook of the paper",
        "neighbours",
        own_error_over_bound,
    ),
)
