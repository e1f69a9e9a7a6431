"""The reference set: tables of a run that is committed, to compare runs on new machines with.

`make expected` writes it from the results of a scale, and copies the README's figure from those of
the laptop scale; `make verify` compares.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from artifact.compare import COMPUTED, SAME, Comparison, compare_frames, worst
from supnorm.job.outputs import appearing
from supnorm.job.programs import run
from supnorm.names import scale_name
from supnorm.studies import Study, Table, all_studies
from supnorm.tables.schema import Schema, read_table, write_table

EXPECTED = Path(__file__).parents[2] / "expected"
CONFIGURATION = "config.resolved.yaml"
# The README's figure, in the folder of its study, and the scale of the run that README and pages
# tell of.
FRONT, SHOWN = Path("uniform/figures/thesis.png"), "laptop"

# Of students that are the same to the bit: their errors are sums and searches that other
# processors round otherwise.
MEASURED = 1e-6
# Of students that are not: by so much of the value, intervals over seeds may fail to overlap.
DISTRIBUTED = 0.1


def references() -> Iterator[tuple[Study, str, Schema, Table]]:
    """Yield the tables of the reference set: study, name, schema, and what the index says."""
    for study in all_studies():
        for name, table in study.tables.items():
            if table.schema:
                yield study, name, study.schema(name), table


def main(argv: list[str]) -> None:
    """Write the reference set of a scale from its results, and the README's figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scale", type=scale_name, default="laptop", help="scale whose results are taken"
    )
    parser.add_argument("--study", help="the only study whose tables are taken; default: all")
    a = parser.parse_args(argv)
    results = Path("results", a.scale)
    write_expected(results, EXPECTED / a.scale, a.study)
    if a.scale == SHOWN and a.study in (None, FRONT.parts[0]):
        copy_front(results, Path("docs"))


def write_expected(results: Path, expected: Path, only: str | None = None) -> None:
    """Write the tables of a reference set, without what made them, and their configuration."""
    for study, name, schema, _ in references():
        if only not in (None, study.name):
            continue
        path = results / study.name / f"tables/{name}.parquet"
        # A study that was not run is not in the set.
        if path.is_file():
            kept = expected / study.name / f"{name}.parquet"
            write_table(kept, read_table(path, schema.columns), schema)
    with appearing(expected / CONFIGURATION) as temporary:
        temporary.write_bytes((results / CONFIGURATION).read_bytes())


def copy_front(results: Path, docs: Path) -> None:
    """Copy the README's figure from results, if they have its study."""
    if (results / FRONT).is_file():
        with appearing(docs / FRONT.name) as temporary:
            temporary.write_bytes((results / FRONT).read_bytes())


def compare_with(
    expected: Path, results: Path, promised: bool
) -> Iterator[tuple[str, Comparison, float]]:
    """Yield each table of a reference set, how far the results are from it, and the tolerance.

    `promised` is whether the students are the same to the bit. Else, and for algorithms that are
    no networks, values are compared by their intervals over seeds, and claims by their verdicts.
    """
    for study, name, schema, table in references():
        kept = expected / study.name / f"{name}.parquet"
        if not kept.is_file():
            continue
        full = f"{study.name}/{name}"
        files = (results / study.name / f"tables/{name}.parquet", kept)
        frames = [read_table(file, schema.columns) for file in files]
        compared = compare_frames(*frames)
        if compared.same:
            yield full, SAME, 0.0
        elif not table.keys:
            yield full, compared, COMPUTED
        elif name == "claims":
            yield full, _compare_verdicts(*frames, table), 0.0
        elif "algorithm_set" in table.keys:
            for part, rows in (("networks", True), ("others", False)):
                some = [frame[(frame["algorithm_set"] == "network") == rows] for frame in frames]
                yield f"{full}: {part}", *_compare(*some, table, promised and rows)
        else:
            yield full, *_compare(*frames, table, promised)


def _compare(
    recorded: pd.DataFrame, expected: pd.DataFrame, table: Table, promised: bool
) -> tuple[Comparison, float]:
    """Return how far the rows of a table are from those expected, and how far they may be."""
    if not promised:
        return _compare_intervals(recorded, expected, table), DISTRIBUTED
    # Ratios are to algorithms that are no networks.
    some = [name for name in expected if not name.startswith("ratio")]
    return compare_frames(recorded[some], expected[some]), MEASURED


def _compare_intervals(recorded: pd.DataFrame, expected: pd.DataFrame, table: Table) -> Comparison:
    """Compare values by the gaps between their intervals, relative to the larger of two values.

    A value without an interval is one.
    """
    both = _together(recorded, expected, table)
    if both is None:
        return Comparison(np.inf, "the problems that rows are of")
    compared = []
    for value, low, high in table.intervals:
        of_one, of_other = ([both[f"{name}{at}"] for name in (value, low, high)] for at in "xy")
        gap = np.maximum(_low(of_one) - _high(of_other), _low(of_other) - _high(of_one)).clip(0)
        size = np.fmax(abs(of_one[0]), abs(of_other[0]))
        unlike = np.isfinite(of_one[0]) != np.isfinite(of_other[0])
        farthest = np.inf if unlike.any() else float((gap / size).fillna(0).max())
        compared.append(Comparison(farthest, f"{value}, by the gap between intervals"))
    return worst(compared)


def _together(recorded: pd.DataFrame, expected: pd.DataFrame, table: Table) -> pd.DataFrame | None:
    """Return the rows of two tables beside one another; None where they are not of the same."""
    keys = list(table.keys)
    if recorded.duplicated(keys).any():
        return None
    both = recorded.merge(expected, "outer", on=keys, suffixes=("x", "y"), indicator=True)
    return both if (both["_merge"] == "both").all() else None


def _low(interval: list[pd.Series]) -> pd.Series:
    value, low, _ = interval
    return low.fillna(value)


def _high(interval: list[pd.Series]) -> pd.Series:
    value, _, high = interval
    return high.fillna(value)


def _compare_verdicts(recorded: pd.DataFrame, expected: pd.DataFrame, table: Table) -> Comparison:
    """Compare claims: what is supported must not have failed, nor the other way round."""
    both = _together(recorded, expected, table)
    if both is None:
        return Comparison(np.inf, "the claims")
    verdicts = both[["verdictx", "verdicty"]]
    opposed = (verdicts != "undecided").all(axis=1) & (verdicts.nunique(axis=1) > 1)
    if opposed.any():
        claim, case = both.loc[opposed.idxmax(), ["claim", "case"]]
        return Comparison(np.inf, f"the verdict on {claim} for {case}")
    return Comparison(0.0, "numbers, but no verdict turned into its contrary")


if __name__ == "__main__":
    run(main)
