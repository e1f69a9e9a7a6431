"""Places of the largest errors: closed forms, brute force, the program, its claims and figure."""

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scales import configuration
from supnorm.job.programs import InputError
from supnorm.networks import Networks, forward, save_networks
from supnorm.samples import draw_samples
from supnorm.statistics.claims import tabulate_claims
from supnorm.streams import Stream, uniform_points
from supnorm.tables.errors import errors_schema
from supnorm.tables.samples import samples_schema, teacher_column
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform import throughput
from supnorm.uniform.places import (
    COMPARED,
    STARTS,
    count_faces,
    distances,
    inner_errors,
    shrink,
)
from supnorm.uniform.ranking import of_best
from supnorm.uniform.statements.places import CLAIMS
from supnorm.uniform.tables.places import places_schema
from supnorm.uniform.tables.ranking import MINMAX
from supnorm.uniform.teachers import random_teachers
from uniform import locate_errors, plot_places


def bend(direction, threshold, height=1.0):
    """height (direction . x - threshold)_+, a network of two layers."""
    direction = np.array(direction, float)
    weights = direction[None, None], np.array([[[height]]])
    return Networks(weights, (np.array([[-threshold]]), np.zeros((1, 1))))


def random_places(dim, count, seed=1):
    return np.random.default_rng(seed).random((count, dim)) - 0.5


# Distances


def test_the_nearest_sample_is_that_of_a_search_through_all():
    for dim in (1, 2, 3):
        places, sample = random_places(dim, 40), random_places(dim, 25, seed=2)
        places[3] = np.nan
        nearest, typical = distances(places, sample)
        apart = np.linalg.norm(places[:, None] - sample, axis=2).min(1)
        assert nearest == pytest.approx(apart, nan_ok=True)
        points = uniform_points(Stream("places", dim=dim), COMPARED, dim)
        apart = np.linalg.norm(points[:, None] - sample, axis=2).min(1)
        assert typical[0] == pytest.approx(np.median(apart))


def test_typical_distances_from_a_single_sample_in_the_centre_are_known():
    nearest, typical = distances(np.array([[0.5], [-0.1]]), np.zeros((1, 1)))
    assert nearest == pytest.approx([0.5, 0.1])
    assert typical == pytest.approx([0.25, 0.5], abs=0.01)
    # Half of the square lies within 1/sqrt(2 pi); on an edge half lies within 1/4 of its middle.
    _, typical = distances(np.zeros((1, 2)), np.zeros((1, 2)))
    assert typical == pytest.approx([(2 * np.pi) ** -0.5, 0.3125**0.5, 0.5**0.5], abs=0.01)


def test_typical_distances_of_a_sample_in_one_corner_meet_all_faces_alike():
    sample = np.full((1, 3), 0.5)
    _, typical = distances(sample, sample)
    # Corners are 0, 1, 2 and 3 steps away: 1, 3, 3 and 1 of them.
    corners = np.linalg.norm(np.array(list(itertools.product((-0.5, 0.5), repeat=3))) - 0.5, axis=1)
    assert typical[3] in np.unique(corners)
    rng = np.random.default_rng(0)
    edges = rng.random((100000, 3)) - 0.5
    free = rng.integers(3, size=len(edges))
    edges = np.where(np.arange(3) == free[:, None], edges, np.copysign(0.5, edges))
    assert typical[2] == pytest.approx(np.median(np.linalg.norm(edges - 0.5, axis=1)), abs=0.02)


def test_random_points_lie_on_every_face_alike():
    axis = np.linspace(-0.5, 0.5, 60)
    sample = np.stack(np.meshgrid([0.5], axis, axis), axis=-1).reshape(-1, 3)
    _, typical = distances(sample[:1], sample)
    # Some random points lie on that face, as many on the opposite one, and the others between.
    assert typical[:3] == pytest.approx([0.5, 0.5, 0.5], abs=0.1)


def test_distances_of_many_samples_shrink_inside_more_than_at_corners():
    _, typical = distances(np.zeros((1, 3)), random_places(3, 4000))
    # There are as many samples in balls of the same volume, of which a corner sees an eighth.
    assert typical / typical[0] == pytest.approx([1, 2 ** (1 / 3), 4 ** (1 / 3), 2], rel=0.15)


