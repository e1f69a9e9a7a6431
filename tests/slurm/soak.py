"""Soak: runs through a real SLURM of two nodes, with random kills, against an undisturbed run.

    make soak

Starts SLURM on this machine (as root), and writes a report to which each run adds a line: what was
done to it and when, how it ended, and whether its results are those of a run to which nothing
happened. Started again, it goes on behind the last line. A driver that ended is started again, as
a user would do; what is an administrator's to do is done, too: nodes and controllers come back,
what SLURM holds is released. Ends with 1 if a run of the report ended otherwise.
"""

import argparse
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import psutil

from processes import in_tree
from small_cluster import (
    TRAININGS,
    cluster,
    control,
    copy_trainings,
    outcome,
    preempt,
    slurm,
    start,
)

NODES = ("node1", "node2")
TARGETS = (TRAININGS, "results/smoke/uniform/tables/minmax.parquet")
# Some trainings are requeued by what preempts them, the others cancelled.
SETTINGS = (
    "train_students:gres=gpu:1",
    "train_students:slurm_partition='spare' if wildcards.samples == '10' else 'main'",
)
# Seconds: between two faults (their mean), until what is gone comes back, between an
# administrator's looks, and of a whole run.
PAUSE, SOON, LATE, LOOK, LIMIT = 8, 8, 40, 5, 1200
HEAD = """# Soak

What `make soak` wrote: runs of {jobs} jobs through SLURM {slurm} on two nodes, each disturbed at \
random and compared with one to which nothing happened. Snakemake {snakemake}, its executor \
{executor}. Faults stand with the second of the run in which they happened and, where something \
was gone, for how many seconds. All kills are by `kill -9`.

| fault | what it is |
| --- | --- |
| driver | `make reproduce` is killed |
| controller | `slurmctld` is killed |
| daemon | `slurmd` of a node is killed, its jobs run on |
| node | a node dies with all that runs there, and is started anew |
| link | a node is not to be reached, its jobs run on |
| cut | a node is not to be reached, its jobs run on, until it is started anew |
| program | a program of the workflow is killed |
| cancel, requeue | a job is cancelled, or queued again |
| preempt | a job gives way to a more urgent one, which cancels some trainings and requeues others |

| run | seed | faults | ending | compared |
| --- | --- | --- | --- | --- |
"""


