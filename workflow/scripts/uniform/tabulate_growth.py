"""Tabulate how the error of the best network grows with the number of teachers."""

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.tables.errors import LEADING
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.ranking import RANKED, Grown, Rate, beside, grow, rates
from supnorm.uniform.tables.growth import GROWTH


def main(argv: list[str]) -> None:
    """Write a row for each problem and number of teachers."""
    parser = Program(__doc__, __file__)
    parser.reads("errors", help="table of all errors")
    parser.writes("growth", help="Parquet table to write")
    a = parser.parse_args(argv)
    errors = read_table(a.errors, [column for column in LEADING if column.name in RANKED])
    grown = list(grow(errors[errors["algorithm"] == "network"]))
    if not grown:
        raise InputError(f"{a.errors}: expected rows of the algorithm network, found none")
    fitted = list(rates(grown, lambda one: {"teachers": one.teachers}))
    slopes = pd.DataFrame(slope_row(*pair) for pair in beside(fitted, teachers=1))
    slopes = slopes.rename(columns={"low": "slope_low", "high": "slope_high"})
    rows = pd.DataFrame(map(growth_row, grown))
    write_table(
        a.growth, rows.merge(slopes, on=["family", "dim", "norm", "teachers"]), GROWTH, a.job
    )
    a.job.write_record()


def growth_row(grown: Grown) -> dict:
    """Return the row of tables/growth.parquet, without the slope."""
    low, high = grown.interval()
    return {
        **grown.problem,
        "teachers": grown.teachers,
        "error": grown.error,
        "seeds": len(grown.seeds),
        "low": low,
        "high": high,
    }


def slope_row(rate: Rate, first: Rate) -> dict:
    """Return a slope and how far it lags behind the `first`, that with a single teacher."""
    lag, low, high = rate.less(first)
    return rate.row() | {"lag": lag, "lag_low": low, "lag_high": high}


if __name__ == "__main__":
    run(main)
