"""The programs of the study depth, on small settings: their tables, and what they tell."""

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest

from depth import (
    collect_depth,
    count_pieces,
    describe_depth,
    plot_inner,
    plot_pieces,
    tabulate_depth,
    tabulate_depth_claims,
    train_inner,
    train_sawtooth,
)
from supnorm.depth.claims import CLAIMS
from supnorm.depth.fits import sawtooth_function
from supnorm.depth.pieces import KINDS, random_networks
from supnorm.depth.pieces import count_pieces as counted
from supnorm.depth.sawtooth import sawtooth
from supnorm.depth.tables.inner import INNER
from supnorm.depth.tables.known import BOUNDS, SQUARE, WIDTHS
from supnorm.depth.tables.pieces import PIECES
from supnorm.depth.tables.sawtooth import PROFILES, SAWTOOTH
from supnorm.errors.exact import PiecewiseLinear, exact_errors
from supnorm.findings import read_findings
from supnorm.job.programs import InputError
from supnorm.networks import concatenate, forward, save_networks
from supnorm.statistics.claims import VERDICTS
from supnorm.tables.claims import CLAIMS as CLAIMS_TABLE
from supnorm.tables.schema import read_table, write_table
from supnorm.training.cell import train_cell
from supnorm.training.recipe import Recipe

SEEDS = [5, 6]
RATES = "--depth.learning_rate 5e-3 --depth.final_learning_rate 1e-5 "
ENGINE = "--training.engine auto --training.precision float64 "


def read(folder, name, schema):
    return read_table(folder / name, schema.columns)


def tabulate(folder, compositions="3 1 2", cliff=3):
    """Run the program of what is known, and return its four tables."""
    given = f"--depth.compositions {compositions} --depth.cliff.composition {cliff}"
    schemas = {"known": SAWTOOTH, "widths": WIDTHS, "square": SQUARE, "bounds": BOUNDS}
    given += "".join(f" --{name} {folder}/{name}" for name in schemas)
    tabulate_depth.main(given.split())
    return {name: read(folder, name, schema) for name, schema in schemas.items()}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    folder = tmp_path_factory.mktemp("known")
    return tabulate(folder), folder


def test_the_triangle_map_is_written_down_with_many_layers_and_with_one(known):
    rows = known[0]["known"].query("kind == 'constructed'")
    assert rows[["compositions", "depth", "width", "neurons", "pieces"]].to_numpy().tolist() == [
        [1, 2, 2, 2, 2],
        [2, 3, 2, 4, 4],
        [2, 2, 4, 4, 4],
        [3, 4, 2, 6, 8],
        [3, 2, 8, 8, 8],
    ]
    assert (rows["error"] == 0).all()
    assert (rows["norm"] == "inf").all()
    assert rows["expressible"].tolist() == [True] * 5
    assert rows["statement"].tolist() == ["S3.1", "S3.1", "S3.4", "S3.1", "S3.4"]


def test_an_error_of_what_is_written_down_would_be_seen(monkeypatch):
    """Of a network that is T^2 but for the slopes of its second layer."""
    made = sawtooth(2)
    near = (made.weights[0], made.weights[1] * (1 - 2**-10), *made.weights[2:])
    monkeypatch.setattr(
        tabulate_depth, "sawtooth", lambda k, hidden=None: type(made)(near, made.biases)
    )
    rows = list(tabulate_depth.constructed([2]))
    assert rows[0]["error"] > 1e-4


def test_with_few_neurons_nothing_is_gained_in_the_uniform_norm(known):
    """Up to 2^k - 2 neurons; what 2^k - 1 gain is not known, and 2^k are enough."""
    best = known[0]["known"].query("kind == 'best' and norm == 'inf'").set_index("width")
    assert best["error"].to_dict() == {**dict.fromkeys(range(1, 7), 0.5), 8: 0.0}
    assert best["pieces"].isna().all()
    assert set(best["depth"]) == {2}
    assert (best["neurons"] == best.index).all()
    assert best["statement"].tolist() == ["S3.4"] * 7
    assert best["expressible"].tolist() == [False] * 6 + [True]


def test_fits_have_as_many_pieces_as_neurons(known):
    rows = known[0]["known"].query("kind == 'best'").set_index("width")
    squares = rows[rows["norm"] == "2"]["error"] ** 2
    assert squares.index.tolist() == list(range(1, 9))
    assert (rows[rows["norm"] != "inf"]["pieces"] == rows[rows["norm"] != "inf"].index).all()
    wanted = {1: 1 / 12, 2: 1 / 13, 4: 1 / 18, 8: 0}
    assert squares[list(wanted)].to_dict() == pytest.approx(wanted, abs=1e-9)
    means = rows[rows["norm"] == "1"]["error"]
    assert means[1] == pytest.approx(0.25)
    assert (means <= np.sqrt(squares) + 1e-12).all()


