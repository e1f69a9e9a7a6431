"""Show how far a run is, on this machine or on a cluster: live, or once where nobody looks on."""

import argparse
import math
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from driver.jobs import Job, configuration, expected_costs, jobs, run_card, run_device
from driver.progress import Progress, Status, duration, estimate, training
from supnorm.costs import Trained
from supnorm.job.programs import InputError, run
from supnorm.studies import all_studies

LOOK = 2.0  # seconds between two looks at the files
ASK = 600.0  # seconds after which Snakemake is asked again, as it is when config.yaml changes
PLAIN_WIDTH = 160
TROUBLES = 4  # lines of failures that a live view shows

LOW = 32  # lines of a screen that has no place for stages of which all or nothing is done

# What fills in which order: the folders of each study's results, and what spans studies.
STAGES = [
    *(
        f"{study.name}/{folder}"
        for study in all_studies()
        for stage in study.stages
        for folder in stage.folders[:1]
        if folder != "tables"
    ),
    *(f"{study.name}/{folder}" for folder in ("tables", "figures") for study in all_studies()),
    "document",
]
# What of a running job is left out first where the screen is narrow.
LEAST = ("students", "resumed", "SLURM", "node", "at work")
STYLES = {"done": "green", "running": "cyan", "stopped": "yellow", "lost": "red", "failed": "red"}


@dataclass(frozen=True)
class Run:
    """A run: its jobs when Snakemake was asked, what each trains, and what it takes."""

    scale: str
    jobs: list[Job]
    asked: float
    trained: dict[Path, Trained]
    seconds: dict[Path, float]
    calibrated: bool


def main(argv: list[str]) -> None:
    """Show a scale's run until it is done, or once if standard output is no terminal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", help="scale of config.yaml, if not the one it names")
    parser.add_argument("--once", action="store_true", help="print how far it is, and end")
    a = parser.parse_args(argv)
    scale = configuration(a.scale)["scale"]
    if not Path("results", scale).is_dir():
        raise InputError(
            f"results/{scale}: expected a run, found none; start it by `make reproduce "
            f"SCALE={scale}`, or on a cluster by `snakemake --profile slurm`"
        )
    # What cannot be written in the terminal's encoding is no reason to end.
    sys.stdout.reconfigure(errors="replace")
    console = Console()
    if console.is_terminal and not console.is_dumb_terminal and not a.once:
        watch(console, scale)
    else:
        # Who reads the first lines only, as head does, gets no complaint.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        show_once(scale)


def show_once(scale: str) -> None:
    """Print how far a run is, without colours or control characters."""
    console = Console(force_terminal=False, color_system=None, width=PLAIN_WIDTH)
    current = ask(scale)
    statuses, unreadable = Progress(current.jobs, current.asked).look()
    with console.capture() as printed:
        console.print(view(console, current, statuses, notes(unreadable)))
    print(*(line.rstrip() for line in printed.get().splitlines()), sep="\n")


def watch(console: Console, scale: str) -> None:
    """Show a run on the whole screen until it is done, and then leave its last state there."""
    with console.status("asking Snakemake for the jobs of this run"):
        current = ask(scale)
    progress, problem = Progress(current.jobs, current.asked), ""
    asked, edited = current.asked, config_edited()
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            statuses, unreadable = progress.look()
            shown = notes(unreadable, problem)
            live.update(view(console, current, statuses, shown, console.height), refresh=True)
            if all(status.state == "done" for status in statuses):
                break
            time.sleep(LOOK)
            if time.time() - asked > ASK or config_edited() != edited:
                asked, edited = time.time(), config_edited()
                try:
                    current, problem = ask(scale), ""
                    progress.renew(current.jobs, current.asked)
                except InputError as error:
                    problem = f"the list of jobs is an old one: {error}"
    console.print(view(console, current, statuses, shown))


def ask(scale: str) -> Run:
    """Return the run of a scale as Snakemake sees it now; takes some seconds."""
    asked = time.time()
    config = configuration(scale)
    device = run_device(config)
    card, _ = run_card(device)
    expected, listed = expected_costs(config, device, card), jobs(scale, device)
    seconds = {job.log: expected[job.study].seconds(job.rule, job.name) for job in listed}
    trained = {job.log: expected[job.study].trained(job.rule, job.name) for job in listed}
    return Run(
        scale,
        listed,
        asked,
        trained,
        seconds,
        any(device in each.measured for each in expected.values()),
    )


def config_edited() -> float:
    """Return when config.yaml was last written."""
    return Path("config.yaml").stat().st_mtime


def notes(unreadable: int, problem: str = "") -> list[str]:
    """Return what a reader must know of the evidence itself."""
    found = [problem] if problem else []
    if unreadable:
        found.append(f"heartbeats that cannot be read, and are left out: {unreadable}")
    return found


def view(
    console: Console,
    current: Run,
    statuses: list[Status],
    notes: list[str],
    height: int | None = None,
) -> RenderableType:
    """Return what is shown of a run: all of it, or as much as a height in lines allows."""
    top = [title(current, statuses), "", stages(statuses, height), ""]
    top += [*students(current, statuses), *outlook(current, statuses)]
    top += [Text(plain(note), style="yellow") for note in notes]
    bottom = troubles(statuses, None if height is None else TROUBLES)
    lines = None
    if height is not None:
        rest = console.render_lines(Group(*top, *bottom), console.options.update(height=None))
        lines = height - len(rest)
    return Group(*top, *running(console, statuses, lines), *bottom)


def title(current: Run, statuses: list[Status]) -> Table:
    """Return which run it is, where it is at work if that is one place, and the time of day."""
    hosts = {status.facts.get("host") for status in statuses if status.state == "running"} - {None}
    place = f"on {plain(hosts.pop())}" if len(hosts) == 1 else ""
    table = Table.grid(padding=(0, 2))
    now = time.strftime("%H:%M:%S")
    table.add_row(Text(f"results/{current.scale}", style="bold"), place, now)
    return table


def stages(statuses: list[Status], height: int | None) -> Table:
    """Return how many jobs of each stage are in which state; on a low screen of those at work."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("stage")
    for heading in ("done", "of", "running", "stopped", "failed"):
        table.add_column(heading, justify="right")
    table.add_column("")
    found = {status.job.stage for status in statuses}
    for stage in sorted(found, key=lambda s: (STAGES.index(s) if s in STAGES else len(STAGES), s)):
        jobs = [status for status in statuses if status.job.stage == stage]
        if height is None or height >= LOW or len({status.state for status in jobs}) > 1:
            add_stage(table, stage, jobs)
    add_stage(table, "all", statuses)
    return table


