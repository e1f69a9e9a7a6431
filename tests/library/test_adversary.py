"""Spikes that samples do not see: where they are, what they are, and the errors they force."""

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from supnorm.errors.ascent import climb
from supnorm.errors.exact import exact_errors, piecewise_linear
from supnorm.errors.measured import Errors
from supnorm.job.programs import InputError
from supnorm.networks import concatenate, forward, load_networks, save_networks
from supnorm.samples import draw_samples
from supnorm.streams import Stream, uniform_points
from supnorm.tables.samples import samples_schema, teacher_column
from supnorm.tables.schema import write_table
from supnorm.uniform import adversary
from supnorm.uniform.adversary import (
    SpikeGrid,
    centre_errors,
    checked_norms,
    emptiest_place,
    line_errors,
    spike_errors,
    spike_networks,
    spiked_teachers,
    unseen_spike,
)
from supnorm.uniform.tables.adversary import WORST_CASE
from supnorm.uniform.tables.ranking import MINMAX
from supnorm.uniform.teachers import random_teachers
from supnorm.uniform.theory.bounds import (
    NetworkClass,
    bump_height,
    lower_bound,
    lower_bound_sharp,
    lower_bound_sharp_randomised,
)
from supnorm.uniform.theory.bumps import bump, bump_network, coefficient_norm, side_by_side
from uniform.climb_adversary import main as climb_adversary
from uniform.climb_errors import main as climb_errors
from uniform.measure_adversary import main as measure_adversary
from uniform.sample_adversary import main as sample_adversary
from uniform.sample_errors import main as sample_errors
from uniform.tabulate_bounds import main as tabulate_bounds
from uniform.tabulate_worst_case import main as tabulate_worst_case

INF = math.inf
PAPER = {dim: NetworkClass(dim, 5, 32, INF, 0.5) for dim in (1, 2, 3)}


def sample(count, dim, seed=0):
    return uniform_points(Stream("points", seed=seed, dim=dim), count, dim)


def distances(places, points):
    """ℓ¹ distances to the nearest point, by comparing all with all."""
    return np.abs(places[:, None] - points).sum(2).min(1)


@pytest.mark.parametrize("count", [1, 2, 7, 200])
def test_the_widest_gap_is_that_of_a_fine_grid(count):
    for seed in range(5):
        points = sample(count, 1, seed)
        radius, place = emptiest_place(points)
        assert radius == pytest.approx(distances(place[None], points)[0], abs=0)
        grid = np.linspace(-0.5, 0.5, 20001)[:, None]
        best = distances(grid, points).max()
        assert best <= radius * (1 + 1e-12)
        assert radius <= best + 1 / 20000
    # Gaps at the ends count in full.
    assert emptiest_place(np.array([[0.1], [0.3]])) == (pytest.approx(0.6), [-0.5])
    assert emptiest_place(np.array([[-0.4], [-0.1]])) == (pytest.approx(0.6), [0.5])


@pytest.mark.parametrize(("active", "count"), [(2, 1), (2, 50), (3, 1), (3, 40), (3, 300)])
def test_the_emptiest_place_is_emptier_than_a_fine_grid(active, count):
    points = sample(count, active, seed=3)
    radius, place = emptiest_place(points)
    assert radius == distances(place[None], points)[0]
    assert np.abs(place).max() <= 0.5
    line = np.linspace(-0.5, 0.5, {2: 201, 3: 31}[active])
    grid = np.array(list(itertools.product(line, repeat=active)))
    assert radius >= max(distances(part, points).max() for part in np.array_split(grid, 20))
    cells = math.floor(count ** (1 / active) + 1e-9) + 1
    assert radius >= 1 / (2 * cells)


def test_an_empty_cell_is_found_among_points_at_all_other_centres():
    """The least radius that S1.11 admits: a lattice with one point missing."""
    line = (np.arange(4) + 0.5) / 4 - 0.5
    lattice = np.array(
        [p for p in itertools.product(line, repeat=3) if p != tuple(line[[1, 2, 1]])]
    )
    radius, _ = emptiest_place(lattice)
    assert radius >= 1 / 8


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 30, 400])
def test_an_unseen_spike_is_unseen_and_no_lower_than_the_deterministic_bound(dim, count):
    cls, points = PAPER[dim], sample(count, dim, seed=1)
    spike = unseen_spike(cls, points)
    assert spike.radius <= 0.5
    away = np.abs(points - spike.centre)[:, : spike.active].sum(1)
    assert (away > spike.radius).all()
    assert spike.height == bump_height(cls, spike.active, 1 / spike.radius)
    radii = [min(emptiest_place(points[:, :active])[0], 0.5) for active in range(1, dim + 1)]
    heights = [bump_height(cls, active, 1 / radius) for active, radius in enumerate(radii, 1)]
    assert spike.height == pytest.approx(max(heights))
    bounds = [lower_bound_sharp(cls, count, INF, active) for active in range(1, dim + 1)]
    assert spike.height >= max(bounds) * (1 - 1e-8)
    assert (np.abs(spike.centre) <= 0.5).all()


