"""One table from the tables of all shards."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from supnorm.tables.schema import Schema, read_table


def collect(paths: Sequence[Path], schemas: Sequence[Schema]) -> pd.DataFrame:
    """Return the rows of all tables, sorted by what names them, however cells were cut.

    `schemas` has the schema of each table; columns that one lacks are missing there. A row is
    named by the columns of the first schema that are no floating-point numbers.
    """
    frames = [read_table(path, schema.columns) for path, schema in zip(paths, schemas, strict=True)]
    names = [column.name for column in schemas[0].columns if column.type != pa.float64()]
    return pd.concat(frames).sort_values(names, ignore_index=True)
