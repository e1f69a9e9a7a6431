"""Errors in two steps: sampled by one program, climbed from there by another."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from supnorm.errors.ascent import climb
from supnorm.job.programs import InputError
from supnorm.networks import forward, load_networks, save_networks
from supnorm.streams import Stream, uniform_points
from supnorm.tables.errors import errors_schema
from supnorm.uniform.teachers import random_teachers
from uniform.climb_errors import main as climb_errors
from uniform.measure_errors import main as measure_errors
from uniform.sample_errors import main as sample_errors

POINTS, SEEDS, EVALUATIONS = 300, (7, 8), (1, 2)
PAIRS = [(t, seed, e) for e in EVALUATIONS for seed in SEEDS for t in (0, 1)]


def write_students(path, rule="fifth", losses=None, pairs=PAIRS):
    """Write random students of d = 2, whose losses are their numbers if not given."""
    cell = {"family": "random", "dim": 2, "samples": 10, "depth": 3, "width": 6}
    teacher, seed, evaluation = map(list, zip(*pairs, strict=True))
    named = {"teacher": teacher, "seed": seed, "evaluation": evaluation}
    description = {
        "cell": {**cell, "batch_rule": rule, "batch": 2},
        "students": {**named, "epoch": [5 * e for e in evaluation]},
    }
    losses = np.array(range(len(pairs)) if losses is None else losses, dtype=float)
    students = random_teachers(len(pairs), 2, 3, 6, 2.0, 1.0)
    save_networks(path, students, description, {"loss": losses})


@pytest.fixture
def folder(tmp_path):
    save_networks(tmp_path / "teachers", random_teachers(2, 2, 3, 8, np.inf, 0.5), {})
    write_students(tmp_path / "students")
    return tmp_path


def options(folder, students="students"):
    return (
        f"--teachers {folder / 'teachers'} --students {folder / students} --family random --dim 2 "
        "--samples 10 --depth 3 --width 6 --batch_rule fifth --shard 1of1"
    ).split()


def sample(folder, students="students"):
    device = f"--uniform.evaluation.points {POINTS} --device cpu --sampled {folder / 'sampled'}"
    sample_errors([*options(folder, students), *device.split()])


def climb_from(folder, sampled="sampled", students="students"):
    files = f"--sampled {folder / sampled} --errors {folder / 'errors'}"
    climb_errors([*options(folder, students), *files.split()])
    return pd.read_parquet(folder / "errors")


def test_both_steps_together_give_what_is_computed_from_the_networks(folder):
    sample(folder)
    rows = climb_from(folder)
    teachers, students = (load_networks(folder / name)[0] for name in ("teachers", "students"))
    points = uniform_points(Stream("evaluation", dim=2), POINTS, 2)
    teacher_of = np.array([pair[0] for pair in PAIRS])
    apart = np.abs(forward(students, points) - forward(teachers, points)[teacher_of])
    largest, place = climb(teachers, students, teacher_of, points[apart.argmax(1)])
    assert (largest > apart.max(1)).any()
    names = ["teacher", "seed", "evaluation"]
    assert rows["norm"].tolist() == [norm for norm in ("1", "2", "inf") for _ in PAIRS]
    by_norm = dict(list(rows.groupby("norm")))
    for some in by_norm.values():
        assert list(map(tuple, some[names].to_numpy())) == PAIRS
        assert some["upper"].isna().all()
        np.testing.assert_array_equal(some[["at0", "at1"]], place)
        assert some["loss"].tolist() == list(range(len(PAIRS)))
    np.testing.assert_allclose(by_norm["1"]["error"], apart.mean(1), rtol=1e-12)
    np.testing.assert_allclose(by_norm["2"]["error"], (apart**2).mean(1) ** 0.5, rtol=1e-12)
    np.testing.assert_array_equal(by_norm["inf"]["error"], largest)
    methods = {norm: some["method"].unique().tolist() for norm, some in by_norm.items()}
    assert methods == {"1": ["sampled"], "2": ["sampled"], "inf": ["ascent"]}


def test_sampled_errors_are_those_of_the_method_of_that_name(folder):
    sample(folder)
    method = f"--uniform.evaluation.method sampled --uniform.evaluation.points {POINTS}"
    files = f"--device cpu --errors {folder / 'measured'}"
    measure_errors([*options(folder), *method.split(), *files.split()])
    sampled, measured = (pq.read_table(folder / name) for name in ("sampled", "measured"))
    assert sampled.equals(measured)
    assert sampled.schema.names == [column.name for column in errors_schema(2).columns]
    assert set(sampled["method"].to_pylist()) == {"sampled"}


def test_some_students_may_climb_alone(folder):
    sample(folder)
    every = climb_from(folder)
    write_students(folder / "few", losses=[0.0, 1.0], pairs=PAIRS[:2])
    some = climb_from(folder, students="few")
    expected = every[every["loss"] < 2]
    pd.testing.assert_frame_equal(some, expected.reset_index(drop=True), check_exact=True)


@pytest.mark.parametrize("loss", [np.inf, np.nan])
def test_a_broken_student_keeps_an_infinite_error_and_no_place(folder, loss):
    losses = [loss, *range(1, len(PAIRS))]
    write_students(folder / "students", losses=losses)
    sample(folder)
    for table in (pd.read_parquet(folder / "sampled"), climb_from(folder)):
        broken = table["loss"] == np.inf
        assert broken.sum() == 3
        np.testing.assert_array_equal(np.isinf(table["error"]), broken)
        np.testing.assert_array_equal(table["at0"].isna(), broken)
        np.testing.assert_array_equal(table["upper"] == np.inf, broken)


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "hundred"},
        {"losses": range(1, 9)},
        {"pairs": [*PAIRS[:-1], (1, 9, 2)]},
        {"pairs": PAIRS[:-1]},
        {"pairs": [*PAIRS, PAIRS[0]], "losses": [*range(8), 0]},
    ],
    ids=["cell", "losses", "seed", "fewer", "twice"],
)
def test_errors_of_other_students_give_one_sentence(folder, other):
    write_students(folder / "others", **other)
    sample(folder, "others")
    with pytest.raises(InputError) as error:
        climb_from(folder)
    message = str(error.value)
    assert message.startswith(
        f"{folder / 'sampled'}: expected the errors of 8 students of {{'family'"
    )
    assert message.endswith("found others")


def test_errors_that_were_climbed_already_are_not_sampled_ones(folder):
    sample(folder)
    climb_from(folder)
    with pytest.raises(InputError, match="errors: found errors of method ascent, expected sampled"):
        climb_from(folder, sampled="errors")
    with pytest.raises(InputError, match="students: expected a Parquet table, found"):
        climb_from(folder, sampled="students")


def test_only_errors_on_the_line_are_exact(folder):
    exact = f"--uniform.evaluation.method exact --device cpu --errors {folder / 'errors'}"
    with pytest.raises(InputError, match=r"students: found students of d = 2, expected d = 1"):
        measure_errors([*options(folder), *exact.split()])
    with pytest.raises(InputError, match=r"--uniform\.evaluation\.points: found none, expected a"):
        measure_errors([*options(folder), *exact.replace("exact", "sampled").split()])
