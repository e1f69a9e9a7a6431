"""The view of a run: what a terminal shows, and what anything else gets."""

import io
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from driver import watch
from driver.jobs import Job
from driver.progress import duration
from driver.watch import Run, prefixed, show_once
from supnorm.costs import Trained
from supnorm.job.programs import InputError
from supnorm.work import Cell

ROOT = Path(__file__).parents[2]
CELL = Cell("random", 1, 100, 5, 32, "fifth", 20, 10, 80)
NAMES = [f"{CELL.name}_{k}of40" for k in range(1, 41)]
# Two students a shard.
TRAINED = Trained(students=2, epochs=CELL.epochs, flops=2 * CELL.student_flops)
SHORT = "random/d1_m100_L5_w32_fifth_"


def beat(job, **facts):
    job.heartbeat.parent.mkdir(parents=True, exist_ok=True)
    now = time.time()
    told = {"state": "running", "started": now - 100, "updated": now, "host": "node1", **facts}
    job.heartbeat.write_text(json.dumps(told))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of 40 shards and a figure, of which nothing is done, in place of Snakemake's list."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").touch()
    results = Path("results/toy/uniform")
    jobs = []
    for name in NAMES:
        outputs = (results / f"students/{name}.safetensors", results / f"curves/{name}.parquet")
        log = results / f"logs/train_students/{name}.log"
        jobs.append(
            Job("train_students", outputs, log, log.with_suffix(".json"), 700, pending=True)
        )
    figure = (results / "figures/rates.pdf",)
    jobs.append(
        Job("plot_rates", figure, results / "logs/plot_rates.log", None, 1500, pending=True)
    )
    trained = {job.log: TRAINED if job.heartbeat else Trained() for job in jobs}
    seconds = {job.log: 100.0 for job in jobs}
    current = Run("toy", jobs, time.time() - 10, trained, seconds, False)
    monkeypatch.setattr(watch, "ask", lambda scale: current)
    monkeypatch.setattr(watch, "LOOK", 0.01)
    return current


def finish(jobs):
    for job in jobs:
        for path in job.outputs:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


def test_a_plain_view_tells_all_and_has_no_control_characters(run, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    finish(run.jobs[:10])
    for number, job in enumerate(run.jobs[10:32]):
        beat(job, host=f"node{number}", slurm_job=str(700 + number), epochs=10, epoch=4, loss=1e-3)
    beat(run.jobs[10], epochs=10, epoch=4, resumed=3, loss=1e-3, students=2)
    beat(run.jobs[32], state="failed", message="d1: expected\na file \x1b[31m[red]")
    beat(run.jobs[33], state="stopped", message="stopped by SIGTERM")
    beat(run.jobs[34])
    os.utime(run.jobs[34].heartbeat, (0, 0))
    run.jobs[35].heartbeat.write_text("{")
    show_once("toy")
    printed = capsys.readouterr().out
    assert all(c.isprintable() or c == "\n" for c in printed)
    assert not re.search(" $", printed, re.MULTILINE)
    assert re.search(r"^uniform/students +10 +40 +22 +1 +2", printed, re.MULTILINE)
    assert re.search(r"^all +10 +41 +22 +1 +2", printed, re.MULTILINE)
    assert "20 of 80 students trained" in printed
    assert re.search(rf"{SHORT}11of40 +4 of 10 +1.0e-03 +2 +node1 .* 2 min +3$", printed, re.M)
    assert len(re.findall("node[0-9]+ +7[0-9][0-9]", printed)) == 21
    assert f"failed   uniform/students  {SHORT}33of40  d1: expected a file  [31m[red]" in printed
    assert f"stopped  uniform/students  {SHORT}34of40  stopped by SIGTERM" in printed
    assert f"lost     uniform/students  {SHORT}35of40  no heartbeat for" in printed
    assert "cannot be read, and are left out: 1" in printed
    assert "with 22 at work as now" in printed


def test_a_run_where_nothing_is_at_work_has_no_end(run, capsys):
    show_once("toy")
    printed = capsys.readouterr().out
    assert "nothing is at work" in printed
    assert "68 min of job time left by the times of a model" in printed
    assert "0 of 80 students trained" in printed


def test_a_run_in_which_nothing_trains_tells_no_students(run, capsys, monkeypatch):
    figure = run.jobs[-1:]
    monkeypatch.setattr(watch, "ask", lambda scale: replace(run, jobs=figure))
    show_once("toy")
    printed = capsys.readouterr().out
    assert "students trained" not in printed
    assert "2 min of job time left" in printed


def test_a_finished_run_says_so(run, capsys):
    finish(run.jobs)
    show_once("toy")
    assert "all 41 jobs are done" in capsys.readouterr().out


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 30), (160, 50)])
def test_a_live_view_fits_on_the_screen(run, width, height):
    finish(run.jobs[:5])
    for number, job in enumerate(run.jobs[5:30]):
        beat(
            job, started=number, epochs=10, epoch=4, loss=1e-3, students=2, slurm_job="7", resumed=1
        )
    for job in run.jobs[30:]:
        if job.heartbeat:
            beat(job, state="failed", message="a long sentence " * 20)
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True)
    statuses, _ = watch.Progress(run.jobs, run.asked).look()
    shown = watch.view(console, run, statuses, ["a note"], height)
    lines = console.render_lines(shown, console.options.update(height=None))
    text = "\n".join("".join(segment.text for segment in line) for line in lines)
    assert len(lines) <= height
    assert "students trained" in text
    assert "done in about" in text
    # However narrow the screen is, the shard and how far it is are whole.
    assert re.search(rf"{SHORT}6of40 +4 of 10", text)
    assert re.search("and [0-9]+ more", text)
    # A stage of which nothing has begun is left out where there is little place.
    assert ("uniform/figures" in text) == (height > 40)


