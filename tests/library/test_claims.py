"""Claims: numbers by hand from small tables, and verdicts that can go either way."""

import numpy as np
import pandas as pd
import pytest

from artifact.expected import EXPECTED
from document import collect_claims
from document.write_summary import by_claim
from supnorm.job.programs import InputError
from supnorm.statistics.claims import Claim, Finding
from supnorm.statistics.claims import tabulate_claims as tabulate
from supnorm.tables.claims import CLAIMS
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform import claims as uniform
from supnorm.uniform.statements import errors
from uniform import tabulate_claims

SIZES = [10, 100]


def table(**columns):
    return pd.DataFrame(columns)


def tables(**changes):
    """Tables of d = 3 in which errors are m^-1/2 for p = inf and m^-1 for p < inf."""
    errors = {"inf": [10**-0.5, 0.1], "2": [0.1, 0.01], "1": [0.1, 0.01]}
    norms = [norm for norm in errors for _ in SIZES]
    minmax = table(
        algorithm_set="network",
        statistic="minmax",
        norm=norms,
        samples=SIZES * len(errors),
        error=np.concatenate(list(errors.values())),
        low=0.05,
        high=0.2,
        upper=[0.32, 0.1005, *[np.nan] * 4],
        ratio=0.5,
        ratio_low=0.25,
        ratio_high=0.75,
    )
    others = minmax.assign(algorithm_set="grid", error=2 * minmax["error"], upper=np.nan, ratio=2)
    rates = table(
        algorithm_set="network",
        statistic="minmax",
        norm=["inf", "2"],
        slope=[-0.5, -1.0],
        low=[-0.6, -1.1],
        high=[-0.45, -0.9],
        lead=[0.0, 0.5],
        lead_low=[0.0, 0.3],
        lead_high=[0.0, 0.6],
    )
    kinds = {"rate": [1e-1, 1e-2], "lower": [1.0, 0.5], "lower_sharp": [2.0, 1.0]}
    kinds |= {"upper_centres": [0.7, 0.19]}
    bounds = table(
        bound=[kind for kind in kinds for _ in SIZES],
        samples=SIZES * len(kinds),
        value=np.concatenate(list(kinds.values())),
        best=True,
        active=1,
        norm="inf",
    )
    of_grid = bounds[bounds["bound"] == "lower"].assign(best=False, active=2, value=[0.8, 0.4])
    bounds = pd.concat([bounds, of_grid])
    bounds = pd.concat([bounds.assign(norm=norm) for norm in errors])
    spiked = {"random": [0.3, 0.1], "fixed_mean": [1.2, 0.5], "adaptive": [4.0, 2.0]}
    worst_case = table(
        kind=[kind for kind in spiked for _ in SIZES],
        samples=SIZES * 3,
        error=np.concatenate(list(spiked.values())),
        low=0.9 * np.concatenate(list(spiked.values())),
        norm="inf",
    )
    methods = table(
        samples=100,
        teacher=3,
        seed=[0, 1, 0, 1],
        method=["sampled", "sampled", "exact", "exact"],
        points=[64, 64, None, None],
        error=[0.08, 0.1, 0.1, 0.1],
    )
    growth = table(
        norm="inf",
        teachers=[1, 2],
        lag=[0.0, 0.3],
        lag_low=[0.0, 0.2],
        lag_high=[0.0, 0.35],
    )
    made = {"minmax": pd.concat([minmax, others]), "rates": rates, "bounds": bounds}
    made |= {"worst_case": worst_case, "methods": methods, "growth": growth}
    return {name: made.assign(dim=3) for name, made in made.items()} | changes


def row(name, norm="inf", given=None, dim=3):
    claims = [claim for claim in errors.CLAIMS if claim.name == name]
    rows = tabulate("uniform", claims, given or tables(), {"gap": 0.01})
    rows = rows[rows["case"] == f"d = {dim}, p = {norm}"]
    return None if rows.empty else rows.iloc[0]


