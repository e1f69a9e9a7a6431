"""What a table is: columns with types, units and meanings, written into the Parquet file."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError, telling_lacks
from supnorm.job.provenance import Job


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


def truth(name: str, meaning: str, nullable: bool = False) -> Column:
    """Return a column of truth values."""
    return Column(name, pa.bool_(), meaning, "none", nullable)


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
    """Return the named columns of a table; raises InputError where one is not as described.

    Also raises InputError where the table says that it is larger than the memory.
    """
    schema = _opened(path, pq.read_schema)
    for column in columns:
        if schema.names.count(column.name) != 1:
            found = ", ".join(schema.names)
            raise InputError(f"{path}: expected a column {column.name}, found {found}")
        kind = schema.field(column.name).type
        if kind != column.type:
            raise InputError(
                f"{path}: column {column.name} has type {kind}, expected {column.type}"
            )
    table = _opened(path, lambda path: _read(path, columns))
    for column in columns:
        if not column.nullable and _missing(table[column.name]):
            raise InputError(f"{path}: column {column.name} has missing values, expected none")
    return table.to_pandas()


def _read(path: Path, columns: Sequence[Column]) -> pa.Table:
    """Return existing columns of a table, with the types of their descriptions.

    A few bytes of Parquet can stand for any number of rows, and for texts of any length. So no more
    rows are read than the file says it has, and each text once before all are laid out.
    """
    texts = [column.name for column in columns if column.type == pa.string()]
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        rows = file.metadata.num_rows
        _check_size(path, rows, 8 * len(columns))
        batches, found = [], 0
        for batch in file.iter_batches(columns=[column.name for column in columns]):
            batches.append(batch)
            found += batch.num_rows
            if found > rows:
                break
    if found != rows:
        raise ValueError(f"{found} rows where it says {rows}")
    longest = [max((_longest(batch[name]) for batch in batches), default=0) for name in texts]
    _check_size(path, rows, 8 * len(columns) + sum(longest))
    arrays = {
        column.name: pa.chunked_array(
            [batch[column.name].cast(column.type) for batch in batches], column.type
        )
        for column in columns
    }
    table = pa.table(arrays)
    table.validate(full=True)
    return table


def _longest(texts: pa.DictionaryArray) -> int:
    """Return the bytes of the longest text among those that are different."""
    return pc.max(pc.binary_length(texts.dictionary)).as_py() or 0


def _check_size(path: Path, rows: int, row: int) -> None:
    """Raise InputError where so many rows of so many bytes are more than half the memory."""
    most = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    if rows * row > most:
        raise InputError(
            f"{path}: says it has {rows} rows, of up to {row} bytes; expected at most {most} bytes "
            "in all, half the memory"
        )


def _opened(path: Path, read: Callable):
    try:
        # Arrow does not name a file that it may not read.
        with telling_lacks(), Path(path).open("rb"):
            return read(path)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: expected a Parquet table, found no file") from None
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: expected a Parquet table, found {str(error).strip()}") from None


def _missing(array: pa.ChunkedArray) -> bool:
    return bool(pc.any(pc.is_null(array, nan_is_null=True)).as_py())
