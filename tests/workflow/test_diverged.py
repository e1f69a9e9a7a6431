"""A run of which every student diverged: tables, figures and the document say so."""

import re

import numpy as np
import pandas as pd
import pytest

from depth import count_pieces, train_sawtooth
from parity import measure_parity
from rerun import rerun
from supnorm.depth.sawtooth import sawtooth
from supnorm.networks import Networks, concatenate
from supnorm.parity.training import start

# Claims of every study that speak of what students learned, and of nothing else.
LEARNED = {
    "uniform": "longer_training_helps",
    "parity": "training_reaches_the_optimum",
    "depth": "deep_learns_little_depth",
}


@pytest.mark.complete
def test_all_students_diverge(copy, monkeypatch):
    monkeypatch.chdir(copy.path)
    done = rerun(copy, lambda name, value: 1e300 if name.endswith("learning_rate") else value)
    assert done[-1] == "build_paper"
    captions = {file.stem: file.read_text() for file in copy.whole.glob("*/figures/*.txt")}
    assert len(captions) > 20
    for name, caption in captions.items():
        assert not re.search(r"\bnan\b", caption), name
    for file in copy.whole.glob("uniform/figures/*.txt"):
        # The document typesets inf after "=" and "^" only.
        assert not re.search(r"(?<!= )(?<!\^)\binf\b", file.read_text()), file.stem
    for name in ("sine", "spikes"):
        assert "All students diverged: nothing is drawn." in captions[name]
    assert "students diverged and are not drawn" in captions["curves"]
    assert "all of them diverged" in captions["places"]
    verdicts = []
    for study, claim in LEARNED.items():
        claims = pd.read_parquet(copy.whole / study / "tables/claims.parquet")
        verdicts += [*claims.loc[claims["claim"] == claim, "verdict"]]
    # Where errors are infinite before and after, no case of a claim is left.
    assert verdicts
    assert set(verdicts) <= {"failed", "undecided"}
    training = pd.read_parquet(copy.whole / "parity/tables/training.parquet")
    assert np.isinf(training[["error_2", "norm", "objective"]]).all(axis=None)


def broken(networks, *numbers):
    """Return networks of which some have a weight that is no number."""
    weights = tuple(weight.copy() for weight in networks.weights)
    weights[-1][list(numbers)] = np.nan
    return Networks(weights, networks.biases)


def test_a_network_that_diverged_fits_nothing_whatever_its_neurons_are():
    network = broken(start([1], 2, 8), 0)
    told = measure_parity.measure(network, 2, 0.2, measure_parity.neurons_of(network))
    assert (told["fit"], told["cosine"]) == (0, 0)
    worst = ("objective", "norm", "bias", "error_2", "deviation")
    assert {told[name] for name in worst} == {np.inf}


def test_of_the_triangle_map_the_best_that_did_not_diverge_is_shown():
    students = sawtooth(2, 1)
    two = concatenate([students, students])
    for numbers, kinds in (((0,), {"target", "shallow"}), ((0, 1), {"target"})):
        frames = list(train_sawtooth.profiles(2, [(2, 4, broken(two, *numbers))]))
        assert {kind for frame in frames for kind in frame["kind"]} == kinds
        assert np.isfinite(pd.concat(frames)["value"]).all()


def test_a_network_that_diverged_has_no_pieces_to_count():
    (row,) = count_pieces.rows_of("students", 2, 8, np.array([0, 4, 6]))
    assert (row["count"], row["mean"]) == (2, 5)
    assert not list(count_pieces.rows_of("students", 2, 8, np.zeros(2, int)))
