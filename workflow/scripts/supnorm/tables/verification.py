"""verification.parquet: what became of results that were recomputed, a row a check."""

from supnorm.tables.schema import Schema, integer, real, text

VERIFICATION = Schema(
    "one part of the results, recomputed and compared",
    (
        text(
            "check",
            'what was compared: "sums", "chain", "code", a stage of the workflow, or "expected", '
            "the reference set",
        ),
        text("subject", "the file, job or student that was checked"),
        text(
            "verdict",
            '"same" to the bit; "close", within the tolerance; "differs"; "not checked"',
        ),
        real(
            "deviation",
            "largest relative deviation of a number from the recorded one; null where none was "
            "compared",
            nullable=True,
        ),
        real("tolerance", "largest deviation that is allowed; 0 is none", nullable=True),
        real("seconds", "time that the check took", "s"),
        text("reason", "why it differs or was not checked; else null", nullable=True),
        integer("seed", "seed by which students and problems were drawn"),
    ),
)
