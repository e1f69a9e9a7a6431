"""What DuckDB or Polars find in tables, as JSON: `other_readers.py duckdb|polars FILE...`.

Run by a Python that has them, and nothing of ours. Of each file: its number of rows, what a row is,
and the types of its columns; and of the data dictionary in the folder it runs in: the meaning of
each column of each file.
"""

import json
import sys

DICTIONARY = "data_dictionary.csv"


def by_duckdb(path: str) -> tuple[int, str, dict[str, str]]:
    """Return rows, what a row is, and types of columns."""
    import duckdb

    ((rows,),) = duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall()
    columns = duckdb.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
    said = f"SELECT decode(value) FROM parquet_kv_metadata('{path}') WHERE decode(key) = 'row'"
    ((row,),) = duckdb.sql(said).fetchall()
    return rows, row, {name: kind for name, kind, *_ in columns}


def by_polars(path: str) -> tuple[int, str, dict[str, str]]:
    """Return rows, what a row is, and types of columns."""
    import polars as pl

    table = pl.read_parquet(path)
    row = pl.read_parquet_metadata(path)["row"]
    return table.height, row, {name: str(kind) for name, kind in table.schema.items()}


def meanings_by_duckdb() -> list[tuple[str, str, str]]:
    """Return file, column and meaning of each line of the dictionary."""
    import duckdb

    return duckdb.sql(f"SELECT file, \"column\", meaning FROM '{DICTIONARY}'").fetchall()


def meanings_by_polars() -> list[tuple[str, str, str]]:
    """Return file, column and meaning of each line of the dictionary."""
    import polars as pl

    return pl.read_csv(DICTIONARY).select("file", "column", "meaning").rows()


READERS = {"duckdb": (by_duckdb, meanings_by_duckdb), "polars": (by_polars, meanings_by_polars)}

if __name__ == "__main__":
    read, meanings = READERS[sys.argv[1]]
    print(json.dumps({"tables": {path: read(path) for path in sys.argv[2:]}, "said": meanings()}))
