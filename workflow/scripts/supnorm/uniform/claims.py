"""The claims of the study `uniform`, in the order in which its table has them."""

from supnorm.uniform.statements import (
    algorithms,
    budget,
    errors,
    neighbours,
    places,
    regularisation,
    tractable,
)

STUDY = "uniform"
CLAIMS = (
    *errors.CLAIMS,
    *algorithms.CLAIMS,
    *neighbours.CLAIMS,
    *places.CLAIMS,
    *budget.CLAIMS,
    *regularisation.CLAIMS,
    *tractable.CLAIMS,
)
