"""Measure the errors of the students of the sine family, and tabulate them along Q."""

import numpy as np
import pandas as pd

from supnorm.errors.rows import student_rows
from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.networks import Networks
from supnorm.packed import values
from supnorm.streams import Stream
from supnorm.students import load_cell
from supnorm.tables.errors import errors_schema
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import write_table
from supnorm.uniform.sine import FAMILY, draw_sine_samples, sine, sine_errors
from supnorm.uniform.tables.sine import SINE

# A step of 1e-4: a student of some hundred pieces is seen piece by piece.
POSITIONS = 10001


def main(argv: list[str]) -> None:
    """Write the errors of every student, and the students of the last evaluation along Q."""
    parser = Program(__doc__, __file__)
    parser.reads("students", nargs="+", help="safetensors of all shards")
    parser.setting("uniform.evaluation.points")
    parser.writes("errors", help="Parquet table to write")
    parser.writes("profile", help="Parquet table to write")
    a = parser.parse_args(argv)
    students = load_cell(a.students)
    if students.cell["family"] != FAMILY:
        raise InputError(
            f"{a.students[0]}: expected students of the family {FAMILY}, found those of the family "
            f"{students.cell['family']}"
        )
    # The points on which students of other families are sampled for d = 1.
    measured = sine_errors(students.networks, a.points, Stream("evaluation", dim=1))
    errors = student_rows(students, measured, dict.fromkeys(NORMS, "sampled"))
    write_table(a.errors, errors, errors_schema(1), a.job)
    write_table(a.profile, profiles(students.networks, errors), SINE, a.job)
    a.job.write_record()


def profiles(students: Networks, errors: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of tables/sine.parquet: the students of the last evaluation along Q."""
    named = {"1": "error_1", "2": "error_2", "inf": "error_inf"}
    by_norm = {name: errors.loc[errors["norm"] == norm, "error"] for norm, name in named.items()}
    found = errors[errors["norm"] == "inf"].drop(columns="error").assign(**by_norm)
    last = found[found["evaluation"] == found["evaluation"].max()]
    return pd.concat(
        profile(students[[k]], row).assign(**row.drop("norm")) for k, row in last.iterrows()
    )


def profile(student: Networks, measured: pd.Series) -> pd.DataFrame:
    """Return target and student along Q and at the largest error, and the student's samples."""
    places = measured[["at0"]].dropna().to_numpy(float)
    line = np.sort(np.concatenate([np.linspace(-0.5, 0.5, POSITIONS), places]))
    samples = draw_sine_samples(int(measured["seed"]), int(measured["samples"]))[0][:, 0]
    frames = []
    for kind, at in (("target", line), ("student", line), ("sample", samples)):
        wanted, found = sine(at[:, None]), values(student, at[:, None])[0]
        found = np.where(np.isfinite(found), found, np.inf)
        value = found if kind == "student" else wanted
        columns = {"position": at, "value": value, "error": abs(found - wanted)}
        frames.append(pd.DataFrame({"kind": kind, **columns}))
    return pd.concat(frames)


if __name__ == "__main__":
    run(main)
