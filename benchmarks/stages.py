"""Sum up what each rule of a run cost, from the files that Snakemake's `benchmark` wrote."""

import argparse
from pathlib import Path

import pandas as pd

from supnorm.job.programs import InputError, run
from tables import STAGES, machine, write_measured


def main(argv: list[str]) -> None:
    """Write a row for each rule, the costliest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="results/<scale> of the run")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    table = stages(a.results)
    print(table.round(3).to_string(index=False))
    write_measured(a.output, table, STAGES, {**machine("cpu"), "scale": a.results.name})


def stages(results: Path) -> pd.DataFrame:
    """Return the rows of a run, from files that bear their rules' names, of all its studies.

    Raises InputError where there is none.
    """
    folders = [results / "benchmarks", *sorted(results.glob("*/benchmarks"))]
    jobs = [
        pd.read_csv(path, sep="\t", na_values=["-", "NA"]).assign(
            rule=path.relative_to(folder).with_suffix("").parts[0]
        )
        for folder in folders
        for path in sorted(folder.rglob("*.tsv"))
    ]
    if not jobs:
        raise InputError(f"{results}: expected benchmark files of a finished run, found none")
    rules = pd.concat(jobs).groupby("rule")
    table = pd.DataFrame(
        {
            "jobs": rules.size(),
            "seconds": rules["s"].sum(),
            "share": rules["s"].sum() / rules["s"].sum().sum(),
            "cpu_seconds": rules["cpu_time"].sum(min_count=1),
            "memory": rules["max_rss"].max(),
        }
    )
    return table.sort_values("seconds", ascending=False).reset_index()


if __name__ == "__main__":
    run(main)
