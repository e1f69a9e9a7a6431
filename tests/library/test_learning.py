"""Any algorithm: what it may ask, what it must answer, and that a spike it misses defeats it."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from supnorm.errors.exact import piecewise_linear
from supnorm.job.programs import InputError
from supnorm.networks import Networks, save_networks
from supnorm.packed import values
from supnorm.streams import Stream, uniform_points
from supnorm.tables.samples import read_samples
from supnorm.training.cell import train_cell
from supnorm.training.recipe import Recipe
from supnorm.uniform.adversary import spiked_teachers, unseen_spike
from supnorm.uniform.challenge import challenge
from supnorm.uniform.learning import (
    Algorithm,
    Query,
    QueryError,
    Target,
    gradients,
    run_algorithm,
    run_once,
)
from supnorm.uniform.references import own
from supnorm.uniform.references.adaptive import expected_errors
from supnorm.uniform.references.algorithms import ALGORITHMS, LENGTHS, OWN_POINTS, UnsuitableError
from supnorm.uniform.references.learners import LEARNERS, learner, learners
from supnorm.uniform.references.trained import trained_network
from supnorm.uniform.teachers import random_teachers
from supnorm.uniform.theory.bounds import NetworkClass, bump_height, lower_bound_sharp
from supnorm.uniform.theory.bumps import Spike
from uniform import challenge_algorithms, collect_challenges, draw_samples, measure_references

SEED = 10000


def teachers(dim, count=1):
    return random_teachers(count, dim, 5, 32, math.inf, 0.5)


def at(dim, count=100):
    return uniform_points(Stream("points", seed=1, dim=dim), count, dim)


def cls(dim):
    return NetworkClass(dim, 5, 32, math.inf, 0.5)


# The interface


@pytest.mark.parametrize("dim", [1, 3])
def test_the_stream_gives_the_points_that_students_of_the_seed_learn_from(dim, tmp_path):
    networks = teachers(dim, 2)
    save_networks(tmp_path / "teachers", networks, {})
    given = f"--family random --dim {dim} --samples 20 --uniform.sample.seeds 5 10000"
    given += f" --teachers {tmp_path}/teachers --sample {tmp_path}/sample"
    draw_samples.main(given.split())
    for seed, points, labels in zip(*read_samples(tmp_path / "sample", dim, 20), strict=True):
        for teacher, wanted in enumerate(labels):
            query = Query(Target(networks[[teacher]]), 20, dim)
            found = uniform_points(Stream("points", seed=seed, dim=dim), 20, dim)
            assert np.array_equal(found, points)
            assert np.array_equal(query(found), wanted)


def test_a_query_counts_points_over_all_calls():
    query = Query(Target(teachers(2)), 5, 2)
    query(at(2, 3))
    query.slopes(at(2, 2))
    assert np.array_equal(query.asked, np.concatenate([at(2, 3), at(2, 2)]))
    with pytest.raises(QueryError, match="asked at 6 points, expected at most 5"):
        query(at(2, 1))
    assert len(query.asked) == 5


@pytest.mark.parametrize(
    ("points", "says"),
    [
        (np.zeros(2), "shape"),
        (np.zeros((1, 3)), "shape"),
        ([[0.6, 0]], "outside"),
        ([[np.nan, 0]], "outside"),
        ([[np.inf, 0]], "outside"),
        ([["x", 0]], "no array of real numbers"),
    ],
)
def test_points_that_are_none_of_the_cube_are_refused(points, says):
    with pytest.raises(QueryError, match=says):
        Query(Target(teachers(2)), 5, 2)(points)


def test_points_asked_for_cannot_be_changed_afterwards():
    query, points = Query(Target(teachers(2)), 5, 2), at(2, 3)
    query(points)
    points[:] = 0
    assert np.array_equal(query.asked, at(2, 3))


# Targets


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("active", [1, 3])
def test_a_spiked_target_is_the_network_of_the_worst_case(active, sign):
    centre = np.array([0.1, -0.2, 0.0]) * (np.arange(3) < active)
    spike = Spike(active, 0.3, bump_height(cls(3), active, 1 / 0.3), centre)
    network = spiked_teachers(cls(3), teachers(3), [spike])[[0 if sign == 1 else 1]]
    target = Target(teachers(3), spike, sign)
    np.testing.assert_allclose(target.values(at(3)), values(network, at(3))[0], atol=1e-14)
    np.testing.assert_allclose(target.slopes(at(3)), gradients(network, at(3)), atol=1e-12)


def test_a_spike_changes_no_value_and_no_slope_that_it_does_not_reach():
    for dim in (1, 3):
        points = at(dim)
        spike = unseen_spike(cls(dim), points)
        plain, spiked = Target(teachers(dim)), Target(teachers(dim), spike)
        assert np.array_equal(plain.values(points), spiked.values(points))
        assert np.array_equal(plain.slopes(points), spiked.slopes(points))
        centre = spike.centre[None]
        risen = spiked.values(centre) - plain.values(centre)
        np.testing.assert_allclose(risen, spike.height, rtol=1e-12)


def test_slopes_are_those_of_the_pieces():
    (function,) = piecewise_linear(teachers(1))
    middles = (function.places[1:] + function.places[:-1]) / 2
    slopes = np.diff(function.values) / np.diff(function.places)
    wide = np.diff(function.places) > 1e-6
    found = gradients(teachers(1), middles[:, None])[:, 0]
    np.testing.assert_allclose(found[wide], slopes[wide], atol=1e-8)


def test_gradients_are_limits_of_differences():
    points, step = at(3, 20), 1e-7
    for i, direction in enumerate(np.eye(3) * step):
        rise = values(teachers(3), points + direction) - values(teachers(3), points - direction)
        slope = gradients(teachers(3), points)[:, i]
        np.testing.assert_allclose(rise[0] / (2 * step), slope, atol=1e-6)


# Built-in algorithms


def test_the_names_of_built_in_algorithms_are_those_that_there_are():
    assert tuple(ALGORITHMS) == own.FIXED
    assert tuple(LEARNERS) == own.ASKING
    assert list(learners(own.BUILT_IN)) == list(own.BUILT_IN)


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_algorithm_on_points_is_one_that_asks(name, dim):
    answer = run_algorithm(learner(name, name), Target(teachers(dim)), 30, dim, SEED)
    points = uniform_points(Stream("points", seed=SEED, dim=dim), 30, dim)
    points = OWN_POINTS[name](30, dim) if name in OWN_POINTS else points
    predict = ALGORITHMS[name](points, values(teachers(dim), points).T)
    assert np.array_equal(answer.asked, points)
    assert np.array_equal(answer.function(at(dim)), predict(at(dim))[:, 0])


def test_a_trained_network_that_asks_is_the_student(tmp_path):
    recipe, seeds, networks = Recipe(3, 8, 5, 10, 1e-3, 1e-5), [5, 6], teachers(2, 2)
    points = np.stack([uniform_points(Stream("points", seed=s, dim=2), 20, 2) for s in seeds])
    labels = np.stack([values(networks, sample) for sample in points])
    students = train_cell(recipe, "fifth", seeds, points, labels, 1)[-1].networks
    for row, (seed, teacher) in enumerate([(5, 0), (5, 1), (6, 0), (6, 1)]):
        asking = Algorithm("network", "network", trained_network(recipe, "fifth", seed))
        answer = run_once(asking, Target(networks[[teacher]]), 20, 2, seed)
        assert np.array_equal(answer.function(at(2)), values(students[[row]], at(2))[0])


class Cubic:
    """A target that cubic Hermite interpolation reproduces."""

    def values(self, points):
        return points[:, 0] ** 3 - points[:, 0]

    def slopes(self, points):
        return 3 * points**2 - 1


@pytest.mark.parametrize("samples", [2, 3, 10])
def test_hermite_interpolation_reproduces_cubics_from_half_as_many_points_as_numbers(samples):
    answer = run_once(learner("hermite", "hermite"), Cubic(), samples, 1, SEED)
    assert len(answer.asked) == samples
    np.testing.assert_allclose(answer.function(at(1)), Cubic().values(at(1)), atol=1e-14)


def hinge(kink):
    """The network max(x - kink, 0), as a stack of one."""
    return Networks(
        (np.ones((1, 1, 1)), np.ones((1, 1, 1))), (np.full((1, 1), -kink), np.zeros((1, 1)))
    )


@pytest.mark.parametrize("kink", [-0.31, 0.123, 0.4])
def test_refinement_finds_a_kink_exactly(kink):
    target = Target(hinge(kink))
    answer = run_once(learner("refinement", "refinement"), target, 24, 1, SEED)
    assert len(answer.asked) == 24
    np.testing.assert_allclose(answer.function(at(1)), target.values(at(1)), atol=1e-14)
    linear = run_once(learner("linear", "linear"), target, 24, 1, SEED)
    assert abs(linear.function(at(1)) - target.values(at(1))).max() > 1e-4


def test_the_expected_error_is_that_of_an_interval_with_one_kink():
    x, kink = np.array([-0.5, -0.2, 0.3, 0.5]), 0.1
    u = np.where(x > kink, 2 * (x - kink), -x + kink)
    errors, places = expected_errors(x, u)
    chord = np.interp(kink, x, u)
    assert errors.argmax() == 1
    assert places[1] == pytest.approx(kink)
    assert errors[1] == pytest.approx(chord)


@pytest.mark.parametrize("dim", [1, 2])
def test_an_adaptive_gaussian_process_asks_where_its_variance_is_largest(dim):
    samples = 24
    asking, target = learner("adaptive_gaussian_process", ""), Target(teachers(dim))
    answer = run_once(asking, target, samples, dim, SEED)
    asked, u = answer.asked, target.values(answer.asked)
    side = math.ceil((4 * samples) ** (1 / dim) - 1e-9)
    grid = np.stack(np.meshgrid(*[np.linspace(-0.5, 0.5, side)] * dim), -1).reshape(-1, dim)

    def covariance(left, right, length):
        scaled = np.linalg.norm(left[:, None] - right, axis=2) * math.sqrt(3) / length
        return (1 + scaled) * np.exp(-scaled)

    def variances(points, length):
        known = covariance(points, points, length) + 1e-12 * np.eye(len(points))
        mixed = covariance(grid, points, length)
        return 1 - (mixed * np.linalg.solve(known, mixed.T).T).sum(1)

    def nearly_largest(k, length):
        found = variances(asked[:k], length)
        place = np.linalg.norm(grid - asked[k], axis=1).argmin()
        return found[place] >= found.max() * (1 - 1e-5) - 1e-10

    assert all(nearly_largest(k, 1.0) for k in range(1, 6))
    first = u[:6] - u[:6].mean()

    def unlikeliness(length):
        known = covariance(asked[:6], asked[:6], length)
        return 6 * np.log(first @ np.linalg.solve(known, first)) + np.linalg.slogdet(known)[1]

    length = min(LENGTHS, key=unlikeliness)
    assert all(nearly_largest(k, length) for k in range(6, samples))
    known = covariance(asked, asked, length) + 1e-12 * np.eye(samples)
    predicted = covariance(at(dim), asked, length) @ np.linalg.solve(known, u - u.mean())
    np.testing.assert_allclose(answer.function(at(dim)), predicted + u.mean(), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "samples", "dim"),
    [("hermite", 9, 2), ("refinement", 9, 2), ("adaptive_gaussian_process", 2001, 1)],
)
def test_what_an_algorithm_is_not_for_it_says(name, samples, dim):
    with pytest.raises(UnsuitableError, match="more than"):
        run_once(learner(name, name), Target(teachers(dim)), samples, dim, SEED)


@pytest.mark.parametrize("samples", [1, 2, 3, 4])
@pytest.mark.parametrize("name", LEARNERS)
def test_few_points_are_enough(name, samples):
    answer = run_algorithm(learner(name, name), Target(teachers(1)), samples, 1, SEED)
    assert len(answer.asked) == samples
    assert np.isfinite(answer.function(at(1))).all()


# Algorithms of one's own

MEAN_OF_NEIGHBOURS = """
import numpy as np
from supnorm.streams import uniform_points


