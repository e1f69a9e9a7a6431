"""Tabulate the least error of an algorithm against each kind of teacher."""

from collections.abc import Iterator

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.ranking import ALGORITHM, PROBLEM
from supnorm.uniform.tables.adversary import SPIKED, WORST_CASE
from supnorm.uniform.tables.ranking import MINMAX


def main(argv: list[str]) -> None:
    """Write a row for each problem and kind of teacher."""
    parser = Program(__doc__, __file__)
    parser.reads(
        "adversary",
        nargs="+",
        help="tables of errors on spikes, each in a folder named by its family",
    )
    parser.reads("minmax", help="errors of the best algorithms")
    parser.writes("worst_case", help="Parquet table to write")
    a = parser.parse_args(argv)
    spiked = pd.concat([read_table(path, SPIKED) for path in a.adversary])
    needed = {column.name for column in WORST_CASE.columns} | {"algorithm_set", "statistic"}
    minmax = read_table(a.minmax, [column for column in MINMAX.columns if column.name in needed])
    minmax = minmax[(minmax["algorithm_set"] == "network") & (minmax["statistic"] == "minmax")]
    # A class without spikes leaves its table empty: only the folder says of which family it is.
    random = minmax[minmax["family"].isin(path.parent.name for path in a.adversary)]
    frame = pd.concat([random.assign(kind="random"), pd.DataFrame(least(spiked))])
    order = [*PROBLEM, "kind"]
    write_table(a.worst_case, frame.sort_values(order, kind="stable"), WORST_CASE, a.job)
    a.job.write_record()


def least(spiked: pd.DataFrame) -> Iterator[dict]:
    """Yield, for each problem and kind of spike, the algorithm of the least error.

    Against adaptive spikes an algorithm's error is the mean over seeds of the larger over signs.
    Their `low` is the least such error of any algorithm on any seed, `high` the largest over the
    seeds of the best algorithm. Of equal algorithms the first in sorted order wins.
    """
    keys = [*PROBLEM, "kind"]
    for key, group in spiked.groupby(keys, sort=True):
        # Fixed spikes have no seed: their row stands for all of them.
        seeds = group.groupby([*ALGORITHM, "seed"], dropna=False)["error"].max()
        means = seeds.groupby(level=ALGORITHM).mean()
        best = means.idxmin()
        row = dict(zip(keys, key, strict=True)) | dict(zip(ALGORITHM, best, strict=True))
        row["error"] = means[best]
        if group["seed"].notna().all():
            row |= {"low": seeds.min(), "high": seeds[best].max()}
        yield row


if __name__ == "__main__":
    run(main)
