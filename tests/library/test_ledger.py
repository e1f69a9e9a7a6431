"""The ledger: numbers from the tables of the reference set, and words that follow from them."""

import re
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from artifact.expected import EXPECTED
from document import collect_ledger
from supnorm.job.programs import InputError
from supnorm.statistics.ledger import TASKS, in_order, tabulate_ledger
from supnorm.studies import find_study
from supnorm.tables.ledger import LEDGER
from supnorm.tables.schema import read_table, write_table

STUDIES = ("approximation", "depth", "parity", "uniform")
# As in config.yaml.
SETTINGS = {"composition": 4, "norm": float("inf"), "bound": 0.5}
ENTRIES = {study: import_module(f"supnorm.{study}.ledger").LEDGER for study in STUDIES}
CELLS = [(study, entry) for study, entries in ENTRIES.items() for entry in entries]
EACH = pytest.mark.parametrize(
    ("study", "entry"), CELLS, ids=lambda part: getattr(part, "task", part)
)


@pytest.fixture(scope="module")
def tables():
    """The tables of the reference set that entries are from, by study and name."""
    return {
        study: {name: of_random(study, name) for entry in entries for name in entry.tables}
        for study, entries in ENTRIES.items()
    }


def of_random(study, name):
    table = pd.read_parquet(EXPECTED / f"laptop/{study}/{name}.parquet")
    return table[table["family"] == "random"] if "family" in table else table


def cell(tables, study, place, task, settings=SETTINGS):
    """The row of a cell, None where the ledger is without it."""
    rows = tabulate_ledger(study, ENTRIES[study], tables[study], settings)
    rows = rows[(rows["place"] == place) & (rows["task"] == task)]
    return None if rows.empty else rows.iloc[0]


def changed(tables, study, name, where, **columns):
    """The tables, one of them with other values where a query holds."""
    rows = tables[study][name].copy()
    found = rows.query(where).index
    assert len(found)
    for column, value in columns.items():
        rows.loc[found, column] = value
    return tables | {study: tables[study] | {name: rows}}


def test_the_reference_set_has_what_follows_from_its_tables(tables):
    for study in STUDIES:
        made = tabulate_ledger(study, ENTRIES[study], tables[study], SETTINGS)
        kept = read_table(EXPECTED / f"laptop/{study}/ledger.parquet", LEDGER.columns)
        pd.testing.assert_frame_equal(made, kept, check_dtype=False)
        assert len(made) == len(ENTRIES[study])


@EACH
def test_an_entry_names_tables_and_a_figure_of_its_study(study, entry):
    index = find_study(study)
    assert entry.task in TASKS
    assert set(entry.tables) <= set(index.tables)
    assert entry.figure is None or entry.figure in index.figures


@EACH
def test_an_entry_is_left_out_where_tables_lack_its_rows(tables, study, entry):
    for name in entry.tables:
        if name != "samples_needed":
            silent = tables[study] | {name: tables[study][name][:0]}
            assert tabulate_ledger(study, [entry], silent, SETTINGS).empty


def test_the_slope_on_random_teachers_is_that_of_the_table(tables):
    fits = tables["uniform"]["rates"].query(
        "dim == 3 and norm == '2' and statistic == 'minmax' and algorithm_set == 'network'"
    )
    error = tables["uniform"]["minmax"].query(
        "dim == 3 and norm == '2' and statistic == 'minmax' and algorithm_set == 'network'"
        " and samples == 1000"
    )["error"]
    row = cell(tables, "uniform", 1, "average")
    assert tuple(row[["number", "low", "high"]]) == tuple(fits.iloc[0][["slope", "low", "high"]])
    assert (
        f"falls like m^({fits['slope'].iloc[0]:.2f}), to {error.iloc[0]:.3g} at" in row["statement"]
    )
    assert row["brief"] == f"L^2 error {error.iloc[0]:.3g}, m = 1000"
    assert (row["tables"], row["figure"]) == ("uniform/rates, uniform/minmax", "uniform/rates")


