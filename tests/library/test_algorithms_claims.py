"""What is claimed of all algorithms, and how the figure of them says it."""

import math

import numpy as np
import pandas as pd
import pytest

from supnorm.uniform.ranking import Decided, ratios_to_others
from supnorm.uniform.statements.algorithms import CLAIMS
from supnorm.uniform.tables.challenges import CHALLENGES
from uniform import plot_algorithms

SPIKES, ADAPTIVE = CLAIMS


def challenges(**ratios):
    """Challenges of two dimensions: the larger error over the bound, by algorithm."""
    rows = [
        {"algorithm": name, "dim": dim, "samples": 10 * m, "seed": 5, "bound": 2.0 / m}
        | {"bound_randomised": 1.0 / m, "error_plus": 0.1, "error_minus": 2.0 / m * ratio * dim}
        for name, ratio in ratios.items()
        for dim in (1, 3)
        for m in (1, 2)
    ]
    return pd.DataFrame(rows).assign(family="random", error=0.0)


def minmax(**errors):
    """Min-max errors of one dimension at m = 10 and 20, by algorithm set."""
    rows = [
        {"algorithm_set": name, "samples": samples, "error": error, "low": low, "high": high}
        for name, pairs in errors.items()
        for samples, (error, low, high) in zip((10, 20), pairs, strict=True)
    ]
    shared = {"family": "random", "dim": 1, "norm": "inf", "statistic": "minmax"}
    return pd.DataFrame(rows).assign(**shared)


def flat(error):
    return [(error, error, error)] * 2


def test_the_least_ratio_of_an_error_to_the_bound_decides():
    tables = {"challenges": challenges(linear=1.5, mine=1.25)}
    found = list(SPIKES.find(tables, {}))
    assert [(one.case, one.measured) for one in found] == [
        ("d = 1, p = inf", 1.25),
        ("d = 3, p = inf", 3.75),
    ]
    assert {SPIKES.verdict(one) for one in found} == {"supported"}
    (failed, _) = SPIKES.find({"challenges": challenges(linear=0.5)}, {})
    assert SPIKES.verdict(failed) == "failed"
    assert (
        list(
            SPIKES.find({"challenges": challenges().reindex(columns=CHALLENGES.arrow().names)}, {})
        )
        == []
    )


@pytest.mark.parametrize(
    ("linear", "verdict"),
    [((2.0, 1.5, 3.0), "supported"), ((2.0, 0.5, 3.0), "undecided"), ((0.5, 0.4, 0.8), "failed")],
)
def test_an_adaptive_algorithm_is_compared_with_the_same_one_at_random_points(linear, verdict):
    table = minmax(refinement=flat(1.0), linear=[(9.0, 9.0, 9.0), linear], rbf=flat(0.1))
    (found,) = ADAPTIVE.find({"minmax": table}, {})
    assert found.case == "d = 1, p = inf, refinement"
    assert (found.measured, found.low, found.high) == pytest.approx(1 / np.array(linear)[[0, 2, 1]])
    assert ADAPTIVE.verdict(found) == verdict


def decided(name, error):
    problem = {"family": "random", "dim": 1, "norm": "inf", "samples": 10}
    return Decided(
        problem, [5, 6], error, np.full(3, error), "minmax", {"algorithm": name}, 0, math.nan
    )


def test_algorithms_that_ask_for_more_than_students_see_are_nobodys_rivals():
    sets = [decided("network", 4.0), decided("linear", 2.0), decided("refinement", 1.0)]
    sets.append(decided("mine", 8.0))
    ratios = [row["ratio"] for row in ratios_to_others(sets)]
    assert ratios == [2.0, 0.5, 0.5, 4.0]


def test_the_figure_shows_algorithms_of_ones_own_and_the_caption_counts():
    table = minmax(network=flat(0.5), refinement=flat(0.01), linear=flat(0.2), my_own=flat(0.3))
    met = challenges(linear=1.5, refinement=1.25, my_own=0.9)
    figure = plot_algorithms.draw(table, plot_algorithms.spiked(met[met["dim"] == 1]))
    figure.draw_without_rendering()
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:4] == ["trained networks", "refinement", "linear", "my own"]
    said = plot_algorithms.caption(table, met[met["dim"] == 1], "random")
    assert "For d = 1 and m = 20 refinement errs by 0.01, linear at random points by 0.2." in said
    assert "in all 6 cases" in said
    assert "no less than the bound S1.11 in 4" in said
    assert "0.9 times the bound" in said


def test_without_spikes_the_figure_has_random_teachers_alone():
    none = pd.DataFrame(columns=CHALLENGES.arrow().names)
    figure = plot_algorithms.draw(minmax(linear=flat(0.2)), plot_algorithms.spiked(none))
    figure.draw_without_rendering()
    assert "Spikes need" in plot_algorithms.caption(minmax(linear=flat(0.2)), none, "random")