def add_stage(table: Table, name: str, statuses: list[Status]) -> None:
    """Add a stage's row; jobs that went silent count among the failed ones."""
    count = Counter(status.state for status in statuses)
    count["failed"] += count["lost"]
    cells = [
        Text(str(count[state] or "·"), style=STYLES[state] if count[state] else "dim")
        for state in ("running", "stopped", "failed")
    ]
    bar = ProgressBar(
        total=len(statuses),
        completed=count["done"],
        width=24,
        style="bright_black",
        complete_style="cyan",
        finished_style="green",
    )
    done = "green" if count["done"] == len(statuses) else ""
    table.add_row(name, Text(str(count["done"]), style=done), str(len(statuses)), *cells, bar)


def students(current: Run, statuses: list[Status]) -> list[Text]:
    """Return how many students are trained, and how fast it goes; nothing where none trains."""
    now = training(statuses, current.trained)
    if not now.students:
        return []
    parts = [
        f"{now.trained} of {now.students} students trained",
        f"{now.done / now.flops * 100:.1f} % of {now.flops:.2g} operations",
    ]
    if now.rate:
        parts.append(f"{prefixed(now.rate)}FLOP/s, {prefixed(now.epoch_rate)}student-epochs/s")
    return [Text(" · ".join(parts))]


