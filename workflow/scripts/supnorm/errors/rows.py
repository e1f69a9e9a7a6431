"""The rows of errors/<cell>.parquet."""

import numpy as np
import pandas as pd

from supnorm.errors.measured import Errors
from supnorm.students import CellStudents
from supnorm.tables.norms import NORMS


def student_rows(students: CellStudents, measured: Errors, how: dict[str, str]) -> pd.DataFrame:
    """Return a row for each student and norm, norm after norm; `how` has each norm's method.

    A student whose loss is not finite has error +inf, whatever it is where it was measured.
    """
    finite = np.isfinite(students.losses)
    common = {**students.cell, "algorithm": "network", **students.pairs}
    common["loss"] = np.where(finite, students.losses, np.inf)
    for i, column in enumerate(measured.place.T):
        common[f"at{i}"] = np.where(finite, column, np.nan)
    parts = []
    for norm in NORMS:
        error = np.where(finite, measured.norms[norm], np.inf)
        upper = error if how[norm] == "exact" else np.where(np.isinf(error), error, np.nan)
        found = {"norm": norm, "error": error, "upper": upper, "method": how[norm]}
        parts.append(pd.DataFrame({**common, **found}))
    return pd.concat(parts)