@pytest.mark.parametrize("q", [INF, 2.0])
@pytest.mark.parametrize("dim", [1, 3])
def test_a_spiked_teacher_is_the_teacher_plus_a_cone_and_agrees_on_the_sample(dim, q):
    cls = NetworkClass(dim, 5, 32, q, 0.5)
    teacher = random_teachers(1, dim, 5, 32, q, 0.5)
    samples = [sample(60, dim, seed) for seed in (1, 2)]
    spikes = [unseen_spike(cls, points) for points in samples]
    spiked = spiked_teachers(cls, teacher, spikes)
    assert len(spiked) == 4
    assert [bias.shape[1] for bias in spiked.biases] == [64, 64, 64, 64, 1]
    if q == INF:
        assert (coefficient_norm(spiked, q) <= 0.5).all()
    for row, (sign, k) in enumerate(itertools.product((1, -1), (0, 1))):
        spike = spikes[k]
        near = np.clip(spike.centre + spike.radius * sample(300, dim, seed=5), -0.5, 0.5)
        places = np.concatenate([spike.centre[None], near, sample(300, dim, seed=6)])
        cone = spike.height * bump(places, spike.active, 1 / spike.radius, spike.centre)
        plain, found = (forward(n, places)[0] for n in (teacher, spiked[[row]]))
        np.testing.assert_allclose(found, plain + sign * cone, rtol=0, atol=1e-11 * spike.height)
        on_sample = (forward(n, samples[k])[0] for n in (spiked[[row]], teacher))
        np.testing.assert_allclose(*on_sample, rtol=0, atol=1e-13 * spike.height)


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 7, 8, 27])
def test_the_fixed_spikes_are_those_of_the_proof(dim, count):
    grid = SpikeGrid.against(PAPER[dim], count)
    k = next(k for k in range(1, 99) if k**dim >= count)
    assert (grid.active, grid.side, grid.radius) == (dim, 4 * k, 1 / (8 * k))
    assert grid.height == bump_height(PAPER[dim], dim, 8 * k)
    assert len(grid) >= 4 * count
    centres = grid.centres(np.arange(len(grid)), dim)
    numbers = np.array(list(itertools.product(range(1, 4 * k + 1), repeat=dim)))
    np.testing.assert_allclose(centres, (numbers - 0.5) / (4 * k) - 0.5, atol=1e-15)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_a_spike_is_touched_if_a_point_is_in_its_open_cone(dim):
    grid, points = SpikeGrid.against(PAPER[dim], 20), sample(400, dim)
    points[:5] = [[0.5], [-0.5], [0.0], [0.25], [-0.125]]  # borders of cells
    centres = grid.centres(np.arange(len(grid)), dim)
    brute = np.abs(centres[:, None] - points).sum(2).min(1) < grid.radius
    np.testing.assert_array_equal(grid.touched(points), brute)
    assert 0 < brute.sum() < len(grid)


def test_inactive_coordinates_do_not_matter():
    cls = NetworkClass(3, 5, 5, INF, 0.5)  # width 5: spikes of one coordinate alone
    grid = SpikeGrid.against(cls, 10)
    assert (grid.active, len(grid)) == (1, 40)
    assert grid.touched(np.array([[0.0126, 0.4, -0.3]])).nonzero()[0] == [20]


@pytest.mark.parametrize("q", [INF, 3.0, 2.0, 1.0])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_no_spike_of_the_grid_has_a_larger_norm_than_the_corners(dim, q):
    cls = NetworkClass(dim, 4, 9, q, 0.5)
    grid = SpikeGrid.against(cls, 2)
    networks = [
        bump_network(cls, grid.active, 1 / grid.radius, centre)
        for centre in grid.centres(np.arange(len(grid)), dim)
    ]
    biases = [np.linalg.norm(network.biases[0][0], q) for network in networks]
    corners = spike_networks(cls, grid.corners(dim))
    assert np.linalg.norm(corners.biases[0], q, axis=1).max() == pytest.approx(max(biases))
    norms = checked_norms(cls, corners)
    assert norms.max() == pytest.approx(0.5)
    assert norms.max() >= max(checked_norms(cls, concatenate(networks))) * (1 - 1e-12)


