"""Tabulate squares, and test the claim of the study on them."""

import pandas as pd
from supnorm.toy import claims as toy
from supnorm.toy.tables.squares import SQUARES

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.statistics.claims import tabulate_claims
from supnorm.tables.claims import CLAIMS
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write a row for each number, and a row for the claim."""
    parser = Program(__doc__, __file__)
    parser.setting("toy.points")
    parser.writes("squares", help="Parquet table to write")
    parser.writes("claims", help="Parquet table to write")
    a = parser.parse_args(argv)
    squares = pd.DataFrame({"number": range(a.points)})
    squares["square"] = squares["number"] ** 2
    write_table(a.squares, squares, SQUARES, a.job)
    found = tabulate_claims("toy", toy.CLAIMS, {"squares": squares}, {"points": a.points})
    write_table(a.claims, found, CLAIMS, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
