"""What a table is: columns with types, units and meanings, written into the Parquet file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from supnorm.outputs import appearing
from supnorm.programs import InputError
from supnorm.provenance import Job


@dataclass(frozen=True)
class Column:
    """A column: its Arrow type, what it means, its unit, and whether it may be null."""

    name: str
    type: pa.DataType
    meaning: str
    unit: str = "1"
    nullable: bool = False

    def field(self) -> pa.Field:
        """Return the column as an Arrow field that carries meaning and unit."""
        metadata = {"meaning": self.meaning, "unit": self.unit}
        return pa.field(self.name, self.type, self.nullable, metadata)


@dataclass(frozen=True)
class Schema:
    """A table: what a row is, and the columns."""

    row: str
    columns: tuple[Column, ...]

    def arrow(self, stamp: Mapping[str, str] = MappingProxyType({})) -> pa.Schema:
        """Return the Arrow schema: its metadata says what a row is, and what made the table."""
        metadata = {"row": self.row, **stamp}
        return pa.schema([column.field() for column in self.columns], metadata)


def text(name: str, meaning: str, nullable: bool = False) -> Column:
    """Return a column of text."""
    return Column(name, pa.string(), meaning, "none", nullable)


def integer(name: str, meaning: str, unit: str = "1", nullable: bool = False) -> Column:
    """Return a column of 64-bit integers."""
    return Column(name, pa.int64(), meaning, unit, nullable)


def real(name: str, meaning: str, unit: str = "1", nullable: bool = False) -> Column:
    """Return a column of doubles."""
    return Column(name, pa.float64(), meaning, unit, nullable)


def truth(name: str, meaning: str) -> Column:
    """Return a column of truth values."""
    return Column(name, pa.bool_(), meaning, "none")


def write_table(path: Path, frame: pd.DataFrame, schema: Schema, job: Job | None = None) -> None:
    """Write a table that has exactly the columns of its schema; a missing number becomes null.

    The table carries the stamp of the job that makes it, if there is one.
    """
    arrays = [pa.array(frame[c.name], c.type, from_pandas=True) for c in schema.columns]
    table = pa.table(arrays, schema=schema.arrow(job.stamp) if job else schema.arrow())
    for column in schema.columns:
        if not column.nullable and table[column.name].null_count:
            raise ValueError(f"{path}: column {column.name} must not have missing values")
    with appearing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def table_columns(path: Path) -> list[str]:
    """Return the names of the columns that a table has."""
    return _opened(path, pq.read_schema).names


def read_table(path: Path, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the named columns of a table; raises InputError where one is not as described."""
    table = _opened(path, pq.read_table)
    for column in columns:
        if column.name not in table.column_names:
            found = ", ".join(table.column_names)
            raise InputError(f"{path}: expected a column {column.name}, found {found}")
        array = table[column.name]
        if array.type != column.type:
            raise InputError(
                f"{path}: column {column.name} has type {array.type}, expected {column.type}"
            )
        if not column.nullable and _missing(array):
            raise InputError(f"{path}: column {column.name} has missing values, expected none")
    return table.select([column.name for column in columns]).to_pandas()


def _opened(path: Path, read: Callable):
    try:
        return read(path)
    except FileNotFoundError:
        raise InputError(f"{path}: expected a Parquet table, found no file") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: expected a Parquet table, found {error}") from None


def _missing(array: pa.ChunkedArray) -> bool:
    return bool(pc.any(pc.is_null(array, nan_is_null=True)).as_py())
