"""What a study is: one index of its figures, tables and stages, which all that lists them reads.

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
    """A figure: the tables it is drawn from, its category in the report, and what it shows.

    `needs` is a setting of the study without which there is nothing to draw, such as
    ("reference", "algorithms").
    """

    tables: tuple[str, ...]
    category: str
    shows: str
    needs: tuple[str, str] | None = None


@dataclass(frozen=True)
class Table:
    """A table; one with a schema is part of the reference set of `make verify`.

    `schema` is where it stands below supnorm.<study>.tables or supnorm.tables, as
    "ranking.MINMAX". `keys` name a row, and `intervals` are values with the ends of their
    intervals; a table without keys follows from the configuration alone.
    """

    schema: str = ""
    keys: tuple[str, ...] = ()
    intervals: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Stage:
    """Rules of many jobs that fill a folder of the results, the first of `folders`.

    `verify` says what `make verify` does again: "all" jobs, "one" of them, those of the "samples"
    that drawn students learned, or of each rule what concerns a drawn student ("students").
    What may be `left_out` of an archive is what is large and can be made again.
    """

    rules: tuple[str, ...]
    folders: tuple[str, ...]
    verify: Literal["all", "one", "samples", "students"]
    left_out: bool = False


@dataclass(frozen=True)
class Study:
    """A study: its figures and tables by name, and its stages, in the order in which they run.

    `check` takes the study's section of a configuration, with what all studies share, and raises
    InputError where keys do not go together. `costs` takes the settings of the study, the device
    and the GPUs' card, and returns what its jobs take (supnorm.costs.Costs); None where each takes
    seconds. `trainings` takes the settings of the study, and returns, by the file
    below the study's results that a training writes, what its record must tell of it.
    """

    name: str
    figures: Mapping[str, Figure]
    tables: Mapping[str, Table]
    stages: tuple[Stage, ...] = ()
    check: Callable | None = None
    costs: Callable | None = None
    trainings: Callable | None = None

    def shown(self, settings: Mapping) -> list[str]:
        """Return the figures that there are under the settings of the study."""
        return [
            name
            for name, figure in self.figures.items()
            if figure.needs is None or settings[figure.needs[0]][figure.needs[1]]
        ]

    def expected_costs(self, settings: Mapping, device: str, card: Card) -> Costs:
        """Return what the jobs of the study take."""
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
    """Return the index of a study, which stands in supnorm.<study>.index."""
    return import_module(f"supnorm.{name}.index").STUDY


def all_studies() -> list[Study]:
    """Return all studies."""
    return [find_study(name) for name in studies()]
