"""The driver behind `make reproduce`: one run at a time, and clean-up after killed ones."""

import os
import signal
import subprocess
import sys
import time

import pytest

from artifact.chain import Chain
from processes import in_tree, wait_for
from tree import LEFTOVER, digests, run

# A run of several trainings, and what is removed to have it ahead: no more of the chain is needed.
TARGET = "results/smoke/uniform/tables/curves.parquet"
PART = [f"{kind}/random/d3_m20*_fifth_*" for kind in ("students", "curves")]
PART += ["tables/curves.parquet"]


@pytest.fixture
def unfinished(copy):
    for pattern in PART:
        for path in copy.results.glob(pattern):
            path.unlink()
    return copy


def reproduce(tree):
    return [sys.executable, "-m", "driver.reproduce", "--scale", "smoke", TARGET]


def start(tree, interrupts=signal.SIG_DFL):
    """Start a run in a session of its own and return it once a training is under way.

    `interrupts` is what it was told to do with them: what runs these tests may ignore them.
    """
    process = subprocess.Popen(
        reproduce(tree),
        cwd=tree.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, interrupts),
    )
    wait_for(lambda: programs(tree), "a program to start")
    return process


def programs(tree):
    return in_tree(tree, "workflow/scripts/uniform/train_students.py")


def assert_completes(tree, finished):
    done = run(reproduce(tree), tree.path)
    assert done.returncode == 0, done.stdout
    assert digests(tree.results) == digests(finished.results)
    assert "Nothing to be done" in run(reproduce(tree), tree.path).stdout
    return done.stdout


def kill_everything(process, tree):
    os.killpg(process.pid, signal.SIGKILL)
    for child in in_tree(tree):
        child.kill()
    process.wait()


def test_everything_killed_at_once(unfinished, finished):
    kill_everything(start(unfinished), unfinished)
    assert "removing the lock that a killed run left" in assert_completes(unfinished, finished)


@pytest.mark.complete
def test_the_driver_killed_while_it_removes_a_lock(unfinished, finished):
    kill_everything(start(unfinished), unfinished)
    again = subprocess.Popen(reproduce(unfinished), cwd=unfinished.path, stdout=subprocess.DEVNULL)
    wait_for(lambda: in_tree(unfinished, "--unlock"), "a lock to be removed")
    again.kill()
    again.wait()
    assert_completes(unfinished, finished)


@pytest.mark.complete
def test_the_driver_killed_and_its_jobs_alive(unfinished, finished):
    # Programs that must compile first do not end by themselves meanwhile.
    for path in (unfinished.path / "workflow/scripts/supnorm/__pycache__").glob("kernels.*.nb?"):
        path.unlink()
    process = start(unfinished)
    process.kill()
    process.wait()
    wait_for(lambda: not in_tree(unfinished, "-m snakemake"), "snakemake to follow its driver")
    assert programs(unfinished)
    assert "left over from a run that was killed" in assert_completes(unfinished, finished)


@pytest.mark.complete
def test_snakemake_killed_and_its_jobs_alive(unfinished, finished):
    process = start(unfinished)
    for child in in_tree(unfinished, "-m snakemake"):
        child.kill()
    assert process.wait() != 0
    assert_completes(unfinished, finished)


@pytest.mark.complete
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_asked_to_stop_stops_with_its_jobs(unfinished, finished, number):
    process = start(unfinished)
    process.send_signal(number)
    assert process.wait(timeout=60) != 0
    wait_for(lambda: not in_tree(unfinished, "python"), "all processes to end", 20)
    assert_completes(unfinished, finished)


@pytest.mark.complete
def test_a_run_in_the_background_ignores_interrupts_and_can_be_asked_to_stop(unfinished, finished):
    process = start(unfinished, interrupts=signal.SIG_IGN)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) != 0
    wait_for(lambda: not in_tree(unfinished, "python"), "all processes to end", 20)
    assert_completes(unfinished, finished)