def found(name, norm="inf", given=None, dim=3):
    there = row(name, norm, given, dim)
    return None if there is None else tuple(there[["measured", "reference", "verdict"]])


def interval(name):
    return tuple(row(name)[["low", "high"]])


@pytest.mark.parametrize(
    ("name", "measured", "reference", "verdict"),
    [
        ("uniform_slower_than_l2", 0.5, 0, "supported"),
        ("no_faster_than_the_rate", -0.5, -1, "supported"),
        ("adaptive_spike_above_bound", 1.8, 1, "supported"),
        ("fixed_spike_above_bound", 1.25, 1, "supported"),
        ("random_below_worst_case", 0.075, 1, "supported"),
        ("grid_within_guarantee", 0.2 / 0.19, 1, "failed"),
        ("networks_beat_references", 0.5, 1, "supported"),
        ("certified", 0.32 / 10**-0.5 - 1, 0.01, "failed"),
        ("sampling_falls_short", 0.2, 0.01, "supported"),
        ("rates_worsen_with_teachers", 0.3, 0, "supported"),
    ],
)
def test_a_claim_is_computed_from_the_tables(name, measured, reference, verdict):
    value, compared, says = found(name)
    assert value == pytest.approx(measured)
    assert compared == pytest.approx(reference)
    assert says == verdict


def test_intervals_are_those_of_paired_differences_and_ratios():
    assert interval("uniform_slower_than_l2") == (0.3, 0.6)
    assert interval("rates_worsen_with_teachers") == (0.2, 0.35)
    assert interval("networks_beat_references") == (0.25, 0.75)
    assert interval("no_faster_than_the_rate") == (-0.6, -0.45)


def test_for_finite_p_the_error_at_the_largest_m_is_compared_with_theorem_2_2():
    bounds = tables()["bounds"]
    # An error of 0.01, and a bound of 0.5.
    assert found("learnable_below_infinity", "2") == (pytest.approx(0.02), 1, "failed")
    easier = bounds.assign(value=bounds["value"] / 100)
    assert found("learnable_below_infinity", "2", tables(bounds=easier))[2] == "supported"
    assert found("learnable_below_infinity", "inf") is None


def test_fixed_spikes_are_compared_for_their_own_number_of_coordinates():
    bounds = tables()["bounds"]
    value, *_ = found("fixed_spike_above_bound", given=tables(bounds=bounds[bounds["best"]]))
    assert value == pytest.approx(1.0)
    assert found("fixed_spike_above_bound")[0] == pytest.approx(1.25)


def test_exact_errors_need_no_certificate():
    exact = {name: made.assign(dim=1) for name, made in tables().items()}
    assert found("certified", given=exact, dim=1) is None
    assert found("sampling_falls_short", given=exact, dim=1)[2] == "supported"


def claim(name, *findings, relation=">=", figure=None, **more):
    told = ("statement", "quantity", relation, "tables", "source", figure)
    return Claim(name, *told, lambda tables, settings: findings, **more)


def test_a_finding_may_fail_or_be_undecided():
    for low, value, high, says in (
        (1, 2, 3, "supported"),
        (-1, 2, 3, "undecided"),
        (-3, -2, 1, "undecided"),
        (-3, -2, -1, "failed"),
        (np.nan, 2, np.nan, "supported"),
        (np.nan, -2, np.nan, "failed"),
    ):
        assert claim("a").verdict(Finding("case", value, 0, low, high)) == says
        mirrored = Finding("case", -value, 0, -high, -low)
        assert claim("a", relation="<=").verdict(mirrored) == says


def test_a_number_at_its_reference_holds_either_way():
    for relation in ("<=", ">="):
        assert claim("a", relation=relation).verdict(Finding("case", 1, 1, 1, 1)) == "supported"


