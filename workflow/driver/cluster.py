"""What a run through SLURM needs besides its executor, which learns job by job what SLURM refuses,
and waits for ever for jobs that SLURM lost sight of, preempted or cancelled.

Imported by the Snakefile only where jobs are about to be submitted.
"""

import math
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version

import snakemake_executor_plugin_slurm

from supnorm.job.programs import InputError

EXECUTOR = "snakemake-executor-plugin-slurm"
# Of the executor: those with which the tests have run on a real SLURM.
TESTED = ("2.8.0",)

# Resources as slurm/config.yaml names them, the most special first, and sbatch's options.
OPTIONS = {
    "mem_mb": "--mem",
    "runtime": "--time",
    "gres": "--gres",
    "constraint": "--constraint",
    "qos": "--qos",
    "slurm_account": "--account",
    "slurm_partition": "--partition",
}
SIZES = ("mem_mb", "runtime")
# What `sinfo` prints as a time limit: [days-][hours:]minutes:seconds.
LIMIT = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):\d+")


@dataclass(frozen=True)
class Request:
    """What a job of a rule asks of SLURM: `resources` by their names, those of OPTIONS alone.

    mem_mb is in megabytes, runtime in minutes; `extra` are further options, as slurm_extra.
    """

    rule: str
    threads: int
    resources: Mapping[str, str | int]
    extra: str = ""

    @property
    def megabytes(self) -> int:
        """Return the memory it asks for; 0 where it leaves that to SLURM."""
        return self.resources.get("mem_mb", 0)

    @property
    def minutes(self) -> int:
        """Return the time it asks for; 0 where it leaves that to SLURM."""
        return self.resources.get("runtime", 0)


def check_requests(jobs: Iterable) -> None:
    """Ask SLURM whether it would take the jobs of a run; local ones are passed over.

    `jobs` are Snakemake's, with attributes rule, threads, resources and is_local. Of jobs that
    differ in size alone, the largest in memory and the longest are asked for. Raises InputError
    with what SLURM refuses and what it says.
    """
    requests = [request_of(job) for job in jobs if not job.is_local]
    for request in largest(requests):
        refusal = refused(request)
        if refusal:
            raise InputError(f"slurm/config.yaml: {blame(request)}: {refusal}")


def keep_sight_of_jobs() -> None:
    """Have the executor wait for no job for ever; say so where its version was not tested.

    It asks SLURM for the states of all jobs at once, and takes the answer as told here:

    - A query that fails, as the controller is away, says nothing of any job; else the executor
      would forget them all.
    - The state of a job that ended unseen and that SLURM has forgotten is unknown, which lets
      Snakemake look for its outputs.
    - A job that was cancelled for a more urgent one (PreemptMode=CANCEL) is queued again; where
      SLURM refuses that it counts as cancelled, and Snakemake submits it again.
    - `CANCELLED by 1000`, as sacct has it, is CANCELLED.

    A subclass would have to repeat the executor's whole check of its jobs, and of the settings
    only `slurm-status-attempts` has to do with it: more of them would bridge the controller's
    absence, but hold up an interrupted run until it is back.
    """
    if (found := version(EXECUTOR)) not in TESTED:
        print(
            f"{EXECUTOR} is {found}; expected {' or '.join(TESTED)}: with others it is not known "
            "whether a run goes on after jobs that SLURM lost, preempted or cancelled",
            file=sys.stderr,
        )
    query, seen = getattr(snakemake_executor_plugin_slurm, "query_job_status", None), set()
    if query is None:
        return

    async def query_patiently(command: str, logger) -> tuple[dict[str, str], float]:
        told, seconds = await query(command, logger)
        if told is None:
            return {}, 0.0
        states = {job: state.partition(" ")[0] for job, state in told.items()}
        for job in [job for job, state in states.items() if state == "PREEMPTED"]:
            states[job] = queue_again(job)
        forgotten = seen - states.keys()
        seen.update(states)
        return {**states, **dict.fromkeys(forgotten, "UNKNOWN")}, seconds

    snakemake_executor_plugin_slurm.query_job_status = query_patiently


