"""Polynomials: what determines them, how far functions are from them, and what is claimed."""

import math
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
import pytest
from numpy.polynomial import Chebyshev

from supnorm.errors.exact import PiecewiseLinear, piecewise_linear
from supnorm.job.programs import InputError
from supnorm.packed import values
from supnorm.statistics.claims import tabulate_claims
from supnorm.streams import Stream, uniform_points
from supnorm.tables.schema import read_table, write_table
from supnorm.training.recipe import Recipe
from supnorm.uniform.learning import Algorithm, Query, QueryError, run_algorithm
from supnorm.uniform.polynomials import (
    POINTS,
    Polynomial,
    basis,
    chebyshev_points,
    coefficient_count,
    distance,
    fit_distance,
    fitted,
    knowing,
    random_polynomials,
    sampled_distances,
)
from supnorm.uniform.references.algorithms import UnsuitableError
from supnorm.uniform.references.trained import trained_network
from supnorm.uniform.statements.tractable import CLAIMS
from supnorm.uniform.tables.ranking import MINMAX
from supnorm.uniform.tables.tractable import TRACTABLE
from supnorm.uniform.teachers import random_teachers
from uniform import collect_polynomials, learn_polynomials, plot_tractable

KINDS = [(1, 0), (1, 1), (1, 5), (1, 15), (2, 4), (3, 3)]
LINE = np.linspace(-0.5, 0.5, 200_001)


def at(dim, count=500):
    return uniform_points(Stream("points", seed=1, dim=dim), count, dim)


def algorithm(name, degree):
    return Algorithm(name, name, knowing(degree, POINTS[name]))


# The class


@pytest.mark.parametrize(("dim", "degree"), KINDS)
def test_the_basis_has_as_many_functions_as_there_are_monomials(dim, degree):
    monomials = list(combinations_with_replacement(range(dim + 1), degree))
    assert basis(at(dim), degree).shape == (500, len(monomials))
    assert coefficient_count(dim, degree) == len(monomials)
    # A monomial of the degree is in its span, one of a higher degree is not.
    points = at(dim)
    for power, inside in ((degree, True), (degree + 1, False)):
        monomial = (2 * points[:, 0]) ** power
        left = monomial - fitted(points, monomial, degree).values(points)
        assert (np.abs(left).max() < 1e-12) == inside


def test_in_one_dimension_the_basis_is_that_of_numpy():
    (one,) = random_polynomials(1, 1, 15)
    wanted = Chebyshev(one.coefficients, domain=[-0.5, 0.5])(LINE)
    np.testing.assert_allclose(one.values(LINE[:, None]), wanted, atol=1e-14)


def test_in_more_dimensions_the_basis_has_products():
    x, y = 2 * at(2).T
    wanted = [1 + 0 * x, y, 2 * y**2 - 1, x, x * y, 2 * x**2 - 1]
    np.testing.assert_allclose(basis(at(2), 2), np.transpose(wanted), atol=1e-15)


@pytest.mark.parametrize(("dim", "degree"), KINDS)
def test_random_polynomials_are_different_and_at_most_one(dim, degree):
    some = random_polynomials(5, dim, degree)
    corners = np.stack(np.meshgrid(*[[-0.5, 0.5]] * dim), axis=-1).reshape(-1, dim)
    points = np.concatenate([at(dim, 5000), corners])
    for one in some:
        assert np.abs(one.coefficients).sum() == pytest.approx(1, abs=1e-15)
        assert np.abs(one.values(points)).max() <= 1 + 1e-15
    if degree:
        assert len({tuple(one.coefficients) for one in some}) == 5
    np.testing.assert_array_equal(
        random_polynomials(2, dim, degree)[1].coefficients, some[1].coefficients
    )


# Learning


