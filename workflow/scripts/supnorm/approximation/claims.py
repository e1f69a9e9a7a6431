"""The claims of the study `approximation`, each with the number that it stands or falls with."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from supnorm.approximation.spectra import SPIKE_LIMIT
from supnorm.statistics.claims import Claim, Finding, Tables

STUDY = "approximation"
# Numbers that are equal in theory may differ by so much, relative, by rounding.
ROUNDING = 1e-9
# The size at which bases are compared, where there is such.
SIZE = 32
# The law of spikes, which is that of a limit, is held to from this inverse half-width on.
NARROW = 64
# Where the length of training is given, the image is looked at after this time.
IMAGE_TIME = 1e3

Rows = pd.DataFrame


def matching(table: Rows, **values) -> Rows:
    """Return the rows with these values."""
    return table[(table[list(values)] == pd.Series(values)).all(axis=1)]


def networks_over_bound(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the largest ratio of the error of random networks to Barron's bound, by dimension."""
    rates = matching(tables["rates"], target="gaussian", norm="2")
    found, bound = (matching(rates, method=name) for name in ("step_network", "bound_barron"))
    both = found.merge(bound, on=["dim", "terms"], suffixes=("", "_bound"))
    for dim, rows in both.groupby("dim"):
        yield Finding(f"d = {dim}", (rows["high"] / rows["error_bound"]).max(), 1.0)


def network_rate(tables: Tables, settings) -> Iterator[Finding]:
    """Yield how far the exponent of n in the error of random networks is from -1/2."""
    rows = matching(tables["rates"], method="step_network", norm="2")
    for dim, some in rows.groupby("dim"):
        if len(some) > 1:
            slope = np.polyfit(np.log(some["terms"]), np.log(some["error"]), 1)[0]
            yield Finding(f"d = {dim}", abs(slope + 0.5), 0.1)


