"""What longer training changes: each way to train ranked by itself, and the best of them.

A rule is a way to train: the batch rule of the paper's budget, or one that trains longer. All are
judged after their last epoch, on the same teachers and seeds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supnorm.statistics.intervals import resamples
from supnorm.uniform.ranking import PROBLEM, RANKED, Decided, Rate, beside, decide, rates

# The rule that is the best of all, and the norm that stands for the error on the sample.
BEST, TRAINING = "best", "training"


@dataclass(frozen=True)
class Judged:
    """A statistic of one rule, beside the same one of the paper's budget.

    `training` is that of the training error, None for the best rule; `slope` and `of_paper` are the
    rates of the error in m.
    """

    decided: Decided
    paper: Decided
    training: float | None
    slope: Rate
    of_paper: Rate

    def row(self) -> dict[str, object]:
        """Return the statistic, its ratio to the paper's budget, and the slopes, with intervals."""
        again = resamples(len(self.decided.seeds))
        low, high = self.decided.interval()
        # Students that diverged by both rules have no ratio.
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio, ratios = (
                np.divide(own, paper)
                for own, paper in (
                    (self.decided.error, self.paper.error),
                    (self.decided.resampled, self.paper.resampled),
                )
            )
        ratio_low, ratio_high = again.interval(ratios)
        slope, (gain, gain_low, gain_high) = self.slope.row(), self.slope.less(self.of_paper)
        return {
            **self.decided.problem,
            **labels(self.decided),
            "error": self.decided.error,
            "seeds": len(self.decided.seeds),
            "low": low,
            "high": high,
            "training": self.training,
            "ratio": float(ratio),
            "ratio_low": ratio_low,
            "ratio_high": ratio_high,
            "slope": slope["slope"],
            "slope_low": slope["low"],
            "slope_high": slope["high"],
            "gain": gain,
            "gain_low": gain_low,
            "gain_high": gain_high,
        }


def judge(students: pd.DataFrame, paper: str) -> Iterator[Judged]:
    """Yield each statistic of each rule and of the best one; `paper` is that of the paper's budget.

    `students` has the columns RANKED and `loss`, a row for each student after its last epoch and
    norm. Raises InputError unless all rules have met the same teachers and seeds.
    """
    decided = list(decide(competing(students)[list(RANKED)]))
    found = {_key(one): one for one in decided}
    slopes = {
        tuple(own.series.values()): (own, of_paper)
        for own, of_paper in beside(list(rates(decided, labels)), rule=paper)
    }
    for one in decided:
        if one.problem["norm"] == TRAINING:
            continue
        trained = found.get(_key(one, norm=TRAINING))
        series = {name: value for name, value in one.problem.items() if name != "samples"}
        yield Judged(
            one,
            found[_key(one, rule=paper)],
            trained and trained.error,
            *slopes[(*series.values(), *labels(one).values())],
        )


def competing(students: pd.DataFrame) -> pd.DataFrame:
    """Return the students with their rule as the set that competes, all of them once more as BEST.

    The root of the loss is their error in the norm TRAINING.
    """
    by_rule = students.assign(algorithm=students["batch_rule"])
    trained = by_rule[by_rule["norm"] == "2"]
    trained = trained.assign(norm=TRAINING, error=np.sqrt(trained["loss"]), upper=np.nan)
    return pd.concat([by_rule, trained, students.assign(algorithm=BEST)], ignore_index=True)


def labels(decided: Decided) -> dict[str, str]:
    """Return the columns that name rule and statistic."""
    return {"rule": decided.algorithm["algorithm"], "statistic": decided.statistic}


def _key(decided: Decided, **changes: str) -> tuple:
    return tuple((decided.problem | labels(decided) | changes).values())


def recipes(students: pd.DataFrame, paper: str) -> pd.DataFrame:
    """Return epochs, steps and first learning rate of each rule and problem.

    `students` has the columns of a table of errors, and `learning_rate`.
    """
    keys = ["family", "dim", "samples", "batch_rule", "epoch", "batch", "learning_rate"]
    told = (
        students[keys].drop_duplicates().rename(columns={"batch_rule": "rule", "epoch": "epochs"})
    )
    told["steps"] = told["epochs"] * -(-told["samples"] // told["batch"])
    told["origin"] = np.where(told["rule"] == paper, "paper", "longer")
    return told.drop(columns="batch")


def unseen_heights(spiked: pd.DataFrame, seeds: Sequence[int]) -> pd.DataFrame:
    """Return, for each problem, the mean over seeds of the height of the spike that none meets.

    `spiked` has errors on spikes; only adaptive ones count.
    """
    adaptive = spiked[(spiked["kind"] == "adaptive") & spiked["seed"].isin(seeds)]
    keys = [name for name in PROBLEM if name != "norm"]
    once = adaptive[[*keys, "seed", "height"]].drop_duplicates()
    heights = once.groupby(keys, as_index=False)["height"].mean()
    return heights.rename(columns={"height": "unseen"}).assign(norm="inf")
