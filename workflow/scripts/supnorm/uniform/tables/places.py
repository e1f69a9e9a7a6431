"""tables/places.parquet: where in the cube the largest error of each student is attained."""

from supnorm.tables.cells import CELL, PAIR
from supnorm.tables.schema import Schema, integer, real, text


def places_schema(dim: int) -> Schema:
    """Return the schema with as many coordinates of the place of the uniform error."""
    coordinates = [
        real(f"at{i}", f"coordinate {i} of where the uniform error is attained", nullable=True)
        for i in range(dim)
    ]
    return Schema(
        "one student at its last evaluation; where it is not finite, it has no place",
        (
            *CELL,
            *PAIR,
            integer("evaluation", "number of the evaluation, the last of the cell"),
            real("error", "uniform error; +inf where the student is not finite"),
            text("method", "how the uniform error was found, as in tables/errors.parquet"),
            *coordinates,
            real(
                "nearest",
                "distance from the place to the nearest point of the student's sample, in the "
                "Euclidean norm",
                nullable=True,
            ),
            real("random", "median of that distance for uniform random points of Q"),
            real("ratio", "nearest over random", nullable=True),
            real(
                "alike",
                "median of that distance for random points that lie on as many faces of Q as the "
                "place; equal to random where it lies on none",
                nullable=True,
            ),
            real("ratio_alike", "nearest over alike", nullable=True),
            real("face", "largest |x_i| of the place, times 2: 1 on the boundary", nullable=True),
            integer(
                "faces",
                "how many faces of Q the place lies on, to rounding: 0 inside, d at a corner; 0 "
                "where method is sampled, as random points lie on none",
                nullable=True,
            ),
            real("cube", "width of a smaller cube with the same centre, over that of Q"),
            real(
                "inner",
                "uniform error in that smaller cube: exact for d = 1, else climbed to from the "
                "worst of random points of it; +inf where error is; null for students wider than "
                "uniform.certificate.width",
                nullable=True,
            ),
            real("share", "inner over error", nullable=True),
        ),
    )


# Without coordinates, as the claims read it.
PLACES = places_schema(0)
