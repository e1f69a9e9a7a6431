"""The index of the study toy."""

from supnorm.studies import Figure, Study, Table

FIGURES = {"rates": Figure(("squares",), "squares against numbers")}

TABLES = {
    "squares": Table("squares.SQUARES", ("number",)),
    "claims": Table("claims.CLAIMS", ("study", "claim", "case")),
}

STUDY = Study("toy", FIGURES, TABLES)
