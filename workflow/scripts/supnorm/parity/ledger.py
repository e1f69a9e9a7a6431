"""What the class of the study costs: functions of a small norm of the weights, such as parity.

Costs are those of the largest dimension, from the least samples that are twice its square.
"""

from supnorm.parity.claims import kind, largest_dimension, of_method, over_seeds
from supnorm.statistics.claims import Settings, Tables
from supnorm.statistics.ledger import Cost, Entry, three_digits

PLACE, CLASS = 5, "small norm: parity"
# Samples are counted in d^2.
RATIO = 2


def norm(tables: Tables, settings: Settings) -> Cost | None:
    """Return the least norm over d, beside that along one direction."""
    least, ridge = kind(tables, "minimum")["norm"], kind(tables, "ridge")["norm"]
    if least.empty or ridge.empty:
        return None
    dim = least.index.max()
    over = three_digits(least[dim] / dim)
    statement = (
        f"A norm of V(d) = {over} d, the same for every error norm; along one direction "
        f"{three_digits(ridge[dim] / dim)} d (d = {dim})."
    )
    return Cost(statement, f"norm {over} d", least[dim] / dim)


def learned(tables: Tables, method: str):
    """Return what a method learned in the largest dimension from the least samples that count."""
    rows = largest_dimension(of_method(tables, method))
    rows = rows[rows["ratio"] >= RATIO]
    return rows[rows["samples"] == rows["samples"].min()]


def on_average(tables: Tables, settings: Settings) -> Cost | None:
    """Return the L^2 error of the least norm, beside that of the kernel."""
    rows = learned(tables, "minimum")
    if rows.empty:
        return None
    mean, low, high = over_seeds(rows["error_2"])
    kernel = learned(tables, "kernel")["error_2"]
    other = "" if kernel.empty else f", that of a kernel {three_digits(kernel.mean())}"
    row, error = rows.iloc[0], three_digits(mean)
    statement = (
        f"From n = {row['samples']} points, {row['ratio']:g} d^2, the L^2 error of the least norm "
        f"is {error}{other} (d = {row['dim']})."
    )
    return Cost(statement, f"L^2 error {error} from {row['ratio']:g} d^2", mean, low, high)


def uniformly(tables: Tables, settings: Settings) -> Cost | None:
    """Return the uniform error of the least norm, beside elimination."""
    rows = learned(tables, "minimum")
    if rows.empty:
        return None
    mean, low, high = over_seeds(rows["error_inf"])
    row, error = rows.iloc[0], three_digits(mean)
    right = f"all signs right in {rows['recovered'].sum()} of {len(rows)} draws"
    known = largest_dimension(of_method(tables, "elimination"))
    known = known.loc[known["samples"] == known["dim"] + 5, "probability"]
    exact = (
        ""
        if known.empty
        else (
            f" Elimination, which knows all but d bits, is exact from d + 5 with probability "
            f"{three_digits(known.iloc[0])}."
        )
    )
    statement = f"From the same points the uniform error is {error}, {right}.{exact}"
    return Cost(statement, f"error {error} from {row['ratio']:g} d^2", mean, low, high)


LEDGER = (
    Entry(
        PLACE,
        CLASS,
        "represent",
        "least norm over d, in the largest dimension",
        ("norms",),
        "norm",
        "S2.3, S2.6",
        norm,
    ),
    Entry(
        PLACE,
        CLASS,
        "average",
        "L^2 error of the interpolant of least norm, mean over seeds",
        ("samples",),
        "samples",
        "S2.9, S2.11",
        on_average,
    ),
    Entry(
        PLACE,
        CLASS,
        "uniform",
        "uniform error of the interpolant of least norm, mean over seeds",
        ("samples",),
        "samples",
        "S2.9, S2.12",
        uniformly,
    ),
)