@pytest.mark.parametrize("degree", [5, 15])
def test_as_many_chebyshev_points_as_coefficients_are_enough_and_fewer_are_not(degree):
    for target in random_polynomials(3, 1, degree):
        for samples, enough in ((degree, False), (degree + 1, True), (degree + 4, True)):
            answer = run_algorithm(algorithm("chebyshev", degree), target, samples, 1, 5)
            assert len(answer.asked) == samples
            error = np.abs(answer.function(LINE[:, None]) - target.values(LINE[:, None])).max()
            assert (error < 1e-13) == enough


@pytest.mark.parametrize(("dim", "degree"), [(1, 5), (1, 15), (3, 3)])
def test_four_random_points_for_each_coefficient_are_enough(dim, degree):
    samples = 4 * coefficient_count(dim, degree)
    for seed, target in enumerate(random_polynomials(3, dim, degree)):
        answer = run_algorithm(algorithm("least_squares", degree), target, samples, dim, seed)
        drawn = uniform_points(Stream("points", seed=seed, dim=dim), samples, dim)
        np.testing.assert_array_equal(answer.asked, drawn)
        assert np.abs(answer.function(at(dim)) - target.values(at(dim))).max() < 1e-12


def test_one_who_takes_the_wrong_degree_errs():
    (target,) = random_polynomials(1, 1, 15)
    answer = run_algorithm(algorithm("chebyshev", 14), target, 100, 1, 5)
    error = np.abs(answer.function(LINE[:, None]) - target.values(LINE[:, None])).max()
    assert error > abs(target.coefficients[-1]) / 2


def test_polynomials_are_asked_by_the_interface_of_all_targets():
    (target,) = random_polynomials(1, 3, 3)
    query = Query(target, 5, 3)
    np.testing.assert_array_equal(query(at(3, 5)), target.values(at(3, 5)))
    with pytest.raises(QueryError, match="asked at 6 points, expected at most 5"):
        query(at(3, 1))
    greedy = Algorithm("greedy", "greedy", lambda query, m, d, stream: query(at(d, m + 1)))
    with pytest.raises(InputError, match="greedy: asked at 21 points, expected at most 20"):
        run_algorithm(greedy, target, 20, 3, 5)
    with pytest.raises(UnsuitableError):
        run_algorithm(algorithm("chebyshev", 3), target, 20, 3, 5)


def test_chebyshev_points_are_the_zeros_of_the_next_polynomial():
    points = chebyshev_points(None, 9, 1)
    np.testing.assert_allclose(Chebyshev.basis(9)(2 * points), 0, atol=1e-14)
    assert len(np.unique(points)) == 9


# Errors


def test_the_distance_of_a_parabola_to_a_line_is_the_closed_form():
    # 2 T_2(2x) = 16 x^2 - 2 against 3 - x on [-1/2, 1/2].
    parabola = Polynomial(1, 2, np.array([0.0, 0.0, 2.0]))
    line = PiecewiseLinear(np.array([-0.5, 0.1, 0.5]), 3 - np.array([-0.5, 0.1, 0.5]))
    largest, mean = distance(parabola, line)
    assert largest == pytest.approx(5 + 1 / 64, abs=1e-14)
    # The integral of (16 x^2 + x - 5)^2.
    assert mean == pytest.approx(math.sqrt(256 / 80 + (1 - 160) / 12 + 25), abs=1e-14)


@pytest.mark.parametrize("degree", [0, 1, 5, 15])
def test_the_distance_to_a_network_is_that_on_a_dense_grid(degree):
    (target,) = random_polynomials(1, 1, degree)
    for network in range(3):
        teacher = random_teachers(3, 1, 5, 32, math.inf, 0.5)[[network]]
        (line,) = piecewise_linear(teacher)
        places = np.union1d(LINE, line.places)
        differences = target.values(places[:, None]) - values(teacher, places[:, None])[0]
        largest, mean = distance(target, line)
        dense = np.abs(differences).max()
        assert dense - 1e-13 <= largest <= dense + 1e-8
        assert mean == pytest.approx(math.sqrt(np.trapezoid(differences**2, places)), abs=1e-8)


