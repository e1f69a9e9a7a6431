"""Neighbours of teachers: how near they are, what students err by there, and what is claimed."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from supnorm.job.programs import InputError
from supnorm.networks import forward, load_teachers, save_networks
from supnorm.samples import draw_samples
from supnorm.statistics.claims import tabulate_claims
from supnorm.streams import Stream, uniform_points
from supnorm.students import load_students
from supnorm.tables.errors import errors_schema
from supnorm.tables.samples import read_samples, samples_schema, teacher_column
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.adversary import unseen_spike
from supnorm.uniform.neighbours import MARGIN, PLACES, Surroundings, check_neighbours, neighbours
from supnorm.uniform.statements.neighbours import CLAIMS
from supnorm.uniform.tables.neighbours import NEIGHBOURS
from supnorm.uniform.teachers import random_teachers
from supnorm.uniform.theory.bounds import NetworkClass, bump_height, bump_norm, lower_bound
from supnorm.uniform.theory.bumps import bump, bump_network, side_by_side
from uniform.plot_neighbours import main as plot_neighbours
from uniform.tabulate_bounds import main as tabulate_bounds
from uniform.tabulate_neighbours import main as tabulate_neighbours

INF = math.inf
PAPER = {dim: NetworkClass(dim, 5, 32, INF, 0.5) for dim in (1, 2, 3)}


def sample(count, dim, seed=0):
    return uniform_points(Stream("points", seed=seed, dim=dim), count, dim)


def everywhere(*values):
    """Students that are off by constants, at the centre and at all places."""
    return np.repeat(np.array(values)[:, None], 1 + PLACES, axis=1)


def rows_of(around, deviations, bounds, l2_error=1.0):
    return {row["kind"]: row for row in neighbours(around, deviations, bounds, l2_error)}


def test_constant_students_have_the_neighbour_of_the_closed_form():
    """Off by 0.1 and -0.3, both err by 2 first on the side of the 0.1, and there at 2.1."""
    points = np.linspace(-0.5, 0.5, 11)[:, None] + 0.001
    around = Surroundings.of(PAPER[1], points)
    found = rows_of(around, everywhere(0.1, -0.3), {"lower": 2.0})["lower"]
    height = 2.1 * (1 + MARGIN)
    # A bump of radius r is as high as c^5 16 32^3 r/2, and has the L^2 norm sqrt(2r/3) (S1.5).
    radius = height / (0.5**5 * 16 * 32**3 / 2)
    assert found["sign"] == 1
    assert found["active"] == 1
    assert found["radius"] == pytest.approx(radius, rel=1e-12)
    assert found["height"] == pytest.approx(height, rel=1e-12)
    assert found["distance"] == pytest.approx(height * math.sqrt(2 * radius / 3), rel=1e-12)
    assert found["least"] == pytest.approx(height - 0.1, rel=1e-12)
    assert found["other"] == pytest.approx(height - 0.3, rel=1e-12)
    assert found["all_err"]
    mirrored = rows_of(around, everywhere(-0.1, 0.3), {"lower": 2.0})["lower"]
    assert mirrored == found | {"sign": -1}


def test_the_highest_neighbour_is_the_unseen_spike_with_the_sign_at_which_students_err_most():
    points = sample(40, 3)
    around, spike = Surroundings.of(PAPER[3], points), unseen_spike(PAPER[3], points)
    found = rows_of(around, everywhere(0.5, 0.2), {})["highest"]
    assert (found["sign"], found["active"]) == (-1, spike.active)
    assert (found["radius"], found["height"]) == (spike.radius, spike.height)
    assert found["least"] == pytest.approx(spike.height + 0.2)
    assert found["other"] == pytest.approx(spike.height - 0.5)


@pytest.mark.parametrize("q", [INF, 3.0, 1.0])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_the_nearest_spikes_are_the_best_of_all_unseen_ones(dim, q):
    """By brute force over s and places; those that are seen, or too wide, are never used."""
    cls, points = NetworkClass(dim, 5, 32, q, 0.5), sample(300, dim)
    around = Surroundings.of(cls, points)
    np.testing.assert_array_equal(around.places[0], unseen_spike(cls, points).centre)
    assert len(np.unique(around.places, axis=0)) == 1 + PLACES
    widest = bump_height(cls, 1, 2)
    for height in np.geomspace(1e-4, 3, 12) * widest:
        actives, radii, norms = around.nearest(np.full(1 + PLACES, height))
        for k, place in enumerate(around.places):
            options = []
            for active in range(1, dim + 1):
                radius = height / (2 * bump_height(cls, active, 2))
                away = np.abs(points - place)[:, :active].sum(1).min()
                if radius < away * (1 - 1e-9) and radius <= 0.5:
                    options.append((height * bump_norm(active, 1 / radius, 2), active, radius))
            expected = min(options, default=(INF, None, None))
            assert norms[k] == pytest.approx(expected[0], rel=1e-9)
            if options:
                assert (actives[k], radii[k]) == (expected[1], pytest.approx(expected[2]))


def test_no_spike_is_put_where_the_sample_has_a_point():
    around = Surroundings.of(
        PAPER[2],
        np.concatenate([sample(50, 2), Surroundings.of(PAPER[2], sample(50, 2)).places[5:6]]),
    )
    _, _, norms = around.nearest(np.full(1 + PLACES, 1e-3))
    assert np.isinf(norms[5])
    assert np.isfinite(np.delete(norms, 5)).all()


def test_shares_count_unseen_places_and_those_within_the_error():
    points = sample(200, 1)
    around = Surroundings.of(PAPER[1], points)
    bound = 5.0
    height = bound * (1 + MARGIN)
    radius = height / 8192
    away = np.abs(around.places[1:] - points.T).min(1)
    norm = height * math.sqrt(2 * radius / 3)
    for l2_error, within in ((norm * 0.99, 0), (norm * 1.01, (away > radius).mean())):
        found = rows_of(around, everywhere(0.0), {"lower": bound}, l2_error)["lower"]
        assert found["unseen"] == (away > radius).mean()
        assert 0 < found["unseen"] < 1
        assert found["within"] == within


def test_beyond_the_highest_spike_there_is_no_neighbour():
    around = Surroundings.of(PAPER[1], sample(30, 1))
    highest = around.highest.height
    found = rows_of(around, everywhere(0.0), {"lower": highest * 1.01, "lower_sharp": 1.0})
    assert found["lower"]["distance"] == INF
    assert not found["lower"]["all_err"]
    assert "sign" not in found["lower"]
    assert found["lower_sharp"]["all_err"]
    # No student at all errs on every function.
    assert rows_of(around, everywhere()[:0].reshape(0, 1 + PLACES), {})["highest"]["least"] == INF


@pytest.mark.parametrize("dim", [1, 2])
def test_the_distance_is_the_norm_of_the_networks_difference(dim):
    teacher, points = random_teachers(1, dim, 5, 32, INF, 0.5), sample(12, dim, seed=3)
    around = Surroundings.of(PAPER[dim], points)
    row = rows_of(around, everywhere(0.0), {"lower": 8.0})["lower"]
    centre, radius = around.highest.centre, row["radius"]
    spike = bump_network(PAPER[dim], row["active"], 1 / radius, centre, row["sign"])
    line = (np.arange(400) + 0.5) / 200 - 1
    grid = np.stack(np.meshgrid(*[line] * dim), -1).reshape(-1, dim) * radius
    difference = forward(side_by_side(teacher, spike), centre + grid) - forward(
        teacher, centre + grid
    )
    norm = math.sqrt((difference**2).mean() * (2 * radius) ** dim)
    assert norm == pytest.approx(row["distance"], rel=1e-3)


def test_networks_that_are_no_neighbours_are_refused():
    teacher, points = random_teachers(1, 2, 5, 32, INF, 0.5), sample(20, 2)
    around = Surroundings.of(PAPER[2], points)
    rows = list(neighbours(around, everywhere(0.1), {"lower": 2.0}, 1.0))
    check_neighbours(around, teacher, rows, points)
    for row in rows:
        near = around.highest.centre + np.array([row["radius"] / 3, 0])
        seen = np.concatenate([points, near[None]])
        with pytest.raises(ValueError, match="expected 0 at all"):
            check_neighbours(around, teacher, [row], seen)
        higher = row | {"height": row["height"] * (1 + MARGIN)}
        with pytest.raises(ValueError, match="teacher and spike"):
            check_neighbours(around, teacher, [higher], points)


# The program, on random students


def write_problem(folder, dim, samples, cls, broken=None):
    """Files of two teachers, samples, two cells of students in three files, their errors, bounds.

    Returns the arguments for them.
    """
    teachers = random_teachers(2, dim, cls.depth, cls.width, cls.q, cls.c)
    told = {"kind": "teachers", "family": "random", "dim": dim, "depth": cls.depth}
    told |= {"width": cls.width, "norm": str(cls.q), "bound": cls.c}
    save_networks(folder / "teachers.safetensors", teachers, told)
    seeds, frames = [12, 11], []
    for seed in seeds:
        points, labels = draw_samples(teachers, seed, samples)
        columns = {"seed": seed, "index": np.arange(samples)}
        columns |= {f"x{i}": points[:, i] for i in range(dim)}
        columns |= {teacher_column(k): labels[k] for k in range(2)}
        frames.append(pd.DataFrame(columns))
    problem = f"random/d{dim}_m{samples}"
    write_table(folder / f"{problem}.parquet", pd.concat(frames), samples_schema(dim, 2))
    names = ("seed", "teacher", "evaluation")
    pairs, files, errors = list(itertools.product(seeds, (0, 1), (1, 2))), [], []
    for width, shards in ((5, [range(3), range(3, 8)]), (9, [range(8)])):
        cell = {"family": "random", "dim": dim, "samples": samples, "depth": 3, "width": width}
        cell |= {"batch_rule": "fifth", "batch": 1}
        students = random_teachers(8, dim, 3, width, INF, 0.7)
        losses = np.zeros(8)
        if broken is not None:
            losses[broken] = np.nan
        for number, rows in enumerate(shards, 1):
            some = [pairs[k] for k in rows]
            columns = dict(zip(names, map(list, zip(*some, strict=True)), strict=True))
            file = folder / f"{problem}_L3_w{width}_fifth_{number}of{len(shards)}.safetensors"
            described = {"cell": cell, "students": columns | {"epoch": [9] * len(some)}}
            index = np.array(rows)
            save_networks(file, students[index], described, {"loss": losses[index]})
            files.append(file)
            rows_of_file = pd.DataFrame(columns).assign(**cell, algorithm="network", epoch=9)
            for p, norm in enumerate(("1", "2", "inf")):
                error = 1 + p + index / 10 + width
                errors.append(rows_of_file.assign(norm=norm, error=error))
    other = pd.concat(errors).assign(algorithm="nearest", error=0.01)
    table = pd.concat([*errors, other]).assign(upper=None, method="sampled", loss=0.0)
    table = table.assign(**{f"at{i}": 0.0 for i in range(dim)})
    write_table(folder / "errors.parquet", table, errors_schema(dim))
    settings = {"dims": dim, "depth": cls.depth, "width": cls.width, "norm": cls.q, "bound": cls.c}
    keys = [f"--uniform.teacher.{name} {value}" for name, value in settings.items()]
    tabulate_bounds(
        f"--uniform.sample.sizes {samples} {' '.join(keys)} --bounds {folder / 'bounds'}".split()
    )
    return [
        *("--errors", f"{folder / 'errors.parquet'}", "--bounds", f"{folder / 'bounds'}"),
        *("--teachers", f"{folder / 'teachers.safetensors'}"),
        *("--samples", f"{folder / problem}.parquet", "--students", *map(str, files)),
        *("--neighbours", f"{folder / 'neighbours.parquet'}"),
    ]


def errors_on(folder, files, row, centre):
    """The errors of all students of a row's teacher and seed on both neighbours, [2, students]."""
    teachers, _ = load_teachers(folder / "teachers.safetensors")
    teacher = teachers[[row["teacher"]]]
    cls = PAPER[row["dim"]]
    shape = (cls, int(row["active"]), 1 / row["radius"], centre)
    found = []
    for sign in (1, -1):
        target = side_by_side(teacher, bump_network(*shape, sign))
        found.append([])
        for file in files:
            students = load_students(file, teacher=row["teacher"], seed=row["seed"]).networks
            found[-1] += list(
                abs(forward(students, centre[None]) - forward(target, centre[None]))[:, 0]
            )
    return np.array(found)


