"""The claims of the study depth: on tables as they should be, and on tables that refute them."""

import numpy as np
import pandas as pd
import pytest

from depth.tabulate_depth import bound_rows, square_rows
from depth.tabulate_depth_claims import TABLES
from supnorm.depth.bounds import l1_floor
from supnorm.depth.claims import CLAIMS, STUDY
from supnorm.depth.index import FIGURES
from supnorm.depth.index import TABLES as INDEX
from supnorm.statistics.claims import tabulate_claims

SEEDS = [1, 2, 3]
# As in config.yaml.
SETTINGS = {"shallow_width": 128, "composition": 4}
# By applications of the triangle map: uniform errors with one hidden layer of 128 neurons, and
# with k of 32; the second seed errs more.
LEARNED = {
    1: (0.001, 0.001),
    2: (0.01, 0.004),
    3: (0.06, 0.02),
    4: (0.52, 0.03),
    5: (0.53, 0.51),
    6: (0.502, 0.5),
    7: (0.502, 0.5),
}
# On the largest d: mean L^2 errors by target, depth, and width.
BITS = {
    ("inner", 2): {8: 0.9, 16: 0.75, 32: 0.5, 64: 0.18},
    ("inner", 3): {8: 0.32, 16: 0.15, 32: 0.012, 64: 1e-4},
    ("parity", 2): {8: 0.72, 16: 0.48, 32: 0.34, 64: 0.14},
    ("parity", 3): {8: 0.4, 16: 0.2, 32: 0.1, 64: 1e-3},
}


def student(k, depth, width, seed, error):
    """The rows of a student; in L^1 and L^2 it errs by half as much."""
    named = {"compositions": k, "kind": "trained", "depth": depth, "width": width, "seed": seed}
    for norm in ("1", "2", "inf"):
        yield named | {"norm": norm, "error": error if norm == "inf" else error / 2}


def sawtooth_rows():
    """What is written down, what cannot be, and students of up to seven applications."""
    for k in LEARNED:
        for depth, width in {(k + 1, 2), (2, 2**k)}:
            named = {"compositions": k, "kind": "constructed", "depth": depth, "width": width}
            yield named | {"norm": "inf", "error": 0.0}
    for width in range(1, 17):
        named = {"compositions": 4, "depth": 2, "width": width}
        yield named | {"kind": "bound", "norm": "1", "error": l1_floor(4, width + 1)}
        yield named | {"kind": "best", "norm": "inf", "error": 0.5}
        yield named | {"kind": "best", "norm": "1", "error": 0.001}
    for k, (shallow, deep) in LEARNED.items():
        for seed in SEEDS:
            worse = 1 + 0.1 * (seed == 2)
            sizes = {(2, 128): shallow * worse, (k + 1, 32): deep * worse}
            if k == 4:
                sizes |= {(2, width): 0.51 * worse for width in (1, 6, 14, 15, 16, 64)}
                sizes |= {(3, 2): 0.5 * worse, (3, 32): 0.2 * worse}
            for (depth, width), error in sizes.items():
                yield from student(k, depth, width, seed, error)


def inner_rows():
    """What is written down for bits, and networks that learned them; seeds differ a little."""
    for dim in (2, 5):
        named = {"dim": dim, "target": "inner", "kind": "constructed", "depth": 3, "width": dim}
        yield named | {"error_2": 0.0, "error_inf": 0.0}
        for (target, depth), by_width in BITS.items():
            for width, error in by_width.items():
                for seed in SEEDS:
                    some = error * (1 + 0.05 * seed)
                    named = {"dim": dim, "target": target, "kind": "trained", "depth": depth}
                    named |= {"width": width, "seed": seed}
                    # Of few bits, the other way around.
                    some = some if dim == 5 else 1 / some
                    yield named | {"error_2": some, "error_inf": 3 * some}


KINDS = ("he", "he_zero_bias", "pytorch", "teacher", "teachers", "students", "triangles")


def pieces_rows():
    """Networks of two sizes, with fewer pieces than twice their neurons."""
    for number, kind in enumerate(KINDS):
        for depth in (2, 3):
            neurons = 32 * (depth - 1)
            mean = (0.5 + 0.1 * number) * neurons / (depth - 1)
            named = {"kind": kind, "depth": depth, "width": 32, "neurons": neurons, "mean": mean}
            yield named | {"largest": 5 * neurons}


