"""Reference algorithms: what each must reproduce, Lemma B.3, and the program that measures them."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import RBFInterpolator
from scipy.stats import multivariate_normal

from supnorm.job.programs import InputError
from supnorm.networks import Networks, forward, save_networks
from supnorm.packed import values
from supnorm.streams import Stream, uniform_points
from supnorm.uniform.references import algorithms
from supnorm.uniform.references.algorithms import (
    ALGORITHMS,
    LENGTHS,
    UnsuitableError,
    cell_centres,
    gaussian_process,
)
from supnorm.uniform.references.errors import CHUNK, reference_errors
from supnorm.uniform.teachers import random_teachers
from supnorm.uniform.theory.bounds import NetworkClass, upper_bound_centres
from uniform import draw_samples, measure_references, plot_references

BY_RADIAL = ["cubic", "rbf"]


def points(dim, count=60, seed=0):
    return uniform_points(Stream("points", seed=seed, dim=dim), count, dim)


def elsewhere(dim, count=200):
    return points(dim, count, seed=1)


def teachers(dim, count=3):
    return random_teachers(count, dim, 5, 32, np.inf, 0.5)


def line(at):
    """Two linear functions, [count, 2]."""
    slopes = np.arange(1, 2 * at.shape[1] + 1).reshape(-1, 2)
    return at @ slopes + [0.3, -2.0]


@pytest.fixture(params=[1, 2, 3])
def dim(request):
    return request.param


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_interpolates_its_sample(name, dim):
    at = points(dim)
    wanted = values(teachers(dim), at).T
    np.testing.assert_allclose(ALGORITHMS[name](at, wanted)(at), wanted, atol=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_reproduces_constants(name, dim):
    predict = ALGORITHMS[name](points(dim), np.full((60, 2), [1.5, -2.0]))
    np.testing.assert_allclose(predict(elsewhere(dim)), [[1.5, -2.0]] * 200, rtol=1e-12)


@pytest.mark.parametrize("name", BY_RADIAL)
def test_radial_basis_functions_reproduce_linear_functions(name, dim):
    at = elsewhere(dim)
    predict = ALGORITHMS[name](points(dim), line(points(dim)))
    np.testing.assert_allclose(predict(at), line(at), atol=1e-10)


def test_linear_interpolation_reproduces_linear_functions_in_the_hull(dim):
    corners = np.stack(np.meshgrid(*[[-0.5, 0.5]] * dim), axis=-1).reshape(-1, dim)
    at = np.concatenate([points(dim), corners])
    predict = ALGORITHMS["linear"](at, line(at))
    np.testing.assert_allclose(predict(elsewhere(dim)), line(elsewhere(dim)), atol=1e-12)


def test_linear_interpolation_takes_the_nearest_value_beyond_the_hull(dim):
    at = points(dim) * 0.4
    far = np.full((1, dim), 0.5)
    nearest = np.linalg.norm(at - far, axis=1).argmin()
    np.testing.assert_allclose(ALGORITHMS["linear"](at, line(at))(far), line(at)[[nearest]])


def test_the_nearest_value_is_that_of_a_search_through_all(dim):
    at, labels = points(dim), np.arange(60.0)[:, None]
    distances = np.linalg.norm(elsewhere(dim)[:, None] - at, axis=2)
    predicted = ALGORITHMS["nearest"](at, labels)(elsewhere(dim))[:, 0]
    assert (predicted == distances.argmin(1)).all()


def test_the_cubic_spline_is_the_cubic_radial_basis_function_of_one_dimension():
    at = points(1)
    wanted = values(teachers(1), at).T
    # Beyond the sample too.
    new = np.linspace(-0.6, 0.6, 100)[:, None]
    by_radial = RBFInterpolator(at, wanted, kernel="cubic")(new)
    np.testing.assert_allclose(ALGORITHMS["cubic"](at, wanted)(new), by_radial, atol=1e-10)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_clustered_points_give_finite_predictions(name):
    at = np.concatenate([points(1), points(1) + 1e-9])
    predicted = ALGORITHMS[name](at, values(teachers(1), at).T)(elsewhere(1))
    assert np.isfinite(predicted).all()


@pytest.mark.parametrize("name", BY_RADIAL)
def test_neighbours_serve_where_all_points_are_too_many(name, monkeypatch):
    at = points(2, 400)
    wanted = values(teachers(2), at).T
    dense = ALGORITHMS[name](at, wanted)(elsewhere(2))
    monkeypatch.setattr(algorithms, "DENSE", 399)
    local = ALGORITHMS[name](at, wanted)(elsewhere(2))
    assert 0 < abs(local - dense).max() < 0.1 * np.ptp(wanted)


def test_a_gaussian_process_refuses_too_many_points(monkeypatch):
    monkeypatch.setattr(algorithms, "DENSE", 59)
    with pytest.raises(UnsuitableError, match="60 points are more than 59"):
        gaussian_process(points(1), line(points(1)))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_is_predicted_for_a_teacher_depends_on_no_other(name, dim):
    at = points(dim)
    wanted = values(teachers(dim), at).T * [1, 100, 1e-3]
    together = ALGORITHMS[name](at, wanted)(elsewhere(dim))
    for k in range(3):
        alone = ALGORITHMS[name](at, wanted[:, [k]])(elsewhere(dim))
        np.testing.assert_allclose(together[:, [k]], alone, rtol=1e-8, atol=1e-10)


def covariance(left, right, length):
    """Matérn-3/2, entry by entry."""
    distances = np.array([[math.dist(x, y) for y in right] for x in left])
    return (1 + math.sqrt(3) * distances / length) * np.exp(-math.sqrt(3) * distances / length)


@pytest.mark.parametrize("teacher", range(3))
def test_a_gaussian_process_is_the_likeliest_normal_law_conditioned_on_the_sample(teacher):
    at, new = points(2, 25), elsewhere(2, 10)
    wanted = values(teachers(2), at)[teacher]
    residual, likelihoods = wanted - wanted.mean(), []
    for length in LENGTHS:
        matrix = covariance(at, at, length)
        variance = residual @ np.linalg.inv(matrix) @ residual / 25
        law = multivariate_normal(np.zeros(25), variance * matrix, allow_singular=True)
        likelihoods.append(law.logpdf(residual))
    length = LENGTHS[np.argmax(likelihoods)]
    weights = np.linalg.solve(covariance(at, at, length), residual)
    predicted = gaussian_process(at, wanted[:, None])(new)[:, 0]
    expected = covariance(new, at, length) @ weights + wanted.mean()
    np.testing.assert_allclose(predicted, expected, atol=1e-7)
    assert LENGTHS[0] < length < LENGTHS[-1]


@pytest.mark.parametrize(("samples", "dim", "side"), [(7, 1, 7), (26, 3, 2), (27, 3, 3), (1, 2, 1)])
def test_cells_are_as_many_as_the_samples_allow(samples, dim, side):
    centres = cell_centres(samples, dim)
    assert centres.shape == (side**dim, dim)
    # Each centre is alone in its cell, and in the middle.
    cells = (centres + 0.5) * side
    assert len(np.unique(np.floor(cells), axis=0)) == side**dim
    np.testing.assert_allclose(cells % 1, 0.5)


def at_the_bound(dim, depth, width, c):
    """The network whose coefficients are all c: the steepest of its class (S1.14)."""
    shapes = [(width, dim), *[(width, width)] * (depth - 2), (1, width)]
    weights = tuple(np.full((1, *shape), c) for shape in shapes)
    return Networks(weights, tuple(np.full((1, shape[0]), c) for shape in shapes))


@pytest.mark.parametrize("samples", [1, 8, 60])
def test_the_guarantee_of_lemma_b3_holds_and_is_nearly_attained_by_the_steepest(samples, dim):
    guarantee = upper_bound_centres(NetworkClass(dim, 3, 4, math.inf, 1.0), samples)
    centres = cell_centres(samples, dim)
    corners = np.full((1, dim), 0.5)
    for network in (random_teachers(5, dim, 3, 4, np.inf, 1.0), at_the_bound(dim, 3, 4, 1.0)):
        predict = ALGORITHMS["grid"](centres, forward(network, centres).T)
        at = np.concatenate([elsewhere(dim, 2000), corners])
        error = abs(predict(at) - forward(network, at).T).max()
        assert error <= guarantee * (1 + 1e-12)
    # The steepest network is linear near this corner, the farthest that a point is from a centre.
    assert error == pytest.approx(guarantee)


@pytest.mark.parametrize("samples", range(1, 5))
@pytest.mark.parametrize("name", ALGORITHMS)
def test_too_few_points_are_told_and_enough_are_taken(name, samples, dim):
    at = points(dim, samples)
    simplex = name in BY_RADIAL or (name == "linear" and dim > 1)
    if samples >= dim + 1 or not simplex:
        assert np.isfinite(ALGORITHMS[name](at, line(at))(elsewhere(dim))).all()
    else:
        with pytest.raises(UnsuitableError, match=f"{samples} points"):
            ALGORITHMS[name](at, line(at))


def test_errors_are_those_of_a_plain_evaluation():
    networks, count = teachers(2), 2 * CHUNK + 7
    predictors = [ALGORITHMS[name](points(2), line(points(2))[:, [0, 1, 0]]) for name in ALGORITHMS]
    measured = reference_errors(networks, predictors, count, Stream("evaluation", dim=2))
    at = uniform_points(Stream("evaluation", dim=2), count, 2)
    for predict, errors in zip(predictors, measured, strict=True):
        error = abs(predict(at) - forward(networks, at).T)
        np.testing.assert_allclose(errors.norms["1"], error.mean(0), rtol=1e-10)
        np.testing.assert_allclose(errors.norms["2"], np.sqrt((error**2).mean(0)), rtol=1e-10)
        np.testing.assert_allclose(errors.norms["inf"], error.max(0), rtol=1e-10)
        assert (errors.place == at[error.argmax(0)]).all()


def problem(samples):
    return f"--family random --dim 3 --samples {samples}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two teachers of three dimensions, and samples of three and twenty points of two seeds."""
    path = tmp_path_factory.mktemp("references")
    save_networks(path / "teachers", teachers(3, 2), {})
    for samples in (3, 20):
        given = f"--teachers {path}/teachers {problem(samples)} --uniform.sample.seeds 5 6"
        draw_samples.main([*given.split(), "--sample", f"{path}/m{samples}"])
    return path


