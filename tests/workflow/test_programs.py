"""Programs: their code as Snakemake sees it, and how they end on bad input."""

import errno
import json
import os
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import safetensors.numpy

from supnorm.job import programs
from supnorm.job.imports import imported_files
from supnorm.job.outputs import appearing
from supnorm.job.records import read_record
from supnorm.networks import load_teachers, save_networks
from supnorm.tables.schema import read_table
from supnorm.uniform.teachers import random_teachers

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "workflow/scripts"
PROGRAMS = sorted(p for p in SCRIPTS.glob("*/*.py") if p.parent.name != "supnorm")
PATHS = {program.stem: program for program in PROGRAMS}
# The wildcards of any problem, and of any shard.
PROBLEM = ("--family", "random", "--dim", 1, "--samples", 3)
SHARD = (*PROBLEM, *["--depth", "3", "--width", "4", "--batch_rule", "fifth", "--shard", "1of1"])

# Imports one program after another; of the library, each finds nothing imported before.
LOADED = """
import importlib.util, json, sys
sys.path.insert(0, sys.argv.pop(1))
for program in sys.argv[1:]:
    for name in [name for name in sys.modules if name.split(".")[0] == "supnorm"]:
        del sys.modules[name]
    spec = importlib.util.spec_from_file_location("program", program)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    ours = [m.__file__ for n, m in sys.modules.items() if n.split(".")[0] == "supnorm"]
    print(json.dumps([program, sorted(ours), "torch" in sys.modules]))
"""
# Imported when they are needed, and not before.
SAMPLING = {"narrow", "stacked", "devices", "gpu_memory", "kernels", "packed"}
ENGINES = {"narrow", "stacked", "loop", "memory", "devices", "gpu_memory", "pace", "work"}
LATE = {
    "train_students": {*SAMPLING, "loop", "memory"},
    "measure_errors": SAMPLING,
    "sample_errors": SAMPLING,
    "climb_errors": SAMPLING,
    "measure_adversary": SAMPLING,
    "sample_adversary": SAMPLING,
    "climb_adversary": SAMPLING,
    "compare_methods": SAMPLING,
    "locate_errors": SAMPLING,
    "tabulate_neighbours": SAMPLING - {"kernels", "packed"},
    "tabulate_regularisation": SAMPLING,
    "tabulate_dimensions": SAMPLING,
    "learn_polynomials": {*SAMPLING, "loop", "memory"} - {"kernels", "packed"},
    "challenge_algorithms": SAMPLING - {"kernels", "packed"},
    "train_parity": {*ENGINES, "kernels", "packed"},
    "solve_parity_samples": ENGINES,
    "train_sawtooth": {*SAMPLING, "loop", "memory", "work"},
    "train_inner": ENGINES,
    "count_pieces": SAMPLING,
    "tabulate_depth": SAMPLING,
    "train_waves": ENGINES,
}


@pytest.fixture(scope="module")
def loaded():
    """What each program imports: files of the library, and whether torch was imported by then."""
    command = [sys.executable, "-c", LOADED, SCRIPTS, *PROGRAMS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = map(json.loads, done.stdout.splitlines())
    return {program: (set(files), torch) for program, files, torch in lines}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_the_files_found_by_reading_are_those_that_python_imports(program, loaded):
    files, torch = loaded[str(program)]
    found = {str(path) for path in imported_files(program)}
    assert files <= found
    assert {Path(file).stem for file in found - files} == LATE.get(program.stem, set())
    # torch takes seconds to import: nothing may before it is needed.
    assert not torch


def test_training_does_not_depend_on_the_code_of_figures_or_errors():
    names = {path.stem for path in imported_files(PATHS["train_students"])}
    assert "kernels" in names
    assert not names & {"style", "figures", "sampled", "ranking", "bounds", "profiles"}


def run(program, *arguments):
    return subprocess.run(
        [sys.executable, PATHS[program], *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
    )


def test_impossible_ways_of_training_give_one_sentence(tmp_path):
    points = tmp_path / "samples.parquet"
    teachers = random_teachers(1, 1, 2, 4, np.inf, 0.5)
    save_networks(tmp_path / "t.safetensors", teachers, {"family": "random"})
    drawn = ("--family", "random", "--dim", 1, "--samples", 4, "--uniform.sample.seeds", 1)
    run("draw_samples", "--teachers", tmp_path / "t.safetensors", *drawn, "--sample", points)
    train = (
        f"--sample {points} --family random --dim 1 --samples 4 --depth 2 --width 4 "
        "--batch_rule r --shard 1of1 --batch 2 --epochs 2 --uniform.evaluation.times 1 "
        "--learning_rate 1e-3 --uniform.training.final_learning_rate 1e-4 "
        "--uniform.training.weight_decay 0 "
        f"--training.precision float64 --students {tmp_path / 's'} "
        f"--curves {tmp_path / 'c'}"
    ).split()
    for wrong, says in (
        (
            "--training.engine narrow --device cuda",
            "the narrow engine trains on cpu, found device cuda",
        ),
        ("--training.engine auto --device cpu --threads 0", "found 0, expected a whole number"),
    ):
        done = run("train_students", *train, *wrong.split())
        assert done.returncode != 0
        assert says in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "s").exists()


def test_bad_input_gives_one_sentence_and_no_traceback(tmp_path):
    table = tmp_path / "t.parquet"
    table.write_text("no table")
    outputs = ("--minmax", tmp_path / "a", "--rates", tmp_path / "b")
    done = run("rank_algorithms", "--errors", table, *outputs)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"rank_algorithms: {table}: expected a Parquet table, found")
    assert not (tmp_path / "a").exists()


