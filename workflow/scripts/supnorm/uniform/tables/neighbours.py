"""tables/neighbours.parquet: teachers plus or minus a spike, and the students' errors there."""

from supnorm.tables.cells import DIM, FAMILY, PAIR, SAMPLES
from supnorm.tables.schema import Schema, integer, real, text, truth

# The bounds for which there are neighbours, by their names in tables/bounds: the weakest first.
LOWER_BOUNDS = {
    "lower": "Theorem 2.2",
    "lower_sharp_randomised": "S1.11, any algorithm",
    "lower_sharp": "S1.11, deterministic",
}

NEIGHBOURS = Schema(
    "one neighbour of a teacher: it plus or minus a spike that the sample of a seed does not see",
    (
        *FAMILY,
        *DIM,
        *SAMPLES,
        *PAIR,
        text(
            "kind",
            '"highest": a spike as high as the class allows, where the sample is emptiest; at the '
            'same place "lower", "lower_sharp_randomised" and "lower_sharp": nearest in L^2 of the '
            "spikes on which all students err at least by the bound of this name in tables/bounds",
        ),
        real("bound", "the bound, for the best s; null for the highest spike", nullable=True),
        integer("sign", "of the spike, 1 or -1: where `least` is larger", nullable=True),
        integer("active", "active coordinates s of the spike", nullable=True),
        real("radius", "radius 1/M of the spike, in the l^1 norm", nullable=True),
        real("height", "height of the spike: its uniform distance", nullable=True),
        real(
            "distance",
            "L^2 norm of the whole spike (S1.5), an upper end where it leaves Q; +inf, with its "
            "other columns null, where no spike of the class does at this place",
        ),
        real(
            "least",
            "least error of all students (all cells and evaluations) on the neighbour at the "
            "centre of the spike, a lower end of the uniform error; +inf where none is finite",
            nullable=True,
        ),
        real("other", "the same with the other sign", nullable=True),
        truth("all_err", "whether `least` is at least the bound; null without one", nullable=True),
        real("uniform_error", "least uniform error of these students on the teacher itself"),
        real("l2_error", "least L^2 error of these students on the teacher itself"),
        real(
            "unseen",
            "share of uniform places of Q at which a spike on which all students err at least by "
            "the bound is not seen by the sample; null for the highest spike",
            nullable=True,
        ),
        real(
            "within",
            "share of these places at which moreover it is no farther in L^2 than `l2_error`",
            nullable=True,
        ),
    ),
)
