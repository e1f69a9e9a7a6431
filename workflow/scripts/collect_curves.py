"""Collect the training losses of all cells in one table."""

import argparse
from pathlib import Path

from supnorm.programs import run
from supnorm.tables.collect import collect
from supnorm.tables.curves import CURVES
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write the rows of all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=Path, nargs="+", required=True, help="tables of cells")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    write_table(a.output, collect(a.curves, [CURVES] * len(a.curves)), CURVES)


if __name__ == "__main__":
    run(main)
