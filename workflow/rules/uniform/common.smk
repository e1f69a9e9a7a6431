# What the rules of the study uniform share: its settings, its cells and their shards, the files of
# all of them, and what jobs ask for.

from supnorm.uniform.cells import budget_cells, cells, ranked_cells, sine_cell, training_options
from supnorm.uniform.references.own import own_files
from supnorm.work import shard_names

UNIFORM = of_study(CONFIG, "uniform")
try:
    UNIFORM_COSTS = find_study("uniform").expected_costs(UNIFORM, DEVICE, CARD)
    # Algorithms of one's own are code, and so inputs.
    OWN_ALGORITHMS = own_files(UNIFORM["reference"]["algorithms"])
except InputError as error:
    sys.exit(str(error))

# A cell: the students of one algorithm at one sample size, all teachers and seeds of a family. A
# shard: those of them that one job trains, and one job measures. In outputs these names are spelled
# out, for Snakemake sees no wildcards to constrain in <problem> and <shard>.
PROBLEM_NAME = "{family}/d{dim}_m{samples}"
SHARD_NAME = f"{PROBLEM_NAME}_L{{depth}}_w{{width}}_{{batch_rule}}_{{shard}}"
CELLS = list(cells(UNIFORM))
# Those whose students compete, and those of longer training.
RANKED, LONGER = list(ranked_cells(UNIFORM)), list(budget_cells(UNIFORM))
# Cheap cells train first, so that their errors are there early: the last have priority 1. Before
# all of them comes what they need, and what measures them.
COSTLIEST_FIRST = sorted(CELLS, key=lambda cell: -cell.students * cell.student_flops)
BEFORE_TRAINING = len(CELLS) + 1

TEACHERS = expand(
    "<results>/teachers/{family}/d{dim}.safetensors",
    family=UNIFORM["teacher"]["families"],
    dim=UNIFORM["teacher"]["dims"],
)


def of_all_problems(pattern, dims=UNIFORM["teacher"]["dims"]):
    """Files of all families, sample sizes and given dimensions; other wildcards stay."""
    return expand(
        pattern,
        allow_missing=True,
        family=UNIFORM["teacher"]["families"],
        dim=dims,
        samples=UNIFORM["sample"]["sizes"],
    )


def of_algorithms(folder, kind, widths=UNIFORM["student"]["widths"]):
    """The files of those cells for the family, dimension and sample size that are wildcards."""

    def files(wildcards):
        problem = wildcards.family, int(wildcards.dim), int(wildcards.samples)
        found = [cell for cell in RANKED if (cell.family, cell.dim, cell.samples) == problem]
        return of_shards(folder, kind, [cell for cell in found if cell.width in widths])

    return files


def of_all_cells(folder, kind="parquet"):
    """The files of all cells whose students compete."""
    return of_shards(folder, kind, RANKED)


def of_shards(folder, kind, cells, results="<results>"):
    """The files of some cells, shard after shard."""
    names = [name for cell in cells for name in shard_names(cell, UNIFORM)]
    return [f"{results}/{folder}/{name}.{kind}" for name in names]


def uniform_networks_on_a_line():
    """For other studies: the teachers for d = 1, and their students of the least width."""
    if 1 not in UNIFORM["teacher"]["dims"]:
        return {"teachers": [], "students": []}
    family, width = UNIFORM["teacher"]["families"][0], min(UNIFORM["student"]["widths"])
    chosen = [c for c in RANKED if (c.family, c.dim, c.width) == (family, 1, width)]
    return {
        "teachers": [f"<root>/uniform/teachers/{family}/d1.safetensors"],
        "students": sorted(of_shards("students", "safetensors", chosen, "<root>/uniform")),
    }


def shard_name(wildcards):
    return SHARD_NAME.format_map(wildcards)


def find_shard(wildcards):
    """The cell of a shard, and which of its students the shard has."""
    name = shard_name(wildcards)
    if name not in UNIFORM_COSTS.shards:
        raise WorkflowError(f"{name} is no shard of this configuration")
    return UNIFORM_COSTS.shards[name]


def told(name):
    """What a job that trains a shard is told, by name (`training_options`)."""
    return lambda wildcards: training_options(*find_shard(wildcards), UNIFORM)[name]


def megabytes(task, name=""):
    """The memory that an attempt at a job of a rule asks for; `name` has wildcards in it."""

    def asked(wildcards, attempt):
        return attempt * UNIFORM_COSTS.megabytes(task, name.format_map(wildcards))

    return asked


def minutes(task, name=""):
    """The time that an attempt at a job of a rule asks for, likewise."""

    def asked(wildcards, attempt):
        return UNIFORM_COSTS.minutes(task, name.format_map(wildcards), attempt)

    return asked


def training_priority(wildcards):
    cell, _ = find_shard(wildcards)
    return COSTLIEST_FIRST.index(cell) + 1
