"""One table from the tables of all cells."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from supnorm.tables.schema import Schema, read_table


def collect(paths: Sequence[Path], schemas: Sequence[Schema]) -> pd.DataFrame:
    """Return the rows of all tables in the given order; columns that one lacks are missing there.

    `schemas` has the schema of each table.
    """
    frames = [read_table(path, schema.columns) for path, schema in zip(paths, schemas, strict=True)]
    return pd.concat(frames, ignore_index=True)
