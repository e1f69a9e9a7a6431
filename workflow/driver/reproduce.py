"""Run Snakemake in this tree, once at a time, and clean up after runs that were killed.

Snakemake alone refuses to start where a killed run left its lock, and knows nothing of jobs that
outlived that run. Here one driver holds an operating-system lock, which no kill leaves behind;
whoever holds it may end what remains of an earlier driver and remove the lock it left. On this
machine it also finds the GPUs and says how many jobs may have one; with a profile, as for SLURM,
that is the cluster's matter.
"""

import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TextIO

import psutil

from driver.jobs import (
    NO_PROFILE,
    STATE,
    archived_scale,
    configuration,
    is_drawing,
    jobs,
    jobs_of,
    trained_on,
)
from supnorm.hardware.devices import visible_gpus
from supnorm.job.programs import InputError, count, telling_lacks
from supnorm.job.surroundings import speak_utf8
from supnorm.schemas import studies

LOCK = STATE / "driver.lock"
PROBE = ("-m", "driver.probe_gpu")
PROBE_SECONDS = 300
# Trainings that are told to end are saved first; SLURM may leave them minutes for it.
STOP_SECONDS, CANCEL_SECONDS = 60, 900
# Files that programs write beside outputs (supnorm.job.outputs): .<name>.<host>-<process>.<ending>.
TEMPORARY = r"\..+\..+-\d+\.[a-z]+"
PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> int:
    """Run all rules of a scale; further arguments go to Snakemake. Return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", help="scale of config.yaml to run, if not the one it names")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--study", choices=studies(), help="study to make, and what it needs")
    parser.add_argument(
        "--cores", type=cores, default="all", help="cores to use, or all of them (default: all)"
    )
    parser.add_argument(
        "--device",
        choices=["auto", "cpu", "cuda"],
        default="auto",
        help="in place of training.device; auto (default) is what config.yaml says",
    )
    parser.add_argument(
        "--card", help="what GPUs are there, as A100, for the time that jobs ask for"
    )
    parser.add_argument("--profile", help="profile of a cluster, as slurm, to run there")
    parser.add_argument("--config", nargs="*", default=[], help="settings, as of snakemake")
    what.add_argument(
        "--figures",
        action="store_true",
        help="only draw figures and the paper anew, from the tables that are there",
    )
    arguments, further = parser.parse_known_args(argv)
    if arguments.figures:
        # Nothing trains, so no GPU is looked for, nor one that trained before asked for again.
        arguments.device = "cpu"
    keep_caches()
    with alone() as lock:
        refuse_beside_snakemake()
        # Before anything is ended or removed: the lock may be that of a run on another machine.
        refuse_foreign_lock(lock)
        where, settings = options(arguments)
        snakemake = [sys.executable, "-m", "snakemake", *where]
        targets = [arguments.study] if arguments.study else []
        clean_up(on_cluster=bool(arguments.profile or read_driver(lock).get("profile")))
        if snakemake_locked():
            remove_snakemake_lock([*snakemake, *settings])
        if arguments.figures:
            targets = redrawing(settings)
        elif not further:
            targets = with_what_is_gone(targets, where, settings)
        record_driver(lock, arguments.profile)
        status = supervise([*snakemake, *targets, *further, *settings])
        if not snakemake_locked():
            lock.truncate(0)
        if status:
            clean_up(on_cluster=bool(arguments.profile))
    return status


def cores(text: str) -> str:
    """Return how many cores a command line names: a number, or all."""
    return text if text == "all" else str(count(text))


def keep_caches() -> None:
    """Let Snakemake and programs keep caches in this tree where they may not elsewhere."""
    try:
        usual = Path(os.getenv("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
        usual.mkdir(parents=True, exist_ok=True)
        writable = os.access(usual, os.W_OK)
    except (OSError, RuntimeError):
        writable = False
    if not writable:
        os.environ["XDG_CACHE_HOME"] = str((STATE / "cache").absolute())


def options(arguments: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Return Snakemake's options: where it runs, and settings that replace those of config.yaml.

    It runs by a cluster's profile, or on the cores and GPUs of this machine.
    """
    settings = dict(setting.partition("=")[::2] for setting in arguments.config)
    scale = arguments.scale or settings.get("scale") or archived_scale()
    if scale:
        settings["scale"] = scale
    if arguments.profile:
        where, device = ["--profile", arguments.profile], arguments.device
        given = {"--device": device != "auto", "--card": arguments.card}
        if any(given.values()) and not settings:
            option = next(name for name in given if given[name])
            raise InputError(
                f"{option} takes the place of the profile's scale; expected --scale too"
            )
    else:
        device, gpus = choose_device(arguments.device, settings.get("scale"))
        where = [*NO_PROFILE, "--cores", arguments.cores]
        if gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
            # Not at the end: it would take a target that follows for a further resource.
            where = ["--resources", f"local_gpu={len(gpus)}", *where]
    if device != "auto":
        settings["device"] = device
    if arguments.card:
        settings["card"] = arguments.card
    given = [f"{key}={value}" for key, value in settings.items()]
    return where, ["--config", *given] if given else []


