"""The rows of errors/<shard>.parquet and of sampled/<shard>.parquet."""

from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.errors.measured import Errors
from supnorm.programs import InputError
from supnorm.students import CellStudents
from supnorm.tables.errors import errors_schema
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import read_table


def student_rows(students: CellStudents, measured: Errors, how: dict[str, str]) -> pd.DataFrame:
    """Return a row for each student and norm, norm after norm; `how` has each norm's method.

    A student whose loss is not finite has error +inf, whatever it is where it was measured.
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


def read_sampled(path: Path, students: CellStudents) -> Errors:
    """Return what a table of sampled errors says of students; it may have others, too.

    Raises InputError unless it has each of them once, by name and loss.
    """
    columns = errors_schema(students.cell["dim"]).columns
    table = read_table(path, columns)
    named, sampled = _named(students), table[table["method"] == "sampled"]
    found = {norm: named.merge(sampled[sampled["norm"] == norm], how="left") for norm in NORMS}
    if any(len(rows) != len(named) or rows["error"].isna().any() for rows in found.values()):
        raise InputError(
            f"{path}: expected the sampled errors of {len(named)} students of {students.cell}, "
            "found others"
        )
    places = [column.name for column in columns if column.name.startswith("at")]
    norms = {norm: rows["error"].to_numpy() for norm, rows in found.items()}
    return Errors(norms, found["inf"][places].to_numpy())


def _named(students: CellStudents) -> pd.DataFrame:
    """Return what names each student, and its loss."""
    losses = np.where(np.isfinite(students.losses), students.losses, np.inf)
    named = {**students.cell, "algorithm": "network", **students.pairs, "loss": losses}
    return pd.DataFrame(named)
