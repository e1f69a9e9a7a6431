"""The programs of the study parity, on small settings: their tables, and what they tell."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from parity import (
    collect_parity_samples,
    compare_splines,
    describe_parity,
    measure_parity,
    solve_parity_samples,
    tabulate_parity_claims,
    tabulate_parity_norms,
    train_parity,
)
from supnorm.cube import corners
from supnorm.findings import read_findings
from supnorm.job.programs import InputError
from supnorm.networks import Networks, load_networks, save_networks
from supnorm.parity import norms
from supnorm.parity.claims import CLAIMS
from supnorm.parity.constructions import optimum
from supnorm.parity.cube import drawn_corners
from supnorm.parity.elimination import solve_parity
from supnorm.parity.programme import (
    Dictionary,
    least_norm,
    sign_dictionary,
    tie_breaking_costs,
)
from supnorm.parity.tables.norms import NORMS
from supnorm.parity.tables.samples import SAMPLES
from supnorm.parity.tables.splines import SPLINES
from supnorm.parity.tables.training import NEURONS, TRAINING
from supnorm.parity.tables.waves import WAVES
from supnorm.parity.tables.width import WIDTH
from supnorm.tables.claims import CLAIMS as CLAIMS_TABLE
from supnorm.tables.samples import samples_schema
from supnorm.tables.schema import read_table, write_table


def read(folder, name, schema):
    return read_table(folder / name, schema.columns)


def tabulate(folder, curve=12, dims="2 3 4", averaged="4", errors=".5", trials=3, waving="3"):
    """Run the program of norms, waves and widths, and return its three tables."""
    given = f"--parity.curve {curve} --parity.dims {dims} --parity.averages.dims {averaged}"
    given += f" --parity.averages.errors {errors} --parity.averages.trials {trials}"
    given += f" --parity.waves.dims {waving} --parity.waves.frequencies 5"
    given += "".join(f" --{name} {folder}/{name}" for name in ("norms", "width", "waves"))
    tabulate_parity_norms.main(given.split())
    return [
        read(folder, name, schema)
        for name, schema in (("norms", NORMS), ("width", WIDTH), ("waves", WAVES))
    ]


@pytest.fixture(scope="module")
def tabulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("norms")
    given = {"averaged": "4 8", "errors": ".5 .25", "waving": "6 3"}
    return dict(zip(("norms", "width", "waves"), tabulate(folder, **given), strict=True)), folder


def norm_of(tabulated, kind, dim, epsilon=0.0, order=None):
    rows = tabulated[0]["norms"]
    rows = rows[(rows["kind"] == kind) & (rows["dim"] == dim) & (rows["epsilon"] == epsilon)]
    (found,) = (rows if order is None else rows[rows["order"] == order])["norm"]
    return found


@pytest.mark.parametrize(
    ("kind", "dim", "wanted"),
    [
        ("minimum", 4, 8.0),
        ("minimum", 5, 11.9256958800),
        ("minimum", 6, 13.0639452948),
        ("minimum", 9, 21.9428571429),
        ("minimum", 16, 38.1911421911),
        ("ridge", 6, 24.4948974278),
        ("ridge_count", 4, 22.0),
        ("best_average", 12, 45.2598411981),
        ("minimum_penalised_biases", 3, 8.0),
        ("lp_penalised_biases", 3, 8.0),
        ("lp", 4, 8.0),
    ],
)
def test_norms_are_those_of_independent_programs(tabulated, kind, dim, wanted):
    assert norm_of(tabulated, kind, dim) == pytest.approx(wanted, rel=1e-9)


def test_averages_of_each_order_are_there_and_the_best_is_among_them(tabulated):
    assert norm_of(tabulated, "average", 10, order=0) == pytest.approx(51.3995606986)
    rows = tabulated[0]["norms"].query("kind == 'average'")
    assert rows[rows["dim"] == 12]["order"].tolist() == [0, 2, 4, 6, 8, 10, 12]
    best = tabulated[0]["norms"].query("kind == 'best_average'").set_index("dim")
    pd.testing.assert_series_equal(rows.groupby("dim")["norm"].min(), best["norm"])
    assert best.loc[12, "order"] == 2
    assert best.loc[[2, 3, 4], "order"].tolist() == [2, 3, 4]
    # The rest of the table's numbers for a bump of order 0: C(10, 5) / 2^10.
    of_ten = rows[(rows["dim"] == 10) & (rows["order"] == 0)]
    assert of_ten["share"].item() == 252 / 1024


def test_an_error_of_a_half_halves_norms_and_bounds_are_of_that_error(tabulated):
    for kind in ("ridge", "minimum", "lp"):
        halved = norm_of(tabulated, kind, 4, epsilon=0.5)
        assert halved == pytest.approx(norm_of(tabulated, kind, 4) / 2)
    assert norm_of(tabulated, "bound_approximation", 8, epsilon=0.5) == 0.5
    assert norm_of(tabulated, "bound_ridge", 8, epsilon=0.5) == pytest.approx(8.0)


def test_curves_end_and_growth_goes_on(tabulated):
    rows = tabulated[0]["norms"]
    minimum = rows[(rows["kind"] == "minimum") & (rows["epsilon"] == 0)]
    assert minimum["dim"].tolist() == [*range(2, 13), 16, 32, 64, 128, 256, 512, 1024]
    assert rows[rows["kind"] == "average"]["dim"].max() == 12
    for kind in ("lp", "lp_penalised_biases", "ridge_drawn"):
        assert set(rows[rows["kind"] == kind]["dim"]) == {2, 3, 4}
    assert (rows["exact"] == ~rows["kind"].str.contains("lp|drawn")).all()


def test_constructions_are_evaluated_and_interpolate(tabulated):
    rows = tabulated[0]["norms"]
    for kind, last in (("ridge", 12), ("average", 10), ("minimum", 10)):
        some = rows[(rows["kind"] == kind) & (rows["epsilon"] == 0)]
        made = some[some["deviation"].notna()]
        assert (some["dim"] <= last).equals(some["deviation"].notna())
        assert made["deviation"].max() < 1e-12
    assert tabulate_parity_norms.deviation(optimum(4).map(lambda array: 0.75 * array)) > 0.1


def test_splines_along_random_directions_are_no_shorter_than_the_ridge(tabulated):
    for dim in (2, 3, 4):
        drawn, least = (norm_of(tabulated, kind, dim) for kind in ("ridge_drawn", "ridge"))
        assert least <= drawn < 6 * least


def test_each_neuron_of_the_sawtooth_labels_its_share(tabulated):
    rows = tabulated[0]["norms"].query("kind == 'neuron' and dim == 4")
    assert rows["order"].tolist() == [0, 1, 2, 3, 4]
    assert rows["share"].tolist() == [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]
    assert (rows["norm"] == 4).all()


def test_widths_are_those_that_are_guaranteed(tabulated):
    rows = tabulated[0]["width"].query("dim == 8 and epsilon == 0.25 and directions == guaranteed")
    assert rows["guaranteed"].tolist() == [592] * 3
    assert rows["width"].tolist() == [1776] * 3
    assert rows["norm"].to_numpy() == pytest.approx(41.37584822)
    assert rows["trial"].tolist() == [1, 2, 3]
    assert rows["error_inf"].nunique() == 3


def test_an_average_over_more_directions_is_closer(tabulated):
    rows = tabulated[0]["width"].query("dim == 8 and epsilon == 0.25")
    counts = sorted({max(1, round(592 * part)) for part in (1 / 32, 1 / 16, 1 / 8, 1 / 4, 0.5, 1)})
    means = rows.groupby("directions")["error_inf"].mean()
    assert means.index.tolist() == counts
    assert means.iloc[-1] < 0.5 * means.iloc[0]
    assert 0 < means.iloc[-1] < 0.25


def test_a_draw_is_the_same_whatever_else_is_drawn(tabulated, tmp_path):
    """Trials have streams of their own, and errors aimed at take of one what they need."""
    _, alone, _ = tabulate(tmp_path, averaged="8", errors=".25", trials=1)
    rows = tabulated[0]["width"].query("dim == 8 and epsilon == 0.25 and trial == 1")
    pd.testing.assert_frame_equal(rows.reset_index(drop=True), alone)


def test_waves_are_interpolated_along_one_direction_and_along_all(tabulated):
    rows = tabulated[0]["waves"].set_index(["dim", "phase", "frequency"])
    assert len(rows) == 2 * 2 * 5
    assert rows.loc[(6, "cos", 0.4), "ridge"] == pytest.approx(5.47722558)
    # At the last frequency the cosine is parity, up to its sign.
    last = rows.loc[(6, "cos", 1.0)]
    assert last["ridge"] == pytest.approx(norms.ridge_norm(6))
    assert last["minimum"] == pytest.approx(norms.minimum_norm(6))
    assert last["ratio"] == pytest.approx(norms.minimum_norm(6) / norms.ridge_norm(6))
    assert (rows["minimum"] <= rows["ridge"] + 1e-9).all()
    # Where the wave is 0 at all points, both norms are.
    assert rows.loc[(6, "sin", 1.0), ["minimum", "ridge"]].max() < 1e-9
    assert rows.loc[(6, "sin", 1.0), "ratio"] == 1


def solve(folder, dim=4, ratios=".5 .75", threads=1, trained=4, steps=300, name="solved", seeds=""):
    given = f"--dim {dim} --parity.samples.ratios {ratios} --parity.samples.seeds 9 11{seeds} "
    given += f"--parity.samples.trained.dims {trained} --parity.samples.trained.decay 1e-2 "
    given += f"--parity.samples.trained.width 32 --parity.samples.trained.steps {steps} "
    given += "--parity.learning_rate 1e-2 --parity.final_learning_rate 1e-6 "
    given += "--training.engine auto --training.precision float64 "
    given += f"--threads {threads} --solved {folder}/{name}"
    solve_parity_samples.main(given.split())
    return read(folder, name, SAMPLES)


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """From 8 and 12 samples of four coordinates, of two seeds, by all methods."""
    folder = tmp_path_factory.mktemp("solved")
    return solve(folder), folder


def of(table, method, samples=None, seed=None):
    rows = table[table["method"] == method]
    rows = rows if samples is None else rows[rows["samples"] == samples]
    return rows if seed is None else rows[rows["seed"] == seed]


def test_each_method_learns_from_each_sample(solved):
    counts = solved[0].groupby(["method", "samples"]).size()
    assert counts.to_dict() == {
        **{(name, n): 2 for name in ("minimum", "kernel", "trained") for n in (8, 12)},
        **{("elimination", n): 2 for n in (4, 5, 6, 7, 8, 12)},
    }


def test_bits_depend_neither_on_threads_nor_on_what_else_is_asked(solved, tmp_path):
    table, folder = solved
    solve(tmp_path, threads=2)
    assert (tmp_path / "solved").read_bytes() == (folder / "solved").read_bytes()
    fewer = solve(tmp_path, ratios=".5", name="fewer")
    rows = table[table["samples"] == 8].reset_index(drop=True)
    pd.testing.assert_frame_equal(fewer[fewer["samples"] == 8].reset_index(drop=True), rows)
    more = solve(tmp_path, ratios=".5 .25 .75", seeds=" 12", name="more")
    same = more[(more["samples"] == 8) & more["seed"].isin([9, 11])].sort_values(
        ["method", "seed"], ignore_index=True
    )
    pd.testing.assert_frame_equal(same, rows.sort_values(["method", "seed"], ignore_index=True))
    assert set(more["seed"]) == {9, 11, 12}


def test_interpolants_interpolate_and_trained_networks_do_not(solved):
    for method in ("minimum", "kernel", "elimination"):
        rows = of(solved[0], method)
        assert (rows["residual"] < 1e-9).all()
    assert (of(solved[0], "trained")["residual"] > 1e-9).all()


def test_no_error_is_below_its_floor(solved):
    for method in ("minimum", "trained"):
        rows = of(solved[0], method)
        assert rows["floor"].to_numpy() == pytest.approx(1 - rows["norm"].to_numpy() / 8)
        assert (rows["error_2"] >= rows["floor"] - 1e-9).all()
        assert rows["neurons"].between(1, 32).all()
    rows = of(solved[0], "kernel")
    assert rows["floor"].tolist() == [math.sqrt(1 - n / 16) for n in (8, 8, 12, 12)]
    assert (rows["error_2_parities"] >= rows["floor"]).all()
    assert rows[["norm", "neurons"]].isna().all(axis=None)
    assert of(solved[0], "minimum")["error_2_parities"].isna().all()


def test_the_least_norm_is_one_whatever_the_order_of_neurons(tmp_path):
    """Of six dimensions, where many networks have the least norm."""
    table = of(solve(tmp_path, dim=6, ratios=".5", trained=""), "minimum")
    dictionary = sign_dictionary(6)
    order = np.random.default_rng(0).permutation(len(dictionary))
    turned = Dictionary(dictionary.weights[order], dictionary.biases[order])
    for row in table.itertuples():
        points, at = drawn_corners(row.seed, 6, 18), corners(6)
        costs = tie_breaking_costs(row.seed, 6, len(order))[order]
        found = least_norm(turned, points, points.prod(axis=1), costs=costs)
        errors = found.values(at) - at.prod(axis=1)
        assert row.norm == pytest.approx(found.norm)
        assert row.error_2 == pytest.approx(math.sqrt((errors**2).mean()))
        assert row.error_inf == pytest.approx(abs(errors).max())
        clipped = found.values(at).clip(-1, 1) - at.prod(axis=1)
        assert row.error_2_clipped == pytest.approx(math.sqrt((clipped**2).mean()))
        assert row.error_2_clipped < 0.95 * row.error_2
        assert row.neurons == (abs(found.coefficients) > 1e-9).sum()


def test_errors_are_ordered_and_clipping_helps(solved):
    table = solved[0]
    assert (table["error_2"] <= table["error_inf"] + 1e-12).all()
    assert (table["error_2_clipped"] <= table["error_2"] + 1e-12).all()
    assert (table["recovered"] <= (table["error_inf"] < 2)).all()
    assert (table["recovered"] >= (table["error_inf"] < 1)).all()
    assert (table["minimum"] == 8).all()


def test_elimination_is_told_its_probability_and_is_right_where_points_determine_it(solved):
    rows = of(solved[0], "elimination")
    for row in rows.itertuples():
        chance = math.prod(1 - 2.0 ** (i - row.samples) for i in range(4))
        assert row.probability == pytest.approx(chance)
        points = drawn_corners(row.seed, 4, row.samples)
        bits, determined = solve_parity(points, points.prod(axis=1))
        assert row.recovered == bool(bits.all())
        assert not determined or row.recovered
        assert row.error_inf == (0 if row.recovered else 2)
    assert rows["recovered"].any()
    assert not rows["recovered"].all()


def test_no_networks_are_trained_where_none_are_asked_for(solved, tmp_path):
    without = solve(tmp_path, trained="")
    table = solved[0]
    rest = table[table["method"] != "trained"].reset_index(drop=True)
    pd.testing.assert_frame_equal(without, rest)


def test_trained_networks_come_closer_the_longer_they_train(solved, tmp_path):
    longer = of(solve(tmp_path, ratios=".5", steps=3000), "trained")
    assert (longer["residual"].to_numpy() < of(solved[0], "trained", 8)["residual"]).all()
    assert (longer["norm"].to_numpy() <= of(longer, "trained")["minimum"] * 1.01).all()


def test_the_collection_is_sorted_and_whole(solved, tmp_path):
    of_three = solve(tmp_path, dim=3, ratios=".5", name="d3")
    paths = [f"{solved[1]}/solved", f"{tmp_path}/d3"]
    made = []
    for order in (paths, paths[::-1]):
        collect_parity_samples.main(["--solved", *order, "--samples", f"{tmp_path}/samples"])
        made.append(read(tmp_path, "samples", SAMPLES))
    pd.testing.assert_frame_equal(*made)
    assert len(made[0]) == len(of_three) + len(solved[0])
    assert made[0]["dim"].tolist() == sorted([3] * len(of_three) + [4] * len(solved[0]))
    names = made[0][["dim", "samples", "seed", "method"]]
    assert names.equals(names.sort_values([*names], ignore_index=True))


def train(folder, dim, steps=5000, decay=0.5, seeds="5 6", threads=1, name=None):
    given = f"--dim {dim} --width 32 --parity.seeds {seeds} --parity.decay {decay} "
    given += f"--parity.steps {steps} --parity.learning_rate 1e-2 "
    given += "--parity.final_learning_rate 1e-6 --training.engine auto "
    given += f"--training.precision float64 --threads {threads} "
    given += f"--students {folder / (name or f'd{dim}')}"
    train_parity.main(given.split())


def measure(folder, *students):
    given = ["--training", f"{folder}/training", "--neurons", f"{folder}/neurons"]
    measure_parity.main(["--students", *(f"{folder}/{name}" for name in students), *given])
    return read(folder, "training", TRAINING), read(folder, "neurons", NEURONS)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Networks of two and of three dimensions, of two seeds."""
    folder = tmp_path_factory.mktemp("trained")
    for dim in (2, 3):
        train(folder, dim)
    return *measure(folder, "d2", "d3"), folder


