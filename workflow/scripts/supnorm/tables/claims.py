"""tables/claims.parquet: what the artifact says, the numbers behind it, and the verdict."""

from supnorm.tables.schema import Schema, integer, real, text

CLAIMS = Schema(
    "one statement about one dimension and norm, tested on this run's tables",
    (
        text("claim", "short name of the statement"),
        integer("dim", "input dimension d"),
        text("norm", 'p of the L^p norm on Q: "1", "2" or "inf"'),
        text("statement", "what is claimed"),
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
        text("tables", "the tables that the numbers are from"),
        text("source", "S-number in docs/theory.md, or place in the paper"),
    ),
)
