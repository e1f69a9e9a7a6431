"""Tabulate spectra of wide networks on the circle, and what follows from them."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from supnorm.approximation import spectra
from supnorm.approximation.image import image_errors
from supnorm.approximation.tables.spectra import CONDITIONING, DENOISING, IMAGE, SPECTRA, SPIKES
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.schema import write_table

# Frequencies that the time of a spike takes: 200 M of them give nine digits.
PER_INVERSE_WIDTH, LEAST = 200, 4096
# Times at which the risk is told, and at which the image is, and sizes of bases.
TIMES = np.geomspace(0.1, 1e5, 241)
IMAGE_TIMES = [1e2, 1e3, 1e4, 1e5]
SIZES = [4, 8, 16, 32, 64]
# The seed of the image's pixels and features.
SEED = 10000


def main(argv: list[str]) -> None:
    """Write all tables."""
    parser = Program(__doc__, __file__)
    for name in ("frequencies", "hats", "exponents", "features"):
        parser.setting(f"approximation.spectrum.{name}")
    parser.setting("approximation.spikes")
    parser.setting("approximation.noise.points")
    parser.setting("approximation.noise.variance")
    parser.setting("approximation.image.side")
    parser.setting("approximation.image.scales")
    for name in ("spectra", "spike_times", "denoising", "conditioning", "image"):
        parser.writes(name, help="Parquet table to write")
    a = parser.parse_args(argv)
    size = PER_INVERSE_WIDTH * max([*a.spikes, a.frequencies, a.points])
    flows = list(of_training(max(size, LEAST), a.exponents, a.features))
    rows = [*eigenvalues(a.frequencies, a.hats, a.exponents, a.features)]
    write_table(a.spectra, pd.DataFrame(rows), SPECTRA, a.job)
    write_table(a.spike_times, pd.DataFrame(spikes(flows, a.spikes)), SPIKES, a.job)
    risks = pd.concat(denoising(flows, a.points, a.variance))
    write_table(a.denoising, risks, DENOISING, a.job)
    write_table(a.conditioning, pd.DataFrame(conditions()), CONDITIONING, a.job)
    image = [
        {"scale": scale, **row}
        for scale in sorted(a.scales)
        for row in image_errors(a.side, scale, IMAGE_TIMES, SEED)
    ]
    write_table(a.image, pd.DataFrame(image), IMAGE, a.job)
    a.job.write_record()


def eigenvalues(
    frequencies: int, hats: Sequence[float], exponents: Sequence[float], features: int
) -> Iterator[dict]:
    """Yield the spectra of all kernels, of outer weights alone and of both layers."""
    for layer in spectra.LAYERS:
        found = [("relu", None, spectra.ntk_eigenvalues(frequencies + 1, layer))]
        found += [("hat", s, spectra.hat_eigenvalues(s, layer)) for s in sorted(hats)]
        found += [
            ("features", p, spectra.feature_eigenvalues(features, p, layer))
            for p in sorted(exponents)
        ]
        for kernel, scale, values in found:
            named = {"kernel": kernel, "scale": scale, "layer": layer}
            for k, value in enumerate(values[: frequencies + 1]):
                relative = value / values[1]
                yield {**named, "frequency": k, "eigenvalue": value, "relative": relative}


def of_training(
    count: int, exponents: Sequence[float], features: int
) -> Iterator[tuple[str, float | None, np.ndarray]]:
    """Yield kernel, scale and rates of networks in training from Gaussian weights (S4.4)."""
    share = spectra.GAUSSIAN_SHARE
    yield "relu", None, share * spectra.ntk_eigenvalues(count)
    size = 2 ** int(np.ceil(np.log2(2 * count)))
    for exponent in sorted(exponents):
        values = spectra.feature_eigenvalues(features, exponent, size=size)
        # Of high frequencies rounding would make some negative.
        yield "features", exponent, share * values[:count].clip(min=0)


def spikes(flows: Sequence[tuple], inverse_widths: Sequence[int]) -> Iterator[dict]:
    """Yield when half of a spike is learned, by its width (S4.10)."""
    for kernel, scale, rates in flows:
        for inverse in sorted(inverse_widths):
            time = spectra.spike_time(rates, inverse)
            yield {"kernel": kernel, "scale": scale, "inverse_width": inverse, "time": time}


def denoising(flows: Sequence[tuple], points: int, variance: float) -> Iterator[pd.DataFrame]:
    """Yield the risk of learning a wave from noisy values, against time."""
    for kernel, scale, rates in flows:
        bias, noise, risk = spectra.denoising_risk(rates, points, variance, TIMES)
        numbers = {"time": TIMES, "bias": bias, "variance": noise, "risk": risk}
        yield pd.DataFrame({"kernel": kernel, "scale": scale, **numbers})


def conditions() -> Iterator[dict]:
    """Yield the condition numbers of both bases, beside their closed form or limit (S4.5)."""
    for size in SIZES:
        for basis, limit in (
            ("relu", spectra.relu_condition_limit() * size**4),
            ("hat", spectra.hat_condition(size)),
        ):
            condition = spectra.gram_condition(basis, size)
            yield {"basis": basis, "size": size, "condition": condition, "limit": limit}


if __name__ == "__main__":
    run(main)