def neighbours(query, samples, dim, stream):
    points = uniform_points(stream, samples, dim)
    labels = query(points)

    def function(at):
        distances = np.linalg.norm(at[:, None] - points, axis=2)
        return labels[np.argsort(distances, axis=1)[:, :2]].mean(axis=1)

    return function
"""

FAULTY = {
    "flat": ("return lambda at: np.zeros((len(at), 1))", "returned an array of shape"),
    "short": ("return lambda at: np.zeros(len(at) - 1)", "returned an array of shape"),
    "words": ("return lambda at: 'many'", "returned str for"),
    "ragged": ("return lambda at: [[1], [1, 2]]", "returned list for"),
    "complex": ("return lambda at: at[:, 0] + 1j", "expected an array of real numbers"),
    "masked": (
        "return lambda at: np.ma.masked_less(at[:, 0], 0)",
        "returned MaskedArray for d = 3, m = 20 and seed 5, expected an array of real numbers",
    ),
    "asks_complex": ("query(np.zeros((1, dim)) * 1j)", "asked at what is no array of real numbers"),
    "nan": ("return lambda at: at[:, 0] * np.nan", "values that are not finite"),
    "breaks": ("return 1 / 0", "raised ZeroDivisionError: division by zero"),
    "breaks_later": ("return lambda at: at[7]['x']", "raised IndexError"),
    "leaves": ("raise SystemExit(0)", "raised SystemExit"),
    "stops": ("raise GeneratorExit", "raised GeneratorExit"),
    "shouts": ("raise ValueError('y' * 10000)", f"raised ValueError: {'y' * 288}... for d = 3"),
    "greedy": (
        "query(np.zeros((samples, dim))); query(np.zeros((1, dim)))",
        "asked at 21 points, expected at most 20",
    ),
    "late": ("return lambda at: query(at[:1])[0] + at[:, 0]", "after it had answered"),
    "outside": ("query(np.ones((1, dim)))", "outside"),
    "nothing": ("query(np.zeros((1, dim)))", "returned NoneType"),
    "fickle": (
        "shift = np.random.default_rng().random(); return lambda at: at[:, 0] + shift",
        "two runs for d = 3, m = 20 and seed 5 differ",
    ),
    "restless": (
        "query(np.random.default_rng().random((1, dim)) / 2); return lambda at: at[:, 0]",
        "two runs for d = 3, m = 20 and seed 5 differ",
    ),
}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree with teachers of three dimensions, a sample, and files of algorithms."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MEAN_OF_NEIGHBOURS)
    bodies = [
        f"def {name}(query, samples, dim, stream):\n    {b}\n" for name, (b, _) in FAULTY.items()
    ]
    (tmp_path / "faulty.py").write_text("import numpy as np\n\n" + "\n".join(bodies))
    description = {
        "kind": "teachers",
        "dim": 3,
        "depth": 5,
        "width": 32,
        "norm": "inf",
        "bound": 0.5,
    }
    save_networks(tmp_path / "teachers", teachers(3, 2), description)
    given = "--family random --dim 3 --samples 20 --uniform.sample.seeds 5 6"
    draw_samples.main(f"{given} --teachers teachers --sample sample".split())
    return tmp_path


PROBLEM = ["--family", "random", "--dim", "3", "--samples", "20", "--teachers", "teachers"]


def measure(*algorithms, files=()):
    given = ["--sample", "sample", "--uniform.evaluation.points", "500", "--errors", "errors"]
    given += ["--own", *files, "--uniform.reference.algorithms", *algorithms]
    measure_references.main([*PROBLEM, *given])
    return pd.read_parquet("errors")


def challenged(*algorithms, files=()):
    given = ["--references", "errors", "--challenges", "challenges"]
    given += ["--own", *files, "--uniform.reference.algorithms", *algorithms]
    challenge_algorithms.main([*PROBLEM, *given])
    return pd.read_parquet("challenges")


def test_an_algorithm_of_ones_own_stands_in_the_tables_under_its_functions_name(tree):
    table = measure("mine.py:neighbours", "nearest", files=["mine.py"])
    assert set(table["algorithm"]) == {"neighbours", "nearest"}
    alone = measure("nearest")
    pd.testing.assert_frame_equal(
        table[table["algorithm"] == "nearest"].reset_index(drop=True), alone
    )
    mine = table[(table["algorithm"] == "neighbours") & (table["norm"] == "inf")]
    assert len(mine) == 4
    points = uniform_points(Stream("evaluation", dim=3), 500, 3)
    seeds, samples, labels = read_samples(tree / "sample", 3, 20)
    for row in mine.itertuples():
        sample, u = samples[seeds.index(row.seed)], labels[seeds.index(row.seed), row.teacher]
        two = np.argsort(np.linalg.norm(points[:, None] - sample, axis=2), axis=1)[:, :2]
        error = abs(u[two].mean(1) - values(teachers(3, 2), points)[row.teacher]).max()
        assert row.error == pytest.approx(error, rel=1e-12)
        assert row.loss > 0


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_algorithm_ends_in_one_sentence_that_names_it(name, tree):
    with pytest.raises(InputError) as refused:
        measure(f"faulty.py:{name}", files=["faulty.py"])
    said = str(refused.value)
    assert said.startswith(f"faulty.py:{name}: ")
    assert FAULTY[name][1] in said
    assert "\n" not in said
    assert not (tree / "errors").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def other(): pass", "bad.py:f: expected a function f in the file, found none"),
        ("f = 3", "bad.py:f: expected a function f in the file, found none"),
        ("import no_such_module", "found ModuleNotFoundError: No module named 'no_such_module'"),
        ("def f(:", "found SyntaxError"),
        ("exit(1)", "found SystemExit"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(text, says, tree):
    (tree / "bad.py").write_text(text)
    with pytest.raises(InputError) as refused:
        measure("bad.py:f", files=["bad.py"])
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("algorithms", "says"),
    [
        (["gone.py:f"], "gone.py; expected a file, found none"),
        (["/tmp/mine.py:f"], "expected a path from the root of the tree"),
        (["../mine.py:f"], "expected a path from the root of the tree"),
        (["own/../mine.py:f"], "expected a path from the root of the tree"),
        (["m{in}e.py:f"], "m{in}e.py; expected a path without braces"),
        (["liner"], "has liner; expected path/file.py:function or one of grid, nearest"),
        (["mine.py:linear"], "another name than that of the algorithm linear that is built in"),
        (["mine.py:network"], "another name than that of the algorithm network"),
        (["mine.py:f", "faulty.py:f"], "another name than that of mine.py:f"),
    ],
)
def test_names_that_cannot_be_are_told(algorithms, says, tree):
    with pytest.raises(InputError) as refused:
        own.own_files(algorithms)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("path", "file"), [("./mine.py", "mine.py"), ("own//more.py", "own/more.py")]
)
def test_a_file_has_one_path(path, file, tree):
    (tree / "own").mkdir()
    (tree / "own/more.py").write_text(MEAN_OF_NEIGHBOURS)
    algorithm = f"{path}:neighbours"
    assert own.own_files([algorithm]) == [file]
    assert set(measure(algorithm, files=[file])["algorithm"]) == {"neighbours"}


def test_a_file_may_have_dataclasses_and_go_elsewhere(tree):
    (tree / "level.py").write_text(
        "from __future__ import annotations\n"
        "import os\nfrom dataclasses import dataclass\n\nimport numpy as np\n\nos.chdir('/')\n\n\n"
        "@dataclass\nclass Level:\n    value: float\n\n"
        "    def __call__(self, at):\n        os.chdir('/')\n"
        "        return np.full(len(at), self.value)\n\n\n"
        "def level(query, samples, dim, stream):\n    os.chdir('/')\n    return Level(1.0)\n"
    )
    assert len(measure("level.py:level", files=["level.py"]))
    assert Path.cwd() == tree


def test_the_files_given_must_be_those_of_the_algorithms(tree):
    with pytest.raises(InputError, match="--own: found"):
        measure("mine.py:neighbours")


# The worst case


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("name", own.BUILT_IN)
def test_every_algorithm_errs_by_the_height_of_a_spike_that_it_did_not_see(name, dim):
    if name in ("hermite", "refinement") and dim > 1:
        pytest.skip("for d = 1 alone")
    found = challenge(learner(name, name), cls(dim), teachers(dim), 30, SEED)
    spike, (_, plus, minus) = found.spike, found.errors(np.zeros(dim))
    assert max(plus, minus) >= spike.height * (1 - 1e-12)
    assert spike.height >= lower_bound_sharp(cls(dim), 30, math.inf, spike.active)
    offsets = np.abs(found.answer.asked - spike.centre)[:, : spike.active].sum(1)
    assert (offsets >= spike.radius).all()


def peeping(query, samples, dim, stream):
    """Learn the target behind the interface's back."""
    query(np.zeros((1, dim)))
    return query._target.values


