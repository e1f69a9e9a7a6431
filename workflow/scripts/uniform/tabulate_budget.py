"""Tabulate errors after longer training beside those after the paper's budget."""

import argparse

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.tables.curves import CURVES
from supnorm.tables.errors import LEADING, LOSS
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.budget import BEST, judge, recipes, unseen_heights
from supnorm.uniform.ranking import RANKED
from supnorm.uniform.tables.adversary import SPIKED
from supnorm.uniform.tables.budget import BUDGET

PROBLEM = ["family", "dim", "samples"]
ERRORS = [*(column for column in LEADING if column.name in {*RANKED, "batch", "epoch"}), LOSS]
RATES = [c for c in CURVES.columns if c.name in {*PROBLEM, "batch_rule", "epoch", "learning_rate"}]
HEIGHTS = [c for c in SPIKED if c.name in {*PROBLEM, "kind", "seed", "height"}]


def main(argv: list[str]) -> None:
    """Write a row for each problem, norm, statistic and rule."""
    parser = Program(__doc__, __file__)
    parser.reads("errors", help="table of all errors")
    parser.reads("longer", nargs="+", help="errors of students that train longer")
    parser.reads("curves", nargs="+", help="losses of all students")
    parser.reads("adversary", nargs="+", help="errors on spikes")
    parser.setting("uniform.budget.batch_rule")
    parser.setting("uniform.budget.width")
    parser.writes("budget", help="Parquet table to write")
    a = parser.parse_args(argv)
    students = read_students(a)
    table = pd.DataFrame(judged.row() for judged in judge(students, a.batch_rule))
    told = recipes(with_rates(a, students), a.batch_rule)
    table = table.merge(told, "left", [*PROBLEM, "rule"])
    table["origin"] = table["origin"].fillna(BEST)
    spiked = pd.concat([read_table(path, HEIGHTS) for path in a.adversary])
    heights = unseen_heights(spiked, students["seed"].unique())
    write_table(a.budget, table.merge(heights, "left", [*PROBLEM, "norm"]), BUDGET, a.job)
    a.job.write_record()


def read_students(a: argparse.Namespace) -> pd.DataFrame:
    """Return the students of all rules after their last epoch, of the same teachers and seeds."""
    longer = pd.concat([read_table(path, ERRORS) for path in a.longer])
    paper = read_table(a.errors, ERRORS)
    paper = paper[(paper["batch_rule"] == a.batch_rule) & (paper["width"] <= a.width)]
    paper = paper.merge(longer[["family", "dim", "teacher", "seed"]].drop_duplicates())
    if paper.empty:
        raise InputError(f"{a.errors}: expected students of the rule {a.batch_rule}, found none")
    students = pd.concat([paper, longer], ignore_index=True)
    last = students.groupby([*PROBLEM, "batch_rule"])["epoch"].transform("max")
    return students[students["epoch"] == last]


def with_rates(a: argparse.Namespace, students: pd.DataFrame) -> pd.DataFrame:
    """Return students with the learning rate of their first epoch, which curves have at epoch 0."""
    curves = pd.concat([read_table(path, RATES) for path in a.curves])
    first = curves[curves["epoch"] == 0].drop(columns="epoch").drop_duplicates()
    return students.merge(first, "left", [*PROBLEM, "batch_rule"])


if __name__ == "__main__":
    run(main)
