"""Draw the sample points of every seed and label them by the sine family's function."""

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.cells import SAMPLES
from supnorm.tables.samples import samples_schema, teacher_column
from supnorm.tables.schema import write_table
from supnorm.uniform.sine import draw_sine_samples


def main(argv: list[str]) -> None:
    """Write one row for each seed and point, as for the teachers of other families."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*SAMPLES)
    parser.setting("uniform.sine.seeds")
    parser.writes("sample", help="Parquet table to write")
    a = parser.parse_args(argv)
    frames = []
    for seed in a.seeds:
        points, labels = draw_sine_samples(seed, a.samples)
        columns = {"seed": seed, "index": range(a.samples)}
        columns |= {"x0": points[:, 0], teacher_column(0): labels[0]}
        frames.append(pd.DataFrame(columns))
    write_table(a.sample, pd.concat(frames), samples_schema(1, 1), a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
