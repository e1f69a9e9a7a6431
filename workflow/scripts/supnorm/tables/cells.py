"""The columns that name a cell: students that share all but teacher, seed and time."""

from supnorm.tables.schema import Column, integer, text

FAMILY: tuple[Column, ...] = (text("family", "kind of target function"),)
DIM: tuple[Column, ...] = (integer("dim", "input dimension d"),)
SAMPLES: tuple[Column, ...] = (integer("samples", "sample size m"),)
STUDENT: tuple[Column, ...] = (
    integer("depth", "affine layers of the student; 0 where there is no network"),
    integer("width", "neurons in a hidden layer of the student; 0 where there is no network"),
    text(
        "batch_rule",
        'name of the batch rule in the configuration; "none" where there is no network',
    ),
    integer("batch", "batch size; 0 where there is no network", "samples"),
)
PAIR: tuple[Column, ...] = (
    integer("teacher", "number of the teacher within its family and dimension, from 0"),
    integer("seed", "seed of the points, initial weights and shuffles"),
)
CELL = FAMILY + DIM + SAMPLES + STUDENT
# What the wildcards of rules are: those of a problem, and those of a shard of a cell.
PROBLEM = FAMILY + DIM + SAMPLES
SHARD = (*PROBLEM, *STUDENT[:3], text("shard", "which of the shards of its cell, as 1of3"))
