"""The reference set: what a run may differ in, and what not."""

import numpy as np
import pandas as pd
import pytest

from artifact import expected, verdicts
from artifact.expected import (
    CONFIGURATION,
    DISTRIBUTED,
    EXPECTED,
    FRONT,
    MEASURED,
    compare_with,
    copy_front,
    references,
    write_expected,
)
from scales import ROOT, whole_configuration
from supnorm.configuration import as_yaml
from supnorm.statistics.ledger import TASKS, in_order
from supnorm.tables.ledger import LEDGER
from supnorm.tables.schema import read_table, write_table

LAPTOP = EXPECTED / "laptop"
# In a tree from an archive, which has a README of its own.
README = ROOT / ("SOURCE.md" if (ROOT / "SOURCE.md").exists() else "README.md")
TABLES = {
    f"{study.name}/{name}": (study.name, name, schema) for study, name, schema, _ in references()
}


@pytest.fixture
def results(tmp_path):
    """Results that are those of the reference set."""
    for study, name, schema in TABLES.values():
        table = read_table(LAPTOP / study / f"{name}.parquet", schema.columns)
        write_table(tmp_path / study / f"tables/{name}.parquet", table, schema)
    (tmp_path / CONFIGURATION).write_bytes((LAPTOP / CONFIGURATION).read_bytes())
    return tmp_path


@pytest.fixture
def changed(results):
    """Change a table of the results, and tell what differs from the reference set."""

    def change(name, edit, promised=True):
        study, table, schema = TABLES[name]
        path = results / study / f"tables/{table}.parquet"
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


@pytest.mark.parametrize("scale", ["laptop", "evening"])
def test_a_set_that_is_committed_is_of_its_scale(scale):
    expected = EXPECTED / scale
    assert (expected / CONFIGURATION).read_text() == as_yaml(whole_configuration(scale))
    sizes = [path.stat().st_size for path in expected.rglob("*") if path.is_file()]
    assert sum(sizes) < 450_000


def test_the_same_results_are_the_same(results):
    found = list(compare_with(LAPTOP, results, True))
    assert [name for name, _, _ in found] == list(TABLES)
    assert all(compared.same for _, compared, _ in found)


def test_a_set_is_written_from_results(results, tmp_path):
    write_expected(results, tmp_path / "new")
    for path in LAPTOP.rglob("*.*"):
        written = tmp_path / "new" / path.relative_to(LAPTOP)
        assert written.read_bytes() == path.read_bytes()


def test_the_figure_of_the_readme_is_copied_from_results_that_have_it(tmp_path):
    results, docs = tmp_path / "results", tmp_path / "docs"
    copy_front(results, docs)
    assert not docs.exists()
    (results / FRONT).parent.mkdir(parents=True)
    docs.mkdir()
    (results / FRONT).write_bytes(b"drawn")
    copy_front(results, docs)
    assert (docs / "thesis.png").read_bytes() == b"drawn"


@pytest.mark.parametrize(
    ("study", "copied"),
    [([], True), (["--study", "uniform"], True), (["--study", "parity"], False)],
)
def test_the_figure_of_the_readme_stays_where_its_study_stays(tmp_path, monkeypatch, study, copied):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(expected, "EXPECTED", tmp_path / "expected")
    results, docs = tmp_path / "results/laptop", tmp_path / "docs"
    for folder in ((results / FRONT).parent, docs, tmp_path / "expected/laptop"):
        folder.mkdir(parents=True)
    (results / CONFIGURATION).touch()
    (results / FRONT).write_bytes(b"drawn")
    expected.main(["--scale", "laptop", *study])
    assert (docs / "thesis.png").exists() == copied


def test_networks_must_agree_where_they_are_promised_to(changed):
    found = changed("uniform/minmax", scaled("error", 1 + 1e-5, networks))
    assert found["uniform/minmax: networks"] == (pytest.approx(1e-5, rel=1e-3), MEASURED)
    assert MEASURED < 1e-5


def times(factor):
    def edit(table):
        for column in ("error", "low", "high"):
            table[column] *= factor
        return table

    return edit


def test_other_algorithms_may_round_otherwise(changed):
    found = changed("uniform/minmax", scaled("error", 1.05, others))
    deviation, tolerance = found["uniform/minmax: others"]
    assert 0 <= deviation < tolerance == DISTRIBUTED
    assert set(found) == {"uniform/minmax: others"}


def test_networks_trained_otherwise_are_compared_by_their_intervals(changed):
    deviation, tolerance = changed("uniform/growth", times(1.01), promised=False)["uniform/growth"]
    assert 0 <= deviation < tolerance == DISTRIBUTED
    assert changed("uniform/growth", times(1.01))["uniform/growth"][0] > MEASURED


def test_intervals_that_are_far_apart_differ(changed):
    deviation, tolerance = changed("uniform/growth", times(3), promised=False)["uniform/growth"]
    assert deviation > tolerance


