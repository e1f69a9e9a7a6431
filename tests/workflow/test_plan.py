"""The plan: what a scale costs, before it runs."""

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from driver import plan
from driver.jobs import Job
from scales import ROOT, configuration
from supnorm.costs import Trained
from supnorm.hardware import machine
from supnorm.hardware.cards import SLOWEST
from supnorm.job.programs import InputError
from supnorm.studies import all_studies
from supnorm.uniform import throughput
from supnorm.uniform.throughput import BY_ROOFLINE, FORMAT, MODEL, Throughput


def job(rule, name="", pending=True):
    log = Path("results/any/uniform/logs", f"{rule}/{name}.log" if name else f"{rule}.log")
    return Job(rule, (Path("results/any/uniform/folder/file"),), log, None, 2000, pending)


def entry(device):
    """An entry of a calibration, with the numbers of the model."""
    like = MODEL[device] | {key: MODEL["cpu"][key] for key in BY_ROOFLINE}
    return {**like, "precision": "float64"}


def jobs_of(scale, done=()):
    """The jobs of a scale, some of each kind; those of the rules `done` are done."""
    shards = Throughput(configuration(scale)).shards
    found = [("train_students", name) for name in shards]
    found += [("measure_errors", name) for name in shards if "/d1" in name and "sine" not in name]
    climbed = [name for name in shards if "/d3" in name]
    found += [(rule, name) for rule in ("sample_errors", "climb_errors") for name in climbed]
    found += [("draw_sine_samples", "sine/d1_m1000"), ("certify_errors", "random/d3_m1000")]
    found += [("rank_algorithms", ""), ("plot_rates", ""), ("plot_hat", "")]
    return [job(rule, name, rule not in done) for rule, name in found]


def printed(monkeypatch, tmp_path, scale, *options, done=(), device="cpu", calibration=None):
    """What the plan of a scale prints."""
    path = tmp_path / "calibration.json"
    if calibration:
        path.write_text(json.dumps({"format": FORMAT, **calibration}))
    asked = []
    monkeypatch.setattr(plan, "jobs", lambda *given: asked.append(given) or jobs_of(scale, done))
    monkeypatch.setattr(throughput, "CALIBRATION", path)
    monkeypatch.chdir(ROOT)
    output = io.StringIO()
    with redirect_stdout(output):
        plan.main(["--scale", scale, *options])
    assert asked == [(scale, device)]
    return output.getvalue()


def line(text, start):
    (found,) = (line for line in text.splitlines() if line.strip().startswith(start))
    return re.split(r"\s{2,}", found.strip())


def minutes(duration):
    """The minutes of a duration, as "2 h 40 min" or "24 min"."""
    units = {"h": 60, "min": 1}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+) (h|min)", duration))


def test_times_are_told_for_this_machine_and_for_larger_ones(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "cores", lambda: 2)
    text = printed(monkeypatch, tmp_path, "evening")
    here, eight, sixteen = (
        minutes(line(text, f"on {name}")[1])
        for name in ("the 2 cores of this machine", "8 cores", "16 cores")
    )
    assert here / 4 <= eight < here / 3
    assert eight / 2 <= sixteen < eight
    alike = plan.machines_of("cpu", cores=8)
    assert [number for _, number in alike] == [8, 16]


def test_stages_are_summed_up(monkeypatch, tmp_path):
    text = printed(monkeypatch, tmp_path, "laptop", done=("measure_errors", "plot_hat"))
    shards = Throughput(configuration("laptop")).shards
    config = configuration("laptop")
    stage, on, jobs, done, students, flops, *_, storage, basis = line(text, "train_students")
    assert (stage, on, jobs, done) == ("train_students", "CPU", str(len(shards)), "0")
    assert (students, basis) == ("833", "model")
    work = sum(len(rows) * cell.student_flops for cell, rows in shards.values())
    assert float(flops) == pytest.approx(work, rel=0.05)
    numbers = sum(len(rows) * cell.parameters for cell, rows in shards.values())
    assert storage == plan.size(8 * numbers * config["evaluation"]["times"])
    _, _, jobs, done, _, _, left, *_ = line(text, "measure_errors")
    assert jobs == done
    assert left == "0 s"
    assert line(text, "figures")[2:4] == ["2", "1"]
    assert line(text, "draw_sine_samples")[2] == "1"
    assert line(text, "tables")[2] == "1"
    assert line(text, "all")[1] == str(len(jobs_of("laptop")))


