"""Tabulate the configuration in force as the paper's tables of hyperparameters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from supnorm.commands import Program
from supnorm.programs import InputError, run
from supnorm.resolved import read_resolved
from supnorm.tables.schema import write_table
from supnorm.tables.settings import SETTINGS

# The value of a setting that is not there.
NONE = "none"


def plain(value: object) -> str:
    """Return a value, or those of a list, as text."""
    if isinstance(value, list):
        return ", ".join(map(plain, value)) or NONE
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Setting:
    """How a key is shown: in which table, as what quantity and symbol, with what text."""

    table: str
    quantity: str
    symbol: str | None = None
    show: Callable[[object], str] = plain


# Every key of the configuration; * is the name of a batch rule, which stands in for {name}.
SHOWN = {
    "training.learning_rate": Setting("1", "learning rate of Adam in the first epoch"),
    "training.final_learning_rate": Setting("1", "learning rate of Adam after the last epoch"),
    "training.precision": Setting("1", "precision"),
    "training.engine": Setting("1", "training engine"),
    "training.device": Setting("1", "device"),
    "evaluation.times": Setting("1", "evaluations, evenly spaced over the epochs"),
    "evaluation.method": Setting("1", "how errors are found"),
    "evaluation.points": Setting("1", "uniform points where errors are sampled"),
    "certificate.students": Setting("1", "students whose uniform error is certified"),
    "certificate.width": Setting("1", "widest students that are certified"),
    "certificate.gap": Setting("1", "aim of certificates: upper end over error, less 1"),
    "certificate.boxes": Setting("1", "most boxes of a certificate"),
    "sine.samples": Setting("2", "sine: sample size", "m"),
    "sine.seeds": Setting("2", "sine: seeds of samples, initial weights and shuffles"),
    "sine.depth": Setting("2", "sine: affine layers of the student"),
    "sine.width": Setting("2", "sine: neurons in each hidden layer of the student"),
    "sine.batch": Setting("2", "sine: batch size"),
    "sine.epochs": Setting("2", "sine: epochs"),
    "teacher.families": Setting("3", "kinds of teacher"),
    "teacher.dims": Setting("3", "input dimension", "d"),
    "teacher.depth": Setting("3", "affine layers of a teacher", "L"),
    "teacher.width": Setting("3", "neurons in each hidden layer of a teacher", "B"),
    "teacher.norm": Setting("3", "coefficient norm of the teachers", "q"),
    "teacher.bound": Setting("3", "coefficient bound of the teachers", "c"),
    "teacher.count": Setting("3", "teachers of each kind and dimension"),
    "sample.sizes": Setting("3", "sample size", "m"),
    "sample.seeds": Setting("3", "seeds of samples, initial weights and shuffles"),
    "student.depths": Setting("3", "affine layers of a student"),
    "student.widths": Setting("3", "neurons in each hidden layer of a student"),
    "student.batch_rules.*.divisor": Setting(
        "3", "batch size, rule {name}", None, lambda k: f"\N{LEFT CEILING}m/{k}\N{RIGHT CEILING}"
    ),
    "student.batch_rules.*.at_most": Setting(
        "3", "batch size, rule {name}", None, lambda k: f"min({k}, m)"
    ),
    "student.batch_rules.*.size": Setting("3", "batch size, rule {name}"),
    "student.batch_rules.*.epochs": Setting("3", "epochs, rule {name}"),
    "reference.algorithms": Setting("3", "reference algorithms"),
}
# Keys in no table, and why.
LEFT_OUT = {
    "scale": "it names the run and says nothing of the experiment",
    "training.flops_per_job": "results do not depend on how training is cut into jobs",
}


def main(argv: list[str]) -> None:
    """Write a row for each key, table after table."""
    parser = Program(__doc__, __file__)
    parser.reads("--config", help="config.resolved.yaml, or JSON")
    original = "settings of the original experiment, YAML; with none they are not compared"
    parser.reads("--original", required=False, nargs="*", default=[], help=original)
    parser.writes("--output", help="Parquet table to write")
    a = parser.parse_args(argv)
    ours = settings(a.config, read_resolved(a.config))
    original = [row for path in a.original for row in read_original(path)]
    rows = with_original(list(ours), original)
    rows.sort(key=lambda row: row["table"])
    write_table(a.output, pd.DataFrame(rows), SETTINGS, a.job)
    a.job.write_record()


def settings(path: Path, config: dict) -> Iterator[dict]:
    """Yield the rows of a configuration, in its order; raises InputError on an unknown key."""
    for keys, value in leaves(config):
        key = ".".join(keys)
        if key in LEFT_OUT:
            continue
        setting, about = described(path, key)
        yield about | {"value": setting.show(value), "original": None}


def described(path: Path, key: str) -> tuple[Setting, dict]:
    """Return how a key is shown, and what its row says; raises InputError on an unknown key."""
    keys = key.split(".")
    rule = keys[2] if keys[:2] == ["student", "batch_rules"] else None
    setting = SHOWN.get(key if rule is None else ".".join((*keys[:2], "*", *keys[3:])))
    if setting is None:
        raise InputError(f"{path}: found the key {key}, expected one that a table can show")
    return setting, {
        "table": setting.table,
        "quantity": setting.quantity.format(name=rule),
        "symbol": setting.symbol,
        "key": key,
    }


def with_original(ours: list[dict], original: list[dict]) -> list[dict]:
    """Return rows with the original's values, and a row for each setting that only it has."""
    values = {row["key"]: row["value"] for row in original}
    alone = [row for row in original if row["key"] not in {row["key"] for row in ours}]
    return [
        *(row | {"original": values.get(row["key"])} for row in ours),
        *(row["about"] | {"value": NONE, "original": row["value"]} for row in alone),
    ]


def read_original(path: Path) -> list[dict]:
    """Return key and value of the original's settings, and what the row of each says."""
    try:
        rows = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        line = " ".join(str(error).split())
        raise InputError(f"{path}: expected YAML, found {line}") from None
    if not isinstance(rows, list):
        raise InputError(f"{path}: expected a YAML list, found {rows!r}")
    for row in rows:
        if not isinstance(row, dict) or row.keys() != {"key", "quantity", "value"}:
            raise InputError(f"{path}: expected rows of key, quantity and value, found {row!r}")
    return [row | {"about": described(path, row["key"])[1]} for row in rows]


def leaves(config: dict, *above: str) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield the keys that lead to each value that is no section, and the value."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, *above, key)
        else:
            yield (*above, key), value


if __name__ == "__main__":
    run(main)
