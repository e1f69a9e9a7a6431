"""Find the best algorithm of each problem, and the rates at which its error falls."""

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.errors import LEADING
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.ranking import RANKED, Decided, Rate, beside, decide, rates, ratios_to_others
from supnorm.uniform.tables.ranking import MINMAX, RATES


def main(argv: list[str]) -> None:
    """Write the table of min-max and min-mean errors, and the table of their rates."""
    parser = Program(__doc__, __file__)
    parser.reads("errors", help="table of all errors")
    parser.writes("minmax", help="Parquet table to write")
    parser.writes("rates", help="Parquet table to write")
    a = parser.parse_args(argv)
    errors = read_table(a.errors, [column for column in LEADING if column.name in RANKED])
    decided = list(decide(errors))
    ratios = ratios_to_others(decided)
    rows = [minmax_row(one) | ratio for one, ratio in zip(decided, ratios, strict=True)]
    write_table(a.minmax, pd.DataFrame(rows), MINMAX, a.job)
    fitted = beside(list(rates(decided, kind)), norm="inf")
    write_table(a.rates, pd.DataFrame(rate_row(*pair) for pair in fitted), RATES, a.job)
    a.job.write_record()


def kind(decided: Decided) -> dict[str, str]:
    """Return the columns that name the set of algorithms and the statistic."""
    return {"algorithm_set": decided.algorithm["algorithm"], "statistic": decided.statistic}


def minmax_row(decided: Decided) -> dict:
    """Return the row of tables/minmax.parquet, without the ratio to other sets."""
    low, high = decided.interval()
    return {
        **decided.problem,
        **decided.algorithm,
        **kind(decided),
        "error": decided.error,
        "seeds": len(decided.seeds),
        "low": low,
        "high": high,
        "upper": decided.upper,
        "teacher": decided.teacher,
    }


def rate_row(rate: Rate, uniform: Rate) -> dict:
    """Return the row of tables/rates.parquet; `uniform` is the rate for p = inf."""
    lead, low, high = uniform.less(rate)
    return rate.row() | {"lead": lead, "lead_low": low, "lead_high": high}


if __name__ == "__main__":
    run(main)
