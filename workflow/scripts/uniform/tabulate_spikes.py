"""Tabulate the students that decide the min-max, and samples, on lines through the cube."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.networks import Networks, load_teachers
from supnorm.packed import values
from supnorm.students import cell_files, files_of, load_cell
from supnorm.tables.errors import errors_schema
from supnorm.tables.samples import samples_schema, teacher_column
from supnorm.tables.schema import read_table, table_columns, write_table
from supnorm.uniform.tables.ranking import MINMAX
from supnorm.uniform.tables.spikes import SPIKES

ALGORITHM_SET = "network"
CELL = ["family", "dim", "samples", "depth", "width", "batch_rule"]
PAIR = ["teacher", "seed", "evaluation"]
POSITIONS = 2001
# For d > 1 no sample lies on a line: so many of the nearest ones are tabulated.
NEAREST = 16
# The line through the largest error is shown as far as this many times the spike's half-width.
REACH = 4


@dataclass(frozen=True)
class Line:
    """The points `origin` + t `step` for `low` <= t <= `high`; origin and step are [dim]."""

    origin: np.ndarray
    step: np.ndarray
    low: float
    high: float

    def positions(self) -> np.ndarray:
        """Return positions t all along the line, 0 among them."""
        return np.union1d(np.linspace(self.low, self.high, POSITIONS), [0.0])

    def points(self, t: np.ndarray) -> np.ndarray:
        """Return the points of Q at positions t [count], shape [count, dim]."""
        return (self.origin + t[:, None] * self.step).clip(-0.5, 0.5)

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where on the line points [count, dim] project to, and how far off it they are."""
        t = (points - self.origin) @ self.step / (self.step @ self.step)
        return t, np.linalg.norm(points - self.origin - t[:, None] * self.step, axis=1)


def main(argv: list[str]) -> None:
    """Write a row for each position and kind of two lines for each family and dimension."""
    parser = Program(__doc__, __file__)
    parser.reads("minmax", help="errors of the best algorithms")
    parser.reads("errors", help="errors of all students")
    parser.reads("teachers", nargs="+", help="safetensors")
    parser.reads("students", nargs="+", help="safetensors")
    parser.reads("samples", nargs="+", help="<family>/d<dim>_m<m>.parquet")
    parser.writes("spikes", help="Parquet table to write")
    a = parser.parse_args(argv)
    frames, files = [pd.DataFrame(columns=SPIKES.arrow().names)], cell_files(a.students)
    loaded = [load_teachers(path) for path in a.teachers]
    teachers = {(told["family"], told["dim"]): networks for networks, told in loaded}
    every = list(deciding(a.minmax, a.errors))
    # Others are of a family of functions that are no networks.
    of_networks = [one for one in every if (one["family"], one["dim"]) in teachers]
    if every and not of_networks:
        raise InputError(f"--teachers: expected a family and dimension of {a.minmax}, found none")
    for decided in of_networks:
        teacher = teachers[decided["family"], decided["dim"]][[decided["teacher"]]]
        pair = {name: decided[name] for name in PAIR}
        student = load_cell(files_of(decided, files), **pair).networks
        points, labels = find_samples(a.samples, decided)
        place = decided[[f"at{i}" for i in range(decided["dim"])]].to_numpy(float)
        named = {name: decided[name] for name in [*CELL, *PAIR, "batch"]}
        named["nearest"] = np.linalg.norm(points - place, axis=1).min()
        for name, line in (
            ("diagonal", diagonal(decided["dim"])),
            ("worst", zoomed(through(place), teacher, student)),
        ):
            for frame in along(line, teacher, student, points, labels):
                frames.append(frame.assign(**named, line=name))
    write_table(a.spikes, pd.concat(frames), SPIKES, a.job)
    a.job.write_record()


