"""Measure when wide networks have learned half of a wave on the circle."""

from collections.abc import Iterator, Sequence

import pandas as pd

from supnorm.approximation.flow import STARTS, half_times, predicted_half_time
from supnorm.approximation.tables.waves import HALF_TIMES
from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.schema import write_table

SEED = 10000


def main(argv: list[str]) -> None:
    """Write a row for each width, start and frequency."""
    parser = Program(__doc__, __file__)
    for name in ("widths", "frequencies", "amplitude"):
        parser.setting(f"approximation.flow.{name}")
    parser.writes("half_times", help="Parquet table to write")
    a = parser.parse_args(argv)
    rows = pd.DataFrame(timed(sorted(a.widths), sorted(a.frequencies), a.amplitude))
    write_table(a.half_times, rows, HALF_TIMES, a.job)
    a.job.write_record()


def timed(widths: Sequence[int], frequencies: Sequence[int], amplitude: float) -> Iterator[dict]:
    """Yield all half-times, beside what the spectrum says."""
    for width in widths:
        for start in STARTS:
            found = half_times(width, list(frequencies), start, SEED, amplitude)
            for frequency, time in found.items():
                named = {"width": width, "start": start, "seed": SEED, "frequency": frequency}
                yield {**named, "time": time, "predicted": predicted_half_time(frequency)}


if __name__ == "__main__":
    run(main)
