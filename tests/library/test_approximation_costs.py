"""What the jobs of the study approximation are expected to cost."""

import pytest

from scales import whole_configuration
from supnorm.approximation.costs import SPEED, ApproximationCosts
from supnorm.approximation.index import STUDY
from supnorm.approximation.waves import INPUTS, circle_points, encode
from supnorm.configuration import of_study
from supnorm.hardware.cards import CARDS
from supnorm.training.recipe import initial_students


def settings(scale="laptop"):
    return of_study(whole_configuration(scale), "approximation")


def costs(section=None, device="cpu", **changes):
    """Costs at the laptop scale, where a section may have other settings."""
    given = dict(settings())
    if section:
        given[section] = given[section] | changes
    return ApproximationCosts(given, device, CARDS[0])


def started(made, rule, name=""):
    """The seconds that a job works after its start."""
    return made.seconds(rule, name) - made.seconds("collect_waves")


def test_networks_that_are_trained_are_counted():
    """Of the largest inputs, which are the Fourier features."""
    found, waves = costs().trained("train_waves", "features"), settings()["waves"]
    inputs = encode(circle_points(4), "features", settings()["spectrum"]["features"]).shape[1]
    network = initial_students(1, inputs, waves["depth"], waves["width"])
    parameters = sum(array.size for array in network.tensors().values())
    assert (found.students, found.epochs) == (len(waves["seeds"]), waves["steps"])
    # Two operations forward and four backward, a parameter, a point.
    work = 6 * parameters * waves["points"] * waves["steps"] * len(waves["seeds"])
    assert found.flops == pytest.approx(work, rel=1e-12)
    assert {costs().trained("train_waves", kind) for kind in INPUTS} == {found}


@pytest.mark.parametrize("rule", ["time_flow", "tabulate_spectra", "collect_waves", "plot_bases"])
def test_nothing_else_trains(rule):
    found = costs().trained(rule, "")
    assert (found.students, found.epochs, found.flops) == (0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"steps": 12000}, 2),
        ({"seeds": [1]}, 1 / 3),
        ({"points": 64}, 1 / 2),
    ],
)
def test_seconds_of_training_go_with_the_work(changes, factor):
    base = started(costs(), "train_waves", "raw")
    assert base == pytest.approx(costs().trained("train_waves", "raw").flops / SPEED)
    assert started(costs("waves", **changes), "train_waves", "raw") == pytest.approx(base * factor)
    assert started(costs("waves", width=128), "train_waves", "raw") > 3 * base


def test_seconds_of_half_times_go_with_neurons_and_frequencies():
    base = started(costs(), "time_flow")
    assert base == pytest.approx(1e-3 * (256 + 1024 + 4096) * 8)
    assert started(costs("flow", widths=[2 * 5376]), "time_flow") == pytest.approx(2 * base)
    assert started(costs("flow", frequencies=[1]), "time_flow") == pytest.approx(base / 8)


def test_tables_take_seconds_and_drawings_their_starts():
    made = costs()
    assert started(made, "tabulate_approximation") == pytest.approx(10)
    assert started(made, "tabulate_spectra") == pytest.approx(20)
    assert started(made, "describe_approximation") == 0
    assert made.seconds("plot_bases") == 4 * made.seconds("collect_waves")


def test_all_scales_fit_in_what_their_jobs_may_ask_for():
    """Half a day at most, even at the scale of the paper."""
    for scale in ("smoke", "laptop", "paper"):
        made = ApproximationCosts(settings(scale), "cpu", CARDS[0])
        assert made.minutes("train_waves", "raw") < 12 * 60
        assert made.minutes("time_flow") < 15
        assert made.minutes("train_waves", "raw", 2) == 2 * made.minutes("train_waves", "raw")
    smoke = ApproximationCosts(settings("smoke"), "cpu", CARDS[0])
    assert smoke.seconds("train_waves", "raw") < 5


def test_neither_device_nor_card_has_a_say():
    """These networks train on a CPU."""
    others = ApproximationCosts(settings(), "cuda", CARDS[-1])
    for rule, name in (("train_waves", "raw"), ("time_flow", ""), ("tabulate_spectra", "")):
        assert others.device(rule) == "cpu"
        assert others.seconds(rule, name) == costs().seconds(rule, name)
        assert others.megabytes(rule, name) == costs().megabytes(rule, name)
    assert others.gpu_bytes() == 0


def test_the_study_is_expected_to_cost_that():
    made = STUDY.expected_costs(settings(), "cpu", CARDS[0])
    assert isinstance(made, ApproximationCosts)
