"""What captions of the study uniform say in numbers, and of students that all diverged."""

import numpy as np
import pandas as pd
import pytest

from supnorm.uniform.wording import ends, two_digits
from uniform import (
    plot_bounds,
    plot_budget,
    plot_growth,
    plot_places,
    plot_references,
    plot_tractable,
    plot_worst_case,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.2345, "0.23"), (9.96, "10"), (1010.4, "1010"), (3e30, "3e+30"), (np.inf, "\N{INFINITY}")],
)
def test_numbers_have_two_digits_or_are_whole(number, text):
    assert two_digits(number) == text


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([0.2, 9, 0.3], "0.2 to 0.3"),
        ([0.2], "0.2"),
        ([0.201, 0.202], "0.2"),
        ([np.inf, np.inf], "\N{INFINITY}"),
        ([0.2, np.inf], "0.2 to \N{INFINITY}"),
    ],
)
def test_what_is_written_alike_is_written_once(numbers, text):
    assert ends(pd.Series(numbers, index=range(5, 5 + len(numbers)))) == text


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
    assert said.endswith(
        "From one teacher to all the error at m = 20 and p = inf is 0.05 to 0.2 for d = 1 and "
        "0.15 to 0.6 for d = 3."
    )


def test_with_one_teacher_nothing_grows(growth):
    said = plot_growth.caption(growth[growth["teachers"] == 1], "random")
    assert "Below: the slope of its line over m. Bands" in said
    assert "in place of one" not in said
    assert "From one teacher" not in said


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
    said = (
        "For d = 3 and m = 20, in the median, the distance is 2 and the error in the smaller cube "
        "0.6 of that in Q"
    )
    assert plot_places.of_dimension(students.assign(method="certified")) == (
        f"{said}; 67 % of the students err most on the boundary."
    )
    assert plot_places.of_dimension(students.assign(method="sampled", faces=0)) == f"{said}."


def test_where_all_students_diverged_their_error_is_told_once(growth):
    """And by the sign for infinity, which the document has."""
    one = pd.DataFrame({"dim": 1, "samples": 20, "error": [np.inf]})
    kinds = pd.concat([one.assign(kind=kind, norm="inf") for kind in ("adaptive", "random")])
    bounds = pd.DataFrame({"samples": [20], "bound": "upper_centres", "value": 7.0})
    against = pd.DataFrame({"algorithm_set": ["network", "nearest"], "error": [np.inf, 0.1]})
    polynomials = pd.concat([one.assign(algorithm="network", coefficients=n) for n in (3, 9)])
    said = [
        (plot_growth.at_largest(growth.assign(error=np.inf))[0], "p = inf is \N{INFINITY} for"),
        (plot_worst_case.at_largest(kinds), "is \N{INFINITY} (diamond) and \N{INFINITY} (circle)"),
        (plot_bounds.at_largest(one, bounds), "trained network \N{INFINITY}."),
        (plot_references.against("2", against), "\N{INFINITY} in L^2, \N{INFINITY} times that"),
        (plot_tractable.on_polynomials(polynomials), "at m = 20 err by \N{INFINITY}."),
        (plot_tractable.at_largest(one), "errs by \N{INFINITY} for d = 1."),
    ]
    for text, part in said:
        assert part in text


@pytest.mark.parametrize(
    ("errors", "text"),
    [
        ((0.5, 0.2), "takes the uniform error from 0.5 to 0.2."),
        ((np.inf, 0.2), "takes the uniform error from \N{INFINITY} to 0.2."),
        ((0.2, 0.2), "leaves the uniform error at 0.2."),
        ((np.inf, np.inf), "leaves the uniform error at \N{INFINITY}."),
    ],
)
def test_longer_training_takes_the_error_somewhere_or_leaves_it(errors, text):
    ends = pd.DataFrame({"origin": ["paper", "longer"], "error": errors, "epochs": [5, 20]})
    ends = ends.assign(samples=20, norm="inf", learning_rate=1e-3, unseen=np.nan)
    assert plot_budget.of_dimension(1, ends).endswith(text)
