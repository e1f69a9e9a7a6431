# What all rules share: the configuration in force, the code of a program, the names of cells and
# their shards, and what jobs ask for.

import json
import os
import signal
import sys
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, "workflow/scripts")

from supnorm.hardware.cards import SLOWEST, named_card
from supnorm.configuration import as_yaml, resolve
from supnorm.job.imports import imported_files
from supnorm.job.programs import InputError
from supnorm.job.provenance import CONFIGURATION
from supnorm.uniform.throughput import CALIBRATION, Throughput, read_calibration
from supnorm.uniform.cells import cells, sine_cell
from supnorm.work import shard_names

# Programs run under Snakemake's own interpreter, unless an environment of --sdm conda precedes it.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), os.getenv("PATH", "")]))

# SLURM signals every process of a job whose time is nearly up; only its program is to listen.
signal.signal(signal.SIGUSR1, signal.SIG_IGN)

try:
    CONFIG = resolve(config, "workflow/schemas/config.schema.yaml")
except InputError as error:
    sys.exit(str(error))

# Programs tell it in the records of what they did.
os.environ[CONFIGURATION] = sha256(as_yaml(CONFIG).encode()).hexdigest()

RESULTS = f"results/{CONFIG['scale']}"
TEACHER, SAMPLE, STUDENT = CONFIG["teacher"], CONFIG["sample"], CONFIG["student"]
TRAINING, EVALUATION = CONFIG["training"], CONFIG["evaluation"]
CERTIFICATE, REFERENCE, SINE = CONFIG["certificate"], CONFIG["reference"], CONFIG["sine"]

# `make reproduce` finds out once what `auto` is, and says it as it does a wish for a device: this
# file is read on every node.
DEVICE = config.get("device", TRAINING["device"]).replace("auto", "cpu")

# What GPUs are there, for the time that jobs ask for.
CARD = named_card(config.get("card", SLOWEST.name))

try:
    THROUGHPUT = Throughput(CONFIG, DEVICE, read_calibration(CALIBRATION), CARD)
except InputError as error:
    sys.exit(str(error))

# How many of the GPUs of this machine a job takes that trains or evaluates networks by torch.
LOCAL_GPU = 1 if DEVICE == "cuda" else 0

# A cell: the students of one algorithm at one sample size, all teachers and seeds of a family. A
# shard: those of them that one job trains, and one job measures.
CELL_NAME = "{family}/d{dim}_m{samples}_L{depth}_w{width}_{batch_rule}"
SHARD_NAME = f"{CELL_NAME}_{{shard}}"
PROBLEM_NAME = "{family}/d{dim}_m{samples}"
CELLS = list(cells(CONFIG))
# Cheap cells train first, so that their errors are there early: the last have priority 1. Before
# all of them comes what they need, and what measures them.
COSTLIEST_FIRST = sorted(CELLS, key=lambda cell: -cell.students * cell.student_flops)
BEFORE_TRAINING = len(CELLS) + 1


def one_of(values):
    """The constraint of a wildcard that is one of some values, or never anything."""
    return "|".join(map(str, values)) or "none"


wildcard_constraints:
    family=one_of([*TEACHER["families"], "sine"]),
    dim="[0-9]+",
    samples="[0-9]+",
    depth="[0-9]+",
    width="[0-9]+",
    batch_rule="[a-z][a-z0-9]*",
    shard="[0-9]+of[0-9]+",


def prepare_for_slurm(jobs):
    """Ask SLURM whether it would take these jobs; end with one sentence if it would not."""
    sys.path.insert(0, "workflow")
    from driver.cluster import check_requests, keep_sight_of_jobs

    keep_sight_of_jobs()
    try:
        check_requests(jobs)
    except InputError as error:
        sys.exit(str(error))


def library(program):
    """The library files that a program imports: an edit of one of them reruns its rule."""
    return [str(file) for file in imported_files(Path(f"workflow/scripts/{program}.py"))]


def of_all_problems(pattern, dims=TEACHER["dims"]):
    """Files of all families, sample sizes and given dimensions; other wildcards stay."""
    return expand(
        pattern,
        allow_missing=True,
        family=TEACHER["families"],
        dim=dims,
        samples=SAMPLE["sizes"],
    )


def of_algorithms(folder, kind, widths=STUDENT["widths"]):
    """The files of all cells of the family, dimension and sample size that are wildcards."""

    def files(wildcards):
        problem = wildcards.family, int(wildcards.dim), int(wildcards.samples)
        found = [cell for cell in CELLS if (cell.family, cell.dim, cell.samples) == problem]
        return of_shards(folder, kind, [cell for cell in found if cell.width in widths])

    return files


def of_all_cells(folder, kind="parquet"):
    """The files of all cells of teachers."""
    return of_shards(folder, kind, [cell for cell in CELLS if cell.family != "sine"])


def of_shards(folder, kind, cells):
    """The files of some cells, shard after shard."""
    names = [name for cell in cells for name in shard_names(cell, CONFIG)]
    return [f"<results>/{folder}/{name}.{kind}" for name in names]


def named_wildcards(wildcards):
    """Wildcards as programs take them, for the record."""
    return [f"{name}={value}" for name, value in wildcards.items()]


def shard_name(wildcards):
    return SHARD_NAME.format_map(wildcards)


def find_shard(wildcards):
    """The cell of a shard, and which of its students the shard has."""
    name = shard_name(wildcards)
    if name not in THROUGHPUT.shards:
        raise WorkflowError(f"{name} is no shard of this configuration")
    return THROUGHPUT.shards[name]


def training_priority(wildcards):
    cell, _ = find_shard(wildcards)
    return COSTLIEST_FIRST.index(cell) + 1


def megabytes(task, name=""):
    """The memory that an attempt at a job of a rule asks for; `name` has wildcards in it."""

    def asked(wildcards, attempt):
        return attempt * THROUGHPUT.megabytes(task, name.format_map(wildcards))

    return asked


def minutes(task, name=""):
    """The time that an attempt at a job of a rule asks for, likewise."""

    def asked(wildcards, attempt):
        return THROUGHPUT.minutes(task, name.format_map(wildcards), attempt)

    return asked


def growing(amount):
    """Memory or time of which each attempt asks for more."""
    return lambda wildcards, attempt: attempt * amount