def wandering(query, samples, dim, stream):
    """Ask where the target, seen behind the interface's back, has risen."""
    grid = np.linspace(-0.5, 0.5, 1001)[:, None] * np.ones(dim)
    query(grid[[query._target.values(grid).argmax()]])
    return lambda points: np.zeros(len(points))


@pytest.mark.parametrize(
    ("learn", "says"),
    [(peeping, "answered another function"), (wandering, "asked at other points")],
)
def test_an_interface_that_leaks_is_found_out(learn, says):
    leak = Algorithm("leak", "leak.py:learn", learn)
    with pytest.raises(InputError, match=f"leak.py:learn: {says} where a spike was added"):
        challenge(leak, cls(1), teachers(1), 3, SEED)


def test_the_table_of_challenges_has_errors_that_another_program_finds(tree):
    algorithms = ["mine.py:neighbours", "linear", "hermite", "adaptive_gaussian_process"]
    worst = measure(*algorithms, files=["mine.py"])
    table = challenged(*algorithms, files=["mine.py"])
    assert set(table["algorithm"]) == {"neighbours", "linear", "adaptive_gaussian_process"}
    assert not table.duplicated(["algorithm", "seed"]).any()
    assert len(table) == 6
    assert table[["same_points", "same_function"]].all(axis=None)
    larger = table[["error_plus", "error_minus"]].max(axis=1)
    assert (larger >= table["bound"]).all()
    assert (table["bound"] > table["bound_randomised"]).all()
    assert (table["coefficient_norm"] <= 0.5 * (1 + 1e-12)).all()
    known = worst[(worst["teacher"] == 0) & (worst["norm"] == "inf")]
    both = table.merge(known, on=["algorithm", "seed"], suffixes=("", "_known"))
    assert (both["error"] >= both["error_known"] * (1 - 1e-9)).all()
    sample = pd.read_parquet("sample")
    for row in table[table["algorithm"] == "neighbours"].itertuples():
        mine = sample[sample["seed"] == row.seed]
        centre = np.array([row.centre0, row.centre1, row.centre2])
        near = ((mine[["x0", "x1", "x2"]] - centre) ** 2).sum(axis=1).nsmallest(2).index
        missed = mine.loc[near, "u000"].mean() - values(teachers(3), centre[None])[0, 0]
        assert row.error_plus >= abs(missed - row.height) * (1 - 1e-9)
        assert row.error_minus >= abs(missed + row.height) * (1 - 1e-9)
    collect_challenges.main(["--challenges", "challenges", "--table", "all"])
    assert len(pd.read_parquet("all")) == 6
    collect_challenges.main(["--challenges", "--table", "none"])
    assert pd.read_parquet("none").empty
