"""tables/claims.parquet of each study, and claims.parquet of all: numbers and verdicts."""

from supnorm.tables.schema import Schema, real, text

CLAIMS = Schema(
    "one case of one statement, tested on this run's tables",
    (
        text("study", "study that claims it"),
        text("claim", "short name of the statement"),
        text("statement", "what is claimed"),
        text(
            "sentence",
            "the words of the document that are tested; null for a statement of our own",
            nullable=True,
        ),
        text("case", 'the case of which the number is, such as "d = 1, p = inf"'),
        text("quantity", "what `measured` is"),
        real("measured", "the number found in this run's tables"),
        real("low", "low end of its interval over seeds; null without one", nullable=True),
        real("high", "high end of its interval over seeds; null without one", nullable=True),
        text("relation", 'how `measured` must compare with `reference`: "<=" or ">="'),
        real("reference", "the number it is compared with"),
        text(
            "verdict",
            '"supported"; "undecided" where the interval reaches beyond the reference; "failed"',
        ),
        text(
            "figure",
            "the figure that shows it, after its study: <study>/<name>; null where none does",
            nullable=True,
        ),
        text("tables", "the tables that the numbers are from"),
        text("source", "S-number in docs/theory.md, or place in the paper"),
    ),
)
