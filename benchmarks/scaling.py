"""Measure how training grows with students, samples, width and depth, and fit exponents.

What is measured is an epoch of all students, by the engine that `auto` is; each sweep changes
one thing of the base problem. With batches of one size, more samples are more steps.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from contenders import Engine
from problem import Problem
from supnorm.hardware.devices import use_device
from supnorm.job.programs import run
from supnorm.training.engines import choose
from tables import EXPONENTS, SCALING, machine, write_measured
from timing import Timed, by_turns, one_thread

BASE = {"width": 32, "batch": 20, "samples": 100, "depth": 5, "students": 12}
SWEEPS = {
    "students": [3, 6, 12, 24, 48, 96],
    "samples": [100, 200, 400, 800, 1600, 3200],
    "width": [16, 32, 64, 128, 256, 512],
    "depth": [2, 3, 5, 9, 17],
}


def main(argv: list[str]) -> None:
    """Write the times of all points, and an exponent for each sweep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--points", type=int, default=9, help="of a sweep at most, from its least")
    parser.add_argument("--budget", type=float, default=1.0, help="seconds of each point")
    parser.add_argument("--slices", type=int, default=9, help="into which they are cut, at most")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    parser.add_argument("--exponents", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    use_device(a.device)
    one_thread(a.device)
    points = [(sweep, value) for sweep, values in SWEEPS.items() for value in values[: a.points]]
    timed = [point(a.device, **{**BASE, sweep: value}) for sweep, value in points]
    by_turns(timed, a.budget, a.slices)
    table = pd.DataFrame([row(*named, each) for named, each in zip(points, timed, strict=True)])
    exponents = pd.DataFrame(
        [exponent(sweep, rows) for sweep, rows in table.groupby("sweep", sort=False)]
    )
    print(exponents.round(2).to_string(index=False))
    write_measured(a.output, table, SCALING, machine(a.device))
    write_measured(a.exponents, exponents, EXPONENTS, machine(a.device))


def point(device: str, students: int, **problem: int) -> Timed:
    """Return a point of a sweep, ready to be timed."""
    given = Problem(**problem, device=device)
    return Timed(Engine(given, students, choose("auto", device, given.width, given.batch)), given)


def row(sweep: str, value: int, timed: Timed) -> dict:
    """Return the row of a point."""
    low, median, high = np.quantile(timed.seconds, [0.25, 0.5, 0.75]) * 1e6
    times = {"microseconds": median, "low": low, "high": high}
    return {"sweep": sweep, "value": value, "engine": timed.contender.name, **times}


def exponent(sweep: str, rows: pd.DataFrame) -> dict:
    """Return the exponent of a sweep, and the range of those between neighbouring points."""
    value, time = np.log(rows["value"].to_numpy()), np.log(rows["microseconds"].to_numpy())
    local = np.diff(time) / np.diff(value)
    return {
        "sweep": sweep,
        "first": rows["value"].min(),
        "last": rows["value"].max(),
        "exponent": np.polyfit(value, time, 1)[0],
        "low": local.min(),
        "high": local.max(),
    }


if __name__ == "__main__":
    run(main)
