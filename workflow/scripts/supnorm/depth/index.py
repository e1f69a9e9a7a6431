"""The index of the study depth: its figures, its tables, and its stages."""

from supnorm.depth.checks import check
from supnorm.depth.costs import DepthCosts
from supnorm.studies import Figure, Stage, Study, Table

FIGURES = {
    "cliff": Figure(("sawtooth", "profiles"), "the triangle map: expressed and learned"),
    "inner": Figure(("inner", "bounds"), "inner product and parity by depth and width"),
    "pieces": Figure(("pieces", "square", "sawtooth"), "how many pieces networks have, and need"),
}

TABLES = {
    "sawtooth": Table(
        "sawtooth.SAWTOOTH",
        ("compositions", "kind", "depth", "width", "seed", "norm"),
        (("error", "error", "error"),),
    ),
    "profiles": Table(),
    "inner": Table(
        "inner.INNER",
        ("dim", "target", "kind", "depth", "width", "seed"),
        (("error_2", "error_2", "error_2"),),
    ),
    "widths": Table("known.WIDTHS"),
    "square": Table("known.SQUARE"),
    "bounds": Table("known.BOUNDS"),
    "pieces": Table("pieces.PIECES", ("kind", "depth", "width"), (("mean", "low", "high"),)),
    "claims": Table("claims.CLAIMS", ("study", "claim", "case")),
    "ledger": Table("ledger.LEDGER", ("class", "task"), (("number", "low", "high"),)),
}

STAGES = (
    Stage(("train_sawtooth",), ("sawtooth", "profiles"), "one", rounding="trained"),
    Stage(("train_inner",), ("inner",), "one", rounding="trained"),
)

STUDY = Study("depth", FIGURES, TABLES, STAGES, check, DepthCosts)
