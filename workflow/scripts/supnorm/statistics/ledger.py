"""The ledger: what a class of functions costs to represent, to learn on average, and uniformly.

A study enters the classes that it speaks of. Where the tables of a run lack the rows that an entry
needs, the ledger of the run is without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supnorm.statistics.claims import Settings, Tables
from supnorm.tables.ledger import LEDGER

TASKS = ("represent", "average", "uniform")


@dataclass(frozen=True)
class Cost:
    """What a task costs: a sentence with numbers, the same in a few words, and the number itself.

    `low` and `high` are the ends of the number's interval over seeds, if it has one.
    """

    statement: str
    brief: str
    number: float
    low: float = np.nan
    high: float = np.nan


@dataclass(frozen=True)
class Entry:
    """A class of functions, at its place among all, with one of TASKS.

    `find` takes a study's tables and settings, and returns the cost, or None where they do not
    speak of it; `quantity` says what its number is. `tables` and `figure` are the study's, `figure`
    None where none shows it. `source` is an S-number, or a paper.
    """

    place: int
    known: str
    task: str
    quantity: str
    tables: tuple[str, ...]
    figure: str | None
    source: str
    find: Callable[[Tables, Settings], Cost | None]


def tabulate_ledger(
    study: str, entries: Sequence[Entry], tables: Tables, settings: Settings
) -> pd.DataFrame:
    """Return a study's part of the ledger: a row for each entry that has a number."""
    found = [(entry, entry.find(tables, settings)) for entry in entries]
    rows = [
        {
            **vars(cost),
            **vars(entry),
            "study": study,
            "class": entry.known,
            "tables": ", ".join(f"{study}/{table}" for table in entry.tables),
            "figure": entry.figure and f"{study}/{entry.figure}",
        }
        for entry, cost in found
        if cost is not None and not np.isnan(cost.number)
    ]
    return pd.DataFrame(rows, columns=LEDGER.arrow().names)


def in_order(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the rows class by class, and of each class in the order of TASKS."""
    tasks = pd.Categorical(ledger["task"], TASKS)
    ordered = ledger.assign(tasks=tasks).sort_values(["place", "class", "tasks"], kind="stable")
    return ordered.drop(columns="tasks")


def briefs(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return what each task costs in few words: a row a class, in their order, and TASKS."""
    rows = in_order(ledger)
    wide = rows.pivot(index="class", columns="task", values="brief")
    wide = wide.reindex(index=rows["class"].unique(), columns=TASKS).fillna("–")
    return wide.rename_axis(columns=None).reset_index()


def three_digits(number: float) -> str:
    """Return a number with three digits that count."""
    return f"{number:#.3g}".rstrip(".")
