"""Measure what a training step costs: our engines, the authors' loop, torch.func.vmap and JAX.

All contenders of a problem are measured by turns in one run. Run it by `make benchmark`, or with
PYTHONPATH=workflow/scripts and OMP_NUM_THREADS=1.
"""

import argparse
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from contenders import contenders
from problem import Problem
from supnorm.hardware.devices import use_device
from supnorm.job.programs import InputError, run
from supnorm.training.memory import Layout, group_size
from tables import TRAINING, machine, write_measured
from timing import Gemm, Timed, by_turns, copy_bandwidth, one_thread

# vmap and JAX: the fastest of these numbers of students is measured.
GROUPS = {"cpu": (1, 4, 24), "cuda": (32, 256)}
SOUGHT = ("vmap", "jax")
# The width above which a contender is not measured: nobody would use it there.
WIDEST = {"vmap": 512, "jax": 512}
# On a CPU a group computes no more than this in an epoch and holds no more than that.
GFLOP = 10
GIBIBYTES = 1
# What depends on the device: students of a group and GFLOP of a step at most, size of the probe.
DEFAULTS = {
    "cpu": {"students": 24, "largest": 100, "gemm_size": 1024},
    "cuda": {"students": 256, "largest": 1000, "gemm_size": 8192},
}


def main(argv: list[str]) -> None:
    """Write a row for each contender and problem."""
    a = parse(argv)
    use_device(a.device)
    one_thread(a.device)
    available = contenders(a.device)
    for name in sorted(set(a.contenders or available) - set(available)):
        print(f"{name} is not available on {a.device}: its rows are absent")
    if a.device == "cpu" and "jax" not in available and not a.contenders:
        print("jax is not installed: its rows are absent")
    chosen = {n: build for n, build in available.items() if n in (a.contenders or available)}
    bandwidth = copy_bandwidth(a.device)
    parts = []
    for width, batch, precision in product(a.widths, a.batches, a.precisions):
        problem = Problem(width, batch, 5 * batch, precision, a.device)
        if problem.step_flop > a.largest * 1e9:
            print(f"width {width}, batch {batch} is left out: above {a.largest:g} GFLOP a step")
            continue
        parts.append(measure(problem, chosen, a, bandwidth))
        print(parts[-1].drop(columns=["device"]).round(2).to_string(index=False), flush=True)
    if not parts:
        raise InputError(f"--largest {a.largest:g}: expected problems to measure, found none")
    said = {**machine(a.device), "largest": f"{a.largest:g}"}
    write_measured(a.output, pd.concat(parts), TRAINING, said)


def parse(argv: list[str]) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=numbers, default=[32, 128, 512, 2048])
    parser.add_argument("--batches", type=numbers, default=[2, 20, 100, 200, 2000])
    parser.add_argument("--precisions", type=names, default=["float64", "float32"])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--contenders", type=names, help="some of them (default: all)")
    parser.add_argument("--students", type=int, help="that are trained at once, at most")
    parser.add_argument("--budget", type=float, default=1.2, help="seconds of each contender")
    parser.add_argument("--slices", type=int, default=9, help="into which they are cut, at most")
    parser.add_argument("--largest", type=float, help="GFLOP a step, at most")
    parser.add_argument("--gemm-size", type=int, help="rows of the probe's matrices")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    given = parser.parse_args(argv)
    absent = {k: v for k, v in DEFAULTS[given.device].items() if getattr(given, k) is None}
    return argparse.Namespace(**{**vars(given), **absent})


def numbers(text: str) -> list[int]:
    """Return the numbers of a list with commas."""
    return [int(word) for word in text.split(",")]


def names(text: str) -> list[str]:
    """Return the names of a list with commas."""
    return text.split(",")


def measure(
    problem: Problem, chosen: dict[str, Callable], a: argparse.Namespace, bandwidth: float
) -> pd.DataFrame:
    """Return the rows of one problem."""
    limit = min(a.students, affordable(problem))
    timed = []
    for name, build in chosen.items():
        if problem.width > WIDEST.get(name, problem.width):
            continue
        if name in SOUGHT:
            groups = sorted({min(group, limit) for group in GROUPS[problem.device]})
            timed.append(fastest(problem, build, groups, a.budget / 9))
        else:
            alone = name in ("A", "B", "C")
            timed.append(Timed(build(problem, 1 if alone else limit), problem))
    probe = Gemm(problem.precision, problem.device, a.gemm_size)
    by_turns(timed, a.budget, a.slices, probe)
    return compared(pd.DataFrame([row(each, bandwidth) for each in timed]))


def affordable(problem: Problem) -> int:
    """Return how many students a group may have: fewer where they are large.

    On a GPU it is the size of the stacked engine's own groups.
    """
    if problem.device == "cuda":
        layout = Layout(problem.dim, problem.depth, problem.width, problem.precision)
        return group_size("cuda", layout, problem.batch)
    arithmetic = GFLOP * 1e9 / (problem.steps * problem.step_flop)
    memory = GIBIBYTES * 2**30 / problem.state_bytes
    return max(1, int(min(arithmetic, memory)))


def fastest(problem: Problem, build: Callable, groups: list[int], budget: float) -> Timed:
    """Return the contender with the number of students that makes a student's step cheapest."""

    trials = []
    for group in groups:
        trial = Timed(build(problem, group), problem)
        trial.plan(budget, 1)
        trials.append((trial.time(trial.epochs) / group, group, trial))
    return min(trials)[2]


def row(timed: Timed, bandwidth: float) -> dict:
    """Return a row of the table, but for its ratios to others."""
    problem, contender = timed.problem, timed.contender
    steps = problem.steps * contender.students
    low, median, high = np.quantile(timed.seconds, [0.25, 0.5, 0.75]) / steps
    gflops, gemm = problem.step_flop / median / 1e9, float(np.median(timed.gemm))
    return {
        "contender": contender.name,
        "group": contender.students,
        "device": problem.device,
        "width": problem.width,
        "batch": problem.batch,
        "precision": problem.precision,
        "microseconds": median * 1e6,
        "low": low * 1e6,
        "high": high * 1e6,
        "steps_per_second": 1 / median,
        "gflops": gflops,
        "gemm_gflops": gemm,
        "gemm_share": gflops / gemm,
        "bandwidth": bandwidth / 1e9,
        "bandwidth_share": problem.traffic_bytes / median / bandwidth,
    }


def compared(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one problem with the ratios of A, B and C to each; null where absent."""
    times = rows.set_index("contender")["microseconds"]
    ratios = {f"over_{name}": times.get(name, np.nan) / rows["microseconds"] for name in "ABC"}
    return rows.assign(**ratios)


if __name__ == "__main__":
    run(main)
