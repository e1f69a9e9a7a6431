"""Training to the end: the oracle's networks, looked at on the way, whatever the threads."""

import numpy as np
import pytest

from students import SEEDS, same_bits
from supnorm.networks import Networks, concatenate, relative_difference
from supnorm.streams import Stream, uniform_points
from supnorm.training import direct
from supnorm.training.loop import LoopEngine
from supnorm.training.orders import Orders
from supnorm.training.recipe import Recipe, Students, initial_students, shuffle

# Batches with a smaller last one: five steps an epoch.
SAMPLES, BATCH = 33, 7


def drawn(seeds=SEEDS, dim=2):
    """Points and values of each network."""
    points = [uniform_points(Stream("points", seed=s, dim=dim), SAMPLES, dim) for s in seeds]
    return np.stack(points), np.stack([np.sin(4 * at.sum(1) + at[:, 0] ** 2) for at in points])


def begin(seeds=SEEDS, width=9):
    return concatenate([initial_students(seed, 2, 3, width) for seed in seeds])


def shuffled(epoch, seeds=SEEDS):
    return np.array([shuffle(seed, SAMPLES, epoch, rule="test") for seed in seeds])


def trained(seeds=SEEDS, epochs=40, last=1e-3, batch=BATCH, decay=0.0, width=9, **options):
    recipe = Recipe(3, width, batch, epochs, 1e-2, last, decay)
    given = {"orders": lambda epoch: shuffled(epoch, seeds), **options}
    return direct.train(recipe, begin(seeds, width), *drawn(seeds), **given)


@pytest.fixture(scope="module", params=[0.0, 0.02], ids=["without decay", "with decay"])
def oracle(request):
    """Networks after 200 steps of the plain loop, given its orders by hand."""
    points, values = drawn()
    recipe = Recipe(3, 9, BATCH, 40, 1e-2, 1e-3, request.param)
    loop = LoopEngine(recipe, begin(), Students(points, values, np.arange(2)))
    loop.run(np.array([shuffled(epoch) for epoch in range(1, 41)]))
    return request.param, loop.networks()


@pytest.mark.parametrize("engine", ["auto", "narrow", "stacked", "loop"])
def test_engines_do_what_the_oracle_does_after_200_steps(oracle, engine):
    decay, networks = oracle
    found = trained(decay=decay, engine=engine)
    assert relative_difference(found, networks) < 1e-10
    assert relative_difference(found, begin()) > 1e-3
    assert same_bits(found, networks) == (engine == "loop")


def test_orders_and_batches_matter():
    """Which the oracle would not tell if neither engine heeded them."""
    found = trained()
    assert relative_difference(found, trained(orders=lambda epoch: shuffled(epoch + 1))) > 1e-6
    assert relative_difference(found, trained(orders=None)) > 1e-6
    assert relative_difference(found, trained(batch=SAMPLES)) > 1e-6


def test_without_orders_samples_come_as_they_stand():
    in_order = np.tile(np.arange(SAMPLES), (len(SEEDS), 1))
    assert same_bits(trained(orders=None), trained(orders=lambda epoch: in_order))


def test_orders_are_asked_for_from_the_first_epoch_once_each():
    asked = []

    def orders(epoch):
        asked.append(epoch)
        return shuffled(epoch)

    trained(orders=orders, watched=[3, 7])
    assert asked == [*range(1, 41)]


def looked_at(watched, epochs=30, **options):
    """What `seen` is given, in its order, and the networks at the end."""
    looks = []

    def seen(epoch: int, networks: Networks) -> None:
        looks.append((epoch, networks.map(np.array)))

    found = trained(epochs=epochs, last=1e-2, watched=watched, seen=seen, **options)
    return looks, found


@pytest.mark.parametrize("engine", ["narrow", "stacked", "loop"])
def test_networks_are_seen_as_a_run_of_so_many_epochs_ends_with(engine):
    """Bit for bit, where the learning rate does not depend on the number of epochs."""
    watched = [1, 2, 11, 30]
    looks, found = looked_at(watched, engine=engine)
    assert [epoch for epoch, _ in looks] == watched
    for epoch, networks in looks:
        assert same_bits(networks, trained(epochs=epoch, last=1e-2, engine=engine))
    assert same_bits(looks[-1][1], found)
    assert relative_difference(looks[0][1], looks[1][1]) > 1e-6


def test_looking_changes_nothing():
    assert same_bits(trained(epochs=30, last=1e-2), looked_at([2, 3, 5])[1])


def test_looks_come_in_order_once_each_and_the_last_epoch_is_seen_only_if_watched():
    assert [epoch for epoch, _ in looked_at([9, 4, 17, 4])[0]] == [4, 9, 17]
    assert looked_at([])[0] == []


def test_what_was_seen_stays_as_it_was():
    """Networks that are kept are not trained on."""
    kept = []
    trained(epochs=5, last=1e-2, watched=[1, 5], seen=lambda epoch, networks: kept.append(networks))
    assert same_bits(kept[0], trained(epochs=1, last=1e-2))


def test_progress_is_told_at_each_look_and_at_the_end():
    told = []
    trained(watched=[3, 7], progress=told.append)
    assert told == [3, 7, 40]


def test_progress_is_told_within_a_long_training(monkeypatch):
    """After each block of orders, none of which is longer than memory allows."""
    entries = []

    class Small(Orders):
        def __init__(self, draw, epochs, count):
            super().__init__(draw, epochs, count)
            entries.append(count)
            self._length = 8

    monkeypatch.setattr(direct, "Orders", Small)
    told = []
    found = trained(epochs=30, progress=told.append, watched=[10])
    assert told == [8, 10, 16, 24, 30]
    assert entries == [2 * SAMPLES]
    monkeypatch.undo()
    assert same_bits(found, trained(epochs=30))


@pytest.mark.parametrize("decay", [0.0, 0.02])
def test_bits_depend_neither_on_threads_nor_on_companions(decay):
    seeds = [5, 6, 7]
    together = trained(seeds, decay=decay)
    for threads in (2, 3):
        assert same_bits(trained(seeds, decay=decay, threads=threads), together)
    for place, seed in enumerate(seeds):
        alone = trained([seed], decay=decay)
        assert same_bits(alone, together[place : place + 1])
    assert relative_difference(together[:1], together[1:2]) > 1e-3


def test_threads_reach_the_engine_and_precision_does(monkeypatch):
    given = {}

    class Spy(LoopEngine):
        def __init__(self, *problem, precision, threads):
            given.update(precision=precision, threads=threads)
            super().__init__(*problem, precision=precision, threads=threads)

    monkeypatch.setattr(direct, "engine_class", lambda name: Spy)
    found = trained(epochs=2, threads=3, precision="float32")
    assert given == {"precision": "float32", "threads": 3}
    assert 1e-9 < relative_difference(found, trained(epochs=2, precision="float64")) < 1e-3


@pytest.mark.parametrize(("width", "batch", "wanted"), [(9, 7, "narrow"), (1025, 51, "stacked")])
def test_the_engine_is_chosen_by_width_and_batch(monkeypatch, width, batch, wanted):
    chosen = []

    def remember(name):
        chosen.append(name)
        return LoopEngine

    monkeypatch.setattr(direct, "engine_class", remember)
    trained([5], epochs=1, width=width, batch=batch)
    assert chosen == [wanted]
