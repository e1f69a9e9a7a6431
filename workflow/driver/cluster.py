"""What a run through SLURM needs besides its executor, which learns job by job what SLURM refuses,
and loses sight of jobs where SLURM is away for a while.

Works with the pinned version of snakemake-executor-plugin-slurm. Imported by the Snakefile only
where jobs are about to be submitted.
"""

import math
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import snakemake_executor_plugin_slurm

from supnorm.job.programs import InputError

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
    """Have the executor take a query of states that fails for one that says nothing of any job.

    It would forget all jobs and wait for ever (snakemake-executor-plugin-slurm 2.8.0), where the
    controller is away for a minute; and so it would for a job that ended unseen and that SLURM has
    forgotten. Of that the state is now unknown, which lets Snakemake look for its outputs. There is
    no setting for either.
    """
    query, seen = snakemake_executor_plugin_slurm.query_job_status, set()

    async def query_patiently(command: str, logger) -> tuple[dict[str, str], float]:
        states, seconds = await query(command, logger)
        if states is None:
            return {}, 0.0
        forgotten = seen - states.keys()
        seen.update(states)
        return {**states, **dict.fromkeys(forgotten, "UNKNOWN")}, seconds

    snakemake_executor_plugin_slurm.query_job_status = query_patiently


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
