"""tables/minmax.parquet and tables/rates.parquet: what the best algorithm reaches."""

from supnorm.tables.cells import DIM, FAMILY, SAMPLES
from supnorm.tables.schema import Schema, integer, real, text

SET = (text("algorithm_set", 'the algorithms that compete: "network" is the paper\'s set'),)
STATISTIC = (
    text("norm", 'p of the L^p norm on Q: "1", "2" or "inf"'),
    text("statistic", 'over teachers: the maximum ("minmax") or the mean ("minmean")'),
)

MINMAX = Schema(
    "the least error of an algorithm, maximum or mean over teachers of the mean over seeds",
    (
        *FAMILY,
        *SET,
        *DIM,
        *SAMPLES,
        *STATISTIC,
        real("error", "the statistic's value"),
        real("low", "least value over seeds, algorithm and teacher as decided"),
        real("high", "largest value over seeds, algorithm and teacher as decided"),
        text("algorithm", "deciding algorithm"),
        integer("depth", "affine layers of the deciding algorithm"),
        integer("width", "hidden neurons a layer of the deciding algorithm"),
        text("batch_rule", "batch rule of the deciding algorithm"),
        integer("evaluation", "evaluation at which the algorithm stops"),
        integer("teacher", "teacher that attains the maximum; null for minmean", nullable=True),
    ),
)

RATES = Schema(
    "the straight line through log error against log m, error = constant * m^slope",
    (
        *FAMILY,
        *SET,
        *DIM,
        *STATISTIC,
        real("slope", "least-squares slope; null with fewer than two sizes", nullable=True),
        real("low", "least slope over seeds, algorithms and teachers as decided", nullable=True),
        real("high", "largest slope over seeds, as low", nullable=True),
        real("constant", "error of the line at m = 1", nullable=True),
    ),
)