def test_training_is_measured_against_the_least_objective(trained):
    table = trained[0]
    assert table[["dim", "seed", "decay"]].to_numpy().tolist() == [
        [dim, seed, decay] for dim in (2, 3) for decay in (0.5, 0) for seed in (5, 6)
    ]
    decayed = table[table["decay"] > 0]
    # 0.5 - 0.5^2 / 4, with a fit of 1 - 0.5 / 2.
    assert (decayed["optimum"] == 0.4375).all()
    assert decayed["objective"].to_numpy() == pytest.approx(0.4375, rel=1e-3)
    assert (decayed["objective"] >= 0.4375 - 1e-9).all()
    assert decayed["fit"].to_numpy() == pytest.approx(0.75, rel=1e-2)
    assert decayed["error_2"].to_numpy() == pytest.approx(0.25, rel=1e-2)
    assert (decayed["deviation"] < 1e-2).all()
    least = decayed["norm"] / (decayed["fit"] * decayed["minimum"])
    assert least.between(1 - 1e-9, 1.01).all()
    assert (decayed["cosine"] > 0.999).all()
    assert (decayed["cosine"] < 1 + 1e-12).all()
    assert (decayed["active"] < 32).all()
    assert abs(decayed["bias"] - decayed["bias_expected"]).max() < 1e-2