def test_faces_are_counted_to_rounding():
    places = np.array([[0.5, -0.5, 0.5], [0.5, 0.0, -0.5 + 1e-15], [0.4999, 0, 0], [np.nan] * 3])
    assert count_faces(places).tolist() == [3, 2, 0, 0]


# Errors in a smaller cube


def test_a_shrunk_network_has_the_values_of_the_smaller_cube():
    networks = random_teachers(3, 2, 3, 6, np.inf, 0.5)
    points = random_places(2, 20)
    assert forward(shrink(networks, 0.7), points) == pytest.approx(forward(networks, 0.7 * points))


@pytest.mark.parametrize(
    ("direction", "threshold", "cube", "expected"),
    [
        ([1.0], 0.3, 0.9, 0.15),  # rises from 0.3 on, and the smaller cube ends at 0.45
        ([1.0], 0.3, 0.5, 0.0),
        ([-2.0], 0.3, 0.8, 0.5),
        ([1.0, 1.0], 0.5, 0.9, 0.4),  # is largest at a corner
        ([1.0, 1.0, -1.0], 1.0, 0.9, 0.35),
        ([0.0, 1.0, 0.0], 0.25, 0.75, 0.125),
    ],
)
def test_an_error_that_rises_to_the_boundary_is_smaller_inside(
    direction, threshold, cube, expected
):
    teachers = bend(direction, threshold, 0.0)
    students = bend(direction, threshold, -1.0)
    found = inner_errors(teachers, students, np.array([0]), cube)
    assert found == pytest.approx([expected], abs=1e-12)


@pytest.mark.parametrize("dim", [1, 2])
def test_inner_errors_are_those_on_a_fine_grid(dim):
    teachers = random_teachers(2, dim, 4, 8, np.inf, 0.7)
    students = random_teachers(6, dim, 4, 8, np.inf, 0.6)
    teacher_of = np.array([0, 1, 1, 0, 1, 0])
    axis = np.linspace(-0.4, 0.4, 20001 if dim == 1 else 401)
    points = np.stack(np.meshgrid(*[axis] * dim), axis=-1).reshape(-1, dim)
    off = np.abs(forward(students, points) - forward(teachers, points)[teacher_of]).max(1)
    inner = inner_errors(teachers, students, teacher_of, 0.8, threads=2)
    assert inner == pytest.approx(off, rel=1e-3)
    assert (inner >= off - 1e-12).all()


@pytest.mark.parametrize("dim", [1, 2])
def test_a_student_that_is_not_finite_has_an_infinite_inner_error(dim):
    teachers, students = random_teachers(1, dim, 3, 4, np.inf, 0.5), bend([1.0] * dim, 0.0, np.inf)
    assert inner_errors(teachers, students, np.array([0]), 0.9) == [np.inf]


def test_the_expected_time_knows_how_many_points_there_are():
    assert throughput.STARTS == STARTS
    settings = configuration("laptop")
    before = throughput.Throughput(settings).seconds("locate_errors")
    settings["sample"]["seeds"] = settings["sample"]["seeds"] * 2
    start = throughput.Throughput(settings).start("cpu")
    after = throughput.Throughput(settings).seconds("locate_errors")
    assert after - start == pytest.approx(2 * (before - start))
    assert 1 < before - start < 60
    settings["certificate"]["width"] = 1
    assert throughput.Throughput(settings).seconds("locate_errors") == start


# The program

SEEDS, SAMPLES = (7, 8), 12
# Evaluations of both cells; the wide one has no file of students.
NARROW = {"depth": 2, "width": 1, "batch_rule": "fifth", "batch": 3}
WIDE = {"depth": 2, "width": 9, "batch_rule": "fifth", "batch": 3}
HEIGHTS = {1: 3.0, 2: 1.0}
CORNERS = {1: [0.5], 2: [0.5, -0.5]}


