"""Compare linear splines with networks of least norm, on samples of the study uniform for d = 1."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.parity.spline import least_norm_1d, slope_variation
from supnorm.parity.tables.splines import SPLINES
from supnorm.tables.samples import read_samples
from supnorm.tables.schema import write_table

# How many of the first points of a sample are interpolated, where it has so many.
COUNTS = (5, 20, 60)


def main(argv: list[str]) -> None:
    """Write a row for each teacher, seed and number of points."""
    parser = Program(__doc__, __file__)
    parser.reads("sample", nargs="*", default=[], help="samples for d = 1, none or one")
    parser.add_argument("--samples", type=int, help="points of each seed in them")
    parser.writes("splines", help="Parquet table to write")
    a = parser.parse_args(argv)
    rows = [row for path in a.sample for row in compare(*read_samples(path, 1, a.samples))]
    write_table(a.splines, pd.DataFrame(rows, columns=SPLINES.arrow().names), SPLINES, a.job)
    a.job.write_record()


def compare(seeds: list[int], points: np.ndarray, labels: np.ndarray) -> Iterator[dict]:
    """Yield the rows of a sample; `points` [seeds, samples, 1], `labels` [seeds, teachers, …]."""
    for seed, places, of_teachers in zip(seeds, points[..., 0], labels, strict=True):
        for teacher, values in enumerate(of_teachers):
            for count in [count for count in COUNTS if count <= len(places)]:
                order = np.argsort(places[:count])
                x, y = places[order], values[order]
                yield {
                    "teacher": teacher,
                    "seed": seed,
                    "samples": count,
                    "minimum": least_norm_1d(x, y),
                    "variation": slope_variation(x, y),
                }


if __name__ == "__main__":
    run(main)
