"""Collect the errors of all cells in one table."""

import argparse
from pathlib import Path

from supnorm.programs import run
from supnorm.tables.collect import collect
from supnorm.tables.errors import errors_schema
from supnorm.tables.schema import table_columns, write_table


def main(argv: list[str]) -> None:
    """Write the rows of all tables, with as many coordinates as the largest dimension has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", type=Path, nargs="+", required=True, help="tables of cells")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    dims = [sum(name.startswith("at") for name in table_columns(path)) for path in a.errors]
    collected = collect(a.errors, [errors_schema(dim) for dim in dims])
    write_table(a.output, collected, errors_schema(max(dims)))


if __name__ == "__main__":
    run(main)