def deciding(minmax: Path, errors: Path) -> Iterator[pd.Series]:
    """Yield the row of the errors of the student that decides the min-max of each dimension.

    It is the min-max in the uniform norm at the largest sample size; of the students of its
    algorithm and teacher, the one whose seed has the largest error. Of a dimension where that one
    diverged there is none to look at. Raises InputError where a student has no error.
    """
    decided = [*CELL, "algorithm", "evaluation", "teacher", "norm"]
    wanted = {*decided, "statistic", "algorithm_set"}
    best = read_table(minmax, [column for column in MINMAX.columns if column.name in wanted])
    best = best[(best["algorithm_set"] == ALGORITHM_SET) & (best["statistic"] == "minmax")]
    best = best.loc[best["norm"] == "inf", decided].astype({"teacher": int})
    best = best[best["samples"] == best.groupby(["family", "dim"])["samples"].transform("max")]
    dims = sum(name.startswith("at") for name in table_columns(errors))
    found = best.merge(read_table(errors, errors_schema(dims).columns), "left", decided)
    if found["error"].isna().any():
        raise InputError(f"{errors}: expected the students that decide {minmax}, found others")
    for _, students in found.groupby(["family", "dim"]):
        row = students.loc[students["error"].idxmax()]
        if np.isfinite(row["error"]):
            yield row


def find_samples(paths: Sequence[Path], decided: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the points [samples, dim] and labels [samples] that the student learned from."""
    dim, labels = decided["dim"], teacher_column(decided["teacher"])
    wanted = ["seed", *(f"x{i}" for i in range(dim)), labels]
    name = (decided["family"], f"d{dim}_m{decided['samples']}")
    for path in paths:
        if (path.parent.name, path.stem) == name:
            columns = samples_schema(dim, decided["teacher"] + 1).columns
            table = read_table(path, [column for column in columns if column.name in wanted])
            table = table[table["seed"] == decided["seed"]]
            return table[wanted[1:-1]].to_numpy(), table[labels].to_numpy()
    raise missing("--samples", decided, ["family", "dim", "samples"])


def missing(place: Path | str, decided: pd.Series, names: list[str]) -> InputError:
    """Return an error that says what is not in a file, or in any file of an option."""
    wanted = ", ".join(f"{name} {decided[name]}" for name in names)
    return InputError(f"{place}: expected {wanted}, found none")


def diagonal(dim: int) -> Line:
    """Return the diagonal of Q, the points t (1, ..., 1)."""
    return Line(np.zeros(dim), np.ones(dim), -0.5, 0.5)


def through(place: np.ndarray) -> Line:
    """Return the line through a place [dim] of Q and the centre, as far as Q; 0 at the place.

    Its first coordinate rises. At the centre itself it is the diagonal.
    """
    step = place if place.any() else np.ones(len(place))
    step = step / np.linalg.norm(step) * np.copysign(1, step[0])
    ends = (np.array([[-0.5], [0.5]]) - place)[:, step != 0] / step[step != 0]
    return Line(place, step, ends.min(0).max(), ends.max(0).min())


def zoomed(line: Line, teacher: Networks, student: Networks) -> Line:
    """Return the part of a line about 0 that shows the spike of the error there.

    The spike ends where the error falls below half of what it is at 0. One narrower than the
    positions are apart is found by looking again from nearer.
    """
    while True:
        t = line.positions()
        error = abs(values(teacher, line.points(t)) - values(student, line.points(t)))[0]
        outside = t[error < error[t == 0] / 2]
        before = outside[outside < 0].max(initial=line.low)
        after = outside[outside > 0].min(initial=line.high)
        reach, whole = REACH * max(-before, after), max(-line.low, line.high)
        line = replace(line, low=max(line.low, -reach), high=min(line.high, reach))
        if reach > 0.9 * whole:
            return line


def along(
    line: Line, teacher: Networks, student: Networks, points: np.ndarray, labels: np.ndarray
) -> Iterator[pd.DataFrame]:
    """Yield target and student along a line, and the samples on it or nearest to it."""
    t = line.positions()
    for kind, network in (("target", teacher), ("student", student)):
        value = values(network, line.points(t))[0]
        yield pd.DataFrame({"kind": kind, "t": t, "value": value, "distance": 0.0})
    t, distance = line.project(points)
    near = np.flatnonzero((line.low <= t) & (t <= line.high))
    if points.shape[1] > 1:
        near = near[np.argsort(distance[near], kind="stable")[:NEAREST]]
    found = {"t": t[near], "value": labels[near], "distance": distance[near]}
    yield pd.DataFrame({"kind": "sample", **found})


if __name__ == "__main__":
    run(main)
