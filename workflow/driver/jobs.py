"""The jobs of a run, as Snakemake lists them: what a plan and a view of progress start from."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from supnorm.configfile import read_configfile
from supnorm.configuration import chosen_scale, of_study, resolve
from supnorm.costs import Costs
from supnorm.hardware.cards import SLOWEST, Card, find_card, named_card
from supnorm.hardware.devices import visible_names
from supnorm.job.origin import ARCHIVED
from supnorm.job.programs import InputError
from supnorm.names import is_name
from supnorm.studies import all_studies

# What tells the root of the repository from other folders.
SNAKEFILE = "workflow/Snakefile"
# `snakemake --detailed-summary` is a table, but of a job that has not run it tells no log, and of a
# file not which others its job writes.
JOB = re.compile(r"^(?:local)?rule (\w+):\n((?: {4}.*\n)+)", re.MULTILINE)
FIELD = re.compile(r"^ {4}(output|log): (.*)$", re.MULTILINE)
MEMORY = re.compile(r"^ {4}resources: .*\bmem_mb=(\d+)", re.MULTILINE)

# Where Snakemake keeps its notes on a tree.
STATE = Path(".snakemake")
# A user's own profile, which may be named by the environment, is not asked for; that of the
# repository is taken all the same.
NO_PROFILE = ("--profile", "none")


@dataclass(frozen=True)
class Job:
    """A job: its rule, the files it writes, and whether a run would do it now.

    `log` is results/<scale>/<study>/logs/<rule>/<name>.log, or <rule>.log of a rule with one job,
    whose name is ""; that of the document has no <study>. `heartbeat` is where its program tells
    how far it is, None if it does not. `megabytes` is the memory that its first attempt asks for,
    without that of a GPU, 0 if for none. A job is `pending` when outputs are missing, incomplete or
    stale.
    """

    rule: str
    outputs: tuple[Path, ...]
    log: Path
    heartbeat: Path | None
    megabytes: int
    pending: bool

    @property
    def study(self) -> str:
        """Return the study that it is of; "" for what spans studies."""
        folder = self.log.parts[2]
        return "" if folder == "logs" else folder

    @property
    def name(self) -> str:
        """Return which of its rule's jobs it is: a shard or a problem, as in random/d1_m100."""
        parts = self.log.with_suffix("").parts
        return "/".join(parts[parts.index("logs") + 2 :])

    @property
    def stage(self) -> str:
        """Return the folder of its study's results that it fills, as uniform/students.

        What spans studies, or lies beside these folders, is "document".
        """
        parts = self.outputs[0].parts
        return "/".join(parts[2:4]) if self.study and len(parts) > 4 else "document"


def configuration(scale: str | None) -> dict:
    """Return the configuration in force at a scale.

    Without one, the scale is that of the archive that this tree was unpacked from, or else the one
    that config.yaml names. Works in the root of the repository. Raises InputError where that is
    not the case, or where the configuration is wrong.
    """
    if not Path(SNAKEFILE).is_file():
        raise InputError(f"{Path.cwd()}: expected the root of the repository, found no {SNAKEFILE}")
    results = Path("results")
    if os.path.lexists(results) and not results.is_dir():
        found = "a link to nothing" if results.is_symlink() else "a file"
        raise InputError(f"results: expected a folder, or a link to one, found {found}")
    config = read_configfile(Path("config.yaml"))
    if scale := scale or archived_scale():
        config["scale"] = scale
    return resolve(config)


def expected_costs(config: dict, device: str, card: Card) -> dict[str, Costs]:
    """Return what jobs are expected to take, by their study; those of the document by ""."""
    of_studies = {
        study.name: study.expected_costs(of_study(config, study.name), device, card)
        for study in all_studies()
    }
    return {"": Costs(), **of_studies}


def is_drawing(rule: str) -> bool:
    """Return whether a rule draws from tables what is to be looked at: a figure, the document."""
    return rule.startswith("plot_") or rule == "build_paper"


def archived_scale(root: Path = Path()) -> str | None:
    """Return the scale of the archive that a tree was unpacked from; None if it was from none.

    Raises InputError where the archive does not say.
    """
    path = root / ARCHIVED
    if not path.is_file():
        return None
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        scale = json.loads(path.read_bytes())["scale"]
        if is_name(scale):
            return scale
    raise InputError(f"{ARCHIVED}: expected the name of a scale, found none")


def default_scale() -> str:
    """Return the scale of the archive that this tree was unpacked from, else that of config.yaml.

    Raises InputError where that names none.
    """
    return archived_scale() or chosen_scale(read_configfile(Path("config.yaml")))