def test_the_error_on_a_spike_is_that_of_the_table(tables):
    spiked = tables["uniform"]["worst_case"].query("dim == 3 and samples == 1000 and norm == 'inf'")
    spiked = spiked.set_index("kind")
    row = cell(tables, "uniform", 1, "uniform")
    known = spiked.loc["adaptive", ["error", "low", "high"]]
    assert tuple(row[["number", "low", "high"]]) == tuple(known)
    assert (
        f"is {known['error']:.0f}, and {spiked['error']['random']:.3f} without (d = 3)"
        in row["statement"]
    )
    # S1.10 for q = inf, s = d = 3 and a class of width 32: (Ω/(32 s))^d ε^-d.
    needed = (0.5**5 * 32**4 / 48 / 96 / 1e-3) ** 3
    assert row["statement"].endswith(f"For 0.001 any algorithm needs {needed:.1e} samples.")


def test_the_spike_is_a_network_of_the_teachers_class(tables):
    rows = tables["uniform"]["regularisation"].query("dim == 3 and samples == 1000")
    for q, c in (("inf", 0.5), ("2", 1.0)):
        height = rows.query("q == @q and c == @c")["height"].max()
        given = {"norm": float(q), "bound": c}
        row = cell(tables, "uniform", 1, "represent", given)
        assert row["number"] == height
        assert ("in the norm q = 2" in row["statement"]) == (q == "2")


def test_the_cliff_is_where_the_table_has_it(tables):
    row = cell(tables, "depth", 2, "represent")
    assert row["number"] == 2**4
    assert row["statement"] == (
        "T^4 is a network of 8 neurons in 4 hidden layers; in one it takes 16, and with 14 the "
        "best uniform error is still 0.500."
    )


def test_rates_of_barrons_ball_are_those_of_the_tables(tables):
    rates = tables["approximation"]["rates"].query("dim == 10")
    drawn = rates.query("method == 'step_network' and norm == '2'")
    x, y = np.log(drawn["terms"]), np.log(drawn["error"])
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    assert cell(tables, "approximation", 3, "represent")["number"] == pytest.approx(slope)
    assert cell(tables, "approximation", 3, "average")["number"] == -0.6
    # S4.9: 1 over 4 sqrt(3 d) ([m^(1/d)] + 1), from ten million values.
    lower = 1 / (4 * 30**0.5 * (5 + 1))
    assert cell(tables, "approximation", 3, "uniform")["number"] == pytest.approx(lower)


def test_times_are_those_of_the_tables(tables):
    times = tables["approximation"]["half_times"].query("width == 4096 and start == 'stratified'")
    time = times.set_index("frequency")["time"]
    row = cell(tables, "approximation", 4, "average")
    assert row["number"] == time[8]
    assert row["statement"].endswith(f"frequency 1 after {time[1]:.3g}.")
    # S4.10.
    row = cell(tables, "approximation", 4, "uniform")
    assert row["number"] == pytest.approx(0.39766, rel=1e-3)
    assert row["brief"] == "spike of half-width 1/M after 0.397 M^2"
    assert cell(tables, "approximation", 4, "represent") is None


def test_parity_costs_what_the_tables_say(tables):
    assert cell(tables, "parity", 5, "represent")["number"] == pytest.approx(
        (2 * np.pi) ** 0.5, rel=1e-3
    )
    rows = tables["parity"]["samples"].query("dim == 10 and samples == 200").groupby("method")
    means = rows[["error_2", "error_inf"]].mean()
    average, uniform = (cell(tables, "parity", 5, task) for task in TASKS[1:])
    assert average["number"] == pytest.approx(means["error_2"]["minimum"])
    assert f"that of a kernel {means['error_2']['kernel']:.3g}" in average["statement"]
    assert uniform["number"] == pytest.approx(means["error_inf"]["minimum"])
    assert average["low"] < average["number"] < average["high"] < uniform["low"]


