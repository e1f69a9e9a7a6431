"""The index of the study approximation: its figures, its tables, and its stages."""

from supnorm.approximation.checks import check
from supnorm.approximation.costs import ApproximationCosts
from supnorm.studies import Figure, Stage, Study, Table

FIGURES = {
    "approximation": Figure(
        ("rates",), "one class: without a curse on average, with one uniformly"
    ),
    "bases": Figure(("bases",), "polynomials, cosines, pieces and a deep network"),
    "spectral_bias": Figure(
        ("spectra", "amplitudes", "half_times", "spike_times", "denoising"),
        "what networks learn first, and what that costs and buys",
    ),
}

TABLES = {
    "rates": Table("rates.RATES"),
    "constants": Table("rates.CONSTANTS"),
    "bases": Table("rates.BASES"),
    "spectra": Table("spectra.SPECTRA"),
    "spike_times": Table("spectra.SPIKES"),
    "denoising": Table(),
    "conditioning": Table("spectra.CONDITIONING"),
    "image": Table("spectra.IMAGE", ("scale", "time"), (("psnr_test", "psnr_test", "psnr_test"),)),
    "amplitudes": Table(),
    "half_times": Table(
        "waves.HALF_TIMES", ("width", "start", "seed", "frequency"), (("time", "time", "time"),)
    ),
    "claims": Table("claims.CLAIMS", ("study", "claim", "case")),
    "ledger": Table("ledger.LEDGER", ("class", "task"), (("number", "low", "high"),)),
}

STAGES = (Stage(("train_waves",), ("waves",), "one", rounding="trained"),)

STUDY = Study("approximation", FIGURES, TABLES, STAGES, check, ApproximationCosts)