@pytest.fixture(scope="module")
def sound():
    """Tables on which every claim stands."""
    return {
        "sawtooth": pd.DataFrame(sawtooth_rows()),
        "inner": pd.DataFrame(inner_rows()),
        "square": pd.DataFrame(square_rows()),
        "bounds": pd.DataFrame(bound_rows()),
        "pieces": pd.DataFrame(pieces_rows()),
    }


def tabulated(tables, name, settings=SETTINGS):
    claims = [claim for claim in CLAIMS if claim.name == name]
    return tabulate_claims(STUDY, claims, tables, settings).set_index("case")


def verdicts(tables, name, settings=SETTINGS):
    """The verdict of each case of a claim, by its case."""
    return tabulated(tables, name, settings)["verdict"].to_dict()


def numbers(tables, name, settings=SETTINGS):
    """The number of each case of a claim, by its case."""
    return tabulated(tables, name, settings)["measured"].to_dict()


def changed(tables, table, where, **columns):
    """The tables, one of them with other values where a query holds; a value may be a function."""
    rows = tables[table].copy()
    found = rows.query(where).index
    assert len(found)
    for column, value in columns.items():
        rows.loc[found, column] = value(rows.loc[found]) if callable(value) else value
    return tables | {table: rows}


# Students in the uniform norm, and those of one seed.
INF = "kind == 'trained' and norm == 'inf'"
LAST = f"{INF} and seed == 3"
DEEP = "depth == compositions + 1"
# Networks that learned bits, of the largest d.
OF_BITS = "kind == 'trained' and dim == 5"

# Of each claim a change of a table that refutes it, and the one case that is refuted.
REFUTED = [
    (
        *("sawtooth_exact", "k = 1 to 7", "sawtooth"),
        *("kind == 'constructed' and compositions == 5 and width == 2", {"error": 1e-15}),
    ),
    (
        *("shallow_cannot", "k = 4", "sawtooth"),
        *(f"{LAST} and compositions == 4 and width == 14", {"error": 0.4999}),
    ),
    (
        *("shallow_cannot", "k = 4", "sawtooth"),
        *(f"{LAST} and compositions == 4 and width == 2", {"error": 0.4999}),
    ),
    (
        *("mean_floor_holds", "k = 4", "sawtooth"),
        "kind == 'trained' and norm == '1' and compositions == 4 and width == 1 and seed == 3",
        {"error": 0.07},
    ),
    (
        *("width_gives_nothing", "k = 4, widths 16 to 128", "sawtooth"),
        *(f"{LAST} and compositions == 4 and width == 64", {"error": 0.44}),
    ),
    *(
        (
            *("deep_learns_little_depth", f"k = {k}", "sawtooth"),
            *(f"{INF} and compositions == {k} and {DEEP} and depth > 2", {"error": 0.11}),
        )
        for k in (2, 3, 4)
    ),
    (
        *("deep_beats_shallow", "k = 3", "sawtooth"),
        *(f"{INF} and compositions == 3 and depth == 4", {"error": 0.061}),
    ),
    *(
        (
            *("deep_not_learned", f"k = {k}", "sawtooth"),
            *(f"{LAST} and compositions == {k} and {DEEP}", {"error": 0.48}),
        )
        for k in (6, 7)
    ),
    (
        *("inner_exact", "d = 2 to 5", "inner"),
        *("kind == 'constructed' and dim == 5", {"error_inf": 1e-15}),
    ),
    *(
        (
            *("second_layer_pays", f"d = 5, width {width}", "inner"),
            f"{OF_BITS} and target == 'inner' and depth == 3 and width == {width}",
            {"error_2": lambda r, base=base: 0.51 * base * (1 + 0.05 * r["seed"])},
        )
        for width, base in ((16, 0.75), (32, 0.5))
    ),
    (
        *("parity_no_witness", "d = 5, width 64", "inner"),
        *(f"{OF_BITS} and target == 'parity' and depth == 2 and width == 64", {"error_2": 0.25}),
    ),
    (
        *("daniely_crosses", "d up to 60", "bounds"),
        *("theorem == 'daniely' and dim == 40", {"lower_log10": 12.0}),
    ),
    *(
        (
            *("pieces_are_few", f'"{kind}"', "pieces"),
            *(f"kind == '{kind}' and depth == 3", {"mean": 129.0}),
        )
        for kind in KINDS
    ),
    (
        *("square_exact", "8 networks", "square"),
        *("method == 'deep' and hidden_layers == 8", {"error": lambda r: r["error"] * 1.00001}),
    ),
    (
        *("square_exact", "8 networks", "square"),
        *("method == 'deep' and hidden_layers == 1", {"error": lambda r: r["error"] * 0.99999}),
    ),
    (
        *("product_exact", "4 networks", "square"),
        *("method == 'product' and hidden_layers == 2", {"error": lambda r: r["error"] * 0.99999}),
    ),
]


