"""tables/settings.parquet: what the configuration says, as the paper's Tables 1 to 3."""

from supnorm.tables.schema import Schema, text

# What each of these tables is about.
TITLES = {
    "1": "general settings",
    "2": "sine experiment",
    "3": "teacher\N{EN DASH}student experiment",
}

SETTINGS = Schema(
    "one key of the configuration in force, or of the original experiment's alone",
    (
        text("table", "; ".join(f'"{number}": {title}' for number, title in TITLES.items())),
        text("quantity", "what the key sets"),
        text("symbol", "how the theory calls it; null where it has no symbol", nullable=True),
        text("value", 'the value in force; "none" where only the original has the setting'),
        text(
            "original",
            "the value of the original experiment; null where it has no such setting",
            nullable=True,
        ),
        text("key", "where it stands in config.yaml"),
    ),
)
