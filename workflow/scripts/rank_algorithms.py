"""Find the best algorithm of each problem, and the rates at which its error falls."""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.programs import run
from supnorm.ranking import ALGORITHM, Decided, decide, power_law
from supnorm.tables.errors import LEADING
from supnorm.tables.ranking import MINMAX, RATES
from supnorm.tables.schema import read_table, write_table

ALGORITHM_SET = "network"


def main(argv: list[str]) -> None:
    """Write the table of min-max and min-mean errors, and the table of their rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", type=Path, required=True, help="table of all errors")
    parser.add_argument("--minmax", type=Path, required=True, help="Parquet table to write")
    parser.add_argument("--rates", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    needed = {*ALGORITHM, "family", "dim", "norm", "samples", "teacher", "seed", "error"}
    errors = read_table(a.errors, [column for column in LEADING if column.name in needed])
    decided = list(decide(errors[errors["algorithm"] == ALGORITHM_SET]))
    write_table(a.minmax, pd.DataFrame(map(minmax_row, decided)), MINMAX)
    series = defaultdict(list)
    for one in decided:
        key = {k: v for k, v in one.problem.items() if k != "samples"}
        series[(*key.items(), ("statistic", one.statistic))].append(one)
    frame = pd.DataFrame([dict(key) | rate(members) for key, members in series.items()])
    write_table(a.rates, frame.assign(algorithm_set=ALGORITHM_SET), RATES)


def minmax_row(decided: Decided) -> dict:
    """Return the row of tables/minmax.parquet."""
    return {
        **decided.problem,
        **decided.algorithm,
        "algorithm_set": ALGORITHM_SET,
        "statistic": decided.statistic,
        "error": decided.error,
        "low": decided.seeds.min(),
        "high": decided.seeds.max(),
        "teacher": decided.teacher,
    }


def rate(members: list[Decided]) -> dict:
    """Return the fitted line of one series over sample sizes, with its range over seeds."""
    samples = np.array([decided.problem["samples"] for decided in members])
    slope, constant = power_law(samples, np.array([decided.error for decided in members]))
    seeds = np.stack([decided.seeds for decided in members], axis=1)
    slopes = [power_law(samples, errors)[0] for errors in seeds]
    return {"slope": slope, "low": np.min(slopes), "high": np.max(slopes), "constant": constant}


if __name__ == "__main__":
    run(main)
