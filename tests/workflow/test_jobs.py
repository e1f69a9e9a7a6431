"""The list of jobs, as Snakemake gives it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from driver.jobs import Job, configuration, jobs, jobs_of, run_card, run_device, trained_on
from supnorm.configuration import of_study
from supnorm.hardware.cards import SLOWEST
from supnorm.job.programs import InputError
from supnorm.uniform.cells import cells
from supnorm.work import shard_names
from tree import ROOT, become_ordinary, copy_repository, git, run

TOY = """
rule all:
    input:
        "results/toy/study/errors/one.parquet",
        "results/toy/study/errors/two.parquet",
        "results/toy/end.md",

rule measure:
    output: errors="results/toy/study/errors/{k}.parquet", more="results/toy/study/more/{k}.txt"
    log:
        text="results/toy/study/logs/measure/{k}.log",
        heartbeat="results/toy/study/logs/measure/{k}.json",
    resources: mem_mb=lambda wildcards, attempt: attempt * 1300
    shell: "touch {output} {log}"

rule end:
    output: "results/toy/end.md"
    log: "results/toy/logs/end.log"
    shell: "touch {output} {log}"
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    (tmp_path / "Snakefile").write_text(TOY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_jobs_of_a_run_at_work(toy):
    snakemake = [sys.executable, "-m", "snakemake", "--cores", "1"]
    done = "results/toy/study/errors/one.parquet"
    subprocess.run([*snakemake, done], check=True, capture_output=True)
    # The lock of a run.
    locks = toy / ".snakemake/locks"
    locks.mkdir(exist_ok=True)
    (locks / "0.output.lock").write_text("results/toy/study/errors/two.parquet\n")
    found = {job.log.stem: job for job in jobs("toy")}
    assert found["one"] == Job(
        "measure",
        (Path("results/toy/study/errors/one.parquet"), Path("results/toy/study/more/one.txt")),
        Path("results/toy/study/logs/measure/one.log"),
        Path("results/toy/study/logs/measure/one.json"),
        megabytes=1300,
        pending=False,
    )
    assert found["two"].pending
    assert found["end"].pending
    assert found["end"].heartbeat is None
    assert found["end"].megabytes == 0
    assert [(found[k].study, found[k].name, found[k].stage) for k in ("one", "end")] == [
        ("study", "one", "study/errors"),
        ("", "", "document"),
    ]
    assert len(found) == 3


def test_no_profile_of_a_user_changes_the_list(toy, monkeypatch):
    profile = toy / "mine/config.yaml"
    profile.parent.mkdir()
    profile.write_text("quiet: [all]\nuntil: [end]\n")
    monkeypatch.setenv("SNAKEMAKE_PROFILE", str(profile.parent))
    found = jobs("toy")
    assert len(found) == 3
    # One that is named on the command line is in force, but leaves out nothing of what is said.
    profile.write_text("quiet: [all]\n")
    assert jobs_of("--profile", "mine") == found


def test_who_may_only_read_a_tree_can_look(toy, monkeypatch):
    subprocess.run([sys.executable, "-m", "snakemake", "--cores", "1"], check=True)
    for path in [toy, *toy.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    # As Snakemake itself keeps things there.
    monkeypatch.setenv("HOME", str(toy))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}/workflow/scripts:{ROOT}/workflow")
    look = "from driver.jobs import jobs; print([job.pending for job in jobs('toy')])"
    done = run([sys.executable, "-c", look], toy, preexec_fn=become_ordinary)
    assert done.stdout == "[False, False, False]\n"


def test_who_may_only_read_the_repository_can_look(tmp_path):
    """The real one, as it knows its root from other folders."""
    tree = copy_repository(tmp_path / "tree")
    tables = tree.path / "results/smoke/uniform/tables"
    tables.mkdir(parents=True)
    look = "from driver.jobs import jobs; print(len(jobs('smoke')) > 100)"
    tree.path.chmod(0o555)
    done = run([sys.executable, "-c", look], tree.path, preexec_fn=become_ordinary)
    assert done.stdout == "True\n"
    tables.chmod(0)
    done = run([sys.executable, "-m", "driver.plan"], tree.path, preexec_fn=become_ordinary)
    said = done.stdout.splitlines()[-1]
    assert said.startswith("plan: results/smoke/uniform/tables: expected what you may read, found")


def test_elsewhere_snakemake_says_where_it_runs(tmp_path):
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--dry-run",
        "--snakefile",
        ROOT / "workflow/Snakefile",
    ]
    done = run(command, tmp_path)
    assert done.returncode == 1
    assert f"{tmp_path}: expected that snakemake is started in {ROOT}, the root" in done.stdout
    assert "Error" not in done.stdout
    settings = ["results/smoke/config.resolved.yaml", "--config", "scale=smoke"]
    done = run([*command, "--directory", ROOT, *settings], tmp_path)
    assert done.returncode == 0, done.stdout


