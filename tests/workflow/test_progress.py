"""What the files of a run say of its jobs, and when it may end."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from driver.jobs import Job
from driver.progress import (
    ALIVE,
    SILENT,
    Progress,
    Status,
    estimate,
    failure_in,
    read_heartbeat,
    training,
)
from supnorm.costs import Trained
from supnorm.work import Cell

CELL = Cell("random", 1, 100, 5, 32, "fifth", 20, 10, 6)
NAME = f"{CELL.name}_1of2"
# Each of two shards has three students.
TRAINED = Trained(students=3, epochs=CELL.epochs, flops=3 * CELL.student_flops)


@pytest.fixture
def job(tmp_path):
    logs = tmp_path / "logs/train_students"
    logs.mkdir(parents=True)
    outputs = tuple(tmp_path / kind for kind in ("students", "curves"))
    return Job("train_students", outputs, logs / "one.log", logs / "one.json", 700, pending=True)


def beat(job, state="running", age=0.0, **facts):
    """Write a heartbeat of a program that began 100 s before it."""
    told = {"state": state, "started": 0.0, "updated": 100.0, "message": None, **facts}
    job.heartbeat.write_text(json.dumps(told))
    os.utime(job.heartbeat, (time.time() - age,) * 2)


def write(job, age=0.0):
    for path in job.outputs:
        path.touch()
        os.utime(path, (time.time() - age,) * 2)


def look(*jobs, asked=None):
    return Progress(list(jobs), asked or time.time() - 10).look()


def state(job, **options):
    return look(job, **options)[0][0].state


def test_a_heartbeat_that_is_no_file_is_none(job):
    os.mkfifo(job.heartbeat)
    assert state(job) == "waiting"


def test_a_job_without_files_waits(job):
    assert state(job) == "waiting"
    assert state(replace(job, heartbeat=None)) == "waiting"


def test_a_fresh_heartbeat_is_a_job_at_work_and_an_old_one_is_lost(job):
    beat(job, age=5, epoch=2, epochs=10)
    status = look(job)[0][0]
    assert (status.state, status.share) == ("running", 0.2)
    # By the node's own clock, and what has passed since.
    assert status.seconds == pytest.approx(105, abs=2)
    beat(job, age=ALIVE + 30)
    status = look(job)[0][0]
    assert (status.state, status.message) == ("lost", "no heartbeat for 90 s")


def test_a_log_without_outputs_is_a_job_at_work_for_some_time(job):
    job.log.touch()
    assert state(job) == "running"
    write(job, age=60)
    assert state(job) == "waiting"
    job.outputs[0].unlink()
    os.utime(job.log, (time.time() - 2 * SILENT,) * 2)
    assert state(job) == "waiting"


@pytest.mark.parametrize("wrong", [-3600, 3600])
def test_a_clock_that_is_wrong_deceives_for_a_minute_at_most(job, monkeypatch, wrong):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    progress = Progress([job], now)
    beat(job, age=-wrong)
    progress.look()
    # Time goes on here; the heartbeat changes there.
    now += 30
    beat(job, age=-wrong, updated=105.0)
    assert progress.look()[0][0].state == "running"
    # It changes no more.
    now += ALIVE + 1
    assert progress.look()[0][0].state == "lost"


@pytest.mark.parametrize("ended", ["failed", "stopped"])
def test_how_a_program_ended_is_told(job, ended):
    beat(job, ended, message="one sentence")
    status = look(job)[0][0]
    assert (status.state, status.message, status.seconds) == (ended, "one sentence", 100)


def test_outputs_make_a_job_done_unless_they_are_stale(job):
    beat(job, "done")
    assert state(job) == "waiting"
    write(job, age=60)
    assert state(job) == "waiting"
    assert state(replace(job, pending=False)) == "done"
    # Made again since Snakemake was asked.
    write(job)
    assert state(job) == "done"
    job.outputs[1].unlink()
    assert state(replace(job, pending=False)) == "waiting"


def test_a_job_that_runs_again_is_not_done(job):
    write(job)
    beat(job)
    assert state(replace(job, pending=False)) == "running"


def test_what_is_done_is_not_read_again_until_jobs_are_listed_anew(job):
    write(job)
    progress = Progress([job], time.time() - 10)
    assert progress.look()[0][0].state == "done"
    job.outputs[0].unlink()
    assert progress.look()[0][0].state == "done"
    progress.renew([job], time.time())
    assert progress.look()[0][0].state == "waiting"


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"state": "runn',
        "[1]",
        '{"state": "running"}',
        '{"state": "asleep", "started": 1, "updated": 2}',
        '{"state": "running", "started": "noon", "updated": 2}',
        '{"state": "running", "started": 1, "updated": 2, "epoch": "many"}',
        '{"state": ["running"], "started": 1, "updated": 2}',
        '{"state": "running", "started": 1, "updated": NaN}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_heartbeat_is_left_out_and_counted(job, text):
    job.heartbeat.write_bytes(text if isinstance(text, bytes) else text.encode())
    statuses, unreadable = look(job)
    assert (statuses[0].state, unreadable) == ("waiting", 1)


def test_a_heartbeat_without_numbers_is_one(job):
    assert read_heartbeat('{"state": "done", "started": 1, "updated": 2.5, "loss": null}')


@pytest.mark.parametrize(
    ("log", "failure"),
    [
        ("", ""),
        ("epoch 5 of 10: mean loss 1.0e-3, 2 s\n", ""),
        ("epoch 5 of 10\ntrain_students: d1: expected a file, found none\n", "d1: expected a file"),
        ("train_students.py: error: argument --dim: invalid int value: 'x'\n", "error: argument"),
        ("Traceback (most recent call last):\n  line 1\nKeyError: 'x'\n", "KeyError: 'x'"),
    ],
)
def test_a_log_tells_of_a_failure_by_its_last_sentence(job, log, failure):
    job.log.write_text(log)
    os.utime(job.log, (0, 0))
    found = failure_in(job.log, job.rule)
    assert found.startswith(failure)
    assert bool(found) == bool(failure)
    assert state(replace(job, heartbeat=None)) == ("failed" if failure else "waiting")


def status(state, seconds=0.0, name=NAME, rule="train_students", **facts):
    log = Path("results/toy/uniform/logs", rule, f"{name}.log")
    return Status(Job(rule, (Path("x"),), log, None, 700, True), state, facts, seconds)


def test_training_is_counted_in_students_and_operations():
    statuses = [
        status("done", 100, epochs=10, epoch=10),
        status("running", 50, f"{CELL.name}_2of2", epochs=10, epoch=6, resumed=1),
        status("running", 7, "random/d1_m100", "measure_references"),
    ]
    trains = {"train_students": TRAINED, "measure_references": Trained()}
    found = training(statuses, {one.job.log: trains[one.job.rule] for one in statuses})
    assert (found.trained, found.students) == (3, 6)
    assert found.done == pytest.approx(3 * 1.6 * CELL.student_flops)
    assert found.flops == 6 * CELL.student_flops
    # Epochs 2 to 6 of three students in 50 s.
    assert found.rate == pytest.approx(3 * 0.5 * CELL.student_flops / 50)
    assert found.epoch_rate == pytest.approx(3 * 5 / 50)


def test_what_is_left_is_expected_and_then_corrected_by_what_jobs_took():
    waiting = [status("waiting")] * 3
    found = estimate([status("running"), *waiting], lambda job: 100.0)
    assert (found.work, found.left, found.slowness) == (400, 400, None)
    # Two jobs took twice what was expected: all of one, and a quarter of another that resumed.
    told = [
        status("done", 200, epochs=10, epoch=10),
        status("running", 50, epochs=8, epoch=4, resumed=2),
    ]
    found = estimate([*told, status("running"), *waiting], lambda job: 100.0)
    assert (found.measured, found.slowness) == (2, 2)
    assert found.work == 2 * 100 * (0.5 + 1 + 3)
    assert found.left == found.work / 2


def test_each_rule_is_corrected_by_its_own_jobs_and_others_by_all():
    statuses = [
        status("done", 300),
        status("done", 90, rule="measure_errors"),
        status("running"),
        status("waiting", rule="measure_errors"),
        status("waiting", rule="measure_errors"),
        status("waiting", rule="certify_errors"),
    ]
    found = estimate(statuses, lambda job: 100.0)
    assert found.work == pytest.approx(300 + 2 * 90 + 195)


def test_a_run_takes_no_less_than_its_longest_job():
    statuses = [status("running")] * 9 + [status("running", rule="certify_errors")]
    found = estimate(statuses, lambda job: 1000.0 if job.rule == "certify_errors" else 1.0)
    assert found.left == 1000


def test_nothing_is_known_of_the_end_while_nothing_runs():
    assert estimate([status("waiting"), status("stopped", 10)], lambda job: 100.0).left is None
