"""Draw the sample points of every seed and label them by all teachers."""

import numpy as np
import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.networks import load_teachers
from supnorm.samples import draw_samples
from supnorm.tables.cells import PROBLEM
from supnorm.tables.samples import samples_schema, teacher_column
from supnorm.tables.schema import write_table


def main(argv: list[str]) -> None:
    """Write one row for each seed and point."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*PROBLEM)
    parser.reads("teachers", help="safetensors of teachers")
    parser.setting("uniform.sample.seeds")
    parser.writes("sample", help="Parquet table to write")
    a = parser.parse_args(argv)
    teachers, _ = load_teachers(a.teachers)
    frames = []
    for seed in a.seeds:
        points, labels = draw_samples(teachers, seed, a.samples)
        if not np.isfinite(labels).all():
            raise InputError(
                f"{a.teachers}: the teachers have values that are not finite; expected a smaller "
                "teacher.bound, depth or width in config.yaml"
            )
        columns = {"seed": seed, "index": range(a.samples)}
        columns |= {f"x{i}": points[:, i] for i in range(points.shape[1])}
        columns |= {teacher_column(k): labels[k] for k in range(len(teachers))}
        frames.append(pd.DataFrame(columns))
    schema = samples_schema(points.shape[1], len(teachers))
    write_table(a.sample, pd.concat(frames), schema, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