def test_a_missing_file_gives_one_sentence(tmp_path):
    done = run(
        "draw_samples",
        "--teachers",
        tmp_path / "none",
        *PROBLEM,
        "--uniform.sample.seeds",
        1,
        "--sample",
        "x",
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "none") in done.stderr


def test_a_teacher_file_is_no_student_file(tmp_path):
    teachers = tmp_path / "t.safetensors"
    numbers = {"depth": 3, "width": 4, "norm": "inf", "bound": 1, "count": 1}
    settings = " ".join(f"--uniform.teacher.{key} {value}" for key, value in numbers.items())
    command = f"--family random --dim 1 {settings} --teachers"
    assert run("sample_teachers", *command.split(), teachers).returncode == 0
    files = ("--teachers", teachers, "--students", teachers, "--errors", tmp_path / "e")
    method = ("--uniform.evaluation.method", "exact")
    done = run("measure_errors", *files, *SHARD, *method, "--device", "cpu")
    assert done.returncode == 1
    assert (
        done.stderr == f"measure_errors: {teachers}: expected a file of students, found another\n"
    )


def write_pairs(folder, networks, losses):
    """Write two networks as teachers, and as their own students; return the program's options."""
    teachers, students = folder / "t", folder / "s"
    save_networks(teachers, random_teachers(2, 1, 3, 4, 1.0, 1.0), {"family": "random"})
    cell = {"family": "random", "dim": 1, "samples": 3, "depth": 3, "width": 4}
    description = {
        "cell": {**cell, "batch_rule": "fifth", "batch": 1},
        "students": {"teacher": [0, 1], "seed": [5, 5], "evaluation": [1, 1], "epoch": [9, 9]},
    }
    save_networks(students, networks, description, {"loss": np.array(losses)})
    files = ("--teachers", teachers, "--students", students, "--errors", folder / "e")
    points = ("--uniform.evaluation.points", 100)
    return (*files, *SHARD, *points, "--device", "cpu", "--uniform.evaluation.method")


@pytest.mark.parametrize("method", ["exact", "sampled"])
@pytest.mark.parametrize(
    ("weight", "loss"), [(0.5, np.inf), (np.nan, np.inf), (1e300, 1.0), (-1e300, 1.0)]
)
def test_a_broken_student_is_in_the_table_with_infinite_error(tmp_path, weight, loss, method):
    networks = random_teachers(2, 1, 3, 4, 1.0, 1.0)
    for layer in networks.weights:
        layer[1] = weight
    losses = [0.0, loss]
    assert run("measure_errors", *write_pairs(tmp_path, networks, losses), method).returncode == 0
    rows = pq.read_table(tmp_path / "e").to_pylist()
    assert [row["error"] for row in rows] == [0, np.inf] * 3
    assert [row["loss"] for row in rows] == losses * 3
    assert [row["at0"] is None for row in rows] == [False, True] * 3


