"""tables/budget.parquet: what longer training changes, and what it cannot."""

from supnorm.tables.cells import DIM, FAMILY, SAMPLES
from supnorm.tables.schema import Schema, integer, real, text
from supnorm.uniform.tables.ranking import INTERVAL, SLOPE, STATISTIC

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
            "for p = inf the height of the highest spike of the class that the sample does not "
            "meet, mean over these seeds: below it no algorithm can promise to err with these "
            "points; null for other p, and where the class has no spikes",
            nullable=True,
        ),
        real(
            "ratio",
            "error over that of the paper's budget; null where both are infinite",
            nullable=True,
        ),
        real("ratio_low", f"ratio: low end {ALIKE}; null for a single seed", nullable=True),
        real("ratio_high", f"ratio: high end {ALIKE}; null for a single seed", nullable=True),
        *SLOPE,
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
