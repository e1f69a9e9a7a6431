"""Tables of spikes that no sample meets, in one class of networks after another."""

from supnorm.tables.cells import DIM, SAMPLES
from supnorm.tables.schema import Column, Schema, integer, real, text

CLASS: tuple[Column, ...] = (
    *DIM,
    integer("depth", "affine layers L of the class"),
    integer("width", "neurons B in each hidden layer of the class"),
    text("q", 'coefficient norm q of the class, as "2" or "inf"'),
    real("c", "coefficient bound c of the class"),
)

# Whatever u_0 is, no sample point tells u_0 plus a spike from u_0 minus it: on one of the two every
# algorithm errs by the height of the spike at least.
_ROW = (
    "spikes of a class of networks that samples do not see, with s active coordinates, and bounds "
    "on the worst uniform error"
)

_COLUMNS: tuple[Column, ...] = (
    *CLASS,
    *SAMPLES,
    integer("active", "active coordinates s; null where the class has no spikes", nullable=True),
    real("height", "height of the spike as its network has it, mean over seeds", nullable=True),
    real("low", "the least over seeds", nullable=True),
    real("high", "the largest over seeds", nullable=True),
    real("l2", "L^2 norm of the spike on Q, mean over seeds", nullable=True),
    real("coefficient_norm", "of its networks, the largest over seeds and signs", nullable=True),
    real(
        "deviation",
        "of the network's value at the centre from the height of S1.6 or S1.7, relative to it, the "
        "largest over seeds and signs",
        nullable=True,
    ),
    real("lower", "Theorem 2.2, any algorithm (S1.9); null where it lacks this s", nullable=True),
    real("lower_sharp", "the same for deterministic algorithms (S1.11)", nullable=True),
    real("lower_sharp_randomised", "the same for any algorithm (S1.11)", nullable=True),
    real("upper", "Theorem 2.4 (S1.16), whatever s"),
)

REGULARISATION = Schema(_ROW, _COLUMNS)
DIMENSIONS = Schema(f"{_ROW}; spikes are sought where samples are small", _COLUMNS)

SAMPLES_NEEDED = Schema(
    "the samples from which a class of networks can be learned to a uniform error",
    (
        *CLASS,
        real("error", "uniform error to be reached"),
        integer("active", "s for which Theorem 2.2 asks for most samples", nullable=True),
        real(
            "log10_needed",
            "log10 of the samples that any algorithm needs, Theorem 2.2 (S1.10); below 0 it says "
            "nothing",
            nullable=True,
        ),
        real("log10_sufficient", "log10 of the samples that suffice, Theorem 1.4 (S1.17)"),
        real("onset", "error below which Theorem 2.2 asks for samples at all", nullable=True),
    ),
)