def test_a_network_that_is_not_finite_is_infinitely_far():
    (target,) = random_polynomials(1, 1, 5)
    line = PiecewiseLinear(np.array([-0.5, 0.5]), np.array([0.0, np.nan]))
    assert distance(target, line) == (math.inf, math.inf)


def test_the_distance_of_fits_is_that_of_polynomials():
    one, other = random_polynomials(2, 1, 15)
    largest, mean = fit_distance(one, other.values)
    differences = one.values(LINE[:, None]) - other.values(LINE[:, None])
    assert largest == pytest.approx(np.abs(differences).max(), abs=1e-8)
    assert largest >= np.abs(differences).max() - 1e-14
    assert mean == pytest.approx(math.sqrt(np.trapezoid(differences**2, LINE)), abs=1e-8)


def test_sampled_distances_are_those_on_the_points_of_evaluation():
    some = random_polynomials(3, 3, 3)
    found = sampled_distances(some[:2], [some[1].values, some[2].values], 10_000)
    points = uniform_points(Stream("evaluation", dim=3), 10_000, 3)
    for k, (largest, mean) in enumerate(found):
        differences = some[k].values(points) - some[k + 1].values(points)
        assert largest == np.abs(differences).max()
        assert mean == pytest.approx(np.sqrt((differences**2).mean()), rel=1e-12)


# Programs


def learned(folder, dim, degree):
    options = {
        "count": "2",
        "sizes": f"4 {coefficient_count(dim, degree)} 80",
        "seeds": "7 8",
        "trained": "10 20",
        "depth": "3",
        "width": "8",
        "divisor": "5",
        "epochs": "20",
    }
    words = [f"--uniform.polynomial.{name} {value}" for name, value in options.items()]
    words += ["--uniform.training.learning_rate 1e-2 --uniform.training.final_learning_rate 1e-4"]
    words += ["--uniform.training.weight_decay 0 --uniform.evaluation.points 1000"]
    words += ["--training.engine auto --training.precision float64"]
    file = folder / f"d{dim}_k{degree}"
    words += [f"--dim {dim} --degree {degree} --table {file}"]
    learn_polynomials.main(" ".join(words).split())
    return file


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("polynomials")
    files = [str(learned(folder, *kind)) for kind in ((1, 5), (1, 15), (3, 3))]
    collect_polynomials.main(["--polynomials", *files, "--table", str(folder / "table")])
    return read_table(folder / "table", TRACTABLE.columns)


def test_the_table_has_every_algorithm_size_polynomial_and_seed(table):
    keys = ["dim", "degree", "algorithm", "samples", "polynomial", "seed"]
    assert not table.duplicated(keys).any()
    counts = table.groupby(["dim", "algorithm"]).size().to_dict()
    fits, networks = 3 * 2 * 2, 2 * 2 * 2
    assert counts == {
        (1, "chebyshev"): 2 * fits,
        (1, "least_squares"): 2 * fits,
        (1, "network"): 2 * networks,
        (3, "least_squares"): fits,
        (3, "network"): networks,
    }
    assert set(table.loc[table["dim"] == 1, "method"]) == {"exact"}
    assert set(table.loc[table["dim"] == 3, "method"]) == {"sampled"}
    assert (table["error_l2"] <= table["error"]).all()


@pytest.mark.parametrize(("dim", "degree"), [(1, 15), (3, 3)])
def test_its_networks_are_those_of_the_training_as_an_algorithm(table, dim, degree):
    rows = table[(table["dim"] == dim) & (table["degree"] == degree)]
    rows = rows[(rows["algorithm"] == "network") & (rows["samples"] == 20)]
    targets = random_polynomials(2, dim, degree)
    points = LINE[:, None] if dim == 1 else uniform_points(Stream("evaluation", dim=3), 1000, 3)
    for row in rows.itertuples():
        learn = trained_network(Recipe(3, 8, 4, 20, 1e-2, 1e-4), "polynomial", row.seed)
        target = targets[row.polynomial]
        answer = run_algorithm(Algorithm("network", "network", learn), target, 20, dim, row.seed)
        found = np.abs(answer.function(points) - target.values(points)).max()
        assert row.error == pytest.approx(found, abs=1e-7)


