"""Collect the errors of all cells in one table, with their certified upper ends."""

from pathlib import Path

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.tables.certificates import KEY, certificates_schema
from supnorm.tables.collect import collect
from supnorm.tables.errors import errors_schema
from supnorm.tables.schema import table_columns, write_table


def main(argv: list[str]) -> None:
    """Write the rows of all tables, places with the coordinates of the largest dimension."""
    parser = Program(__doc__, __file__)
    parser.reads("errors", nargs="+", help="tables of cells")
    parser.reads("certificates", nargs="*", default=[], help="brackets")
    parser.writes("table", help="Parquet table to write")
    a = parser.parse_args(argv)
    errors = collect(a.errors, [errors_schema(coordinates(path)) for path in a.errors])
    if a.certificates:
        schemas = [certificates_schema(coordinates(path)) for path in a.certificates]
        errors = certified(errors, collect(a.certificates, schemas))
    write_table(a.table, errors, errors_schema(max(map(coordinates, a.errors))), a.job)
    a.job.write_record()


def coordinates(path: Path) -> int:
    """Return the number of coordinates that a table has for the place of the uniform error."""
    return sum(name.startswith("at") for name in table_columns(path))


def certified(errors: pd.DataFrame, brackets: pd.DataFrame) -> pd.DataFrame:
    """Return the errors with certified uniform errors replaced by their brackets."""
    errors = errors.set_index([*KEY, "norm"], drop=False)
    brackets = brackets.rename(columns={"low": "error", "high": "upper"})
    brackets = brackets.assign(norm="inf", method="certified")
    brackets = brackets.set_index([*KEY, "norm"])
    unknown = brackets.index.difference(errors.index)
    if len(unknown):
        named = ", ".join(f"{k} {v}" for k, v in zip(unknown.names, unknown[0], strict=True))
        raise InputError(f"--certificates: expected students that have errors, found {named}")
    found = ["error", "upper", "method", *(name for name in brackets if name.startswith("at"))]
    errors.loc[brackets.index, found] = brackets[found]
    return errors


if __name__ == "__main__":
    run(main)
