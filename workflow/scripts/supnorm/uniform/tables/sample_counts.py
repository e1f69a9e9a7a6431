"""tables/sample_counts.parquet: the samples that are needed and that suffice (S1.10, S1.17)."""

from supnorm.tables.cells import DIM
from supnorm.tables.schema import Column, Schema, integer, real, text, truth

# A class of Theorem 1.1: width 3d, so that dim, depth, norm and bound name it.
CLASS: tuple[Column, ...] = (
    *DIM,
    integer("depth", "affine layers L of the class"),
    real("c", "coefficient bound c of the class"),
    text("q", 'coefficient norm q of the class: "1", "2" or "inf"'),
)

SAMPLE_COUNTS = Schema(
    "the samples from which networks of width 3d can be learned to a uniform error",
    (
        *CLASS,
        real("error", "uniform error to be reached"),
        real(
            "log10_needed",
            "log10 of the samples that any algorithm needs, Theorem 1.1 (S1.10); below 0 it says "
            "nothing",
        ),
        real("log10_sufficient", "log10 of the samples that suffice, Theorem 1.4 (S1.17)"),
        truth("example", "whether this is the paper's worked example (S1.12)"),
    ),
)
