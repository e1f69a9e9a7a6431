"""Cases of claims: a number for each dimension and norm, from the rows of tables."""

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from supnorm.statistics.claims import Finding, Tables
from supnorm.tables.norms import NORMS

Numbers = tuple[float, ...] | None


def in_all_cases(
    compare: Callable[..., Numbers], *names: str
) -> Callable[[Tables, Mapping[str, float]], Iterator[Finding]]:
    """Return a `find` function that applies `compare` to every dimension and norm.

    `compare` is also given the settings of these names.
    """

    def find(tables: Tables, settings: Mapping[str, float]) -> Iterator[Finding]:
        given = {name: settings[name] for name in names}
        for dim in sorted(tables["minmax"]["dim"].unique()):
            of_dim = {name: table[table["dim"] == dim] for name, table in tables.items()}
            for norm in NORMS:
                numbers = compare(of_dim, norm, **given)
                if numbers:
                    yield Finding(f"d = {dim}, p = {norm}", *numbers, part=dim)

    return find


def matching(table: pd.DataFrame, **values) -> pd.DataFrame:
    """Return the rows with these values, sorted by sample size if they have one."""
    rows = table[(table[list(values)] == pd.Series(values)).all(axis=1)]
    return rows.sort_values("samples") if "samples" in rows else rows


def networks(tables: Tables, norm: str) -> pd.DataFrame:
    """Return the min-max errors of networks, by sample size."""
    chosen = {"algorithm_set": "network", "statistic": "minmax", "norm": norm}
    return matching(tables["minmax"], **chosen)
