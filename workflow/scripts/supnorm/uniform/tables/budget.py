"""tables/budget.parquet: what longer training changes, and what it cannot."""

from supnorm.tables.cells import DIM, FAMILY, SAMPLES
from supnorm.tables.schema import Schema, integer, real, text
from supnorm.uniform.tables.ranking import STATISTIC

INTERVAL = "of the 95 % expanded percentile interval over seeds, the worst teacher chosen anew"
ALIKE = f"{INTERVAL}, alike for both"

BUDGET = Schema(
    "the error of students after one way of training, maximum or mean over some teachers of the "
    "mean over some seeds",
    (
        *FAMILY,
        *DIM,
        *SAMPLES,
        *STATISTIC,
        text(
            "rule",
            "the batch rule of the paper's budget, a way to train longer, or "
            '"best": the one of them with the least such error',
        ),
        text("origin", '"paper", "longer" or "best": which of these the rule is'),
        integer("epochs", "epochs of training; null for best", "epochs", nullable=True),
        integer("steps", "steps of Adam; null for best", "steps", nullable=True),
        real("learning_rate", "learning rate in the first epoch; null for best", nullable=True),
        real("error", "the statistic of the errors after the last epoch"),
        integer("seeds", "seeds over which errors are averaged"),
        real("low", f"low end {INTERVAL}; null for a single seed", nullable=True),
        real("high", f"high end {INTERVAL}; null for a single seed", nullable=True),
        real(
            "training",
            "the same statistic of the training error: the root of the mean squared error on the "
            "sample; null for best",
            nullable=True,
        ),
        real(
            "unseen",
            "mean over the seeds of the L^p norm of the highest spike of the class that the sample "
            "does not meet: below it no algorithm can promise to err with these points; null where "
            "the class has no spikes",
            nullable=True,
        ),
        real("ratio", "error over that of the paper's budget"),
        real("ratio_low", f"ratio: low end {ALIKE}; null for a single seed", nullable=True),
        real("ratio_high", f"ratio: high end {ALIKE}; null for a single seed", nullable=True),
        real(
            "slope",
            "least-squares slope of log error against log m, the same for all m; null with fewer "
            "than two sizes",
            nullable=True,
        ),
        real("slope_low", f"slope: low end {INTERVAL}, alike at all m", nullable=True),
        real("slope_high", f"slope: high end {INTERVAL}, alike at all m", nullable=True),
        real(
            "gain",
            "slope less that of the paper's budget: below 0 where the error falls faster with m; "
            "null as slope",
            nullable=True,
        ),
        real("gain_low", f"gain: low end {ALIKE}", nullable=True),
        real("gain_high", f"gain: high end {ALIKE}", nullable=True),
    ),
)