def beaten_bases(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the least ratio of Barron's bound to what any fixed basis errs by, by dimension."""
    rows = matching(tables["rates"], target="ball", norm="2")
    pairs = rows.pivot_table(index=["dim", "terms"], columns="method", values="error")
    ratio = (pairs["bound_barron"] / pairs["bound_linear"]).groupby("dim").min()
    for dim, least in ratio[ratio.index > 2].items():
        yield Finding(f"d = {dim}", least, 1.0)


def uniform_rate(tables: Tables, settings) -> Iterator[Finding]:
    """Yield how far the exponent of m in the lower bound on samples is from -1/d."""
    rows = matching(tables["rates"], method="samples_lower")
    for dim, some in rows.groupby("dim"):
        some = some.sort_values("terms")
        first, last = some.iloc[0], some.iloc[-1]
        slope = np.log(last["error"] / first["error"]) / np.log(last["terms"] / first["terms"])
        yield Finding(f"d = {dim}", slope, -1.5 / dim)


def growth(target: str, reference: float) -> Callable:
    """Return a `find` function: the exponent with which a constant grows with the dimension."""

    def find(tables: Tables, settings) -> Iterator[Finding]:
        rows = matching(tables["constants"], target=target)
        rows = rows[rows["dim"] >= 10]
        slope = np.polyfit(rows["dim"], np.log(rows["constant"]), 1)[0]
        yield Finding(f"d = 10 to {rows['dim'].max()}", slope, reference)

    return find


def bases(target: str, ours: str, theirs: str) -> Callable:
    """Return a `find` function: the ratio of the uniform errors of two bases of one size."""

    def find(tables: Tables, settings) -> Iterator[Finding]:
        rows = matching(tables["bases"], target=target)
        n = SIZE if SIZE in set(rows["terms"]) else rows["terms"].max()
        errors = rows[rows["terms"] == n].set_index("method")["error"]
        yield Finding(f"{target}, n = {n}", errors[ours] / errors[theirs], 1.0)

    return find


def square(tables: Tables, settings) -> Iterator[Finding]:
    """Yield how far the error of the deep network is from its closed form."""
    rows = matching(tables["bases"], method="deep").sort_values("terms")
    layers = (rows["terms"] + 1) / 3
    deviation = abs(rows["error"] * 4 ** (layers + 1) - 1).max()
    yield Finding(f"{len(rows)} networks", deviation, ROUNDING)


def of_widest(tables: Tables) -> Rows:
    """Return the half-times of the widest networks from stratified weights."""
    rows = matching(tables["half_times"], start="stratified")
    return rows[rows["width"] == rows["width"].max()].sort_values("frequency")


def order_of_learning(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the least ratio of the half-time of a frequency to that of the one before."""
    rows = of_widest(tables)
    if len(rows) > 1:
        ratio = (rows["time"].shift(-1) / rows["time"]).min()
        yield Finding(f"width {rows['width'].iloc[0]}", ratio, 1.0)


def law(tables: Tables, settings) -> Iterator[Finding]:
    """Yield how far the half-times of the widest networks are from the law."""
    rows = of_widest(tables)
    rows = rows[rows["frequency"] <= 8]
    if len(rows):
        off = abs(rows["time"] / rows["predicted"] - 1).max()
        yield Finding(f"width {rows['width'].iloc[0]}, k up to 8", off, 0.1)


def relative(spectra: Rows, frequency: int, **values) -> float | None:
    """Return the eigenvalue of a frequency over that of 1; None where it is not told."""
    rows = matching(spectra, layer="both", frequency=frequency, **values)
    return None if rows.empty else rows["relative"].iloc[0]


def flattening(tables: Tables, settings) -> Iterator[Finding]:
    """Yield how much more slowly k = 16 is learned than k = 2, by features over by ReLU."""
    spectra, spreads = tables["spectra"], []
    for values in ({"kernel": "features", "scale": 0.0}, {"kernel": "relu"}):
        pair = [relative(spectra, k, **values) for k in (2, 16)]
        if None in pair:
            return
        spreads.append(pair[0] / pair[1])
    yield Finding("k = 16 and 2, p = 0", spreads[0] / spreads[1], 0.1)


def hat_scales(tables: Tables, settings) -> Iterator[Finding]:
    """Yield how much the eigenvalue of k = 8 falls between the largest and the least scale."""
    rows = matching(tables["spectra"], kernel="hat", layer="both", frequency=8)
    if rows["scale"].nunique() > 1:
        at = rows.sort_values("scale")
        ratio = at["relative"].iloc[-1] / at["relative"].iloc[0]
        yield Finding(f"scales {at['scale'].iloc[0]:g} and {at['scale'].iloc[-1]:g}", ratio, 2.0)


def spike_law(tables: Tables, settings) -> Iterator[Finding]:
    """Yield how far the time of a spike, over M^2, is from its limit."""
    rows = matching(tables["spike_times"], kernel="relu")
    for _, row in rows[rows["inverse_width"] >= NARROW].iterrows():
        off = abs(row["time"] / row["inverse_width"] ** 2 / SPIKE_LIMIT - 1)
        yield Finding(f"M = {row['inverse_width']}", off, 0.02)


def noise(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the least risk behind flat features over that without, each at its best time."""
    risks = tables["denoising"]
    relu = matching(risks, kernel="relu")["risk"].min()
    flat = matching(risks, kernel="features", scale=0.0)["risk"].min()
    yield Finding("p = 0", flat / relu, 2.0)


def images(tables: Tables) -> Rows:
    """Return the image's errors after the time that is looked at, by scale."""
    return matching(tables["image"], time=IMAGE_TIME).set_index("scale").sort_index()


def image_gain(tables: Tables, settings) -> Iterator[Finding]:
    """Yield what the best scale gains on pixels that were not seen, in dB."""
    rows = images(tables)
    if 0 in rows.index and len(rows) > 1:
        gain = rows["psnr_test"].max() - rows["psnr_test"][0]
        yield Finding(f"scale {rows['psnr_test'].idxmax():g}, dB", gain, 3.0)


def image_uniform(tables: Tables, settings) -> Iterator[Finding]:
    """Yield the uniform error at the scale that is best on average, over that without."""
    rows = images(tables)
    if 0 in rows.index and len(rows) > 1:
        best = rows["psnr_test"].idxmax()
        yield Finding(f"scale {best:g}", rows["error_inf"][best] / rows["error_inf"][0], 0.75)


def conditioning(basis: str, power: int) -> Callable:
    """Return a `find` function: the exponent with which a condition number grows with the size."""

    def find(tables: Tables, settings) -> Iterator[Finding]:
        rows = matching(tables["conditioning"], basis=basis).sort_values("size")
        slope = np.polyfit(np.log(rows["size"])[-3:], np.log(rows["condition"])[-3:], 1)[0]
        yield Finding(f'"{basis}"', abs(slope - power), 0.05)

    return find


CLAIMS = (
    Claim(
        "barron_holds",
        "Random networks of steps err by no more than Barron's bound.",
        "largest ratio of the L^2 error of a draw to the bound",
        "<=",
        "rates",
        "S4.1",
        "approximation",
        networks_over_bound,
        "the number of hidden units required to achieve a target accuracy scales as C_f^2/ε",
    ),
    Claim(
        "barron_rate",
        "The error of random networks of steps falls like n^(-1/2), in every dimension.",
        "distance of the exponent of n from -1/2",
        "<=",
        "rates",
        "S4.1",
        "approximation",
        network_rate,
    ),
    Claim(
        "fixed_bases_cursed",
        "From d = 3 on, with enough terms, networks come closer to the class than any fixed basis "
        "can.",
        "least ratio of Barron's bound to the least error of a fixed basis",
        "<=",
        "rates",
        "S4.1b",
        "approximation",
        beaten_bases,
    ),
    Claim(
        "uniform_cursed",
        "Learned from values at points, the same class has a uniform error that falls no faster "
        "than m^(-1/d).",
        "exponent of m in the lower bound, to be above -1.5/d",
        ">=",
        "rates",
        "S4.9",
        "approximation",
        uniform_rate,
    ),
    Claim(
        "constant_exponential",
        "The constant of a smooth parity grows exponentially with the dimension.",
        "growth of log C_f with d",
        ">=",
        "constants",
        "S4.1c",
        None,
        growth("smooth_parity", 0.27),
        "the constant scales exponentially with the dimension",
    ),
    Claim(
        "constant_exponential_always",
        "The constant of a Gaussian grows exponentially with the dimension, too.",
        "growth of log C_f with d",
        ">=",
        "constants",
        "S4.1",
        None,
        growth("gaussian", 0.27),
        "the constant scales exponentially with the dimension",
    ),
    Claim(
        "relu_beats_polynomials_low",
        "Linear pieces come closer to a low frequency than polynomials of as many numbers.",
        "ratio of uniform errors",
        "<=",
        "bases",
        "S4.3",
        "bases",
        bases("sin", "piecewise", "chebyshev"),
        "ReLUs are much more efficient at low frequency than polynomials or sinusoids",
    ),
    Claim(
        "relu_beats_polynomials_kinks",
        "Linear pieces come closer to a kink than polynomials.",
        "ratio of uniform errors",
        "<=",
        "bases",
        "S4.3",
        "bases",
        bases("abs", "piecewise", "chebyshev"),
    ),
    Claim(
        "relu_beats_sinusoids",
        "Linear pieces come closer to a function that is not periodic than a cosine series.",
        "ratio of uniform errors",
        "<=",
        "bases",
        "S4.3",
        "bases",
        bases("exp", "piecewise", "cosine"),
        "ReLUs are much more efficient at low frequency than polynomials or sinusoids",
    ),
    Claim(
        "yarotsky_exact",
        "The deep network for the square errs by 4^(-m-1), exactly.",
        "largest relative deviation",
        "<=",
        "bases",
        "S4.2",
        "bases",
        square,
    ),
    Claim(
        "order_of_learning",
        "Wide networks learn low frequencies first.",
        "least ratio of the half-times of neighbours",
        ">=",
        "half_times",
        "S4.4",
        "spectral_bias",
        order_of_learning,
        "spectral bias",
    ),
    Claim(
        "ntk_law",
        "Wide networks learn each frequency after the time that the spectrum says.",
        "largest relative deviation of half-times",
        "<=",
        "half_times",
        "S4.4",
        "spectral_bias",
        law,
    ),
    Claim(
        "fourier_flattens",
        "Fourier features of equal size flatten the spectrum.",
        "ratio of half-times of k = 16 and 2, over that of ReLU networks",
        "<=",
        "spectra",
        "S4.6",
        "spectral_bias",
        flattening,
    ),
    Claim(
        "hat_depends_on_scale",
        "With hats the bias is a matter of scale: of large weights it is weak.",
        "relative eigenvalue of k = 8 at the largest scale, over that at the least",
        ">=",
        "spectra",
        "S4.5",
        "spectral_bias",
        hat_scales,
        "artifact of the activation",
    ),
    Claim(
        "hats_are_well_conditioned",
        "A basis of hats has a condition number that does not grow.",
        "distance of the exponent of n from 0",
        "<=",
        "conditioning",
        "S4.5",
        None,
        conditioning("hat", 0),
    ),
    Claim(
        "ramps_are_ill_conditioned",
        "A basis of ReLUs has a condition number that grows like n^4.",
        "distance of the exponent of n from 4",
        "<=",
        "conditioning",
        "S4.5",
        None,
        conditioning("relu", 4),
    ),
    Claim(
        "spike_law",
        f"From M = {NARROW} on, wide networks take a time of {SPIKE_LIMIT:.4f} M^2 to learn half a "
        "spike of half-width 1/M.",
        "relative deviation",
        "<=",
        "spike_times",
        "S4.10",
        "spectral_bias",
        spike_law,
    ),
    Claim(
        "bias_helps_noise",
        "Where values are noisy, the bias at least halves the risk.",
        "least risk behind flat features, over that of ReLU networks",
        ">=",
        "denoising",
        "S4.10",
        "spectral_bias",
        noise,
        "end up generalising better",
    ),
    Claim(
        "image_average_gains",
        "On an image, after equal time, Fourier features of the right scale gain 3 dB and more.",
        "gain on pixels that were not seen",
        ">=",
        "image",
        "S4.6",
        None,
        image_gain,
        "improves for some image-based tasks",
    ),
    Claim(
        "image_uniform_stays",
        "On an image, the uniform error hardly gains from Fourier features.",
        "uniform error at the best scale, over that without features",
        ">=",
        "image",
        "S4.6",
        None,
        image_uniform,
    ),
)
