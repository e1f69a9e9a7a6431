"""Snakemake's scheduler looks at the jobs when one has ended, and not all the time."""

import os
import subprocess
import sys

import pytest

from scales import ROOT

SNAKEFILE = """
from driver.scheduler import end_needless_rounds

onstart:
    end_needless_rounds(workflow.scheduler)

rule all:
    input: expand("{job}.txt", job=range(5))

rule wait:
    output: "{job}.txt"
    shell: "sleep 1; touch {output}"
"""


@pytest.mark.complete
def test_the_scheduler_makes_a_round_a_job(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    limits = {"default": [], "own": ["--max-jobs-per-timespan", "50/1s"]}
    rounds = {}
    for name, options in limits.items():
        command = [sys.executable, "-m", "snakemake", "--cores", "1", "--verbose"]
        command += ["--scheduler", "greedy", "--forceall"]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "HOME": str(tmp_path)}
        done = subprocess.run(
            [*command, *options], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        rounds[name] = done.stderr.count("Ready jobs: ")
    # Two jobs may end in one round. A limit of one's own stays, and with it the rounds.
    assert rounds["default"] <= 7 < rounds["own"]
