"""What the class of the study costs: deep networks with coefficients that are bounded one by one.

Costs are those of the largest dimension and sample size.
"""

import pandas as pd

from supnorm.statistics.claims import Settings, Tables
from supnorm.statistics.ledger import Cost, Entry, three_digits
from supnorm.uniform.statements.cases import matching

PLACE, CLASS = 1, "deep networks, bounded coefficients"
# The uniform error for which samples are counted.
ERROR = 1e-3


def at_largest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the largest dimension, and of them those of the largest sample size."""
    rows = rows[rows["dim"] == rows["dim"].max()]
    return rows[rows["samples"] == rows["samples"].max()]


def spike(tables: Tables, settings: Settings) -> Cost | None:
    """Return the highest spike that no sample meets, as a network of the teachers' class."""
    rows = of_class(tables["regularisation"], settings)
    rows = at_largest(rows.dropna(subset="height"))
    if rows.empty:
        return None
    row = rows.loc[rows["height"].idxmax()]
    neurons, height = (row["depth"] - 1) * row["width"], three_digits(row["height"])
    norm = "" if row["q"] == "inf" else f" in the norm q = {row['q']}"
    statement = (
        f"{neurons} neurons with coefficients of at most {row['c']:g}{norm} are a spike of height "
        f"{height} that m = {row['samples']} samples miss (d = {row['dim']})."
    )
    return Cost(
        statement, f"spike {height} high, {neurons} neurons", row["height"], row["low"], row["high"]
    )


def of_class(rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return the rows with the teachers' coefficient norm and bound."""
    return rows[(rows["q"].map(float) == settings["norm"]) & (rows["c"] == settings["bound"])]


def on_average(tables: Tables, settings: Settings) -> Cost | None:
    """Return the slope of the networks' error in L^2 on random teachers."""
    chosen = {"algorithm_set": "network", "statistic": "minmax", "norm": "2"}
    errors = at_largest(matching(tables["minmax"], **chosen))
    fits = matching(tables["rates"].dropna(subset="slope"), **chosen)
    pairs = errors.merge(fits, on="dim", suffixes=("_error", ""))
    if pairs.empty:
        return None
    row = pairs.iloc[0]
    falls = "falls" if row["slope"] < 0 else "does not fall, but grows"
    error = three_digits(row["error"])
    statement = (
        f"On random teachers the L^2 error {falls} like m^({row['slope']:.2f}), to {error} at "
        f"m = {row['samples']} (d = {row['dim']})."
    )
    return Cost(
        statement, f"L^2 error {error}, m = {row['samples']}", row["slope"], row["low"], row["high"]
    )


def uniformly(tables: Tables, settings: Settings) -> Cost | None:
    """Return the uniform error on a teacher with a spike where the sample is emptiest."""
    rows = at_largest(matching(tables["worst_case"], norm="inf")).set_index("kind")
    if not {"adaptive", "random"} <= set(rows.index):
        return None
    row, random = rows.loc["adaptive"], rows.loc["random"]
    error = three_digits(row["error"])
    statement = (
        f"On a teacher with a spike that m = {row['samples']} samples miss the uniform error is "
        f"{error}, and {three_digits(random['error'])} without (d = {row['dim']})."
    )
    statement += count(of_class(tables["samples_needed"], settings), row)
    return Cost(statement, f"error {error} on spikes", row["error"], row["low"], row["high"])


def count(needed: pd.DataFrame, row: pd.Series) -> str:
    """Return the samples that any algorithm needs, in a further sentence where they are known."""
    needed = matching(needed, dim=row["dim"], depth=row["depth"], error=ERROR)
    return "".join(
        f" For {ERROR:g} any algorithm needs {10**log:.1e} samples."
        for log in needed["log10_needed"].dropna()
    )


LEDGER = (
    Entry(
        PLACE,
        CLASS,
        "represent",
        "height of the highest spike that no sample meets, mean over seeds; interval: least and "
        "largest",
        ("regularisation",),
        "regularisation",
        "S1.6, S1.11",
        spike,
    ),
    Entry(
        PLACE,
        CLASS,
        "average",
        "slope of log error against log m, min-max of trained networks, p = 2",
        ("rates", "minmax"),
        "rates",
        "S1.9, S1.19",
        on_average,
    ),
    Entry(
        PLACE,
        CLASS,
        "uniform",
        "least uniform error of trained networks on adaptive spikes; interval: the least over all "
        "networks and seeds, the largest over seeds of the best",
        ("worst_case", "samples_needed"),
        "worst_case",
        "S1.10, S1.11",
        uniformly,
    ),
)