def measure(folder, samples, *algorithms, teachers="teachers", output="errors"):
    given = (
        f"{problem(samples)} --teachers {folder}/{teachers} --sample {folder}/m{samples} "
        f"--uniform.evaluation.points 500 --errors {folder}/{output} "
        "--uniform.reference.algorithms"
    )
    measure_references.main([*given.split(), *algorithms])
    return pd.read_parquet(folder / output)


def test_the_program_writes_each_algorithm_seed_teacher_and_norm_once(folder, capsys):
    table = measure(folder, 20, *ALGORITHMS).set_index(["algorithm", "seed", "teacher", "norm"])
    assert capsys.readouterr().err == ""
    assert table.index.is_unique
    assert len(table) == len(ALGORITHMS) * 2 * 2 * 3
    assert (table[["family", "samples", "batch_rule"]] == ["random", 20, "none"]).all(axis=None)
    assert (table["loss"] < 1e-12).all()
    assert table["upper"].isna().all()
    errors = table["error"].unstack("norm")
    assert (errors["1"] <= errors["2"]).all()
    assert (errors["2"] <= errors["inf"]).all()
    # The grid knows no seed; the others learn from the sample of theirs.
    by_seed = errors["inf"].unstack("seed")
    assert (by_seed[5] == by_seed[6]).groupby("algorithm").all().to_dict() == {
        name: name == "grid" for name in ALGORITHMS
    }


