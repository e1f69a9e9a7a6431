"""How far a run is: what the files of its jobs say, wherever the jobs are at work.

Nothing is asked of Snakemake or SLURM: outputs that are there, heartbeats and logs are evidence
enough, and are the same for a run on this machine and on a cluster with a shared file system.
"""

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from driver.jobs import Job
from supnorm.costs import Trained

ALIVE = 60.0  # seconds without a heartbeat after which a program counts as lost
SILENT = 600.0  # seconds for which a job without a heartbeat counts as running, as it may be killed
ENDED = ("done", "stopped", "failed")
# What a heartbeat may tell as a number, or as null.
NUMBERS = ("students", "epochs", "epoch", "loss", "flops", "resumed", "done", "total")


@dataclass(frozen=True)
class Status:
    """What the files of a job say of it.

    `state` is "waiting", "running", "done", "failed", "stopped" (told to, it goes on when it is
    started again) or "lost" (at work, then silent). `facts` are those of its heartbeat, `seconds`
    how long its latest attempt has been at work, `message` why it ended.
    """

    job: Job
    state: str = "waiting"
    facts: dict = field(default_factory=dict)
    seconds: float = 0.0
    message: str = ""

    @property
    def share(self) -> float:
        """Return which part of its work is done, from 0 to 1, as far as it tells."""
        if self.state == "done":
            return 1.0
        done = self.facts.get("epoch") or self.facts.get("done") or 0
        total = self.facts.get("epochs") or self.facts.get("total") or 0
        return min(done / total, 1.0) if total else 0.0

    @property
    def worked(self) -> float:
        """Return which part of its work its latest attempt did: less what it resumed from."""
        resumed = self.facts.get("resumed") or 0
        return max(self.share - resumed / (self.facts.get("epochs") or 1), 0.0)


@dataclass(frozen=True)
class Training:
    """How much of the training is done, and how fast it goes.

    `trained` of all `students` and `done` of all `flops`, the floating-point operations; of those,
    and of epochs times students, so many a second since the jobs at work began.
    """

    trained: int
    students: int
    done: float
    flops: float
    rate: float
    epoch_rate: float


@dataclass(frozen=True)
class Estimate:
    """When a run may end: job-seconds that are left, and how long they take, in seconds.

    `left` is None while nothing runs. It is found from `measured` jobs, which took `slowness` times
    what was expected; None where no job has told its time.
    """

    work: float
    left: float | None
    measured: int
    slowness: float | None


class Progress:
    """The states of a run's jobs, look after look."""

    def __init__(self, jobs: list[Job], asked: float) -> None:
        """Begin with the jobs that Snakemake listed, asked at a time in Unix seconds."""
        self._changed: dict[Path, tuple[float, float]] = {}
        self.renew(jobs, asked)

    def renew(self, jobs: list[Job], asked: float) -> None:
        """Go on with a new list of jobs."""
        self._jobs, self._asked = jobs, asked
        self._done: dict[int, Status] = {}

    def look(self) -> tuple[list[Status], int]:
        """Return the status of every job, and how many heartbeats cannot be read."""
        unreadable = 0
        found = []
        for number, job in enumerate(self._jobs):
            # What is done stays so until Snakemake is asked again: no need to read it again.
            status = self._done.get(number)
            if status is None:
                status, readable = self._status(job)
                unreadable += not readable
            if status.state == "done":
                self._done[number] = status
            found.append(status)
        return found, unreadable

    def _status(self, job: Job) -> tuple[Status, bool]:
        """Return a job's status, and whether its heartbeat, if there is one, can be read."""
        try:
            facts, age = self._heartbeat(job.heartbeat)
            readable = True
        except (ValueError, RecursionError, OverflowError):
            facts, age, readable = {}, 0.0, False
        state, message = facts.get("state"), facts.get("message") or ""
        seconds = facts["updated"] - facts["started"] if facts else 0.0
        if state == "running" and age <= ALIVE:
            return Status(job, "running", facts, seconds + age), readable
        if self._written(job):
            return Status(job, "done", facts, seconds), readable
        if state == "running":
            message = f"no heartbeat for {duration(age)}"
            return Status(job, "lost", facts, seconds, message), readable
        if state in ("failed", "stopped"):
            return Status(job, state, facts, seconds, message), readable
        if message := failure_in(job.log, job.rule):
            return Status(job, "failed", message=message), readable
        begun = self._begun(job)
        if begun is not None and begun <= SILENT:
            return Status(job, "running", seconds=begun), readable
        return Status(job), readable

    def _heartbeat(self, path: Path | None) -> tuple[dict, float]:
        """Return what a heartbeat says, and its age in seconds; ({}, 0) where there is none.

        A node's clock may be wrong. So from the second look on, a heartbeat is as old as the time
        since this process saw it change; at the first look, the file system's time stamp counts.
        """
        try:
            if path is None or not path.is_file():
                return {}, 0.0
            facts, written = read_heartbeat(path.read_text()), path.stat().st_mtime
        except OSError:
            return {}, 0.0
        now, updated = time.time(), facts["updated"]
        if path not in self._changed:
            self._changed[path] = updated, min(written, now)
        elif self._changed[path][0] != updated:
            self._changed[path] = updated, now
        return facts, now - self._changed[path][1]

    def _begun(self, job: Job) -> float | None:
        """Return how many seconds ago a job without a heartbeat began; None if it did not.

        Snakemake removes outputs and log before a job, and the job makes its log first.
        """
        try:
            begun = time.time() - job.log.stat().st_mtime
        except OSError:
            return None
        return None if all(path.exists() for path in job.outputs) else max(begun, 0.0)

    def _written(self, job: Job) -> bool:
        """Return whether all outputs are there, and none is of before where Snakemake wants new.

        Programs write whole files, so an output that is there is complete. Outputs that were stale
        when Snakemake was asked are those of an earlier code or configuration.
        """
        try:
            written = [path.stat().st_mtime for path in job.outputs]
        except OSError:
            return False
        return not job.pending or min(written) >= self._asked


