"""The roofline: its arithmetic in closed form, and how far it is from steps that were measured."""

import math
from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pytest

from scales import ROOT, configuration
from supnorm.hardware.cards import CARDS, Card, find_card, named_card
from supnorm.training.roofline import (
    BANDWIDTH_SHARE,
    EPOCH,
    LAUNCH,
    POINTS,
    SPEED_SHARE,
    epoch_seconds,
    evaluation_kernels,
    evaluation_seconds,
    step_kernels,
    step_seconds,
)
from supnorm.uniform.cells import cells
from supnorm.work import group_size

# Numbers of shares, of 1 operation and 1 byte a second.
UNIT = Card("unit", 1 / SPEED_SHARE, 2 / SPEED_SHARE, 1 / BANDWIDTH_SHARE)
H100 = named_card("H100")
# A model that is further off is wrong about what takes the time.
FACTOR = 2


def student_step(card, width, batch, precision="float64", dim=1, depth=5):
    group = group_size(dim, depth, width, batch, precision)
    return step_seconds(card, dim, depth, width, batch, precision, group) / group


def distances(steps):
    """How many times off the model is, for each row of a table of measured steps."""
    found = []
    for row in steps[(steps.device == "cuda") & (steps.engine == "stacked")].itertuples():
        algorithm = row.dim, row.depth, row.width, row.batch, row.precision
        seconds = step_seconds(find_card(row.card), *algorithm, row.group) / row.group
        found.append(math.exp(abs(math.log(1e6 * seconds / row.microseconds))))
    return pd.Series(found, dtype=float)


def test_a_step_is_the_sum_of_its_kernels():
    """Two layers of width 8 in float64: matrices of 8 rows and 8 columns, and 1 row and 16."""
    expected = [
        # Sums and gradient of the first layer.
        *[(2 * 3 * 8 * 8, 3 * (8 + 8) + 8 * 8)] * 2,
        # Those of the second; ReLU, the derivatives by its input and by what ReLU was given.
        *[(2 * 3 * 1 * 16, 3 * (1 + 16) + 16)] * 2,
        *[(0, 2 * 3 * 16), (2 * 3 * 8, 3 * (1 + 8) + 8), (0, 3 * 3 * 8)],
        # Residuals, their derivative, the number of the step.
        *[(0, 9), (0, 6), (0, 0)],
        # Adam.
        *[(0, 1.5 * 80)] * 4,
        (0, 3 * 80),
    ]
    assert list(step_kernels(2, 2, 8, 3, "float64")) == expected
    seconds = [max(7 * work, 7 * 8 * moved) for work, moved in expected]
    step = step_seconds(UNIT, 2, 2, 8, 3, "float64", 7)
    assert step == pytest.approx(sum(seconds) + len(expected) * LAUNCH)
    # Twice as fast, and half as many bytes; lines of a cache have sixteen numbers.
    kernels = list(step_kernels(2, 2, 8, 3, "float32"))
    seconds = [max(7 * work / 2, 7 * 4 * moved) for work, moved in kernels]
    step = step_seconds(UNIT, 2, 2, 8, 3, "float32", 7)
    assert step == pytest.approx(sum(seconds) + len(kernels) * LAUNCH)


def test_adam_passes_nine_times_over_the_parameters():
    kernels = list(step_kernels(1, 5, 512, 1, "float64"))
    parameters = 512 * 8 + 3 * 512 * 520 + 520
    assert sum(moved for _, moved in kernels[-5:]) == 9 * parameters
    assert sum(work for work, _ in kernels[-5:]) == 0


def test_an_epoch_is_its_steps_and_the_gathering_of_samples():
    group = group_size(1, 5, 32, 20, "float64")
    sample = 8 * 6 + 8 * 4 * (8 + 1)
    gathering = 50 * group * sample / (BANDWIDTH_SHARE * H100.bandwidth)
    steps = [step_seconds(H100, 1, 5, 32, batch, "float64", group) for batch in (20, 20, 10)]
    epoch = epoch_seconds(H100, 1, 5, 32, 20, 50, "float64")
    assert epoch == pytest.approx(EPOCH + gathering + sum(steps))


