"""tables/spectra.parquet and those of what follows from spectra."""

from supnorm.tables.schema import Schema, integer, real, text

KERNEL = text("kernel", '"relu", "hat" or "features": ReLU networks behind Fourier features')
SCALE = real(
    "scale", "of hats: scale of weights and biases; of features: exponent p; null", nullable=True
)
FREQUENCY = integer("frequency", "frequency k on the circle")

SPECTRA = Schema(
    "an eigenvalue of the kernel of a wide network on the circle",
    (
        KERNEL,
        SCALE,
        text("layer", 'what is trained: "outer" weights or "both" layers'),
        FREQUENCY,
        real("eigenvalue", "the eigenvalue"),
        real("relative", "over that of frequency 1"),
    ),
)

SPIKES = Schema(
    "when half of a spike is learned by gradient flow",
    (
        KERNEL,
        SCALE,
        integer("inverse_width", "M: the spike has half-width 1/M of the circle"),
        real("time", "time until the uniform norm of what is left is 1/2"),
    ),
)

DENOISING = Schema(
    "the risk of gradient flow on noisy values, at one time",
    (
        KERNEL,
        SCALE,
        real("time", "time"),
        real("bias", "what is not yet learned, squared"),
        real("variance", "noise that is learned"),
        real("risk", "the sum of both"),
    ),
)

CONDITIONING = Schema(
    "the condition number of a basis of piecewise linear functions",
    (
        text("basis", '"relu" or "hat"'),
        integer("size", "n: steps of the interval"),
        real("condition", "condition number of the matrix of inner products"),
        real("limit", "its closed form, or what its limit says: 48/kappa^4 n^4 (S4.5)"),
    ),
)

IMAGE = Schema(
    "an image learned from half its pixels, after some time of gradient flow",
    (
        real("scale", "scale of the frequencies of Fourier features; 0 for none"),
        real("time", "time"),
        real("psnr_train", "peak signal-to-noise ratio on the pixels that were seen", "dB"),
        real("psnr_test", "the same on the others", "dB"),
        real("error_inf", "largest error on the others"),
    ),
)