def test_the_floor_in_the_mean_is_that_of_one_piece_more_than_neurons(known, monkeypatch):
    """Of k = 3, (1 - (2P + 3) / 8) / 8 with P = 2; and of k = 6 with ten pieces, nine neurons."""
    floors = known[0]["known"].query("kind == 'bound'").set_index("width")
    assert set(floors["norm"]) == {"1"}
    assert floors["error"].to_dict() == {1: 1 / 64, **dict.fromkeys(range(2, 9), 0.0)}
    assert floors["pieces"].isna().all()
    # No fits of k = 6, which take long.
    none = {norm: np.zeros(64) for norm in ("1", "2", "inf")}
    monkeypatch.setattr(tabulate_depth, "fit_errors", lambda k: none)
    of_six = pd.DataFrame(tabulate_depth.cliff(6)).query("kind == 'bound'").set_index("width")
    assert of_six.loc[9, "error"] == 0.080078125
    assert tabulate_depth.bounds.l1_floor(3, 1) == 0.046875


def test_widths_are_those_that_twelve_applications_take(known):
    rows = known[0]["widths"].set_index("hidden_layers")
    assert rows.index.tolist() == list(range(1, 13))
    assert set(rows["compositions"]) == {12}
    columns = ["width_bound", "width_construction", "neurons"]
    assert rows.loc[[1, 2, 3, 12], columns].to_numpy().tolist() == [
        [4095, 4096, 4096],
        [63, 64, 128],
        [15, 16, 48],
        [1, 2, 24],
    ]


def test_networks_for_the_square_err_as_theory_says(known):
    rows = known[0]["square"]
    measured = rows[rows["method"].isin(["deep", "product"])]
    assert measured["error"].to_numpy() == pytest.approx(measured["theory"].to_numpy(), rel=1e-9)
    deep = rows.query("method == 'deep'").set_index("hidden_layers")
    assert deep.index.tolist() == list(range(1, 9))
    assert deep["error"].to_numpy() == pytest.approx(4.0 ** -(deep.index + 1), rel=1e-9)
    assert (deep["neurons"] == 3 * deep.index).all()
    product_gates = rows.query("method == 'product'").set_index("hidden_layers")
    assert product_gates.index.tolist() == [1, 2, 3, 4]
    assert product_gates.loc[2, "error"] == pytest.approx(2.0**-5, rel=1e-9)
    assert (product_gates["neurons"] == 9 * product_gates.index).all()


def test_what_is_best_for_the_square_and_what_cannot_be(known):
    rows = known[0]["square"].set_index(["method", "hidden_layers", "width"]).sort_index()
    assert rows.loc[("lower", 2, 15), "error"] == pytest.approx(1.9073486328e-6)
    assert rows.loc[("lower", 2, 15), "neurons"] == 30
    assert rows.loc[("best_shallow", 1, 16), "error"] == 1 / 2048
    assert set(rows.loc["lower"].index.get_level_values("hidden_layers")) == {1, 2, 4}
    # No network that is measured is below what none of its size can be below.
    for hidden in (1, 2, 4):
        assert rows.loc[("deep", hidden, 3), "error"] > rows.loc[("lower", hidden, 4), "error"]


def bound(known, theorem, dim, weights=None):
    rows = known[0]["bounds"]
    rows = rows[(rows["theorem"] == theorem) & (rows["dim"] == dim)]
    (row,) = (rows if weights is None else rows[rows["weights"] == weights]).to_dict("records")
    return row


def test_theorems_have_the_numbers_of_independent_programs(known):
    first = bound(known, "inner_product", 20, 1.0)
    assert 10 ** first["lower_log10"] == pytest.approx(1.1893136)
    assert np.isnan(first["upper_log10"])
    daniely = bound(known, "daniely", 20)
    assert daniely["lower_log10"] == pytest.approx(0.48134216)
    assert daniely["upper_log10"] == pytest.approx(9.98734919)
    assert daniely["weights"] == 2.0**20
    assert daniely["lipschitz"] == pytest.approx(np.pi * 8000)
    telgarsky = bound(known, "telgarsky", 2)
    assert 10 ** telgarsky["upper_log10"] == pytest.approx(36)
    assert 10 ** telgarsky["lower_log10"] == pytest.approx(4)
    assert telgarsky["lipschitz"] == 2.0**12
    for theorem in ("daniely", "eldan_shamir"):
        assert bound(known, theorem, 10)["radius"] == pytest.approx(0.9106325886)


