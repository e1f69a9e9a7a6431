"""Resamples against enumeration, and how often the intervals cover."""

import itertools
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from supnorm.statistics.intervals import (
    DRAWN,
    ENUMERATED,
    FEW,
    expanded_tail,
    interval_meaning,
    resamples,
    with_interval,
)
from supnorm.streams import Stream


@pytest.mark.parametrize("seeds", range(1, ENUMERATED + 1))
def test_few_seeds_are_resampled_in_every_way(seeds):
    orders = itertools.product(range(seeds), repeat=seeds)
    expected = Counter(tuple(np.bincount(order, minlength=seeds)) for order in orders)
    drawn = resamples(seeds)
    found = {
        tuple(counts): chance * seeds**seeds
        for counts, chance in zip(drawn.counts, drawn.probabilities, strict=True)
    }
    assert found == pytest.approx(expected)


def test_many_seeds_are_resampled_at_random():
    seeds = ENUMERATED + 1
    drawn = resamples(seeds)
    assert (drawn.counts.sum(1) == seeds).all()
    assert drawn.probabilities.sum() == pytest.approx(1)
    chosen = (Stream("resample", seeds=seeds).uniform(DRAWN, seeds) * seeds).astype(int)
    assert drawn.counts.tolist() == [np.bincount(one, minlength=seeds).tolist() for one in chosen]
    # Each count is binomial.
    assert drawn.counts.mean(0) == pytest.approx(np.ones(seeds), abs=0.1)
    assert drawn.counts.var(0) == pytest.approx(np.full(seeds, 1 - 1 / seeds), rel=0.15)


def test_means_are_those_of_the_seeds_drawn():
    errors = np.random.default_rng(0).uniform(size=(2, 3, 4))
    drawn = resamples(4)
    means = drawn.means(errors)
    assert means.shape == (len(drawn.counts), 2, 3)
    for counts, mean in zip(drawn.counts, means, strict=True):
        assert mean == pytest.approx(np.repeat(errors, counts, axis=2).mean(2))


def test_an_infinite_error_counts_where_it_is_drawn():
    drawn = resamples(3)
    means = drawn.means(np.array([1.0, 2.0, np.inf]))
    assert (np.isinf(means) == (drawn.counts[:, 2] > 0)).all()
    assert not np.isnan(means).any()
    assert drawn.interval(means) == (1, np.inf)


def test_the_tail_makes_the_interval_of_a_mean_that_of_student():
    for seeds in (2, 3, 10, 30):
        spread = np.sqrt((seeds - 1) / seeds)
        expected = stats.norm.cdf(stats.t.ppf(0.025, seeds - 1) / spread)
        assert expanded_tail(seeds) == pytest.approx(expected)
    values = np.random.default_rng(3).normal(size=30)
    drawn = resamples(30)
    expected = stats.t.interval(0.95, 29, values.mean(), stats.sem(values))
    assert drawn.interval(drawn.means(values)) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("seeds", range(2, FEW + 1))
def test_few_seeds_give_the_range_of_all_resamples(seeds):
    values = np.random.default_rng(seeds).normal(size=seeds)
    drawn = resamples(seeds)
    means = drawn.means(values)
    assert drawn.interval(means) == (means.min(), means.max())
    assert drawn.interval(means) == pytest.approx((values.min(), values.max()))
    assert expanded_tail(seeds) < drawn.probabilities.min()
    assert drawn.interval(means**2 - means) == ((means**2 - means).min(), (means**2 - means).max())


def test_more_seeds_give_less_than_the_range():
    values = np.random.default_rng(0).normal(size=FEW + 1)
    drawn = resamples(FEW + 1)
    low, high = drawn.interval(drawn.means(values))
    assert values.min() < low < values.mean() < high < values.max()


def test_what_does_not_exist_has_no_interval():
    assert np.isnan(resamples(1).interval(np.array([1.0]))).all()
    values = np.ones(len(resamples(3).counts))
    values[4] = np.nan
    assert np.isnan(resamples(3).interval(values)).all()


def coverage(seeds, statistic, hardness, runs):
    """How often the interval of a statistic of means [..., teachers] covers its true value."""
    rng = np.random.default_rng(seeds)
    hardness, drawn, covered = np.array(hardness), resamples(seeds), 0
    truth = statistic(hardness[None])[0]
    for _ in range(runs):
        errors = hardness[..., None] + rng.normal(size=(*hardness.shape, seeds))
        low, high = drawn.interval(statistic(drawn.means(errors)))
        covered += low <= truth <= high
    return covered / runs


@pytest.mark.parametrize(("seeds", "claimed"), [(2, 0.5), (3, 0.75), (10, 0.95), (30, 0.95)])
def test_a_mean_is_covered_as_often_as_is_claimed(seeds, claimed):
    assert coverage(seeds, lambda means: means[:, 0], [0.0], 800) == pytest.approx(
        claimed, abs=0.045
    )


def minmax(means):
    return means.max(2).min(1)


@pytest.mark.parametrize(("seeds", "claimed"), [(3, 0.75), (10, 0.95)])
def test_a_minmax_is_covered_where_one_algorithm_and_teacher_stand_out(seeds, claimed):
    hardness = [[10.0, 0.0, 0.0], [20.0, 0.0, 0.0]]
    assert coverage(seeds, minmax, hardness, 400) == pytest.approx(claimed, abs=0.06)


def test_three_seeds_cover_the_maximum_over_equal_teachers_in_fewer_cases():
    assert coverage(3, minmax, [[0.0] * 8], 400) < 0.5


def test_captions_claim_no_more_than_that():
    assert "no interval" in interval_meaning(1)
    assert "about 75 % of cases" in interval_meaning(3)
    assert "about 88 % of cases" in interval_meaning(4)
    assert "cases" not in interval_meaning(5)


def test_a_value_is_written_with_its_interval():
    assert with_interval(-0.534, -0.6, 0.1) == "−0.53 (−0.60 to 0.10)"
    assert with_interval(-0.534, np.nan, np.nan) == "−0.53"
    assert with_interval(np.nan, np.nan, np.nan) == "not defined"
