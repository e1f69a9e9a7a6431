"""adversary/, sampled_adversary/ and tables/worst_case: errors on teachers with spikes."""

from supnorm.tables.cells import DIM, FAMILY, SAMPLES, STUDENT
from supnorm.tables.schema import Column, Schema, integer, real, text

NORM = text("norm", 'p of the L^p norm on Q: "1", "2" or "inf"')
ALGORITHM = text("algorithm", 'what made the student: "network" is the paper\'s')
EVALUATION = integer("evaluation", "evaluation at which the algorithm stops")

SPIKED: tuple[Column, ...] = (
    *FAMILY,
    *DIM,
    *SAMPLES,
    text(
        "kind",
        '"adaptive" for a spike where the sample is emptiest; for spikes fixed before it, '
        '"fixed_mean" the mean over spikes and signs, which S1.8 bounds, and "fixed_max" the '
        "largest, which is chosen after the seeds and thus biased upward",
    ),
    ALGORITHM,
    *STUDENT,
    EVALUATION,
    integer("epoch", "epochs of training done", "epochs"),
    integer("seed", "seed of the sample; null for fixed spikes", nullable=True),
    integer("sign", "sign of the spike, 1 or -1; null for fixed spikes", nullable=True),
    integer("active", "active coordinates s of the spikes"),
    real("radius", "radius 1/M of the spikes, in the l^1 norm"),
    real("height", "height of the spikes, that of S1.6 or S1.7"),
    real("coefficient_norm", "largest coefficient norm of these spikes (S1.1), at most c"),
    integer("spikes", "number of places of spikes"),
    real("untouched", "share of the places that no sample point touches, mean over seeds"),
    NORM,
    real(
        "error",
        "L^p norm of teacher plus spike minus student; for fixed spikes of its mean over seeds, 0 "
        "where touched, and for d > 1 of what is attained; +inf where the student is not finite",
    ),
)


def adversary_schema(dim: int) -> Schema:
    """Return the schema with as many coordinates of the adaptive spike, and of its error."""
    places = [
        real(f"{name}{i}", f"coordinate {i} of {meaning}; null for fixed spikes", nullable=True)
        for name, meaning in (
            ("centre", "the spike's centre"),
            ("at", "where the uniform error is attained"),
        )
        for i in range(dim)
    ]
    row = "one algorithm's error on a teacher plus a spike, or over all fixed spikes, in one norm"
    return Schema(row, (*SPIKED, *places))


WORST_CASE = Schema(
    "the least error of an algorithm against one kind of teacher",
    (
        *FAMILY,
        *DIM,
        *SAMPLES,
        NORM,
        text(
            "kind",
            '"random" is the min-max over the teachers themselves; "fixed_mean", "fixed_max" and '
            '"adaptive" are over spikes on teacher 0, as in the tables that they come from',
        ),
        real("error", "mean over seeds, for adaptive spikes of the larger over the signs"),
        real(
            "low",
            "random: as in minmax; adaptive: the least over all algorithms and seeds of the larger "
            "over the signs; else null",
            nullable=True,
        ),
        real(
            "high",
            "random: as in minmax; adaptive: the largest over the seeds of the deciding algorithm "
            "of the larger over the signs; else null",
            nullable=True,
        ),
        ALGORITHM,
        integer("depth", "affine layers of the deciding algorithm"),
        integer("width", "hidden neurons a layer of the deciding algorithm"),
        text("batch_rule", "batch rule of the deciding algorithm"),
        EVALUATION,
    ),
)