def running(console: Console, statuses: list[Status], lines: int | None) -> list[RenderableType]:
    """Return the jobs at work, the oldest first, in at most so many lines."""
    at_work = [status for status in statuses if status.state == "running"]
    at_work.sort(key=lambda status: (status.facts.get("started", math.inf), status.job.log))
    shown = at_work
    if lines is not None and len(at_work) + 2 > lines:
        shown = at_work[: max(lines - 3, 0)]
    if not shown:
        return []
    rows = [running_row(status) for status in shown]
    kept = [name for name in rows[0] if any(row[name] for row in rows)]
    if len({row["node"] for row in rows} - {""}) == 1 and "node" in kept:
        kept.remove("node")
    table = running_table(rows, kept)
    unbounded = console.options.update(width=1000)
    for name in LEAST:
        if console.measure(table, options=unbounded).maximum > console.width and name in kept:
            kept.remove(name)
            table = running_table(rows, kept)
    more = len(at_work) - len(shown)
    return ["", table, *([Text(f"and {more} more", style="dim")] if more else [])]


def running_row(status: Status) -> dict[str, str]:
    """Return what is shown of a job at work, "" where it does not tell."""
    facts = status.facts
    done, total = facts.get("done"), facts.get("total")
    if facts.get("epochs"):
        done, total = facts.get("epoch"), facts["epochs"]
    loss = facts.get("loss")
    return {
        "at work": status.job.stage,
        "": status.job.name or status.job.rule,
        "done": f"{done or 0} of {total}" if total else "",
        "loss": "" if loss is None else f"{loss:.1e}",
        "students": plain(facts.get("students")),
        "node": plain(facts.get("host")),
        "SLURM": plain(facts.get("slurm_job")),
        "for": duration(status.seconds),
        "resumed": plain(facts.get("resumed")),
    }


def running_table(rows: list[dict[str, str]], names: list[str]) -> Table:
    """Return some columns of the jobs at work."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in names:
        words = name in ("at work", "", "node")
        table.add_column(name, justify="left" if words else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(row[name]) for name in names))
    return table


def troubles(statuses: list[Status], limit: int | None) -> list[RenderableType]:
    """Return the jobs that failed, went silent or were stopped, the gravest first."""
    order = ("failed", "lost", "stopped")
    ended = sorted(
        (status for status in statuses if status.state in order),
        key=lambda status: (order.index(status.state), status.job.log),
    )
    lines = []
    for status in ended[:limit]:
        line = Text(no_wrap=limit is not None, overflow="ellipsis")
        line.append(f"{status.state:9}", style=STYLES[status.state])
        line.append(f"{status.job.stage}  {status.job.name or status.job.rule}  ")
        lines.append(line.append(plain(status.message)))
    if len(lines) < len(ended):
        lines.append(Text(f"and {len(ended) - len(lines)} more", style="dim"))
    return ["", *lines] if lines else []


def outlook(current: Run, statuses: list[Status]) -> list[Text]:
    """Return when the run may end, and from what that is known."""
    if all(status.state == "done" for status in statuses):
        return [Text(f"all {len(statuses)} jobs are done", style="green")]
    expected = estimate(statuses, lambda job: current.seconds[job.log])
    basis = f"{duration(expected.work)} of job time left by "
    basis += "calibrated times" if current.calibrated else "the times of a model"
    if expected.measured:
        basis += f" × {expected.slowness:.2f}, as {expected.measured} jobs took so far"
    if expected.left is None:
        goes_on = f"nothing is at work; `make reproduce SCALE={current.scale}` goes on"
        return [Text(goes_on), Text(basis, style="dim")]
    at_once = sum(status.state == "running" for status in statuses)
    end = time.strftime("%a %d %b %H:%M", time.localtime(time.time() + expected.left))
    return [
        Text(f"done in about {duration(expected.left)}, {end}, with {at_once} at work as now"),
        Text(f"{basis}; queues not counted", style="dim"),
    ]


def prefixed(number: float) -> str:
    """Return a number to three digits, with the prefix of its unit: 3.2 T."""
    power = min(int(math.log10(max(number, 1)) / 3), 5)
    return f"{number / 1000**power:.3g} {['', 'k', 'M', 'G', 'T', 'P'][power]}"


def plain(fact: object) -> str:
    """Return what somebody else's file says as one line that no terminal can misread."""
    text = "" if fact is None else str(fact)
    return "".join(c if c.isprintable() else " " for c in text)


if __name__ == "__main__":
    run(main)