def read_heartbeat(text: str) -> dict:
    """Return what a heartbeat says; raise ValueError where it is none, or a part of one."""
    facts = json.loads(text)
    if not isinstance(facts, dict) or facts.get("state") not in ("running", *ENDED):
        raise ValueError("no heartbeat")
    numbers = [facts.get("started"), facts.get("updated")]
    numbers += [facts[name] for name in NUMBERS if facts.get(name) is not None]
    if not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
        raise ValueError("no heartbeat")
    return facts


def failure_in(log: Path, rule: str) -> str:
    """Return the sentence with which a program ended; "" where its log shows no failure."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    if lines and lines[-1].startswith((f"{rule}: ", f"{rule}.py: ")):
        return lines[-1].split(": ", 1)[1]
    return lines[-1] if "Traceback (most recent call last):" in lines else ""


def training(statuses: list[Status], trained: Mapping[Path, Trained]) -> Training:
    """Return how far training is, and how fast it goes, given by its log what each job trains."""
    ended, students, done, flops, rate, epoch_rate = 0, 0, 0.0, 0.0, 0.0, 0.0
    for status in statuses:
        job = trained[status.job.log]
        students += job.students
        flops += job.flops
        done += job.flops * status.share
        if status.state == "done":
            ended += job.students
        if status.state == "running" and status.seconds > 0:
            rate += job.flops * status.worked / status.seconds
            epoch_rate += job.students * job.epochs * status.worked / status.seconds
    return Training(ended, students, done, flops, rate, epoch_rate)


def estimate(statuses: list[Status], seconds_of: Callable[[Job], float]) -> Estimate:
    """Return when a run may end if as many jobs stay at work as now.

    `seconds_of` a job are those expected of it from start to end. Jobs that told their time say how
    far off that is, for each rule by itself where it has some.
    """
    took, expected = defaultdict(float), defaultdict(float)
    measured = [s for s in statuses if s.worked > 0 and s.seconds > 0]
    for status in measured:
        for rule in (status.job.rule, None):
            took[rule] += status.seconds
            expected[rule] += seconds_of(status.job) * status.worked
    slowness = {rule: took[rule] / expected[rule] for rule in took if expected[rule]}
    left = [
        seconds_of(s.job) * (1 - s.share) * slowness.get(s.job.rule, slowness.get(None, 1.0))
        for s in statuses
    ]
    running = sum(status.state == "running" for status in statuses)
    longest = max(left, default=0.0)
    return Estimate(
        work=sum(left),
        left=max(sum(left) / running, longest) if running else None,
        measured=len(measured),
        slowness=slowness.get(None),
    )


def duration(seconds: float) -> str:
    """Return a time span in the two units that matter."""
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if minutes < 100:
        return f"{minutes} min"
    if hours < 48:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{hours // 24} d {hours % 24} h"
