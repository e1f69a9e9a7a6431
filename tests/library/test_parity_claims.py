"""The claims of the study parity: on tables as they should be, and on tables that refute them."""

import numpy as np
import pandas as pd
import pytest

from parity.tabulate_parity_claims import TABLES
from parity.tabulate_parity_norms import norm_rows, width_rows
from supnorm.parity.claims import CLAIMS, STUDY
from supnorm.parity.index import FIGURES
from supnorm.parity.index import TABLES as INDEX
from supnorm.parity.norms import elimination_probability, linear_floor, minimum_norm
from supnorm.statistics.claims import tabulate_claims

SEEDS = [1, 2, 3]
# By dimension and number of samples: the norm over V(d), and errors in L^2 and L^inf.
LEARNED = {
    (6, 9): (0.2, 1.2, 3.0),
    (6, 18): (0.4, 1.0, 3.0),
    (6, 36): (0.7, 0.6, 2.0),
    (8, 128): (0.8, 0.4, 1.4),
    (8, 192): (0.9, 0.2, 0.7),
    (10, 25): (0.2, 1.2, 3.4),
    (10, 50): (0.38, 1.1, 3.7),
    (10, 100): (0.61, 0.67, 2.1),
    (10, 200): (0.8, 0.37, 1.2),
    (10, 300): (0.88, 0.24, 0.85),
}


def training_rows():
    """Networks of two and three dimensions, close to the best ones."""
    for dim in (2, 3):
        least, bias = minimum_norm(dim), dim % 2 / np.sqrt(dim)
        for seed in SEEDS:
            named = {"dim": dim, "seed": seed, "minimum": least, "bias_expected": bias}
            yield named | {
                **{"decay": 0.2, "objective": 0.19001, "optimum": 0.19, "fit": 0.9},
                **{"norm": 0.90001 * least, "cosine": 0.9999, "bias": bias - 1e-5, "error_2": 0.1},
            }
            yield named | {
                **{"decay": 0.0, "objective": 1e-9, "optimum": 0.0, "fit": 1.0},
                **{"norm": (1 + 0.02 * seed) * least, "cosine": 0.9, "bias": 0.3, "error_2": 1e-5},
            }


def sample_rows():
    """What is learned from samples of six and ten dimensions; seeds differ a little."""
    for (dim, count), (size, mean_square, largest) in LEARNED.items():
        least = minimum_norm(dim)
        for seed in SEEDS:
            named = {"dim": dim, "samples": count, "seed": seed, "minimum": least}
            yield named | {
                **{"method": "minimum", "norm": size * least, "floor": 1 - size},
                **{"error_2": mean_square + 1e-3 * seed, "error_inf": largest + 1e-3 * seed},
            }
            yield named | {
                **{"method": "kernel", "floor": linear_floor(dim, count), "error_inf": 3.0},
                **{"error_2": 1.1 + 1e-3 * seed, "error_2_parities": 1.2},
            }
        yield named | {
            **{"method": "trained", "norm": 0.5 * least, "floor": 0.5},
            **{"error_2": 0.6, "error_inf": 1.0},
        }
    for dim in (6, 10):
        for count in (dim, dim + 5):
            likely = elimination_probability(dim, count)
            yield {"dim": dim, "samples": count, "method": "elimination", "probability": likely}


@pytest.fixture(scope="module")
def sound():
    """Tables on which every claim stands."""
    waves = [
        (dim, phase, f)
        for dim in (3, 6)
        for phase in ("cos", "sin")
        for f in (0.25, 0.5, 0.75, 1.0)
    ]
    waves = pd.DataFrame(waves, columns=["dim", "phase", "frequency"])
    waves = waves.assign(ridge=np.where(waves["frequency"] == 0.25, 0.0, 8.0))
    waves["ratio"] = waves["frequency"].map({0.25: 1.0, 0.5: 0.75, 0.75: 1.0, 1.0: 0.6})
    waves["minimum"] = waves["ratio"] * waves["ridge"]
    splines = pd.DataFrame({"teacher": [0, 1] * 2, "seed": 1, "samples": [5, 5, 20, 20]})
    return {
        "norms": pd.DataFrame(norm_rows(5, [2, 3, 4])),
        "training": pd.DataFrame(training_rows()),
        "samples": pd.DataFrame(sample_rows()),
        "width": pd.DataFrame(width_rows([4], [0.5, 0.25], 6)),
        "waves": waves,
        "splines": splines.assign(variation=[1.0, 2.0, 3.0, 4.0], minimum=[1.0, 2.0, 3.0, 4.0]),
    }


