"""Spikes that samples do not see, in every class: their networks, their bounds, and the tables."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supnorm.job.programs import InputError
from supnorm.networks import forward
from supnorm.samples import draw_samples
from supnorm.statistics.claims import tabulate_claims
from supnorm.streams import Stream, uniform_points
from supnorm.tables.samples import samples_schema, teacher_column
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform import unseen
from supnorm.uniform.adversary import emptiest_on_grid, spike_at, spike_networks
from supnorm.uniform.statements.regularisation import CLAIMS, highest
from supnorm.uniform.tables.unseen import DIMENSIONS, REGULARISATION, SAMPLES_NEEDED
from supnorm.uniform.teachers import random_teachers
from supnorm.uniform.theory.bounds import NetworkClass, bump_norm
from supnorm.uniform.theory.bumps import bump, bump_norm_in_cube
from supnorm.uniform.unseen import empty_places, samples_needed, unseen_rows
from uniform import (
    plot_dimensions,
    plot_regularisation,
    tabulate_dimensions,
    tabulate_regularisation,
)

INF = math.inf
NORMS = (1, 1.5, 2, 4, INF)
deterministic = settings(derandomize=True, max_examples=150)


def sample(count, dim, seed=0):
    return uniform_points(Stream("points", seed=seed, dim=dim), count, dim)


def rows_of(cls, count, seeds=(0, 1)):
    places = [empty_places(sample(count, cls.dim, seed)) for seed in seeds]
    return pd.DataFrame(unseen_rows(cls, count, places))


def height_by_hand(cls, s, radius):
    """S1.6 and S1.7 as they are printed; two neurons where s = 1."""
    neurons = 2 if s == 1 else 3 * s
    if cls.q <= 2:
        return cls.c**cls.depth * radius / (2 * neurons ** (2 / cls.q))
    excess, copies = 1 - 2 / cls.q, cls.width // neurons
    factors = copies**excess * neurons ** (-2 / cls.q) * cls.width ** ((cls.depth - 2) * excess)
    return cls.c**cls.depth * factors * radius / 2


def norm_by_hand(networks, number, q):
    """The largest entrywise norm of a network's arrays, entry after entry."""
    arrays = [array[number].ravel().tolist() for array in (*networks.weights, *networks.biases)]
    if q == INF:
        return max(abs(entry) for array in arrays for entry in array)
    return max(sum(abs(entry) ** q for entry in array) ** (1 / q) for array in arrays)


# Networks