def test_sums_are_those_of_the_jobs(monkeypatch, tmp_path):
    text = printed(monkeypatch, tmp_path, "laptop")
    throughput = Throughput(configuration("laptop"))
    seconds = [throughput.seconds(job.rule, job.name) for job in jobs_of("laptop")]
    assert plan.hours(sum(seconds)) in line(text, "all")
    assert plan.hours(max(seconds)) in line(text, "all")
    assert line(text, "CPU-hours")[1] == f"{sum(seconds) / 3600:.1f}"


def test_a_plan_without_training_tells_no_checkpoint(monkeypatch, tmp_path):
    assert "keeps a checkpoint, of at most" in printed(monkeypatch, tmp_path, "laptop")
    few = [job("rank_algorithms"), job("plot_rates")]
    monkeypatch.setitem(globals(), "jobs_of", lambda *_: few)
    text = printed(monkeypatch, tmp_path, "laptop")
    assert line(text, "all")[1] == "2"
    assert "checkpoint" not in text


def test_a_plan_for_gpus_says_how_long_some_take(monkeypatch, tmp_path):
    text = printed(monkeypatch, tmp_path, "paper", device="cuda")
    throughput = Throughput(configuration("paper"), "cuda")
    assert line(text, "train_students")[1] == "GPU"
    assert line(text, "sample_errors")[1] == "GPU"
    assert line(text, "climb_errors")[1] == line(text, "certify_errors")[1] == "CPU"
    spans = [line(text, f"on {number} GPU")[1] for number in (1, 10, 100)]
    assert len(set(spans)) == 3
    gpu = [j for j in jobs_of("paper") if throughput.device(j.rule) == "cuda"]
    whole = sum(throughput.seconds(job.rule, job.name) for job in gpu) / 3600
    assert line(text, "GPU-hours")[1] == f"{whole:,.1f}"
    assert "Of a GPU's memory a training takes at most" in text
    assert line(text, "train_students")[4] == "8929"


def test_times_say_whether_they_were_measured(monkeypatch, tmp_path):
    measured = {"cpu": entry("cpu")}
    measured["cpu"] |= {"machine": "a calibrated machine", "date": "2000-01-01"}
    measured["cpu"]["training"] = [[5, 32, 20, 1e10]]
    text = printed(monkeypatch, tmp_path, "laptop", calibration=measured)
    assert "measured on a calibrated machine, 2000-01-01" in text
    assert re.fullmatch(r"measured \d+%, between \d+%", line(text, "train_students")[-1])
    assert line(text, "certify_errors")[-1] == "measured"
    text = printed(monkeypatch, tmp_path, "paper", device="cuda", calibration=measured)
    assert line(text, "train_students")[-1] == "model"
    assert "GPU: not measured" in text
    assert "The model's GPU is" in text
    assert "a calibrated machine" in text


def test_the_model_has_the_card_that_is_named(monkeypatch, tmp_path):
    def gpu_hours(*options, **given):
        text = printed(monkeypatch, tmp_path, "paper", *options, device="cuda", **given)
        return float(line(text, "GPU-hours")[1].replace(",", "")), " ".join(text.split())

    monkeypatch.setattr("driver.jobs.visible_names", lambda: [])
    unknown, text = gpu_hours()
    assert f"The model's GPU is {SLOWEST} (the slowest known, as none is named)" in text
    named, text = gpu_hours("--card", "h100")
    assert "The model's GPU is H100: 67 TFLOP/s in float64" in text
    assert "(as --card says)" in text
    assert named < unknown / 10
    both = {device: {**entry(device), "machine": "a machine", "date": ""} for device in MODEL}
    _, text = gpu_hours("--card", "h100", calibration=both)
    assert "The model's GPU" not in text


