"""tables/profiles.parquet: the teachers along the diagonal of the cube."""

from supnorm.tables.cells import DIM, FAMILY
from supnorm.tables.schema import Schema, integer, real

PROFILES = Schema(
    "the value of one teacher at one point t * (1, ..., 1) of the diagonal of Q",
    (
        *FAMILY,
        *DIM,
        integer("teacher", "number of the teacher within its family and dimension, from 0"),
        real("position", "t, in [-1/2, 1/2]"),
        real("value", "value of the teacher"),
    ),
)