@pytest.mark.parametrize("array", range(8))
def test_a_spike_outside_the_class_is_an_error(array):
    cls = NetworkClass(2, 4, 9, INF, 0.5)
    networks = spike_networks(cls, [unseen_spike(cls, sample(9, 2))])
    assert checked_norms(cls, networks).tolist() == [0.5, 0.5]
    list(networks.tensors().values())[array].flat[-1] = -0.5 * (1 + 1e-11)
    with pytest.raises(ValueError, match=r"expected at most 0\.5"):
        checked_norms(cls, networks)


def learners(count, dim):
    return random_teachers(count, dim, 4, 7, INF, 0.8)


@pytest.mark.parametrize("number", [0, 1])
def test_errors_on_the_line_are_those_of_spiked_networks(number):
    cls = NetworkClass(1, 4, 16, INF, 0.8)
    teacher, student = random_teachers(1, 1, 4, 6, INF, 0.8), learners(2, 1)[[number]]
    grid = SpikeGrid.against(cls, 5)
    (plain,), (learned,) = piecewise_linear(teacher), piecewise_linear(student)
    difference = learned - plain
    # The slopes of spikes cross the student.
    assert np.abs(difference.values).max() < grid.height
    found = line_errors(difference, grid)
    numbers = np.arange(len(grid))
    for row, sign in enumerate((1, -1)):
        spiked = concatenate(
            [
                side_by_side(teacher, bump_network(cls, 1, 1 / grid.radius, centre, sign))
                for centre in grid.centres(numbers, 1)
            ]
        )
        exact = exact_errors(spiked, student[np.zeros(len(grid), int)], numbers)
        for norm in ("1", "2", "inf"):
            np.testing.assert_allclose(found[norm][row], exact.norms[norm], rtol=1e-11)


def test_errors_on_the_line_do_not_cancel():
    """A spike on a student that is right elsewhere: its own norm, however many cells there are."""
    grid = SpikeGrid.against(PAPER[1], 1000)
    (zero,) = piecewise_linear(learners(1, 1).map(np.zeros_like))
    found = line_errors(zero, grid)
    np.testing.assert_allclose(found["1"], grid.height * grid.radius, rtol=1e-10)
    np.testing.assert_allclose(found["2"], grid.height * (grid.radius * 2 / 3) ** 0.5, rtol=1e-10)
    np.testing.assert_allclose(found["inf"], grid.height)


def test_errors_at_centres_are_attained():
    """In the support of a spike the student's own worst place says nothing."""
    grid = SpikeGrid.against(PAPER[3], 2)
    numbers = np.arange(3)
    place = grid.centres(numbers, 3)[[1]] + 0.4 * grid.radius
    own = Errors({"inf": np.array([7 * grid.height])}, place - [0, 0.4 * grid.radius, 0])
    deviations = np.array([[0.0, 2 * grid.height, -9 * grid.height]])
    found = centre_errors(deviations, numbers, own, grid) / grid.height
    np.testing.assert_allclose(found, [[[7, 1, 10], [7, 3, 8]]])


@pytest.mark.parametrize("by", ["kernels", "torch"])
def test_errors_in_space_are_attained_on_spiked_networks(by, monkeypatch):
    """Spike by spike, chunk by chunk: at the centre, or where the plain student is worst."""
    monkeypatch.setattr(adversary, "CHUNK", 1000)
    monkeypatch.setattr(adversary, "KERNELS_WIDTH", 0 if by == "torch" else 512)
    cls = NetworkClass(3, 4, 9, INF, 0.5)
    teacher, students = random_teachers(1, 3, 4, 9, INF, 0.5), learners(2, 3)
    grid, place = SpikeGrid.against(cls, 27), np.array([[0.5, 0.5, -0.5], [0.3, 0.1, 0.0]])
    own = np.abs(forward(students, place) - forward(teacher, place)).diagonal()
    parts = list(spike_errors(teacher, students, Errors({"inf": own}, place), grid))
    assert [len(numbers) for numbers, _ in parts] == [1000, 728]
    assert np.concatenate([numbers for numbers, _ in parts]).tolist() == list(range(1728))
    found = np.concatenate([errors["inf"] for _, errors in parts], axis=2)
    assert found.shape == (2, 2, 1728)
    for number, (row, sign) in itertools.product((0, 143, 999, 1000, 1700), enumerate((1, -1))):
        centre = grid.centres(np.array([number]), 3)[0]
        network = bump_network(cls, grid.active, 1 / grid.radius, centre, sign)
        spiked = side_by_side(teacher, network)
        for k in range(2):
            places = np.stack([centre, place[k]])
            apart = np.abs(forward(students[[k]], places) - forward(spiked, places))
            assert found[k, row, number] == pytest.approx(apart.max())