def test_every_claim_has_a_table_that_refutes_it():
    names = [claim.name for claim in CLAIMS]
    assert len(set(names)) == len(names)
    assert list(dict.fromkeys(line[0] for line in REFUTED)) == names


def test_every_case_is_refuted_by_a_table(sound):
    cases = {(claim.name, case) for claim in CLAIMS for case in verdicts(sound, claim.name)}
    assert {line[:2] for line in REFUTED} == cases


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
        ("sawtooth_exact", {"k = 1 to 7": 0.0}),
        # The least are 0.5 with two layers of 2.
        ("shallow_cannot", {"k = 4": 1.0}),
        # One neuron has two pieces: (1 - 7 / 16) / 8.
        ("mean_floor_holds", {"k = 4": 0.255 / (9 / 128)}),
        ("width_gives_nothing", {"k = 4, widths 16 to 128": 0.51}),
        ("deep_learns_little_depth", {"k = 2": 0.004, "k = 3": 0.02, "k = 4": 0.03}),
        ("deep_beats_shallow", {"k = 3": 1 / 3}),
        ("deep_not_learned", {"k = 6": 0.5, "k = 7": 0.5}),
        ("inner_exact", {"d = 2 to 5": 0.0}),
        ("second_layer_pays", {"d = 5, width 16": 0.2, "d = 5, width 32": 0.024}),
        ("parity_no_witness", {"d = 5, width 64": 0.14 / 0.18}),
        ("daniely_crosses", {"d up to 60": 41}),
        ("pieces_are_few", {f'"{kind}"': 0.5 + 0.1 * n for n, kind in enumerate(KINDS)}),
        ("square_exact", {"8 networks": 0.0}),
        ("product_exact", {"4 networks": 0.0}),
    ],
)
def test_a_claim_is_computed_from_the_tables(sound, name, wanted):
    assert numbers(sound, name) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_ratios_over_seeds_have_intervals(sound):
    """Which are of means over the same seeds: of one ratio for all seeds they have no width."""
    for name in ("second_layer_pays", "parity_no_witness"):
        found = tabulated(sound, name)
        assert found["low"].to_numpy() == pytest.approx(found["measured"].to_numpy())
        assert found["high"].to_numpy() == pytest.approx(found["measured"].to_numpy())
    apart = changed(sound, "inner", f"{OF_BITS} and target == 'parity' and seed == 2", error_2=0.1)
    (found,) = tabulated(apart, "parity_no_witness").itertuples()
    assert found.low < found.measured < found.high


@pytest.mark.parametrize(
    ("name", "case", "where", "values"),
    [
        (
            *("second_layer_pays", "d = 5, width 32"),
            *("target == 'inner' and depth == 3 and width == 32", [0.01, 0.02, 0.5]),
        ),
        (
            *("parity_no_witness", "d = 5, width 64"),
            *("target == 'parity' and depth == 2 and width == 64", [0.1, 0.1, 0.3]),
        ),
    ],
)
def test_a_mean_over_seeds_that_disagree_decides_nothing(sound, name, case, where, values):
    found = verdicts(changed(sound, "inner", f"{OF_BITS} and {where}", error_2=values), name)
    assert found[case] == "undecided"
    assert set(found.values()) <= {"undecided", "supported"}


