"""Orders of the samples: the same by blocks of any length, and drawn ahead where there is a GPU."""

import threading

import numpy as np
import pytest

from supnorm.training import cell, orders
from supnorm.training.orders import Orders


def drawn(epoch):
    return np.array([[epoch, 2 * epoch], [3 * epoch, 4 * epoch]])


@pytest.fixture(params=[1, 9, 40])
def entries_at_once(request, monkeypatch):
    monkeypatch.setattr(orders, "ENTRIES", request.param)


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.usefixtures("entries_at_once")
def test_every_epoch_has_its_order_however_they_are_asked_for(ahead):
    found = Orders(drawn, 30, 4, ahead)
    # As trainings do: up to a record, the same epochs again, and from where a checkpoint was.
    for first, end in [(0, 1), (1, 8), (3, 8), (8, 30), (21, 30), (29, 30), (2, 30)]:
        given = found.between(first, end)
        assert 1 <= len(given) <= end - first
        for epoch, order in enumerate(given, first):
            assert (order == drawn(epoch)).all()


def test_the_next_block_is_drawn_while_the_present_one_is_used(monkeypatch):
    monkeypatch.setattr(orders, "ENTRIES", 8)
    behind, by = threading.Event(), {}

    def draw(epoch):
        by[epoch] = threading.current_thread()
        if epoch == 3:
            behind.set()
        return drawn(epoch)

    found = Orders(draw, 5, 4, ahead=True)
    found.between(0, 5)
    assert behind.wait(10)
    assert by[0] is threading.main_thread()
    assert by[2] is not threading.main_thread()
    assert len(found.between(2, 5)) == 2
    assert len(found.between(4, 5)) == 1
    assert sorted(by) == [0, 1, 2, 3, 4]


def test_a_cpu_draws_when_it_needs_them(monkeypatch):
    monkeypatch.setattr(orders, "ENTRIES", 4)
    seen = []
    found = Orders(lambda epoch: seen.append(epoch) or drawn(epoch), 9, 4)
    found.between(0, 9)
    assert seen == [0]


def test_what_goes_wrong_ahead_is_raised_where_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(orders, "ENTRIES", 4)

    def draw(epoch):
        if epoch == 1:
            raise ValueError("no order")
        return drawn(epoch)

    found = Orders(draw, 5, 4, ahead=True)
    found.between(0, 5)
    with pytest.raises(ValueError, match="no order"):
        found.between(1, 5)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_training_draws_ahead_for_a_gpu_alone(device, monkeypatch):
    asked = []
    monkeypatch.setattr(cell, "Orders", lambda *_, ahead: asked.append(ahead))
    monkeypatch.setattr(cell, "engine_class", lambda _: lambda *_, **__: None)
    recipe = cell.Recipe(2, 4, 5, 10, 1e-3, 1e-5)
    points, values = np.zeros((1, 10, 1)), np.zeros((1, 1, 10))
    cell.Training(recipe, "fifth", [1], points, values, 1, device=device)
    assert asked == [device == "cuda"]
