"""Min-max and min-mean against brute force, their growth, and the fitted rates."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from supnorm.job.programs import InputError
from supnorm.tables.errors import errors_schema
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.ranking import (
    beside,
    decide,
    expected_maxima,
    grow,
    power_law,
    rates,
    ratios_to_others,
)
from supnorm.uniform.tables.growth import GROWTH
from supnorm.uniform.tables.ranking import MINMAX, RATES
from uniform import rank_algorithms, tabulate_growth

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
                "upper": np.nan,
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
@settings(derandomize=True, max_examples=10, phases=[Phase.generate])
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
        low, high = one.interval()
        assert low * (1 - 1e-12) <= one.error <= high * (1 + 1e-12)


def test_resampled_seeds_are_the_same_everywhere_and_all_is_chosen_anew():
    errors = table(np.random.default_rng(2).uniform(size=24))
    for one in decide(errors):
        rows = errors[errors["samples"] == one.problem["samples"]]
        expected = []
        for drawn in ((7, 7), (7, 8), (8, 8)):
            chosen = pd.concat(
                rows[rows["seed"] == seed].assign(seed=place) for place, seed in enumerate(drawn)
            )
            expected.append(brute_force(chosen, one.statistic)[0])
        assert one.resampled.tolist() == pytest.approx(expected)
        assert one.interval() == pytest.approx((min(expected), max(expected)))


def test_one_seed_has_no_interval():
    errors = table([1.0, 2.0])
    for one in decide(errors[errors["seed"] == 7]):
        assert np.isnan(one.interval()).all()


def test_upper_ends_are_those_of_the_deciding_algorithm_over_all_teachers():
    errors = table(np.random.default_rng(4).uniform(size=24))
    errors["upper"] = errors["error"] + np.random.default_rng(5).uniform(size=24)
    for one in decide(errors):
        rows = errors[errors["samples"] == one.problem["samples"]]
        for column, value in one.algorithm.items():
            rows = rows[rows[column] == value]
        means = rows.groupby("teacher")["upper"].mean()
        expected = means.max() if one.statistic == "minmax" else means.mean()
        assert one.upper == pytest.approx(expected)
        assert one.upper > one.error


def test_an_upper_end_is_unknown_unless_known_for_all_teachers():
    errors = table([1.0, 2.0, 3.0, 4.0])
    errors["upper"] = errors["error"]
    assert all(one.upper == pytest.approx(one.error) for one in decide(errors))
    errors.loc[errors["teacher"] == 0, "upper"] = np.nan
    assert all(np.isnan(one.upper) for one in decide(errors))


def with_references(errors):
    """The errors, ten times as small for an algorithm "grid" that is known at one size only."""
    grid = errors[(errors["width"] == 16) & (errors["samples"] == SIZES[0])]
    return pd.concat(
        [
            errors,
            grid.assign(
                algorithm="grid",
                depth=0,
                width=0,
                batch_rule="none",
                evaluation=1,
                error=grid["error"] / 10,
            ),
        ]
    )


def test_sets_of_algorithms_never_compete_with_one_another():
    errors = table(np.random.default_rng(6).uniform(size=24))
    decided = list(decide(with_references(errors)))
    networks = [one for one in decided if one.algorithm["algorithm"] == "network"]
    grids = [one for one in decided if one.algorithm["algorithm"] == "grid"]
    assert [one.error for one in networks] == [one.error for one in decide(errors)]
    assert len(grids) == 2
    assert len(decided) == 2 + 4
    assert max(one.error for one in grids) < min(one.error for one in networks)


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
        assert (one.error, one.interval()) == (two.error, two.interval())


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


def test_power_laws_are_fitted_together_as_one_by_one():
    m = np.array([30, 100, 300, 1000])
    errors = np.random.default_rng(7).uniform(1, 2, (2, 3, 4)) * m**-0.5
    errors[1, 2, 3] = np.inf
    slopes, constants = power_law(m, errors)
    for at in itertools.product(range(2), range(3)):
        if at == (1, 2):
            assert np.isnan([slopes[at], constants[at]]).all()
        else:
            slope, intercept = np.polyfit(np.log(m), np.log(errors[at]), 1)
            assert slopes[at] == pytest.approx(slope)
            assert constants[at] == pytest.approx(np.exp(intercept))


@pytest.mark.parametrize("errors", [[1.0], [1.0, np.inf], [1.0, 0.0], [np.inf, np.inf]])
def test_a_line_needs_two_positive_finite_errors(errors):
    slope, constant = power_law(np.array(SIZES[: len(errors)]), np.array(errors))
    assert np.isnan(slope)
    assert np.isnan(constant)


def of_seed_slopes():
    """Errors that are powers of m for every seed, steeper for seed 8, and their rates."""
    errors = table([1.0])
    slopes = errors["seed"].map({7: -0.5, 8: -1.0})
    errors["error"] = errors["teacher"].map({0: 1.0, 1: 3.0}) * errors["samples"] ** slopes
    return errors


def statistic(one):
    return {"statistic": one.statistic}


def test_rates_of_exact_power_laws_and_their_intervals():
    for rate in (fitted.row() for fitted in rates(decide(of_seed_slopes()), statistic)):
        middle = (0.1 + 10**-0.5) / (0.01 + 100**-0.5)
        assert (rate["low"], rate["high"]) == pytest.approx((-1.0, -0.5))
        assert rate["slope"] == pytest.approx(-np.log10(middle))
        assert set(rate) - {"slope", "low", "high", "constant"} == {
            "family",
            "dim",
            "norm",
            "statistic",
        }


def test_a_rate_that_is_infinite_in_one_resample_has_no_interval():
    errors = of_seed_slopes()
    errors.loc[(errors["seed"] == 8) & (errors["samples"] == 100), "error"] = np.inf
    for rate in (fitted.row() for fitted in rates(decide(errors), statistic)):
        assert np.isnan([rate["slope"], rate["low"], rate["high"]]).all()


def in_two_norms():
    """Errors whose slope for p = 2 is that for p = inf less a half, for every seed alike."""
    uniform = of_seed_slopes()
    square = uniform.assign(norm="2", error=uniform["error"] * uniform["samples"] ** -0.5)
    return pd.concat([square, uniform])


def test_a_difference_of_slopes_is_that_of_each_resample():
    fitted = list(rates(decide(in_two_norms()), statistic))
    for one, uniform in beside(fitted, norm="inf"):
        expected = 0.5 if one.series["norm"] == "2" else 0.0
        # What varies with the seed is in both slopes: nothing of it is left in the difference.
        assert uniform.less(one) == pytest.approx((expected,) * 3, abs=1e-12)
        assert rank_algorithms.rate_row(one, uniform)["lead"] == pytest.approx(expected, abs=1e-12)
        assert uniform.series == one.series | {"norm": "inf"}
        low, high = one.row()["low"], one.row()["high"]
        assert high - low == pytest.approx(0.5)


def test_a_ratio_to_other_sets_is_that_of_each_resample():
    errors = table(np.random.default_rng(3).uniform(1, 2, size=24))
    # One reference is a tenth of the networks, whatever the seed; the other is worse.
    references = [
        errors.assign(algorithm=name, error=errors["error"] * factor)
        for name, factor in (("cubic", 0.1), ("grid", 0.5))
    ]
    decided = list(decide(pd.concat([errors, *references])))
    for one, found in zip(decided, ratios_to_others(decided), strict=True):
        expected = {"network": 10, "cubic": 0.2, "grid": 5}[one.algorithm["algorithm"]]
        assert tuple(found.values()) == pytest.approx((expected,) * 3)


def test_sets_with_other_seeds_or_none_have_no_ratio():
    errors = table([1.0, 2.0])
    other = errors.assign(algorithm="grid", seed=errors["seed"] + 1)
    for rows in (errors, pd.concat([errors, other])):
        for found in ratios_to_others(list(decide(rows))):
            assert np.isnan(list(found.values())).all()


def test_sizes_with_different_seeds_have_no_rate():
    errors = of_seed_slopes()
    errors.loc[(errors["seed"] == 8) & (errors["samples"] == 100), "seed"] = 9
    with pytest.raises(
        InputError, match=r"found the seeds \[7, 8\] and \[7, 9\], expected the same"
    ):
        list(rates(decide(errors), statistic))


@settings(derandomize=True, max_examples=30, phases=[Phase.generate])
@given(st.lists(st.floats(0, 1e3) | st.just(np.inf), min_size=1, max_size=8))
def test_expected_maxima_are_the_means_over_all_subsets(errors):
    maxima = expected_maxima(np.array(errors))
    for size, found in enumerate(maxima, start=1):
        subsets = list(itertools.combinations(errors, size))
        expected = sum(map(max, subsets)) / len(subsets)
        assert found == pytest.approx(expected)


def test_growth_leads_from_the_min_mean_to_the_min_max():
    errors = table(np.random.default_rng(8).uniform(size=24))
    decided, grown = list(decide(errors)), list(grow(errors))
    assert [one.teachers for one in grown] == [1, 2, 1, 2]
    for statistic, teachers in (("minmean", 1), ("minmax", 2)):
        one = [one for one in decided if one.statistic == statistic]
        two = [two for two in grown if two.teachers == teachers]
        for a, b in zip(one, two, strict=True):
            assert b.error == pytest.approx(a.error)
            assert b.resampled == pytest.approx(a.resampled)
            assert b.problem == a.problem


def test_an_algorithm_is_chosen_anew_for_each_number_of_teachers():
    errors = table([1.0])
    # Of three algorithms one is best on average, one at worst.
    even, uneven = errors["evaluation"].eq(2), errors["width"].eq(16)
    errors.loc[even, "error"] = 0.6
    errors.loc[uneven, "error"] = errors["teacher"].map({0: 0.1, 1: 0.9})
    assert [one.error for one in grow(errors)] == pytest.approx([0.5, 0.6] * 2)


def full(errors):
    """The errors as a program reads them."""
    return errors.assign(
        batch=1, epoch=1, method="exact", at0=0.0, loss=0.0, upper=errors["error"] * 1.5
    )


@pytest.fixture
def written(tmp_path):
    """The tables made from networks, a reference algorithm, and one student of a sine."""
    errors = with_references(table(np.random.default_rng(9).uniform(size=24)))
    sine = errors[(errors["evaluation"] == 2) & (errors["samples"] == 10)].iloc[:1]
    path = tmp_path / "errors.parquet"
    rows = full(pd.concat([errors, sine.assign(family="sine")]))
    write_table(path, rows, errors_schema(1))
    names = {"minmax": MINMAX, "rates": RATES, "growth": GROWTH}
    paths = {name: tmp_path / f"{name}.parquet" for name in names}
    ranked = ["--minmax", str(paths["minmax"]), "--rates", str(paths["rates"])]
    rank_algorithms.main(["--errors", str(path), *ranked])
    tabulate_growth.main(["--errors", str(path), "--growth", str(paths["growth"])])
    return {name: read_table(paths[name], schema.columns) for name, schema in names.items()}


def test_tables_have_a_row_for_each_set_and_problem(written):
    minmax, fits = written["minmax"], written["rates"]
    assert minmax.groupby(["family", "algorithm_set"]).size().to_dict() == {
        ("random", "grid"): 2,
        ("random", "network"): 4,
        ("sine", "network"): 2,
    }
    assert (minmax["algorithm_set"] == minmax["algorithm"]).all()
    assert minmax["upper"].tolist() == pytest.approx((1.5 * minmax["error"]).tolist())
    sine = minmax[minmax["family"] == "sine"]
    assert sine["seeds"].eq(1).all()
    assert sine[["low", "high"]].isna().all(axis=None)
    assert minmax[minmax["family"] == "random"][["low", "high"]].notna().all(axis=None)
    fitted = fits[fits["slope"].notna()]
    assert set(fitted["algorithm_set"]) == {"network"}
    assert len(fitted) == 2
    assert len(fits) == 6
    assert ((fitted["low"] <= fitted["slope"]) & (fitted["slope"] <= fitted["high"])).all()
    # The grid's errors, at the least size alone, are a tenth of those of one of the networks.
    grids = minmax[minmax["algorithm_set"] == "grid"]
    paired = minmax[(minmax["samples"] == 10) & (minmax["family"] == "random")]
    assert (paired["ratio_low"] <= paired["ratio"]).all()
    assert (paired["ratio"] <= paired["ratio_high"]).all()
    assert grids["ratio"].lt(1).all()
    assert minmax.loc[minmax["family"] == "sine", "ratio"].isna().all()
    assert fitted["lead"].eq(0).all()


def test_the_table_of_growth_is_of_networks_alone(written):
    growth, minmax = written["growth"], written["minmax"]
    assert growth.groupby("family").size().to_dict() == {"random": 4, "sine": 1}
    ends = growth[(growth["family"] == "random") & (growth["teachers"] == 2)]
    networks = minmax[(minmax["algorithm_set"] == "network") & (minmax["family"] == "random")]
    expected = networks[networks["statistic"] == "minmax"]
    assert ends["error"].tolist() == pytest.approx(expected["error"].tolist())
    fit = written["rates"].query("algorithm_set == 'network' and family == 'random'")
    fit = fit[fit["statistic"] == "minmax"].iloc[0]
    for mine, theirs in (("slope", "slope"), ("slope_low", "low"), ("slope_high", "high")):
        assert ends[mine].tolist() == pytest.approx([fit[theirs]] * 2)
    assert growth[growth["family"] == "sine"][["slope", "low", "lag"]].isna().all(axis=None)
    first = growth[(growth["family"] == "random") & (growth["teachers"] == 1)]
    assert first["lag"].eq(0).all()
    assert ends["lag"].tolist() == pytest.approx((ends["slope"].values - first["slope"]).tolist())
    # Paired: no wider than the difference of the separate intervals.
    assert (ends["lag_low"] >= ends["slope_low"] - first["slope_high"].values).all()
    assert (ends["lag_high"] <= ends["slope_high"] - first["slope_low"].values).all()


def test_growth_without_networks_gives_one_sentence(tmp_path):
    path = tmp_path / "errors.parquet"
    write_table(path, full(table([1.0])).assign(algorithm="grid"), errors_schema(1))
    with pytest.raises(InputError, match="expected rows of the algorithm network, found none"):
        tabulate_growth.main(["--errors", str(path), "--growth", str(tmp_path / "growth")])
