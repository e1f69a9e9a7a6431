"""tables/squares.parquet: whole numbers and their squares."""

from supnorm.tables.schema import Schema, integer

SQUARES = Schema(
    "a whole number",
    (integer("number", "the number"), integer("square", "the number, squared")),
)
