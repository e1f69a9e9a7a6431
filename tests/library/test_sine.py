"""The sine family: its function, samples and errors, and its figure from end to end."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from supnorm.job.programs import InputError
from supnorm.networks import Networks, concatenate, forward, load_networks, save_networks
from supnorm.samples import draw_samples
from supnorm.streams import Stream, uniform_points
from supnorm.tables.errors import errors_schema
from supnorm.tables.samples import read_samples
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform import sine as family
from supnorm.uniform.sine import sine, sine_errors
from supnorm.uniform.tables.sine import SINE
from supnorm.uniform.teachers import random_teachers
from uniform import draw_sine_samples, measure_sine, plot_sine, train_students


def straight(slope, height):
    """The network slope * x + height: a stack of one, of depth 2 and width 4."""
    first, last = np.zeros((1, 4, 1)), np.zeros((1, 1, 4))
    first[0, :2, 0], last[0, 0, :2] = (1, -1), (slope, -slope)
    return Networks((first, last), (np.zeros((1, 4)), np.full((1, 1), float(height))))


@pytest.mark.parametrize(
    ("x", "value"),
    [
        (0, math.log(2)),
        (math.pi / 100, math.log(3) + math.sin(math.pi / 20)),
        (-math.pi / 100, -math.sin(math.pi / 20)),
        (0.5, math.log(math.sin(25) + 2) + math.sin(2.5)),
    ],
)
def test_the_function_is_that_of_figure_1(x, value):
    assert sine(np.array([[x]])) == pytest.approx(value, rel=1e-15, abs=1e-15)


def test_samples_are_the_points_of_all_families_and_a_small_sample_begins_a_large_one(tmp_path):
    for samples in (7, 20):
        path = str(tmp_path / f"{samples}.parquet")
        given = f"--samples {samples} --uniform.sine.seeds 10000 10001 --sample".split()
        draw_sine_samples.main([*given, path])
    seeds, points, labels = read_samples(tmp_path / "20.parquet", 1, 20)
    _, few, few_labels = read_samples(tmp_path / "7.parquet", 1, 7)
    assert seeds == [10000, 10001]
    assert labels.shape == (2, 1, 20)
    assert np.array_equal(few, points[:, :7])
    assert np.array_equal(few_labels, labels[:, :, :7])
    teachers = random_teachers(1, 1, 2, 4, np.inf, 0.5)
    for k, seed in enumerate(seeds):
        assert np.array_equal(points[k], draw_samples(teachers, seed, 20)[0])
        assert np.array_equal(labels[k, 0], sine(points[k]))


def test_errors_are_those_on_the_points_however_many_are_met_at_once(monkeypatch):
    students = concatenate([straight(0, 0), straight(2, 0.3)])
    points = uniform_points(Stream("test"), 1000, 1)
    difference = abs(forward(students, points) - sine(points))
    monkeypatch.setattr(family, "CHUNK", 300)
    found = sine_errors(students, 1000, Stream("test"))
    assert found.norms["1"] == pytest.approx(difference.mean(1), rel=1e-12)
    assert found.norms["2"] == pytest.approx(np.sqrt((difference**2).mean(1)), rel=1e-12)
    assert found.norms["inf"] == pytest.approx(difference.max(1), rel=1e-12)
    assert np.array_equal(found.place, points[difference.argmax(1)])


def test_errors_tend_to_the_norms_on_q():
    x = np.linspace(-0.5, 0.5, 200001)[:, None]
    exact = abs(sine(x) - 2 * x[:, 0])
    found = sine_errors(straight(2, 0), 200000, Stream("test"))
    assert found.norms["1"] == pytest.approx(np.trapezoid(exact, x[:, 0]), rel=0.01)
    assert found.norms["2"] ** 2 == pytest.approx(np.trapezoid(exact**2, x[:, 0]), rel=0.01)
    assert found.norms["inf"] == pytest.approx(exact.max(), rel=1e-4)


def test_a_student_that_is_not_finite_has_infinite_errors():
    found = sine_errors(concatenate([straight(1, np.nan), straight(1, 0)]), 100, Stream("test"))
    for error in found.norms.values():
        assert error[0] == np.inf
        assert np.isfinite(error[1])
    assert np.isnan(found.place[0, 0])


def trained(folder, samples=40, epochs=10):
    """Run the chain from samples to errors and profile; return their paths."""
    paths = [str(folder / name) for name in ("samples", "students", "curves", "errors", "profile")]
    drawn, students, curves, errors, profile = paths
    draw_sine_samples.main(f"--samples {samples} --uniform.sine.seeds 1 2 --sample {drawn}".split())
    train_students.main(
        f"--sample {drawn} --family sine --dim 1 --samples {samples} --depth 4 --width 8 "
        f"--batch_rule size --shard 1of1 --batch 10 --epochs {epochs} "
        "--uniform.evaluation.times 2 --learning_rate 1e-3 "
        "--uniform.training.final_learning_rate 1e-4 --uniform.training.weight_decay 0 "
        "--training.engine narrow --device cpu --training.precision float64 "
        f"--students {students} --curves {curves}".split()
    )
    measure(students, errors, profile)
    return paths


def measure(students, errors, profile):
    files = ["--students", students, "--errors", errors, "--profile", profile]
    measure_sine.main([*files, "--uniform.evaluation.points", "500"])


def test_the_chain_from_samples_to_the_figure(tmp_path):
    _, students, _, errors, profile = trained(tmp_path)
    networks, _, _ = load_networks(students)
    found = read_table(errors, errors_schema(1).columns)
    assert len(found) == 2 * 2 * 3
    assert (found[["family", "algorithm", "teacher"]] == ["sine", "network", 0]).all(axis=None)
    points = uniform_points(Stream("evaluation", dim=1), 500, 1)
    largest = abs(forward(networks, points) - sine(points)).max(1)
    assert found.loc[found["norm"] == "inf", "error"].to_numpy() == pytest.approx(largest)

    table = read_table(profile, SINE.columns)
    assert set(table["epoch"]) == {10}
    for k, (seed, rows) in enumerate(table.groupby("seed"), start=2):
        kinds = dict(list(rows.groupby("kind")))
        at = kinds["student"]["position"].to_numpy()[:, None]
        assert kinds["student"]["value"].to_numpy() == pytest.approx(
            forward(networks[[k]], at)[0], abs=1e-12
        )
        assert np.array_equal(kinds["target"]["value"], sine(at))
        drawn = uniform_points(Stream("points", seed=seed, dim=1), 40, 1)
        assert np.array_equal(kinds["sample"]["position"], drawn[:, 0])
        assert np.array_equal(kinds["sample"]["value"], sine(drawn))
        there = kinds["student"][kinds["student"]["position"] == rows["at0"].iloc[0]]
        assert there["error"].iloc[0] == pytest.approx(rows["error_inf"].iloc[0], rel=1e-9)
        last = found[(found["seed"] == seed) & (found["evaluation"] == 2)].set_index("norm")
        assert rows["error_2"].iloc[0] == last.loc["2", "error"]

    caption = draw(tmp_path, profile)
    worst = table.loc[table["error_inf"].idxmax()]
    assert f"{worst['error_inf']:.2g} in L^inf, at x = {worst['at0']:.3f}" in caption
    assert "depth 4 and width 8" in caption
    assert "Of 2 seeds" in caption


def test_seeds_that_diverged_are_told_and_not_drawn(tmp_path):
    *_, profile = trained(tmp_path)
    table = read_table(profile, SINE.columns)
    for seeds, says in (
        ([2], "The students of 1 of them diverged and are not shown."),
        ([1, 2], "in 10 epochs with batches of 10. All students diverged: nothing is drawn."),
    ):
        broken = table["seed"].isin(seeds)
        table.loc[broken, ["error_1", "error_2", "error_inf", "loss"]] = np.inf
        table.loc[broken, "at0"] = np.nan
        write_table(Path(profile), table, SINE)
        caption = draw(tmp_path, profile)
        assert caption.strip().endswith(says)
        assert "nan" not in caption


def draw(folder, profile):
    names = {"pdf": "f.pdf", "png": "f.png", "caption": "f.txt", "record": "f.json"}
    given = [text for kind, name in names.items() for text in (f"--{kind}", str(folder / name))]
    plot_sine.main(["--sine", profile, "--uniform.teacher.families", "random", *given])
    assert json.loads((folder / "f.json").read_text())["rule"] == "plot_sine"
    return (folder / "f.txt").read_text()


def test_the_caption_says_how_wide_the_gap_at_the_largest_error_is():
    samples = np.array([-0.3, -0.1, 0.4])
    said = plot_sine.gap(samples, 0.2)
    assert "between -0.1000 and 0.4000, a gap 2.0 times as wide as the mean" in said
    assert "0.4000 and 0.5000" in plot_sine.gap(samples, 0.45)


def test_a_student_that_diverged_is_infinite_in_the_tables(tmp_path):
    _, students, _, errors, profile = trained(tmp_path)
    networks, description, extra = load_networks(students)
    networks.biases[-1][:] = np.nan
    save_networks(tmp_path / "broken", networks, description, {"loss": extra["loss"] * np.inf})
    measure(str(tmp_path / "broken"), errors, profile)
    found = pd.read_parquet(errors)
    assert np.isinf(found[["error", "upper", "loss"]]).all(axis=None)
    assert np.isinf(pd.read_parquet(profile).query("kind == 'student'")["value"]).all()


def test_students_of_another_family_give_one_sentence(tmp_path):
    path = tmp_path / "students.safetensors"
    cell = {"family": "random", "dim": 1, "samples": 4, "depth": 2, "width": 4}
    cell |= {"batch_rule": "size", "batch": 2}
    pairs = {"teacher": [0], "seed": [1], "evaluation": [1], "epoch": [1]}
    description = {"cell": cell, "students": pairs}
    save_networks(path, straight(1, 0), description, {"loss": np.zeros(1)})
    with pytest.raises(InputError, match="family sine, found those of the family random"):
        measure(str(path), str(tmp_path / "e"), str(tmp_path / "p"))
