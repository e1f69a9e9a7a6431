"""tables/settings.parquet: what the configuration says, as the paper's Tables 1 to 3."""

from supnorm.tables.schema import Schema, text

SETTINGS = Schema(
    "one key of the configuration in force",
    (
        text("table", '"1": targets and samples, "2": students and training, "3": evaluation'),
        text("quantity", "what the key sets"),
        text("symbol", "how the theory calls it; null where it has no symbol", nullable=True),
        text("value", "the value in force"),
        text("key", "where it stands in config.yaml"),
    ),
)
