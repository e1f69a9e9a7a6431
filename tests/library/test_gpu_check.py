"""The GPU check on a CPU: every stage at a tiny size, and what is concluded from what they find."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import gpu_check
import gpu_goals
import gpu_report
from gpu_stage import Stage
from supnorm.uniform.throughput import read_calibration
from tables import read_measured

ROOT = Path(__file__).parents[2]
PATHS = [str(ROOT / "workflow/scripts"), str(ROOT / "workflow")]
GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")


def started(*options, first=()):
    """Run the check, with further folders for imports before all others."""
    paths = os.pathsep.join([*map(str, first), *PATHS])
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks/gpu_check.py", *map(str, options)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths},
        cwd="/",
    )


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """The folder of a trial of all stages, on a machine without Snakemake and jsonschema."""
    folder = tmp_path_factory.mktemp("trial")
    without = folder / "without"
    without.mkdir()
    for module in ("snakemake", "jsonschema"):
        (without / f"{module}.py").write_text("raise ImportError('not on a GPU machine')")
    output = folder / "found"
    done = started("--trial", "--output", output, first=[without])
    assert done.returncode == 0, done.stdout + done.stderr
    return output


@GPU
def test_without_a_gpu_it_says_so_in_a_sentence(tmp_path):
    done = started("--output", tmp_path / "found")
    assert done.returncode == 2
    assert done.stdout == (
        "gpu_check: torch finds no CUDA device here; expected a machine with a GPU\n"
    )
    assert not (tmp_path / "found").exists()


@pytest.mark.complete
def test_every_stage_ends_well_and_all_is_in_at_most_eight_files(trial):
    facts = json.loads((trial / "check.json").read_text())
    assert list(facts["stages"]) == list(gpu_check.STAGES)
    for name, report in facts["stages"].items():
        assert report["ended"] == "well", (name, report["said"])
    files = {path.name for path in trial.iterdir()}
    tables = {f"{name}.parquet" for name in gpu_check.TABLES}
    assert files == {"check.json", "tests.log", "calibration.json", *tables}
    for name, schema in gpu_check.TABLES.items():
        table, machine = read_measured(trial / f"{name}.parquet", schema)
        assert len(table)
        assert machine["device"] == "cpu"


@pytest.mark.complete
@GPU
def test_skipped_tests_are_no_passed_ones(trial):
    facts = json.loads((trial / "check.json").read_text())
    assert facts["tests"]["tests"]["passed"] == 0
    assert facts["tests"]["tests"]["skipped"] > 20
    first = facts["goals"][0]
    assert first["goal"].startswith("all CUDA tests pass")
    assert not first["met"]


@pytest.mark.complete
def test_the_calibration_is_one_that_the_plan_reads(trial):
    entry = read_calibration(trial / "calibration.json")["cuda"]
    assert [row[:3] for row in entry["training"]] == [[5, 8, 2], [5, 8, 5]]


@pytest.mark.complete
def test_the_page_tells_of_it(trial, tmp_path):
    facts = json.loads((trial / "check.json").read_text())
    (tmp_path / "short").mkdir()
    for missing in ("goals", "card"):
        cut = {name: value for name, value in facts.items() if name != missing}
        (tmp_path / "short/check.json").write_text(json.dumps(cut))
        assert gpu_report.gpu_part(tmp_path) == []
    text = "\n".join(text for text, _ in gpu_report.gpu_part(trial.parent))
    for words in ("goal", "roofline", "Kernels", "Adam", "Memory of", "Errors", "orders"):
        assert words in text


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(PATHS))
    (tmp_path / "found").mkdir()
    return argparse.Namespace(output=tmp_path / "found", trial=True, stages=["bits_again"])


def test_a_stage_that_takes_too_long_is_stopped_and_what_it_found_is_kept(arguments, monkeypatch):
    findings = arguments.output / "findings"
    findings.write_text(json.dumps({"facts": {"digests": ["a"]}}) + '\n{"facts": {"dig')
    report = gpu_check.run_stage(arguments, "bits_again", findings, 0.3)
    assert report["ended"] == "stopped after its 0 s"
    found = gpu_check.Found({"trial": True})
    found.add("bits_again", report, findings.read_text().splitlines())
    found.write(arguments.output)
    facts = json.loads((arguments.output / "check.json").read_text())
    assert facts["bits_again"] == {"digests": ["a"]}


def test_a_stage_that_fails_is_told_and_the_next_one_runs(arguments, monkeypatch):
    arguments.stages = ["bits", "bits_again"]
    ends = iter(["with 1", "well"])
    ran = []

    def run_stage(_, name, findings, limit):
        ran.append((name, limit))
        return {"ended": next(ends), "seconds": 1.0, "said": "no"}

    monkeypatch.setattr(gpu_check, "run_stage", run_stage)
    assert not gpu_check.check(arguments)
    assert [name for name, _ in ran] == ["bits", "bits_again"]
    facts = json.loads((arguments.output / "check.json").read_text())
    assert [report["ended"] for report in facts["stages"].values()] == ["with 1", "well"]


def test_what_a_failing_stage_says_is_kept(arguments):
    report = gpu_check.run_stage(arguments, "bits_again", Path("/nowhere/findings"), 60)
    assert report["ended"] == "with 1"
    assert "/nowhere/findings" in report["said"]


def test_all_stages_together_end_in_time():
    assert (
        sum(seconds for _, seconds in gpu_check.STAGES.values()) <= gpu_check.LIMIT - gpu_check.OWN
    )


def test_a_stage_leaves_out_what_its_time_does_not_allow(tmp_path):
    stage = Stage("cpu", True, 0.0, 0.0, tmp_path / "findings", tmp_path / "log")
    assert list(stage.in_time(["one", "two"], 1)) == []
    (line,) = (tmp_path / "findings").read_text().splitlines()
    assert json.loads(line) == {"facts": {"left_out": ["one", "two"]}}


# What stages found that all went well, and what each change of it makes of the goals.
GOOD = {
    "trial": False,
    "date": "2026-01-01",
    "stages": {"card": {}},
    "card": {"start": 5.0, "machine": "H100", "torch": "2"},
    "tests": {"exit": 0, "probe": 0, "tests": {"passed": 33, "failed": 0}},
    "agreement": {"agreement": [{"found": 1e-12}, {"found": 3e-11}]},
    "bits": {"bits": [{"width": 32, "in one process": True}], "digests": ["a", "b"]},
    "bits_again": {"digests": ["a", "b"]},
    "calibration": {"shuffle": [[100, 1e-4]], "epoch": 1e-4, "spike": [[1, 100, 1e-3]]},
}


def step(width, batch, **columns):
    shape = {"dim": 3, "depth": 5, "width": width, "batch": batch, "engine": "stacked"}
    return {**shape, "microseconds": 1.0, "product_share": 0.7, **columns}


ERRORS = {"device": "cuda", "width": 32, "rate": 1e12, "seconds": 0.1, "networks": 5}
ROWS = {
    "steps": [step(32, 20), step(2048, 2000)],
    "evaluation": [{**ERRORS, "method": "sampled"}, {**ERRORS, "method": "exact"}],
}


def met(facts, rows=ROWS):
    return [goal["met"] for goal in gpu_goals.goals(facts, rows)]


def test_goals_are_met_where_all_went_well():
    assert met(GOOD)[:5] == [True] * 5


@pytest.mark.parametrize(
    ("stage", "change", "goal"),
    [
        ("tests", {"exit": 1}, 0),
        ("tests", {"probe": 1}, 0),
        ("tests", {"exit": -9, "tests": {"passed": 5, "failed": 0}}, 0),
        ("tests", {"tests": {"passed": 0, "failed": 0, "skipped": 33}}, 0),
        ("tests", {"tests": {"passed": 30, "failed": 0, "skipped": 3}}, 0),
        ("agreement", {"agreement": [{"found": 1e-12}, {"found": 2e-10}]}, 1),
        ("agreement", {"agreement": [{"found": float("nan")}]}, 1),
        ("agreement", {"left_out": ["2048"]}, 1),
        ("bits", {"bits": [{"in one process": True}, {"in one process": False}]}, 2),
        ("bits", {"digests": ["a"]}, 2),
        ("bits_again", {"digests": ["a", "c"]}, 2),
        ("bits_again", {"left_out": ["2048"]}, 2),
    ],
)
def test_one_thing_that_is_wrong_fails_its_goal_alone(stage, change, goal):
    found = met({**GOOD, stage: {**GOOD[stage], **change}})[:5]
    assert found == [k != goal for k in range(5)]


def test_slow_steps_miss_their_goals():
    rows = {**ROWS, "steps": [step(32, 20, microseconds=1.6), step(2048, 2000, product_share=0.5)]}
    assert met(GOOD, rows)[3:5] == [False, False]


def test_the_days_of_the_sweep_follow_from_the_measured_rates():
    """Twice the time a step is twice the training, but for starts and shuffles."""
    slow = {**ROWS, "steps": [step(w, b, microseconds=1e6) for w, b in [(32, 20), (2048, 2000)]]}
    slower = {**ROWS, "steps": [step(w, b, microseconds=2e6) for w, b in [(32, 20), (2048, 2000)]]}
    days = [gpu_goals.sweep_days(GOOD, rows)[0] for rows in (slow, slower)]
    assert days[1] / days[0] == pytest.approx(2, rel=0.01)
    assert met(GOOD, slower)[5] is False


def test_without_a_card_there_is_no_calibration_but_all_else():
    assert met({**GOOD, "card": {}})[:5] == [True] * 5
    assert gpu_goals.gpu_calibration({**GOOD, "card": {}}, ROWS) is None


def test_what_was_not_measured_is_neither_met_nor_missed():
    assert met({"trial": False, "stages": {}}, {"steps": [], "evaluation": []}) == [None] * 7
