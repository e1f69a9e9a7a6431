"""Run Snakemake in this tree, once at a time, and clean up after runs that were killed.

Snakemake alone refuses to start where a killed run left its lock, and knows nothing of jobs that
outlived that run. Here one driver holds an operating-system lock, which no kill leaves behind;
whoever holds it may end what remains of an earlier driver and remove the lock it left.
"""

import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

STATE = Path(".snakemake")
LOCK = STATE / "driver.lock"
# Files that programs write beside their outputs (supnorm.outputs): .<name>.<process>.<ending>.
TEMPORARY = r"\..+\.\d+\.[a-z]+"
PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> int:
    """Run all rules of a scale; further arguments go to Snakemake. Return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", help="scale of config.yaml to run, if not the one it names")
    parser.add_argument("--cores", default="all", help="cores to use (default: all)")
    arguments, further = parser.parse_known_args(argv)
    scale = ["--config", f"scale={arguments.scale}"] if arguments.scale else []
    snakemake = [sys.executable, "-m", "snakemake", "--cores", arguments.cores, *further, *scale]
    STATE.mkdir(exist_ok=True)
    with LOCK.open("a+") as lock:
        hold(lock)
        refuse_beside_snakemake()
        # Before anything is ended or removed: the lock may be that of a run on another machine.
        if snakemake_locked():
            remove_snakemake_lock(lock, snakemake)
        end_orphans()
        record_driver(lock)
        status = supervise(snakemake)
        end_orphans()
        if not snakemake_locked():
            lock.truncate(0)
    return status


def hold(lock) -> None:
    """Take the lock, or say who has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        driver = read_driver(lock)
        sys.exit(
            f"another run is at work in this tree (process {driver.get('pid', 'unknown')}); "
            "wait until it ends, or stop it, and run again"
        )


def refuse_beside_snakemake() -> None:
    """Exit where somebody runs snakemake in this tree without this driver."""
    for process in processes_here():
        if any(Path(part).name == "snakemake" for part in process.info["cmdline"][:3]):
            sys.exit(
                f"snakemake is at work in this tree (process {process.pid}); wait until it ends, "
                "or stop it, and run again"
            )


def end_orphans() -> None:
    """Kill programs that outlived the run which started them, and remove what they left half done.

    Their outputs are made again.
    """
    orphans = [process for process in processes_here() if is_program(process.info["cmdline"])]
    for process in orphans:
        print(f"ending process {process.pid}, left over from a run that was killed")
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(orphans, timeout=30)
    for path in Path("results").rglob(".*"):
        if re.fullmatch(TEMPORARY, path.name):
            path.unlink()


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


def remove_snakemake_lock(lock, snakemake: list[str]) -> None:
    """Remove the lock that a killed run of this driver left; exit if it may be another's."""
    if read_driver(lock).get("host") != socket.gethostname():
        sys.exit(
            "the tree is locked by a run of snakemake that this command did not start; if none is "
            "at work on any machine, remove the lock with `snakemake --unlock` and run again"
        )
    print("removing the lock that a killed run left")
    status = subprocess.run([*snakemake, "--unlock"]).returncode
    if status:
        sys.exit(status)


def record_driver(lock) -> None:
    """Write into the lock file which process holds it."""
    lock.truncate(0)
    json.dump({"host": socket.gethostname(), "pid": os.getpid()}, lock)
    lock.flush()


def read_driver(lock) -> dict:
    """Return what the present or last driver wrote; nothing after an orderly end."""
    lock.seek(0)
    try:
        return json.loads(lock.read() or "{}")
    except json.JSONDecodeError:
        return {}


def supervise(command: list[str]) -> int:
    """Run a command in a process group of its own, and pass on that we are asked to stop.

    When make dies, this driver is told to stop; when this driver dies, Snakemake does.
    """
    die_with_parent(signal.SIGTERM)
    child = subprocess.Popen(command, process_group=0, preexec_fn=begin_child)

    def stop(_number, _frame) -> None:
        os.killpg(child.pid, signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # What was ignored from the start, as by nohup, stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    return child.wait()


def begin_child() -> None:
    """Prepare the child: it hears of an interrupt from us alone, so it must not ignore it.

    What a shell starts in the background ignores interrupts, and so would what that starts.
    """
    die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def die_with_parent(number: int) -> None:
    """Ask for a signal when the parent process dies, where the system can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
