"""Longer training: which students, what they are told, and what the table makes of them."""

import itertools

import numpy as np
import pandas as pd
import pytest

from scales import configuration
from supnorm.statistics.intervals import resamples
from supnorm.uniform.budget import BEST, judge, recipes, unseen_heights
from supnorm.uniform.cells import (
    budget_cells,
    cells,
    ranked_cells,
    seeds_of,
    sine_cell,
    training_options,
    trainings,
)
from supnorm.uniform.statements.budget import CLAIMS

RULES = ("fifth", "fast")
SIZES, SEEDS, TEACHERS = (10, 40, 160), (7, 8), (0, 1, 2)


def students(error):
    """A table of students: `error(rule, samples, teacher, seed, norm)`; their loss is a 16th."""
    named = ("batch_rule", "samples", "teacher", "seed", "norm")
    table = pd.DataFrame(
        itertools.product(RULES, SIZES, TEACHERS, SEEDS, ("2", "inf")), columns=named
    )
    table["error"] = [error(*row) for row in table[list(named)].itertuples(index=False)]
    fixed = {"family": "random", "dim": 1, "algorithm": "network", "depth": 5, "width": 8}
    return table.assign(**fixed, evaluation=5, upper=np.nan, loss=(table["error"] / 4) ** 2)


def table_of(error):
    return pd.DataFrame(judged.row() for judged in judge(students(error), "fifth"))


def falling(rule, samples, teacher, seed, norm):
    """Errors that longer training lowers, and makes fall by m^-1 in place of m^-1/2."""
    scale = {"2": 1.0, "inf": 3.0}[norm] * (1 + teacher) * (1 + (seed == 8))
    return scale * (samples**-0.5 if rule == "fifth" else 1 / samples)


def test_each_rule_is_ranked_by_itself_and_the_best_of_all_once_more():
    table = table_of(falling).set_index(["rule", "statistic", "norm", "samples"])
    assert set(table.index.unique("rule")) == {*RULES, BEST}
    # The worst teacher is the third, and the mean over the seeds is 3/2.
    assert table.at[("fifth", "minmax", "inf", 40), "error"] == pytest.approx(3 * 3 * 1.5 / 40**0.5)
    assert table.at[("fast", "minmax", "inf", 40), "error"] == pytest.approx(3 * 3 * 1.5 / 40)
    assert table.at[("fifth", "minmean", "2", 10), "error"] == pytest.approx(2 * 1.5 / 10**0.5)
    for norm, samples in itertools.product(("2", "inf"), SIZES):
        best, fast = (table.loc[(rule, "minmax", norm, samples)] for rule in (BEST, "fast"))
        assert best["error"] == fast["error"]


def test_the_training_error_is_the_root_of_the_loss_by_the_same_statistic():
    table = table_of(falling).set_index(["rule", "statistic", "norm", "samples"])
    for rule, norm in itertools.product(RULES, ("2", "inf")):
        at = table.loc[(rule, "minmax", norm, 160)]
        assert at["training"] == pytest.approx(table.at[(rule, "minmax", "2", 160), "error"] / 4)
    assert np.isnan(table.at[(BEST, "minmax", "2", 160), "training"])


def test_ratio_and_gain_are_beside_the_papers_budget_on_the_same_resamples():
    table = table_of(falling).set_index(["rule", "statistic", "norm", "samples"])
    fast = table.loc[("fast", "minmax", "inf", 160)]
    # Seeds scale both alike: neither ratio nor gain has any spread, and errors have one.
    assert fast[["ratio", "ratio_low", "ratio_high"]].tolist() == pytest.approx([160**-0.5] * 3)
    assert fast[["gain", "gain_low", "gain_high"]].tolist() == pytest.approx([-0.5] * 3)
    assert fast[["slope", "slope_low", "slope_high"]].tolist() == pytest.approx([-1.0] * 3)
    ends = resamples(2).interval(resamples(2).means(np.array([1.0, 2.0])))
    assert fast[["low", "high"]].tolist() == pytest.approx([9 / 160 * end for end in ends])
    paper = table.loc["fifth"]
    assert (paper["ratio"] == 1).all()
    assert (paper["gain"] == 0).all()


def test_the_best_may_change_with_the_sample_size():
    def crossing(rule, samples, teacher, seed, norm):
        return 1.0 if rule == "fifth" else samples / 40.0

    table = table_of(crossing)
    best = table[
        (table["rule"] == BEST) & (table["statistic"] == "minmax") & (table["norm"] == "2")
    ]
    assert best.sort_values("samples")["error"].tolist() == [0.25, 1.0, 1.0]