def test_a_slope_that_does_not_fall_is_said_not_to(tables):
    where = "dim == 3 and norm == '2' and algorithm_set == 'network'"
    found = changed(tables, "uniform", "rates", where, slope=0.25)
    assert (
        "does not fall, but grows like m^(0.25)"
        in cell(found, "uniform", 1, "average")["statement"]
    )


def test_what_training_finds_is_told_as_it_is(tables):
    """Up to some k, at every k, or at none."""
    row = cell(tables, "depth", 2, "uniform")
    assert (
        "below half of a constant's up to k = 4 (there in 2 of 25 students), to 0.0359; at k = 6 "
        "it is 0.500" in row["statement"]
    )
    assert row["brief"] == "trained to k = 4, then 0.500"
    for error, says, brief in (
        (
            0.01,
            "at every k: at k = 6 it is 0.0100, that of a constant 0.500",
            "0.0100 at k = 6",
        ),
        (0.45, "at no k: at k = 6 it is 0.450, that of a constant 0.500.", "at no k: 0.450"),
    ):
        found = changed(tables, "depth", "sawtooth", "kind == 'trained'", error=error)
        row = cell(found, "depth", 2, "uniform")
        assert says in row["statement"]
        assert row["brief"] == brief


def test_a_k_that_is_learned_after_one_that_is_not_does_not_count(tables):
    found = changed(
        tables, "depth", "sawtooth", "kind == 'trained' and compositions == 3", error=0.4
    )
    assert "up to k = 2" in cell(found, "depth", 2, "uniform")["statement"]


def test_signs_that_are_right_are_counted(tables):
    assert "all signs right in 0 of 3 draws" in cell(tables, "parity", 5, "uniform")["statement"]
    found = changed(tables, "parity", "samples", "method == 'minimum'", recovered=True)
    assert "all signs right in 3 of 3 draws" in cell(found, "parity", 5, "uniform")["statement"]


def test_numbers_of_a_statement_are_those_of_its_row(tables):
    """But where that is a slope, or a count of neurons, in another form."""
    for study, entries in ENTRIES.items():
        for row in tabulate_ledger(study, entries, tables[study], SETTINGS).itertuples():
            written = map(float, re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", row.statement))
            assert any(abs(x / row.number - 1) < 0.012 for x in written), row.statement


def collected(folder, *studies):
    parts = [str(EXPECTED / f"laptop/{study}/ledger.parquet") for study in studies]
    made = folder / "ledger.parquet"
    collect_ledger.main([*(["--parts", *parts] if parts else []), "--ledger", str(made)])
    return read_table(made, LEDGER.columns)


def test_classes_of_all_studies_are_one_table_in_their_order(tmp_path):
    rows = collected(tmp_path, *STUDIES)
    assert list(rows["place"]) == [1] * 3 + [2] * 3 + [3] * 3 + [4] * 2 + [5] * 3
    assert list(rows["task"]) == [*TASKS * 3, *TASKS[1:], *TASKS]
    assert list(rows["study"].unique()) == ["uniform", "depth", "approximation", "parity"]
    assert set(collected(tmp_path, "parity")["class"]) == {"small norm: parity"}
    assert collected(tmp_path).empty


def test_classes_of_one_place_stay_apart(tmp_path):
    rows = collected(tmp_path, "parity", "depth").assign(place=1)
    assert list(in_order(rows)["class"]) == ["depth alone: T^k"] * 3 + ["small norm: parity"] * 3


def test_a_cell_that_two_tables_have_is_refused(tmp_path):
    again = tmp_path / "again.parquet"
    part = EXPECTED / "laptop/depth/ledger.parquet"
    write_table(again, read_table(part, LEDGER.columns)[1:2].assign(study="other"), LEDGER)
    with pytest.raises(InputError, match=r"found average of depth alone: T\^k twice$"):
        collect_ledger.main(["--parts", str(part), str(again), "--ledger", str(tmp_path / "never")])
    assert not (tmp_path / "never").exists()