# The programs


def write_problem(folder, dim, samples, cls, broken=None):
    """Files of teachers, samples and two cells of random students, and the arguments for them."""
    teachers = random_teachers(2, dim, cls.depth, cls.width, cls.q, cls.c)
    described = {"kind": "teachers", "family": "random", "dim": dim, "depth": cls.depth}
    described |= {"width": cls.width, "norm": str(cls.q), "bound": cls.c}
    save_networks(folder / "teachers", teachers, described)
    seeds = [12, 11]
    frames = []
    for seed in seeds:
        points, labels = draw_samples(teachers, seed, samples)
        columns = {"seed": seed, "index": np.arange(samples)}
        columns |= {f"x{i}": points[:, i] for i in range(dim)}
        columns |= {teacher_column(k): labels[k] for k in range(2)}
        frames.append(pd.DataFrame(columns))
    write_table(folder / "samples", pd.concat(frames), samples_schema(dim, 2))
    pairs = list(itertools.product((1, 2), (0, 1), seeds))
    names = ("evaluation", "teacher", "seed")
    columns = dict(zip(names, map(list, zip(*pairs, strict=True)), strict=True))
    losses = np.zeros(len(pairs))
    if broken is not None:
        losses[broken] = np.nan
    for rule in ("fifth", "hundred"):
        cell = {"family": "random", "dim": dim, "samples": samples, "depth": 3, "width": 5}
        cell |= {"batch_rule": rule, "batch": 1}
        description = {"cell": cell, "students": columns | {"epoch": [9] * len(pairs)}}
        students = random_teachers(len(pairs), dim, 3, 5, INF, 1 if rule == "fifth" else 0.5)
        save_networks(folder / f"{rule}_1of1", students, description, {"loss": losses})
    files = [folder / "fifth_1of1", folder / "hundred_1of1"]
    return (
        f"--teachers {folder / 'teachers'} --sample {folder / 'samples'} "
        f"--students {files[0]} {files[1]} --device cpu --spiked {folder / 'spiked'} "
        f"--family random --dim {dim} --samples {samples}"
    ).split()


def errors_in(folder):
    return ["--errors", str(folder / "errors")]


def sampling(folder, tables, points=500):
    """What further arguments the sampling of a problem has."""
    into = ("--sampled", str(folder / "sampled_errors"))
    return ["--uniform.evaluation.points", str(points), "--errors", *tables, *into]


def measure_students(folder, samples, points):
    """Sample and climb to the errors of all students of d = 3; return the files of both."""
    files = {"sampled": [], "errors": []}
    for rule in ("fifth", "hundred"):
        name = f"random/d3_m{samples}_L3_w5_{rule}_1of1.parquet"
        sampled, errors = (folder / "cells" / step / name for step in files)
        given = (
            f"--teachers {folder / 'teachers'} --students {folder / f'{rule}_1of1'} "
            f"--family random --dim 3 --samples {samples} --depth 3 --width 5 "
            f"--batch_rule {rule} --shard 1of1"
        ).split()
        device = f"--uniform.evaluation.points {points} --device cpu --sampled {sampled}"
        sample_errors([*given, *device.split()])
        climb_errors([*given, "--sampled", str(sampled), "--errors", str(errors)])
        files["sampled"].append(str(sampled))
        files["errors"].append(str(errors))
    return files


def climbing(folder, samples, sampled="sampled_errors"):
    """The arguments of the climb after a sampling."""
    files = f"{folder / 'fifth_1of1'} {folder / 'hundred_1of1'}"
    return (
        f"--spiked {folder / 'spiked'} --students {files} --sampled {folder / sampled} "
        f"--errors {folder / 'errors'} --family random --dim 3 --samples {samples}"
    ).split()


