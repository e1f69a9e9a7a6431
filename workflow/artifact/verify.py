"""Verify results: recompute a random part of the evidence, and compare it with what is there.

Sums and records first; then teachers, a few students trained anew from their names with the
samples that they learned and the errors that were found, and every table, figure and document;
last of all a reference set. Each line is a verdict: same (to the bit), close (within a tolerance),
differs, or not checked. Where one differs it ends with 1; else, where a check could not be done on
this machine, with 75.
"""

import argparse
import contextlib
import os
import secrets
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import yaml

from artifact.chain import Chain, Fault
from artifact.compare import SAME
from artifact.contents import STAGES
from artifact.evidence import Evidence, Finding, Student, cell_of, only_output
from artifact.expected import CONFIGURATION, EXPECTED, compare_with
from artifact.replay import NotReplayedError, narrow
from artifact.sums import check_sums
from artifact.unpack import unpack
from driver.jobs import archived_scale, default_scale, is_drawing
from supnorm.configuration import of_study
from supnorm.hardware.machine import cores
from supnorm.job.origin import SUMS
from supnorm.job.programs import InputError, UnableError, count, run, telling_lacks
from supnorm.job.provenance import digest
from supnorm.job.records import Record
from supnorm.names import scale_name
from supnorm.studies import Stage, all_studies
from supnorm.tables.schema import write_table
from supnorm.tables.verification import VERIFICATION

HERE = Path(__file__).parents[2]
# A student that costs more floating-point operations is not drawn unless asked for: a core takes
# some ten seconds for so many.
FLOPS = 5e11
# Folders of a study of which every job runs again.
ENDS = ("tables", "figures")
# What trains one way or another, but is the same experiment.
MEANS = ("device", "engine")
FILE = "verification.parquet"
# Of the columns check, subject and verdict, when printed.
WIDTHS = (17, 60, 11)


@dataclass(frozen=True)
class Verdict:
    """What became of a check, as verification.parquet tells it."""

    check: str
    subject: str
    verdict: str
    deviation: float | None = None
    tolerance: float | None = None
    seconds: float = 0.0
    reason: str | None = None
    # Whether this machine could do the check.
    able: bool = True

    def __str__(self) -> str:
        """Return it as a line, and one for the reason if there is one."""
        texts = zip((self.check, self.subject, self.verdict), WIDTHS, strict=True)
        numbers = ("" if x is None else f"{x:.2g}" for x in (self.deviation, self.tolerance))
        words = [text.ljust(width) for text, width in texts]
        words += [number.rjust(9) for number in numbers]
        reason = "" if self.reason is None else f"\n{'':{WIDTHS[0]}} {self.reason}"
        return f"{' '.join(words)} {self.seconds:6.1f} s{reason}"