@pytest.mark.complete
def test_the_run_ends_with_the_make_that_started_it(unfinished, finished):
    """As when make is killed: the shell here stands for it."""
    shell = subprocess.Popen(
        ["/bin/sh", "-c", f"{' '.join(reproduce(unfinished))}; true"],
        cwd=unfinished.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: programs(unfinished), "a program to start")
    shell.kill()
    shell.wait()
    wait_for(lambda: not in_tree(unfinished, "python"), "all processes to end")
    assert_completes(unfinished, finished)


def test_two_runs_in_one_tree_are_refused(unfinished, finished):
    process = start(unfinished)
    second = run(reproduce(unfinished), unfinished.path)
    assert second.returncode == 1
    assert second.stdout == (
        f"another run is at work in this tree (process {process.pid}); wait until it ends, or "
        "stop it, and run again\n"
    )
    assert process.wait(timeout=300) == 0
    assert digests(unfinished.results) == digests(finished.results)


@pytest.mark.complete
def test_a_run_beside_plain_snakemake_is_refused(unfinished):
    plain = subprocess.Popen(
        unfinished.command("--cores", 1),
        cwd=unfinished.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        wait_for(lambda: programs(unfinished), "a program to start")
        second = run(reproduce(unfinished), unfinished.path)
        assert second.returncode == 1
        assert f"snakemake is at work in this tree (process {plain.pid})" in second.stdout
    finally:
        plain.send_signal(signal.SIGINT)
        plain.wait(timeout=60)


def test_a_lock_that_may_be_anothers_is_left_alone(unfinished):
    locks = unfinished.path / ".snakemake/locks"
    locks.mkdir(exist_ok=True)
    (locks / "0.output.lock").write_text("results/smoke/uniform/tables/errors.parquet\n")
    unfinished_file = unfinished.results / "students/random" / LEFTOVER
    unfinished_file.write_bytes(b"being written by a job on another machine")
    refused = run(reproduce(unfinished), unfinished.path)
    assert refused.returncode == 1
    assert "locked by a run of snakemake that this command did not start" in refused.stdout
    assert list(locks.iterdir())
    assert unfinished_file.exists()


def test_a_mistake_in_the_configuration_is_told_although_a_lock_is_left(unfinished):
    process = start(unfinished)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for child in in_tree(unfinished):
        child.kill()
    unfinished.edit("config.yaml", "  width: 32 ", "  width: 0 ")
    done = run(reproduce(unfinished), unfinished.path)
    assert done.returncode == 1
    assert "config.yaml: uniform.teacher.width is 0" in done.stdout
    assert "Traceback" not in done.stdout


def test_who_only_reads_a_program_is_left_alone_and_leftovers_are_removed(copy):
    leftover = copy.results / "students/random" / LEFTOVER
    leftover.write_bytes(b"half a file")
    program = "workflow/scripts/uniform/plot_rates.py"
    reader = subprocess.Popen(["tail", "-f", program], cwd=copy.path, stdout=subprocess.DEVNULL)
    try:
        assert "Nothing to be done" in run(reproduce(copy), copy.path).stdout
        assert reader.poll() is None
    finally:
        reader.kill()
        reader.wait()
    assert not leftover.exists()


@pytest.mark.complete
def test_what_is_gone_of_a_finished_run_is_made_again(copy, finished):
    for name in ("waves/raw.parquet", "waves/circle.prov.json"):
        (copy.whole / "approximation" / name).unlink()
    command = [sys.executable, "-m", "driver.reproduce", "--scale", "smoke"]
    done = run([*command, "--study", "approximation"], copy.path)
    assert done.returncode == 0, done.stdout
    assert "files that are gone: 2, the first results/smoke/approximation/waves/" in done.stdout
    assert digests(copy.whole) == digests(finished.whole)
    assert Chain(copy.path, "smoke").faults() == []


@pytest.mark.complete
def test_a_run_under_nohup_survives_the_end_of_the_terminal(unfinished, finished):
    process = subprocess.Popen(
        ["nohup", *reproduce(unfinished)],
        cwd=unfinished.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(lambda: programs(unfinished), "a program to start")
    os.killpg(process.pid, signal.SIGHUP)
    assert process.wait(timeout=300) == 0
    assert digests(unfinished.results) == digests(finished.results)