@given(
    dim=st.integers(1, 6),
    depth=st.integers(3, 8),
    width=st.sampled_from([3, 11, 18, 32]),
    q=st.sampled_from(NORMS),
    c=st.sampled_from([0.25, 0.5, 1, 2]),
    distance=st.floats(0.004, 2),
    seed=st.integers(0, 99),
)
@deterministic
def test_spikes_of_every_class_have_their_norm_and_height_to_rounding(
    dim, depth, width, q, c, distance, seed
):
    cls, place = NetworkClass(dim, depth, width, q, c), sample(1, dim, seed)[0]
    actives = range(1, min(dim, max(width // 3, 1)) + 1)
    spikes = [spike_at(cls, distance, place[:active]) for active in actives]
    networks = spike_networks(cls, spikes)
    for number, (sign, spike) in enumerate(itertools.product((1, -1), spikes)):
        by_hand = height_by_hand(cls, spike.active, spike.radius)
        assert spike.height == pytest.approx(by_hand, rel=1e-12)
        (value,) = forward(networks[[number]], spike.centre[None])[0]
        assert value == pytest.approx(sign * by_hand, rel=1e-12)
        assert norm_by_hand(networks, number, q) <= c * (1 + 1e-12)
        # It ends at its radius, and falls in every active coordinate alike.
        step = np.where(spike.centre > 0, -1, 1) * spike.radius * np.eye(dim)[: spike.active]
        at = np.concatenate([spike.centre + step, spike.centre + step / 2])
        expected = sign * by_hand * np.repeat([0, 0.5], spike.active)
        found = forward(networks[[number]], at)[0]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 * by_hand)


def test_networks_use_the_whole_norm():
    for q in NORMS:
        rows = rows_of(NetworkClass(3, 5, 32, q, 0.5), 40)
        assert rows["coefficient_norm"].tolist() == pytest.approx([0.5] * 3, rel=1e-12)
        assert (rows["deviation"] <= 1e-12).all()


@pytest.mark.parametrize("spoilt", ["height", "norm"])
def test_a_network_that_is_not_the_spike_is_an_error(monkeypatch, spoilt):
    def wrong(cls, spikes):
        made = spike_networks(cls, spikes)
        made.weights[-1][-1] *= 1 - 1e-9 if spoilt == "height" else 1 + 1e-9
        return made

    monkeypatch.setattr(unseen, "spike_networks", wrong)
    message = "misses its height" if spoilt == "height" else "coefficient norm"
    with pytest.raises(ValueError, match=message):
        rows_of(NetworkClass(2, 4, 8, INF, 1.0), 10)


@pytest.mark.parametrize(("dim", "q"), [(1, INF), (3, 1), (3, INF), (5, 2)])
def test_the_sample_does_not_tell_the_two_targets_apart(dim, q):
    """So that whatever a function answers, it errs by the height on one of them."""
    cls, points = NetworkClass(dim, 5, 32, q, 0.5), sample(60, dim)
    for distance, place in empty_places(points):
        spike = spike_at(cls, distance, place)
        values = forward(spike_networks(cls, [spike]), points)
        np.testing.assert_allclose(values, 0, atol=1e-12 * spike.height)
        plus, minus = forward(spike_networks(cls, [spike]), spike.centre[None])[:, 0]
        for answer in (0.0, 0.7 * spike.height, -3 * spike.height):
            error = max(abs(answer - plus), abs(answer - minus))
            assert error >= spike.height * (1 - 1e-12)


# Empty places and norms


@pytest.mark.parametrize(("active", "count"), [(1, 5), (2, 30), (4, 100), (6, 100)])
def test_the_emptiest_place_of_the_grid_is_as_far_as_all_points_say(active, count):
    points = sample(count, active)
    distance, place = emptiest_on_grid(points)
    assert distance == np.abs(points - place).sum(1).min()
    assert np.abs(place).max() <= 0.5
    side = next(n for n in range(1, 99) if n**active > count)
    line = [-0.5, *((k + 0.5) / side - 0.5 for k in range(side)), 0.5]
    grid = np.array(list(itertools.product(line, repeat=active)))
    nearest = np.min([np.abs(grid - point).sum(1) for point in points], axis=0)
    assert distance == pytest.approx(nearest.max(), rel=1e-14)
    assert distance >= 1 / (2 * side)


def test_empty_places_are_those_of_the_first_coordinates():
    points = sample(50, 5)
    places = empty_places(points)
    assert [len(place) for _, place in places] == [1, 2, 3, 4, 5]
    for distance, place in places:
        assert distance == np.abs(points[:, : len(place)] - place).sum(1).min()
    ends = np.array([[-0.4, 0.2], [0.4, 0.2]])
    assert empty_places(ends)[0] == (pytest.approx(0.4), [0.0])


@pytest.mark.parametrize("p", [1, 2, 3.5])
@pytest.mark.parametrize("active", [1, 2, 3, 6])
def test_the_norm_of_a_bump_in_the_cube(active, p):
    inside, corner = np.full(active, 0.1), np.full(active, -0.5)
    whole = bump_norm(active, 4, p)
    assert bump_norm_in_cube(active, 4, inside, p) == pytest.approx(whole, rel=1e-11)
    cut = whole * 2 ** (-active / p)
    assert bump_norm_in_cube(active, 4, corner, p) == pytest.approx(cut, rel=1e-11)


@pytest.mark.parametrize("centre", [[0.45], [0.3, -0.48], [0.0, 0.49], [0.4, 0.4], [-0.5, 0.31]])
@pytest.mark.parametrize("p", [1, 2])
def test_the_norm_of_a_bump_that_faces_cut_is_its_integral(centre, p):
    centre, steepness = np.array(centre), 2.0
    line = (np.arange(1000) + 0.5) / 1000 - 0.5
    grid = np.stack(np.meshgrid(*[line] * len(centre)), -1)
    mean = (bump(grid, len(centre), steepness, centre) ** p).mean()
    found = bump_norm_in_cube(len(centre), steepness, centre, p)
    assert found == pytest.approx(mean ** (1 / p), rel=1e-5)


# Rows


@given(
    dim=st.integers(1, 4),
    depth=st.integers(3, 8),
    width=st.sampled_from([2, 5, 9, 32]),
    q=st.sampled_from(NORMS),
    c=st.floats(0.2, 3),
    count=st.integers(1, 60),
)
@settings(derandomize=True, max_examples=60)
def test_spikes_are_at_or_above_every_bound(dim, depth, width, q, c, count):
    rows = rows_of(NetworkClass(dim, depth, width, q, c), count)
    assert len(rows) == min(dim, max(width // 3, 1))
    for bound in ("lower", "lower_sharp", "lower_sharp_randomised"):
        assert not (rows["low"] < rows[bound]).any()
    assert (rows["low"] <= rows["height"]).all()
    assert (rows["height"] <= rows["high"]).all()
    assert (rows["l2"] < rows["height"]).all()
    assert (rows["lower_sharp"] <= rows["upper"]).all()
    # Closed forms: Theorem 2.2 for p = inf (S1.9), and Theorem 2.4 (S1.16).
    growth = width ** max(0, 1 - 2 / q)
    for s, lower in zip(rows["active"], rows["lower"], strict=True):
        if 3 * s > width:
            assert math.isnan(lower)
            continue
        small = s ** (1 - 2 / q) / (8 * 3 ** (2 / q))
        omega = c**depth * (small if q <= 2 else growth ** (depth - 1) / 48)
        assert lower == pytest.approx(omega / (32 * s) * count ** (-1 / s))
    reach = c**depth * (dim ** max(0, 0.5 - 1 / q)) * growth ** (depth - 1)
    assert rows["upper"].tolist() == pytest.approx(
        [2 * dim**0.5 * reach * count ** (-1 / dim)] * len(rows)
    )


def test_a_sample_at_all_cell_centres_but_one_comes_near_the_bound():
    line = (np.arange(4) + 0.5) / 4 - 0.5
    lattice = np.array([p for p in itertools.product(line, repeat=2) if p != (line[1], line[2])])
    cls = NetworkClass(2, 5, 32, INF, 0.5)
    (_, row) = unseen_rows(cls, 15, [empty_places(lattice)])
    # The nearest points are a cell's side away, in a cell whose bump reaches half as far.
    assert row["low"] == pytest.approx(2 * row["lower_sharp"], rel=1e-6)


@pytest.mark.parametrize("q", NORMS)
def test_heights_grow_in_c_as_a_power_and_with_layers_by_a_factor(q):
    cls = NetworkClass(3, 5, 32, q, 0.5)
    now = rows_of(cls, 80)["height"]
    more = rows_of(replace(cls, c=1.5), 80)["height"]
    np.testing.assert_allclose(more / now, 3**5, rtol=1e-12)
    deeper = rows_of(replace(cls, depth=6), 80)["height"]
    factor = 0.5 * (1 if q <= 2 else 32 ** (1 - 2 / q))
    np.testing.assert_allclose(deeper / now, factor, rtol=1e-12)
    assert (rows_of(cls, 200)["high"] <= rows_of(cls, 80)["high"] * (1 + 1e-9)).all()


def test_heights_of_two_norms_have_one_ratio_at_every_sample_size():
    ratios = [
        rows_of(NetworkClass(3, 5, 32, 1, 0.5), m)["height"]
        / rows_of(NetworkClass(3, 5, 32, INF, 2), m)["height"]
        for m in (10, 60, 300)
    ]
    np.testing.assert_allclose(ratios[1:], [ratios[0]] * 2, rtol=1e-12)


@pytest.mark.parametrize(("depth", "width"), [(2, 9), (3, 1)])
def test_a_class_without_spikes_has_a_row_with_its_upper_bound(depth, width):
    cls = NetworkClass(2, depth, width, INF, 1.0)
    (row,) = unseen_rows(cls, 9, [empty_places(sample(9, 2))])
    assert set(row) == {"dim", "depth", "width", "q", "c", "samples", "upper"}
    assert set(samples_needed(cls, 0.1)) == {*row, "error", "log10_sufficient"} - {
        "samples",
        "upper",
    }


def test_samples_needed_for_the_worked_example():
    """S1.12, and the error from which the theorem asks for samples."""
    row = samples_needed(NetworkClass(15, 7, 45, INF, 2), 1 / 1024)
    assert row["active"] == 15
    assert row["log10_needed"] == pytest.approx(120 * math.log10(2) + 75 * math.log10(45))
    assert row["log10_needed"] <= row["log10_sufficient"]
    assert row["onset"] == pytest.approx(2**7 * 45**6 / 48 / 32)  # s = 1
    at_onset = samples_needed(NetworkClass(15, 7, 45, INF, 2), row["onset"])
    assert at_onset["log10_needed"] == pytest.approx(0)


def test_the_best_number_of_active_coordinates_depends_on_the_error():
    cls = NetworkClass(3, 5, 32, INF, 0.5)
    assert samples_needed(cls, 1e-3)["active"] == 3
    assert samples_needed(cls, 15.0)["active"] == 1
    every = [samples_needed(cls, error)["log10_needed"] for error in (1e-1, 1e-3, 1e-6)]
    assert every == sorted(every)


# The programs


def write_samples(path, dim, samples, seeds):
    teachers = random_teachers(1, dim, 5, 8, INF, 0.5)
    frames = []
    for seed in seeds:
        points, labels = draw_samples(teachers, seed, samples)
        columns = {"seed": seed, "index": range(samples), teacher_column(0): labels[0]}
        columns |= {f"x{i}": points[:, i] for i in range(dim)}
        frames.append(pd.DataFrame(columns))
    write_table(path, pd.concat(frames), samples_schema(dim, 1))
    return path


def regularised(folder, sizes="5 20", depth=5, width=8, norms="1 inf", bounds="0.5 2"):
    """Run the program on d = 2 and 1, and return its table."""
    files = [write_samples(folder / f"d{dim}", dim, 20, [7, 8, 9]) for dim in (2, 1)]
    tabulate_regularisation.main(
        f"--samples {files[0]} {files[1]} "
        f"--uniform.teacher.dims 2 1 --uniform.sample.sizes {sizes} "
        f"--uniform.teacher.depth {depth} --uniform.teacher.width {width} "
        f"--uniform.worst_case.norms {norms} --uniform.worst_case.bounds {bounds} "
        f"--regularisation {folder / 'regularisation'}".split()
    )
    return read_table(folder / "regularisation", REGULARISATION.columns)


def dimensions(folder, dims="1 2 3", depths="3 5", width=32, bound=0.5, sizes="10 30 2000"):
    """Run the program, and return its tables."""
    tabulate_dimensions.main(
        f"--uniform.teacher.width {width} --uniform.teacher.bound {bound} "
        "--uniform.sample.seeds 7 8 --uniform.worst_case.norms 2 inf "
        f"--uniform.worst_case.dims {dims} --uniform.worst_case.depths {depths} "
        f"--uniform.worst_case.sizes {sizes} --uniform.worst_case.errors 1e-9 1e-1 "
        f"--dimensions {folder / 'dimensions'} --samples_needed {folder / 'needed'}".split()
    )
    return tuple(
        read_table(folder / name, schema.columns)
        for name, schema in (("dimensions", DIMENSIONS), ("needed", SAMPLES_NEEDED))
    )


def test_the_table_of_regularisation_is_that_of_the_samples_gaps(tmp_path):
    """Recomputed for s = 1 from the points in the files, and by S1.6 and S1.7 as printed."""
    table = regularised(tmp_path)
    names = ["dim", "q", "c", "samples", "active"]
    cases = set(itertools.product((1, 2), ("1", "inf"), (0.5, 2), (5, 20)))
    expected = {(*case, s) for case in cases for s in range(1, case[0] + 1)}
    assert set(table[names].itertuples(index=False, name=None)) == expected
    assert len(table) == len(expected)
    for dim in (1, 2):
        points = pd.read_parquet(tmp_path / f"d{dim}")
        for _, row in table[(table["dim"] == dim) & (table["active"] == 1)].iterrows():
            cls = NetworkClass(dim, 5, 8, float(row["q"]), row["c"])
            heights = []
            for _, of_seed in points.groupby("seed"):
                x = np.sort(of_seed["x0"][of_seed["index"] < row["samples"]])
                half = max(x[0] + 0.5, 0.5 - x[-1], (np.diff(x) / 2).max())
                heights.append(height_by_hand(cls, 1, min(half, 0.5)))
            found = row[["height", "low", "high"]].tolist()
            by_hand = [np.mean(heights), min(heights), max(heights)]
            assert found == pytest.approx(by_hand, rel=2e-9)  # spikes end just before the points
    assert (table["coefficient_norm"] <= table["c"] * (1 + 1e-12)).all()
    assert (table["deviation"] <= 1e-12).all()


def test_a_file_of_another_sample_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"found 60 rows .* expected the points 0 to 29"):
        regularised(tmp_path, sizes="5 30")


def test_the_tables_of_dimensions(tmp_path):
    table, needed = dimensions(tmp_path)
    assert len(table) == 2 * 2 * 3 * (1 + 2 + 3)
    assert table["height"].isna().tolist() == (table["samples"] == 2000).tolist()
    assert table[["lower", "lower_sharp", "upper"]].notna().all(axis=None)
    assert (table["c"] == 0.5).all()
    row = table.query("dim == 2 and depth == 5 and q == 'inf' and samples == 30 and active == 1")
    places = [empty_places(sample(30, 2, seed)) for seed in (7, 8)]
    again, _ = unseen_rows(NetworkClass(2, 5, 32, INF, 0.5), 30, places)
    assert row.iloc[0].to_dict() == again
    # 16^L / 1536 for s = 1 and d = 1: the error below which Theorem 2.2 asks for samples.
    first = needed.query("dim == 1 and q == 'inf' and error == 1e-9")
    assert first["onset"].tolist() == pytest.approx([16.0**L / 32 / 1536 for L in (3, 5)])
    assert first["log10_needed"].tolist() == pytest.approx(np.log10(first["onset"]) + 9)
    assert len(needed) == 2 * 2 * 3 * 2


def tables(folder):
    made = (regularised(folder), *dimensions(folder))
    return dict(zip(("regularisation", "dimensions", "samples_needed"), made, strict=True))


def found(name, given):
    claims = [claim for claim in CLAIMS if claim.name == name]
    rows = tabulate_claims("uniform", claims, given, {})
    return {
        row["case"]: (row["measured"], row["reference"], row["verdict"])
        for _, row in rows.iterrows()
    }


def spoilt(given, name, rows, column, factor):
    """The tables with some entries of one multiplied."""
    table = given[name].copy()
    table.loc[table.eval(rows), column] *= factor
    return given | {name: table}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return tables(tmp_path_factory.mktemp("made"))


def test_all_claims_hold_and_speak_of_cases_that_are_there(made):
    rows = tabulate_claims("uniform", CLAIMS, made, {})
    assert set(rows["claim"]) == {claim.name for claim in CLAIMS}
    assert (rows["verdict"] == "supported").all()
    assert set(found("rate_with_any_regulariser", made)) == {
        f"d = {dim}, q = {q}" for dim in (1, 2) for q in ("1", "inf")
    }


def test_slopes_are_those_of_the_widest_spikes(made):
    table = made["regularisation"]
    ends = table.query("dim == 2 and active == 2 and q == '1' and c == 2").sort_values("samples")
    slope = np.log(ends["height"].iloc[1] / ends["height"].iloc[0]) / np.log(4)
    assert found("rate_with_any_regulariser", made)["d = 2, q = 1"] == (
        pytest.approx(slope),
        -0.5,
        "supported",
    )
    faster = spoilt(
        made, "regularisation", "samples == 20 and q == '1' and active == 2", "height", 0.1
    )
    assert found("rate_with_any_regulariser", faster)["d = 2, q = 1"][2] == "failed"
    assert found("rate_the_same_for_all_regularisers", made)["d = 2"][2] == "supported"
    assert found("rate_the_same_for_all_regularisers", faster)["d = 2"] == (
        pytest.approx(np.log(10) / np.log(4)),
        1e-9,
        "failed",
    )


def test_a_small_norm_buys_a_constant(made):
    """For s = 1: c^L/8 against c^L D B^3/2, D = 4 and B = 8, of the same radius."""
    measured = found("regularisers_buy_constants", made)["d = 1"]
    assert measured == (pytest.approx(1 / 4 / (4 * 8**3)), 1, "supported")
    onsets = found("regularised_onset_is_smaller", made)
    assert onsets == {"q = 2": (pytest.approx(0.5**3 / 24 / (16**3 / 1536)), 1, "supported")}


@pytest.mark.parametrize(
    ("claim", "name", "case"),
    [
        ("spikes_above_bounds", "regularisation", "d = 2"),
        ("spikes_above_bounds_in_every_dimension", "dimensions", "q = 2"),
    ],
)
def test_one_spike_below_its_bound_fails_the_claim(made, claim, name, case):
    assert found(claim, made)[case][0] >= 1
    below = spoilt(made, name, "dim == 2 and samples == samples.min() and active == 2", "low", 0.01)
    assert found(claim, below)[case][2] == "failed"


def test_growth_with_depth_and_dimension(made):
    """16 times a layer with q = inf, c = 1/2 and B = 32, half with q = 2."""
    assert found("deeper_is_harder", made) == {"q = inf": (pytest.approx(16), 1, "supported")}
    easier = found("regularised_depth_is_easier", made)
    assert easier == {"q = 2": (pytest.approx(0.5), 1, "supported")}
    layers = found("samples_grow_with_depth", made)
    assert layers == {"q = inf": (pytest.approx(math.log10(16)), 0, "supported")}
    grown = found("samples_grow_with_dimension", made)
    ends = made["samples_needed"].query("q == '2' and error == 1e-9 and depth == 5")
    least = ends.sort_values("dim")["log10_needed"].diff().min()
    assert grown["q = 2"] == (pytest.approx(least), math.log10(2), "supported")
    flat = spoilt(made, "samples_needed", "dim == 3", "log10_needed", 0.1)
    assert found("samples_grow_with_dimension", flat)["q = 2"][2] == "failed"
    shallow = spoilt(made, "samples_needed", "depth == 5", "log10_needed", 0.1)
    assert found("samples_grow_with_depth", shallow)["q = inf"][2] == "failed"
    lower = spoilt(made, "dimensions", "depth == 5 and q == 'inf'", "height", 1e-9)
    assert found("deeper_is_harder", lower)["q = inf"][2] == "failed"
    higher = spoilt(made, "dimensions", "depth == 5 and q == '2'", "height", 1e9)
    assert found("regularised_depth_is_easier", higher)["q = 2"][2] == "failed"


def test_the_highest_spike_is_the_largest_over_active_coordinates(made):
    best = highest(made["dimensions"]).query("dim == 3 and samples == 30 and depth == 5")
    every = made["dimensions"].query("dim == 3 and samples == 30 and depth == 5")
    assert len(best) == 2
    for _, row in best.iterrows():
        assert row["height"] == every[every["q"] == row["q"]]["height"].max()


def drawn(folder, program, **files):
    given = [f"--{name} {folder / file}" for name, file in files.items()]
    outputs = {"pdf": "figure.pdf", "png": "figure.png", "caption": "figure.txt"}
    given += [f"--{kind} {folder / file}" for kind, file in outputs.items()]
    program.main(" ".join(given).split())
    return (folder / "figure.txt").read_text()


def test_captions_tell_the_numbers_of_the_tables(tmp_path):
    given = tables(tmp_path)
    told = drawn(tmp_path, plot_regularisation, regularisation="regularisation")
    last = highest(given["regularisation"]).query("dim == 2 and samples == 20 and c == 0.5")
    heights = dict(zip(last["q"], last["height"], strict=True))
    assert f"it is {heights['1']:.2g} with q = 1 and {heights['inf']:.3g} with q = inf." in told
    files = {"dimensions": "dimensions", "samples_needed": "needed"}
    told = drawn(tmp_path, plot_dimensions, **files)
    assert "With q = inf a layer multiplies spikes by 16, and an error of 1e-09 takes" in told
    asked = given["samples_needed"].query("q == '2' and dim == 3 and depth == 5 and error == 1e-9")
    assert f"10^{asked['log10_needed'].iloc[0]:.1f} for d = 3, L = 5" in told


@pytest.mark.parametrize(("depth", "width"), [(2, 8), (3, 1), (3, 2)])
def test_figures_are_drawn_and_claims_found_where_classes_have_few_spikes_or_none(
    tmp_path, depth, width
):
    given = {"regularisation": regularised(tmp_path, "20", depth, width, "2", "3")}
    made = dimensions(tmp_path, depths=str(depth), width=width, sizes="4 2000")
    given |= dict(zip(("dimensions", "samples_needed"), made, strict=True))
    told = drawn(tmp_path, plot_regularisation, regularisation="regularisation")
    files = {"dimensions": "dimensions", "samples_needed": "needed"}
    assert drawn(tmp_path, plot_dimensions, **files)
    assert ("have no spikes" in told) == (width != 2)
    assert given["samples_needed"]["log10_needed"].isna().all()
    claims = set(tabulate_claims("uniform", CLAIMS, given, {})["claim"])
    assert claims <= {"spikes_above_bounds", "spikes_above_bounds_in_every_dimension"}
    assert bool(claims) == (width == 2)