def test_a_claim_may_be_of_any_cases():
    def find(tables, settings):
        for degree, rows in tables["successes"].groupby("r"):
            share = rows["share"].mean()
            yield Finding(f"r = {degree}, n = 100", share, settings["least"], share - 0.1)

    told = ("statement", "share", ">=", "successes", "none", "grid")
    learned = Claim("learned", *told, find, "It says so.")
    successes = table(r=[2, 2, 3], share=[0.9, 0.7, 0.4])
    rows = tabulate("parity", [learned], {"successes": successes}, {"least": 0.75})
    assert list(rows.columns) == [column.name for column in CLAIMS.columns]
    assert list(rows["case"]) == ["r = 2, n = 100", "r = 3, n = 100"]
    assert list(rows["measured"]) == pytest.approx([0.8, 0.4])
    assert list(rows["verdict"]) == ["undecided", "failed"]
    assert set(rows["study"]) == {"parity"}
    assert set(rows["figure"]) == {"parity/grid"}
    assert set(rows["sentence"]) == {"It says so."}


def test_rows_go_by_part_then_claim_then_case():
    claims = [
        claim("late", Finding("b", 1, 0, part=3), Finding("a", 1, 0, part=1)),
        claim("early", Finding("z", 1, 0, part=1), Finding("y", 1, 0, part=1)),
        claim("none", Finding("x", np.nan, 0)),
    ]
    rows = tabulate("study", claims, {}, {})
    assert list(zip(rows["claim"], rows["case"], strict=True)) == [
        ("late", "a"),
        ("early", "z"),
        ("early", "y"),
        ("late", "b"),
    ]


def test_dimensions_come_first_however_many_digits_they_have():
    both = [{n: t.assign(dim=dim) for n, t in tables().items()} for dim in (10, 2)]
    of_two = {name: pd.concat([tables[name] for tables in both]) for name in both[0]}
    rows = tabulate("uniform", errors.CLAIMS, of_two, {"gap": 0.01})
    first, second = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    assert set(first["case"]) == {"d = 2, p = 1", "d = 2, p = 2", "d = 2, p = inf"}
    assert list(second["claim"]) == list(first["claim"])
    names = [claim.name for claim in errors.CLAIMS]
    assert list(first["claim"].unique()) == [n for n in names if n in set(first["claim"])]
    rated = first.loc[first["claim"] == "networks_beat_references", "case"]
    assert list(rated) == ["d = 2, p = 1", "d = 2, p = 2", "d = 2, p = inf"]


def test_the_program_finds_the_claims_of_the_reference_set(tmp_path):
    """But for those that rest on a table which the set has not."""
    files, missing = {}, set()
    for name, schema in tabulate_claims.TABLES.items():
        files[name] = EXPECTED / f"laptop/uniform/{name}.parquet"
        if not files[name].exists():
            missing.add(name)
            files[name] = tmp_path / f"{name}.parquet"
            write_table(files[name], pd.DataFrame(columns=schema.arrow().names), schema)
    assert missing == {"methods", "places", "neighbours", "challenges", "tractable"}
    given = [part for name, file in files.items() for part in (f"--{name}", str(file))]
    made = tmp_path / "claims.parquet"
    options = ["--uniform.teacher.families", "random", "--uniform.certificate.gap", "1e-4"]
    options += ["--uniform.teacher.norm", "inf", "--uniform.teacher.bound", "0.5"]
    made_from = [*given, *options, "--ledger", str(tmp_path / "ledger.parquet")]
    tabulate_claims.main([*made_from, "--claims", str(made)])
    known = read_table(EXPECTED / "laptop/uniform/claims.parquet", CLAIMS.columns)
    resting = {claim.name for claim in uniform.CLAIMS if missing & set(claim.tables.split(", "))}
    known = known[~known["claim"].isin(resting)].reset_index(drop=True)
    pd.testing.assert_frame_equal(read_table(made, CLAIMS.columns), known)