def test_the_inner_product_is_compared_at_the_weights_of_its_network(known):
    """Those are 19 for d = 20; and where the bound says nothing there is none."""
    own = bound(known, "inner_product", 20, 19.0)
    assert own["upper_log10"] == pytest.approx(np.log10(40))
    assert own["lower_log10"] == pytest.approx(np.log10(1024 / (21 * 41 * 361)), abs=1e-4)
    assert np.isnan(bound(known, "inner_product", 2, 4.0)["lower_log10"])
    rows = known[0]["bounds"]
    counts = rows.groupby("theorem")["dim"].agg(["size", "min", "max"])
    assert counts.to_dict("index") == {
        "daniely": {"size": 59, "min": 2, "max": 60},
        "eldan_shamir": {"size": 59, "min": 2, "max": 60},
        "inner_product": {"size": 118, "min": 2, "max": 60},
        "telgarsky": {"size": 3, "min": 1, "max": 3},
    }


def train(folder, k=2, name=None, seeds=SEEDS, threads=1, targets="2", cliff=2, deep="4 2"):
    """Train students of T^k of all sizes for a few epochs, and return errors and profiles."""
    name = name or f"k{k}"
    given = f"--compositions {k} --depth.compositions {targets} "
    given += f"--depth.seeds {' '.join(map(str, seeds))} --depth.shallow_width 8 "
    given += f"--depth.deep_widths {deep} --depth.batch 64 --depth.epochs 20 "
    given += f"--depth.cliff.composition {cliff} --depth.cliff.widths 4 1 2 "
    given += f"--depth.cliff.depths 4 --depth.cliff.deep_widths 1 2 {RATES}{ENGINE}"
    given += f"--threads {threads} --errors {folder / name} --profiles {folder / name}.profiles"
    train_sawtooth.main(given.split())
    return read(folder, name, SAWTOOTH), read(folder, f"{name}.profiles", PROFILES)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    return *train(folder), folder


SIZES = [(2, 1), (2, 2), (2, 4), (2, 8), (3, 2), (3, 4), (4, 1), (4, 2)]


def test_students_of_all_sizes_and_seeds_are_measured_in_all_norms(trained):
    rows = trained[0]
    named = rows[["depth", "width", "norm", "seed"]].to_numpy().tolist()
    wanted = product(SIZES, ("1", "2", "inf"), SEEDS)
    assert named == [[depth, width, norm, seed] for (depth, width), norm, seed in wanted]
    assert set(rows["kind"]) == {"trained"}
    assert set(rows["compositions"]) == {2}
    assert (rows["neurons"] == (rows["depth"] - 1) * rows["width"]).all()
    assert rows["statement"].isna().all()


def test_without_the_cliff_there_are_fewer_sizes(tmp_path):
    """And of the cliff alone, only those of it."""
    rows, _ = train(tmp_path, cliff=3)
    assert {*zip(rows["depth"], rows["width"], strict=True)} == {(2, 8), (3, 2), (3, 4)}
    rows, profiles = train(tmp_path, targets="3", name="cliff")
    assert {*zip(rows["depth"], rows["width"], strict=True)} == {*SIZES} - {
        *((2, 8), (3, 2), (3, 4))
    }
    # None of k hidden layers, so none is drawn.
    assert set(profiles["kind"]) == {"target", "shallow"}


def trained_again(depth, width):
    """Students of T^2 trained once more, on values by the formula of its teeth."""
    places = (np.arange(256) + 0.5) / 256 - 0.5
    teeth = 1 - abs(4 * (places + 0.5) % 2 - 1)
    (*_, last) = train_cell(
        Recipe(depth, width, 64, 20, 5e-3, 1e-5),
        *("triangle", SEEDS),
        np.tile(places[:, None], (2, 1, 1)),
        np.tile(teeth, (2, 1, 1)),
        1,
    )
    return last.networks


@pytest.mark.parametrize(("depth", "width"), [(2, 4), (3, 4)])
def test_errors_and_pieces_are_those_of_the_students(trained, depth, width):
    students = trained_again(depth, width)
    rows = trained[0].query(f"depth == {depth} and width == {width}")
    exact = exact_errors(sawtooth(2), students, np.zeros(2, int)).norms
    grid = (np.arange(2**14) + 0.5) / 2**14 - 0.5
    apart = abs(forward(students, grid[:, None]) - (1 - abs(4 * (grid + 0.5) % 2 - 1)))
    seen = {"1": apart.mean(1), "2": np.sqrt((apart**2).mean(1)), "inf": apart.max(1)}
    for norm in ("1", "2", "inf"):
        found = rows[rows["norm"] == norm]["error"].to_numpy()
        assert found.tolist() == exact[norm].tolist()
        assert found == pytest.approx(seen[norm], abs=1e-3)
        assert rows[rows["norm"] == norm]["pieces"].tolist() == counted(students).tolist()


