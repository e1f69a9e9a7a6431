"""tables/ledger.parquet of studies, and ledger.parquet of all: what a class of functions costs."""

from supnorm.tables.schema import Schema, integer, real, text

LEDGER = Schema(
    "what one class of functions costs in one respect, as this run's tables have it",
    (
        text("study", "study that says it"),
        integer("place", "place of the class in the ledger, from 1"),
        text("class", "the class: what is known about a function of it"),
        text(
            "task",
            '"represent": what networks that are such functions cost; "average" or "uniform": what '
            "learning them to a small average or uniform error costs",
        ),
        text("statement", "what it costs, in words with the numbers in place"),
        text("brief", "the same in a few words"),
        text("quantity", "what `number` is"),
        real("number", "the number that the statement stands on"),
        real("low", "low end of its interval over seeds; null without one", nullable=True),
        real("high", "high end of its interval over seeds; null without one", nullable=True),
        text("tables", "the tables that the numbers are from, as uniform/rates"),
        text("figure", "the figure that shows it, as uniform/rates; null without", nullable=True),
        text("source", "S-number in docs/theory.md, or a paper"),
    ),
)
