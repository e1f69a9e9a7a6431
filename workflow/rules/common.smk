# What the rules of all studies share: the configuration in force, the code of a program, its
# options, the results of a study, and what jobs ask for.

import os
import signal
import sys
from functools import partial
from hashlib import sha256
from pathlib import Path

sys.path[:0] = ["workflow/scripts", "workflow"]

from driver.options import growing, options
from supnorm.configfile import read_configfile
from supnorm.configuration import as_yaml, of_study, resolve
from supnorm.hardware.cards import SLOWEST, named_card
from supnorm.job.imports import imported_files
from supnorm.job.origin import changes, head
from supnorm.job.programs import InputError
from supnorm.job.provenance import CONFIGURATION
from supnorm.job.surroundings import speak_utf8, surroundings
from supnorm.names import NAME
from supnorm.studies import all_studies, find_study

speak_utf8()

# Programs run under Snakemake's own interpreter, unless an environment of --sdm conda precedes it.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.getenv("PATH", "")])
environment = surroundings(os.environ) | {"PATH": PATH}
os.environ.clear()
os.environ.update(environment)

# SLURM signals every process of a job whose time is nearly up; only its program is to listen.
signal.signal(signal.SIGUSR1, signal.SIG_IGN)

# Of a key that stands twice Snakemake takes the last, and says nothing: files are read here before.
try:
    for file in ["config.yaml", *workflow.configfiles]:
        read_configfile(Path(file), os.path.relpath(file))
except InputError as error:
    sys.exit(str(error))


configfile: "config.yaml"


# `make reproduce` finds out once what `auto` is, and says it as it does a wish for a device: this
# file is read on every node. The card is that of the GPUs there, for the time that jobs ask for.
try:
    CONFIG = resolve(config)
    CARD = named_card(config.get("card", SLOWEST.name))
except InputError as error:
    sys.exit(str(error))

DEVICE = config.get("device", CONFIG["training"]["device"]).replace("auto", "cpu")
# How many of the GPUs of this machine a job takes that trains or evaluates networks by torch.
LOCAL_GPU = 1 if DEVICE == "cuda" else 0
ROOT = f"results/{CONFIG['scale']}"
STUDIES = CONFIG["studies"]

# Programs tell it in the records of what they did.
os.environ[CONFIGURATION] = sha256(as_yaml(CONFIG).encode()).hexdigest()

options = partial(options, CONFIG)

FIGURE_FILES = ["pdf", "png", "txt", "prov.json"]
# What drawing a figure asks for.
DRAWING = {"mem_mb": growing(1500), "runtime": growing(10)}


wildcard_constraints:
    family="[a-z][a-z_]*",
    dim="[0-9]+",
    samples="[0-9]+",
    depth="[0-9]+",
    width="[0-9]+",
    batch_rule=NAME,
    shard="[0-9]+of[0-9]+",


def one_of(values):
    """The constraint of a wildcard that is one of some values, or never anything."""
    return "|".join(map(str, values)) or "none"


def library(program):
    """The library files that a program imports: an edit of one of them reruns its rule."""
    return [str(file) for file in imported_files(Path(program))]


def code(program):
    """The inputs that are a program and what it imports."""
    return {"program": program, "library": library(program)}


def figures_of(study):
    """The figures of a study, as the configuration has it."""
    return find_study(study).shown(of_study(CONFIG, study))


def results_of(study):
    """The tables and figures of a study."""
    tables = [f"<root>/{study}/tables/{table}.parquet" for table in find_study(study).tables]
    figures = [
        f"<root>/{study}/figures/{figure}.{kind}"
        for figure in figures_of(study)
        for kind in FIGURE_FILES
    ]
    return [*tables, *figures]


def ends_of_studies(pattern):
    """The files of all figures, or all tables, of the studies that run."""
    return [
        f"<root>/{study}/{file}"
        for study in sorted(STUDIES)
        for file in dict.fromkeys(
            expand(pattern, figure=sorted(figures_of(study)), table=find_study(study).tables)
        )
    ]


def tables_of(study, figure):
    """The tables that a figure is drawn from, as inputs."""
    tables = find_study(study).figures[figure].tables
    return {table: f"<root>/{study}/tables/{table}.parquet" for table in tables}


def drawing_of(study, figure):
    """The files of a figure, as outputs; the report shows one of them."""
    index = find_study(study).figures[figure]
    return {
        "pdf": f"<results>/figures/{figure}.pdf",
        "png": report(
            f"<results>/figures/{figure}.png",
            caption=f"../report/{study}/{figure}.rst",
            category=study,
            labels={"figure": index.shows},
        ),
        "caption": f"<results>/figures/{figure}.txt",
        "record": f"<results>/figures/{figure}.prov.json",
    }


def tell_of_unknown_commit():
    """Say at the start of a run why its results cannot be archived: git knows no commit here."""
    try:
        head(), changes()
    except InputError as error:
        says = "results of this run cannot be archived, for the commit of this tree is not known"
        print(f"{says}: {error}", file=sys.stderr)


def prepare_for_slurm(jobs):
    """Ask SLURM whether it would take these jobs; end with one sentence if it would not."""
    from driver.cluster import check_requests, keep_sight_of_jobs

    keep_sight_of_jobs()
    try:
        check_requests(jobs)
    except InputError as error:
        sys.exit(str(error))