def redrawing(settings: list[str]) -> list[str]:
    """Return the options by which all figures and the paper are made anew, and nothing else.

    Without its own notes, as in an unpacked archive, Snakemake would make all results anew. It
    is told to know no other rules, so that it takes the tables as they are. `settings` are what
    it is given otherwise, of which one may name the scale.
    """
    named = [setting.removeprefix("scale=") for setting in settings if setting.startswith("scale=")]
    scale = configuration(next(iter(named), None))["scale"]
    if not any(Path("results", scale).glob("*/tables")):
        raise InputError(
            f"results/{scale}: expected tables to draw from, found none; run `make "
            f"reproduce SCALE={scale}` first"
        )
    drawn = [job for job in jobs(scale) if is_drawing(job.rule)]
    rules = {job.rule: None for job in drawn}
    print(
        f"drawing {len(rules) - 1} figures and the paper of results/{scale} anew, from the tables "
        "that are there; nothing is trained or measured"
    )
    files = [str(path) for job in drawn for path in job.outputs]
    return [*files, "--forceall", "--allowed-rules", *rules]


def with_what_is_gone(targets: list[str], where: list[str], settings: list[str]) -> list[str]:
    """Return targets, and what is gone of the files from which they were made.

    Snakemake by itself makes no file again where all is there that was made from it; but trace,
    verify and archive need it. All targets are meant where none is named.
    """
    # What is wrong is told at length when the run starts.
    with contextlib.suppress(InputError):
        done = [job for job in jobs_of(*where, *targets, *settings) if not job.pending]
        gone = [str(path) for job in done for path in job.outputs if not path.exists()]
        if gone:
            print(
                f"files that are gone: {len(gone)}, the first {gone[0]}; they are made again, and "
                "all that follows from them"
            )
            return [*(targets or ["all"]), *gone]
    return targets


def choose_device(wanted: str, scale: str | None) -> tuple[str, list[str]]:
    """Return the device of a run on this machine, and which GPUs its jobs may use.

    Only a wish for CUDA by --device is refused where there is no GPU: a dry run or a report of
    what was made elsewhere needs none. A scale that was trained on one device is not trained on
    another because a GPU came, broke or is busy: raises InputError.
    """
    config = configuration(scale)
    device = config["training"]["device"] if wanted == "auto" else wanted
    if device == "cpu":
        return "cpu", []
    try:
        gpus = visible_gpus()
    except InputError as error:
        print(error)
        gpus = []
    if device == "auto":
        gpus = working(gpus)
        found, before = "cuda" if gpus else "cpu", trained_on(config)
        if before not in (None, found):
            raise InputError(
                f"results/{config['scale']} was trained on {before}, and this machine would train "
                f"on {found} now; expected --device cuda or cpu: another device trains it anew"
            )
        return found, gpus
    if wanted == "cuda" and not gpus:
        raise InputError("--device is cuda; expected a GPU here that nvidia-smi lists, found none")
    return "cuda", gpus


