"""What the class of the study costs: the triangle map, applied k times, which depth makes cheap."""

from collections.abc import Callable

from supnorm.depth.claims import CONSTANT, better_than_constant, of_deep, trained
from supnorm.statistics.claims import Settings, Tables
from supnorm.statistics.ledger import Cost, Entry, three_digits

PLACE, CLASS = 2, "depth alone: T^k"


def cliff(tables: Tables, settings: Settings) -> Cost | None:
    """Return the neurons that one hidden layer needs, beside those of k hidden layers."""
    k, rows = settings["composition"], tables["sawtooth"]
    rows = rows[(rows["compositions"] == k) & (rows["norm"] == "inf")]
    deep = rows[(rows["kind"] == "constructed") & (rows["depth"] == k + 1)]
    best = rows[(rows["kind"] == "best") & (rows["depth"] == 2)]
    exact, short = best[best["error"] == 0], best[best["width"] <= 2**k - 2]
    if deep.empty or exact.empty or short.empty:
        return None
    neurons, needed = deep["neurons"].iloc[0], exact["width"].min()
    edge = short.loc[short["width"].idxmax()]
    statement = (
        f"T^{k} is a network of {neurons} neurons in {k} hidden layers; in one it takes {needed}, "
        f"and with {edge['width']} the best uniform error is still {three_digits(edge['error'])}."
    )
    return Cost(statement, f"{neurons} neurons deep, {needed} flat", needed)


def found(norm: str, name: str) -> Callable[[Tables, Settings], Cost | None]:
    """Return a `find` function: the least error of students of k hidden layers, by k."""

    def find(tables: Tables, settings: Settings) -> Cost | None:
        students = of_deep(trained(tables, norm)).groupby("compositions")["error"]
        least = students.min()
        if least.empty:
            return None
        # Those before the first that is not learned.
        learned = least[better_than_constant(least, norm).cummin()]
        last, error = least.index[-1], least.iloc[-1]
        told = (
            f"at k = {last} it is {three_digits(error)}, that of a constant "
            f"{three_digits(CONSTANT[norm])}."
        )
        if learned.empty:
            statement = f"Training brings the {name} below half of a constant's at no k: {told}"
            brief = f"at no k: {three_digits(error)}"
        elif len(learned) == len(least):
            statement = f"Training brings the {name} below half of a constant's at every k: {told}"
            brief = f"{three_digits(error)} at k = {last}"
        else:
            k = learned.index[-1]
            better = better_than_constant(students.get_group(k), norm)
            statement = (
                f"Training brings the {name} below half of a constant's up to k = {k} (there in "
                f"{better.sum()} of {len(better)} students), to {three_digits(learned[k])}; {told}"
            )
            brief = f"trained to k = {k}, then {three_digits(error)}"
        return Cost(statement, brief, error)

    return find


LEDGER = (
    Entry(
        PLACE,
        CLASS,
        "represent",
        "neurons in one hidden layer without error",
        ("sawtooth",),
        "cliff",
        "S3.1, S3.4",
        cliff,
    ),
    Entry(
        PLACE,
        CLASS,
        "average",
        "least L^2 error of a student of k hidden layers, at the largest k",
        ("sawtooth",),
        "cliff",
        "S3.1",
        found("2", "L^2 error"),
    ),
    Entry(
        PLACE,
        CLASS,
        "uniform",
        "least uniform error of a student of k hidden layers, at the largest k",
        ("sawtooth",),
        "cliff",
        "S3.1, S3.4",
        found("inf", "uniform error"),
    ),
)