def measure(folder, dim, samples, cls, broken=None, points=500):
    """Write a problem, and measure it in one step or, for d > 1, in two."""
    arguments = write_problem(folder, dim, samples, cls, broken)
    if dim == 1:
        measure_adversary([*arguments, *errors_in(folder)])
        return
    tables = measure_students(folder, samples, points)["errors"]
    sample_adversary([*arguments, *sampling(folder, tables, points)])
    climb_adversary(climbing(folder, samples))


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("samples", [3, 20])
def test_no_student_escapes_the_theorems(tmp_path, dim, samples):
    """S1.8, S1.9 and S1.11 hold for whatever depends on the sample only: these are untrained."""
    cls = NetworkClass(dim, 4, 9, INF, 0.5)
    measure(tmp_path, dim, samples, cls)
    rows = pd.read_parquet(tmp_path / "errors")
    norms = ["1", "2", "inf"] if dim == 1 else ["inf"]
    assert len(rows) == 2 * 2 * (2 * 2 * 3 + 2 * len(norms))

    adaptive = rows[(rows["kind"] == "adaptive") & (rows["norm"] == "inf")]
    worse = adaptive.groupby(["batch_rule", "evaluation", "seed"])["error"].max()
    sharp = max(lower_bound_sharp(cls, samples, INF, s) for s in range(1, dim + 1))
    assert len(worse) == 8
    assert (worse >= sharp * (1 - 1e-8)).all()
    assert (worse >= adaptive["height"].min() * (1 - 1e-12)).all()

    assert (rows["coefficient_norm"] == 0.5).all()
    fixed = rows[rows["kind"].str.startswith("fixed")]
    assert sorted(fixed["norm"].unique()) == norms
    assert fixed["seed"].isna().all()
    assert (fixed["untouched"] >= 0.75).all()
    for (kind, norm), group in fixed.groupby(["kind", "norm"]):
        assert len(group) == 4, kind
        p = float(norm)
        bound = max(lower_bound(cls, samples, p, s) for s in range(1, dim + 1))
        assert (group["error"] >= bound).all()
        shape = (2 * group["radius"] / (p + 1)) ** (1 / p) if dim == 1 else 1.0
        assert (group["error"] >= group["untouched"] * group["height"] * shape * 0.999999).all()
    means = fixed[fixed["kind"] == "fixed_mean"]["error"].to_numpy()
    assert (fixed[fixed["kind"] == "fixed_max"]["error"].to_numpy() >= means).all()


def test_the_spiked_teachers_are_described_and_meet_the_error_in_the_table(tmp_path):
    # From a single sampled point no climb finds every spike.
    measure(tmp_path, 3, 20, NetworkClass(3, 4, 9, INF, 0.5), points=1)
    spiked, described, _ = load_networks(tmp_path / "spiked")
    assert (described["family"], described["width"]) == ("spiked", 18)
    assert list(zip(described["sign"], described["seed"], strict=True)) == [
        (1, 11),
        (1, 12),
        (-1, 11),
        (-1, 12),
    ]
    rows = pd.read_parquet(tmp_path / "errors")
    students, pairs, _ = load_networks(tmp_path / "fifth_1of1")
    rows = rows[(rows["kind"] == "adaptive") & (rows["norm"] == "inf")]
    rows = rows[(rows["batch_rule"] == "fifth") & (rows["evaluation"] == 2)]
    for row in rows.itertuples():
        which = list(zip(described["sign"], described["seed"], strict=True))
        teacher = spiked[[which.index((row.sign, row.seed))]]
        pairs_of = zip(
            *(pairs["students"][n] for n in ("evaluation", "teacher", "seed")), strict=True
        )
        student = students[[list(pairs_of).index((2, 0, row.seed))]]
        place = np.array([[row.at0, row.at1, row.at2]])
        assert row.error == pytest.approx(abs(forward(student, place) - forward(teacher, place))[0])
        centre = np.array([[row.centre0, row.centre1, row.centre2]])
        assert row.error >= abs(forward(student, centre) - forward(teacher, centre))[0] * 0.999999
        entry = which.index((row.sign, row.seed))
        assert described["centre"][entry] == centre[0].tolist()
        assert described["radius"][entry] == row.radius


