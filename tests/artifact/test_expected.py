"""The reference set: what a run may differ in, and what not."""

import numpy as np
import pandas as pd
import pytest

from artifact import verdicts
from artifact.expected import (
    CONFIGURATION,
    DISTRIBUTED,
    EXPECTED,
    MEASURED,
    TABLES,
    compare_with,
    write_expected,
)
from scales import ROOT, configuration
from supnorm.configuration import as_yaml
from supnorm.tables.schema import read_table, write_table

LAPTOP = EXPECTED / "laptop"


@pytest.fixture
def results(tmp_path):
    """Results that are those of the reference set."""
    for name, reference in TABLES.items():
        table = read_table(LAPTOP / f"{name}.parquet", reference.schema.columns)
        write_table(tmp_path / f"tables/{name}.parquet", table, reference.schema)
    (tmp_path / CONFIGURATION).write_bytes((LAPTOP / CONFIGURATION).read_bytes())
    return tmp_path


@pytest.fixture
def changed(results):
    """Change a table of the results, and tell what differs from the reference set."""

    def change(name, edit, promised=True):
        path, schema = results / f"tables/{name}.parquet", TABLES[name].schema
        table = read_table(path, schema.columns)
        write_table(path, edit(table), schema)
        return {
            subject: (compared.deviation, tolerance)
            for subject, compared, tolerance in compare_with(LAPTOP, results, promised)
            if not compared.same
        }

    return change


def scaled(column, factor, rows):
    """Multiply a column's entries in the rows where a condition holds."""

    def edit(table):
        table[column] = table[column].where(~rows(table), table[column] * factor)
        return table

    return edit


def networks(table):
    return table["algorithm_set"] == "network"


def others(table):
    return table["algorithm_set"] != "network"


def test_the_set_that_is_committed_is_of_the_laptop_scale():
    assert (LAPTOP / CONFIGURATION).read_text() == as_yaml(configuration("laptop"))
    sizes = [path.stat().st_size for path in LAPTOP.iterdir()]
    assert sum(sizes) < 300_000


def test_the_same_results_are_the_same(results):
    found = list(compare_with(LAPTOP, results, True))
    assert [name for name, _, _ in found] == list(TABLES)
    assert all(compared.same for _, compared, _ in found)


def test_a_set_is_written_from_results(results, tmp_path):
    write_expected(results, tmp_path / "new")
    for path in LAPTOP.iterdir():
        assert (tmp_path / "new" / path.name).read_bytes() == path.read_bytes()


def test_networks_must_agree_where_they_are_promised_to(changed):
    found = changed("minmax", scaled("error", 1 + 1e-5, networks))
    assert found["minmax: networks"] == (pytest.approx(1e-5, rel=1e-3), MEASURED)
    assert MEASURED < 1e-5


def times(factor):
    def edit(table):
        for column in ("error", "low", "high"):
            table[column] *= factor
        return table

    return edit


def test_other_algorithms_may_round_otherwise(changed):
    found = changed("minmax", scaled("error", 1.05, others))
    deviation, tolerance = found["minmax: others"]
    assert 0 <= deviation < tolerance == DISTRIBUTED
    assert set(found) == {"minmax: others"}


def test_networks_trained_otherwise_are_compared_by_their_intervals(changed):
    deviation, tolerance = changed("growth", times(1.01), promised=False)["growth"]
    assert 0 <= deviation < tolerance == DISTRIBUTED
    assert changed("growth", times(1.01))["growth"][0] > MEASURED


def test_intervals_that_are_far_apart_differ(changed):
    deviation, tolerance = changed("growth", times(3), promised=False)["growth"]
    assert deviation > tolerance


@pytest.mark.parametrize("factor", [np.inf, np.nan])
def test_what_is_no_number_in_one_of_them_differs(changed, factor):
    def edit(table):
        return scaled("slope", factor, lambda t: t.index == t.index[networks(t)][0])(table)

    assert changed("rates", edit, promised=False)["rates: networks"][0] == np.inf


@pytest.mark.parametrize("edit", [lambda t: t.iloc[1:], lambda t: pd.concat([t, t.iloc[:1]])])
def test_rows_must_be_of_the_same_problems(changed, edit):
    assert changed("growth", edit, promised=False)["growth"] == (np.inf, DISTRIBUTED)


def test_bounds_are_those_of_the_theory(changed):
    deviation, tolerance = changed("bounds", scaled("value", 1 + 1e-8, lambda t: t.index == 0))[
        "bounds"
    ]
    assert deviation > tolerance


def test_claims_are_compared_by_their_verdicts(changed):
    """A verdict may become undecided; it may not turn into its contrary."""

    def edit(verdict):
        def change(table):
            table.loc[table.index[table["verdict"] == "supported"][0], "verdict"] = verdict
            return table

        return change

    assert changed("claims", edit("undecided"))["claims"] == (0.0, 0.0)
    assert changed("claims", edit("failed"))["claims"] == (np.inf, 0.0)


def test_verdicts_are_counted_by_claim():
    claims = pd.DataFrame(
        {
            "statement": ["Learned.", "Hard.", "Learned.", "Learned."],
            "verdict": ["failed", "supported", "supported", "failed"],
        }
    )
    assert list(verdicts.counts(claims)) == [
        ("Learned.", "1", "0", "2"),
        ("Hard.", "1", "0", "0"),
        ("all", "2", "0", "2"),
    ]


def test_the_readme_has_the_verdicts_of_the_set(tmp_path):
    archived = (ROOT / "SOURCE.md").exists()
    text = (ROOT / ("SOURCE.md" if archived else "README.md")).read_text()
    page = tmp_path / "README.md"
    page.write_text(text.replace("| supported |", "| held |"))
    verdicts.main(["--page", str(page)])
    assert page.read_text() == text