def stacked(networks):
    parts = zip(*((*one.weights, *one.biases) for one in networks), strict=True)
    arrays = [np.concatenate(part) for part in parts]
    return Networks(tuple(arrays[:2]), tuple(arrays[2:]))


def write_run(folder, dims=(1, 2)):
    """Write a run whose errors rise by HEIGHTS of an evaluation towards a corner, from 0.3 on."""
    frames = []
    for dim in dims:
        direction = 2 * np.array(CORNERS[dim])
        threshold = 0.5 * dim - 0.2
        teachers = stacked([bend(direction, threshold, 0.0)] * 2)
        save_networks(folder / f"teachers/d{dim}", teachers, {"family": "random", "dim": dim})
        points = []
        for seed in SEEDS:
            x, labels = draw_samples(teachers, seed, SAMPLES)
            columns = {"seed": seed, "index": range(SAMPLES)}
            columns |= {f"x{i}": x[:, i] for i in range(dim)}
            columns |= {teacher_column(k): labels[k] for k in range(2)}
            points.append(pd.DataFrame(columns))
        path = folder / f"samples/random/d{dim}_m{SAMPLES}.parquet"
        write_table(path, pd.concat(points), samples_schema(dim, 2))
        rows = list(itertools.product(HEIGHTS, SEEDS, (0, 1)))
        evaluation, seed, teacher = map(list, zip(*rows, strict=True))
        pairs = {"teacher": teacher, "seed": seed, "evaluation": evaluation, "epoch": evaluation}
        problem = {"family": "random", "dim": dim, "samples": SAMPLES}
        # The last student of each cell has diverged in the end.
        losses = np.array([0.1] * (len(rows) - 1) + [np.inf])
        finite = np.isfinite(losses)
        students = stacked([bend(direction, threshold, HEIGHTS[e]) for e in evaluation])
        save_networks(
            folder / f"students/random/d{dim}_m{SAMPLES}_L2_w1_fifth_1of1.safetensors",
            students,
            {"cell": problem | NARROW, "students": pairs},
            {"loss": losses},
        )
        for cell in (NARROW, WIDE):
            frame = pd.DataFrame({**problem, **cell, **pairs, "loss": losses})
            frame["error"] = np.where(finite, 0.2 * frame["evaluation"].map(HEIGHTS), np.inf)
            for i, at in enumerate(CORNERS[dim]):
                frame[f"at{i}"] = np.where(finite, at, np.nan)
            frame = frame.assign(upper=np.nan, method="exact" if dim == 1 else "ascent")
            frames += [
                frame.assign(algorithm="network", norm="inf"),
                frame.assign(algorithm="network", norm="2", error=9.0),
                frame.assign(algorithm="grid", depth=0, width=0, norm="inf", error=9.0),
                frame.assign(family="sine", algorithm="network", norm="inf", error=9.0),
            ]
    errors = pd.concat(frames)
    write_table(folder / "errors.parquet", errors, errors_schema(max(dims)))


def locate(folder, cube=0.9, width=1):
    files = {kind: sorted((folder / kind).rglob("d*")) for kind in ("teachers", "samples")}
    files["students"] = sorted((folder / "students").rglob("d*"))
    given = [text for kind, some in files.items() for text in (f"--{kind}", *map(str, some))]
    given += ["--errors", str(folder / "errors.parquet"), "--uniform.places.cube", str(cube)]
    given += ["--uniform.certificate.width", str(width), "--record", str(folder / "record.json")]
    locate_errors.main([*given, "--places", str(folder / "places.parquet")])
    return pd.read_parquet(folder / "places.parquet")


