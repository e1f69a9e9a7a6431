"""The programs of the study approximation, on small settings: their tables, and what they tell."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import BarycentricInterpolator

from approximation import (
    collect_waves,
    describe_approximation,
    plot_approximation,
    plot_bases,
    plot_spectral_bias,
    tabulate_approximation,
    tabulate_approximation_claims,
    tabulate_spectra,
    time_flow,
    train_waves,
)
from supnorm.approximation import barron, bases, flow, spectra
from supnorm.approximation.claims import CLAIMS
from supnorm.approximation.image import image_errors
from supnorm.approximation.index import FIGURES
from supnorm.approximation.tables.rates import BASES, CONSTANTS, RATES
from supnorm.approximation.tables.spectra import CONDITIONING, DENOISING, IMAGE, SPECTRA, SPIKES
from supnorm.approximation.tables.waves import AMPLITUDES, HALF_TIMES
from supnorm.approximation.waves import circle_points, encode, phases, signal
from supnorm.findings import read_findings
from supnorm.networks import concatenate, forward
from supnorm.tables.claims import CLAIMS as CLAIMS_TABLE
from supnorm.tables.schema import read_table
from supnorm.training.direct import train
from supnorm.training.recipe import Recipe, initial_students

SCHEMAS = {
    **{"rates": RATES, "constants": CONSTANTS, "bases": BASES, "spectra": SPECTRA},
    **{"spike_times": SPIKES, "denoising": DENOISING, "conditioning": CONDITIONING},
    **{"image": IMAGE, "half_times": HALF_TIMES, "amplitudes": AMPLITUDES},
    "claims": CLAIMS_TABLE,
}


def options(folder, names):
    return [part for name in names for part in (f"--{name}", f"{folder}/{name}")]


def run(program, folder, given, *names):
    """Run a program on settings, and return the tables of these names that it writes."""
    program.main([*given.split(), *options(folder, names)])
    return [read_table(folder / name, SCHEMAS[name].columns) for name in names]


def tabulate(folder, dims="5 3", terms="64 16", repeats=3):
    given = f"--approximation.dims {dims} --approximation.terms {terms} "
    given += f"--approximation.repeats {repeats} --approximation.degrees 8 4"
    return run(tabulate_approximation, folder, given, "rates", "constants", "bases")


@pytest.fixture(scope="module")
def tabulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rates")
    return tabulate(folder), folder


def rate(tabulated, target, dim, method, terms, norm="2"):
    rows = tabulated[0][0]
    named = {"target": target, "dim": dim, "method": method, "terms": terms, "norm": norm}
    (found,) = rows[(rows[list(named)] == pd.Series(named)).all(axis=1)].to_dict("records")
    return found


@pytest.mark.parametrize(
    ("target", "dim", "wanted"),
    [
        ("gaussian", 1, math.sqrt(2 / math.pi)),
        ("gaussian", 5, 2.1276921621),
        ("smooth_parity", 5, 12.1505807175),
    ],
)
def test_constants_are_those_of_independent_programs(tabulated, target, dim, wanted):
    rows = tabulated[0][1].set_index(["target", "dim"])["constant"]
    assert rows[target, dim] == pytest.approx(wanted, abs=5e-10)
    assert rows[target].index.tolist() == [*range(1, 21)]


@pytest.mark.parametrize(
    ("target", "dim", "method", "terms", "norm", "wanted", "statement"),
    [
        ("ball", 5, "bound_linear", 1000, "2", 0.0212679739, "S4.1b"),
        ("ball", 3, "samples_lower", 1000, "inf", 0.0075757576, "S4.9"),
        ("ball", 3, "samples_upper", 1000, "inf", 0.0866025404, "S4.9"),
        # 2 r = sqrt(d), over sqrt(n); that of the Gaussian has its constant.
        ("ball", 5, "bound_barron", 1000, "2", math.sqrt(5 / 1000), "S4.1"),
        ("gaussian", 5, "bound_barron", 64, "2", math.sqrt(5) * 2.1276921621 / 8, "S4.1"),
        # d / 4N^2 with N = 4.
        ("squares", 3, "grid", 125, "inf", 3 / 64, "S4.1b"),
    ],
)
def test_bounds_are_those_of_independent_programs(
    tabulated, target, dim, method, terms, norm, wanted, statement
):
    found = rate(tabulated, target, dim, method, terms, norm)
    assert found["error"] == pytest.approx(wanted, abs=5e-11)
    assert found["statement"] == statement
    assert math.isnan(found["low"])
    assert math.isnan(found["high"])


def test_networks_are_told_by_mean_and_range_of_their_draws(tabulated):
    for dim in (3, 5):
        drawn = barron.step_network_errors(dim, [16, 64], 3)
        for norm, errors in zip(("2", "inf"), drawn, strict=True):
            for n, some in zip((16, 64), errors.T, strict=True):
                found = rate(tabulated, "gaussian", dim, "step_network", n, norm)
                assert found["error"] == pytest.approx(some.mean())
                assert (found["low"], found["high"]) == (some.min(), some.max())
                assert found["low"] < found["error"] < found["high"]
                assert found["statement"] == "S4.1"


def test_rates_have_a_row_for_each_number_and_no_two(tabulated):
    rows = tabulated[0][0]
    assert not rows.duplicated(["target", "dim", "method", "terms", "norm"]).any()
    assert rows["dim"].is_monotonic_increasing
    counts = rows[rows["dim"] == 3].groupby(["target", "method", "norm"]).size().to_dict()
    assert counts == {
        ("gaussian", "step_network", "2"): 2,
        ("gaussian", "step_network", "inf"): 2,
        ("gaussian", "bound_barron", "2"): 2,
        # The terms that are asked for, and powers of ten.
        ("ball", "bound_barron", "2"): 7,
        ("ball", "bound_linear", "2"): 7,
        ("ball", "samples_lower", "inf"): 7,
        ("ball", "samples_upper", "inf"): 7,
        ("squares", "grid", "inf"): 3,
    }


def test_a_draw_is_the_same_whatever_else_is_drawn(tabulated, tmp_path):
    alone = tabulate(tmp_path, dims="5", terms="16")[0].query("method == 'step_network'")
    rows = tabulated[0][0].query("method == 'step_network' and dim == 5 and terms == 16")
    pd.testing.assert_frame_equal(
        alone.reset_index(drop=True), rows.reset_index(drop=True), rtol=1e-12
    )


@pytest.mark.parametrize("method", ["chebyshev", "cosine", "piecewise"])
def test_bases_have_each_target_and_degree(tabulated, method):
    rows = tabulated[0][2].query("method == @method")
    assert rows[["target", "terms"]].to_numpy().tolist() == [
        [target, n] for target in bases.TARGETS for n in (4, 8)
    ]
    wanted = [
        bases.METHODS[method](bases.TARGETS[row.target], row.terms) for row in rows.itertuples()
    ]
    assert rows["error"].tolist() == wanted


def test_bases_in_closed_form(tabulated):
    rows = tabulated[0][2].set_index(["target", "method", "terms"])["error"]
    # A knot is at the kink; the sine is farthest from the chord of its top piece.
    assert rows["abs", "piecewise", 8] == 0
    grid = np.linspace(-1, 1, 800_001)
    knots = np.linspace(-1, 1, 9)
    chords = np.interp(grid, knots, np.sin(math.pi * knots))
    assert rows["sin", "piecewise", 8] == pytest.approx(
        abs(np.sin(math.pi * grid) - chords).max(), rel=1e-8
    )
    # A polynomial through nine roots of the Chebyshev polynomial, by another interpolation.
    roots = np.cos((2 * np.arange(9) + 1) * math.pi / 18)
    other = BarycentricInterpolator(roots, np.sin(math.pi * roots))(np.linspace(-1, 1, 40_001))
    assert rows["sin", "chebyshev", 8] == pytest.approx(
        abs(other - np.sin(math.pi * np.linspace(-1, 1, 40_001))).max(), rel=1e-8
    )


def test_deep_networks_are_measured_and_not_told_by_their_closed_form(tabulated, monkeypatch):
    rows = tabulated[0][2].query("method == 'deep'")
    assert set(rows["target"]) == {"square"}
    assert rows["terms"].tolist() == [3 * m - 1 for m in range(1, 11)]
    assert rows["error"].tolist() == [4.0 ** (-m - 1) for m in range(1, 11)]
    monkeypatch.setattr(bases, "square_values", lambda points, layers: points**2 + 0.125)
    deep = [row for row in tabulate_approximation.of_bases([4]) if row["method"] == "deep"]
    assert [row["error"] for row in deep] == [0.125] * 10


SPECTRAL = ("spectra", "spike_times", "denoising", "conditioning", "image")


def tabulate_all(folder, spikes="16 8", frequencies=16, hats="10 2", exponents="1 0"):
    given = f"--approximation.spectrum.frequencies {frequencies} --approximation.spectrum.hats "
    given += f"{hats} --approximation.spectrum.exponents {exponents} "
    given += f"--approximation.spectrum.features 16 --approximation.spikes {spikes} "
    given += "--approximation.noise.points 16 --approximation.noise.variance .25 "
    given += "--approximation.image.side 12 --approximation.image.scales 1 0"
    made = run(tabulate_spectra, folder, given, *SPECTRAL)
    return dict(zip(SPECTRAL, made, strict=True))


@pytest.fixture(scope="module")
def spectral(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spectra")
    return tabulate_all(folder), folder


def spectrum(spectral, kernel, layer="both", scale=None):
    rows = spectral[0]["spectra"].query("kernel == @kernel and layer == @layer")
    rows = rows[rows["scale"].isna() if scale is None else rows["scale"] == scale]
    return rows.set_index("frequency")


def test_spectra_are_those_of_independent_programs(spectral):
    relu = spectrum(spectral, "relu")
    wanted = [1.107927101854, 0.702642367285, 0.157610730110, 0.022515818587]
    assert relu["eigenvalue"].head(4).tolist() == pytest.approx(wanted, abs=5e-13)
    outer = spectrum(spectral, "relu", "outer")["eigenvalue"]
    assert outer[:4].tolist() == pytest.approx([4 / math.pi**2, 0.25, 4 / (9 * math.pi**2), 0])
    features = spectrum(spectral, "features", scale=0)
    assert features["relative"][8] == pytest.approx(0.941591, abs=5e-7)
    assert spectrum(spectral, "features", scale=1)["relative"][8] < 0.1


def test_spectra_are_told_up_to_the_frequency_over_that_of_1(spectral):
    rows = spectral[0]["spectra"]
    groups = rows.groupby(["layer", "kernel", "scale"], dropna=False)
    assert len(groups) == 10
    for (layer, kernel, scale), some in groups:
        assert some["frequency"].tolist() == [*range(17)]
        first = some["eigenvalue"].iloc[1]
        assert some["relative"].to_numpy() == pytest.approx(some["eigenvalue"] / first)
        if kernel == "hat":
            wanted = spectra.hat_eigenvalues(scale, layer)[:17]
            assert some["eigenvalue"].tolist() == wanted.tolist()
    order = rows.drop_duplicates(["layer", "kernel", "scale"])
    assert order["layer"].tolist() == ["both"] * 5 + ["outer"] * 5
    assert order["scale"].fillna(-1).tolist() == [-1, 2, 10, 0, 1] * 2


def test_spikes_take_their_time_at_half_the_spectrum(spectral):
    rows = spectral[0]["spike_times"]
    named = rows[["kernel", "scale", "inverse_width"]].fillna(-1).to_numpy().tolist()
    flows = (("relu", -1), ("features", 0), ("features", 1))
    assert named == [[kernel, scale, m] for kernel, scale in flows for m in (8, 16)]
    assert rows["time"][1] == pytest.approx(87.106554, abs=5e-7)
    flat = spectra.GAUSSIAN_SHARE * spectra.feature_eigenvalues(16, 0)
    assert rows["time"][3] == pytest.approx(spectra.spike_time(flat, 16), rel=1e-4)


def test_the_time_of_a_spike_hardly_depends_on_the_others(spectral, tmp_path):
    more = tabulate_all(tmp_path, spikes="16 64", frequencies=4, hats="2", exponents="0")
    few = more["spike_times"].query("inverse_width == 16").set_index("kernel")["time"]
    rows = spectral[0]["spike_times"].query("inverse_width == 16 and scale != 1")
    assert few.to_dict() == pytest.approx(rows.set_index("kernel")["time"].to_dict(), rel=1e-5)
    assert set(more["spectra"]["frequency"]) == {0, 1, 2, 3, 4}


def test_risks_go_from_the_wave_to_the_noise(spectral):
    rows = spectral[0]["denoising"]
    assert (rows["risk"] == rows["bias"] + rows["variance"]).all()
    for (kernel, _), some in rows.groupby(["kernel", "scale"], dropna=False):
        first, last = some.iloc[0], some.iloc[-1]
        assert (first["time"], last["time"], len(some)) == (0.1, 1e5, 241)
        assert first["bias"] == pytest.approx(1, abs=0.1)
        assert last["bias"] < 1e-9
        # All noise is learned in the end.
        assert last["variance"] == pytest.approx(0.25, rel=1e-6)
        assert 0 < some["risk"].min() < 0.25
        if kernel == "relu":
            folded = spectra.kernel_eigenvalues(lambda a: spectra.arc_cosine(np.cos(a)), 16)
            assert first["bias"] == pytest.approx(math.exp(-0.1 * folded[1]), rel=1e-6)


def test_conditions_stand_beside_closed_form_and_limit(spectral):
    rows = spectral[0]["conditioning"].set_index(["basis", "size"])
    assert len(rows) == 10
    assert rows.loc[("relu", 8), "condition"] == pytest.approx(1.797136e4, abs=5e-3)
    assert rows.loc[("relu", 8), "limit"] == pytest.approx(3.8827527205 * 8**4)
    hats = rows.loc["hat"]
    assert hats.index.tolist() == [4, 8, 16, 32, 64]
    assert hats["condition"].to_numpy() == pytest.approx(hats["limit"].to_numpy())
    assert hats["condition"].max() < 3


def test_the_image_is_told_by_scale_and_time(spectral):
    rows = spectral[0]["image"]
    assert rows[["scale", "time"]].to_numpy().tolist() == [
        [scale, time] for scale in (0, 1) for time in (1e2, 1e3, 1e4, 1e5)
    ]
    wanted = pd.DataFrame(image_errors(12, 1.0, [1e4], 10000))
    pd.testing.assert_frame_equal(rows.iloc[6:7][[*wanted]].reset_index(drop=True), wanted)


def time_networks(folder, widths="64 32", frequencies="12 2 1", amplitude=0.1):
    given = f"--approximation.flow.widths {widths} --approximation.flow.frequencies {frequencies} "
    given += f"--approximation.flow.amplitude {amplitude}"
    (found,) = run(time_flow, folder, given, "half_times")
    return found


@pytest.fixture(scope="module")
def timed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("timed")
    return time_networks(folder), folder


def test_half_times_are_measured_of_each_network_and_wave(timed):
    rows = timed[0]
    assert rows[["width", "start", "seed", "frequency"]].to_numpy().tolist() == [
        [width, start, 10000, k]
        for width in (32, 64)
        for start in ("stratified", "gaussian")
        for k in (1, 2, 12)
    ]
    for row in rows.itertuples():
        assert row.predicted == flow.predicted_half_time(row.frequency)
        if row.frequency < 12:
            found = flow.measured_half_time(row.width, row.frequency, row.start, 10000, 0.1)
            assert row.time == found
            assert 0.3 < row.time / row.predicted < 3
    # Of so few neurons none has so many kinks.
    assert np.isinf(rows.query("frequency == 12")["time"]).all()


def test_half_times_are_of_their_amplitude(timed, tmp_path):
    other = time_networks(tmp_path, widths="32", frequencies="2", amplitude=1)
    same = timed[0].query("width == 32 and frequency == 2")
    assert (other["time"].to_numpy() != same["time"].to_numpy()).all()
    assert other["predicted"].tolist() == same["predicted"].tolist()


STEPS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 26, 30]


def train_networks(folder, kind="features", seeds="7 5", threads=1, name=None, more=""):
    given = f"--input {kind} --approximation.waves.frequencies 4 2 --approximation.waves.points 32 "
    given += "--approximation.waves.depth 3 --approximation.waves.width 16 "
    given += "--approximation.waves.steps 30 --approximation.waves.learning_rate 1e-2 "
    given += f"--approximation.waves.seeds {seeds} --approximation.spectrum.features 5 "
    given += f"--training.engine auto --training.precision float64 --threads {threads} {more} "
    train_waves.main([*given.split(), "--amplitudes", f"{folder}/{name or kind}"])
    return read_table(folder / (name or kind), AMPLITUDES.columns)


@pytest.fixture(scope="module")
def waved(tmp_path_factory):
    """What networks of two seeds learn by each input."""
    folder = tmp_path_factory.mktemp("waves")
    return {kind: train_networks(folder, kind) for kind in ("raw", "circle", "features")}, folder


@pytest.mark.parametrize("kind", ["raw", "circle", "features"])
def test_networks_are_looked_at_by_steps_seeds_and_frequencies(waved, kind):
    rows = waved[0][kind]
    assert rows[["input", "step", "seed", "frequency"]].to_numpy().tolist() == [
        [kind, step, seed, k] for step in STEPS for seed in (7, 5) for k in (2, 4)
    ]


@pytest.mark.parametrize("kind", ["raw", "circle", "features"])
@pytest.mark.parametrize("steps", [2, 30])
def test_amplitudes_are_those_of_networks_of_so_many_steps(waved, kind, steps):
    """Trained for themselves, and their amplitudes by a Fourier transform."""
    points = circle_points(32)
    inputs = encode(points, kind, 5)
    sums = [signal(points, [2, 4], phases([2, 4], seed)) for seed in (7, 5)]
    networks = train(
        Recipe(3, 16, 32, steps, 1e-2, 1e-2),
        concatenate([initial_students(seed, inputs.shape[1], 3, 16) for seed in (7, 5)]),
        np.stack([inputs, inputs]),
        np.array(sums),
        engine="loop",
    )
    wanted = abs(np.fft.rfft(forward(networks, np.stack([inputs, inputs]))))[:, [2, 4]] / 16
    found = waved[0][kind].query("step == @steps")["amplitude"]
    assert found.to_numpy() == pytest.approx(wanted.ravel(), rel=1e-8)


def test_features_learn_both_waves_and_points_as_they_are_do_not(waved):
    last = {kind: rows.query("step == 30")["amplitude"] for kind, rows in waved[0].items()}
    assert last["features"].min() > 0.5
    assert last["raw"].max() < 0.5


def test_amplitudes_depend_neither_on_threads_nor_on_other_seeds(waved, tmp_path):
    rows, folder = waved
    for kind in ("features", "raw"):
        train_networks(tmp_path, kind, threads=2)
        assert (tmp_path / kind).read_bytes() == (folder / kind).read_bytes()
    alone = train_networks(tmp_path, seeds="5", name="alone")
    both = rows["features"].query("seed == 5").reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, both, check_exact=True)
    assert (rows["features"].query("seed == 7")["amplitude"].to_numpy() != alone["amplitude"]).all()


def test_training_tells_how_far_it_is(tmp_path):
    path = tmp_path / "heartbeat"
    train_networks(tmp_path, more=f"--heartbeat {path}")
    told = json.loads(path.read_text())
    assert (told["students"], told["epochs"], told["epoch"]) == (2, 30, 30)


@pytest.fixture(scope="module")
def collected(waved, tmp_path_factory):
    folder = tmp_path_factory.mktemp("collected")
    paths = [f"{waved[1]}/{kind}" for kind in ("raw", "circle", "features")]
    return run(collect_waves, folder, "--waves " + " ".join(paths), "amplitudes")[0], folder


def test_the_collection_is_sorted_and_whole(collected, waved, tmp_path):
    table, _ = collected
    names = table[["input", "seed", "step", "frequency"]]
    assert names.equals(names.sort_values([*names], ignore_index=True))
    assert not names.duplicated().any()
    paths = [f"{waved[1]}/{kind}" for kind in ("features", "raw", "circle")]
    (other,) = run(collect_waves, tmp_path, "--waves " + " ".join(paths), "amplitudes")
    pd.testing.assert_frame_equal(table, other)
    for kind, rows in waved[0].items():
        some = table[table["input"] == kind]
        assert len(some) == len(rows)
        assert some["amplitude"].sum() == pytest.approx(rows["amplitude"].sum())


@pytest.fixture(scope="module")
def paths(tabulated, spectral, timed, collected, tmp_path_factory):
    """Where each table is, and the claims on them."""
    made = {name: tabulated[1] / name for name in ("rates", "constants", "bases")}
    made |= {name: spectral[1] / name for name in SPECTRAL}
    made |= {"half_times": timed[1] / "half_times", "amplitudes": collected[1] / "amplitudes"}
    folder = tmp_path_factory.mktemp("claims")
    made |= {name: folder / name for name in ("claims", "ledger")}
    given = [*tabulate_approximation_claims.TABLES, "claims", "ledger"]
    tabulate_approximation_claims.main(given_by(made, given))
    return made


def given_by(paths, names):
    return [part for name in names for part in (f"--{name}", str(paths[name]))]


def test_claims_come_in_their_order_with_their_study(paths):
    claims = read_table(paths["claims"], CLAIMS_TABLE.columns)
    order = [claim.name for claim in CLAIMS]
    assert [*claims["claim"].unique()] == [n for n in order if n in set(claims["claim"])]
    assert set(claims["study"]) == {"approximation"}
    # No spike is as narrow as 1/64.
    assert set(order) - set(claims["claim"]) == {"spike_law"}


@pytest.fixture(scope="module")
def told(paths, tmp_path_factory):
    """The summary and the findings."""
    folder = tmp_path_factory.mktemp("told")
    given = given_by(paths, describe_approximation.TABLES)
    describe_approximation.main([*given, *options(folder, ("summary", "findings"))])
    return (folder / "summary").read_text(), *read_findings(folder / "findings")


def test_findings_are_what_the_tables_have(told, spectral, timed, tabulated):
    _, study, found = told
    assert study == "approximation"
    assert (found["size"], found["time"], found["width"]) == (8, 1e3, 64)
    assert found["spike_limit"] == pytest.approx(0.3976586, abs=5e-8)
    assert found["spikes_from"] == 64
    samples = {(row["dim"], row["samples"]): row for row in found["samples"]}
    assert set(samples) == {(dim, m) for dim in (3, 5) for m in (1000, 10**6)}
    assert samples[3, 1000]["samples_lower"] == pytest.approx(0.0075757576, abs=5e-11)
    assert samples[3, 1000]["samples_upper"] == pytest.approx(0.0866025404, abs=5e-11)
    errors = tabulated[0][2].query("terms == 8 and method != 'deep'")
    by_target = {row["target"]: row for row in found["bases"]}
    assert set(by_target) == set(bases.TARGETS)
    for row in errors.itertuples():
        assert by_target[row.target][row.method] == row.error
    ratios = {(row["width"], row["start"]): row for row in found["half_times"]}
    assert len(ratios) == 4
    for row in timed[0].itertuples():
        said = ratios[row.width, row.start][f"k = {row.frequency}"]
        assert float(said) == pytest.approx(row.time / row.predicted)
    image = spectral[0]["image"].query("time == 1e3").drop(columns="time")
    assert found["image"] == image.to_dict("records")
    assert found["tested"]["barron_holds"]["cases"] == 2
    assert found["tested"]["barron_holds"]["supported"] == 2
    assert found["tested"]["relu_beats_polynomials_low"]["failed"] == 1


def test_bases_are_told_at_the_size_that_is_compared(tabulated):
    """32 where there is such, whatever larger ones there are, and no deep network."""
    rows, deep = (tabulated[0][2].query(f"method {sign} 'deep'") for sign in ("!=", "=="))
    first = rows[rows["terms"] == 8]
    larger = [first.assign(terms=n, error=n / 100) for n in (32, 64)]
    shown = describe_approximation.bases(pd.concat([rows, *larger, deep]))
    assert (shown[["chebyshev", "cosine", "piecewise"]] == 0.32).all(axis=None)
    assert "deep" not in shown
    assert "square" not in set(shown["target"])


def test_the_summary_has_four_tables_in_markdown(told):
    text = told[0]
    parts = text.split("## ")
    assert [part.splitlines()[0] for part in parts[1:]] == [
        "Uniform errors that samples of the ball C_f <= 1 allow (S4.9)",
        "Uniform errors of bases of one size (S4.3)",
        "Half-times of wide networks, over what the spectrum says (S4.4)",
        "An image, after equal time, by the scale of Fourier features (S4.6)",
    ]
    for part in parts[1:]:
        lines = part.strip().splitlines()[2:]
        assert len({line.count("|") for line in lines}) == 1
        assert lines[1].replace("| ", "").strip(" |").split() == ["---"] * (lines[0].count("|") - 1)
    assert "| 3 | 1000 | 0.00758 | 0.0866 |" in parts[1]
    assert "| width | start | k = 1 | k = 2 | k = 12 |" in parts[3]
    assert text.endswith(" |\n")


DRAWINGS = {
    "approximation": plot_approximation,
    "bases": plot_bases,
    "spectral_bias": plot_spectral_bias,
}
# What captions say of numbers in the tables.
SAID = {
    "approximation": [
        "for d = 5 between n = 10000 and 100000 networks begin to beat every fixed basis",
    ],
    "bases": ["At n = 8 the polynomial is off by 2.6e-04 and the pieces by 7.0e-02"],
    "spectral_bias": ["for the narrowest 87.1,", "the widest are at most 0.1 % off"],
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_figures_are_drawn_of_small_tables_and_say_their_numbers(paths, name, tmp_path):
    ends = ("pdf", "png", "caption")
    outputs = [f"--{end}={tmp_path}/figure.{end}" for end in ends]
    DRAWINGS[name].main([*given_by(paths, FIGURES[name].tables), *outputs])
    caption = (tmp_path / "figure.caption").read_text()
    for said in SAID[name]:
        assert said in caption
    assert "nan" not in caption
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_a_caption_says_where_lines_do_not_cross(tabulated):
    rows = tabulated[0][0].query("dim == 3")
    assert "for d = 3 the lines do not cross here" in plot_approximation.caption(rows)
