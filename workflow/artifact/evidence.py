"""Parts of the evidence, recomputed: whole jobs, and students with what follows from them."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from artifact.chain import Chain, listed
from artifact.compare import (
    COMPUTED,
    SAME,
    SHADE,
    SOLVED,
    TRAINED,
    Comparison,
    apart,
    compare_arrays,
    compare_files,
    compare_frames,
    deviation,
    read_alike,
    worst,
)
from artifact.contents import STAGES
from artifact.replay import NotReplayedError, other_packages, replay, unlike
from supnorm.job.programs import InputError
from supnorm.job.provenance import digest
from supnorm.job.records import SUFFIX, Record
from supnorm.networks import save_networks
from supnorm.students import CellStudents, load_students
from supnorm.work import Cell

PINS = "envs/requirements.txt"
# What another processor's rounding may do to a stage's results.
ALLOWED = {"computed": COMPUTED, "solved": SOLVED, "trained": TRAINED}
# What is compared by its pixels.
DRAWN = {".png", ".pdf"}
# What the record of a training tells of its shard.
NUMBERS = ("dim", "samples", "depth", "width", "batch", "epochs", "first", "count")
TEXTS = ("family", "batch_rule", "training.engine", "device", "training.precision")
# What tables name a student by, and what orders its rows.
STUDENT = ("family", "dim", "samples", "depth", "width", "batch_rule", "teacher", "seed")
ORDER = ("epoch", "evaluation", "norm")


@dataclass(frozen=True)
class Finding:
    """How far a result is from the recorded one, and how far it may be."""

    comparison: Comparison
    tolerance: float

    @property
    def within(self) -> bool:
        """Return whether the result is as it should be."""
        return self.comparison.deviation <= self.tolerance


@dataclass(frozen=True)
class Evidence:
    """The results of a scale in a tree, which are to be verified, and a folder to work in."""

    chain: Chain
    scratch: Path

    @property
    def root(self) -> Path:
        """Return the root of the tree."""
        return self.chain.root

    def folder(self) -> Path:
        """Return a new folder."""
        return Path(tempfile.mkdtemp(dir=self.scratch))

    def jobs(self) -> list[list[Record]]:
        """Return all jobs, each by its records: one, or one for each of several tables."""
        found = {}
        for record in self.chain.records.values():
            made = tuple(record.output_files)
            found.setdefault((record.rule, made), []).append(record)
        return list(found.values())

    def subject(self, records: list[Record]) -> str:
        """Return what the records of a job are called, below the results of the scale."""
        return ", ".join(self.short(self.chain.path(record)) for record in records)

    def short(self, path: str) -> str:
        """Return the path of a result or record below the results of the scale, without ending."""
        name = path.removeprefix(f"{self.chain.results}/")
        return name.removesuffix(SUFFIX).removesuffix(Path(name).suffix)

    def recompute(self, record: Record) -> Finding:
        """Run a job again, and return the finding on that of its outputs which is farthest off.

        Of an output that is not there the digest is compared. Raises NotReplayedError and
        InputError as `replay` does.
        """
        folder, findings = self.folder(), []
        inputs = {name: {p: self.file(p) for p in files} for name, files in record.inputs.items()}
        replay(record, self.root, folder, inputs=inputs)
        for path, made in listed(record.outputs):
            if not (folder / path).is_file():
                raise InputError(f"{record.rule} writes no {path}, as its record says")
            if not self.chain.missing(path):
                compared = self._compare(record, path, folder)
            elif digest(folder / path) == made:
                compared = Finding(SAME, 0.0)
            else:
                raise NotReplayedError(f"{path} is not there, and made again it is not the same")
            findings.append(compared)
        return max(findings, key=lambda one: (not one.within, *astuple(one.comparison)))

    def _compare(self, record: Record, path: str, folder: Path) -> Finding:
        """Return the finding on an output of a job that ran again in a folder."""
        reason = unlike(record)
        compared = compare_files(self.root / path, folder / path, places=reason is None)
        drawn = Path(path).suffix in DRAWN
        others = other_packages(record) if drawn and not compared.same else None
        if others and self._as_pinned(record):
            raise NotReplayedError(f"{others}, which draw otherwise than those here")
        rounding = STAGES[record.rule].rounding if record.rule in STAGES else "computed"
        return Finding(compared, (SHADE if drawn else ALLOWED[rounding]) if reason else 0.0)

    def _as_pinned(self, record: Record) -> bool:
        """Return whether a job had packages as its tree pins them: a record may name any others."""
        pins = self.root / PINS
        lines = pins.read_text().splitlines() if pins.is_file() else []
        pinned = dict(line.split("==") for line in lines if line.count("==") == 1)
        made_by = record.run["packages"]
        return all(pinned.get(name) == str(made_by[name]).split("+")[0] for name in made_by)

    def file(self, path: str) -> Path:
        """Return a file of the tree; a sample that was left out of an archive is drawn again.

        Raises NotReplayedError where it is not there, or is not the same when drawn again.
        """
        if not self.chain.missing(path):
            return self.root / path
        maker = self.chain.makers.get(path)
        if maker is None or not is_sample(maker):
            raise NotReplayedError(f"{path} is not there")
        folder = self.folder()
        replay(maker, self.root, folder)
        if digest(folder / path) != dict(listed(maker.outputs))[path]:
            raise NotReplayedError(f"{path} is not there, and drawn again it is not the same")
        return folder / path


@dataclass(frozen=True)
class Student:
    """A student by its name: the record of the shard that has it, and its row in the cell."""

    evidence: Evidence
    record: Record
    row: int

    @cached_property
    def path(self) -> str:
        """Return the file of the shard's students."""
        return output(self.record, "students")

    @property
    def samples(self) -> list[str]:
        """Return the file of the samples that it learned, as a list of one."""
        return list(self.record.inputs.get("sample", ()))

    def __str__(self) -> str:
        """Return its shard, and its number among the students of the cell."""
        return f"{self.evidence.short(self.path)}, student {self.row}"

    def train(self) -> Finding:
        """Train the student anew, alone, and compare weights and losses at all evaluations."""
        trained, folder = self._trained
        path = output(self.record, "curves")
        if self.evidence.chain.missing(self.path):
            raise NotReplayedError(f"{self.path} is not there")
        kept = self._kept
        curves = self._rows(path, folder / path)
        losses = [frame["loss"].to_numpy() for frame in curves]
        # Losses fall by orders of magnitude: what the first ones are is their scale.
        scale = losses[1][np.isfinite(losses[1])].max(initial=0)
        named = (kept.cell, kept.pairs) == (trained.cell, trained.pairs)
        finding = worst(
            [
                SAME if named else Comparison(np.inf, "the name of the student"),
                compare_arrays(*(one.networks.tensors() for one in (kept, trained))),
                compare_frames(*(frame.drop(columns="loss") for frame in curves)),
                _compare_losses(*losses, scale),
                _compare_losses(kept.losses, trained.losses, scale),
            ]
        )
        return Finding(finding, TRAINED if unlike(self.record) else 0.0)

    def measure(self, job: Record) -> Finding:
        """Measure the errors of the student as it is kept, alone, and compare them."""
        return self._recompute(job, {"students": {self.path: self._alone}})

    def certify(self, job: Record, errors: str) -> Finding:
        """Certify the student as it is kept, alone, and compare the brackets.

        `errors` is the file of its shard's errors.
        """
        chosen = [v for key, v in job.configuration.items() if key.endswith("certificate.students")]
        if chosen != ["all"]:
            raise NotReplayedError("which students are certified depends on all of them")
        known = {"errors": {errors: self.evidence.file(errors)}}
        return self._recompute(job, {"students": {self.path: self._alone}} | known)

    def _recompute(self, job: Record, inputs: Mapping[str, Mapping[str, Path]]) -> Finding:
        """Run a job for this student alone, and compare the student's rows."""
        folder, path = self.evidence.folder(), only_output(job)
        replay(job, self.evidence.root, folder, inputs=inputs)
        reason = unlike(job)
        compared = compare_frames(*self._rows(path, folder / path), places=reason is None)
        return Finding(compared, COMPUTED if reason else 0.0)

    @cached_property
    def _trained(self) -> tuple[CellStudents, Path]:
        """Return the student, trained anew, and the folder in which that was done."""
        folder = self.evidence.folder()
        samples = {path: self.evidence.file(path) for path in self.samples}
        alone = {"first": self.row, "count": 1}
        replay(self.record, self.evidence.root, folder, alone, {"sample": samples})
        return load_students(folder / self.path), folder

    @cached_property
    def _kept(self) -> CellStudents:
        """Return the student as it is kept; where the file is not there, as it is trained anew.

        Raises NotReplayedError where that is not the same student to the bit.
        """
        if self.evidence.chain.missing(self.path):
            if reason := unlike(self.record):
                raise NotReplayedError(f"{self.path} is not there, and was {reason}")
            return self._trained[0]
        file, number = self.evidence.root / self.path, self.row - self.record.parameters["first"]
        names = load_students(file, evaluation=1).pairs
        if number >= len(names["teacher"]):
            raise InputError(f"{self.path}: expected a student {self.row}, found none")
        return load_students(file, **{key: names[key][number] for key in ("teacher", "seed")})

    @cached_property
    def _alone(self) -> Path:
        """Return a file with this student alone."""
        file, kept = self.evidence.folder() / "alone.safetensors", self._kept
        description = {"kind": "students", "cell": kept.cell, "students": kept.pairs}
        save_networks(file, kept.networks, description, {"loss": kept.losses})
        return file

    def _rows(self, path: str, found: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return this student's rows of a table as it is kept, and those of a table made anew."""
        kept, anew = read_alike(self.evidence.file(path), found)
        told = self._kept.cell | {name: of[0] for name, of in self._kept.pairs.items()}
        names = {name: told[name] for name in STUDENT if name in kept}
        order = [key for key in ORDER if key in kept]
        kept = kept[(kept[list(names)] == pd.Series(names)).all(axis=1)]
        return kept.sort_values(order), anew.sort_values(order)


def is_sample(record: Record) -> bool:
    """Return whether a job drew samples, which are drawn again where they are not there."""
    return record.rule in STAGES and STAGES[record.rule].verify == "samples"


def cell_of(record: Record) -> tuple[Cell, range]:
    """Return the cell that a job trains students of, and their rows in it.

    Raises InputError where the record does not tell.
    """
    numbers, texts = (
        {name: record.options.get(name) for name in names} for names in (NUMBERS, TEXTS)
    )
    if not (
        all(re.fullmatch("[0-9]{1,9}", str(value)) for value in numbers.values())
        and all(isinstance(value, str) for value in texts.values())
    ):
        raise InputError(f"{record.path}: expected a shard of a cell, found {numbers | texts}")
    numbers = {name: int(value) for name, value in numbers.items()}
    first, students = numbers.pop("first"), numbers.pop("count")
    named = {name: texts[name] for name in ("family", "batch_rule")}
    return Cell(**named, **numbers, students=students), range(first, first + students)


def output(record: Record, option: str) -> str:
    """Return the one output of an option; raises InputError where there is none."""
    for path in record.outputs.get(option, ()):
        return path
    raise InputError(f"{record.path}: expected an output {option}, found none")


def only_output(record: Record) -> str:
    """Return the one output of a job; raises InputError where it has none, or several."""
    made = record.output_files
    if len(made) != 1:
        raise InputError(f"{record.path}: expected one output, found {len(made)}")
    return made[0]


def _compare_losses(recorded: np.ndarray, found: np.ndarray, scale: float) -> Comparison:
    if recorded.shape != found.shape:
        return Comparison(np.inf, f"{len(recorded)} losses instead of {len(found)}")
    return apart(deviation(recorded, found, np.full(found.shape, scale)), "loss")
