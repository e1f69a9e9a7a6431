"""Prove the GPU path on one GPU, within eight minutes, and measure it.

    PYTHONPATH=workflow/scripts:workflow python benchmarks/gpu_check.py --output FOLDER

It needs torch (2.11 or later), what training imports, pytest, and this repository; no Snakemake.
Stages (gpu_proofs, gpu_steps, gpu_jobs) are processes, each with a time limit of its own, and what
one has found is in the folder when the next one starts. The folder holds check.json (facts, and
whether goals were met), tests.log, tables in Parquet, and calibration.json, which `make plan` reads
as results/calibration.json. It ends with 0 where all stages ran and all that can be right or wrong
was right, with 1 where not, and with 2 where there is no CUDA device.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

# On a machine with many cores BLAS would start as many threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pandas as pd
import torch

import gpu_jobs
import gpu_proofs
import gpu_steps
from gpu_goals import goals, gpu_calibration
from gpu_stage import Stage
from supnorm.job.outputs import appearing
from supnorm.job.programs import run
from tables import EVALUATION, KERNELS, MEMORY, STEPS, VARIANTS, write_measured

# Name: what it does, and the seconds that it may take, its start included.
STAGES = {
    "card": (gpu_proofs.card, 21),
    "tests": (gpu_proofs.tests, 70),
    "agreement": (gpu_proofs.agreement, 31),
    "bits": (gpu_proofs.bits, 33),
    "bits_again": (gpu_proofs.bits_again, 21),
    "throughput": (gpu_steps.throughput, 82),
    "profile": (gpu_steps.profile, 24),
    "variants": (gpu_steps.variants, 43),
    "memory": (gpu_steps.peak_memory, 21),
    "evaluation": (gpu_jobs.evaluation, 28),
    "slice": (gpu_jobs.paper_slice, 36),
    "narrow": (gpu_jobs.narrow, 33),
    "calibration": (gpu_jobs.calibration, 28),
}
TABLES = {
    "steps": STEPS,
    "kernels": KERNELS,
    "variants": VARIANTS,
    "memory": MEMORY,
    "evaluation": EVALUATION,
}
# Seconds of all stages, and of what this process does beside them.
LIMIT, OWN = 480, 8


def main(argv: list[str]) -> None:
    """Run the stages one after another, or in a process of its own the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="folder to write into")
    parser.add_argument("--trial", action="store_true", help="on the CPU, at tiny sizes")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=[*STAGES], metavar="STAGE")
    parser.add_argument("--findings", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--ends", type=float, help=argparse.SUPPRESS)
    a = parser.parse_args(argv)
    log = a.output / "tests.log"
    if a.findings:
        (name,) = a.stages
        device = "cpu" if a.trial else "cuda"
        STAGES[name][0](Stage(device, a.trial, a.began, a.ends, a.findings, log))
        return
    # It looks, and never claims or starts CUDA: each stage does.
    if not a.trial and not torch.cuda.device_count():
        print("gpu_check: torch finds no CUDA device here; expected a machine with a GPU")
        sys.exit(2)
    a.output.mkdir(parents=True, exist_ok=True)
    sys.exit(0 if check(a) else 1)


def check(a: argparse.Namespace) -> bool:
    """Run the stages, writing all that is known after each; return whether all was right."""
    # A CPU that has other work, too, is slow.
    patience = 4 if a.trial else 1
    ends = time.time() + patience * (LIMIT - OWN)
    found = Found({"date": date.today().isoformat(), "trial": a.trial})
    for name in a.stages:
        limit = min(patience * STAGES[name][1], ends - time.time())
        with tempfile.TemporaryDirectory() as folder:
            findings = Path(folder, "findings")
            findings.touch()
            report = run_stage(a, name, findings, limit)
            found.add(name, report, findings.read_text().splitlines())
        found.write(a.output)
        print(f"{name}: {report['ended']}, {report['seconds']:.0f} s", flush=True)
    found.facts["goals"] = goals(found.facts, found.rows)
    found.write(a.output)
    for goal in found.facts["goals"]:
        print(json.dumps(goal))
    ran = all(report["ended"] == "well" for report in found.facts["stages"].values())
    wrong = [goal for goal in found.facts["goals"] if goal["proof"] and goal["met"] is False]
    return ran and (a.trial or not wrong)


def run_stage(a: argparse.Namespace, name: str, findings: Path, limit: float) -> dict:
    """Run a stage as a process, for so many seconds at most; return how it ended."""
    began = time.time()
    # The stage stops by itself a little before it is stopped.
    times = ["--began", str(began), "--ends", str(began + limit - 1)]
    options = ["--stages", name, "--findings", findings, *times]
    command = [sys.executable, __file__, "--output", a.output, *options]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [*command, *(["--trial"] if a.trial else [])], stderr=errors, start_new_session=True
        )
        try:
            process.wait(max(1, limit))
            ended = "well" if process.returncode == 0 else f"with {process.returncode}"
        except subprocess.TimeoutExpired:
            # What it has started, too.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            ended = f"stopped after its {limit:.0f} s"
        errors.seek(0)
        said = errors.read().strip()[-2000:] if ended != "well" else ""
    return {"ended": ended, "seconds": time.time() - began, "said": said}


class Found:
    """What the stages have found: facts, and rows of tables."""

    def __init__(self, facts: dict):
        """Begin with some facts."""
        self.facts = {**facts, "stages": {}}
        self.rows: dict[str, list[dict]] = {name: [] for name in TABLES}

    def add(self, stage: str, report: dict, lines: list[str]) -> None:
        """Add what a stage wrote; of a fact that is a list, its entries."""
        self.facts["stages"][stage] = report
        own = self.facts.setdefault(stage, {})
        for line in lines:
            # The last one may have been cut off with its stage.
            with suppress(ValueError):
                self._add(own, json.loads(line))

    def _add(self, own: dict, line: dict) -> None:
        """Add a line of a stage whose facts are `own`."""
        if "table" in line:
            self.rows[line["table"]].append(line["row"])
            return
        for name, value in line["facts"].items():
            own[name] = own.get(name, []) + value if isinstance(value, list) else value

    def write(self, folder: Path) -> None:
        """Write all of it."""
        with appearing(folder / "check.json") as temporary:
            temporary.write_text(json.dumps(self.facts, indent=1))
        names = ("device", "machine", "python", "torch", "numpy", "numba", "jax")
        machine = {k: v for k, v in self.facts.get("card", {}).items() if k in names}
        for name, rows in self.rows.items():
            if rows:
                write_measured(
                    folder / f"{name}.parquet", pd.DataFrame(rows), TABLES[name], machine
                )
        if calibration := gpu_calibration(self.facts, self.rows):
            with appearing(folder / "calibration.json") as temporary:
                temporary.write_text(json.dumps(calibration, indent=1))


if __name__ == "__main__":
    run(main)
