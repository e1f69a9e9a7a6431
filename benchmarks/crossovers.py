"""Write which engine is the faster on a CPU by width, batch and precision, as a small JSON file.

The rule of `auto` in supnorm.training.engines was read off it, and is changed by hand: another
engine means other rounding. A choice changes only where the other engine is clearly faster, and
the file only where a choice does.
"""

import argparse
import json
from pathlib import Path

import pandas as pd

from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError, run
from tables import TRAINING, read_measured

ENGINES = ["narrow", "stacked"]
KEY = ["precision", "width", "batch"]
# The engine of before stays unless the other takes less than this part of its time.
CLEARLY = 0.9


def main(argv: list[str]) -> None:
    """Write the file, unless it makes the same choices already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training", type=Path, required=True, help="Parquet table to read")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    a = parser.parse_args(argv)
    table, machine = read_measured(a.training, TRAINING)
    table = table[(table["device"] == "cpu") & table["contender"].isin(ENGINES)]
    times = table.pivot(index=KEY, columns="contender", values="microseconds")
    times = times.reindex(columns=ENGINES).dropna()
    if times.empty:
        raise InputError(f"{a.training}: expected rows of {' and '.join(ENGINES)}, found none")
    points = json.loads(a.output.read_text())["points"] if a.output.exists() else []
    known = {tuple(point[:3]): point for point in points}
    found = known | {key: decide(key, row, known) for key, row in times.iterrows()}
    if {k: p[3] for k, p in found.items()} != {k: p[3] for k, p in known.items()}:
        write(a.output, [found[key] for key in sorted(found)], machine["machine"])


def decide(key: tuple, times: pd.Series, known: dict[tuple, list]) -> list:
    """Return a point of the file: its key, the engine to be taken, and the time of each."""
    engine, before = times.idxmin(), known.get(key, [None] * 4)[3]
    if before in times.index and times[engine] > CLEARLY * times[before]:
        engine = before
    return [*key, engine, *(float(f"{times[name]:.3g}") for name in ENGINES)]


def write(path: Path, points: list[list], machine: str) -> None:
    """Write the file, a line a point."""
    lines = ",\n  ".join(json.dumps(point) for point in points)
    columns = json.dumps([*KEY, "engine", *(f"{name}, microseconds" for name in ENGINES)])
    reason = f"the faster by benchmarks/training.py on {machine}: {rule(points)}"
    with appearing(path) as temporary:
        temporary.write_text(
            f'{{\n "reason": {json.dumps(reason)},\n "columns": {columns},\n'
            f' "points": [\n  {lines}\n ]\n}}\n'
        )


def rule(points: list[list]) -> str:
    """Return what the points say: which widths are whose, whatever batch and precision."""
    narrow, stacked = ({p[1] for p in points if p[3] == name} for name in ENGINES)
    whose = {
        "narrow": narrow - stacked,
        "stacked": stacked - narrow,
        "either by batch or precision": narrow & stacked,
    }
    said = [f"{who} at width {', '.join(map(str, sorted(w)))}" for who, w in whose.items() if w]
    return "; ".join(said)


if __name__ == "__main__":
    run(main)