@pytest.mark.parametrize("dim", [1, 3])
def test_the_table_is_what_the_networks_say(tmp_path, dim):
    """Recomputed from the files: labels, errors with both signs, and that none is nearer."""
    samples, cls = 25, PAPER[dim]
    arguments = write_problem(tmp_path, dim, samples, cls)
    tabulate_neighbours(arguments)
    table = read_table(tmp_path / "neighbours.parquet", NEIGHBOURS.columns)
    kinds = ["highest", "lower", "lower_sharp", "lower_sharp_randomised"]
    expected = set(itertools.product((0, 1), (11, 12), kinds))
    assert set(zip(table["teacher"], table["seed"], table["kind"], strict=True)) == expected
    assert len(table) == len(expected)
    seeds, points, labels = read_samples(
        tmp_path / f"random/d{dim}_m{samples}.parquet", dim, samples
    )
    teachers, _ = load_teachers(tmp_path / "teachers.safetensors")
    files = sorted(tmp_path.glob("random/*.safetensors"))
    for row in table.to_dict("records"):
        k = seeds.index(row["seed"])
        centre = unseen_spike(cls, points[k]).centre
        active, radius = int(row["active"]), row["radius"]
        assert not bump(points[k], active, 1 / radius, centre).any()
        spike = bump_network(cls, active, 1 / radius, centre, int(row["sign"]))
        target = side_by_side(teachers[[row["teacher"]]], spike)
        np.testing.assert_allclose(
            forward(target, points[k])[0], labels[k, row["teacher"]], rtol=0, atol=1e-9
        )
        both = errors_on(tmp_path, files, row, centre).min(1)
        assert both.max() == pytest.approx(row["least"], rel=1e-7)
        assert both.min() == pytest.approx(row["other"], rel=1e-7)
        assert row["sign"] == (1, -1)[both.argmax()]
        assert row["distance"] == pytest.approx(row["height"] * bump_norm(active, 1 / radius, 2))
        pair = 4 * seeds.index(row["seed"]) + 2 * row["teacher"]
        assert row["uniform_error"] == 3 + pair / 10 + 5
        assert row["l2_error"] == 2 + pair / 10 + 5
        if row["kind"] != "highest":
            assert row["all_err"]
            assert row["least"] >= row["bound"]
            lower = row | {"radius": radius * (1 - 1e-3)}
            beaten = errors_on(tmp_path, files, lower, centre).min(1).max()
            # As near as that: or the students stand all on one side, and the bound is its height.
            assert beaten < row["bound"] or row["height"] == pytest.approx(row["bound"], rel=1e-5)
    theorem = max(lower_bound(cls, samples, INF, active) for active in range(1, dim + 1))
    assert set(table.loc[table["kind"] == "lower", "bound"]) == {theorem}


