"""The data dictionary of an archive: each column of its tables, as the tables themselves say."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = ("file", "row", "column", "type", "unit", "nullable", "meaning")


def dictionary(files: Mapping[str, Path]) -> str:
    """Return the columns of all Parquet tables among some files as CSV, a line a column.

    `files` are places by name. Tables that a stage wrote for many cells or problems are one: a
    pattern of their names, and all columns that some of them have.
    """
    columns: dict[str, dict[str, tuple]] = {}
    for name in sorted(files):
        if name.endswith(".parquet"):
            schema = pq.read_schema(files[name])
            known = columns.setdefault(pattern(name), {})
            for field in schema:
                known.setdefault(field.name, (_said(schema, "row"), *_described(field)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for file in sorted(columns):
        for column, (row, *described) in columns[file].items():
            writer.writerow([file, row, column, *described])
    return text.getvalue()


def pattern(name: str) -> str:
    """Return the name of a table, or the pattern of names where there is one a cell or problem."""
    path = PurePosixPath(name)
    if path.parent.name == "tables" or len(path.parts) == 3:
        return name
    return str(PurePosixPath(*path.parts[:4], *["*"] * (len(path.parts) - 5), "*.parquet"))


def _described(field: pa.Field) -> tuple[str, str, str, str]:
    nullable = "yes" if field.nullable else "no"
    return str(field.type), _said(field, "unit"), nullable, _said(field, "meaning")


def _said(what: pa.Schema | pa.Field, key: str) -> str:
    return (what.metadata or {}).get(key.encode(), b"").decode()