def test_the_uniform_error_is_attained_at_its_place(folder):
    errors = measure(folder, 20, "nearest").query("norm == 'inf'")
    sample = pd.read_parquet(folder / "m20")
    for row in errors.itertuples():
        at = np.array([row.at0, row.at1, row.at2])
        mine = sample[sample["seed"] == row.seed]
        nearest = ((mine[["x0", "x1", "x2"]] - at) ** 2).sum(axis=1).idxmin()
        wanted = forward(teachers(3, 2), at[None])[row.teacher, 0]
        found = mine.loc[nearest, f"u{row.teacher:03d}"]
        assert row.error == pytest.approx(abs(wanted - found), rel=1e-12)


def test_an_algorithm_that_the_points_do_not_allow_is_left_out(folder, capsys):
    assert set(measure(folder, 3, "linear", "nearest")["algorithm"]) == {"nearest"}
    told = capsys.readouterr().err
    assert told == "measure_references: linear is left out: 3 points span no simplex\n"
    assert measure(folder, 3, "linear").empty


def test_samples_of_other_teachers_are_refused(folder):
    save_networks(folder / "three", teachers(3, 3), {})
    says = f"{folder}/m20: found values of 2 teachers, expected the 3 of {folder}/three"
    with pytest.raises(InputError) as refused:
        measure(folder, 20, "grid", teachers="three", output="none")
    assert str(refused.value) == says
    assert not (folder / "none").exists()


def ranked(**errors):
    """A table of the min-max errors of algorithm sets at m = 10 and 20, alike in all norms."""
    rows = [
        {"algorithm_set": name, "dim": 2, "norm": norm, "samples": samples, "error": error}
        for name, pair in errors.items()
        for norm in ("2", "inf")
        for samples, error in zip((10, 20), pair, strict=True)
        if error is not None
    ]
    return pd.DataFrame(rows)


def test_the_caption_compares_networks_with_the_best_reference():
    table = ranked(network=(4, 3), grid=(0.1, 2), rbf=(5, 1.5), some_other=(0.1, 7))
    assert plot_references.standing(table) == (
        "For d = 2 and m = 20 the networks' error is 3 in L^2, 2 times that of the best reference "
        "(thin plate), and 3 in L^inf, 2 times that of the best reference (thin plate)."
    )
    assert plot_references.standing(table) in plot_references.caption(table, "random")


def test_references_are_drawn_as_far_as_they_reach():
    table = ranked(network=(4, np.inf), linear=(1, 2), gaussian_process=(5, None), new_one=(6, 7))
    figure = plot_references.draw(table)
    figure.draw_without_rendering()
    for ax in figure.axes:
        labels = {text.get_text(): text for text in ax.texts}
        heights = sorted(text.xyann[1] for text in ax.texts)
        assert set(labels) == {"trained networks", "linear", "Gaussian process", "new one"}
        assert labels["Gaussian process"].xy == (10, 5)
        assert labels["trained networks"].xy == (10, 4)
        assert min(np.diff(heights)) > plot_references.LINE * (1 - 1e-9)


def test_labels_stand_at_the_ends_of_lines_that_are_far_apart():
    figure = plot_references.draw(ranked(network=(1, 1), grid=(10, 10), rbf=(100, 100)))
    for ax in figure.axes:
        to_panel = ax.transData + ax.transAxes.inverted()
        for text in ax.texts:
            assert text.xyann[1] == pytest.approx(to_panel.transform(text.xy)[1])
