"""curves/<cell>.parquet and tables/curves.parquet: training loss against epoch."""

from supnorm.tables.cells import CELL, PAIR
from supnorm.tables.schema import Schema, integer, real

CURVES = Schema(
    "one student at one recorded epoch",
    (
        *CELL,
        *PAIR,
        integer("epoch", "epochs of training done", "epochs"),
        real("loss", "mean squared error on the student's sample; +inf where not finite"),
        real("learning_rate", "learning rate of the last epoch done; of the first at epoch 0"),
    ),
)