def verdicts(tables, name):
    """The verdict of each case of a claim, by its case."""
    claims = [claim for claim in CLAIMS if claim.name == name]
    return tabulate_claims(STUDY, claims, tables, {}).set_index("case")["verdict"].to_dict()


def numbers(tables, name):
    """The number of each case of a claim, by its case."""
    claims = [claim for claim in CLAIMS if claim.name == name]
    return tabulate_claims(STUDY, claims, tables, {}).set_index("case")["measured"].to_dict()


def changed(tables, table, where, **columns):
    """The tables, one of them with other values where a query holds; a value may be a function."""
    rows = tables[table].copy()
    found = rows.query(where).index
    assert len(found)
    for column, value in columns.items():
        rows.loc[found, column] = value(rows.loc[found]) if callable(value) else value
    return tables | {table: rows}


# Of each claim a change of a table that refutes it, and the one case that is refuted.
REFUTED = [
    (
        *("sawtooth_interpolates", "d = 2 to 5"),
        *("norms", "kind == 'ridge' and dim == 3 and epsilon == 0", {"deviation": 2e-12}),
    ),
    (
        *("averages_interpolate", "d = 2 to 5"),
        *("norms", "kind == 'average' and dim == 4 and order == 0", {"deviation": 2e-12}),
    ),
    (
        *("averages_interpolate", "d = 2 to 5"),
        *("norms", "kind == 'minimum' and dim == 5 and epsilon == 0", {"deviation": 2e-12}),
    ),
    (
        *("ridge_optimum_holds", "d = 2 to 4"),
        *("norms", "kind == 'ridge_drawn' and dim == 3", {"norm": 6.92}),
    ),
    (
        *("average_beats_ridge", "d = 4 to 1024"),
        *("norms", "kind == 'minimum' and dim == 4", {"norm": 12.1}),
    ),
    (
        *("minimum_is_v", "d = 2 to 4, uniform error 0"),
        *("norms", "kind == 'lp' and dim == 3 and epsilon == 0", {"norm": 6.928}),
    ),
    (
        *("minimum_is_v", "d = 2 to 4, uniform error 0.5"),
        *("norms", "kind == 'lp' and dim == 4 and epsilon == .5", {"norm": 4.00001}),
    ),
    (
        *("minimum_is_v", "d = 2 to 4, biases penalised"),
        *("norms", "kind == 'lp_penalised_biases' and dim == 3", {"norm": 7.9}),
    ),
    (
        *("norm_grows_linearly", "d = 64 to 1024"),
        *("norms", "kind == 'minimum' and epsilon == 0", {"norm": lambda r: r["dim"] ** 1.1}),
    ),
    (
        *("ridge_norm_grows_faster", "d = 64 to 1024"),
        *("norms", "kind == 'ridge' and epsilon == 0", {"norm": lambda r: r["dim"] ** 1.4}),
    ),
    (
        *("documents_bound_holds", "d = 2 to 1024"),
        *("norms", "kind == 'minimum' and epsilon == .5 and dim == 16", {"norm": 0.99}),
    ),
    (
        *("lower_bound_holds", "trained on all points"),
        *("training", "dim == 3 and decay == 0 and seed == 2", {"norm": 6.92}),
    ),
    (
        *("lower_bound_holds", "interpolating samples"),
        *("samples", "method == 'trained' and dim == 10", {"error_2": 0.49}),
    ),
    (
        *("training_reaches_the_optimum", "d = 3"),
        *("training", "dim == 3 and decay > 0 and seed == 2", {"objective": 0.1902}),
    ),
    (
        *("neurons_align", "d = 2"),
        *("training", "dim == 2 and decay > 0 and seed == 1", {"cosine": 0.998}),
    ),
    (
        *("biases_align", "d = 3"),
        *("training", "dim == 3 and decay > 0 and seed == 3", {"bias": 0.57}),
    ),
    ("implicit_bias", "d = 2", "training", "dim == 2 and decay == 0", {"fit": 0.9}),
    # Of the wrong sign it is no fit, however small the norm.
    ("implicit_bias", "d = 2", "training", "dim == 2 and decay == 0", {"fit": -0.9}),
    (
        *("floors_hold", "networks"),
        *("samples", "method == 'trained' and dim == 10 and samples == 50", {"error_2": 0.4999}),
    ),
    (
        *("floors_hold", "networks"),
        *("samples", "method == 'minimum' and dim == 6 and samples == 36", {"floor": 0.7}),
    ),
    (
        *("floors_hold", "kernel"),
        *("samples", "method == 'kernel' and dim == 6 and seed == 1", {"error_2_parities": 0.6}),
    ),
    (
        *("fails_below_d2", "d = 10"),
        *("samples", "method == 'minimum' and dim == 10 and samples == 50", {"error_2": 0.4}),
    ),
    (
        *("learns_at_3d2", "d = 10, n = 300"),
        *("samples", "method == 'minimum' and samples == 300", {"error_2": 0.6}),
    ),
    (
        *("uniform_later", "d = 10, n = 200"),
        *("samples", "method == 'minimum' and samples == 200", {"error_inf": 0.9}),
    ),
    (
        *("norm_grows_with_samples", "d = 10"),
        *("samples", "method == 'minimum' and samples == 25", {"norm": 1.0}),
    ),
    (
        *("kernel_fails", "d = 10"),
        *("samples", "method == 'kernel' and samples == 200", {"error_2": 0.98}),
    ),
    (
        *("elimination_suffices", "d = 6"),
        *("samples", "method == 'elimination' and samples == 11", {"probability": 0.94}),
    ),
    (
        *("subsampling_succeeds", "d = 4, uniform error 0.5"),
        *("width", "epsilon == .5 and directions == guaranteed and trial <= 4", {"error_inf": 0.6}),
    ),
    (
        *("average_still_optimal", "d = 6, sin"),
        *("waves", "dim == 6 and phase == 'sin' and frequency < 1", {"ratio": 1.0}),
    ),
    ("spline_is_minimum", "n = 20", "splines", "teacher == 1 and samples == 20", {"minimum": 3.99}),
]