def test_without_decay_the_objective_is_the_error_alone(trained):
    plain = trained[0][trained[0]["decay"] == 0]
    assert (plain["optimum"] == 0).all()
    assert plain["objective"].to_numpy() == pytest.approx(plain["error_2"].to_numpy() ** 2)
    assert (plain["error_2"] < 1e-3).all()
    assert plain["fit"].to_numpy() == pytest.approx(1, abs=1e-3)


def test_trainings_are_told_what_they_are_compared_with(trained):
    table = trained[0].set_index("dim")
    assert set(table.loc[2, "bias_expected"]) == {0.0}
    assert set(table.loc[3, "bias_expected"]) == {1 / math.sqrt(3)}
    assert set(table.loc[3, "minimum"]) == {norms.minimum_norm(3)}
    assert set(table["width"]) == {32}
    assert set(table["steps"]) == {5000}


def test_neurons_are_told_at_the_start_and_at_the_end(trained):
    training, neurons, _ = trained
    assert set(neurons["time"]) == {"start", "end"}
    assert (neurons["share"] > measure_parity.SMALL).all()
    ends = neurons[neurons["time"] == "end"].groupby(["dim", "seed", "decay"])
    named = training.set_index(["dim", "seed", "decay"]).sort_index()
    assert ends.size().to_dict() == named["active"].to_dict()
    assert (ends["share"].sum() > 0.97).all()
    # What the table of trainings has of cosines is the mean of these, by share.
    weighted = (neurons["share"] * neurons["cosine"])[neurons["time"] == "end"]
    sums = weighted.groupby([neurons[name] for name in ("dim", "seed", "decay")]).sum()
    assert sums.sort_index().to_numpy() == pytest.approx(named["cosine"].to_numpy(), abs=0.03)
    starts = neurons[neurons["time"] == "start"]
    assert set(starts["decay"]) == {0.0}
    assert starts["cosine"].between(math.sqrt(1 / 3), 1 + 1e-12).all()
    assert starts["cosine"].min() < 0.95


