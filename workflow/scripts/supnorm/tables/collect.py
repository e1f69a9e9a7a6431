"""One table from the tables of all shards, and the program that only makes such tables."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from supnorm.job.commands import Program
from supnorm.tables.schema import Schema, read_table, write_table


def collect_tables(
    program: tuple[str, str], argv: list[str], *tables: tuple[str, str, Schema]
) -> None:
    """Write the rows of all tables, one table or several.

    `program` is its description and its file; each of `tables` is what its parts are called, what
    the whole is called, and their schema.
    """
    parser = Program(*program)
    for parts, whole, schema in tables:
        parser.reads(parts, nargs="+", help=schema.row)
        parser.writes(whole, help="Parquet table to write")
    a = parser.parse_args(argv)
    for parts, whole, schema in tables:
        write_table(getattr(a, whole), collect(getattr(a, parts), schema), schema, a.job)
    a.job.write_record()


def collect(paths: Sequence[Path], schemas: Schema | Sequence[Schema]) -> pd.DataFrame:
    """Return the rows of all tables, sorted by what names them, however cells were cut.

    `schemas` is the schema of all tables or of each; columns that one lacks are missing there. A
    row is named by the columns of the first schema that are no floating-point numbers.
    """
    if isinstance(schemas, Schema):
        schemas = [schemas] * len(paths)
    frames = [read_table(path, schema.columns) for path, schema in zip(paths, schemas, strict=True)]
    names = [column.name for column in schemas[0].columns if column.type != pa.float64()]
    return pd.concat(frames).sort_values(names, ignore_index=True)
