"""tables/amplitudes.parquet and tables/half_times.parquet: what networks learn, and when."""

from supnorm.approximation.tables.spectra import FREQUENCY
from supnorm.tables.schema import Schema, integer, real, text

INPUT = text("input", 'how points enter: "raw", on the "circle", or by Fourier "features"')

AMPLITUDES = Schema(
    "the amplitude of one frequency in a network, after some steps",
    (
        INPUT,
        integer("seed", "seed of phases and initial weights"),
        integer("step", "steps of training", "steps"),
        FREQUENCY,
        real("amplitude", "the amplitude; that of the target is 1"),
    ),
)

HALF_TIMES = Schema(
    "when a wide network has learned half of a wave",
    (
        integer("width", "neurons"),
        text("start", '"stratified" or "gaussian" inner weights'),
        integer("seed", "seed of the weights"),
        FREQUENCY,
        real("time", "the time; infinite where the wave was not half learned"),
        real("predicted", "the time of infinitely wide networks (S4.4)"),
    ),
)