@pytest.mark.parametrize(
    ("name", "table", "where"),
    [
        ("sawtooth_exact", "sawtooth", "kind != 'constructed'"),
        # Fifteen neurons have 16 pieces; and what is known is no student.
        ("shallow_cannot", "sawtooth", f"not ({INF})"),
        (
            "shallow_cannot",
            "sawtooth",
            f"{INF} and (compositions != 4 or depth == 2 and width > 14)",
        ),
        ("shallow_cannot", "sawtooth", f"{INF} and compositions == 4 and depth == 3 and width > 2"),
        ("mean_floor_holds", "sawtooth", "kind in ('constructed', 'best') or norm == 'inf'"),
        ("mean_floor_holds", "sawtooth", "kind == 'trained' and (compositions != 4 or depth != 2)"),
        ("mean_floor_holds", "sawtooth", "kind == 'trained' and norm == '2'"),
        # So many neurons have a floor of 0.
        ("mean_floor_holds", "sawtooth", "kind == 'trained' and norm == '1' and width > 14"),
        ("width_gives_nothing", "sawtooth", f"not ({INF}) or compositions != 4 or depth != 2"),
        ("width_gives_nothing", "sawtooth", f"{INF} and compositions == 4 and width == 15"),
        ("deep_learns_little_depth", "sawtooth", f"not ({INF}) or not {DEEP} or depth == 2"),
        ("deep_learns_little_depth", "sawtooth", f"not ({INF}) or compositions in (1, 5, 6, 7)"),
        ("deep_not_learned", "sawtooth", f"not ({INF}) or not {DEEP} or compositions < 6"),
        ("deep_beats_shallow", "sawtooth", f"not ({INF}) or compositions != 3"),
        ("inner_exact", "inner", "kind == 'trained'"),
        ("second_layer_pays", "inner", "dim == 2 or target == 'parity' or width in (8, 64)"),
        ("parity_no_witness", "inner", "dim == 2 or depth == 3 or width < 64"),
        ("daniely_crosses", "bounds", "theorem != 'daniely'"),
        ("square_exact", "square", "method != 'deep'"),
        ("product_exact", "square", "method != 'product'"),
    ],
)
def test_a_claim_is_about_its_own_rows_alone(sound, name, table, where):
    columns = ["error", "error_2", "error_inf", "lower_log10", "upper_log10", "mean"]
    columns = [column for column in columns if column in sound[table]]
    for factor in (1e-3, 1e3):
        change = {c: (lambda rows, c=c, by=factor: rows[c] * by + by) for c in columns}
        assert numbers(changed(sound, table, where, **change), name) == numbers(sound, name)


def test_the_single_wide_layer_is_that_of_the_settings(sound):
    """And the target of all sizes, too."""
    other = changed(sound, "sawtooth", "depth == 2 and width == 128", width=100)
    assert numbers(other, "deep_beats_shallow") == {}
    found = numbers(other, "deep_beats_shallow", SETTINGS | {"shallow_width": 100})
    assert found == pytest.approx({"k = 3": 1 / 3})
    found = numbers(sound, "width_gives_nothing", SETTINGS | {"composition": 3})
    assert found == pytest.approx({"k = 3, widths 128 to 128": 0.06})


def test_a_floor_of_nothing_is_no_floor(sound):
    """As that of targets of so few applications that one neuron has none."""
    none = changed(sound, "sawtooth", "kind == 'bound'", error=0.0)
    assert numbers(none, "mean_floor_holds") == {}


def test_pieces_are_told_of_each_kind_that_there_is(sound):
    """Of a run without the study uniform, not of its networks."""
    few = sound["pieces"].query("kind not in ('teachers', 'students')")
    found = verdicts(sound | {"pieces": few}, "pieces_are_few")
    assert [*found] == [f'"{kind}"' for kind in KINDS if kind not in ("teachers", "students")]
    # It is the mean that is few, of the size where there are most for a neuron.
    more = changed(sound, "pieces", "kind == 'he'", largest=1e6)
    assert numbers(more, "pieces_are_few") == numbers(sound, "pieces_are_few")


def silenced(tables):
    """Tables of a run with two applications of the triangle map, and few neurons on bits."""
    sawtooth, inner = tables["sawtooth"], tables["inner"]
    return tables | {
        "sawtooth": sawtooth[sawtooth["compositions"] == 1],
        "inner": inner[(inner["width"] == 8) & (inner["depth"] == 3) | (inner["width"] < 8)],
        "pieces": tables["pieces"][:0],
        "square": tables["square"].query("method == 'lower'"),
        "bounds": tables["bounds"].query("dim <= 40"),
    }


def test_nothing_is_claimed_where_the_tables_are_silent(sound):
    rows = tabulate_claims(STUDY, CLAIMS, silenced(sound), SETTINGS)
    assert set(rows["claim"]) == {"sawtooth_exact", "inner_exact"}
    assert rows["case"].tolist() == ["k = 1", "d = 2 to 5"]


def test_one_seed_has_no_interval_and_still_a_verdict(sound):
    alone = {
        name: rows.query("seed == 1 or seed != seed") if "seed" in rows else rows
        for name, rows in sound.items()
    }
    rows = tabulate_claims(STUDY, CLAIMS, alone, SETTINGS)
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
    found = list(claim.find(named, SETTINGS))
    assert found
    assert not np.isnan([finding.measured for finding in found]).any()
    for name in named:
        without = {other: rows for other, rows in named.items() if other != name}
        with pytest.raises(KeyError):
            list(claim.find(without, SETTINGS))
