"""The rows of errors/<shard>.parquet and of sampled/<shard>.parquet."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.errors.measured import Errors
from supnorm.job.programs import InputError
from supnorm.students import CellStudents
from supnorm.tables.errors import errors_schema
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import read_table


def student_rows(students: CellStudents, measured: Errors, how: dict[str, str]) -> pd.DataFrame:
    """Return a row for each student and norm, norm after norm; `how` is the method by norm.

    A student whose loss is not finite has error +inf, whatever was measured.
    """
    finite = np.isfinite(students.losses)
    common = _named(students)
    for i, column in enumerate(measured.place.T):
        common[f"at{i}"] = np.where(finite, column, np.nan)
    parts = []
    for norm in NORMS:
        error = np.where(finite, measured.norms[norm], np.inf)
        upper = error if how[norm] == "exact" else np.where(np.isinf(error), error, np.nan)
        found = {"norm": norm, "error": error, "upper": upper, "method": how[norm]}
        parts.append(common.assign(**found))
    return pd.concat(parts)


def read_rows(paths: Sequence[Path], students: CellStudents) -> pd.DataFrame:
    """Return the rows of given students from tables of errors, in the order of `student_rows`.

    Other rows are ignored. Raises InputError unless each student, known by its name and loss,
    occurs exactly once in each norm.
    """
    columns = errors_schema(students.cell["dim"]).columns
    table = pd.concat([read_table(path, columns) for path in paths])
    wanted = pd.concat([_named(students).assign(norm=norm) for norm in NORMS])
    rows = wanted.merge(table, how="left")
    if len(rows) != len(wanted) or rows["error"].isna().any():
        raise InputError(
            f"{paths[0]}: expected the errors of {len(students.networks)} students of "
            f"{students.cell}, found others"
        )
    return rows


def errors_of(rows: pd.DataFrame, dim: int) -> Errors:
    """Return the errors in rows that are in the order of `student_rows`."""
    norms = {norm: rows[rows["norm"] == norm] for norm in NORMS}
    place = norms["inf"][[f"at{i}" for i in range(dim)]].to_numpy()
    return Errors({norm: some["error"].to_numpy() for norm, some in norms.items()}, place)


def _named(students: CellStudents) -> pd.DataFrame:
    """Return the columns that name each student, and its loss."""
    losses = np.where(np.isfinite(students.losses), students.losses, np.inf)
    named = {**students.cell, "algorithm": "network", **students.pairs, "loss": losses}
    return pd.DataFrame(named)