def test_the_program_locates_the_last_errors_of_every_student_of_a_teacher(tmp_path):
    write_run(tmp_path)
    table = locate(tmp_path)
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["rule"] == "locate_errors"
    assert record["configuration"]["uniform.places.cube"] == 0.9
    assert (table["family"] == "random").all()
    assert (table["evaluation"] == 2).all()
    assert (table["cube"] == 0.9).all()
    assert len(table) == 2 * 2 * len(SEEDS) * 2
    gone = table[np.isinf(table["error"])]
    assert len(gone) == 4
    missing = ["nearest", "ratio", "alike", "ratio_alike", "face", "faces", "share"]
    assert gone[missing].isna().all(axis=None)
    assert (gone["random"] > 0).all()
    assert (gone.loc[gone["width"] == 1, "inner"] == np.inf).all()
    there = table[np.isfinite(table["error"])]
    assert there["error"].to_numpy() == pytest.approx(0.2)
    assert (there["faces"] == there["dim"]).all()
    assert (there["face"] == 1).all()
    assert there.loc[there["width"] == 9, ["inner", "share"]].isna().all(axis=None)
    narrow = there[there["width"] == 1]
    # The smaller cube's corner is 0.05 nearer in each direction.
    inside = 0.2 - 0.05 * narrow["dim"].to_numpy()
    assert narrow["inner"].to_numpy() == pytest.approx(inside)
    assert narrow["share"].to_numpy() == pytest.approx(inside / 0.2)
    for (dim, seed), rows in there.groupby(["dim", "seed"]):
        sample = uniform_points(Stream("points", seed=seed, dim=dim), SAMPLES, dim)
        apart = np.linalg.norm(sample - CORNERS[dim], axis=1).min()
        _, typical = distances(np.zeros((1, dim)), sample)
        assert rows["nearest"].to_numpy() == pytest.approx(apart)
        assert rows["ratio"].to_numpy() == pytest.approx(apart / typical[0])
        assert rows["ratio_alike"].to_numpy() == pytest.approx(apart / typical[dim])
    columns = {column.name for column in places_schema(2).columns}
    assert set(table) == columns


def without_samples(folder):
    (folder / f"samples/random/d1_m{SAMPLES}.parquet").unlink()


def without_students(folder):
    (folder / f"students/random/d1_m{SAMPLES}_L2_w1_fifth_1of1.safetensors").unlink()


def with_changed_errors(**values):
    def spoil(folder):
        errors = pd.read_parquet(folder / "errors.parquet").assign(**values)
        write_table(folder / "errors.parquet", errors, errors_schema(2))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (without_samples, "--samples: expected random/d1_m12.parquet, found none"),
        (without_students, "expected files of the cell random/d1_m12_L2_w1_fifth, found none"),
        (with_changed_errors(seed=9), "--samples: expected points of the seed 9, found none"),
        (with_changed_errors(teacher=5), "expected all students that have errors, found others"),
        (with_changed_errors(family="sine"), "expected uniform errors of the --teachers, found"),
    ],
)
def test_what_does_not_belong_together_gives_one_sentence(tmp_path, spoil, says):
    write_run(tmp_path)
    spoil(tmp_path)
    with pytest.raises(InputError, match=says):
        locate(tmp_path)


# Claims and figure

CELL = {"family": "random", "samples": 10, "depth": 5, "width": 32, "batch_rule": "fifth"}


def tables(dim=3, **changes):
    """Two seeds of two students each, by the algorithm that decides; and one that does not."""
    places = pd.DataFrame(
        {
            "dim": dim,
            "seed": [0, 0, 1, 1],
            "method": "ascent",
            "ratio": [2.0, 3.0, 4.0, 9.0],
            "ratio_alike": [0.5, 1.5, 0.8, 2.0],
            "faces": [1.0, 2.0, 3.0, 0.0],
            "share": [0.9, 0.8, 0.6, 0.4],
        }
    ).assign(**CELL, **changes)
    other = places.assign(batch_rule="hundred", ratio=0.1, ratio_alike=0.1, faces=0.0, share=0.0)
    deciding = pd.DataFrame([CELL | {"dim": dim, "algorithm_set": "network", "norm": "inf"}])
    deciding = deciding.assign(statistic="minmax")
    others = [
        deciding.assign(algorithm_set="grid", batch_rule="hundred"),
        deciding.assign(norm="2", batch_rule="hundred"),
        deciding.assign(statistic="minmean", batch_rule="hundred"),
    ]
    return {"places": pd.concat([places, other]), "minmax": pd.concat([deciding, *others])}


def tabulated(given):
    return tabulate_claims("uniform", CLAIMS, given, {}).set_index("claim")