def queue_again(job: str) -> str:
    """Have SLURM queue a job again that it preempted; return the job's state after that."""
    answer = slurm(["scontrol", "requeue", job])
    queued = answer.returncode == 0 or "Job is pending" in answer.stderr
    return "PENDING" if queued else "CANCELLED"


def request_of(job) -> Request:
    """Return what the executor would ask for a job of Snakemake."""
    resources = {name: job.resources.get(name) for name in OPTIONS}
    return Request(
        job.rule.name,
        job.threads,
        {name: value for name, value in resources.items() if value not in (None, "")},
        job.resources.get("slurm_extra") or "",
    )


def largest(requests: list[Request]) -> Iterator[Request]:
    """Yield, of the requests that differ in rule and size alone, one largest of either size."""
    alike = {}
    for request in requests:
        rest = tuple((k, v) for k, v in request.resources.items() if k not in SIZES)
        alike.setdefault((request.threads, request.extra, rest), []).append(request)
    for group in alike.values():
        biggest = max(group, key=lambda request: (request.megabytes, request.minutes))
        longest = max(group, key=lambda request: (request.minutes, request.megabytes))
        yield biggest
        if longest is not biggest:
            yield longest


def refused(request: Request) -> str:
    """Return why SLURM would not take or never start a job; nothing if it would."""
    options = [f"{OPTIONS[name]}={value}" for name, value in request.resources.items()]
    command = ["sbatch", "--test-only", "--ntasks=1", f"--cpus-per-task={request.threads}"]
    answer = slurm([*command, *options, *shlex.split(request.extra), "--wrap=true"])
    if answer.returncode:
        if "Unable to contact slurm controller" in answer.stderr:
            raise InputError("SLURM does not answer: its controller is away; try again later")
        said = re.sub("(sbatch: )?(error|allocation failure): ", "", answer.stderr)
        return " ".join(said.split())
    # Where limits of partitions are not enforced, sbatch takes what then waits for ever.
    longest = longest_minutes(request.resources.get("slurm_partition"))
    if request.minutes > longest:
        return f"the partition's limit is {longest} minutes"
    return ""


def longest_minutes(partition: str | None) -> float:
    """Return the time limit of a partition, or of the default one: minutes, or infinity.

    Of several, separated by commas, it is the longest.
    """
    where = [f"--partition={partition}"] if partition else []
    lines = slurm(["sinfo", "--noheader", "--format=%P %l", *where]).stdout.splitlines()
    limits = [limit for name, limit in map(str.split, lines) if partition or name.endswith("*")]
    return max(map(minutes, limits), default=math.inf)


def minutes(limit: str) -> float:
    """Return a time limit as sinfo prints it in minutes; infinity where it is no time."""
    found = LIMIT.fullmatch(limit)
    if not found:
        return math.inf
    days, hours, whole = (int(part or 0) for part in found.groups())
    return (days * 24 + hours) * 60 + whole


def slurm(command: list[str]) -> subprocess.CompletedProcess:
    """Run a command of SLURM to its end. Raises InputError where there is none."""
    try:
        return subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise InputError(
            f"{command[0]}: expected SLURM's commands on this machine, found none; run "
            "`snakemake --profile slurm` where jobs can be submitted"
        ) from None


def blame(request: Request) -> str:
    """Say what SLURM refuses: the first of a request's resources without which it takes the job."""
    for name, value in request.resources.items():
        rest = {k: v for k, v in request.resources.items() if k != name}
        smallest = {name: 1} if name in SIZES else {}
        if not refused(replace(request, resources=rest | smallest)):
            return f"{name} of {request.rule} is {value}, which SLURM refuses with {listed(rest)}"
    return f"SLURM refuses {request.rule} with {listed(request.resources)}"


def listed(resources: Mapping[str, str | int]) -> str:
    """Return resources as they are written on a command line."""
    return ", ".join(f"{name}={value}" for name, value in resources.items())