def test_every_claim_has_a_table_that_refutes_it():
    names = [claim.name for claim in CLAIMS]
    assert len(set(names)) == len(names)
    assert list(dict.fromkeys(line[0] for line in REFUTED)) == names


@pytest.mark.parametrize("name", [claim.name for claim in CLAIMS])
def test_a_claim_stands_on_sound_tables(sound, name):
    found = verdicts(sound, name)
    assert set(found.values()) == {"supported"}


@pytest.mark.parametrize(("name", "case", "table", "where", "columns"), REFUTED)
def test_a_claim_falls_with_the_number_that_it_is_about(sound, name, case, table, where, columns):
    found = verdicts(changed(sound, table, where, **columns), name)
    assert {case for case, verdict in found.items() if verdict == "failed"} == {case}
    assert set(found.values()) <= {"failed", "supported"}
    assert found.keys() == verdicts(sound, name).keys()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        # That of V(2) / 2 = sqrt(2) to 1/8.
        ("documents_bound_holds", {"d = 2 to 1024": 8 * np.sqrt(2)}),
        ("average_beats_ridge", {"d = 4 to 1024": 8 / 12}),
        ("training_reaches_the_optimum", {"d = 2": 0.19001 / 0.19, "d = 3": 0.19001 / 0.19}),
        ("neurons_align", {"d = 2": 0.9999, "d = 3": 0.9999}),
        ("biases_align", {"d = 2": 1e-5, "d = 3": 1e-5}),
        ("implicit_bias", {"d = 2": 1.04, "d = 3": 1.04}),
        (
            "lower_bound_holds",
            {"trained on all points": 0.90001 / 0.9, "interpolating samples": 0.9 / 0.799},
        ),
        ("floors_hold", {"networks": 0.1, "kernel": 1.2 - linear_floor(10, 25)}),
        ("fails_below_d2", {"d = 6": 1.002, "d = 10": 1.102}),
        ("learns_at_3d2", {"d = 10, n = 300": 0.242}),
        ("uniform_later", {"d = 10, n = 200": 1.202}),
        ("norm_grows_with_samples", {"d = 6": np.log(3.5) / np.log(4), "d = 10": 0.80441}),
        ("kernel_fails", {f"d = {dim}": 1.102 for dim in (6, 8, 10)}),
        (
            "elimination_suffices",
            {"d = 6": elimination_probability(6, 11), "d = 10": elimination_probability(10, 15)},
        ),
        (
            "average_still_optimal",
            {f"d = {dim}, {phase}": 0.75 for dim in (3, 6) for phase in ("cos", "sin")},
        ),
        ("spline_is_minimum", {"n = 5": 0.0, "n = 20": 0.0}),
    ],
)
def test_a_claim_is_computed_from_the_tables(sound, name, wanted):
    assert numbers(sound, name) == pytest.approx(wanted, rel=1e-5, abs=1e-12)