def test_values_are_products_and_passes():
    expected = [(2 * 10 * 4 * 8, 10 * 11 + 32), (0, 160), (2 * 10 * 9, 10 * 9 + 9), (0, 20)]
    assert list(evaluation_kernels(3, 2, 8, 10)) == expected
    kernels = list(evaluation_kernels(3, 2, 8, POINTS))
    seconds = sum(max(work, 8 * moved) for work, moved in kernels)
    assert evaluation_seconds(UNIT, 3, 2, 8, 3 * POINTS) == pytest.approx(
        3 * (seconds + 4 * LAUNCH)
    )


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("what", ["float64", "float32", "bandwidth"])
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_better_card_is_never_slower(card, what, precision):
    better = replace(card, **{what: 2 * getattr(card, what)})
    for width in (32, 512, 2048):
        for batch in (2, 20, 2000):
            assert student_step(better, width, batch, precision) <= student_step(
                card, width, batch, precision
            )
        before, after = (evaluation_seconds(c, 3, 5, width, POINTS) for c in (card, better))
        assert after <= before


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_larger_steps_take_longer(card):
    widths, batches = [8, 32, 128, 512, 2048], [1, 2, 20, 100, 2000, 20000]
    for width in widths:
        times = [student_step(card, width, batch) for batch in batches]
        assert all(a < b for a, b in pairwise(times))
    for batch in batches:
        times = [student_step(card, width, batch) for width in widths]
        assert all(a < b for a, b in pairwise(times))


def test_narrow_steps_are_launches_and_wide_ones_arithmetic():
    launches = len(list(step_kernels(1, 5, 32, 20, "float64"))) * LAUNCH
    assert launches / 128 == pytest.approx(student_step(H100, 32, 20), rel=0.5)
    assert 0.5e-6 < student_step(H100, 32, 20) < 2e-6
    # At width 32 a large batch is traffic, at width 2048 mostly products.
    faster = replace(H100, float64=2 * H100.float64)
    assert student_step(faster, 32, 20000) == pytest.approx(student_step(H100, 32, 20000), rel=0.1)
    assert student_step(faster, 2048, 2000) < student_step(H100, 2048, 2000) / 1.5


def test_the_paper_takes_some_hundred_hours_of_an_h100():
    hours = 0
    for cell in cells(configuration("paper")):
        algorithm = cell.dim, cell.depth, cell.width, cell.batch
        groups = math.ceil(cell.students / group_size(*algorithm, "float64"))
        epoch = epoch_seconds(H100, *algorithm, cell.samples, "float64")
        hours += groups * cell.epochs * epoch / 3600
    assert 200 < hours < 250


def test_the_model_is_near_what_was_measured():
    tables = sorted((ROOT / "benchmarks/measured").glob("*/steps.parquet"))
    if not tables:
        pytest.skip("no GPU has been measured yet")
    for table in tables:
        found = distances(pd.read_parquet(table))
        assert len(found), table
        assert found.max() < FACTOR, table


@pytest.mark.parametrize(("off", "near"), [(1.2, True), (3, False), (1 / 3, False)])
def test_a_model_that_is_off_is_seen(off, near):
    sizes = [(1, 5, 32, 20, "float64", 128), (3, 5, 512, 100, "float32", 41)]
    names = ["dim", "depth", "width", "batch", "precision", "group"]
    steps = pd.DataFrame(sizes, columns=names).assign(
        card="NVIDIA H100 80GB HBM3",
        device="cuda",
        engine="stacked",
        microseconds=[1e6 * step_seconds(H100, *size) / size[-1] for size in sizes],
    )
    steps.loc[1, "microseconds"] *= off
    # Of other engines the model says nothing.
    others = steps.assign(engine="vmap", microseconds=1e9)
    assert (distances(pd.concat([steps, others])).max() < FACTOR) == near