def main(argv: list[str]) -> None:
    """Print a verdict a line, keep them as a table, and raise an error where not all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=scale_name, help="scale to verify, if not the one there is")
    parser.add_argument("--archive", type=Path, help="zip to verify, in place of this tree")
    parser.add_argument("--students", type=count, default=5, help="students to train anew")
    parser.add_argument("--flops", type=float, default=FLOPS, help="operations of one at most")
    parser.add_argument("--seed", type=count, help="what is drawn follows from it; default: random")
    a = parser.parse_args(argv)
    seed = secrets.randbelow(2**32) if a.seed is None else a.seed
    # What cannot be written in the terminal's encoding is no reason to end.
    sys.stdout.reconfigure(errors="replace", line_buffering=True)
    with tempfile.TemporaryDirectory(prefix="supnorm-verify-") as folder:
        scratch = Path(folder)
        root = unpack(a.archive, scratch / "archive") if a.archive else Path()
        scale = a.scale or archived_scale(root) or default_scale()
        results = root / "results" / scale
        if not results.is_dir():
            where = f"{a.archive}: results/{scale}" if a.archive else f"results/{scale}"
            raise InputError(f"{where}: expected results to verify, found none")
        kept = writable(a.archive.with_suffix(f".{FILE}") if a.archive else results / FILE)
        # What was found before is no part of the results, and may no longer hold.
        kept.unlink(missing_ok=True)
        print(f"verifying {a.archive or results}; what is drawn follows from --seed {seed}")
        verdicts = []
        for verdict in verify(Evidence(Chain(root, scale), scratch), a.students, a.flops, seed):
            print(verdict)
            verdicts.append(verdict)
    rows = pd.DataFrame([asdict(verdict) for verdict in verdicts]).assign(seed=seed)
    write_table(kept, rows, VERIFICATION)
    conclude(verdicts, kept)


def writable(path: Path) -> Path:
    """Return a path to write, of this name: elsewhere, where its folder may not be written to."""
    for folder in (path.parent, Path()):
        if os.access(folder, os.W_OK):
            return folder / path.name
    return Path(tempfile.mkdtemp(prefix="supnorm-"), path.name)


def conclude(verdicts: list[Verdict], kept: Path) -> None:
    """Say how many checks ended how; raises InputError where one differs.

    Else raises UnableError where one could not be done, so that nobody takes it for done.
    """
    found = pd.Series([verdict.verdict for verdict in verdicts]).value_counts()
    print(", ".join(f"{number} {verdict}" for verdict, number in found.items()) + f"; see {kept}")
    if "differs" in found:
        first = next(verdict for verdict in verdicts if verdict.verdict == "differs")
        raise InputError(
            f"expected results that can be made again, found {found['differs']} that differ, "
            f"the first {first.subject}"
        )
    unable = [verdict for verdict in verdicts if not verdict.able]
    if unable:
        raise UnableError(
            f"expected to check all that was drawn, found {len(unable)} that could not be run "
            f"here, the first {unable[0].subject}: {unable[0].reason}"
        )


def verify(evidence: Evidence, students: int, flops: float, seed: int) -> Iterator[Verdict]:
    """Yield all verdicts on results, as they come."""
    began = time.monotonic()
    faults = evidence.chain.faults()
    seconds = time.monotonic() - began
    yield from of_sums(evidence, {fault.path for fault in faults})
    yield from of_faults("chain", f"{len(evidence.chain.records)} records", faults, seconds)
    yield of_code(evidence)
    yield attempt("chain", "students of all cells", partial(of_shards, evidence))
    drawing = Drawing(evidence, np.random.default_rng(seed))
    tasks = [*drawing.teachers(), *drawing.students(students, flops), *drawing.others()]
    with ThreadPoolExecutor(cores()) as pool:
        for verdicts in pool.map(lambda task: task(), tasks):
            yield from verdicts
    yield from drawing.left()
    yield from of_expected(evidence)


def of_sums(evidence: Evidence, broken: set[str]) -> Iterator[Verdict]:
    """Yield verdicts on the sums of an archive.

    The record of a figure or the document may have been written anew since, by drawing it again,
    if the chain holds with it.
    """
    if not (evidence.root / SUMS).is_file():
        yield Verdict("sums", SUMS, "not checked", reason="this is no archive, it has no sums")
        return
    began = time.monotonic()
    faults = check_sums(evidence.root)
    drawn = {path for path, job in evidence.chain.records.items() if is_drawing(job.rule)}
    anew = [fault for fault in faults if fault.path in drawn - broken]
    faults = [fault for fault in faults if fault not in anew]
    if anew:
        reason = "written anew since they were archived; what they say holds"
        yield Verdict("sums", f"{len(anew)} records", "not checked", reason=reason)
    yield from of_faults("sums", SUMS, faults, time.monotonic() - began)


def of_faults(check: str, subject: str, faults: list[Fault], seconds: float) -> Iterator[Verdict]:
    """Yield a verdict on each fault, or one that there is none."""
    if not faults:
        yield Verdict(check, subject, "same", seconds=seconds)
    for fault in faults:
        yield Verdict(check, fault.path, "differs", reason=fault.sentence)


def of_code(evidence: Evidence) -> Verdict:
    """Return the verdict on the code that made the results: is it the code that verifies them?"""
    recorded = {item for job in evidence.chain.records.values() for item in job.code.items()}
    here = {path: digest(HERE / path) for path, _ in recorded if (HERE / path).is_file()}
    others = sorted({path for path, made in recorded if here.get(path) != made})
    if not others:
        return Verdict("code", f"{len(here)} files", "same")
    reason = f"{len(others)} files are others than made the results, the first {others[0]}"
    return Verdict("code", f"{len(here)} files", "not checked", reason=reason)


def of_shards(evidence: Evidence) -> Finding:
    """Return whether each study's tables of errors follow from all students: none is left aside.

    Raises InputError where some are.
    """
    chain, config = evidence.chain, evidence.chain.made_under()
    for study in all_studies():
        results = f"{chain.results}/{study.name}"
        if not study.trainings or study.name not in config["studies"]:
            continue
        wanted = {f"{results}/{path}" for path in study.trainings(of_study(config, study.name))}
        jobs = chain.jobs([f"{results}/tables/{table}.parquet" for table in study.errors])
        read = {path for job in jobs for path in job.outputs.get("students", ())}
        if left := sorted(wanted - read):
            tables = " and ".join(f"{study.name}/tables/{table}" for table in study.errors)
            says = f"{tables} follow from no {left[0]}"
            raise InputError(f"{says}, and {len(left) - 1} others")
    return Finding(SAME, 0.0)


Task = Callable[[], list[Verdict]]


class Drawing:
    """What is drawn from the evidence to be recomputed: tasks that return verdicts."""

    def __init__(self, evidence: Evidence, random: np.random.Generator):
        """Draw by a generator of random numbers."""
        self._evidence, self._random = evidence, random
        # Of each stage its jobs, each by its records; what belongs to none runs again as a whole.
        self._jobs: dict[Stage | str, list[list[Record]]] = defaultdict(list)
        for records in evidence.jobs():
            self._jobs[stage_of(records[0])].append(records)
        self._reasons: dict[str, tuple[int, str]] = {}

    def teachers(self) -> Iterator[Task]:
        """Yield what all else starts from, as teachers: all jobs of these stages."""
        for stage in self._stages("all"):
            for records in self._jobs[stage]:
                yield self._whole(stage.folders[0], records)

    def students(self, number: int, flops: float) -> Iterator[Task]:
        """Yield students of at most a cost, and the samples that they learned."""
        chosen = self.draw(number, flops)
        yield from self._samples(chosen)
        for student in chosen:
            yield partial(self._student, student)

    def draw(self, number: int, flops: float) -> list[Student]:
        """Return students of at most a cost, drawn with equal probability.

        Raises InputError where a record does not tell whose students a shard has.
        """
        shards, costly = [], 0
        for record, *_ in self._trainings():
            cell, rows = cell_of(record)
            if cell.student_flops <= flops:
                shards.append((record, rows))
            else:
                costly += len(rows)
        ends = np.cumsum([len(rows) for _, rows in shards], dtype=int)
        total = int(ends[-1]) if shards else 0
        chosen = []
        for place in np.sort(self._random.choice(total, min(number, total), replace=False)):
            shard = int(np.searchsorted(ends, place, "right"))
            record, rows = shards[shard]
            chosen.append(Student(self._evidence, record, rows[int(place - ends[shard])]))
        left = f"{len(chosen)} of {total} were drawn, with what was found of them"
        if costly:
            left += f"; {costly} cost more than {flops:.1g} operations each"
        self._reasons["students"] = total + costly - len(chosen), left
        return chosen

    def others(self) -> Iterator[Task]:
        """Yield one job of each further stage, and all that is made of everything."""
        for stage in self._stages("one"):
            jobs = self._jobs[stage]
            yield self._whole(stage.folders[0], jobs[self._random.integers(len(jobs))])
            self._left(stage, 1)
        for end in ("documents", *ENDS):
            for records in self._jobs[end]:
                yield self._whole(end, records)

    def left(self) -> Iterator[Verdict]:
        """Yield what was not drawn."""
        for stage, (number, reason) in self._reasons.items():
            if number:
                yield Verdict(stage, f"{number} others", "not checked", reason=reason)

    def _stages(self, verify: str) -> list[Stage]:
        """Return the stages with jobs that are verified in one way, in their order."""
        stages = dict.fromkeys(STAGES.values())
        return [stage for stage in stages if stage.verify == verify and self._jobs[stage]]

    def _trainings(self) -> Iterator[list[Record]]:
        """Yield the jobs that train students, each by its records."""
        for stage in self._stages("students"):
            yield from (
                records for records in self._jobs[stage] if "students" in records[0].outputs
            )

    def _left(self, stage: Stage, drawn: int) -> None:
        number, before = len(self._jobs[stage]), self._reasons.get(stage.folders[0], (0, ""))[0]
        reason = f"{drawn} of {number} were drawn"
        self._reasons[stage.folders[0]] = before + number - drawn, reason

    def _samples(self, chosen: list[Student]) -> Iterator[Task]:
        """Yield the samples that students learned."""
        paths = {path for student in chosen for path in student.samples}
        for stage in self._stages("samples"):
            drawn = 0
            for records in self._jobs[stage]:
                if paths.intersection(records[0].output_files):
                    yield self._whole(stage.folders[0], records)
                    drawn += 1
            self._left(stage, drawn)

    def _whole(self, check: str, records: list[Record]) -> Task:
        work = partial(self._evidence.recompute, records[0])
        return lambda: [attempt(check, self._evidence.subject(records), work)]

    def _student(self, student: Student) -> list[Verdict]:
        """Train a student, measure it, and where that was done, certify it."""
        name, path, errors = str(student), student.path, ""
        verdicts = [attempt("students", name, student.train)]
        for stage in self._stages("students"):
            for job in (records[0] for records in self._jobs[stage]):
                if path not in job.inputs.get("students", ()):
                    continue
                if "errors" in job.inputs:
                    work = partial(student.certify, job, errors)
                else:
                    work, errors = partial(student.measure, job), only_output(job)
                verdicts.append(attempt(stage.folders[0], name, work))
        return verdicts


def stage_of(job: Record) -> Stage | str:
    """Return the stage of a job, if its outputs are where those of its rule are.

    Else return "tables" or "figures" where it fills such a folder, and "documents" elsewhere.
    """
    folders = [PurePosixPath(path).parts[3:-1][:1] for path in job.output_files]
    named = [folder[0] for folder in folders if folder]
    stage = STAGES.get(job.rule)
    if stage and len(named) == len(folders) and set(named) <= set(stage.folders) - set(ENDS):
        return stage
    # Of a job that fills several folders, the last is that of tables.
    return named[-1] if named and named[-1] in ENDS else "documents"


def attempt(check: str, subject: str, work: Callable[[], Finding]) -> Verdict:
    """Do a part of the work, and return the verdict on it."""
    began = time.monotonic()
    told = {}
    try:
        with telling_lacks():
            finding = work()
    except UnableError as error:
        verdict, told = "not checked", {"reason": str(error), "able": False}
    except NotReplayedError as error:
        verdict, told = "not checked", {"reason": str(error)}
    except InputError as error:
        verdict, told = "differs", {"reason": str(error)}
    else:
        compared = finding.comparison
        told = {"deviation": compared.deviation, "tolerance": finding.tolerance}
        verdict = "close" if finding.within else "differs"
        if compared.same:
            verdict = "same"
        else:
            told["reason"] = f"farthest off: {compared.where}"
    return Verdict(check, subject, verdict, seconds=time.monotonic() - began, **told)


def of_expected(evidence: Evidence) -> Iterator[Verdict]:
    """Yield verdicts on the tables of which the reference set has a copy."""
    scale = evidence.chain.scale
    expected, results = EXPECTED / scale, evidence.root / evidence.chain.results
    if not expected.is_dir():
        reason = "there is no reference set of this scale"
        yield Verdict("expected", scale, "not checked", reason=reason)
    elif means_apart(results / CONFIGURATION) != means_apart(expected / CONFIGURATION):
        reason = "the configuration is another than that of the reference set"
        yield Verdict("expected", scale, "not checked", reason=reason)
    else:
        records = evidence.chain.records.values()
        promised = all(narrow(job) for job in records if "students" in job.outputs)
        for name, compared, tolerance in compare_with(expected, results, promised):
            work = partial(Finding, compared, tolerance)
            yield attempt("expected", name, work)


def means_apart(path: Path) -> Mapping:
    """Return a configuration without what makes no difference to the experiment."""
    config = read_yaml(path)
    training = config.get("training")
    if not isinstance(training, dict):
        raise InputError(f"{path}: expected a section training, found none")
    kept = {key: value for key, value in training.items() if key not in MEANS}
    return config | {"training": kept}


def read_yaml(path: Path) -> dict:
    """Return what a file of YAML says; raises InputError where it is none of keys and values."""
    with contextlib.suppress(yaml.YAMLError, OSError, ValueError, RecursionError):
        if isinstance(content := yaml.safe_load(path.read_bytes()), dict):
            return content
    raise InputError(f"{path}: expected a configuration, found none")


if __name__ == "__main__":
    run(main)
