"""Claims: numbers by hand from small tables, and verdicts that can go either way."""

import numpy as np
import pandas as pd
import pytest

from supnorm.claims import Claim, Finding, claims

SIZES = [10, 100]


def table(**columns):
    return pd.DataFrame(columns)


def tables(**changes):
    """Tables of one dimension in which errors are m^-1/2 for p = inf and m^-1 for p = 2."""
    errors = {"inf": [10**-0.5, 0.1], "2": [0.1, 0.01]}
    norms = [norm for norm in errors for _ in SIZES]
    minmax = table(
        algorithm_set="network",
        statistic="minmax",
        norm=norms,
        samples=SIZES * 2,
        error=np.concatenate(list(errors.values())),
        low=0.05,
        high=0.2,
        upper=[0.32, 0.1005, np.nan, np.nan],
    )
    others = minmax.assign(algorithm_set="grid", error=2 * minmax["error"], upper=np.nan)
    rates = table(
        algorithm_set="network",
        statistic="minmax",
        norm=["inf", "2"],
        slope=[-0.5, -1.0],
        low=[-0.6, -1.1],
        high=[-0.45, -0.9],
    )
    kinds = {"rate": [1e-1, 1e-2], "lower": [1.0, 0.5], "lower_sharp": [2.0, 1.0]}
    kinds |= {"upper": [8.0, 4.0], "upper_centres": [0.7, 0.19]}
    bounds = table(
        bound=[kind for kind in kinds for _ in SIZES],
        samples=SIZES * len(kinds),
        value=np.concatenate(list(kinds.values())),
        best=True,
        norm="inf",
    )
    spiked = {"random": [0.3, 0.1], "fixed_max": [1.5, 0.6], "adaptive": [4.0, 2.0]}
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
        slope=[-0.8, -0.5],
        slope_low=[-0.9, -0.6],
        slope_high=[-0.75, -0.45],
    )
    made = {"minmax": pd.concat([minmax, others]), "rates": rates, "bounds": bounds}
    made |= {"worst_case": worst_case, "methods": methods, "growth": growth}
    return made | changes


def found(name, norm="inf", given=None):
    claim = next(claim for claim in claims(0.01) if claim.name == name)
    finding = claim.find(given or tables(), norm)
    return finding and (finding.measured, finding.reference, claim.verdict(finding))


@pytest.mark.parametrize(
    ("name", "measured", "reference", "verdict"),
    [
        ("uniform_slower_than_l2", 0.5, 0, "supported"),
        ("no_faster_than_the_rate", -0.5, -1, "supported"),
        ("adaptive_spike_above_bound", 1.8, 1, "supported"),
        ("fixed_spike_above_bound", 1.2, 1, "supported"),
        ("random_below_worst_case", 0.075, 1, "supported"),
        ("below_upper_bound", 10**-0.5 / 8, 1, "supported"),
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


def test_the_exponent_for_finite_p_is_that_of_the_bound():
    bounds = tables()["bounds"].assign(norm="2")
    value, compared, says = found("learnable_below_infinity", "2", tables(bounds=bounds))
    # The bound of these tables is halved as m grows tenfold.
    assert (value, compared, says) == (pytest.approx(-np.log10(2)), -0.5, "failed")
    assert found("learnable_below_infinity", "inf") is None


def test_a_finding_may_fail_or_be_undecided():
    claim = Claim("name", "statement", "quantity", ">=", "tables", "source", lambda *_: None)
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
    rates = tables()["rates"].assign(norm=["2", "inf"])
    assert found("uniform_slower_than_l2", given=tables(rates=rates))[2] == "failed"


@pytest.mark.parametrize("name", [claim.name for claim in claims(0.01)])
def test_nothing_is_claimed_where_the_tables_are_silent(name):
    """With one sample size, one teacher and no reference algorithms."""
    silent = tables()
    for key in ("rates", "growth"):
        slopes = [column for column in silent[key] if "slope" in column]
        silent[key] = silent[key].assign(**dict.fromkeys(slopes, np.nan))
    networks = silent["minmax"]["algorithm_set"] == "network"
    silent["minmax"] = silent["minmax"][networks].assign(upper=np.nan)
    silent["worst_case"] = silent["worst_case"][:0]
    silent["methods"] = silent["methods"][:0]
    silent["bounds"] = silent["bounds"][silent["bounds"]["samples"] == 10]
    assert found(name, given=silent) is None or name == "below_upper_bound"