def main(argv: list[str]) -> int:
    """Run and compare; return 1 if a run of the report ended otherwise than the undisturbed one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20, help="runs in the report (default: 20)")
    parser.add_argument("--faults", type=int, default=6, help="at most so many a run (default: 6)")
    parser.add_argument("--seed", type=int, help="of the next run, else drawn; then each one more")
    parser.add_argument("--report", type=Path, default=Path("docs/soak.md"))
    a = parser.parse_args(argv)
    done = re.findall(r"^\| \d.*", a.report.read_text(), re.M) if a.report.exists() else []
    scratch = Path(tempfile.mkdtemp(prefix="soak"))
    seed = random.SystemRandom().randrange(10**6) if a.seed is None else a.seed
    with cluster() as folder:
        calm = copy_trainings(scratch / "calm")
        printed = calm.snakemake("--cores", os.cpu_count(), *TARGETS)
        expected = outcome(calm)
        if not done:
            a.report.write_text(head(printed))
        for number in range(len(done) + 1, a.runs + 1):
            tree = copy_trainings(scratch / f"run{number}")
            run = Run(tree, folder, random.Random(seed), a.faults)
            run.go()
            done.append(line(number, seed, run, outcome(tree), expected))
            print(done[-1], flush=True)
            with a.report.open("a") as report:
                print(done[-1], file=report)
            seed += 1
            if is_good(done[-1]):
                shutil.rmtree(tree.path)
    bad = [text for text in done if not is_good(text)]
    if not bad:
        shutil.rmtree(scratch)
    print(f"{len(done) - len(bad)} of {len(done)} runs ended with the tables of an undisturbed one")
    return int(bool(bad))


def head(printed):
    """Return the head of a report, given what the undisturbed run printed."""
    return HEAD.format(
        jobs=re.search(r"^total +(\d+)", printed, re.M)[1],
        slurm=slurm("sbatch", "--version").split()[-1],
        snakemake=version("snakemake"),
        executor=version("snakemake-executor-plugin-slurm"),
    )


def line(number, seed, run, found, expected):
    """Return the line of a run in the report."""
    wrong = sorted(k for k in found | expected if found.get(k) != expected.get(k))
    tables = [name for name in expected if name.endswith(".parquet")]
    compared = f"{len(tables)} tables and {len(expected) - len(tables)} other files, all identical"
    if wrong:
        compared = "DIFFERENT: " + ", ".join(f"`{name}`" for name in wrong)
    ending = f"{run.ending} after {run.seconds:.0f} s, {run.starts} starts of the driver"
    if run.administered:
        ending += f"; by an administrator: {', '.join(run.administered)}"
    return f"| {number} | {seed} | {'; '.join(run.faults)} | {ending} | {compared} |"


def is_good(text):
    return "| finished after" in text and "all identical |" in text


class Run:
    """A run that meets faults: which, how it ended after how many `seconds` and `starts`."""

    def __init__(self, tree, folder, chance, most):
        self.tree, self.folder, self.chance, self.most = tree, folder, chance, most
        self.starts, self.faults, self.administered = 0, [], []
        self.ending, self.seconds, self.begun = "", 0.0, 0.0
        self.returns = {}  # what is away, when it comes back, and by which order

    def go(self):
        """Run the workflow to its end, through faults; SLURM is whole again after it."""
        self.begun = time.monotonic()
        strike, look = self.pause(), LOOK
        driver = self.start()
        while driver.poll() != 0 and self.elapsed() < LIMIT:
            time.sleep(0.2)
            if self.elapsed() >= strike:
                self.inflict(driver)
                strike = self.elapsed() + self.pause()
            self.bring_back(self.elapsed())
            if not self.returns and self.elapsed() >= look:
                self.administer()
                look = self.elapsed() + LOOK
                if driver.poll():
                    driver = self.start()
        self.ending = "finished" if driver.poll() == 0 else "NOT FINISHED"
        self.seconds = self.elapsed()
        driver.send_signal(signal.SIGINT)
        driver.wait()
        self.bring_back(float("inf"))

    def elapsed(self):
        return time.monotonic() - self.begun

    def pause(self):
        enough = len(self.faults) >= self.most
        return float("inf") if enough else self.chance.expovariate(1 / PAUSE)

    def start(self):
        self.starts += 1
        return start(self.tree, *TARGETS, "--set-resources", *SETTINGS)

    def inflict(self, driver):
        """Do a harm, and note it, if there is anything to be harmed."""
        name = self.chance.choice(list(HARMS))
        # What has ended meanwhile, or is gone already, cannot be harmed.
        with suppress(AssertionError, LookupError, psutil.NoSuchProcess):
            met = HARMS[name](self, driver)
            self.faults.append(f"{self.elapsed():.0f} {name} {met}".strip())

    def away(self, what, order, seconds):
        """Have something come back by an order after some seconds; return how the report has it."""
        if what in self.returns:
            raise LookupError(what)
        self.returns[what] = self.elapsed() + seconds, order
        return f"for {seconds:.0f}"

    def bring_back(self, now):
        for what, (due, order) in list(self.returns.items()):
            if due <= now:
                control(order, self.folder, *([what] if what in NODES else []))
                del self.returns[what]

    def administer(self):
        """Do what SLURM leaves to an administrator after failures."""
        with suppress(AssertionError):
            for node, state in fields("sinfo", "--Node", "--partition=main", "--format=%N %T"):
                if state.startswith(("drain", "down")):
                    slurm("scontrol", "update", f"nodename={node}", "state=resume")
                    self.administered.append(f"{node} resumed")
            for job, reason in fields("squeue", "--states=pending", "--format=%i %r"):
                if "held" in reason.lower():
                    slurm("scontrol", "release", job)
                    self.administered.append("a job released")


def kill_driver(_, driver):
    driver.kill()
    return ""


def kill_controller(run, _):
    met = run.away("controller", "restart", run.chance.uniform(0, SOON))
    kill_daemon(run, "slurmctld")
    return met


def kill_slurmd(run, _):
    node = run.chance.choice(NODES)
    met = run.away(node, "plug", run.chance.uniform(0, SOON))
    kill_daemon(run, node)
    return f"{node} {met}"


def disturb_node(run, harm, order, seconds):
    node = run.chance.choice(NODES)
    met = run.away(node, order, run.chance.uniform(*seconds))
    control(harm, run.folder, node)
    return f"{node} {met}"


def kill_program(run, _):
    """Kill a program of the workflow; return its name."""
    at_work = in_tree(run.tree, "/scripts/")
    victim = run.chance.choice([p for p in at_work if p.info["cmdline"][1].endswith(".py")])
    victim.kill()
    return f"`{Path(victim.info['cmdline'][1]).stem}`"


def tell_slurm(run, *command):
    """Run a command of SLURM on one of the jobs that run; return the name of its rule."""
    jobs = fields("squeue", "--states=running", "--format=%i %k")
    job, comment = run.chance.choice([job for job in jobs if job[1].startswith("rule_")])
    slurm(*command, job)
    return f"`{re.sub('^rule_|_wildcards.*', '', comment)}`"


def preempt_on(run, _):
    node = run.chance.choice(NODES)
    preempt(node)
    return node


HARMS = {
    "driver": kill_driver,
    "controller": kill_controller,
    "daemon": kill_slurmd,
    "node": lambda run, _: disturb_node(run, "fail", "mend", (0, LATE)),
    "link": lambda run, _: disturb_node(run, "unplug", "plug", (0, SOON)),
    "cut": lambda run, _: disturb_node(run, "unplug", "mend", (SOON, LATE)),
    "program": kill_program,
    "cancel": lambda run, _: tell_slurm(run, "scancel"),
    "requeue": lambda run, _: tell_slurm(run, "scontrol", "requeue"),
    "preempt": preempt_on,
}


def kill_daemon(run, name):
    os.kill(int(Path(run.folder, f"{name}.pid").read_text()), signal.SIGKILL)


def fields(*command):
    """Return what a command of SLURM lists, a line a tuple of two words or more."""
    return [line.split(maxsplit=1) for line in slurm(*command, "--noheader").splitlines()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