@pytest.mark.parametrize("factor", [np.inf, np.nan])
def test_what_is_no_number_in_one_of_them_differs(changed, factor):
    def edit(table):
        return scaled("slope", factor, lambda t: t.index == t.index[networks(t)][0])(table)

    assert changed("uniform/rates", edit, promised=False)["uniform/rates: networks"][0] == np.inf


@pytest.mark.parametrize("edit", [lambda t: t.iloc[1:], lambda t: pd.concat([t, t.iloc[:1]])])
def test_rows_must_be_of_the_same_problems(changed, edit):
    assert changed("uniform/growth", edit, promised=False)["uniform/growth"] == (
        np.inf,
        DISTRIBUTED,
    )


def test_bounds_are_those_of_the_theory(changed):
    deviation, tolerance = changed(
        "uniform/bounds", scaled("value", 1 + 1e-8, lambda t: t.index == 0)
    )["uniform/bounds"]
    assert deviation > tolerance


def test_claims_are_compared_by_their_verdicts(changed):
    """A verdict may become undecided; it may not turn into its contrary."""

    def edit(verdict):
        def change(table):
            table.loc[table.index[table["verdict"] == "supported"][0], "verdict"] = verdict
            return table

        return change

    assert changed("uniform/claims", edit("undecided"))["uniform/claims"] == (0.0, 0.0)
    assert changed("uniform/claims", edit("failed"))["uniform/claims"] == (np.inf, 0.0)


def test_verdicts_are_counted_by_study_and_by_claim():
    claims = pd.DataFrame(
        {
            "study": ["one", "one", "one", "two"],
            "statement": ["Learned.", "Hard.", "Learned.", "Learned."],
            "verdict": ["failed", "supported", "supported", "supported"],
        }
    )
    assert list(verdicts.by_study(claims, "laptop")) == [
        ("`one`", "laptop", "2", "2", "0", "1"),
        ("`two`", "laptop", "1", "1", "0", "0"),
    ]
    remarked = claims.replace({"statement": {"Learned.": "Learned. (By p = inf.)"}})
    for given in (claims, remarked):
        assert list(verdicts.failures(given)) == ["Of `one` failed, in some case: “Learned.”"]
    decided = claims[:1].assign(statement="More.", verdict="undecided")
    heading, both, _, alone = verdicts.by_claim(claims, pd.concat([claims[1:3], decided]))
    assert heading == "## one"
    assert both.splitlines()[2:] == [
        "| Learned. | 1 | 0 | 1 | 1 | 0 | 0 |",
        "| Hard. | 1 | 0 | 0 | 1 | 0 | 0 |",
        "| More. | 0 | 0 | 0 | 0 | 1 | 0 |",
    ]
    assert alone.splitlines()[2:] == ["| Learned. | 1 | 0 | 0 |"]


@pytest.mark.parametrize(
    ("relation", "measured", "tables", "seeds"),
    [
        ("<=", 0.8, "rates", "23"),
        (">=", 0.8, "rates", "23"),
        (">=", 1.1, "rates, bounds", "90"),
        (">=", 1.1, "budget", "18"),
    ],
)
def test_so_many_seeds_would_decide_a_case(relation, measured, tables, seeds):
    """Intervals of 0.3 to either side, over ten seeds or two: by 1.5^2 and 3^2 times as many."""
    uniform = {"sample": {"seeds": list(range(10))}, "budget": {"seeds": 2}}
    case = {"statement": "Learned.", "case": "d = 1", "relation": relation, "reference": 1.0}
    case |= {"measured": measured, "low": measured - 0.3, "high": measured + 0.3}
    claims = pd.DataFrame([case]).assign(verdict="undecided", tables=tables)
    (line,) = verdicts.undecided(claims, uniform)
    assert line[-1] == seeds
    assert not list(verdicts.undecided(claims.assign(verdict="failed"), uniform))


def test_the_readme_has_the_ledger_of_the_set():
    """With few words, because the README is short."""
    text = README.read_text()
    part = text[text.index("What each class [costs]") : text.index("<!-- /ledger -->")]
    ledger = in_order(verdicts.of_studies("laptop", "ledger", LEDGER))
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    head, _, *rows = rows
    assert head == ["class", *TASKS]
    assert [row[0] for row in rows] == list(ledger["class"].unique())
    told = {(row[0], task): cell for row in rows for task, cell in zip(TASKS, row[1:], strict=True)}
    kept = ledger.set_index(["class", "task"])["brief"].to_dict()
    assert {place: cell for place, cell in told.items() if cell != "–"} == kept
    assert len(part.split()) <= 135


def test_the_pages_have_the_verdicts_of_the_set(tmp_path):
    texts = {"--readme": README.read_text(), "--page": (ROOT / "docs/claims.md").read_text()}
    pages = {option: tmp_path / option for option in texts}
    for option, page in pages.items():
        text = texts[option].replace("| supported |", "| held |")
        page.write_text(text.replace("| represent |", "| show |"))
    verdicts.main([str(word) for pair in pages.items() for word in pair])
    assert {option: page.read_text() for option, page in pages.items()} == texts