def live(monkeypatch, sleep):
    """Watch on a terminal, with something that happens between two looks; return what it got."""
    monkeypatch.setattr(time, "sleep", sleep)
    console = Console(file=io.StringIO(), width=100, height=30, force_terminal=True)
    try:
        watch.watch(console, "toy")
    finally:
        monkeypatch.undo()
    return console.file.getvalue()


def test_a_live_view_ends_with_the_run_and_leaves_its_last_state(run, monkeypatch):
    printed = live(monkeypatch, lambda seconds: finish(run.jobs))
    screen, left = printed.split("\x1b[?1049l")
    assert "0 of 80" in screen
    assert "all 41 jobs are done" in left


def test_an_interrupt_gives_the_terminal_back(run, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    console = Console(file=io.StringIO(), width=100, height=30, force_terminal=True)
    monkeypatch.setattr(time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        watch.watch(console, "toy")
    # The screen as it was before, and the cursor.
    assert "\x1b[?1049l" in console.file.getvalue()
    assert "\x1b[?25h" in console.file.getvalue()


def test_an_edited_configuration_is_read_again_and_a_wrong_one_noted(run, monkeypatch):
    asked = []

    def ask(scale):
        asked.append(scale)
        if len(asked) == 2:
            raise InputError("config.yaml: scale is '\x1b[31mtoi'")
        return replace(run, jobs=run.jobs[:3]) if len(asked) == 3 else run

    looks = []

    def edit(seconds):
        looks.append(seconds)
        assert len(looks) < 4
        edited = time.time() + len(looks)
        os.utime("config.yaml", (edited, edited))
        if len(looks) == 2:
            finish(run.jobs)

    monkeypatch.setattr(watch, "ask", ask)
    printed = live(monkeypatch, edit)
    assert "the list of jobs is an old one: config.yaml: scale is '\\x1b[31mtoi'" in printed
    assert "all 3 jobs are done" in printed


def test_no_run_is_one_sentence(tmp_path):
    for name in ("config.yaml", "workflow"):
        (tmp_path / name).symlink_to(ROOT / name)
    done = subprocess.run(
        [sys.executable, "-m", "driver.watch", "--scale", "smoke"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": "workflow/scripts:workflow"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("watch: results/smoke: expected a run, found none; start it by")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (99, "99 s"), (100, "2 min"), (7000, "1 h 57 min"), (200_000, "2 d 8 h")],
)
def test_time_spans(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 "), (417, "417 "), (1040, "1.04 k"), (6.23e13, "62.3 T"), (2.4e19, "2.4e+04 P")],
)
def test_prefixes_of_units(number, text):
    assert prefixed(number) == text