def test_the_network_of_least_norm_is_measured_as_such():
    """S2.6 and S2.7, of a network that is known: 0.9 of the optimum, balanced."""
    for dim in (3, 4):
        best, scale = optimum(dim), 0.9
        inner, outer = best.weights
        root = np.sqrt(scale * np.abs(outer[:, 0]))[..., None]
        signs = np.sign(outer)
        network = Networks(
            (inner * root, signs * root[..., 0][:, None]),
            (
                best.biases[0] * root[..., 0],
                best.biases[1],
            ),
        )
        shares = measure_parity.neurons_of(network)
        found = measure_parity.measure(network, dim, 0.2, shares)
        assert found["fit"] == pytest.approx(scale)
        assert found["objective"] == pytest.approx(found["optimum"])
        assert found["optimum"] == pytest.approx(0.2 - 0.01)
        assert found["norm"] == pytest.approx(scale * norms.minimum_norm(dim))
        assert found["cosine"] == pytest.approx(1)
        assert found["bias"] == pytest.approx(found["bias_expected"])
        assert found["error_2"] == pytest.approx(0.1)
        assert found["deviation"] < 1e-12
        assert found["active"] == found["width"] == 2**dim


def test_bits_of_networks_depend_neither_on_threads_nor_on_other_seeds(trained, tmp_path):
    folder = trained[2]
    train(tmp_path, 2, threads=2)
    assert (tmp_path / "d2").read_bytes() == (folder / "d2").read_bytes()
    train(tmp_path, 2, seeds="6", name="alone")
    (alone, told, _), (all_of_them, _, _) = map(load_networks, (tmp_path / "alone", folder / "d2"))
    assert told["networks"] == {
        "time": ["start", "end", "end"],
        "seed": [6, 6, 6],
        "decay": [0.0, 0.5, 0.0],
    }
    for name, array in alone.tensors().items():
        assert (array == all_of_them.tensors()[name][[1, 3, 5]]).all()


