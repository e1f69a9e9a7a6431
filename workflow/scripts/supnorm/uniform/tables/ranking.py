"""tables/minmax.parquet and tables/rates.parquet: what the best algorithm reaches."""

from supnorm.tables.cells import DIM, FAMILY, SAMPLES
from supnorm.tables.schema import Schema, integer, real, text

SET = (
    text(
        "algorithm_set",
        'the algorithms that compete: "network" is the paper\'s set, and each reference algorithm '
        "a set of its own",
    ),
)
NORM = (text("norm", 'p of the L^p norm on Q: "1", "2" or "inf"'),)
STATISTIC = (
    *NORM,
    text("statistic", 'over teachers: the maximum ("minmax") or the mean ("minmean")'),
)
INTERVAL = "of the 95 % expanded percentile interval over seeds, algorithm and teacher chosen anew"

SLOPE = (
    real(
        "slope",
        "least-squares slope of log error against log m, the same for all m; null with fewer "
        "than two sizes",
        nullable=True,
    ),
    real("slope_low", f"slope: low end {INTERVAL}, alike at all m", nullable=True),
    real("slope_high", f"slope: high end {INTERVAL}, alike at all m", nullable=True),
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
        integer("seeds", "seeds over which errors are averaged"),
        real("low", f"low end {INTERVAL}; null for a single seed", nullable=True),
        real("high", f"high end {INTERVAL}; null for a single seed", nullable=True),
        real(
            "upper",
            "the statistic of the deciding algorithm's certified upper ends: with these students "
            "the true value lies in [error, upper]; null unless all are known",
            nullable=True,
        ),
        text("algorithm", "deciding algorithm"),
        integer("depth", "affine layers of the deciding algorithm"),
        integer("width", "hidden neurons a layer of the deciding algorithm"),
        text("batch_rule", "batch rule of the deciding algorithm"),
        integer("evaluation", "evaluation at which the algorithm stops"),
        integer("teacher", "teacher that attains the maximum; null for minmean", nullable=True),
        real(
            "ratio",
            "error over the least error of another set of algorithms, hermite, refinement and "
            "adaptive_gaussian_process left aside, which ask for more than students see; null "
            "without another",
            nullable=True,
        ),
        real("ratio_low", f"ratio: low end {INTERVAL}, alike for all sets", nullable=True),
        real("ratio_high", f"ratio: high end {INTERVAL}, alike for all sets", nullable=True),
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
        real(
            "low",
            f"low end {INTERVAL}, alike at all m; null for a single seed, or where a slope is",
            nullable=True,
        ),
        real("high", f"high end {INTERVAL}, as low", nullable=True),
        real("constant", "error of the line at m = 1", nullable=True),
        real(
            "lead",
            "slope for p = inf less this slope: above 0 where this error falls faster than the "
            "uniform one; null as slope",
            nullable=True,
        ),
        real("lead_low", f"lead: low end {INTERVAL}, alike for both norms", nullable=True),
        real("lead_high", f"lead: high end {INTERVAL}, alike for both norms", nullable=True),
    ),
)