def test_touched_spikes_count_as_nothing(tmp_path):
    """One sample point: its spike is touched for that seed, and all others see the same student."""
    measure(tmp_path, 1, 1, NetworkClass(1, 4, 9, INF, 0.5))
    rows = pd.read_parquet(tmp_path / "errors").query("kind == 'fixed_mean' and norm == 'inf'")
    assert (rows["spikes"] == 4).all()
    assert (rows["untouched"] == 0.75).all()
    students, pairs, _ = load_networks(tmp_path / "fifth_1of1")
    teacher, _ = piecewise_linear(load_networks(tmp_path / "teachers")[0])
    grid = SpikeGrid.against(NetworkClass(1, 4, 9, INF, 0.5), 1)
    total = 0.0
    for k in range(len(students)):
        if (pairs["students"]["teacher"][k], pairs["students"]["evaluation"][k]) == (0, 1):
            (student,) = piecewise_linear(students[[k]])
            seen = grid.touched(sample(1, 1, pairs["students"]["seed"][k]))
            total += line_errors(student - teacher, grid)["inf"][:, ~seen].sum()
    row = rows.query("batch_rule == 'fifth' and evaluation == 1")
    assert row["error"].item() == pytest.approx(total / (2 * 2 * 4))


@pytest.mark.parametrize("dim", [1, 3])
def test_a_broken_student_has_infinite_errors(tmp_path, dim):
    broken = 0  # evaluation 1, teacher 0, seed 12
    measure(tmp_path, dim, 3, NetworkClass(dim, 4, 9, INF, 0.5), broken)
    rows = pd.read_parquet(tmp_path / "errors")
    infinite = rows["evaluation"].eq(1) & (rows["seed"].eq(12) | rows["seed"].isna())
    np.testing.assert_array_equal(np.isinf(rows["error"]), infinite)