def run_device(config: dict) -> str:
    """Return where a run trains, "cpu" or "cuda"; where it is for the machine to say, "cpu"."""
    configured = config["training"]["device"]
    return trained_on(config) or ("cpu" if configured == "auto" else configured)


def run_card(device: str, named: str | None = None) -> tuple[Card, str]:
    """Return the card of a run's GPUs, and who says so.

    That is the one that was named, else the slowest of this machine's where a run trains on
    "cuda", else the slowest of all. Raises InputError where the name is not known.
    """
    if named:
        return named_card(named), "as --card says"
    names = []
    if device == "cuda":
        # A driver that fails has its sentence where a run starts.
        with contextlib.suppress(InputError):
            names = visible_names()
    cards = [card for name in names if (card := find_card(name))]
    if cards and len(cards) == len(names):
        return min(cards, key=lambda card: card.float64), "as nvidia-smi says"
    told = f"nvidia-smi says {', '.join(dict.fromkeys(names))}" if names else "none is named"
    return SLOWEST, f"the slowest known, as {told}"


def trained_on(config: dict) -> str | None:
    """Return where the latest training of a scale to start was, by its heartbeat; None if none."""
    told = []
    for path in Path("results", config["scale"]).glob("*/logs/train_*/**/*.json"):
        # Files come and go, and need not be heartbeats.
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            facts = json.loads(path.read_text()) if path.is_file() else {}
            if facts["device"] in ("cpu", "cuda"):
                told.append((float(facts["started"]), facts["device"]))
    return max(told, default=(0, None))[1]


def jobs(scale: str, device: str = "cpu") -> list[Job]:
    """Return all jobs of a scale; takes Snakemake some seconds, also beside a run at work.

    `device` is where the run trains. Raises InputError with what Snakemake said if it fails.
    """
    return jobs_of(*NO_PROFILE, "--config", f"scale={scale}", f"device={device}")


def jobs_of(*options: str) -> list[Job]:
    """Return all jobs that Snakemake has for these options, whatever it has done of them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # Snakemake writes even where it only looks: in another folder, where it may not here.
        may_write = os.access(STATE if STATE.exists() else Path(), os.W_OK)
        tree = Path() if may_write else _links(Path(folder, "tree"))
        # Together, as they take the same time: one knows all jobs, the other those to be done.
        asked = [_dry_run(tree, folder, *which, *options) for which in (["--forceall"], [])]
        every, pending = [_jobs_in(_answer(process)) for process in asked]
    return [Job(*job, job in pending) for job in every]


def _dry_run(tree: Path, cache: str, *options: str) -> subprocess.Popen:
    return subprocess.Popen(
        # Of what a profile may leave out, this leaves out least.
        [sys.executable, "-m", "snakemake", "--quiet", "host", "--dry-run", *options],
        cwd=tree,
        env=os.environ | {"XDG_CACHE_HOME": cache},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _links(folder: Path) -> Path:
    """Return a folder of links to all that is in this tree, and to what Snakemake knows of it.

    Results are links one by one: it takes for protected what is none and cannot be written to.
    """
    results, known = Path("results"), [STATE / "metadata", STATE / "incomplete"]
    (folder / STATE).mkdir(parents=True)
    for path in [*Path().iterdir(), *filter(Path.exists, known)]:
        if path not in (STATE, results):
            (folder / path).symlink_to(path.absolute())
    try:
        shutil.copytree(results, folder / results, copy_function=_link)
    except shutil.Error as error:
        path, _, says = error.args[0][0]
        raise InputError(f"{path}: expected what you may read, found: {says}") from None
    return folder


def _link(source: str, target: str) -> None:
    """Make a link to a file, as old as that is."""
    Path(target).symlink_to(Path(source).absolute())
    age = Path(source).stat().st_mtime_ns
    os.utime(target, ns=(age, age), follow_symlinks=False)


def _answer(process: subprocess.Popen) -> str:
    answer, _ = process.communicate()
    if process.returncode:
        last = (answer.strip() or "nothing").splitlines()[-1]
        raise InputError(f"snakemake --dry-run failed, expected its list of jobs; it said: {last}")
    return answer


def _jobs_in(answer: str) -> dict[tuple, None]:
    """Return what a dry run lists of its jobs, in its order, as a Job has it but `pending`."""
    found = {}
    for rule, body in JOB.findall(answer):
        files = {field: tuple(map(Path, names.split(", "))) for field, names in FIELD.findall(body)}
        if "output" in files:
            log, heartbeat = [*files["log"], None][:2]
            asked = MEMORY.search(body)
            megabytes = int(asked[1]) if asked else 0
            found[rule, files["output"], log, heartbeat, megabytes] = None
    return found
