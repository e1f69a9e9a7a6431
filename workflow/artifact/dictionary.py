"""The data dictionary: each column of the tables of a scale, as the tables themselves say.

An archive has it. `make dictionary` writes that of a run, for programs which do not read what Arrow
says of columns.
"""

import argparse
import csv
import io
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from driver.jobs import default_scale
from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError, run

NAME = "data_dictionary.csv"
COLUMNS = ("file", "row", "column", "type", "unit", "nullable", "meaning")


def main(argv: list[str]) -> None:
    """Write the dictionary of a scale's results to data_dictionary.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", help="scale of config.yaml, if not the one it names")
    results = Path("results", parser.parse_args(argv).scale or default_scale())
    # What begins with a dot was left by a job that was killed.
    tables = {path.as_posix(): path for path in results.rglob("[!.]*.parquet")}
    if not tables:
        raise InputError(
            f"{results}: expected tables, found none; run `make reproduce "
            f"SCALE={results.name}` first"
        )
    with appearing(Path(NAME)) as temporary:
        temporary.write_text(dictionary(tables))
    print(f"{NAME}: the columns of {len(tables)} tables of {results}")


def dictionary(files: Mapping[str, Path]) -> str:
    """Return the columns of all Parquet tables among some files as CSV, a line a column.

    `files` are places by name. Tables that a stage wrote for many cells or problems are one: a
    pattern of their names, and all columns that some of them have. Raises InputError where a file
    is no Parquet table.
    """
    columns: dict[str, dict[str, tuple]] = {}
    for name in sorted(files):
        if name.endswith(".parquet"):
            schema = _schema(name, files[name])
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


def _schema(name: str, path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except pa.ArrowException as error:
        raise InputError(f"{name}: expected a Parquet table, found {error}") from None


def _described(field: pa.Field) -> tuple[str, str, str, str]:
    nullable = "yes" if field.nullable else "no"
    return str(field.type), _said(field, "unit"), nullable, _said(field, "meaning")


def _said(what: pa.Schema | pa.Field, key: str) -> str:
    return (what.metadata or {}).get(key.encode(), b"").decode()


if __name__ == "__main__":
    run(main)
