"""A legal configuration far from the paper's goes through to the last figure."""

import re

import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

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

STUDIES = ("uniform", "parity", "depth", "approximation")
# What no sentence has where there is one only: "2 to 2", "1 seeds", an interval without ends.
AWKWARD = re.compile(
    r"\bnan\b|\(\)|(?<![\d.])(\S*\d) to \1(?![\d.]*\d)"
    r"|(?<![\d.−-])\b1 (?:seeds|neurons|epochs|steps|draws|students|teachers|layers|cases)\b"
)

# Of everything one, or the fewest that are valid: nothing has a slope, a spread, a second.
TINY = """
  smoke:
    training: {device: cpu}
    uniform:
      teacher: {dims: [1], depth: 3, width: 2, norm: 2, bound: 0.7, count: 1}
      sample: {sizes: [7], seeds: [3]}
      student: {depths: [3], widths: [3], batch_rules: {half: {divisor: 2, epochs: 1}}}
      budget:
        teachers: 1
        seeds: 1
        batch_rule: half
        longer: {twice: {times: 2, learning_rate: 1e-4}}
      evaluation: {times: 1, points: 100}
      reference: {algorithms: [nearest]}
      worst_case: {norms: [2], bounds: [0.7], dims: [1], depths: [3], sizes: [7], errors: [0.1]}
      polynomial:
        kinds: {line: {dim: 1, degree: 1}}
        count: 1
        sizes: [2]
        seeds: [3]
        trained: [7]
        depth: 2
        width: 3
        epochs: 1
      sine: {samples: 4, seeds: [3], depth: 2, width: 3, batch: 9, epochs: 1}
    parity:
      curve: 2
      dims: [2]
      seeds: [3]
      steps: 1
      samples: {dims: [2], ratios: [0.5], seeds: [3], trained: {dims: [2], width: 1, steps: 1}}
      averages: {dims: [2], errors: [0.5], trials: 1}
      waves: {dims: [2], frequencies: 1}
    depth:
      compositions: [1]
      seeds: [3]
      shallow_width: 1
      deep_widths: [1]
      epochs: 1
      cliff: {composition: 1, widths: [1], depths: [3], deep_widths: [1]}
      inner: {dims: [1], depths: [2], widths: [1], seeds: [3], epochs: 1}
      pieces: {depths: [2], width: 1, count: 1}
    approximation:
      dims: [1]
      terms: [1]
      repeats: 1
      degrees: [1]
      spikes: [1]
      spectrum: {frequencies: 1, hats: [1], exponents: [0], features: 1}
      flow: {widths: [2], frequencies: [1]}
      waves: {frequencies: [1], points: 3, depth: 2, width: 1, steps: 1, seeds: [3]}
      noise: {points: 3}
      image: {side: 2, scales: [0]}
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


@pytest.mark.complete
def test_all_studies_with_one_of_everything(tmp_path):
    tree = copy_repository(tmp_path)
    text = (tree.path / "config.yaml").read_text()
    (tree.path / "config.yaml").write_text(text[: text.index("\n  smoke:")] + TINY)
    tree.snakemake("--cores", 1)
    captions = {path: path.read_text() for path in tree.whole.glob("*/figures/*.txt")}
    assert {path.parents[1].name for path in captions} == set(STUDIES)
    for path, caption in captions.items():
        assert not AWKWARD.search(caption), (path, caption)
    verdicts = pq.read_table(tree.whole / "claims.parquet").to_pylist()
    assert {row["study"] for row in verdicts} == set(STUDIES)
    # A network of the wrong sign has fitted nothing, however small its norm.
    implicit = [row for row in verdicts if row["claim"] == "implicit_bias"]
    assert {row["verdict"] for row in implicit} == {"failed"}
    pages = PdfReader(tree.whole / "paper.pdf").pages
    document = " ".join(" ".join(page.extract_text() for page in pages).split())
    document = document.split("What differs from the original experiment")[0]
    assert not (found := AWKWARD.search(document)), document[found.start() - 200 :][:400]
