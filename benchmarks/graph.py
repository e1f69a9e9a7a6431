"""Measure what the graph of jobs costs, from the smoke scale to a sweep ten times the paper's.

Snakemake reads the Snakefile, builds the graph, and shows all jobs without running one, in a tree
without results. A driver that submits jobs takes as much time and memory before the first of them.
Times are those of the processor, the least of all runs: what else runs on the machine only adds to
them, and not to all alike.
"""

import argparse
import copy
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import yaml

from supnorm.job.programs import InputError, run
from tables import GRAPH, machine, write_measured

ROOT = Path(__file__).parents[1]
TREE = ["config.yaml", "workflow", "envs", "profiles", "CITATION.cff"]
TENFOLD = "tenfold"
# How often each scale is measured in a round: where little time passes, other work disturbs most.
REPEATS = {"smoke": 5, "laptop": 5, "paper": 2, TENFOLD: 1}
SCALES = list(REPEATS)
# Until the Snakefile is read, until the graph is built, too, and until all jobs are shown.
COMMANDS = {"read": ["--list-rules"], "graph": ["--rulegraph"], "seconds": ["--dry-run"]}
# Runs a command, and writes its processor time and largest memory. Linux counts the memory of the
# process that starts another as the other's, so a small one stands between.
USED = """
import json, resource, subprocess, sys
ended = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss], file)
sys.exit(ended)
"""


@dataclass
class Timed:
    """A scale, and what was measured: a number a run in each list, in seconds and megabytes."""

    scale: str
    jobs: int = 0
    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in COMMANDS})
    memory: list[float] = field(default_factory=list)

    def measure(self, tree: Path) -> None:
        """Run each command once in a tree."""
        for name, options in COMMANDS.items():
            printed, seconds, memory = timed_snakemake(options, self.scale, tree)
            self.seconds[name].append(seconds)
        # Of the last command, the dry run.
        self.memory.append(memory)
        # Snakemake counts its target `all`, too, which does nothing.
        self.jobs = int(re.findall(r"^total +([0-9]+)$", printed, re.MULTILINE)[-1]) - 1

    def row(self) -> dict:
        """Return the row of the scale: least times, and the median of memory."""
        return {
            "scale": self.scale,
            "jobs": self.jobs,
            **{name: min(seconds) for name, seconds in self.seconds.items()},
            "high": max(self.seconds["seconds"]),
            "memory": np.median(self.memory),
        }


def main(argv: list[str]) -> None:
    """Write a row for each scale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="in each, all scales are measured")
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    timed = [Timed(scale) for scale in SCALES]
    with TemporaryDirectory() as folder:
        tree = Path(folder)
        copy_tree(tree)
        for _ in range(a.rounds):
            for each in timed:
                for _ in range(REPEATS[each.scale]):
                    each.measure(tree)
    table = pd.DataFrame([each.row() for each in timed])
    print(table.round(2).to_string(index=False))
    write_measured(a.output, table, GRAPH, machine("cpu"))


def copy_tree(target: Path) -> None:
    """Copy the workflow, without results, and with a further scale: ten times the paper's seeds."""
    for name in TREE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name)
        else:
            shutil.copy2(ROOT / name, target / name)
    file = target / "config.yaml"
    config = yaml.safe_load(file.read_text())
    config["scales"][TENFOLD] = tenfold(config)
    file.write_text(yaml.safe_dump(config, sort_keys=False))


def tenfold(config: dict) -> dict:
    """Return what a scale changes that has ten times as many seeds as the paper's."""
    changes = copy.deepcopy(config["scales"]["paper"])
    sample = changes.setdefault("uniform", {}).setdefault("sample", {})
    seeds = sample.get("seeds", config["uniform"]["sample"]["seeds"])
    sample["seeds"] = list(range(min(seeds), min(seeds) + 10 * len(seeds)))
    return changes


def timed_snakemake(options: list[str], scale: str, tree: Path) -> tuple[str, float, float]:
    """Return what Snakemake printed, its processor time, and its largest memory in megabytes."""
    command = [sys.executable, "-m", "snakemake", *options, "--config", f"scale={scale}"]
    printed, used = tree / "printed", tree / "used"
    with printed.open("w") as file:
        process = subprocess.run(
            [sys.executable, "-c", USED, used, *command],
            cwd=tree,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if process.returncode:
        raise InputError(f"{' '.join(command)} failed: {printed.read_text().strip()}")
    seconds, memory = json.loads(used.read_text())
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return printed.read_text(), seconds, memory * kilobyte / 1e6


if __name__ == "__main__":
    run(main)