def test_claims_of_all_studies_are_one_table_in_their_order(tmp_path):
    studies = ("uniform", "parity")
    paths = [tmp_path / f"{study}.parquet" for study in studies]
    for study, path in zip(studies, paths, strict=True):
        findings = [Finding("r = 3", 2, 1), Finding("r = 2", 1, 2)]
        rows = tabulate(study, [claim("z", *findings), claim("a", *findings[:1])], {}, {})
        write_table(path, rows, CLAIMS)
    whole = tmp_path / "claims.parquet"
    collect_claims.main(["--claims", *map(str, paths), "--table", str(whole)])
    rows = read_table(whole, CLAIMS.columns)
    assert list(rows["study"]) == ["uniform"] * 3 + ["parity"] * 3
    assert list(rows["claim"]) == ["z", "z", "a"] * 2
    assert list(rows["case"]) == ["r = 3", "r = 2", "r = 3"] * 2
    assert rows[["sentence", "figure", "low", "high"]].isna().all(axis=None)
    twice = [*map(str, paths), str(paths[1])]
    with pytest.raises(InputError, match=r"found z of the study parity twice for r = 3$"):
        collect_claims.main(["--claims", *twice, "--table", str(tmp_path / "never.parquet")])
    assert not (tmp_path / "never.parquet").exists()


def test_figures_of_claims_are_named_with_their_study():
    figures = {claim.name: claim.figure for claim in uniform.CLAIMS}
    rows = read_table(EXPECTED / "laptop/uniform/claims.parquet", CLAIMS.columns)
    for name, figure in zip(rows["claim"], rows["figure"], strict=True):
        assert pd.isna(figure) if figures[name] is None else figure == f"uniform/{figures[name]}"


def test_slower_l2_makes_the_claim_fail():
    rates = tables()["rates"].assign(lead=-0.2, lead_low=-0.3, lead_high=-0.1)
    assert found("uniform_slower_than_l2", given=tables(rates=rates))[2] == "failed"


@pytest.mark.parametrize("name", [claim.name for claim in errors.CLAIMS])
def test_nothing_is_claimed_where_the_tables_are_silent(name):
    """With one sample size, one teacher and no reference algorithms."""
    silent = tables()
    silent["rates"] = silent["rates"].assign(slope=np.nan, lead=np.nan)
    silent["growth"] = silent["growth"].assign(lag=np.nan)
    networks = silent["minmax"]["algorithm_set"] == "network"
    silent["minmax"] = silent["minmax"][networks].assign(upper=np.nan, ratio=np.nan)
    silent["worst_case"] = silent["worst_case"][:0]
    silent["methods"] = silent["methods"][:0]
    silent["bounds"] = silent["bounds"][silent["bounds"]["samples"] == 10]
    assert found(name, given=silent) is None


def test_the_summary_has_each_statement_once_above_its_cases():
    rows = pd.DataFrame(
        {
            "study": "uniform",
            "claim": ["fall", "hold", "fall"],
            "statement": ["Errors fall.", "Bounds hold.", "Errors fall."],
            "quantity": ["slope", "ratio", "slope"],
            "source": ["none", "S1.9", "none"],
            "case": ["d = 1, p = inf", "r = 3", "d = 3, p = inf"],
            "measured": [-0.5, 2.0, -0.25],
            "low": np.nan,
            "high": np.nan,
            "relation": ["<=", ">=", "<="],
            "reference": [0.0, 1.0, 0.0],
            "verdict": "supported",
        }
    )
    study, first, below, second, _ = by_claim(rows)
    assert study == "### uniform"
    assert first == "**Errors fall.** Measured: slope."
    assert second == "**Bounds hold.** (S1.9) Measured: ratio."
    assert below.splitlines()[2:] == [
        "| d = 1, p = inf | -0.5 |  |  | <= | 0 | supported |",
        "| d = 3, p = inf | -0.25 |  |  | <= | 0 | supported |",
    ]
