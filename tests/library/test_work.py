"""Cells, what they cost, and how they are cut into shards."""

import ast
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scales import ROOT, configuration
from supnorm.networks import layer_shapes
from supnorm.uniform.cells import cells, ranked_cells
from supnorm.work import (
    CACHE_LINE,
    Cell,
    group_size,
    network_size,
    shard_names,
    shards,
    student_bytes,
)


def test_the_full_sweep_is_the_papers():
    config = configuration("paper")
    random, (*_, sine) = list(ranked_cells(config)), cells(config)
    assert (len(random), sum(cell.students for cell in random)) == (72, 8640)
    assert sum(cell.students * cell.student_flops for cell in random) == pytest.approx(
        2.4e19, rel=0.03
    )
    assert (sine.family, sine.depth, sine.students) == ("sine", 22, 1)
    jobs = sum(len(shards(cell, config)) for cell in cells(config))
    assert 100 < jobs < 1000


@pytest.mark.parametrize(("dim", "depth", "width"), [(1, 1, 7), (3, 2, 5), (2, 5, 32)])
def test_parameters_are_those_of_the_layers(dim, depth, width):
    sizes = [out * fan_in + out for out, fan_in in layer_shapes(dim, depth, width)]
    assert network_size(dim, depth, width) == sum(sizes)


def test_the_work_of_a_student_is_six_operations_a_parameter_and_sample():
    # Two for the value, two for the gradient by the weights, two for that by the layer's inputs.
    cell = Cell("random", 1, 10, 2, 4, "fifth", 2, 3, 1)
    assert cell.student_flops == 6 * (4 + 4 + 4 + 1) * 10 * 3


def small_cell(students, width=4, epochs=3, batch=2):
    return Cell("random", 1, 10, 2, width, "fifth", batch, epochs, students)


def settings(device, target, times=1):
    training = {"device": device, "precision": "float64", "flops_per_job": target}
    return {"training": training, "evaluation": {"times": times}}


@given(st.integers(1, 300), st.floats(1, 1e7), st.sampled_from(["cpu", "auto", "cuda"]))
def test_shards_are_all_students_once_and_in_order(students, target, device):
    cell = small_cell(students)
    found = shards(cell, settings(device, target))
    assert [row for rows in found for row in rows] == list(range(students))
    assert all(found)
    group = group_size(1, 2, 4, 2, "float64") if device == "cuda" else 1
    for rows in found:
        assert len(rows) * cell.student_flops <= max(target, group * cell.student_flops)
        assert rows.start % group == 0
    if group == 1:
        assert max(map(len, found)) - min(map(len, found)) <= 1


def test_the_names_say_which_and_how_many():
    names = shard_names(small_cell(3), settings("cpu", 1))
    assert names == [f"random/d1_m10_L2_w4_fifth_{k}of3" for k in (1, 2, 3)]


def test_a_file_of_wide_students_stays_below_its_limit():
    cell = small_cell(100, width=20000)
    for rows in shards(cell, settings("cpu", 1e30, times=1000)):
        assert len(rows) * 1000 * cell.parameters <= 2**30
    assert len(shards(small_cell(100), settings("cpu", 1e30, times=1000))) == 1


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("width", [1, 32, 512, 2048])
@pytest.mark.parametrize("batch", [1, 100, 20000])
def test_a_group_fits_a_gpu_of_16_gb(width, batch, precision):
    size = group_size(3, 5, width, batch, precision)
    assert 1 <= size <= 128
    assert size * student_bytes(3, 5, width, batch, precision) <= 12e9


def test_narrow_students_fill_a_gpu_by_their_gradients_however_long_the_batch():
    """A gradient of width 32 is a tile of a product, which sums over the batch in one place."""
    assert [group_size(3, 5, 32, batch, "float64") for batch in (2, 2000, 20000)] == [128] * 3
    assert group_size(3, 5, 512, 20000, "float64") == 1


def test_bytes_are_those_of_padded_rows():
    # Layers (32, 3), (32, 32), (1, 32), a bias column each, in lines of eight doubles.
    rows = [(32, 8), (32, 40), (1, 40)]
    assert CACHE_LINE == 64
    expected = 8 * (4 * sum(map(math.prod, rows)) + 10 * (8 + 40 + 40 + 64))
    assert student_bytes(3, 3, 32, 10, "float64") == expected


def test_it_is_cheap_to_import():
    """The Snakefile is read in every job."""
    heavy = "{'numpy', 'torch', 'pandas', 'pyarrow', 'safetensors', 'numba'} & set(sys.modules)"
    code = (
        f"import sys; sys.path.insert(0, 'workflow/scripts'); import supnorm.work; print({heavy})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
    assert ast.parse((ROOT / "workflow/scripts/supnorm/work.py").read_text())
