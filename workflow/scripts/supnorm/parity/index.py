"""The index of the study parity: its figures, its tables, and its stages."""

from supnorm.parity.checks import check
from supnorm.parity.costs import ParityCosts
from supnorm.parity.sizes import trainings
from supnorm.studies import Figure, Stage, Study, Table

FIGURES = {
    "norm": Figure(
        ("norms", "training", "neurons"),
        "the norm that parity needs, and what training finds",
    ),
    "samples": Figure(("samples",), "parity learned from samples"),
    "waves": Figure(
        ("waves", "width"),
        "waves in place of parity, and averages over few directions",
    ),
}

TRAINED = ("dim", "seed", "decay")
TABLES = {
    "norms": Table("norms.NORMS"),
    "training": Table("training.TRAINING", TRAINED, (("norm", "norm", "norm"),)),
    "neurons": Table(),
    "samples": Table(
        "samples.SAMPLES",
        ("dim", "samples", "seed", "method"),
        (("error_2", "error_2", "error_2"),),
    ),
    "width": Table("width.WIDTH"),
    "waves": Table("waves.WAVES"),
    "splines": Table("splines.SPLINES"),
    "claims": Table("claims.CLAIMS", ("study", "claim", "case")),
    "ledger": Table("ledger.LEDGER", ("class", "task"), (("number", "low", "high"),)),
}

STAGES = (
    Stage(("train_parity",), ("students",), "one", rounding="trained"),
    Stage(("solve_parity_samples",), ("solved",), "one", rounding="solved"),
)

STUDY = Study(
    "parity", FIGURES, TABLES, STAGES, check, ParityCosts, trainings, errors=("training",)
)