def test_bits_depend_neither_on_threads_nor_on_other_seeds_and_sizes(trained, tmp_path):
    table, _, folder = trained
    train(tmp_path, threads=2)
    for name in ("k2", "k2.profiles"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    alone, _ = train(tmp_path, name="alone", seeds=[6], cliff=3, deep="4")
    rows = table.query("seed == 6 and (depth == 2 and width == 8 or depth == 3 and width == 4)")
    assert len(rows) == 6
    rows = rows.reset_index(drop=True).astype({"expressible": bool})
    pd.testing.assert_frame_equal(alone, rows)


def test_no_student_with_too_few_pieces_errs_by_less_than_a_half(trained):
    rows = trained[0].query("norm == 'inf'")
    few = rows[(rows["width"] + 1.0) ** (rows["depth"] - 1) < 4]
    assert {*zip(few["depth"], few["width"], strict=True)} == {(2, 1), (2, 2)}
    assert (few["error"] >= 0.5 - 1e-12).all()
    assert (rows["pieces"] <= (rows["width"] + 1.0) ** (rows["depth"] - 1)).all()


def test_what_can_be_the_target_is_told_as_far_as_it_is_known(trained):
    told = trained[0].drop_duplicates(["depth", "width"]).set_index(["depth", "width"])
    told = told["expressible"].astype(object).where(lambda known: known.notna(), None)
    assert told.to_dict() == {
        **{(2, 1): False, (2, 2): False, (2, 4): True, (2, 8): True},
        # Two neurons in each layer are enough; of one in each of three nothing is said.
        **{(3, 2): True, (3, 4): True, (4, 1): None, (4, 2): True},
    }


@pytest.mark.parametrize(
    ("k", "hidden", "width", "known"),
    [
        *((4, 1, 14, False), (4, 1, 16, True), (4, 2, 2, False), (4, 2, 4, True)),
        # So many pieces, 2^4 and more, are possible; whether they can be these is not known.
        *((4, 2, 3, None), (4, 4, 1, None), (5, 3, 3, None), (5, 3, 4, True)),
    ],
)
def test_between_the_two_bounds_of_widths_nothing_is_known(k, hidden, width, known):
    assert train_sawtooth.expressible(k, hidden, width) is known


def test_profiles_are_of_the_target_and_of_the_best_of_the_widest(trained):
    table, profiles, _ = trained
    assert profiles["kind"].unique().tolist() == ["target", "shallow", "deep"]
    target = profiles[profiles["kind"] == "target"]
    assert target["position"].tolist() == [-0.5, -0.25, 0, 0.25, 0.5]
    assert target["value"].tolist() == [0, 1, 0, 1, 0]
    assert set(target["width"]) == {2}
    for kind, depth, width in (("shallow", 2, 8), ("deep", 3, 4)):
        rows = profiles[profiles["kind"] == kind]
        assert set(rows["width"]) == {width}
        drawn = PiecewiseLinear(rows["position"].to_numpy(), rows["value"].to_numpy())
        errors = table.query(f"depth == {depth} and width == {width} and norm == 'inf'")["error"]
        assert errors.nunique() == 2
        assert (drawn - sawtooth_function(2)).norm("inf") == pytest.approx(errors.min())


def learn(folder, dim=2, name=None, seeds="5 6", threads=1, widths="8 4", epochs=60):
    name = name or f"d{dim}"
    given = f"--dim {dim} --depth.inner.depths 3 2 --depth.inner.widths {widths} "
    given += f"--depth.inner.seeds {seeds} --depth.inner.epochs {epochs} {RATES}{ENGINE}"
    train_inner.main([*given.split(), "--threads", str(threads), "--errors", f"{folder / name}"])
    return read(folder, name, INNER)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learned")
    return learn(folder), folder


def test_the_network_that_is_the_inner_product_errs_by_nothing(learned):
    first = learned[0].iloc[0]
    assert first["kind"] == "constructed"
    assert first[["dim", "bits", "depth", "width", "error_2", "error_inf"]].tolist() == [
        *(2, 4, 3, 2, 0, 0)
    ]
    assert first["target"] == "inner"
    assert pd.isna(first["seed"])
    assert (learned[0]["kind"] == "constructed").sum() == 1


def test_networks_of_all_sizes_learn_both_targets(learned):
    rows = learned[0].iloc[1:]
    assert rows[["depth", "width", "target", "seed"]].to_numpy().tolist() == [
        [*of] for of in product((2, 3), (4, 8), ("inner", "parity"), SEEDS)
    ]
    assert set(rows["kind"]) == {"trained"}
    assert (rows["error_2"] <= rows["error_inf"]).all()
    assert rows["error_2"].is_unique


def test_wide_networks_learn_the_targets_that_they_are_measured_on(tmp_path):
    trained = learn(tmp_path, widths="32", epochs=800).query("kind == 'trained'")
    assert trained["error_inf"].max() < 0.05


def test_bits_of_what_learned_depend_neither_on_threads_nor_on_other_seeds(learned, tmp_path):
    table, folder = learned
    learn(tmp_path, threads=2)
    assert (tmp_path / "d2").read_bytes() == (folder / "d2").read_bytes()
    alone = learn(tmp_path, name="alone", seeds="6", widths="8")
    rows = table[(table["kind"] != "trained") | ((table["seed"] == 6) & (table["width"] == 8))]
    pd.testing.assert_frame_equal(alone, rows.reset_index(drop=True))


def test_errors_are_over_all_points():
    """A deviation of 1 at one of four points, and of -2 at another."""
    row = train_inner.row(1, np.array([0.0, 1.0, -2.0, 0.0]), kind="trained")
    assert row["error_2"] == pytest.approx(np.sqrt(5 / 4))
    assert row["error_inf"] == 2
    assert row["bits"] == 2


def collect(folder, of_sawtooth, of_profiles, of_inner):
    given = ["--of_sawtooth", *of_sawtooth, "--of_profiles", *of_profiles, "--of_inner", *of_inner]
    given += [f"--{name}={folder}/{name}" for name in collect_depth.TABLES]
    collect_depth.main([str(part) for part in given])
    return {name: read(folder, name, schema) for name, schema in collect_depth.TABLES.items()}


@pytest.fixture(scope="module")
def collected(known, trained, learned, tmp_path_factory):
    """All tables of two targets and of d = 1 and 2: the tables, the same in another order."""
    folder = tmp_path_factory.mktemp("collected")
    train(folder, k=1, targets="1 2")
    learn(folder, dim=1)
    files = {
        "of_sawtooth": [known[1] / "known", trained[2] / "k2", folder / "k1"],
        "of_profiles": [trained[2] / "k2.profiles", folder / "k1.profiles"],
        "of_inner": [learned[1] / "d2", folder / "d1"],
    }
    made = collect(folder, **files)
    (folder / "turned").mkdir()
    turned = collect(folder / "turned", **{name: paths[::-1] for name, paths in files.items()})
    return made, turned, files, folder


def test_collections_are_whole_and_sorted_whatever_the_order_of_files(collected):
    made, turned, files, folder = collected
    for name, schema in collect_depth.TABLES.items():
        pd.testing.assert_frame_equal(made[name], turned[name])
        assert (folder / name).read_bytes() == (folder / "turned" / name).read_bytes()
        parts = [read_table(path, schema.columns) for path in files[f"of_{name}"]]
        assert len(made[name]) == sum(map(len, parts))
    assert made["sawtooth"]["compositions"].is_monotonic_increasing
    assert set(made["sawtooth"]["kind"]) == {"best", "bound", "constructed", "trained"}
    assert made["inner"]["dim"].tolist() == [1] * 17 + [2] * 17
    functions = made["profiles"].groupby(["compositions", "kind"])["position"]
    assert functions.ngroups == 6
    # Within a function, places go from left to right.
    assert functions.apply(lambda places: places.is_monotonic_increasing).all()


WIDTH = 6


def save_teachers(folder, networks):
    save_networks(folder / "teachers", networks, {})
    return folder / "teachers"


def save_students(folder, networks, name="students", evaluations=(1, 2)):
    """Write networks as students of d = 1, those of the evaluations one after another."""
    each = len(networks) // len(evaluations)
    depth, width = len(networks.weights), networks.weights[0].shape[1]
    cell = {"family": "random", "dim": 1, "samples": 9, "depth": depth, "width": width}
    numbers = list(np.repeat(evaluations, each).tolist())
    pairs = {"teacher": [*range(each)] * len(evaluations), "seed": [5] * len(networks)}
    pairs |= {"evaluation": numbers, "epoch": [7 * number for number in numbers]}
    described = {"cell": cell | {"batch_rule": "fifth", "batch": 3}, "students": pairs}
    save_networks(folder / name, networks, described, {"loss": np.zeros(len(networks))})
    return folder / name


def count(folder, sawtooth_table, teachers=(), students=(), name="pieces", depths="3 2"):
    given = ["--sawtooth", sawtooth_table, "--teachers", *teachers, "--students", *students]
    given += f"--depth.pieces.depths {depths} --depth.pieces.width {WIDTH}".split()
    given += ["--depth.pieces.count", "10", "--pieces", folder / name]
    count_pieces.main([str(part) for part in given])
    return read(folder, name, PIECES)


@pytest.fixture(scope="module")
def pieces(collected, tmp_path_factory):
    """Pieces without networks of the study uniform, and with them."""
    folder, table = tmp_path_factory.mktemp("pieces"), collected[3] / "sawtooth"
    students = [random_networks("he", 3, 5, 4, seed) for seed in (1, 2)]
    shallow = random_networks("he", 2, 5, 3, 3)
    teachers = random_networks("teacher", 4, 5, 7, 4)
    files = [
        save_students(folder, concatenate([students[1], students[0]]), "later"),
        save_students(folder, shallow, "shallow", evaluations=(2,)),
        save_students(folder, concatenate([students[0], students[1]])),
    ]
    plain = count(folder, table, name="plain")
    whole = count(folder, table, [save_teachers(folder, teachers)], files)
    return plain, whole, {"teachers": teachers, "students": students, "shallow": shallow}, folder


def test_random_networks_are_counted_by_kind_and_depth(pieces):
    rows = pieces[0][pieces[0]["kind"].isin(KINDS)]
    assert [*zip(rows["kind"], rows["depth"], strict=True)] == [*product(KINDS, (2, 3))]
    assert set(rows["count"]) == {10}
    assert set(rows["width"]) == {WIDTH}
    for row in rows.itertuples():
        found = counted(random_networks(row.kind, row.depth, WIDTH, 10))
        assert row.mean == pytest.approx(found.mean())
        assert (row.low, row.high) == pytest.approx(np.quantile(found, (0.1, 0.9)))
        assert row.largest == found.max()
        assert row.neurons == (row.depth - 1) * WIDTH
        assert row.bound_log10 == pytest.approx((row.depth - 1) * np.log10(WIDTH + 1))


def test_students_on_triangles_are_counted_once(pieces, collected):
    """Not once for each norm, and no networks that nobody trained."""
    rows = pieces[0][pieces[0]["kind"] == "triangles"].set_index(["depth", "width"])
    table = collected[0]["sawtooth"].query("kind == 'trained' and norm == '2'")
    sizes = table.groupby(["depth", "width"])["pieces"]
    assert rows["count"].to_dict() == sizes.size().to_dict()
    assert rows["mean"].to_dict() == pytest.approx(sizes.mean().to_dict())
    # Of k = 1 and of k = 2, two seeds each.
    assert rows.loc[(2, 8), "count"] == 4


def test_networks_of_the_study_uniform_are_added_and_students_at_their_last_evaluation(pieces):
    plain, whole, networks, _ = pieces
    own = ["teachers", "students"]
    assert not plain["kind"].isin(own).any()
    pd.testing.assert_frame_equal(whole[~whole["kind"].isin(own)].reset_index(drop=True), plain)
    rows = whole[whole["kind"].isin(own)].set_index(["kind", "depth", "width"])
    # Of all files together, in order of size, whatever the order of files.
    assert rows.index.tolist() == [("teachers", 4, 5), ("students", 2, 5), ("students", 3, 5)]
    assert rows["count"].tolist() == [7, 3, 8]
    last = counted(concatenate(networks["students"]))
    found = rows.loc[("students", 3, 5)]
    assert found["mean"] == pytest.approx(last.mean())
    assert found["largest"] == last.max()
    assert rows.loc[("teachers", 4, 5), "mean"] == counted(networks["teachers"]).mean()
    assert rows.loc[("students", 2, 5), "mean"] == counted(networks["shallow"]).mean()


def test_only_the_last_evaluation_of_students_counts(pieces, tmp_path):
    """Of two networks with different pieces, the one that is evaluated last."""
    early, late = sawtooth(2), random_networks("he_zero_bias", 3, 2, 1)
    file = save_students(tmp_path, concatenate([early, late]))
    (row,) = count_pieces.of_students([file])
    assert (row["count"], row["mean"]) == (1, counted(late)[0])
    assert row["mean"] < 4
    again = save_students(tmp_path, concatenate([late, early]), "again")
    (row,) = count_pieces.of_students([again])
    assert row["mean"] == 4


def test_students_are_not_taken_for_teachers(collected, tmp_path):
    save_networks(tmp_path / "others", random_networks("he", 2, 3, 1), {"kind": "students"})
    with pytest.raises(InputError, match="expected a file of teachers, found one of students"):
        count(tmp_path, collected[3] / "sawtooth", [tmp_path / "others"])


@pytest.fixture(scope="module")
def told(known, collected, pieces, tmp_path_factory):
    """Claims, findings and summary of what the programs made: the folder, and the claims."""
    folder = tmp_path_factory.mktemp("told")
    paths = {name: collected[3] / name for name in ("sawtooth", "inner")}
    paths |= {name: known[1] / name for name in ("widths", "square", "bounds")}
    paths |= {"pieces": pieces[3] / "pieces"}
    paths |= {name: folder / name for name in ("claims", "ledger")}

    def options(*names):
        return [part for name in names for part in (f"--{name}", str(paths[name]))]

    given = ["--depth.shallow_width", "8", "--depth.cliff.composition", "2"]
    made = options(*tabulate_depth_claims.TABLES, "claims", "ledger")
    tabulate_depth_claims.main([*made, *given])
    given = ["--summary", f"{folder}/summary", "--findings", f"{folder}/findings", *given[2:]]
    describe_depth.main([*options(*describe_depth.TABLES), *given])
    return folder, read(folder, "claims", CLAIMS_TABLE)


def test_claims_come_in_their_order_with_their_study(told):
    claims = told[1]
    order = [claim.name for claim in CLAIMS]
    # Nothing was trained on three applications and more, or with 16 neurons on bits; and the mean
    # has a floor above 0 from k = 3 on.
    silent = {"deep_beats_shallow", "deep_not_learned", "second_layer_pays", "mean_floor_holds"}
    assert [*claims["claim"].unique()] == [name for name in order if name not in silent]
    assert set(claims["study"]) == {"depth"}
    cases = claims.set_index("claim")["case"]
    assert cases["sawtooth_exact"] == "k = 1 to 3"
    assert cases["width_gives_nothing"] == "k = 2, widths 4 to 8"
    assert cases["inner_exact"] == "d = 1 to 2"
    verdicts = claims.groupby("claim")["verdict"].agg(set)
    for name in ("sawtooth_exact", "shallow_cannot", "inner_exact", "daniely_crosses"):
        assert verdicts[name] == {"supported"}
    for name in ("square_exact", "product_exact"):
        assert verdicts[name] == {"supported"}


def test_findings_are_what_the_tables_have(told, collected, known, pieces):
    study, found = read_findings(told[0] / "findings")
    assert study == "depth"
    assert found["teeth"] == 12
    table = collected[0]["sawtooth"].query("kind == 'trained' and norm == 'inf'")
    assert [row["k"] for row in found["learned"]] == [1, 2]
    first, second = found["learned"]
    shallow = table.query("compositions == 2 and depth == 2")["error"]
    deep = table.query("compositions == 2 and depth == 3")["error"]
    assert second == {
        **{"k": 2, "shallow_min": shallow.min(), "shallow_max": shallow.max()},
        **{"deep_min": deep.min(), "deep_max": deep.max()},
        **{"deep_better": (deep <= 0.25).sum(), "deep_students": len(deep)},
    }
    # One hidden layer is not deep.
    assert first["deep_min"] is first["deep_max"] is None
    assert first["deep_students"] == 0
    assert (found["per_piece"], found["half"]) == (32, 0.25)
    could = table.query("compositions == 2 and depth == 2 and width >= 4")["error"]
    assert found["cliff"] == {"k": 2, "could": 4, "best": could.min()}
    inner = collected[0]["inner"].query("kind == 'trained'")
    means = inner.groupby(["target", "dim", "depth", "width"])["error_2"].mean()
    assert len(found["inner"]) == 2 * 2 * 2
    for row in found["inner"]:
        # What is written down has other widths.
        assert {*row} == {"target", "dim", "depth", "width 4", "width 8"}
        for width in (4, 8):
            mean = means[row["target"], row["dim"], row["depth"], width]
            assert row[f"width {width}"] == pytest.approx(mean)
    assert len(found["widths"]) == 12
    assert found["widths"][2] == {
        **{"hidden_layers": 3, "width_bound": 15, "width_construction": 16, "neurons": 48}
    }
    assert len(found["pieces"]) == len(pieces[1])
    tested = found["tested"]
    assert {*tested} == {*told[1]["claim"]}
    assert tested["pieces_are_few"]["cases"] == 7
    for row in tested.values():
        assert row["cases"] == sum(row[verdict] for verdict in VERDICTS)


def test_findings_tell_the_theorems_in_some_dimensions(told):
    found = json.loads((told[0] / "findings").read_text())["findings"]["theorems"]
    dims = [10, 20, 30, 40, 41, 60]
    of = {
        name: [row for row in found if row["theorem"] == name]
        for name in ("daniely", "inner_product")
    }
    assert len(found) == 12
    assert [row["dim"] for row in of["daniely"]] == dims
    assert [row["dim"] for row in of["inner_product"]] == dims
    # With the weights of the network, which alone has an upper end.
    assert [row["weights"] for row in of["inner_product"]] == [d - 1 for d in dims]
    assert of["daniely"][1]["lower_log10"] == pytest.approx(0.48134216)
    crossed = [row["dim"] for row in of["daniely"] if row["lower_log10"] > row["upper_log10"]]
    assert crossed == [41, 60]


def test_findings_tell_where_and_how_daniely_crosses(told, known):
    found = json.loads((told[0] / "findings").read_text())["findings"]["crossing"]
    assert found["dim"] == 41
    # S3.7.
    assert np.log10([found["needed"], found["enough"]]) == pytest.approx([11.93, 11.55], abs=5e-3)
    bounds = known[0]["bounds"]
    assert describe_depth.crossing(bounds.query("dim <= 40")) is None


def bits(errors):
    """Networks that learned bits, of one seed: errors by target, dim, depth and width."""
    names = ["target", "dim", "depth", "width"]
    rows = [dict(zip(names, size, strict=True)) | {"error_2": e} for size, e in errors.items()]
    return {"inner": pd.DataFrame(rows).assign(kind="trained", seed=1)}


def test_findings_say_at_how_many_widths_parity_is_easier():
    """Of those at which one hidden layer has not learned both."""
    found = describe_depth.parity(
        bits(
            {
                **{("inner", 2, 2, 8): 0.08, ("parity", 2, 2, 8): 0.32},
                **{("inner", 2, 2, 64): 2e-16, ("parity", 2, 2, 64): 1e-16},
                **{("inner", 5, 2, 8): 0.9, ("parity", 5, 2, 8): 0.8},
                **{("inner", 5, 2, 64): 0.2, ("parity", 5, 2, 64): 0.1},
                **{("inner", 5, 3, 64): 0.01, ("parity", 5, 3, 64): 1e-4},
            }
        )
    )
    assert found["dims"] == [
        {"dim": 2, "easier": 0, "widths": 1},
        {"dim": 5, "easier": 2, "widths": 2},
    ]
    assert (found["dim"], found["width"], found["one"], found["two"]) == (5, 64, 0.1, 1e-4)
    # A run may have no network of one hidden layer.
    deep = {("inner", 2, 3, 8): 0.1, ("parity", 2, 3, 8): 0.2}
    found = describe_depth.parity(bits(deep))
    assert (found["dims"], found["one"], found["two"]) == ([], None, 0.2)


def test_the_caption_of_pieces_compares_with_a_layer_that_errs_more(known, pieces):
    """With 24 neurons the deep network errs by 4^-9, and 128 in one layer by 1 / (8 129^2)."""
    said = plot_pieces.caption(pieces[1], known[0]["square"])
    assert pytest.approx(7.5e-6, rel=2e-3) == 1 / (8 * 129**2)
    assert (
        "With 24 neurons the deep network errs by 3.8e-06, one hidden layer of 128 by 7.5e-06 or "
        "more" in said
    )


def test_the_caption_of_bits_tells_two_theorems_apart(known, collected):
    rows = collected[0]["inner"].query("kind == 'trained'")
    said = plot_inner.caption(rows, known[0]["bounds"])
    assert (
        "The bound for the inner product first exceeds one neuron at d = 47, and the network of "
        "two layers nowhere in the figure; Daniely's exceeds what is enough for two first at "
        "d = 41." in said
    )
    further = known[0]["bounds"].replace({"upper_log10": {np.log10(120): 1.0}})
    assert "the network of two layers at d = 60;" in plot_inner.caption(rows, further)


def test_the_summary_has_five_tables_in_markdown(told):
    text = (told[0] / "summary").read_text()
    parts = text.split("## ")
    assert [part.splitlines()[0] for part in parts[1:]] == [
        "Uniform errors on the triangle map, applied k times (S3.1, S3.4)",
        "Mean L^2 errors on the inner product, and on parity of as many bits (S3.5, S3.6)",
        "Widths that twelve applications take, by the number of hidden layers (S3.4)",
        "Widths of theorems, as powers of ten (S3.6, S3.7)",
        "Affine pieces of networks of one input (S4.7)",
    ]
    for part in parts[1:]:
        lines = part.strip().splitlines()[2:]
        assert len({line.count("|") for line in lines}) == 1
        assert lines[1].replace("| ", "").strip(" |").split() == ["---"] * (lines[0].count("|") - 1)
    assert "| 3 | 15 | 16 | 48 |" in parts[3]
    assert "| daniely | 20 | 1.05e+06 | 0.481 | 9.99 |" in parts[4]
    assert text.endswith(" |\n")


def test_findings_of_a_target_without_one_hidden_layer_hold_null(tmp_path, known):
    """Students of k hidden layers alone, as a scale may have them."""
    rows = pd.DataFrame(
        {"compositions": 3, "kind": "trained", "depth": 4, "width": 8, "norm": "inf"}, index=[0]
    ).assign(error=0.25, neurons=24, seed=1, pieces=9, expressible=True, statement=None)
    write_table(tmp_path / "sawtooth", rows, SAWTOOTH)
    tables = {"sawtooth": read(tmp_path, "sawtooth", SAWTOOTH)}
    (found,) = describe_depth.learned(tables)
    assert found["deep_min"] == found["deep_max"] == 0.25
    assert np.isnan(found["shallow_min"])
    assert describe_depth.cliff(tables, 3)["could"] == 0
