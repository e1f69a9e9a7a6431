"""What captions of the study uniform say of the largest samples alone."""

import numpy as np
import pandas as pd
import pytest

from uniform import plot_growth, plot_places, plot_worst_case


@pytest.fixture
def growth():
    """Errors and slopes of one teacher and of four, in two dimensions, at m = 10 and 20."""
    keys = [(d, m, t) for d in (1, 3) for m in (10, 20) for t in (1, 4)]
    table = pd.DataFrame(keys, columns=["dim", "samples", "teachers"])
    error = table["dim"] * table["teachers"] / table["samples"]
    slope = -0.5 - 0.01 * table["dim"] * (table["teachers"] - 1)
    return table.assign(norm="inf", error=error, slope=slope, seeds=3)


def test_the_growth_is_that_at_the_largest_sample_size(growth):
    said = plot_growth.caption(growth, "random")
    assert "changes by at most 0.09." in said
    assert said.endswith("grows from 0.05 to 0.2 for d = 1 and from 0.15 to 0.6 for d = 3.")


def test_where_there_are_no_slopes_the_growth_says_nothing_of_them(growth):
    assert "slope" not in plot_growth.caption(growth.assign(slope=np.nan), "random")


def test_the_worst_case_counts_points_above_bounds_and_tells_the_largest_errors():
    keys = [(m, kind) for m in (10, 20) for kind in ("adaptive", "fixed_mean", "random")]
    errors = pd.DataFrame(keys, columns=["samples", "kind"]).assign(dim=1, norm="inf")
    errors["error"] = errors["kind"].map({"adaptive": 40.0, "fixed_mean": 3.0, "random": 0.5})
    errors["error"] /= errors["samples"]
    bounds = pd.DataFrame({"samples": [10, 20], "bound": "lower_sharp", "value": [5.0, 1.0]})
    said = plot_worst_case.caption(errors, bounds.assign(dim=1, norm="inf"), "random")
    assert "Diamonds exceed the lower bound for deterministic algorithms (S1.11) at 1 of 2" in said
    assert "Squares exceed" not in said
    assert said.endswith("At m = 20 the uniform error is 2 (diamond) and 0.025 (circle) for d = 1.")


def test_places_are_those_at_the_largest_sample_size():
    students = pd.DataFrame({"samples": [10, 20, 20, 20], "ratio": [9.0, 1.0, 2.0, 3.0]})
    students = students.assign(dim=3, share=[0.1, 0.5, 0.6, 0.7], faces=[0, 0, 1, 3])
    assert plot_places.of_dimension(students) == (
        "For d = 3 and m = 20, in the median, the distance is 2 and the error in the smaller cube "
        "0.6 of that in Q; 67 % of the students err most on the boundary."
    )