def working(gpus: list[str]) -> list[str]:
    """Return the GPUs on which a few students train as on the CPU; say why others do not."""
    probes = {
        gpu: subprocess.Popen(
            [sys.executable, *PROBE],
            env=os.environ | {"CUDA_VISIBLE_DEVICES": gpu},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for gpu in gpus
    }
    troubles = {}
    for gpu, process in probes.items():
        try:
            _, said = process.communicate(timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            said = f"a short training does not end within {PROBE_SECONDS} s"
        if process.returncode != 0:
            lines = said.splitlines() or [f"a short training ends with {process.returncode}"]
            troubles.setdefault(lines[-1], []).append(gpu)
    for trouble, some in troubles.items():
        print(f"no training on {', '.join(some)}: {trouble}")
    return [gpu for gpu in gpus if probes[gpu].returncode == 0]


@contextlib.contextmanager
def alone() -> Iterator[TextIO]:
    """Hold the lock of this tree meanwhile; end with a sentence where it cannot be had."""
    try:
        STATE.mkdir(exist_ok=True)
        file = LOCK.open("a+")
    except PermissionError as error:
        sys.exit(
            f"{LOCK}: expected a tree that you may write to, found: {error.strerror}; `make plan`, "
            "`make watch` and `make trace` only look, for the others clone it"
        )
    except OSError as error:
        sys.exit(f"{error.filename}: expected a place for the lock, found: {error.strerror}")
    with file as lock:
        hold(lock)
        yield lock


def hold(lock: TextIO) -> None:
    """Take the lock, or say who has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        driver = read_driver(lock)
        sys.exit(
            f"another run is at work in this tree (process {driver.get('pid', 'unknown')}); "
            "wait until it ends, or stop it, and run again"
        )
    except OSError as error:
        sys.exit(
            f"{LOCK}: expected a file system with locks (flock), found: {error.strerror}; use "
            "`snakemake` itself here"
        )


def refuse_beside_snakemake() -> None:
    """Exit where somebody runs snakemake in this tree without this driver.

    What a job of a cluster runs on this machine is no such run, nor is a dry run.
    """
    for process in processes_here():
        command = process.info["cmdline"]
        harmless = {"remote", "--dry-run", "-n"} & set(command)
        if any(Path(part).name == "snakemake" for part in command[:3]) and not harmless:
            sys.exit(
                f"snakemake is at work in this tree (process {process.pid}); wait until it ends, "
                "or stop it, and run again"
            )


def clean_up(on_cluster: bool) -> None:
    """End jobs that outlived the run which started them, and remove what they left half done.

    Their outputs are made again. A job of SLURM elsewhere may be writing what looks half done
    from here: those end first. Where a run was `on_cluster`, SLURM must answer.
    """
    end_cluster_jobs(on_cluster)
    end_orphans()
    for path in Path("results").rglob(".*"):
        if re.fullmatch(TEMPORARY, path.name):
            path.unlink()


def end_cluster_jobs(on_cluster: bool) -> None:
    """Cancel this tree's jobs in SLURM, and wait until none is left."""
    cancelled, deadline = set(), time.monotonic() + CANCEL_SECONDS
    while jobs := cluster_jobs(on_cluster):
        if time.monotonic() > deadline:
            sys.exit(
                f"jobs of this tree are still in SLURM {CANCEL_SECONDS} s after scancel "
                f"({', '.join(sorted(jobs))}); wait until they end, and run again"
            )
        if late := jobs - cancelled:
            print(f"cancelling {len(late)} SLURM jobs, left over from a run that has ended")
            subprocess.run(["scancel", *late])
            cancelled |= late
        time.sleep(1)


def cluster_jobs(on_cluster: bool) -> set[str]:
    """Return the numbers of this user's SLURM jobs that Snakemake submitted in this tree."""
    if not shutil.which("squeue"):
        return set()
    listed = subprocess.run(
        ["squeue", "--me", "--noheader", "--format=%i\t%k\t%Z"], capture_output=True, text=True
    )
    if listed.returncode and on_cluster:
        sys.exit(
            "squeue does not tell which jobs a run left in SLURM; wait until it does, and run "
            f"again: {' '.join(listed.stderr.split())}"
        )
    jobs = [line.split("\t") for line in listed.stdout.splitlines()]
    return {
        number
        for number, comment, folder in jobs
        if comment.startswith("rule_") and folder == str(Path.cwd())
    }


def end_orphans() -> None:
    """Stop programs that run on this machine without their run: trainings are saved first."""
    orphans = [process for process in processes_here() if is_program(process.info["cmdline"])]
    for process in orphans:
        print(f"ending process {process.pid}, left over from a run that was killed")
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(orphans, timeout=STOP_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=30)


def is_program(command: list[str]) -> bool:
    """Return whether a command line is that of a rule's program, as Snakemake starts it."""
    return (
        len(command) > 1
        and Path(command[0]).name.startswith("python")
        and command[1].startswith("workflow/scripts/")
    )


def processes_here() -> Iterator[psutil.Process]:
    """Yield the other processes whose working directory is this tree."""
    for process in psutil.process_iter(["cmdline", "cwd"]):
        here = process.info["cwd"] == str(Path.cwd())
        if here and process.info["cmdline"] and process.pid != os.getpid():
            yield process


def snakemake_locked() -> bool:
    """Return whether a run of Snakemake is at work in this tree, or was killed in it."""
    return any((STATE / "locks").glob("*"))


def refuse_foreign_lock(lock) -> None:
    """Exit where the tree is locked, but not by a run of this driver on this machine."""
    if snakemake_locked() and read_driver(lock).get("host") != socket.gethostname():
        sys.exit(
            "the tree is locked by a run of snakemake that this command did not start; if none is "
            "at work on any machine, remove the lock with `snakemake --unlock` and run again"
        )


def remove_snakemake_lock(snakemake: list[str]) -> None:
    """Remove the lock that a killed run of this driver left."""
    print("removing the lock that a killed run left")
    status = started([*snakemake, "--unlock"]).wait()
    if status:
        sys.exit(status)


def record_driver(lock, profile: str | None) -> None:
    """Write into the lock file which process holds it, and by which profile it runs."""
    lock.truncate(0)
    driver = {"host": socket.gethostname(), "pid": os.getpid(), "profile": profile}
    json.dump(driver, lock)
    lock.flush()


def read_driver(lock) -> dict:
    """Return what the present or last driver wrote; nothing after an orderly end."""
    lock.seek(0)
    with contextlib.suppress(ValueError):
        found = json.loads(lock.read())
        if isinstance(found, dict):
            return found
    return {}


def supervise(command: list[str]) -> int:
    """Run a command in a process group of its own, and pass on that we are asked to stop.

    When make dies, this driver is told to stop; when this driver dies, Snakemake does.
    """
    die_with_parent(signal.SIGTERM)
    child = started(command, process_group=0)

    def stop(_number, _frame) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGINT)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # What was ignored from the start, as by nohup, stays ignored.
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, stop)
    status = child.wait()
    # The rest is cleaning up, which another run would do.
    for number in heard:
        signal.signal(number, signal.SIG_DFL)
    return status


def started(command: list[str], **how: int) -> subprocess.Popen:
    """Start a process that dies with this driver, so that another run need not wait for it."""
    return subprocess.Popen(command, preexec_fn=partial(begin_child, os.getpid()), **how)


def begin_child(driver: int) -> None:
    """Prepare a child of the driver: it dies with it, and does not ignore an interrupt.

    What a shell starts in the background ignores interrupts, and so would what that starts.
    """
    die_with_parent(signal.SIGKILL)
    if os.getppid() != driver:
        # It died first, and no signal will come.
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def die_with_parent(number: int) -> None:
    """Ask for a signal when the parent process dies, where the system can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))


if __name__ == "__main__":
    # In a log, too, our lines and Snakemake's stand in their order.
    speak_utf8()
    sys.stdout.reconfigure(line_buffering=True)
    try:
        with telling_lacks():
            sys.exit(main(sys.argv[1:]))
    except InputError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
