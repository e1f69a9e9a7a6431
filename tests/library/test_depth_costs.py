"""What the jobs of the study depth are expected to train and to take."""

import numpy as np
import pytest

from scales import whole_configuration
from supnorm.configuration import of_study
from supnorm.depth.costs import SPEED, DepthCosts
from supnorm.depth.sawtooth import sawtooth
from supnorm.depth.sizes import PER_PIECE, architectures, sample_size, targets
from supnorm.errors.exact import piecewise_linear
from supnorm.hardware.cards import CARDS

SETTINGS = {
    "compositions": [1, 3],
    "seeds": [5, 6],
    "shallow_width": 8,
    "deep_widths": [2, 4],
    "epochs": 10,
    "cliff": {"composition": 3, "widths": [1, 8], "depths": [3, 4], "deep_widths": [2]},
    "inner": {"depths": [2, 3], "widths": [4, 8], "seeds": [5, 6, 7], "epochs": 20},
}


def costs(**changes):
    return DepthCosts(SETTINGS | changes, "cpu", CARDS[0])


def parameters(inputs, depth, width):
    """Weights and biases of a network."""
    return (inputs + 1) * width + (depth - 2) * (width + 1) * width + width + 1


def test_students_of_the_triangle_map_are_those_of_its_sizes():
    """Of k = 3 those of all sizes too, each once; of k = 1 one hidden layer is the deep one."""
    sizes = {1: [(2, 2), (2, 4), (2, 8)], 3: [(2, 1), (2, 8), (3, 2), (4, 2), (4, 4)]}
    for k, wanted in sizes.items():
        assert architectures(k, SETTINGS) == wanted
        trained = costs().trained("train_sawtooth", f"k{k}")
        assert trained.students == 2 * len(wanted)
        assert trained.epochs == 10
        every = sum(parameters(1, *size) for size in wanted)
        assert trained.flops == 2 * 10 * 6 * 256 * every
    assert costs(seeds=[1, 2, 3]).trained("train_sawtooth", "k1").students == 9
    assert costs(epochs=30).trained("train_sawtooth", "k1").epochs == 30


def test_a_target_of_all_sizes_alone_is_trained_too():
    alone = SETTINGS | {"compositions": [5]}
    assert targets(alone) == [3, 5]
    assert architectures(3, alone) == [(2, 1), (2, 8), (3, 2), (4, 2)]
    assert costs(compositions=[5]).trained("train_sawtooth", "k3").students == 8


@pytest.mark.parametrize("dim", [2, 5])
def test_networks_on_bits_are_those_of_both_targets(dim):
    trained = costs().trained("train_inner", f"d{dim}")
    assert trained.students == 2 * 3 * 4
    assert trained.epochs == 20
    every = sum(parameters(2 * dim, depth, width) for depth in (2, 3) for width in (4, 8))
    assert trained.flops == 2 * 3 * 20 * 6 * 4**dim * every


def test_no_other_job_trains():
    for rule in ("tabulate_depth", "collect_depth", "count_pieces", "plot_cliff"):
        assert costs().trained(rule, "").students == 0
        assert costs().trained(rule, "").flops == 0


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("train_sawtooth", [f"k{k}" for k in range(1, 13)]),
        ("train_inner", [f"d{dim}" for dim in range(1, 8)]),
    ],
)
def test_work_grows_with_the_target(rule, names):
    """Of the laptop scale."""
    settings = of_study(whole_configuration("laptop"), "depth")
    made = DepthCosts(settings | {"compositions": list(range(1, 13))}, "cpu", CARDS[0])
    work = [made.work(rule, name) for name in names]
    assert (np.diff(work) > 0).all()
    assert work == [made.trained(rule, name).flops / SPEED for name in names]


def test_networks_of_all_sizes_are_work_of_one_target():
    here, elsewhere = (
        costs(cliff=SETTINGS["cliff"] | {"composition": k}).work("train_sawtooth", "k3")
        for k in (3, 1)
    )
    assert here > elsewhere > 0


def test_jobs_ask_for_enough_and_work_nowhere_but_on_cpus():
    for device in ("cpu", "cuda"):
        made = DepthCosts(SETTINGS, device, CARDS[0])
        assert made.device("train_sawtooth") == "cpu"
        assert made.work("tabulate_depth", "") > made.work("collect_depth", "") == 0
        assert made.seconds("train_inner", "d7") > made.work("train_inner", "d7") > 0
        assert made.minutes("train_inner", "d7", 2) == 2 * made.minutes("train_inner", "d7")


def test_more_teeth_take_more_points():
    assert [sample_size(k) for k in (1, 3, 4, 5, 12)] == [256, 256, 512, 1024, 131072]


def test_every_affine_piece_of_the_target_has_its_points():
    for k in range(1, 8):
        count = sample_size(k)
        places = (np.arange(count) + 0.5) / count
        breaks = piecewise_linear(sawtooth(k))[0].places + 0.5
        assert len(breaks) == 2**k + 1
        assert np.histogram(places, breaks)[0].min() >= PER_PIECE
