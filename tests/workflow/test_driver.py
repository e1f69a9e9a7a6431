"""The driver's parts by themselves: GPUs, queues of a cluster, and what is left over."""

import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
from argparse import Namespace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from driver import probe_gpu
from driver import reproduce as driver
from driver.jobs import Job, archived_scale, default_scale
from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError
from tree import LEFTOVER, ROOT, become_ordinary, copy_repository, run

GPUS = ["GPU-0a", "GPU-1b"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty tree as working directory, with commands of its own first on the path."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "workflow/schemas", tree / "workflow/schemas")
    (tree / "workflow/Snakefile").touch()
    (tree / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tree / "bin"), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.chdir(tree)
    return tree


def write_command(tree, name, script):
    path = tree / "bin" / name
    path.write_text(f"#!{sys.executable}\n{script}\n")
    path.chmod(0o755)


def options(device="auto", scale=None, profile=None, config=(), card=None):
    """Snakemake's options, in one list."""
    given = Namespace(
        device=device, card=card, scale=scale, profile=profile, cores="all", config=config
    )
    where, settings = driver.options(given)
    return where + settings


@pytest.fixture
def machine(here, monkeypatch):
    """A machine with two GPUs, of which the first fails a probe, and a configuration of device."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    write_command(here, "nvidia-smi", f"for g in {GPUS}: print(f'GPU n: H100 (UUID: {{g}})')")
    probe = here / "probe.py"
    probe.write_text(
        "import os, sys\n"
        f"sys.exit('a sentence' if os.environ['CUDA_VISIBLE_DEVICES'] == {GPUS[0]!r} else 0)\n"
    )
    monkeypatch.setattr(driver, "PROBE", (str(probe),))

    def configure(device):
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        for scale in config["scales"].values():
            scale.get("training", {}).pop("device", None)
        config["training"]["device"] = device
        (here / "config.yaml").write_text(yaml.safe_dump(config))

    configure("auto")
    return configure


HERE = ["--profile", "none", "--cores", "all"]
ON_CPU = [*HERE, "--config", "device=cpu"]


def test_the_gpus_that_pass_are_used_one_job_each(machine, capsys):
    expected = ["--resources", "local_gpu=1", *HERE, "--config", "device=cuda"]
    assert options() == expected
    assert capsys.readouterr().out == f"no training on {GPUS[0]}: a sentence\n"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == GPUS[1]


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("import sys; sys.exit('driver too old')", "driver too old"),
        ("import os; os._exit(3)", "a short training ends with 3"),
        ("import time; time.sleep(60)", "a short training does not end within 0.1 s"),
    ],
)
def test_gpus_that_fail_give_one_line_and_a_run_on_the_cpu(
    machine, capsys, monkeypatch, script, says
):
    Path(driver.PROBE[0]).write_text(script)
    monkeypatch.setattr(driver, "PROBE_SECONDS", 0.1 if "sleep" in script else 60)
    assert options() == ON_CPU
    assert capsys.readouterr().out == f"no training on {', '.join(GPUS)}: {says}\n"


def test_without_a_gpu_nothing_is_said(machine, capsys, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert options() == ON_CPU
    assert capsys.readouterr().out == ""


def test_a_driver_that_fails_is_told_and_the_cpu_taken(machine, here, capsys):
    write_command(here, "nvidia-smi", "import sys; sys.exit('version mismatch')")
    assert options() == ON_CPU
    assert capsys.readouterr().out == "nvidia-smi finds no GPU: version mismatch\n"


def test_what_is_asked_for_is_not_probed(machine, monkeypatch):
    Path(driver.PROBE[0]).unlink()
    assert options("cpu") == ON_CPU
    expected = ["--resources", "local_gpu=2", *HERE, "--config", "device=cuda"]
    assert options("cuda") == expected
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(InputError, match="--device is cuda; expected a GPU here"):
        options("cuda")


def test_the_command_line_goes_before_the_configuration(machine):
    machine("cpu")
    Path(driver.PROBE[0]).unlink()
    assert options() == ON_CPU
    assert options("cuda")[-1] == "device=cuda"


def test_a_scale_trained_on_one_device_is_not_trained_on_another_by_chance(machine, here):
    heartbeat = here / "results/laptop/uniform/logs/train_students/random/a.json"
    heartbeat.parent.mkdir(parents=True)
    heartbeat.write_text(json.dumps({"device": "cpu", "started": 1.0}))
    with pytest.raises(InputError, match="results/laptop was trained on cpu, and this machine"):
        options()
    assert options("cuda")[-1] == "device=cuda"
    heartbeat.write_text(json.dumps({"device": "cuda", "started": 1.0}))
    assert options()[-1] == "device=cuda"


def test_a_run_for_gpus_can_be_planned_where_there_is_none(machine, monkeypatch):
    machine("cuda")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert options() == [*HERE, "--config", "device=cuda"]


def test_settings_of_ones_own_are_kept(machine):
    machine("cpu")
    assert options(config=["scale=paper", "teacher={count: 2}"], scale="smoke") == [
        *HERE,
        *("--config", "scale=smoke", "teacher={count: 2}", "device=cpu"),
    ]
    with pytest.raises(InputError, match="scale is 'small'; expected one of"):
        options(config=["scale=small"])


def test_on_a_cluster_gpus_are_its_own_matter(machine, here):
    (here / "bin/nvidia-smi").unlink()
    assert options(profile="slurm") == ["--profile", "slurm"]
    assert options("cpu", "laptop", "slurm") == [
        *("--profile", "slurm"),
        *("--config", "scale=laptop", "device=cpu"),
    ]
    assert options(scale="paper", profile="slurm", card="A100") == [
        *("--profile", "slurm"),
        *("--config", "scale=paper", "card=A100"),
    ]
    with pytest.raises(InputError, match=r"--device takes .*; expected --scale too"):
        options("cpu", profile="slurm")
    with pytest.raises(InputError, match=r"--card takes .*; expected --scale too"):
        options(profile="slurm", card="A100")


@pytest.fixture
def drawn(machine, here, monkeypatch):
    """Jobs of three rules, and the command lines of Snakemake that the driver starts."""
    for scale in ("smoke", "laptop", "paper"):
        (here / f"results/{scale}/uniform/tables").mkdir(parents=True)
    chain = [("train_students", "s.safetensors"), ("plot_rates", "r.pdf"), ("build_paper", "p.pdf")]
    jobs = [Job(rule, (Path(name),), Path("log"), None, 700, True) for rule, name in chain]
    monkeypatch.setattr(driver, "jobs", lambda scale: jobs)
    monkeypatch.setattr(driver, "jobs_of", lambda *options: jobs)
    commands = []
    monkeypatch.setattr(driver, "supervise", lambda command: commands.append(command[3:]) or 0)
    Path(driver.PROBE[0]).unlink()
    return commands


DRAWING = [*HERE, "r.pdf", "p.pdf", "--forceall"]
DRAWING += ["--allowed-rules", "plot_rates", "build_paper", "--config"]


def test_only_figures_and_the_paper_are_drawn_and_no_gpu_is_looked_for(drawn, capsys):
    assert driver.main(["--figures", "--scale", "smoke"]) == 0
    assert drawn == [[*DRAWING, "scale=smoke", "device=cpu"]]
    assert capsys.readouterr().out == (
        "drawing 1 figures and the paper of results/smoke anew, from the tables that are there; "
        "nothing is trained or measured\n"
    )


def test_in_an_unpacked_archive_the_scale_is_its_own(drawn, here, capsys):
    driver.main(["--figures"])
    (here / "archive.json").write_text('{"scale": "smoke"}')
    driver.main(["--figures"])
    driver.main(["--figures", "--scale", "paper"])
    driver.main(["--figures", "--config", "scale=paper"])
    scales = ([], ["scale=smoke"], ["scale=paper"], ["scale=paper"])
    assert drawn == [[*DRAWING, *scale, "device=cpu"] for scale in scales]
    told = capsys.readouterr().out
    expected = ["results/laptop", "results/smoke", "results/paper", "results/paper"]
    assert re.findall(r"results/\w+", told) == expected


def test_nothing_is_drawn_without_tables(drawn, here):
    (here / "results/smoke/uniform/tables").rmdir()
    with pytest.raises(InputError, match="results/smoke: expected tables to draw from"):
        driver.main(["--figures", "--scale", "smoke"])
    assert drawn == []


def test_a_study_is_made_and_not_drawn(drawn, capsys):
    driver.main(["--study", "uniform", "--scale", "smoke", "--device", "cpu"])
    assert drawn == [[*HERE, "uniform", "--config", "scale=smoke", "device=cpu"]]
    for wrong in (["--figures"], ["--study", "unifrom"]):
        with pytest.raises(SystemExit):
            driver.main(["--study", "uniform", *wrong])
    said = capsys.readouterr().err
    assert "--figures: not allowed with argument --study" in said
    assert "invalid choice: 'unifrom'" in said
    assert len(drawn) == 1


def test_what_is_gone_of_finished_jobs_is_made_again(drawn, here, monkeypatch, capsys):
    (here / "kept").touch()
    files = {"gone": False, "kept": False, "still to be made": True}
    jobs = [Job(name, (Path(name),), Path("log"), None, 700, left) for name, left in files.items()]
    monkeypatch.setattr(driver, "jobs_of", lambda *options: jobs)
    for further in ([], ["--study", "uniform"], ["--dry-run"]):
        driver.main(["--device", "cpu", *further])
    assert [command[len(HERE) : -2] for command in drawn] == [
        ["all", "gone"],
        ["uniform", "gone"],
        ["--dry-run"],
    ]
    said = "files that are gone: 1, the first gone; they are made again, and all that follows"
    assert capsys.readouterr().out.count(said) == 2


def test_what_snakemake_cannot_list_is_left_for_it_to_tell(drawn, monkeypatch):
    def fail(*options):
        raise InputError("snakemake --dry-run failed")

    monkeypatch.setattr(driver, "jobs_of", fail)
    driver.main(["--device", "cpu"])
    assert drawn == [ON_CPU]


@pytest.mark.parametrize("cores", ["0", "-1", "some", ""])
def test_a_number_of_cores_that_is_none_is_refused(here, capsys, cores):
    with pytest.raises(SystemExit):
        driver.main(["--cores", cores])
    assert f"argument --cores: found {cores}, expected a whole number" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "[1]", "\udcff"])
def test_a_lock_file_that_is_damaged_tells_of_no_driver(tmp_path, text):
    (tmp_path / "lock").write_bytes(text.encode(errors="surrogateescape"))
    with (tmp_path / "lock").open("a+") as lock:
        assert driver.read_driver(lock) == {}
        driver.record_driver(lock, "slurm")
        assert driver.read_driver(lock)["profile"] == "slurm"


def test_caches_are_kept_in_the_tree_where_they_may_not_be_elsewhere(here, tmp_path, monkeypatch):
    def kept():
        driver.keep_caches()
        return os.getenv("XDG_CACHE_HOME")

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert kept() is None
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
    assert kept() == str(tmp_path / "mine")
    monkeypatch.setenv("XDG_CACHE_HOME", f"{tmp_path}/tree/workflow/Snakefile/cache")
    assert kept() == str(here / ".snakemake/cache")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_results_that_are_no_folder_are_told(here, kind):
    results = here / "results"
    results.touch() if kind == "file" else results.symlink_to("gone")
    found = "a file" if kind == "file" else "a link to nothing"
    with pytest.raises(InputError, match=f"results: expected a folder, .* found {found}"):
        driver.main([])


def test_a_full_disk_is_one_sentence(here, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}/workflow/scripts:{ROOT}/workflow")
    shutil.copy(ROOT / "config.yaml", here)
    command = [sys.executable, "-m", "driver.reproduce", "--device", "cpu", "--dry-run"]
    none = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (0, 0))
    done = run(command, here, preexec_fn=none)
    assert (done.returncode, done.stdout) == (1, "File too large\n")


def test_a_tree_that_may_not_be_written_to_is_told(here, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}/workflow/scripts:{ROOT}/workflow")
    (here / ".snakemake").mkdir(mode=0o555)
    done = run([sys.executable, "-m", "driver.reproduce"], here, preexec_fn=become_ordinary)
    assert done.returncode == 1
    assert re.fullmatch(
        r"\.snakemake/driver\.lock: expected a tree that you may write to, found: Permission "
        r"denied; .*\n",
        done.stdout,
    )


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON"])
def test_an_archive_that_tells_no_scale_is_refused(here, text):
    (here / "archive.json").write_text(text)
    with pytest.raises(InputError, match=r"archive\.json: expected the name of a scale"):
        driver.main(["--figures"])


@pytest.mark.parametrize("scale", ["smoke", "smoke-2", "2024", "on"])
def test_an_archive_may_be_of_any_scale_that_has_a_name(here, scale):
    (here / "archive.json").write_text(json.dumps({"scale": scale}))
    assert archived_scale() == default_scale() == scale


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("on", r"scale is True; .* \(YAML reads it as a truth value; put it in quotes\)$"),
        ("a/b", r"scale is 'a/b'; expected one of on, 007$"),
        ("", r"scale is empty; expected one of on, 007$"),
    ],
)
def test_a_scale_of_no_name_is_refused(here, written, says):
    (here / "config.yaml").write_text(f"scale: {written}\nscales: {{'on': , '007': }}")
    with pytest.raises(InputError, match=says):
        default_scale()


def test_a_scale_whose_name_is_a_number_needs_no_quotes(here):
    (here / "config.yaml").write_text("scale: 2024.0\nscales: {'on': , '2024': }")
    assert default_scale() == "2024"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_torch_that_cannot_use_the_gpu_fails_the_probe(machine, capsys, monkeypatch):
    monkeypatch.setattr(driver, "PROBE", ("-m", "driver.probe_gpu"))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}/workflow/scripts:{ROOT}/workflow")
    assert options() == ON_CPU
    said = capsys.readouterr().out
    assert re.fullmatch(f"no training on {', '.join(GPUS)}: .*(CUDA|NVIDIA).*\n", said)


@pytest.mark.parametrize("off", [0, 1e-12, 1e-9, np.nan])
def test_the_probe_compares_gpu_and_cpu(monkeypatch, off):
    train = probe_gpu.train
    monkeypatch.setattr(torch.cuda, "init", lambda: None)
    monkeypatch.setattr(
        probe_gpu,
        "train",
        lambda device: train("cpu").map(lambda a: a * (1 + off * (device == "cuda"))),
    )
    if off < 1e-10:
        probe_gpu.main()
    else:
        with pytest.raises(SystemExit, match="students trained there differ from the CPU's by"):
            probe_gpu.main()


@pytest.mark.usefixtures("machine")
def test_each_training_on_this_machine_takes_a_gpu(tmp_path):
    tree = copy_repository(tmp_path / "whole").path
    command = [sys.executable, "-m", "driver.reproduce", "--scale", "laptop", "--device", "cuda"]
    planned = run([*command, "--dry-run"], tree).stdout
    for rule, takes in [
        ("train_students", True),
        ("measure_errors", True),
        ("sample_errors", True),
        ("climb_errors", False),
        ("sample_adversary", True),
        ("climb_adversary", False),
        ("draw_samples", False),
    ]:
        jobs = re.findall(rf"^rule {rule}:\n(.*?)^\[", planned, re.MULTILINE | re.DOTALL)
        assert jobs, planned
        assert all(("local_gpu=1" in job) == takes for job in jobs), rule


def test_a_card_sets_the_time_that_jobs_ask_for_and_nothing_else(tmp_path):
    tree = copy_repository(tmp_path / "whole").path
    errors = "results/paper/uniform/errors/random/d3_m100_L5_w512_hundred_1of1.parquet"
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--printshellcmds", errors]

    def planned(card):
        settings = ["scale=paper", "device=cuda", *card]
        text = run([*command, "results/paper/config.resolved.yaml", "--config", *settings], tree)
        times = re.findall(r"^rule (\w+):.*?runtime=(\d+)", text.stdout, re.MULTILINE | re.DOTALL)
        return {rule: int(time) for rule, time in times}, re.findall(
            "Shell command: .*", text.stdout
        )

    unknown, commands = planned([])
    named, same = planned(["card=NVIDIA A100-SXM4-40GB"])
    assert commands
    assert sorted(commands) == sorted(same)
    shorter = {rule for rule in named if named[rule] < unknown[rule]}
    assert shorter == {"train_students", "sample_errors"}


@pytest.mark.parametrize("name", ["d1_m10_L5_w8_fifth_1of2.safetensors", "rates.prov.json"])
def test_what_a_killed_program_leaves_is_known_by_its_name(tmp_path, monkeypatch, name):
    monkeypatch.setattr(socket, "gethostname", lambda: "node-7.cluster")
    with appearing(tmp_path / name) as temporary:
        temporary.touch()
    assert f".node-7.cluster-{os.getpid()}." in temporary.name
    assert re.fullmatch(driver.TEMPORARY, temporary.name)
    assert not re.fullmatch(driver.TEMPORARY, name)


# A job that is cancelled is listed once more.
SQUEUE = """
import pathlib, sys
if sys.argv[1:] != ["--me", "--noheader", "--format=%i\\t%k\\t%Z"]:
    sys.exit("squeue: no such option")
here = pathlib.Path("bin")
queue, cancelled, gone = (here / name for name in ("queue", "cancelled", "gone"))
ended = gone.read_text().split() if gone.exists() else []
lines = queue.read_text().splitlines(keepends=True)
print(*[line for line in lines if line.split()[0] not in ended], sep="", end="")
if cancelled.exists():
    gone.write_text(cancelled.read_text())
"""
SCANCEL = """
import pathlib, sys
with pathlib.Path("bin/cancelled").open("a") as file:
    print(*sys.argv[1:], file=file)
"""


@pytest.fixture
def queue(here, monkeypatch):
    """A cluster with jobs of this tree, of another one, and one that is not Snakemake's."""
    monkeypatch.setattr(driver.time, "sleep", lambda _: None)
    write_command(here, "squeue", SQUEUE)
    write_command(here, "scancel", SCANCEL)
    (here / "bin/queue").write_text(
        f"11\trule_train_students_wildcards_random_1\t{here}\n"
        f"12\trule_draw_samples\t{here}\n"
        f"13\trule_draw_samples\t{here}-2\n"
        f"14\t(null)\t{here}\n"
    )
    (here / "results").mkdir()
    (here / "results" / LEFTOVER).touch()
    return here


def test_jobs_of_a_killed_run_are_cancelled_then_leftovers_removed(queue, capsys):
    driver.clean_up(on_cluster=False)
    assert sorted((queue / "bin/cancelled").read_text().split()) == ["11", "12"]
    said = "cancelling 2 SLURM jobs, left over from a run that has ended\n"
    assert capsys.readouterr().out == said
    assert not list((queue / "results").iterdir())


def test_what_a_job_may_be_writing_is_left_alone(queue, monkeypatch):
    monkeypatch.setattr(driver, "CANCEL_SECONDS", -1)
    with pytest.raises(SystemExit, match=r"still in SLURM .* \(11, 12\)"):
        driver.clean_up(on_cluster=True)
    assert (queue / "results" / LEFTOVER).exists()


def test_a_cluster_that_does_not_answer_is_a_matter_for_runs_there_only(queue):
    write_command(queue, "squeue", "import sys; sys.exit('squeue: error: no controller')")
    with pytest.raises(SystemExit, match="run again: squeue: error: no controller"):
        driver.clean_up(on_cluster=True)
    assert (queue / "results" / LEFTOVER).exists()
    driver.clean_up(on_cluster=False)
    assert not (queue / "results" / LEFTOVER).exists()


PROGRAM = """
import pathlib, signal, sys, time
save = lambda *_: pathlib.Path("saved").touch() or sys.exit(1)
signal.signal(signal.SIGTERM, save if sys.argv[1] == "saves" else signal.SIG_IGN)
print(flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("manner", ["saves", "ignores"])
def test_a_program_left_over_may_save_what_it_has(here, monkeypatch, manner):
    monkeypatch.setattr(driver, "STOP_SECONDS", 20 if manner == "saves" else 0.2)
    (here / "workflow/scripts").mkdir()
    program = "workflow/scripts/program.py"
    (here / program).write_text(PROGRAM)
    with subprocess.Popen([sys.executable, program, manner], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        driver.end_orphans()
        assert process.poll() is not None
    assert (here / "saved").exists() == (manner == "saves")


@pytest.mark.parametrize(("mode", "refused"), [("default", True), ("remote", False)])
def test_a_job_of_the_cluster_on_this_machine_is_no_second_run(here, mode, refused):
    (here / "snakemake").write_text("print(flush=True); import time; time.sleep(60)")
    command = [sys.executable, "snakemake", "--mode", mode]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        if refused:
            with pytest.raises(SystemExit, match=rf"at work in .* \(process {process.pid}\)"):
                driver.refuse_beside_snakemake()
        else:
            driver.refuse_beside_snakemake()
        process.kill()