def test_a_plan_for_cpus_says_nothing_of_cards(monkeypatch, tmp_path):
    assert "The model's GPU" not in printed(monkeypatch, tmp_path, "laptop")


def test_a_card_that_is_not_known_ends_a_plan(monkeypatch, tmp_path):
    with pytest.raises(InputError, match=r"card is 'T4'; expected one of V100, A100, "):
        printed(monkeypatch, tmp_path, "paper", "--card", "T4", device="cuda")


def test_cells_are_printed_in_the_order_in_which_they_train(monkeypatch, tmp_path):
    text = printed(monkeypatch, tmp_path, "laptop", "--cells")
    shards = Throughput(configuration("laptop")).shards
    cells = {cell.name: cell for cell, _ in shards.values()}
    lines = [line.split() for line in text.splitlines()]
    names = [words[0] for words in lines if words and words[0] in cells]
    assert sorted(names) == sorted(cells)
    work = [cells[name].students * cells[name].student_flops for name in names]
    assert work == sorted(work)
    jobs = sum(cell.name == names[-1] for cell, _ in shards.values())
    assert names[-1].startswith("random/d3")
    assert line(text, names[-1])[3] == str(3 * jobs)


def test_nothing_is_cut_or_coloured_where_nobody_looks(monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "40")
    for scale, device in (("laptop", "cpu"), ("paper", "cuda")):
        text = printed(monkeypatch, tmp_path, scale, "--cells", device=device)
        assert "…" not in text
        assert "\x1b" not in text


def test_jobs_of_cpus_run_beside_those_of_gpus():
    def cost(device, seconds):
        return plan.Cost("train_students", None, False, device, seconds, "model", 1.0, Trained())

    costs = [cost("cuda", 3), cost("cuda", 4), cost("cpu", 5), cost("cpu", 1)]
    assert plan.span(costs, "cuda", 1) == 7
    assert plan.span(costs, "cuda", 2) == 5
    assert plan.span(costs[2:], "cpu", 1) == 6


def test_machines_take_the_next_job_when_they_are_free():
    assert plan.makespan([3, 1, 1, 1, 5], 2) == 8
    assert plan.makespan([5, 3, 1, 1, 1], 2) == 6
    assert plan.makespan([], 2) == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (99, "99 s"), (100, "2 min"), (5940, "99 min"), (4e6, "1,111.1 h")],
)
def test_hours_are_hours_unless_they_are_short(seconds, text):
    assert plan.hours(seconds) == text


def test_sizes_have_three_digits():
    assert plan.size(104e6) == "104 MB"
    assert plan.size(1.544e12) == "1.54 TB"
    assert plan.size(12) == "0.012 kB"
    assert plan.size(999.7e6) == "1 GB"


def test_the_jobs_are_those_of_snakemake():
    done = subprocess.run(
        [sys.executable, "-m", "driver.plan", "--scale", "smoke"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "workflow/scripts:workflow"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    config = configuration("smoke")
    shards = Throughput(config).shards
    assert line(done.stdout, "train_students")[2] == str(len(shards))
    lines = [name for name in shards if name.startswith("random/d1")]
    assert line(done.stdout, "measure_errors")[2] == str(len(lines))
    for stage in ("sample_errors", "climb_errors"):
        assert line(done.stdout, stage)[2] == str(len(shards) - len(lines) - 1)
    assert line(done.stdout, "figures")[2] == str(sum(len(s.figures) for s in all_studies()))
    for stage in plan.STAGES:
        assert len(line(done.stdout, stage)) > 5