def test_the_figure_is_drawn_with_its_numbers(table, tmp_path):
    keys = [(d, m, a) for d in (1, 3) for m in (10, 100) for a in ("network", "linear", "rbf")]
    minmax = pd.DataFrame(keys, columns=["dim", "samples", "algorithm_set"])
    minmax["error"] = minmax["algorithm_set"].map({"network": 0.5, "linear": 0.25, "rbf": 0.125})
    filled = {column.name: 1.0 for column in MINMAX.columns} | {"decided_by": "x"}
    texts = {column.name: "x" for column in MINMAX.columns if str(column.type) == "string"}
    minmax = pd.DataFrame(filled | texts, index=minmax.index).assign(
        **minmax, family="random", norm="inf", statistic="minmax"
    )
    write_table(tmp_path / "minmax", minmax, MINMAX)
    write_table(tmp_path / "tractable", table, TRACTABLE)
    files = {name: tmp_path / name for name in ("minmax", "tractable")}
    files |= {name: tmp_path / f"f.{name}" for name in ("pdf", "png", "caption")}
    given = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    plot_tractable.main([*given, "--uniform.teacher.families", "random"])
    said = files["caption"].read_text()
    assert "at m = 100 errs by 0.12 for d = 1 and 0.12 for d = 3" in said
    trained = table[(table["algorithm"] == "network") & (table["samples"] == 20)]
    errors = trained.groupby(["dim", "degree", "polynomial"])["error"].mean()
    worst = errors.groupby(["dim", "degree"]).max()
    assert f"networks at m = 20 err by {worst.min():.2g} to {worst.max():.2g}, least" in said


def test_without_enough_points_the_caption_tells_of_networks_alone(table):
    enough = (table["algorithm"] != "network") & (table["samples"] >= table["coefficients"])
    said = plot_tractable.on_polynomials(plot_tractable.worst(table[~enough]))
    assert said.startswith("On polynomials trained networks at m = 20")
    assert "least squares" not in said


# Claims


def claimed(table):
    found = tabulate_claims("uniform", CLAIMS, {"tractable": table}, {})
    return {(row.claim, row.case): (row.measured, row.verdict) for row in found.itertuples()}


def test_claims_are_about_enough_points_and_the_largest_sample(table):
    exactly, misses = (claim.name for claim in CLAIMS)
    found = claimed(table)
    assert {verdict for _, verdict in found.values()} == {"supported"}
    kinds = ["d = 1, p = inf, degree 5", "d = 1, p = inf, degree 15", "d = 3, p = inf, degree 3"]
    cases = [(exactly, f"{kind}, random points") for kind in kinds]
    cases += [(exactly, f"{kind}, Chebyshev points") for kind in kinds[:2]]
    assert set(found) == {*cases, *((misses, kind) for kind in kinds)}
    one = table["degree"] == 15
    few = one & (table["samples"] == 16)
    # Sixteen random points need not be enough, and four Chebyshev points are not.
    changes = [
        (few & (table["algorithm"] == "least_squares"), 1.0, {}),
        (one & (table["samples"] == 4), 1.0, {}),
        (few & (table["algorithm"] == "chebyshev"), 1e-11, {cases[4]: (1e-11, "failed")}),
        (one & (table["algorithm"] == "network") & (table["samples"] == 10), 1e-5, {}),
        (
            one & (table["algorithm"] == "network") & (table["samples"] == 20),
            1e-5,
            {(misses, kinds[1]): (1e-5, "failed")},
        ),
    ]
    for rows, error, changed in changes:
        assert claimed(table.assign(error=table["error"].mask(rows, error))) == found | changed


def test_an_empty_table_claims_nothing():
    assert not claimed(pd.DataFrame(columns=TRACTABLE.arrow().names))