def test_files_of_other_problems_give_one_sentence(tmp_path):
    arguments = write_problem(tmp_path, 1, 3, NetworkClass(1, 4, 9, INF, 0.5))
    arguments += errors_in(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    write_problem(other, 1, 4, NetworkClass(1, 4, 9, INF, 0.5))
    wrong = [str(other / "hundred_1of1") if a.endswith("hundred_1of1") else a for a in arguments]
    with pytest.raises(InputError, match=r"found students of .*'samples': 4"):
        measure_adversary(wrong)
    assert arguments[0] == "--teachers"
    with pytest.raises(InputError, match="expected teachers of a class"):
        measure_adversary(["--teachers", str(tmp_path / "fifth_1of1"), *arguments[2:]])
    teachers, described, _ = load_networks(tmp_path / "teachers")
    save_networks(tmp_path / "none", teachers[:0], described)
    with pytest.raises(InputError, match="none: expected teachers, found none"):
        measure_adversary(["--teachers", str(tmp_path / "none"), *arguments[2:]])
    students, description, extra = load_networks(tmp_path / "hundred_1of1")
    elsewhere = {**description, "cell": {**description["cell"], "dim": 2}}
    save_networks(tmp_path / "hundred_1of1", random_teachers(8, 2, 3, 5, 2, 1), elsewhere, extra)
    with pytest.raises(InputError, match="found students of d = 2, expected the teachers' d = 1"):
        measure_adversary(arguments)
    description["students"]["seed"][0] = 13
    save_networks(tmp_path / "hundred_1of1", students, description, extra)
    with pytest.raises(InputError, match=r"each of the seeds \[11, 12\]"):
        measure_adversary(arguments)


def test_both_steps_together_give_what_is_computed_from_the_networks(tmp_path):
    cls = NetworkClass(3, 4, 9, INF, 0.5)
    measure(tmp_path, 3, 20, cls)
    rows, sampled = (pd.read_parquet(tmp_path / name) for name in ("errors", "sampled_errors"))
    spiked, described, _ = load_networks(tmp_path / "spiked")
    points = uniform_points(Stream("evaluation", dim=3), 500, 3)
    at, centres = ([f"{name}{i}" for i in range(3)] for name in ("at", "centre"))
    which = list(zip(described["sign"], described["seed"], strict=True))
    for rule in ("fifth", "hundred"):
        students, told, _ = load_networks(tmp_path / f"{rule}_1of1")
        names = [told["students"][name] for name in ("evaluation", "teacher", "seed")]
        numbers = list(zip(*names, strict=True))
        adaptive = rows[(rows["kind"] == "adaptive") & (rows["batch_rule"] == rule)]
        for (evaluation, seed, sign), some in adaptive.groupby(["evaluation", "seed", "sign"]):
            student = students[[numbers.index((evaluation, 0, seed))]]
            teacher = spiked[[which.index((sign, seed))]]
            apart = np.abs(forward(student, points) - forward(teacher, points))[0]
            found = some.set_index("norm")["error"]
            assert found["1"] == pytest.approx(apart.mean(), rel=1e-12)
            assert found["2"] == pytest.approx((apart**2).mean() ** 0.5, rel=1e-12)
            starts = np.stack([points[apart.argmax()], some[centres].to_numpy()[0]])
            pair = teacher[np.zeros(2, int)], student[np.zeros(2, int)], np.arange(2)
            largest, place = climb(*pair, starts)
            assert found["inf"] == largest.max()
            assert (some[at].to_numpy() == place[largest.argmax()]).all()
    # A climb changes what it is for, and some of that.
    for name in set(rows.columns) - {"error", *at}:
        pd.testing.assert_series_equal(rows[name], sampled[name])
    changed = rows["error"] != sampled["error"]
    assert changed.any()
    assert (rows[changed]["kind"] + rows[changed]["norm"] == "adaptiveinf").all()


def test_fixed_spikes_count_the_uniform_error_on_the_plain_teacher_however_it_is_given(tmp_path):
    cls = NetworkClass(3, 4, 9, INF, 0.5)
    measure(tmp_path, 3, 3, cls)
    rows = pd.read_parquet(tmp_path / "errors")
    arguments = write_problem(tmp_path, 3, 3, cls)
    tables = measure_students(tmp_path, 3, 500)
    sample_adversary([*arguments, *sampling(tmp_path, tables["sampled"])])
    climb_adversary(climbing(tmp_path, 3))
    pd.testing.assert_frame_equal(rows, pd.read_parquet(tmp_path / "errors"), check_exact=True)

    grid, (teachers, *_) = SpikeGrid.against(cls, 3), load_networks(tmp_path / "teachers")
    seen = np.stack([grid.touched(sample(3, 3, seed)) for seed in (11, 12)])
    students, told, _ = load_networks(tmp_path / "fifth_1of1")
    names = [told["students"][name] for name in ("evaluation", "teacher", "seed")]
    chosen = [list(zip(*names, strict=True)).index((1, 0, seed)) for seed in (11, 12)]
    points = uniform_points(Stream("evaluation", dim=3), 500, 3)
    pair = teachers, students[chosen], np.zeros(2, int)
    apart = np.abs(forward(students[chosen], points) - forward(teachers[[0]], points))
    largest, place = climb(*pair, points[apart.argmax(1)])
    (_, errors), *_ = spike_errors(teachers[[0]], pair[1], Errors({"inf": largest}, place), grid)
    means = np.where(seen[:, None], 0, errors["inf"]).mean(0)
    fixed = rows.query("batch_rule == 'fifth' and evaluation == 1").set_index("kind")["error"]
    assert fixed["fixed_max"] == means.max()
    assert fixed["fixed_mean"] == pytest.approx(means.mean(), rel=1e-12)


def test_what_does_not_belong_together_is_not_climbed(tmp_path):
    cls = NetworkClass(3, 4, 9, INF, 0.5)
    measure(tmp_path, 3, 3, cls)
    other = tmp_path / "other"
    other.mkdir()
    measure(other, 3, 4, cls)
    with pytest.raises(InputError, match=r"sampled_errors: expected the errors of 4 students of"):
        climb_adversary(climbing(tmp_path, 3, "other/sampled_errors"))
    arguments = climbing(tmp_path, 3)
    assert arguments[0] == "--spiked"
    with pytest.raises(InputError, match="teachers: expected teachers plus spikes, found another"):
        climb_adversary(["--spiked", str(tmp_path / "teachers"), *arguments[2:]])
    networks, described, _ = load_networks(tmp_path / "spiked")
    save_networks(tmp_path / "spiked", networks, {**described, "seed": [11, 13] * 2})
    with pytest.raises(InputError, match="spiked: expected a spike of each student's seed"):
        climb_adversary(arguments)

    problem = write_problem(tmp_path, 3, 3, cls)
    with pytest.raises(InputError, match="teachers: found teachers of d = 3, expected d = 1"):
        measure_adversary([*problem, *errors_in(tmp_path)])
    others = measure_students(other, 4, 50)["errors"]
    with pytest.raises(InputError, match="expected files of the cell random/d3_m3_L3_w5_fifth"):
        sample_adversary([*problem, *sampling(tmp_path, others, 50)])
    names = [path.replace("_m4_", "_m3_") for path in others]
    for path, name in zip(others, names, strict=True):
        Path(path).rename(name)
    with pytest.raises(InputError, match=r"fifth_1of1.parquet: expected the errors of 4 students"):
        sample_adversary([*problem, *sampling(tmp_path, names, 50)])


def minmax(dim, error):
    values = {"family": "random", "algorithm_set": "network", "dim": dim, "samples": 3}
    values |= {"norm": "inf", "statistic": "minmax", "error": error, "low": error / 2}
    values |= {"high": 2 * error, "seeds": 2, "algorithm": "network", "depth": 3, "width": 5}
    values |= {"batch_rule": "fifth", "evaluation": 1, "teacher": 1, "upper": error}
    return {column.name: None for column in MINMAX.columns} | values


def worst_case(folder):
    """The table of the worst case, from errors in the place that they have in a run."""
    path = folder / "random" / "d1_m3.parquet"
    path.parent.mkdir()
    (folder / "errors").rename(path)
    files = f"--adversary {path} --minmax {folder / 'minmax'} --worst_case {folder / 'worst'}"
    tabulate_worst_case(files.split())
    path.rename(folder / "errors")
    return pd.read_parquet(folder / "worst")


def test_the_worst_case_is_the_least_over_algorithms_of_the_mean_of_the_worse_sign(tmp_path):
    measure(tmp_path, 1, 3, NetworkClass(1, 4, 9, INF, 0.5))
    others = [{"algorithm_set": "cubic"}, {"statistic": "minmean"}, {"family": "sine"}]
    rows = [minmax(1, 0.25), *(minmax(1, 0.01) | other for other in others)]
    write_table(tmp_path / "minmax", pd.DataFrame(rows), MINMAX)
    found = worst_case(tmp_path).set_index(["norm", "kind"])
    assert len(found) == 3 * 3 + 1
    assert found.loc[("inf", "random"), ["error", "low", "high"]].tolist() == [0.25, 0.125, 0.5]
    rows = pd.read_parquet(tmp_path / "errors")
    for norm in ("1", "2", "inf"):
        best, low = {}, INF
        for (rule, evaluation), some in rows[rows["norm"] == norm].groupby(
            ["batch_rule", "evaluation"]
        ):
            adaptive = some[some["kind"] == "adaptive"]
            by_seed = [max(part["error"]) for _, part in adaptive.groupby("seed")]
            best[sum(by_seed) / 2] = (rule, evaluation, max(by_seed))
            low = min(low, *by_seed)
        row = found.loc[(norm, "adaptive")]
        assert row["error"] == pytest.approx(min(best))
        decided = (row["batch_rule"], row["evaluation"], row["high"])
        assert decided == best[min(best)]
        assert row["low"] == low
        for kind in ("fixed_max", "fixed_mean"):
            chosen = rows[(rows["kind"] == kind) & (rows["norm"] == norm)]
            assert found.loc[(norm, kind), "error"] == chosen["error"].min()
            assert math.isnan(found.loc[(norm, kind), "low"])


def test_a_class_without_spikes_has_random_teachers_alone(tmp_path):
    measure(tmp_path, 3, 3, NetworkClass(3, 2, 9, 2.0, 0.5))
    assert len(load_networks(tmp_path / "spiked")[0]) == 0
    assert len(pd.read_parquet(tmp_path / "errors")) == 0
    rows = [minmax(3, 0.25), minmax(3, 0.25) | {"family": "sine"}]
    write_table(tmp_path / "minmax", pd.DataFrame(rows), MINMAX)
    found = worst_case(tmp_path)
    assert found[["family", "kind"]].to_numpy().tolist() == [["random", "random"]]
    assert list(found.columns) == [column.name for column in WORST_CASE.columns]


def test_the_table_of_bounds_has_all_of_s1_11(tmp_path):
    path = tmp_path / "bounds"
    teacher = {"dims": 3, "depth": 5, "width": 32, "norm": "inf", "bound": 0.5}
    given = [f"--uniform.teacher.{name}={value}" for name, value in teacher.items()]
    sizes = ["--uniform.sample.sizes", "30", "1000"]
    tabulate_bounds([*given, *sizes, "--bounds", str(path)])
    rows = pd.read_parquet(path)
    for (samples, norm), group in rows.groupby(["samples", "norm"]):
        table = group.set_index(["bound", "active"])["value"]
        found = table["lower_sharp_randomised"]
        each = [lower_bound_sharp_randomised(PAPER[3], samples, float(norm), s) for s in (1, 2, 3)]
        assert found.tolist() == each
        assert (table["lower"] < found).all()
        assert (found < table["lower_sharp"]).all()
        best = group[group["best"] & (group["bound"] == "lower_sharp_randomised")]
        assert best["value"].tolist() == [max(each)]
        assert best["theorem"].isna().all()
        assert best["statement"].tolist() == ["S1.11"]