def test_a_student_that_is_not_finite_counts_for_nothing(tmp_path):
    """Both evaluations of teacher 0 and seed 12, in both cells: no student is left to err less."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    tabulate_neighbours(write_problem(whole, 1, 20, PAPER[1]))
    tabulate_neighbours(write_problem(broken, 1, 20, PAPER[1], broken=[0, 1]))
    tables = [
        read_table(folder / "neighbours.parquet", NEIGHBOURS.columns) for folder in (whole, broken)
    ]
    gone = (tables[1]["teacher"] == 0) & (tables[1]["seed"] == 12)
    assert np.isinf(tables[1].loc[gone, "least"]).all()
    pd.testing.assert_frame_equal(*(table[~gone] for table in tables))


def test_what_is_missing_or_does_not_belong_is_named(tmp_path):
    arguments = write_problem(tmp_path, 1, 20, PAPER[1])
    one = next(
        k for k, given in enumerate(arguments) if given.endswith("w9_fifth_1of1.safetensors")
    )
    errors = pd.read_parquet(tmp_path / "errors.parquet")
    for table, sentence in (
        (errors[errors["seed"] == 12], r"^--errors: expected those of teacher 0 and seed 11"),
        (errors[errors["seed"] == 0], r"^--errors: expected those of teacher 0 and seed 12"),
    ):
        write_table(tmp_path / "errors.parquet", table, errors_schema(1))
        with pytest.raises(InputError, match=sentence):
            tabulate_neighbours(arguments)
    write_table(tmp_path / "errors.parquet", errors, errors_schema(1))
    samples = pd.read_parquet(tmp_path / "random/d1_m20.parquet")
    changed = samples.assign(seed=samples["seed"].replace(11, 99))
    write_table(tmp_path / "random/d1_m20.parquet", changed, samples_schema(1, 2))
    with pytest.raises(InputError, match=r"found a student of seed 11, expected seeds \[12, 99\]"):
        tabulate_neighbours(arguments)
    more = pd.concat([samples, samples[samples["seed"] == 12].assign(seed=99)])
    write_table(tmp_path / "random/d1_m20.parquet", more, samples_schema(1, 2))
    with pytest.raises(InputError, match=r"^--students: expected those of teacher 0 and seed 99"):
        tabulate_neighbours(arguments)
    with pytest.raises(InputError, match=r"expected a name d<dim>_m<samples>"):
        tabulate_neighbours([*arguments, "--samples", arguments[one]])
    other = tmp_path / "other"
    others = write_problem(other, 3, 20, PAPER[3])
    with pytest.raises(InputError, match=r"expected teachers of random for d = 3, found none"):
        tabulate_neighbours([*arguments, "--samples", others[7]])
    with pytest.raises(InputError, match=r"expected bounds of d = 1, m = 20, found none"):
        tabulate_neighbours([*arguments, "--bounds", str(other / "bounds")])


# Figure and claims


def draw(folder, table):
    write_table(folder / "table", table, NEIGHBOURS)
    files = {name: folder / f"f.{name}" for name in ("pdf", "png", "caption")}
    options = [f"--{name}={path}" for name, path in files.items()]
    plot_neighbours(
        [f"--neighbours={folder / 'table'}", "--uniform.teacher.families", "random", *options]
    )
    assert files["pdf"].stat().st_size > 5000
    return files["caption"].read_text()


def test_a_class_without_spikes_has_no_such_neighbours(tmp_path):
    """Teachers of depth 2: the table says so, the figure says why, and nothing is claimed."""
    tabulate_neighbours(write_problem(tmp_path, 2, 20, NetworkClass(2, 2, 32, INF, 0.5)))
    table = read_table(tmp_path / "neighbours.parquet", NEIGHBOURS.columns)
    assert len(table) == 4
    assert set(table["kind"]) == {"highest"}
    assert np.isinf(table["distance"]).all()
    assert table[["sign", "height", "least", "bound"]].isna().all(axis=None)
    assert (table["l2_error"] >= 7).all()
    assert draw(tmp_path, table) == "Spikes need teachers of depth 3 and width 2 or more.\n"
    assert tabulate_claims("uniform", CLAIMS, {"neighbours": table}, {}).empty


def tabulated(**changes):
    """A table of d = 1: two teachers, two seeds, two sizes, of which changes are made."""
    keys = itertools.product((10, 100), (0, 1), (5, 6), ("lower", "lower_sharp", "highest"))
    names = ["samples", "teacher", "seed", "kind"]
    table = pd.DataFrame(list(keys), columns=names).assign(
        family="random",
        dim=1,
        sign=1,
        active=1,
        radius=0.1,
        height=2.5,
        distance=0.1,
        least=2.0,
        other=1.5,
        uniform_error=0.5,
        l2_error=0.2,
        bound=1.0,
        all_err=True,
        unseen=0.9,
        within=0.75,
    )
    of_none = table["kind"] == "highest"
    table["all_err"] = table["all_err"].astype("boolean")
    table.loc[of_none, ["bound", "unseen", "within"]] = np.nan
    table.loc[of_none, "all_err"] = pd.NA
    for column, (query, value) in changes.items():
        table.loc[table.query(query).index, column] = value
    return table


def claimed(table):
    found = tabulate_claims("uniform", CLAIMS, {"neighbours": table}, {})
    return {(row.claim, row.case): (row.measured, row.verdict) for row in found.itertuples()}


def test_claims_hold_and_fail_by_the_rows_they_speak_of():
    every, near, places, themselves = (claim.name for claim in CLAIMS)
    held = claimed(tabulated())
    assert held == {
        (every, "d = 1, Theorem 2.2"): (1.0, "supported"),
        (every, "d = 1, S1.11, deterministic"): (1.0, "supported"),
        (near, "d = 1"): (1.0, "supported"),
        (places, "d = 1"): (0.75, "supported"),
        (themselves, "d = 1"): (0.5, "supported"),
    }
    one = "kind == 'lower' and teacher == 1 and seed == 5"
    failed = claimed(tabulated(all_err=(f"{one} and samples == 10", False)))
    assert failed == held | {(every, "d = 1, Theorem 2.2"): (0.5, "failed")}
    fewer = claimed(tabulated(distance=(f"{one} and samples == 100", 0.3)))
    assert fewer == held | {(near, "d = 1"): (0.75, "supported")}
    failed = claimed(tabulated(distance=("kind == 'lower' and samples == 100", 0.3)))
    assert failed == held | {(near, "d = 1"): (0.0, "failed")}
    failed = claimed(tabulated(within=("kind == 'lower' and samples == 100", 0.25)))
    assert failed == held | {(places, "d = 1"): (0.25, "failed")}
    failed = claimed(tabulated(uniform_error=(f"{one} and samples == 10", 1.5)))
    assert failed == held | {(themselves, "d = 1"): (1.5, "failed")}
    # At smaller sizes a neighbour may be farther, and at fewer places.
    small = "samples == 10"
    assert claimed(tabulated(distance=(small, 9.0), within=(small, 0.0))) == held


def test_the_caption_tells_of_the_largest_sample_size(tmp_path):
    table = tabulated(
        all_err=("kind == 'lower' and samples == 100 and teacher == 1 and seed == 5", False),
        distance=("samples == 100", 0.02),
        within=("kind == 'lower' and samples == 100", 0.25),
    )
    caption = draw(tmp_path, table)
    assert "Neighbours of 2 random teachers u" in caption
    assert "sample of a seed (2 of them)" in caption
    assert caption.endswith(
        "For d = 1 and m = 100 all students err by Theorem 2.2 (1) next to 1 of 2 teachers, at 0.1 "
        "times the L^2 error (median) and 25% of the places.\n"
    )