def test_a_student_that_diverged_has_an_infinite_ratio_and_no_slope():
    def diverging(rule, samples, teacher, seed, norm):
        return np.inf if (rule, samples) == ("fast", 40) else 1 / samples

    table = table_of(diverging)
    fast = table[(table["rule"] == "fast") & (table["statistic"] == "minmax")]
    assert (fast.loc[fast["samples"] == 40, "ratio"] == np.inf).all()
    assert fast[["slope", "gain"]].isna().all(axis=None)


def test_steps_are_epochs_times_batches():
    keys = {"family": "random", "dim": 1, "learning_rate": 1e-3, "batch": 3}
    rows = pd.DataFrame(
        [
            {**keys, "samples": 10, "batch_rule": rule, "epoch": 7}
            for rule in RULES
            for _ in range(2)
        ]
    )
    told = recipes(rows, "fifth").set_index("rule")
    assert told["steps"].tolist() == [28, 28]
    assert told["origin"].to_dict() == {"fifth": "paper", "fast": "longer"}


def test_heights_are_those_of_adaptive_spikes_of_these_seeds():
    rows = [
        {"kind": kind, "seed": seed, "height": height}
        for kind, seed, height in (
            ("adaptive", 7, 2.0),
            ("adaptive", 7, 2.0),
            ("adaptive", 8, 4.0),
            ("adaptive", 9, 100.0),
            ("fixed_max", None, 1000.0),
        )
    ]
    spiked = pd.DataFrame(rows).assign(family="random", dim=1, samples=10)
    (row,) = unseen_heights(spiked, [7, 8]).to_dict("records")
    assert (row["unseen"], row["norm"]) == (3.0, "inf")


def test_claims_are_read_off_the_table():
    table = table_of(falling).assign(dim=1)
    table["origin"] = table["rule"].map({"fifth": "paper", "fast": "longer", BEST: BEST})
    minmax = table[(table["rule"] == "fifth") & (table["statistic"] == "minmax")]
    tables = {"budget": table, "minmax": minmax.assign(algorithm_set="network")}
    found = {claim.name: list(claim.find(tables, {})) for claim in CLAIMS}
    (stagnation,) = found["rate_stagnates"]
    assert stagnation.measured == pytest.approx(0, abs=1e-12)
    (left,) = found["training_stopped_early"]
    assert left.measured == pytest.approx(0.25)
    helps = {one.case: one for one in found["longer_training_helps"]}
    assert set(helps) == {"d = 1, p = 2, fast", "d = 1, p = inf, fast"}
    assert helps["d = 1, p = inf, fast"].measured == pytest.approx(160**-0.5)
    assert [one.measured for one in found["longer_training_steepens"]] == pytest.approx([-0.5] * 2)
    assert {one.case for one in found["further_algorithms_steepen"]} == {
        f"d = 1, p = {norm}, best" for norm in ("2", "inf")
    }
    by_name = {claim.name: claim for claim in CLAIMS}
    assert by_name["training_stopped_early"].verdict(left) == "failed"
    assert by_name["longer_training_helps"].verdict(helps["d = 1, p = 2, fast"]) == "supported"


def test_longer_cells_are_of_some_students_and_never_compete():
    config = configuration("paper")
    longer, ranked = list(budget_cells(config)), list(ranked_cells(config))
    assert {cell.batch_rule for cell in longer} == set(config["budget"]["longer"])
    assert {cell.width for cell in longer} == {32}
    assert not {cell.name for cell in longer} & {cell.name for cell in ranked}
    assert [*ranked, *longer, sine_cell(config["sine"])] == list(cells(config))
    fifth = {(c.dim, c.samples): c for c in ranked if (c.batch_rule, c.width) == ("fifth", 32)}
    for cell in longer:
        paper = fifth[cell.dim, cell.samples]
        times = config["budget"]["longer"][cell.batch_rule]["times"]
        assert (cell.batch, cell.epochs) == (paper.batch, times * paper.epochs)
        assert cell.students == config["budget"]["teachers"] * config["budget"]["seeds"]
        assert seeds_of(cell, config) == config["budget"]["seeds"]


def test_a_job_is_told_its_own_learning_rate_and_which_students_it_has():
    config = configuration("paper")
    longer = next(cell for cell in budget_cells(config) if cell.batch_rule == "fast")
    told = training_options(longer, range(2, 5), config)
    assert (told["learning_rate"], told["teachers"], told["seeds"]) == (1e-3, 4, 3)
    assert (told["first"], told["count"], told["epochs"]) == (2, 3, 20000)
    for cell in (next(ranked_cells(config)), sine_cell(config["sine"])):
        told = training_options(cell, range(1), config)
        assert (told["learning_rate"], told["teachers"], told["seeds"]) == (1e-4, None, None)
    files = trainings(config)
    assert {told["learning_rate"] for told in files.values()} == {1e-4, 1e-3}
