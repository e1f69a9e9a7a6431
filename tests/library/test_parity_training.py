"""Training on parity: engines agree, bits depend on the network alone, and the optimum is found."""

import numpy as np
import pytest

from scales import whole_configuration
from students import same_bits
from supnorm.configuration import of_study
from supnorm.cube import corners, parity
from supnorm.hardware.cards import CARDS
from supnorm.networks import forward, relative_difference
from supnorm.parity.costs import ParityCosts
from supnorm.parity.cube import drawn_corners
from supnorm.parity.norms import fitted_optimum, minimum_norm
from supnorm.parity.training import recipe, start, train

SEEDS = [10000, 10001, 10002]


def points_of(seeds, dim, samples):
    return np.stack([drawn_corners(seed, dim, samples) for seed in seeds])


RATES = 1e-2, 1e-6


def trained(seeds=SEEDS, dim=5, width=48, samples=20, steps=200, decay=0.0, **options):
    """Networks of some seeds after training, each on its own samples."""
    given = recipe(samples, width, steps, RATES, decay)
    return train(given, start(seeds, dim, width), points_of(seeds, dim, samples), **options)


@pytest.mark.parametrize("decay", [0.0, 0.02])
def test_the_narrow_engine_does_what_torch_does(decay):
    narrow, loop = (trained(decay=decay, engine=name) for name in ("narrow", "loop"))
    assert 0 < relative_difference(narrow, loop) < 1e-10
    assert relative_difference(narrow, start(SEEDS, 5, 48)) > 1e-3


def test_weights_decay_and_nothing_decays_unasked():
    with_decay, without = trained(decay=0.02), trained()
    assert relative_difference(with_decay, without) > 1e-3
    assert same_bits(without, trained(decay=0.0))


@pytest.mark.parametrize("decay", [0.0, 0.02])
def test_bits_depend_neither_on_threads_nor_on_companions(decay):
    together = trained(decay=decay)
    for threads in (2, 3):
        assert same_bits(trained(decay=decay, threads=threads), together)
    for place, seed in enumerate(SEEDS):
        assert same_bits(trained([seed], decay=decay), together[place : place + 1])
    assert relative_difference(together[:1], together[1:2]) > 1e-3


def test_progress_is_told_up_to_the_last_step():
    told = []
    trained(steps=2300, width=8, progress=told.append)
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == 2300


@pytest.mark.parametrize("decay", [0.2, 0.5])
def test_weight_decay_finds_the_least_objective(decay):
    """S2.7, of d = 2, from every seed."""
    at, strength = corners(2), decay / minimum_norm(2)
    given = recipe(4, 32, 5000, RATES, strength)
    networks = train(given, start(SEEDS, 2, 32), np.tile(at, (3, 1, 1)))
    errors = ((forward(networks, at) - parity(at)) ** 2).mean(axis=1)
    squares = sum((weight**2).sum(axis=(1, 2)) for weight in networks.weights)
    ratios = (errors + strength / 2 * squares) / fitted_optimum(decay)
    assert (ratios >= 1 - 1e-9).all()
    assert (ratios <= 1.001).all()


def costs(**changes):
    settings = of_study(whole_configuration("laptop"), "parity")
    return ParityCosts(settings | changes, "cpu", CARDS[0])


def untrained():
    """Costs where no networks are trained on samples."""
    samples = of_study(whole_configuration("laptop"), "parity")["samples"]
    return costs(samples=samples | {"trained": {"dims": []}})


@pytest.mark.parametrize("rule", ["train_parity", "solve_parity_samples"])
def test_seconds_grow_with_the_dimension(rule):
    seconds = [untrained().seconds(rule, f"d{dim}") for dim in range(5, 13)]
    assert (np.diff(seconds) > 0).all()
    assert seconds[0] > costs().seconds("tabulate_parity_norms")


def test_memory_grows_where_samples_are_solved_and_nowhere_else():
    solving = [costs().megabytes("solve_parity_samples", f"d{dim}") for dim in range(5, 13)]
    assert (np.diff(solving) > 0).all()
    spare = costs().megabytes("measure_parity")
    assert solving[0] >= spare
    # Eight copies of a matrix of 300 samples and 2 x 10 x 512 neurons.
    assert solving[5] - spare == pytest.approx(8 * 8 * 300 * 10240 / 1e6, rel=0.01)
    assert {costs().megabytes("train_parity", f"d{dim}") for dim in (2, 8)} == {spare}


def test_training_on_samples_takes_time():
    """Of the laptop scale, which trains in 6 and 8 dimensions."""
    for dim, more in ((6, True), (8, True), (10, False)):
        with_training, without = (
            made.seconds("solve_parity_samples", f"d{dim}") for made in (costs(), untrained())
        )
        assert (with_training > without) == more


def test_networks_that_are_trained_are_counted():
    """Five seeds, with weight decay and without, and each as it starts."""
    trained = costs().trained("train_parity", "d3")
    parameters = 3 * 32 + 32 + 32 + 1
    assert (trained.students, trained.epochs) == (10, 20000)
    assert trained.storage == 15 * 8 * parameters
    assert trained.flops == 10 * 20000 * 6 * 8 * parameters
    assert costs(seeds=[1]).trained("train_parity", "d3").students == 2
    assert costs(width=8).trained("train_parity", "d3").storage == 15 * 8 * (5 * 64 + 1)
    assert costs().trained("solve_parity_samples", "d10").students == 0
    assert costs().trained("tabulate_parity_norms", "").students == 0