def test_weights_that_no_training_leaves_give_one_sentence(tmp_path):
    networks = random_teachers(2, 1, 3, 4, 1.0, 1.0)
    networks.weights[1][1, 0, 0] = np.nan
    done = run("measure_errors", *write_pairs(tmp_path, networks, [0.0, 1.0]), "exact")
    assert done.returncode == 1
    assert done.stderr == (
        f"measure_errors: {tmp_path / 's'}: weight_1 of network 1 has coefficients that are not "
        "finite, expected none where the loss is finite\n"
    )


@pytest.mark.parametrize(
    ("count", "dim", "says"),
    [
        (1, 1, "found students of teacher 1, expected teachers 0 to 0"),
        (2, 2, "found students of d = 1, expected the teachers' d = 2"),
    ],
)
def test_students_of_other_teachers_give_one_sentence(tmp_path, count, dim, says):
    options = write_pairs(tmp_path, random_teachers(2, 1, 3, 4, 1.0, 1.0), [0.0, 0.0])
    save_networks(tmp_path / "t", random_teachers(count, dim, 3, 4, 1.0, 1.0), {})
    done = run("measure_errors", *options, "exact")
    assert done.returncode == 1
    assert done.stderr == f"measure_errors: {tmp_path / 's'}: {says}\n"


def test_students_are_no_teachers(tmp_path):
    options = write_pairs(tmp_path, random_teachers(2, 1, 3, 4, 1.0, 1.0), [0.0, 0.0])
    save_networks(tmp_path / "t", random_teachers(2, 1, 3, 4, 1.0, 1.0), {"kind": "students"})
    done = run("measure_errors", *options, "exact")
    assert done.stderr == (
        f"measure_errors: {tmp_path / 't'}: expected a file of teachers, found one of students\n"
    )


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda tensors: tensors.pop("bias_1"), "expected the tensor bias_1, found none"),
        (lambda tensors: tensors.update(weight_1=np.zeros((2, 4, 5))), "weight_1 and bias_1 have"),
        (
            lambda tensors: tensors.update(bias_0=np.full((2, 4), np.inf)),
            "bias_0 of network 0 has coefficients that are not finite, expected none",
        ),
    ],
)
@pytest.mark.parametrize("program", ["draw_samples", "tabulate_profiles"])
def test_teachers_that_are_none_give_one_sentence(tmp_path, program, spoil, says):
    networks = random_teachers(2, 1, 3, 4, 1.0, 1.0)
    tensors = networks.tensors()
    spoil(tensors)
    path = tmp_path / "t"
    safetensors.numpy.save_file(tensors, path, {"description": "{}"})
    options = {
        "draw_samples": (*PROBLEM, "--uniform.sample.seeds", 1, "--sample"),
        "tabulate_profiles": ("--profiles",),
    }
    done = run(program, "--teachers", path, *options[program], tmp_path / "o")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{program}: {path}: {says}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "o").exists()


def write_half_and_fail(path):
    with appearing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError


def test_an_output_appears_complete_or_not_at_all(tmp_path):
    path = tmp_path / "sub" / "out.txt"
    with pytest.raises(RuntimeError):
        write_half_and_fail(path)
    assert not list(path.parent.iterdir())
    path.write_text("old")
    with pytest.raises(RuntimeError):
        write_half_and_fail(path)
    assert path.read_text() == "old"
    with appearing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        written = temporary.stat().st_ino
    assert path.read_text() == "new"
    # Renamed, not copied: a copy could be cut short.
    assert path.stat().st_ino == written
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077])
def test_the_umask_says_who_may_read_an_output(tmp_path, umask):
    before = os.umask(umask)
    try:
        networks = random_teachers(1, 1, 2, 4, np.inf, 0.5)
        save_networks(tmp_path / "t.safetensors", networks, {"family": "random"})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "t.safetensors").stat().st_mode) == 0o666 & ~umask


def test_a_permission_is_called_a_permission(tmp_path, monkeypatch, capsys):
    """Libraries say of a file that may not be read that there is none, or do not name it."""

    def denied(path, *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", denied)
    for read in (load_teachers, partial(read_table, columns=()), read_record):
        monkeypatch.setattr(sys, "argv", ["program", str(tmp_path)])
        (tmp_path / "t").touch()
        with pytest.raises(SystemExit) as ended:
            programs.run(lambda _, read=read: read(tmp_path / "t"))
        assert ended.value.code == programs.UNABLE
        assert capsys.readouterr().err == f"program: {tmp_path / 't'}: Permission denied\n"
