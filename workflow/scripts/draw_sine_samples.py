"""Draw the sample points of every seed and label them by the sine family's function."""

import argparse
from pathlib import Path

import pandas as pd

from supnorm.programs import count, run
from supnorm.sine import draw_sine_samples
from supnorm.tables.samples import samples_schema, teacher_column
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write one row for each seed and point, as for the teachers of other families."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=count, required=True, help="sample size m")
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--output", type=Path, required=True, help="Parquet table to write")
    a = parser.parse_args(argv)
    frames = []
    for seed in a.seeds:
        points, labels = draw_sine_samples(seed, a.samples)
        columns = {"seed": seed, "index": range(a.samples)}
        columns |= {"x0": points[:, 0], teacher_column(0): labels[0]}
        frames.append(pd.DataFrame(columns))
    write_table(a.output, pd.concat(frames), samples_schema(1, 1))


if __name__ == "__main__":
    run(main)