def test_networks_that_learned_something_else_are_refused(tmp_path):
    save_networks(tmp_path / "others", optimum(2), {"kind": "students"})
    says = "others: expected networks trained on parity, found students"
    with pytest.raises(InputError, match=says):
        measure(tmp_path, "others")
    assert not (tmp_path / "training").exists()


def write_line(folder, points, *values):
    """Write samples for d = 1 of one seed."""
    columns = {"seed": 3, "index": range(len(points)), "x0": points}
    columns |= {f"u{k:03d}": some for k, some in enumerate(values)}
    write_table(folder / "line", pd.DataFrame(columns), samples_schema(1, len(values)))


def compare(folder, samples=None):
    given = ["--splines", f"{folder}/splines", "--sample"]
    given += [f"{folder}/line", "--samples", str(samples)] if samples else []
    compare_splines.main(given)
    return read(folder, "splines", SPLINES)


def test_splines_have_the_least_norm(tmp_path):
    """Five points by hand, out of order, and others that a longer spline takes."""
    points = [0.0, -0.4, 0.4, -0.2, 0.2, *np.linspace(-0.45, 0.45, 16)]
    zigzag = [*[0.0, 0.0, 0.0, 0.2, 0.2], *np.linspace(0, 1, 16)]
    write_line(tmp_path, points, zigzag, [3 * z for z in zigzag])
    rows = compare(tmp_path, 21)
    assert rows[["teacher", "seed", "samples"]].to_numpy().tolist() == [
        [teacher, 3, count] for teacher in (0, 1) for count in (5, 20)
    ]
    # Slopes 1, -1, 1, -1.
    few = rows[rows["samples"] == 5]
    assert few["variation"].to_numpy() == pytest.approx([6.0, 18.0])
    assert rows["minimum"].to_numpy() == pytest.approx(rows["variation"].to_numpy(), rel=1e-9)
    assert rows["variation"].is_unique