def test_norms_grow_with_the_exponents_of_theory(sound):
    """Which are those of large dimensions: 1 and 3/2."""
    (minimum,) = numbers(sound, "norm_grows_linearly").values()
    (ridge,) = numbers(sound, "ridge_norm_grows_faster").values()
    assert minimum == pytest.approx(1, abs=0.01)
    assert ridge == pytest.approx(1.5, abs=0.01)


@pytest.mark.parametrize(
    ("name", "case", "table", "where", "column", "values"),
    [
        ("implicit_bias", "d = 2", "training", "dim == 2 and decay == 0", "fit", [1, 1, 0.8]),
        (
            *("fails_below_d2", "d = 10", "samples"),
            *("method == 'minimum' and samples == 50", "error_2", [0.3, 0.7, 0.8]),
        ),
        (
            *("learns_at_3d2", "d = 10, n = 300", "samples"),
            *("method == 'minimum' and samples == 300", "error_2", [0.4, 0.4, 0.6]),
        ),
        (
            *("uniform_later", "d = 10, n = 200", "samples"),
            *("method == 'minimum' and samples == 200", "error_inf", [0.9, 0.8, 1.6]),
        ),
        (
            *("kernel_fails", "d = 6", "samples"),
            *("method == 'kernel' and dim == 6 and samples == 9", "error_2", [0.8, 1.1, 1.2]),
        ),
    ],
)
def test_a_mean_over_seeds_that_disagree_decides_nothing(
    sound, name, case, table, where, column, values
):
    found = verdicts(changed(sound, table, where, **{column: values}), name)
    assert found[case] == "undecided"
    assert set(found.values()) <= {"undecided", "supported"}