def test_a_run_says_at_its_start_why_its_results_cannot_be_archived(tmp_path):
    tree = copy_repository(tmp_path / "tree")
    wanted = ("--cores", 1, "--force", "results/smoke/config.resolved.yaml")
    said = "cannot be archived, for the commit of this tree is not known: "
    assert f"{said}expected a clone of the repository" in tree.snakemake(*wanted)
    git(tree, "init", "-q")
    assert f"{said}git tells nothing of this tree; it said: fatal: " in tree.snakemake(*wanted)
    git(tree, "commit", "-q", "--allow-empty", "-m", "all")
    assert said not in tree.snakemake(*wanted)


def test_what_snakemake_cannot_list_is_one_sentence(toy):
    (toy / "Snakefile").write_text("rule all\n")
    with pytest.raises(InputError, match="snakemake --dry-run failed") as error:
        jobs("toy")
    assert "\n" not in str(error.value)


def test_every_shard_has_a_job_that_tells_how_far_it_is(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = configuration("smoke")
    found = jobs("smoke", run_device(config))
    settings = of_study(config, "uniform")
    shards = [name for cell in cells(settings) for name in shard_names(cell, settings)]
    trainings = [job for job in found if job.rule == "train_students"]
    assert sorted(job.name for job in trainings) == sorted(shards)
    assert all(job.stage == "uniform/students" and job.heartbeat for job in trainings)
    outputs = [path for job in found for path in job.outputs]
    assert len(outputs) == len(set(outputs))


def test_a_wrong_scale_or_place_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(InputError, match="scale is 'huge'; expected one of smoke"):
        configuration("huge")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="expected the root of the repository"):
        configuration("smoke")


def test_the_device_is_that_of_the_latest_training_where_the_machine_decides(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = {"scale": "toy", "training": {"device": "auto"}}
    assert run_device(config) == "cpu"
    logs = tmp_path / "results/toy/uniform/logs/train_students/random"
    logs.mkdir(parents=True)
    for name, facts in {
        "a": {"device": "cpu", "started": 1.0},
        "b": {"device": "cuda", "started": 2.0},
        "c": {"device": "mps", "started": 3.0},
        "d": {"device": "cpu", "started": "late"},
        "e": ["device"],
    }.items():
        (logs / f"{name}.json").write_text(json.dumps(facts))
    (logs / "f.json").write_text('{"device": "cp')
    os.mkfifo(logs / "g.json")
    assert run_device(config) == "cuda"
    assert trained_on(config) == "cuda"
    assert run_device(config | {"training": {"device": "cpu"}}) == "cuda"
    assert trained_on(config | {"scale": "other"}) is None
    assert run_device({"scale": "other", "training": {"device": "cuda"}}) == "cuda"


H100, A100, T4 = "NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-40GB", "Tesla T4"


@pytest.mark.parametrize(
    ("device", "named", "present", "card", "said"),
    [
        ("cuda", "rtx4090", [H100], "RTX 4090", "as --card says"),
        ("cuda", None, [H100, H100], "H100", "as nvidia-smi says"),
        ("cuda", None, [H100, A100], "A100", "as nvidia-smi says"),
        ("cuda", None, [H100, T4, T4], SLOWEST.name, f"as nvidia-smi says {H100}, {T4}"),
        ("cuda", None, [], SLOWEST.name, "the slowest known, as none is named"),
        ("cpu", None, [H100], SLOWEST.name, "the slowest known, as none is named"),
    ],
)
def test_the_card_is_that_of_the_command_line_or_of_the_machine(
    monkeypatch, device, named, present, card, said
):
    monkeypatch.setattr("driver.jobs.visible_names", lambda: present)
    found, told = run_card(device, named)
    assert found.name == card
    assert said in told


def test_a_driver_that_fails_names_no_card(monkeypatch):
    def fail():
        raise InputError("nvidia-smi finds no GPU")

    monkeypatch.setattr("driver.jobs.visible_names", fail)
    assert run_card("cuda") == (SLOWEST, "the slowest known, as none is named")


@pytest.mark.parametrize(
    "command", [("snakemake", "--profile", "none", "--list-rules"), ("driver.plan", "--help")]
)
def test_nothing_is_read_as_the_locale_says(command):
    """Code, schemas and pages have letters that ASCII lacks."""
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=os.environ | ascii_only,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