def test_without_a_sample_there_are_no_splines(tmp_path):
    table = compare(tmp_path)
    assert table.empty
    assert [*table.columns] == SPLINES.arrow().names


def test_a_sample_of_another_size_is_refused(tmp_path):
    write_line(tmp_path, [0.0, 0.1, 0.2], [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="expected the points 0 to 3 of each seed"):
        compare(tmp_path, 4)


@pytest.fixture(scope="module")
def told(tabulated, solved, trained, tmp_path_factory):
    """Claims, findings and summary of what the programs made: paths, and the claims."""
    folder = tmp_path_factory.mktemp("told")
    compare(folder)
    paths = {
        **{name: tabulated[1] / name for name in ("norms", "width", "waves")},
        "training": trained[2] / "training",
        "samples": solved[1] / "solved",
        "splines": folder / "splines",
        **{name: folder / name for name in ("claims", "ledger")},
    }

    def options(names):
        return [part for name in names for part in (f"--{name}", str(paths[name]))]

    claims = [*tabulate_parity_claims.TABLES, "claims", "ledger"]
    tabulate_parity_claims.main(options(claims))
    described = options(describe_parity.TABLES)
    describe_parity.main(
        [*described, "--summary", f"{folder}/summary", "--findings", f"{folder}/findings"]
    )
    return folder, read(folder, "claims", CLAIMS_TABLE)


def test_claims_come_in_their_order_with_their_study(told):
    claims = told[1]
    order = [claim.name for claim in CLAIMS]
    assert [*claims["claim"].unique()] == [n for n in order if n in set(claims["claim"])]
    assert set(claims["study"]) == {"parity"}
    # Of four dimensions, without splines.
    silent = {"learns_at_3d2", "uniform_later", "elimination_suffices", "spline_is_minimum"}
    assert set(order) - set(claims["claim"]) == silent


def test_findings_are_what_the_tables_have(told, trained, solved):
    study, found = read_findings(told[0] / "findings")
    assert study == "parity"
    assert found["seeds"] == [2, 2]
    by_dim = {row["dim"]: row for row in found["norms"]}
    assert [*by_dim] == [2, 3, 4, 5, 6, 8, 10, 12]
    assert by_dim[12]["order"] == 2
    assert by_dim[12]["best_average"] == pytest.approx(45.2598411981)
    assert by_dim[4] == {
        "dim": 4,
        "ridge": 12.0,
        "best_average": 12.0,
        "minimum": 8.0,
        "order": 4,
        "over_dim": 2.0,
    }
    training = trained[0].assign(excess=lambda t: t["norm"] / t["fit"] / t["minimum"])
    for row in found["training"]:
        rows = training[training["dim"] == row["dim"]]
        decayed, plain = rows[rows["decay"] > 0], rows[rows["decay"] == 0]
        assert row["excess"] == pytest.approx(decayed["excess"].max())
        assert row["cosine"] == pytest.approx(decayed["cosine"].min())
        assert row["objective"] == pytest.approx(decayed["objective"].max() / 0.4375)
        assert row["without"] == pytest.approx(plain["excess"].mean())
        assert row["low"] <= row["without"] <= row["high"]
    assert [row["samples"] for row in found["samples"]] == [8, 12]
    few = found["samples"][0]
    table = solved[0]
    assert few["ratio"] == 0.5
    for key, method, column in (
        ("error_2", "minimum", "error_2"),
        ("error_inf", "minimum", "error_inf"),
        ("error_2_clipped", "minimum", "error_2_clipped"),
        ("floor", "minimum", "floor"),
        ("trained_2", "trained", "error_2"),
        ("trained_inf", "trained", "error_inf"),
        ("kernel_2", "kernel", "error_2"),
        ("kernel_inf", "kernel", "error_inf"),
        ("eliminated", "elimination", "recovered"),
        ("kernel_parities", "kernel", "error_2_parities"),
        ("kernel_floor", "kernel", "floor"),
    ):
        assert few[key] == pytest.approx(of(table, method, 8)[column].mean()), key
    assert few["size"] == pytest.approx(of(table, "minimum", 8)["norm"].mean() / 8)
    least = of(table, "minimum", 8)
    assert (few["right"], few["draws"]) == (least["recovered"].sum(), len(least))
    assert found["tested"]["minimum_is_v"]["cases"] == 3
    assert found["tested"]["minimum_is_v"]["supported"] == 3
    waves = {(row["dim"], row["phase"]): row["ratio"] for row in found["waves"]}
    assert set(waves) == {(3, "cos"), (3, "sin"), (6, "cos"), (6, "sin")}
    # At four fifths of the frequency of parity, where it is 0.5333.
    assert waves[6, "cos"] == pytest.approx(0.6742, abs=1e-4)


def test_findings_of_trainings_are_the_worst_of_their_seeds():
    rows = pd.DataFrame({"dim": 3, "width": 32, "seed": [1, 2] * 2, "decay": [0.5, 0.5, 0, 0]})
    rows = rows.assign(
        **{"objective": [0.4, 0.5, 0.1, 0.2], "optimum": 0.4, "norm": [6.0, 9.0, 12.0, 18.0]},
        **{"fit": [0.5, 0.5, 1.0, 1.0], "minimum": 6.0, "cosine": [0.7, 0.8, 0.1, 0.2]},
    )
    (found,) = describe_parity.trainings(rows)
    assert found == {
        **{"dim": 3, "width": 32, "objective": 1.25, "excess": 3.0, "cosine": 0.7},
        **{"without": 2.5, "low": 2.0, "high": 3.0},
    }


def test_findings_hold_null_where_no_network_was_trained(tmp_path, told, tabulated, trained):
    solve(tmp_path, trained="", ratios=".5")
    given = ["--norms", f"{tabulated[1]}/norms", "--waves", f"{tabulated[1]}/waves"]
    given += ["--training", f"{trained[2]}/training", "--samples", f"{tmp_path}/solved"]
    given += ["--claims", f"{told[0]}/claims", "--summary", f"{tmp_path}/summary"]
    describe_parity.main([*given, "--findings", f"{tmp_path}/findings"])
    (row,) = json.loads((tmp_path / "findings").read_text())["findings"]["samples"]
    assert row["trained_2"] is None
    assert row["kernel_2"] is not None
    assert "| 4 | 8 | 0.5 | " in (tmp_path / "summary").read_text()


def test_the_summary_has_four_tables_in_markdown(told):
    text = (told[0] / "summary").read_text()
    parts = text.split("## ")
    assert [part.splitlines()[0] for part in parts[1:]] == [
        "Norms that parity needs (S2.3, S2.4, S2.6)",
        "Networks trained on all points, the worst of their seeds (S2.7)",
        "Parity from samples, means over seeds (S2.9, S2.11, S2.12)",
        "Least norm of waves over that of one direction, at the best frequency below parity's",
    ]
    for part in parts[1:]:
        lines = part.strip().splitlines()[2:]
        assert len({line.count("|") for line in lines}) == 1
        assert lines[1].replace("| ", "").strip(" |").split() == ["---"] * (lines[0].count("|") - 1)
    assert "| 12 | 76.2 | 45.3 | 28.2 | 2 | 2.35 |" in parts[1]
    assert text.endswith(" |\n")