@pytest.mark.parametrize(
    ("name", "table", "where"),
    [
        # Trained without weight decay, networks need neither align nor be the best ones.
        ("neurons_align", "training", "decay == 0"),
        ("biases_align", "training", "decay == 0"),
        ("training_reaches_the_optimum", "training", "decay == 0"),
        ("implicit_bias", "training", "decay > 0"),
        # Of other numbers of samples, other methods and smaller dimensions nothing is said.
        ("fails_below_d2", "samples", "samples > .5 * dim ** 2 or method != 'minimum'"),
        ("learns_at_3d2", "samples", "samples < 300 or method != 'minimum'"),
        ("uniform_later", "samples", "samples != 200 or method != 'minimum'"),
        ("norm_grows_with_samples", "samples", "samples > dim ** 2 or method != 'minimum'"),
        ("kernel_fails", "samples", "samples > 200 or method != 'kernel'"),
        ("elimination_suffices", "samples", "method != 'elimination' or samples == dim"),
        # Fewer directions need not suffice.
        ("subsampling_succeeds", "width", "directions < guaranteed"),
        # At the last frequency the wave is parity.
        ("average_still_optimal", "waves", "frequency == 1"),
        # Below d = 4 one direction is as good as all.
        ("average_beats_ridge", "norms", "dim < 4"),
    ],
)
def test_a_claim_is_about_its_own_rows_alone(sound, name, table, where):
    rows = sound[table]
    kept = ("epsilon", "decay", "frequency")
    columns = [c for c in rows if rows[c].dtype == float and c not in kept]
    for factor in (1e-3, 1e3):
        change = {c: (lambda rows, c=c, by=factor: rows[c] * by) for c in columns}
        assert numbers(changed(sound, table, where, **change), name) == numbers(sound, name)


def test_an_error_of_1_and_more_says_nothing_of_the_norm(sound):
    """S2.6b is of errors below 1: the network 0 has an error of 1, and no norm."""
    without = changed(sound, "samples", "error_2 >= 1 and method == 'minimum'", norm=0.0)
    assert set(verdicts(without, "lower_bound_holds").values()) == {"supported"}


def test_a_norm_of_nothing_has_no_logarithm(sound):
    """So few points are met by an affine function, in spite of rounding."""
    for least in (0.0, 1e-17):
        few = changed(sound, "samples", "method == 'minimum' and samples == 25", norm=least)
        found = numbers(few, "norm_grows_with_samples")["d = 10"]
        assert found == pytest.approx(np.log(0.61 / 0.38) / np.log(2))


def test_waves_that_are_0_at_all_points_are_no_case(sound):
    none = changed(sound, "waves", "frequency == 0.25", ratio=0.1)
    assert numbers(none, "average_still_optimal") == numbers(sound, "average_still_optimal")


def silenced(tables):
    """Tables of a run with few samples, and without one of the study uniform."""
    samples = tables["samples"]
    return tables | {
        "samples": samples[samples["samples"] == 36],
        "splines": tables["splines"][:0],
    }


@pytest.mark.parametrize(
    "name",
    [
        *("fails_below_d2", "learns_at_3d2", "uniform_later", "norm_grows_with_samples"),
        *("elimination_suffices", "spline_is_minimum"),
    ],
)
def test_nothing_is_claimed_where_the_tables_are_silent(sound, name):
    assert verdicts(silenced(sound), name) == {}


def test_one_seed_has_no_interval_and_still_a_verdict(sound):
    alone = {
        name: rows.query("seed == 1 or seed != seed") if "seed" in rows else rows
        for name, rows in sound.items()
    }
    rows = tabulate_claims(STUDY, CLAIMS, alone, {})
    assert rows[["low", "high"]].isna().all(axis=None)
    assert set(rows["verdict"]) == {"supported"}
    assert set(rows["claim"]) == {claim.name for claim in CLAIMS}


def test_claims_name_tables_and_figures_that_there_are():
    for claim in CLAIMS:
        named = claim.tables.split(", ")
        assert set(named) <= set(INDEX), claim.name
        assert set(named) <= set(TABLES), claim.name
        assert claim.figure is None or claim.figure in FIGURES, claim.name
        if claim.figure:
            assert set(named) & set(FIGURES[claim.figure].tables), claim.name


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_reads_the_tables_that_it_names_and_no_other(sound, claim):
    named = {name: sound[name] for name in claim.tables.split(", ")}
    assert list(claim.find(named, {}))
    for name in named:
        without = {other: rows for other, rows in named.items() if other != name}
        with pytest.raises(KeyError):
            list(claim.find(without, {}))
