"""tables/training.parquet and tables/neurons.parquet: networks trained on all points."""

from supnorm.tables.schema import Schema, integer, real, text

DIM = integer("dim", "dimension d")
SEED = integer("seed", "seed of the initial weights")
DECAY = real("decay", "weight decay, in units of 1/V(d)")
COSINE = "cosine between its weights and the nearest sign vector"
BIAS = "its bias, over the length of its weights, without sign"

TRAINING = Schema(
    "a network with one hidden layer, trained on parity at all points",
    (
        DIM,
        SEED,
        integer("width", "neurons"),
        integer("steps", "steps of Adam"),
        DECAY,
        real("objective", "mean squared error, and what weight decay adds to it"),
        real("optimum", "the least objective of any network (S2.7)"),
        real("fit", "mean product of network and parity"),
        real("norm", "R-norm, counted over neurons that bend within the ball (S2.1)"),
        real("minimum", "V(d): the least norm with which networks have this fit, for a fit of 1"),
        integer("active", "neurons of more than a thousandth of the norm"),
        real("cosine", "mean over neurons, weighted by their share of the norm: " + COSINE),
        real("bias", "mean over neurons, weighted by their share of the norm: " + BIAS),
        real("bias_expected", "the same of the best networks: 0 for even d, else 1/sqrt(d)"),
        real("error_2", "L^2 error over all points"),
        real("deviation", "largest deviation, over all points, from parity times the fit"),
    ),
)

NEURONS = Schema(
    "a neuron of more than a thousandth of the norm of a trained network",
    (
        DIM,
        SEED,
        DECAY,
        text("time", '"start" or "end" of training'),
        real("share", "its share of the norm"),
        real("cosine", COSINE),
        real("bias", BIAS),
    ),
)
