"""What the classes of the study cost: few frequencies, and low frequencies first.

Costs of Barron's ball are those of the largest dimension.
"""

import numpy as np
import pandas as pd

from supnorm.approximation.claims import matching, of_widest
from supnorm.statistics.claims import Settings, Tables
from supnorm.statistics.ledger import Cost, Entry, three_digits

FEW = (3, "few frequencies: Barron's ball")
LOW = (4, "low frequencies first")


def of_largest(rows: pd.DataFrame, **values) -> pd.DataFrame:
    """Return the rows with these values in the largest dimension, by terms."""
    rows = matching(rows, **values)
    return rows[rows["dim"] == rows["dim"].max()].sort_values("terms")


def exponent(rows: pd.DataFrame) -> float:
    """Return the exponent of terms with which errors fall."""
    return np.polyfit(np.log(rows["terms"]), np.log(rows["error"]), 1)[0]


def neurons(tables: Tables, settings: Settings) -> Cost | None:
    """Return the rate of random networks in n, beside that of any fixed basis."""
    rates = tables["rates"]
    networks, bases = (
        of_largest(rates, method=method, norm="2") for method in ("step_network", "bound_linear")
    )
    if min(len(networks), len(bases)) < 2:
        return None
    rate = f"n^({exponent(networks):.2f})"
    statement = (
        f"The L^2 error of n neurons falls like {rate} in d = {networks['dim'].iloc[0]}, a lower "
        f"bound on that of any fixed basis like n^({exponent(bases):.2f})."
    )
    return Cost(statement, f"L^2 error {rate}", exponent(networks))


def on_average(tables: Tables, settings: Settings) -> Cost | None:
    """Return the exponent of m that is proved for the error in L^2."""
    rows = of_largest(tables["rates"], method="samples_lower")
    if rows.empty:
        return None
    dim = rows["dim"].iloc[0]
    rate = -1 / 2 - 1 / dim
    statement = (
        f"The best method's L^2 error falls like m^({rate:.2f}) in d = {dim}, up to logarithms "
        "(cited)."
    )
    return Cost(statement, f"L^2 error m^({rate:.2f})", rate)


def uniformly(tables: Tables, settings: Settings) -> Cost | None:
    """Return what every deterministic method errs by uniformly, from the most samples."""
    lower, upper = (
        of_largest(tables["rates"], method=method) for method in ("samples_lower", "samples_upper")
    )
    if lower.empty or upper.empty:
        return None
    low, high = lower.iloc[-1], upper.iloc[-1]
    statement = (
        f"From m = {low['terms']:.0e} values in d = {low['dim']} every deterministic method errs "
        f"by {three_digits(low['error'])} or more, the best by {three_digits(high['error'])} at "
        f"most: m^(-1/{low['dim']})."
    )
    return Cost(statement, f"error m^(-1/{low['dim']})", low["error"])


def wave(tables: Tables, settings: Settings) -> Cost | None:
    """Return the time after which the highest frequency within reach is half learned."""
    rows = of_widest(tables)
    rows = rows[rows["frequency"] <= 8]
    if rows.empty:
        return None
    first, row = rows.iloc[0], rows.iloc[-1]
    time = three_digits(row["time"])
    statement = (
        f"Frequency {row['frequency']} is half learned after a time of {time} (by the spectrum "
        f"{three_digits(row['predicted'])})"
    )
    if len(rows) > 1:
        statement += f", frequency {first['frequency']} after {three_digits(first['time'])}"
    brief = f"frequency {row['frequency']} after {time}"
    return Cost(f"{statement}.", brief, row["time"])


def spike(tables: Tables, settings: Settings) -> Cost | None:
    """Return the time after which the narrowest spike is half learned, over M^2."""
    rows = matching(tables["spike_times"], kernel="relu").sort_values("inverse_width")
    if rows.empty:
        return None
    row = rows.iloc[-1]
    ratio = row["time"] / row["inverse_width"] ** 2
    statement = (
        f"Wide networks learn half a spike of half-width 1/M after {three_digits(ratio)} M^2, at "
        f"M = {row['inverse_width']} after {three_digits(row['time'])}."
    )
    return Cost(statement, f"spike of half-width 1/M after {three_digits(ratio)} M^2", ratio)


LEDGER = (
    Entry(
        *FEW,
        "represent",
        "exponent of n in the L^2 error of random networks of steps, mean over draws",
        ("rates",),
        "approximation",
        "S4.1, S4.1b",
        neurons,
    ),
    Entry(
        *FEW,
        "average",
        "exponent of m in the least L^2 error of any method",
        ("rates",),
        None,
        "Voigtlaender 2022",
        on_average,
    ),
    Entry(
        *FEW,
        "uniform",
        "lower bound on the uniform error of any deterministic method, from the most samples",
        ("rates",),
        "approximation",
        "S4.9",
        uniformly,
    ),
    Entry(
        *LOW,
        "average",
        "time after which a wave is half learned, by the widest network",
        ("half_times",),
        "spectral_bias",
        "S4.4",
        wave,
    ),
    Entry(
        *LOW,
        "uniform",
        "time after which the narrowest spike is half learned, over M^2",
        ("spike_times",),
        "spectral_bias",
        "S4.10",
        spike,
    ),
)
