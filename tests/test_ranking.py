"""Min-max and min-mean against brute force, and the fitted rates."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from supnorm.programs import InputError
from supnorm.ranking import decide, power_law

SIZES = (10, 100)
ALGORITHMS = [(5, 8, "fifth", 1), (5, 8, "fifth", 2), (5, 16, "hundred", 1)]


def table(values, norms=("inf",), dims=(1,)):
    """Errors of 3 algorithms, 2 teachers and 2 seeds, filled from `values` in turn."""
    values = itertools.cycle(values)
    return pd.DataFrame(
        [
            {
                "family": "random",
                "dim": dim,
                "norm": norm,
                "samples": samples,
                "algorithm": "network",
                "depth": depth,
                "width": width,
                "batch_rule": rule,
                "evaluation": evaluation,
                "teacher": teacher,
                "seed": seed,
                "error": next(values),
            }
            for dim in dims
            for norm in norms
            for samples in SIZES
            for depth, width, rule, evaluation in ALGORITHMS
            for teacher in (0, 1)
            for seed in (7, 8)
        ]
    )


def brute_force(errors, statistic):
    """The definition in plain loops: (value, algorithm, teacher)."""
    best = (float("inf"), None, None)
    for depth, width, rule, evaluation in ALGORITHMS:
        means = []
        for teacher in (0, 1):
            rows = [
                r.error
                for r in errors.itertuples()
                if (r.depth, r.width, r.batch_rule, r.evaluation)
                == (depth, width, rule, evaluation)
                and r.teacher == teacher
            ]
            assert len(rows) == 2
            means.append(sum(rows) / 2)
        value = max(means) if statistic == "minmax" else sum(means) / 2
        teacher = means.index(max(means)) if statistic == "minmax" else None
        if value < best[0]:
            best = (value, (depth, width, rule, evaluation), teacher)
    return best


# Without shrinking: a failure should not take minutes to be told.
@settings(derandomize=True, deadline=None, max_examples=20, phases=[Phase.generate])
@given(st.lists(st.floats(1e-6, 1e6), min_size=96, max_size=96, unique=True))
def test_decisions_are_those_of_brute_force(values):
    errors = table(values, norms=("1", "inf"), dims=(1, 3))
    decided = list(decide(errors))
    assert len(decided) == 2 * 2 * 2 * 2
    for one in decided:
        rows = errors
        for column, value in one.problem.items():
            rows = rows[rows[column] == value]
        value, algorithm, teacher = brute_force(rows, one.statistic)
        assert one.error == pytest.approx(value, rel=1e-12)
        assert tuple(one.algorithm.values()) == ("network", *algorithm)
        assert one.teacher == teacher
        assert one.seeds.min() <= one.error * (1 + 1e-12)
        assert one.seeds.max() >= one.error * (1 - 1e-12)


def test_the_values_of_seeds_are_those_of_what_was_decided():
    errors = table(np.random.default_rng(2).uniform(size=24))
    for one in decide(errors):
        rows = errors[errors["samples"] == one.problem["samples"]]
        for column, value in one.algorithm.items():
            rows = rows[rows[column] == value]
        if one.statistic == "minmax":
            rows = rows[rows["teacher"] == one.teacher]
        assert one.seeds.tolist() == pytest.approx(rows.groupby("seed")["error"].mean().tolist())


def test_a_diverged_student_never_vanishes_from_a_maximum():
    errors = table([1.0])
    errors.loc[(errors["batch_rule"] == "fifth") & (errors["seed"] == 8), "error"] = np.inf
    errors.loc[errors["batch_rule"] == "hundred", "error"] = 50.0
    for one in decide(errors):
        assert one.algorithm["batch_rule"] == "hundred"
        assert one.error == 50


def test_where_all_diverge_the_error_is_infinite():
    errors = table([np.inf])
    assert all(one.error == np.inf for one in decide(errors))


def test_of_equal_algorithms_the_first_wins():
    for one in decide(table([2.0])):
        assert tuple(one.algorithm.values()) == ("network", *ALGORITHMS[0])


def test_the_order_of_rows_does_not_matter():
    errors = table(np.random.default_rng(0).uniform(size=24))
    shuffled = errors.sample(frac=1, random_state=1)
    for one, two in zip(decide(errors), decide(shuffled), strict=True):
        assert (one.problem, one.algorithm, one.teacher) == (
            two.problem,
            two.algorithm,
            two.teacher,
        )
        assert (one.seeds == two.seeds).all()


@pytest.mark.parametrize(
    "change", [lambda e: e.drop(index=3), lambda e: pd.concat([e, e.loc[[3]]])]
)
def test_missing_and_doubled_rows_are_refused(change):
    with pytest.raises(InputError, match="expected one for each of 3 algorithms, 2 teachers and 2"):
        list(decide(change(table([1.0]))))


def test_a_power_law_is_found():
    m = np.array([30, 100, 300, 1000])
    slope, constant = power_law(m, 7.0 * m**-1.5)
    assert slope == pytest.approx(-1.5)
    assert constant == pytest.approx(7.0)


@pytest.mark.parametrize("errors", [[1.0], [1.0, np.inf], [1.0, 0.0], [np.inf, np.inf]])
def test_a_line_needs_two_positive_finite_errors(errors):
    slope, constant = power_law(np.array(SIZES[: len(errors)]), np.array(errors))
    assert np.isnan(slope)
    assert np.isnan(constant)
