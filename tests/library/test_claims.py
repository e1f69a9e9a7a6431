"""Claims: numbers by hand from small tables, and verdicts that can go either way."""

import numpy as np
import pandas as pd
import pytest

from supnorm.claims import Claim, Finding, claims
from write_summary import by_claim

SIZES = [10, 100]


def table(**columns):
    return pd.DataFrame(columns)


def tables(**changes):
    """Tables of one dimension in which errors are m^-1/2 for p = inf and m^-1 for p = 2."""
    errors = {"inf": [10**-0.5, 0.1], "2": [0.1, 0.01]}
    norms = [norm for norm in errors for _ in SIZES]
    minmax = table(
        dim=3,
        algorithm_set="network",
        statistic="minmax",
        norm=norms,
        samples=SIZES * 2,
        error=np.concatenate(list(errors.values())),
        low=0.05,
        high=0.2,
        upper=[0.32, 0.1005, np.nan, np.nan],
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
    return made | changes


def found(name, norm="inf", given=None):
    claim = next(claim for claim in claims(0.01) if claim.name == name)
    finding = claim.find(given or tables(), norm)
    return finding and (finding.measured, finding.reference, claim.verdict(finding))


def interval(name, norm="inf"):
    claim = next(claim for claim in claims(0.01) if claim.name == name)
    finding = claim.find(tables(), norm)
    return finding.low, finding.high


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
    bounds = tables()["bounds"].assign(norm="2")
    found_there = found("learnable_below_infinity", "2", tables(bounds=bounds))
    # An error of 0.01, and a bound of 0.5.
    assert found_there == (pytest.approx(0.02), 1, "failed")
    easier = bounds.assign(value=bounds["value"] / 100)
    assert found("learnable_below_infinity", "2", tables(bounds=easier))[2] == "supported"
    assert found("learnable_below_infinity", "inf") is None


def test_fixed_spikes_are_compared_for_their_own_number_of_coordinates():
    bounds = tables()["bounds"]
    value, *_ = found("fixed_spike_above_bound", given=tables(bounds=bounds[bounds["best"]]))
    assert value == pytest.approx(1.0)
    assert found("fixed_spike_above_bound")[0] == pytest.approx(1.25)


def test_exact_errors_need_no_certificate():
    minmax = tables()["minmax"].assign(dim=1)
    assert found("certified", given=tables(minmax=minmax)) is None


def test_a_finding_may_fail_or_be_undecided():
    claim = Claim("name", "statement", "quantity", ">=", "tables", "source", None, lambda *_: None)
    for low, value, high, says in (
        (1, 2, 3, "supported"),
        (-1, 2, 3, "undecided"),
        (-3, -2, 1, "undecided"),
        (-3, -2, -1, "failed"),
        (np.nan, 2, np.nan, "supported"),
        (np.nan, -2, np.nan, "failed"),
    ):
        assert claim.verdict(Finding(value, 0, low, high)) == says


def test_slower_l2_makes_the_claim_fail():
    rates = tables()["rates"].assign(lead=-0.2, lead_low=-0.3, lead_high=-0.1)
    assert found("uniform_slower_than_l2", given=tables(rates=rates))[2] == "failed"


@pytest.mark.parametrize("name", [claim.name for claim in claims(0.01)])
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


def test_the_summary_has_each_statement_once_above_its_dimensions_and_norms():
    rows = pd.DataFrame(
        {
            "statement": ["Errors fall.", "Bounds hold.", "Errors fall."],
            "quantity": ["slope", "ratio", "slope"],
            "source": ["none", "S1.9", "none"],
            "dim": [1, 1, 3],
            "norm": "inf",
            "measured": [-0.5, 2.0, -0.25],
            "low": np.nan,
            "high": np.nan,
            "relation": ["<=", ">=", "<="],
            "reference": [0.0, 1.0, 0.0],
            "verdict": "supported",
        }
    )
    first, below, second, _ = by_claim(rows)
    assert first == "**Errors fall.** Measured: slope."
    assert second == "**Bounds hold.** (S1.9) Measured: ratio."
    assert below.splitlines()[2:] == [
        "| 1 | inf | -0.5 |  |  | <= | 0 | supported |",
        "| 3 | inf | -0.25 |  |  | <= | 0 | supported |",
    ]
