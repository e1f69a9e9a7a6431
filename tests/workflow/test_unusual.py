"""A legal configuration far from the paper's goes through to the last figure."""

import pyarrow.parquet as pq
import pytest

from tree import copy_repository, python

UNUSUAL = """
  smoke:
    training: {precision: float32, engine: loop}
    uniform:
      teacher: {dims: [2, 5], depth: 2, width: 2, norm: 1, bound: 3, count: 1}
      sample: {sizes: [5], seeds: [0]}
      student: {depths: [1, 3], widths: [3], batch_rules: {"2024-12-a": {at_most: 9, epochs: 2}}}
      training: {learning_rate: 1e-4}
      budget: {batch_rule: 2024-12-a, longer: {"on": {times: 2, learning_rate: 1e-4}}}
      evaluation: {times: 1, method: sampled, points: 100}
      reference: {algorithms: []}
      worst_case: {norms: [1, 2], bounds: [3], dims: [2], depths: [2, 3], sizes: [5], errors: [0.1]}
      polynomial:
        kinds: {plane: {dim: 2, degree: 1}}
        count: 1
        sizes: [1]
        seeds: [0]
        trained: [5]
        depth: 2
        width: 3
        divisor: 9
        epochs: 2
      sine: {samples: 4, seeds: [1], depth: 2, width: 3, batch: 9, epochs: 2}
"""


@pytest.mark.complete
def test_one_sample_size_one_teacher_one_seed_and_no_lower_bound(tmp_path):
    tree = copy_repository(tmp_path)
    # The further studies are large where their settings are those of no scale.
    tree.edit(
        "config.yaml", "studies: [uniform, parity, depth, approximation]", "studies: [uniform]"
    )
    text = (tree.path / "config.yaml").read_text()
    (tree.path / "config.yaml").write_text(text[: text.index("\n  smoke:")] + UNUSUAL)
    tree.snakemake("--cores", 2)
    bounds = {
        row["bound"] for row in pq.read_table(tree.results / "tables/bounds.parquet").to_pylist()
    }
    assert bounds == {"upper", "upper_centres", "rate"}
    rates = pq.read_table(tree.results / "tables/rates.parquet").to_pylist()
    assert {row["slope"] for row in rates} == {None}
    caption = (tree.results / "figures/rates.txt").read_text()
    assert "nan" not in caption
    assert "Theorem 2.2 says nothing here" in caption
    errors = pq.read_table(tree.results / "tables/errors.parquet").to_pylist()
    assert {row["method"] for row in errors} == {"sampled"}
    methods = pq.read_table(tree.results / "tables/methods.parquet").to_pylist()
    assert {row["method"] for row in methods} == {"sampled", "ascent"}
    for caption in (tree.results / "figures").glob("*.txt"):
        assert "nan" not in caption.read_text().split(), caption
    assert not (tree.results / "figures/references.pdf").exists()
    # Names are those of one rule, whoever reads them: here those of files and records.
    assert "the chain holds" in python(tree, "artifact.trace", "--scale", "smoke")
