"""The index of a study: its figures, tables and stages, for all that lists them.

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from supnorm.costs import Costs
from supnorm.hardware.cards import Card
from supnorm.schemas import studies


@dataclass(frozen=True)
class Figure:
    """A figure: the tables it is drawn from, and what it shows.

    `needs` is a setting of the study without which there is nothing to draw, such as
    ("reference", "algorithms").
    """

    tables: tuple[str, ...]
    shows: str
    needs: tuple[str, str] | None = None


@dataclass(frozen=True)
class Table:
    """A table; one with a schema is part of the reference set of `make verify`.

    `schema` is its place below supnorm.<study>.tables or supnorm.tables, as "ranking.MINMAX".
    `keys` are the columns that identify a row, and `intervals` are values with the ends of their
    intervals; a table without keys follows from the configuration alone.
    """

    schema: str = ""
    keys: tuple[str, ...] = ()
    intervals: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Stage:
    """Rules with many jobs that fill a folder of the results, the first of `folders`.

    `verify` says which jobs `make verify` repeats: "all", "one", those of the "samples" that the
    students it draws have learned, or for each rule those of such a student ("students"). Files of
    a stage that is `left_out` are large and can be made again: an archive may omit them. `rounding`
    says what magnifies the rounding of another processor: nothing much ("computed"), the solution
    of linear systems ("solved"), or training ("trained").
    """

    rules: tuple[str, ...]
    folders: tuple[str, ...]
    verify: Literal["all", "one", "samples", "students"]
    left_out: bool = False
    rounding: Literal["computed", "solved", "trained"] = "computed"


@dataclass(frozen=True)
class Study:
    """A study: its figures and tables by name, and its stages, in the order in which they run.

    `check` takes the study's settings (supnorm.configuration.of_study) and raises InputError where
    they contradict one another. `costs` takes these settings, the device and the GPUs' card, and
    returns the expected costs of its jobs (supnorm.costs.Costs); None where each takes seconds.
    `trainings` takes these settings and maps each file of students, below the study's results, to
    what the record of its training must say; the tables `errors` must follow from all of them.
    """

    name: str
    figures: Mapping[str, Figure]
    tables: Mapping[str, Table]
    stages: tuple[Stage, ...] = ()
    check: Callable | None = None
    costs: Callable | None = None
    trainings: Callable | None = None
    errors: tuple[str, ...] = ("errors",)

    def shown(self, settings: Mapping) -> list[str]:
        """Return the figures that are drawn under these settings of the study."""
        return [
            name
            for name, figure in self.figures.items()
            if figure.needs is None or settings[figure.needs[0]][figure.needs[1]]
        ]

    def expected_costs(self, settings: Mapping, device: str, card: Card) -> Costs:
        """Return the expected costs of the study's jobs."""
        return self.costs(settings, device, card) if self.costs else Costs()

    def schema(self, table: str):
        """Return the schema of a table (supnorm.tables.schema.Schema)."""
        module, name = self.tables[table].schema.split(".")
        for package in (f"supnorm.{self.name}.tables", "supnorm.tables"):
            try:
                return getattr(import_module(f"{package}.{module}"), name)
            except ModuleNotFoundError:
                continue
        raise KeyError(f"{self.name}: found no schema {module}.{name} of the table {table}")


def find_study(name: str) -> Study:
    """Return the index of a study, supnorm.<study>.index.STUDY."""
    return import_module(f"supnorm.{name}.index").STUDY


def all_studies() -> list[Study]:
    """Return all studies."""
    return [find_study(name) for name in studies()]
