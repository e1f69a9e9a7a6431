"""Errors of a cell's students on the random points that all students meet."""

import numpy as np
import pandas as pd

from supnorm.errors.rows import student_rows
from supnorm.errors.sampled import sampled_errors
from supnorm.networks import Networks
from supnorm.streams import Stream
from supnorm.students import CellStudents
from supnorm.tables.norms import NORMS


def sampled_rows(
    teachers: Networks, students: CellStudents, points: int, device: str = "cpu", threads: int = 1
) -> pd.DataFrame:
    """Return the rows of the students' errors on uniform points of Q, as `student_rows` does."""
    # The points depend on the dimension alone: all students of all cells meet the same ones.
    stream = Stream("evaluation", dim=students.cell["dim"])
    teacher_of = np.array(students.pairs["teacher"])
    measured = sampled_errors(
        teachers, students.networks, teacher_of, points, stream, device, threads
    )
    return student_rows(students, measured, dict.fromkeys(NORMS, "sampled"))
