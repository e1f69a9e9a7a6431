"""Heartbeats: what they say while a program is at work, and how it ended."""

import json
import os
import threading
import time

import numpy as np
import pytest

import supnorm.job.heartbeat
from supnorm.job.heartbeat import Heartbeat, StoppedError
from supnorm.job.programs import InputError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "logs" / "train_students" / "d1.json"


def read(path):
    return json.loads(path.read_text())


def beating():
    return [thread for thread in threading.enumerate() if "_beat" in thread.name]


def test_it_is_there_at_once_and_says_who_is_at_work(path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "42")
    before = time.time()
    with Heartbeat(path, device="cpu"):
        facts = read(path)
    assert facts["state"] == "running"
    assert facts["device"] == "cpu"
    assert facts["pid"] == os.getpid()
    assert facts["slurm_job"] == "42"
    assert before <= facts["started"] <= facts["updated"] <= time.time()


def test_it_has_no_job_outside_of_slurm(path, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with Heartbeat(path):
        assert read(path)["slurm_job"] is None


def test_what_is_told_is_written_while_the_block_goes_on(path, monkeypatch):
    monkeypatch.setattr(supnorm.job.heartbeat, "PERIOD", 0.01)
    with Heartbeat(path) as heartbeat:
        assert beating()
        heartbeat.tell(epoch=3)
        deadline = time.monotonic() + 10
        while read(path).get("epoch") != 3:
            assert time.monotonic() < deadline
        # No more is told, but the file shows that the program lives.
        updated = read(path)["updated"]
        while read(path)["updated"] == updated:
            assert time.monotonic() < deadline


def test_telling_costs_no_writing(path):
    with Heartbeat(path) as heartbeat:
        heartbeat.tell(epoch=1)
        assert "epoch" not in read(path)
    assert read(path)["epoch"] == 1


def test_it_says_that_the_block_is_done(path):
    with Heartbeat(path):
        pass
    assert read(path)["state"] == "done"
    assert read(path)["message"] is None
    assert not beating()


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        (InputError("d1.parquet: found none"), "failed", "d1.parquet: found none"),
        (MemoryError("no more"), "failed", "MemoryError: no more"),
        (StoppedError("stopped by SIGTERM"), "stopped", "stopped by SIGTERM"),
        (KeyboardInterrupt(), "stopped", "interrupted"),
    ],
)
def test_it_says_how_the_block_ended_and_hides_no_error(path, error, state, message):
    with pytest.raises(type(error)), Heartbeat(path):
        raise error
    facts = read(path)
    assert (facts["state"], facts["message"]) == (state, message)
    assert not beating()


def test_numbers_of_numpy_and_none_at_all_are_json(path):
    with Heartbeat(path, students=np.int64(3)) as heartbeat:
        heartbeat.tell(loss=np.float64("nan"), flops=np.float32(2), worst=float("inf"))
    facts = read(path)
    assert (facts["students"], facts["loss"], facts["flops"]) == (3, None, 2)
    assert facts["worst"] is None


def test_a_file_that_cannot_be_written_ends_no_work(tmp_path):
    (tmp_path / "logs").write_text("a file where a folder is needed")
    with Heartbeat(tmp_path / "logs" / "d1.json") as heartbeat:
        heartbeat.tell(epoch=1)


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Heartbeat(None) as heartbeat:
        heartbeat.tell(epoch=1)
    assert not list(tmp_path.iterdir())
    assert not beating()


def test_readers_meet_whole_files_only(path, monkeypatch):
    monkeypatch.setattr(supnorm.job.heartbeat, "PERIOD", 1e-4)
    with Heartbeat(path, long="x" * 100_000) as heartbeat:
        for epoch in range(200):
            heartbeat.tell(epoch=epoch)
            assert len(read(path)["long"]) == 100_000
    # Nothing is left beside it.
    assert [file.name for file in path.parent.iterdir()] == ["d1.json"]
