"""certificates/<family>/d<dim>_m<samples>.parquet: brackets of uniform errors."""

from supnorm.tables.cells import DIM, FAMILY, PAIR, SAMPLES, STUDENT
from supnorm.tables.schema import Schema, integer, real, text

# What names a student at an evaluation, here and in tables/errors.parquet.
KEY = ["family", "dim", "samples", "algorithm", "depth", "width", "batch_rule"]
KEY += ["teacher", "seed", "evaluation"]


def certificates_schema(dim: int) -> Schema:
    """Return the schema with as many coordinates of the place of the largest difference."""
    places = [real(f"at{i}", f"coordinate {i} of where `low` is attained") for i in range(dim)]
    return Schema(
        "the bracket of the uniform error of one student at one evaluation",
        (
            *FAMILY,
            *DIM,
            *SAMPLES,
            text("algorithm", 'what made the student: "network" is the paper\'s'),
            *STUDENT,
            *PAIR,
            integer("evaluation", "number of the evaluation"),
            real("low", "largest difference between teacher and student that was met"),
            real("high", "proved: no difference in Q is larger"),
            integer("boxes", "boxes for which a bound was computed"),
            *places,
        ),
    )
