"""Compare ways of finding the uniform error, on the students that decide the min-max."""

import argparse

import pandas as pd

from supnorm.errors.ascent import climb
from supnorm.errors.exact import exact_errors
from supnorm.errors.sampled import sampled_maxima
from supnorm.job.commands import Program
from supnorm.job.heartbeat import Heartbeat
from supnorm.job.programs import run
from supnorm.networks import Networks, load_teachers
from supnorm.streams import Stream
from supnorm.students import CellStudents, cell_files, files_of, load_cell
from supnorm.tables.errors import LEADING
from supnorm.tables.schema import read_table, write_table
from supnorm.uniform.ranking import ALGORITHM
from supnorm.uniform.tables.methods import METHODS
from supnorm.uniform.tables.ranking import MINMAX

# The fewest points that are shown; then twice as many, again and again.
FEWEST = 64
SAME = ["family", "dim", "samples", *ALGORITHM, "teacher"]


def main(argv: list[str]) -> None:
    """Write the uniform errors on growing numbers of points, beside those of tables/errors."""
    parser = Program(__doc__, __file__)
    parser.reads("minmax", help="errors of the best algorithms")
    parser.reads("errors", help="table of all errors")
    parser.reads("teachers", nargs="+", help="safetensors")
    parser.reads("students", nargs="+", help="of all cells")
    parser.setting("uniform.evaluation.points")
    parser.on_device()
    parser.parallel()
    parser.writes("methods", help="Parquet table to write")
    a = parser.parse_args(argv)
    with Heartbeat(a.heartbeat):
        write_methods(a)
    a.job.write_record()


def write_methods(a: argparse.Namespace) -> None:
    """Compare the methods on the students that decide, as the arguments say."""
    minmax = read_table(a.minmax, MINMAX.columns)
    uniform = (minmax["algorithm_set"] == "network") & (minmax["norm"] == "inf")
    deciding = minmax[uniform & (minmax["statistic"] == "minmax")]
    errors = read_table(a.errors, LEADING)
    errors = errors[errors["norm"] == "inf"]
    loaded = [load_teachers(path) for path in a.teachers]
    teachers = {(told["family"], told["dim"]): networks for networks, told in loaded}
    frames = []
    files = cell_files(a.students)
    families = {family for family, _ in teachers}
    for problem in deciding[deciding["family"].isin(families)].to_dict("records"):
        chosen = {name: int(problem[name]) for name in ("teacher", "evaluation")}
        students = load_cell(files_of(problem, files), **chosen)
        wanted = teachers[problem["family"], problem["dim"]]
        frames.append(found_anew(problem, students, wanted, a.points, a.device, a.threads))
        of_problem = errors[(errors[SAME] == pd.Series(problem)[SAME]).all(axis=1)]
        frames.append(of_problem[of_problem["method"] == "certified"])
    write_table(a.methods, pd.concat(frames), METHODS, a.job)


def found_anew(
    problem: dict,
    students: CellStudents,
    teachers: Networks,
    points: int,
    device: str,
    threads: int,
) -> pd.DataFrame:
    """Return the errors on growing numbers of points, and exact or climbed ones.

    They are those of the students that decide a problem.
    """
    pairs = pd.DataFrame(students.pairs)
    numbers = [2**k for k in range(FEWEST.bit_length() - 1, points.bit_length())]
    numbers = sorted({*(number for number in numbers if number < points), points})
    given = (teachers, students.networks, pairs["teacher"].to_numpy())
    stream = Stream("evaluation", dim=problem["dim"])
    sampled, place = sampled_maxima(*given, numbers, stream, device, threads)
    parts = [
        pairs.assign(method="sampled", points=number, error=errors, upper=None)
        for number, errors in zip(numbers, sampled, strict=True)
    ]
    if problem["dim"] == 1:
        exact = exact_errors(*given, device, threads).norms["inf"]
        parts.append(pairs.assign(method="exact", points=None, error=exact, upper=exact))
    else:
        climbed, _ = climb(*given, place, threads)
        parts.append(pairs.assign(method="ascent", points=None, error=climbed, upper=None))
    named = {name: problem[name] for name in ("family", "dim", "samples")}
    return pd.concat(parts).assign(**named)


if __name__ == "__main__":
    run(main)
