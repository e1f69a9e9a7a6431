"""Tabulate spikes that the study's samples do not see, for every coefficient norm and bound."""

from itertools import product

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.tables.samples import read_samples, sample_dim
from supnorm.tables.schema import write_table
from supnorm.uniform.tables.unseen import REGULARISATION
from supnorm.uniform.theory.bounds import NetworkClass
from supnorm.uniform.unseen import empty_places, unseen_rows


def main(argv: list[str]) -> None:
    """Write a row for each class, sample size and number of active coordinates."""
    parser = Program(__doc__, __file__)
    parser.reads("samples", nargs="+", help="samples of the largest size, a file a dimension")
    parser.setting("uniform.teacher.dims")
    parser.setting("uniform.teacher.depth")
    parser.setting("uniform.teacher.width")
    parser.setting("uniform.sample.sizes")
    parser.setting("uniform.worst_case.norms")
    parser.setting("uniform.worst_case.bounds")
    parser.writes("regularisation", help="Parquet table to write")
    a = parser.parse_args(argv)
    rows = []
    # In whatever order the files come.
    for dim, path in zip(sorted(a.dims), sorted(a.samples, key=sample_dim), strict=True):
        _, points, _ = read_samples(path, dim, max(a.sizes))
        classes = [NetworkClass(dim, a.depth, a.width, q, c) for q, c in product(a.norms, a.bounds)]
        for size in a.sizes:
            # They depend on the sample alone, and so serve all classes.
            places = [empty_places(of_seed[:size]) for of_seed in points]
            rows += [row for cls in classes for row in unseen_rows(cls, size, places)]
    columns = [column.name for column in REGULARISATION.columns]
    write_table(a.regularisation, pd.DataFrame(rows, columns=columns), REGULARISATION, a.job)
    a.job.write_record()


if __name__ == "__main__":
    run(main)
