# What all rules share: the configuration in force, the code of a program, the names of cells,
# and what a cell costs.

import itertools
import json
import math
import os
import sys
from pathlib import Path

sys.path.insert(0, "workflow/scripts")

from supnorm.configuration import batch_size, resolve
from supnorm.imports import imported_files
from supnorm.programs import InputError

# Programs run under Snakemake's own interpreter, unless an environment of --sdm conda precedes it.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), os.getenv("PATH", "")]))

try:
    CONFIG = resolve(config, "workflow/schemas/config.schema.yaml")
except InputError as error:
    sys.exit(str(error))

TEACHER, SAMPLE, STUDENT = CONFIG["teacher"], CONFIG["sample"], CONFIG["student"]
TRAINING, EVALUATION = CONFIG["training"], CONFIG["evaluation"]
CERTIFICATE, REFERENCE, SINE = CONFIG["certificate"], CONFIG["reference"], CONFIG["sine"]

# Above the priority of any training: the longest can start first only when all samples are there.
DATA_FIRST = 10**9

# A cell: the students of one algorithm at one sample size, all teachers and seeds of a family.
CELL_NAME = "{family}/d{dim}_m{samples}_L{depth}_w{width}_{batch_rule}"


wildcard_constraints:
    family="|".join([*TEACHER["families"], "sine"]),
    dim="[0-9]+",
    samples="[0-9]+",
    depth="[0-9]+",
    width="[0-9]+",
    batch_rule="[a-z][a-z0-9]*",


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
    """The files of all cells of a family, dimension and sample size, which stay wildcards."""
    return expand(
        f"<results>/{folder}/{CELL_NAME}.{kind}",
        allow_missing=True,
        depth=STUDENT["depths"],
        width=widths,
        batch_rule=list(STUDENT["batch_rules"]),
    )


def of_all_cells(folder, kind="parquet"):
    """The files of all cells below a folder of the results."""
    return [file for pattern in of_algorithms(folder, kind) for file in of_all_problems(pattern)]


def batch(wildcards):
    if wildcards.family == "sine":
        return SINE["batch"]
    return batch_size(STUDENT["batch_rules"][wildcards.batch_rule], int(wildcards.samples))


def epochs(wildcards):
    if wildcards.family == "sine":
        return SINE["epochs"]
    return STUDENT["batch_rules"][wildcards.batch_rule]["epochs"]


def students(wildcards):
    """How many students a cell has."""
    if wildcards.family == "sine":
        return len(SINE["seeds"])
    return TEACHER["count"] * len(SAMPLE["seeds"])


def network_size(dim, depth, width):
    """How many parameters a network has."""
    sizes = [int(dim), *[int(width)] * (int(depth) - 1), 1]
    return sum((fan_in + 1) * out for fan_in, out in zip(sizes, sizes[1:]))


def parameters(wildcards):
    """How many parameters a student has."""
    return network_size(wildcards.dim, wildcards.depth, wildcards.width)


def all_parameters(wildcards):
    """How many parameters a student of each algorithm has, in all."""
    architectures = itertools.product(STUDENT["depths"], STUDENT["widths"])
    sizes = sum(network_size(wildcards.dim, *shape) for shape in architectures)
    return len(STUDENT["batch_rules"]) * sizes


def training_mb(wildcards, attempt):
    """Memory to train a cell: parameters, gradient, two moments, the evaluations twice over,
    activations of a batch, the labels three times over, and what Python and torch take."""
    stored = parameters(wildcards) * (4 + 2 * EVALUATION["times"])
    held = int(wildcards.depth) * int(wildcards.width) * max(batch(wildcards), 1024)
    numbers = students(wildcards) * (stored + 2 * held + 3 * int(wildcards.samples))
    return attempt * math.ceil(700 + 8 * numbers / 1e6)


def training_minutes(wildcards, attempt):
    """Time to train a cell, at a slow core's or GPU's rate of arithmetic."""
    rate = {"cpu": 2e9, "cuda": 5e11}[TRAINING["device"]]
    work = 6 * parameters(wildcards) * students(wildcards) * int(wildcards.samples)
    return attempt * math.ceil(10 + work * epochs(wildcards) / rate / 60)


def evaluation_points(dim):
    """The option for uniform points on which errors are sampled, if any are."""
    exact = EVALUATION["method"] == "exact" and int(dim) == 1
    return "" if exact else f"--points {EVALUATION['points']}"


def measuring_minutes(wildcards, attempt):
    """Time to measure the errors of a cell, likewise."""
    return attempt * evaluating_minutes(parameters(wildcards) * students(wildcards))


def adversary_mb(wildcards, attempt):
    """Memory for one teacher's students by all algorithms, at all evaluations, three times over."""
    count = len(SAMPLE["seeds"]) * EVALUATION["times"]
    return attempt * math.ceil(1500 + 24 * all_parameters(wildcards) * count / 1e6)


def adversary_minutes(wildcards, attempt):
    """Time to measure them without a spike, and with one of either sign."""
    count = 3 * len(SAMPLE["seeds"])
    return attempt * evaluating_minutes(all_parameters(wildcards) * count)


def comparing_mb(wildcards, attempt):
    """Memory for the largest students that may decide, of one evaluation and teacher."""
    shapes = itertools.product(TEACHER["dims"], STUDENT["depths"], STUDENT["widths"])
    largest = max(network_size(*shape) for shape in shapes)
    return attempt * math.ceil(1500 + 24 * largest * len(SAMPLE["seeds"]) / 1e6)


def evaluating_minutes(numbers):
    """Time to evaluate networks of so many parameters in all, at each evaluation, on all points."""
    rate = {"cpu": 2e9, "cuda": 5e11}[TRAINING["device"]]
    work = 2 * numbers * EVALUATION["times"] * EVALUATION["points"]
    return math.ceil(10 + work / rate / 60)