def test_claims_are_medians_over_the_students_that_decide():
    found = tabulated(tables())
    assert found["measured"].to_dict() == pytest.approx(
        {
            "errors_far_from_samples": 3.5,
            "errors_far_for_their_faces": 1.15,
            "errors_largest_on_the_boundary": 0.75,
            "errors_remain_inside": 0.7,
        }
    )
    assert (found["case"] == "d = 3, m = 10").all()
    # Of two seeds the interval is the range of all resamples: each seed alone, and both.
    ends = {
        "errors_far_from_samples": (2.5, 6.5),
        "errors_far_for_their_faces": (1.0, 1.4),
        "errors_largest_on_the_boundary": (0.5, 1.0),
        "errors_remain_inside": (0.5, 0.85),
    }
    for claim, (low, high) in ends.items():
        assert found.loc[claim, ["low", "high"]].tolist() == pytest.approx([low, high])
    assert (found["verdict"] == "supported").all()


def test_claims_can_fail_and_be_undecided():
    worse = {"ratio": [0.5, 0.6, 0.7, 0.8], "ratio_alike": [0.5, 0.5, 2.0, 2.0]}
    worse |= {"faces": [0.0, 0.0, 0.0, 1.0], "share": [0.1, 0.2, 0.3, 0.4]}
    found = tabulated(tables(**worse))["verdict"]
    assert found.to_dict() == {
        "errors_far_from_samples": "failed",
        "errors_far_for_their_faces": "undecided",
        "errors_largest_on_the_boundary": "undecided",
        "errors_remain_inside": "failed",
    }


def test_claims_about_faces_are_for_more_than_one_dimension():
    assert set(tabulated(tables(dim=1)).index) == {
        "errors_far_from_samples",
        "errors_remain_inside",
    }


def test_sampled_places_and_students_without_one_have_no_part():
    assert tabulated(tables(method="sampled")).empty
    gone = {name: [2.0, np.nan, np.nan, np.nan] for name in ("ratio", "ratio_alike", "faces")}
    found = tabulated(tables(**gone, share=np.nan))
    assert "errors_remain_inside" not in found.index
    assert (found["measured"] == [2.0, 2.0, 1.0]).all()
    assert found[["low", "high"]].isna().all(axis=None)


def test_the_figure_shows_the_students_that_decide(tmp_path):
    write_run(tmp_path)
    locate(tmp_path)
    decided = [
        {"family": "random", "dim": dim, "samples": SAMPLES, "statistic": "minmax", "error": 0.2}
        | {"algorithm_set": "network", "norm": "inf", "algorithm": "network", "evaluation": 2}
        | {"depth": 2, "width": 1, "batch_rule": "fifth", "seeds": 2}
        for dim in (1, 2)
    ]
    names = [column.name for column in MINMAX.columns]
    minmax = pd.DataFrame(decided).reindex(columns=names)
    write_table(tmp_path / "minmax.parquet", minmax, MINMAX)
    places = read_table(tmp_path / "places.parquet", places_schema(2).columns)
    assert set(of_best(places, minmax)["width"]) == {1}
    files = {"pdf": "f.pdf", "png": "f.png", "caption": "f.txt", "record": "f.json"}
    given = [text for kind, name in files.items() for text in (f"--{kind}", str(tmp_path / name))]
    for table in ("places", "minmax"):
        given += [f"--{table}", str(tmp_path / f"{table}.parquet")]
    plot_places.main([*given, "--uniform.teacher.families", "random"])
    caption = (tmp_path / "f.txt").read_text()
    ratio = of_best(places, minmax).groupby("dim")["ratio"].median()
    for dim, share in ((1, "0.75"), (2, "0.5")):
        assert (
            f"For d = {dim} and m = {SAMPLES}, in the median, the distance is {ratio[dim]:.2g} and "
            f"the error in the smaller cube {share} of that in Q; 100 % of the students err most "
            "on the boundary." in caption
        )
    for kind in ("pdf", "png"):
        assert Path(tmp_path / files[kind]).stat().st_size > 1000
