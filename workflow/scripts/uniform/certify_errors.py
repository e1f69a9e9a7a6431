"""Certify uniform errors: prove, box by box, upper bounds of the difference to the teacher."""

import argparse
import sys

import numpy as np
import pandas as pd

from supnorm.errors.certificate import bracket
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import InputError, run
from supnorm.networks import load_teachers
from supnorm.students import CellStudents, check_teachers, load_students
from supnorm.tables.cells import PROBLEM
from supnorm.tables.certificates import certificates_schema
from supnorm.tables.collect import collect
from supnorm.tables.errors import errors_schema
from supnorm.tables.schema import write_table
from supnorm.uniform.ranking import ALGORITHM, decide

# What names a student at an evaluation.
STUDENT = ["family", "dim", "samples", *ALGORITHM, "teacher", "seed"]


def main(argv: list[str]) -> None:
    """Write the brackets of students of one family, dimension and sample size."""
    parser = Program(__doc__, __file__)
    parser.wildcards(*PROBLEM)
    parser.reads("teachers", help="safetensors of teachers")
    parser.reads("errors", nargs="+", help="errors of all cells")
    parser.reads("students", nargs="+", help="students that may be certified")
    parser.setting("uniform.certificate.students", dest="certify")
    parser.setting("uniform.certificate.gap")
    parser.setting("uniform.certificate.boxes")
    parser.parallel()
    parser.writes("certificates", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_certificates(a)
    a.job.write_record()


def write_certificates(a: argparse.Namespace) -> None:
    """Certify the students of some files, as the arguments say."""
    teachers, _ = load_teachers(a.teachers)
    dim = teachers.weights[0].shape[2]
    errors = collect(a.errors, errors_schema(dim))
    errors = errors[errors["norm"] == "inf"].reset_index(drop=True)
    cells = [load_students(path) for path in a.students]
    for path, students in zip(a.students, cells, strict=True):
        check_teachers(path, students, teachers)
    named = pd.concat(map(numbered, range(len(cells)), cells))
    errors = errors.merge(named, how="left")
    if errors["cell"].notna().sum() != len(named):
        raise InputError("--errors: expected the errors of all --students, found others")
    errors[["high", "boxes"]] = np.nan
    errors["spent"] = False
    # A search may find a larger error, and then another algorithm or teacher may decide.
    while len(enough := unproved(errors, a.certify, a.gap)):
        for number, some in enough.groupby(errors["cell"]):
            rows = errors.loc[some.index]
            found = bracket(
                teachers,
                cells[int(number)].networks[rows["network"].to_numpy(int)],
                rows["teacher"].to_numpy(),
                rows[places(dim)].to_numpy(),
                a.gap,
                a.boxes,
                some.to_numpy(),
                a.threads,
            )
            # Where another search proves no more, boxes are spent.
            errors.loc[some.index, "spent"] = found.high >= rows["high"]
            errors.loc[some.index, ["error", "high", "boxes"]] = np.stack(
                [found.low, found.high, found.boxes], axis=1
            )
            errors.loc[some.index, places(dim)] = found.place
        print(f"certified {errors['high'].notna().sum()} students", file=sys.stderr)
    certified = errors[errors["high"].notna()].rename(columns={"error": "low"})
    write_table(a.certificates, certified.astype({"boxes": int}), certificates_schema(dim), a.job)


def places(dim: int) -> list[str]:
    """Return the names of the columns that say where an error is attained."""
    return [f"at{i}" for i in range(dim)]


def numbered(number: int, students: CellStudents) -> pd.DataFrame:
    """Return the columns that name each student of a cell, the cell's number, and the row in it."""
    named = pd.DataFrame({**students.cell, "algorithm": "network", **students.pairs})[STUDENT]
    return named.assign(cell=number, network=range(len(named)))


def unproved(errors: pd.DataFrame, which: str, gap: float) -> pd.Series:
    """Return the students that are still to be certified, and the bound that suffices for each.

    `which` is "all", or "deciding": all students of the algorithm that decides the min-max. Of
    these, only those of the deciding teacher need the smallest upper end, up to the `gap`. For
    another it is enough that the mean over its seeds stays below the min-max.
    """
    # Of a student that is not finite the error is +inf, and so is its upper end.
    waiting = errors["cell"].notna() & np.isfinite(errors["error"])
    if which == "all":
        return pd.Series(0.0, errors.index)[waiting & errors["high"].isna()]
    decided = next(d for d in decide(errors) if d.statistic == "minmax")
    waiting &= (errors[ALGORITHM] == pd.Series(decided.algorithm)[ALGORITHM]).all(axis=1)
    means = errors.groupby([*ALGORITHM, "teacher"])[["error", "high"]].transform("mean")
    enough = (errors["error"] + decided.error - means["error"]).fillna(0.0)
    # An error that a search finds larger leaves less to the others of its teacher.
    loose = means["high"] > (1 + gap) * decided.error
    loose &= errors["high"] > np.maximum((1 + gap) * errors["error"], enough)
    return enough[waiting & (errors["high"].isna() | (loose & ~errors["spent"]))]


if __name__ == "__main__":
    run(main)
