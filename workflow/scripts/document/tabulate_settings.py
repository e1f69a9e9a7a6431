"""Tabulate the configuration in force, as the tables of settings that the schema describes."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from supnorm.job.commands import Program
from supnorm.job.programs import InputError, run
from supnorm.resolved import read_resolved
from supnorm.schemas import configuration_schema, described, studies
from supnorm.tables.schema import write_table
from supnorm.tables.settings import SETTINGS


def main(argv: list[str]) -> None:
    """Write a row for each setting that belongs to a table, table after table."""
    parser = Program(__doc__, __file__)
    parser.reads("config", help="config.resolved.yaml, or JSON")
    parser.reads("schemas", nargs="+", help="schemas of the frame and of all studies")
    parser.writes("settings", help="Parquet table to write")
    a = parser.parse_args(argv)
    rows = sorted(settings(a.config, read_resolved(a.config)), key=lambda row: row["table"])
    write_table(a.settings, pd.DataFrame(rows), SETTINGS, a.job)
    a.job.write_record()


def settings(path: Path, config: dict) -> Iterator[dict]:
    """Yield the rows of a configuration, in the order of the schema, of the studies that run.

    Raises InputError where the configuration lacks a key, or has one that the schema does not.
    """
    schema = configuration_schema()
    titles = {
        table: title
        for part in schema["properties"].values()
        for table, title in part.get("tables", {}).items()
    }
    left_out = set(studies()) - set(config.get("studies", studies()))
    for key, part, table, value in leaves(path, schema, config):
        if table is None or key[0] in left_out:
            continue
        name, shown = key[-2], part.get("shown", "{value}")
        original = part.get("paper")
        yield {
            "table": table,
            "title": titles[table],
            "quantity": part["meaning"].format(name=name),
            "symbol": part.get("symbol"),
            "value": "none" if value in (None, []) else shown.format(value=plain(value)),
            "original": original.get(name) if isinstance(original, dict) else original,
            "key": ".".join(key),
        }


def leaves(
    path: Path, schema: dict, config: dict, above: tuple[str, ...] = (), table: str | None = None
) -> Iterator[tuple[tuple[str, ...], dict, str | None, object]]:
    """Yield each setting: its key, its schema, its table, and its value.

    A setting that only the original experiment has comes with the value None.
    """
    if unknown := config.keys() - schema["properties"].keys():
        key = ".".join((*above, min(map(str, unknown))))
        raise InputError(f"{path}: found the key {key}, expected one that a schema describes")
    for name, part in schema["properties"].items():
        part, key = described(part), (*above, name)
        if name not in config:
            raise InputError(f"{path}: expected the key {'.'.join(key)}, found none")
        below = part.get("table", table)
        if "properties" in part:
            yield from leaves(path, part, config[name], key, below)
        elif "additionalProperties" in part:
            yield from named(part["additionalProperties"], config[name], key, below)
        else:
            yield key, part, below, config[name]


def named(
    schema: dict, rules: dict, above: tuple[str, ...], table: str | None
) -> Iterator[tuple[tuple[str, ...], dict, str | None, object]]:
    """Yield the settings of named parts, such as batch rules, and those only the original has."""
    parts = {key: described(part) for key, part in schema["properties"].items()}
    names = dict.fromkeys([*rules, *(name for part in parts.values() for name in originals(part))])
    for name in names:
        for key, part in parts.items():
            value = rules.get(name, {}).get(key)
            if value is not None or name in originals(part):
                yield (*above, name, key), part, table, value


def originals(part: dict) -> dict:
    """Return the original values of a setting by the names of the parts that have it."""
    return part.get("paper") or {}


def plain(value: object) -> str:
    """Return a value, or those of a list, as text."""
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    run(main)
