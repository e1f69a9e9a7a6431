"""settings.parquet: the settings in force, beside those of the original experiment."""

from supnorm.tables.schema import Schema, text

SETTINGS = Schema(
    "one setting of the configuration in force, or of the original experiment alone",
    (
        text("table", "short name of the table that it stands in, such as the paper's number"),
        text("title", "what that table is about"),
        text("quantity", "what the setting is"),
        text("symbol", "how the theory calls it; null where it has no symbol", nullable=True),
        text("value", 'the value in force; "none" where there is none'),
        text("original", "that of the original experiment; null without one", nullable=True),
        text("key", "where it stands in config.yaml"),
    ),
)
