"""Tabulate the configuration in force as the paper's tables of hyperparameters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from supnorm.commands import Program
from supnorm.programs import InputError, run
from supnorm.tables.schema import write_table
from supnorm.tables.settings import SETTINGS


def plain(value: object) -> str:
    """Return a value, or those of a list, as text."""
    if isinstance(value, list):
        return ", ".join(map(plain, value)) or "none"
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
    "teacher.families": Setting("1", "kinds of target function"),
    "teacher.dims": Setting("1", "input dimension", "d"),
    "teacher.depth": Setting("1", "affine layers of a target", "L"),
    "teacher.width": Setting("1", "neurons in each hidden layer of a target", "B"),
    "teacher.norm": Setting("1", "coefficient norm of the targets", "q"),
    "teacher.bound": Setting("1", "coefficient bound of the targets", "c"),
    "teacher.count": Setting("1", "targets of each kind and dimension"),
    "sample.sizes": Setting("1", "sample size", "m"),
    "sample.seeds": Setting("1", "seeds of samples, initial weights and shuffles"),
    "sine.samples": Setting("1", "sine: sample size", "m"),
    "sine.seeds": Setting("1", "sine: seeds of samples, initial weights and shuffles"),
    "student.depths": Setting("2", "affine layers of a student"),
    "student.widths": Setting("2", "neurons in each hidden layer of a student"),
    "student.batch_rules.*.divisor": Setting(
        "2", "batch size, rule {name}", None, lambda k: f"\N{LEFT CEILING}m/{k}\N{RIGHT CEILING}"
    ),
    "student.batch_rules.*.at_most": Setting(
        "2", "batch size, rule {name}", None, lambda k: f"min({k}, m)"
    ),
    "student.batch_rules.*.size": Setting("2", "batch size, rule {name}"),
    "student.batch_rules.*.epochs": Setting("2", "epochs, rule {name}"),
    "training.learning_rate": Setting("2", "learning rate of Adam in the first epoch"),
    "training.final_learning_rate": Setting("2", "learning rate of Adam after the last epoch"),
    "training.precision": Setting("2", "precision"),
    "training.engine": Setting("2", "training engine"),
    "training.device": Setting("2", "device"),
    "sine.depth": Setting("2", "sine: affine layers of the student"),
    "sine.width": Setting("2", "sine: neurons in each hidden layer of the student"),
    "sine.batch": Setting("2", "sine: batch size"),
    "sine.epochs": Setting("2", "sine: epochs"),
    "evaluation.times": Setting("3", "evaluations, evenly spaced over the epochs"),
    "evaluation.method": Setting("3", "how errors are found"),
    "evaluation.points": Setting("3", "uniform points where errors are sampled"),
    "certificate.students": Setting("3", "students whose uniform error is certified"),
    "certificate.width": Setting("3", "widest students that are certified"),
    "certificate.gap": Setting("3", "aim of certificates: upper end over error, less 1"),
    "certificate.boxes": Setting("3", "most boxes of a certificate"),
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
    parser.writes("--output", help="Parquet table to write")
    a = parser.parse_args(argv)
    try:
        config = yaml.safe_load(a.config.read_text())
    except yaml.YAMLError as error:
        line = " ".join(str(error).split())
        raise InputError(f"{a.config}: expected YAML or JSON, found {line}") from None
    if not isinstance(config, dict):
        raise InputError(f"{a.config}: expected a configuration, found {config!r}")
    rows = sorted(settings(a.config, config), key=lambda row: row["table"])
    write_table(a.output, pd.DataFrame(rows), SETTINGS, a.job)
    a.job.write_record()


def settings(path: Path, config: dict) -> Iterator[dict]:
    """Yield the rows of a configuration, in its order; raises InputError on an unknown key."""
    for keys, value in leaves(config):
        key = ".".join(keys)
        if key in LEFT_OUT:
            continue
        rule = keys[2] if keys[:2] == ("student", "batch_rules") else None
        setting = SHOWN.get(key if rule is None else ".".join((*keys[:2], "*", *keys[3:])))
        if setting is None:
            raise InputError(f"{path}: found the key {key}, expected one that a table can show")
        yield {
            "table": setting.table,
            "quantity": setting.quantity.format(name=rule),
            "symbol": setting.symbol,
            "value": setting.show(value),
            "key": key,
        }


def leaves(config: dict, *above: str) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield the keys that lead to each value that is no section, and the value."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, *above, key)
        else:
            yield (*above, key), value


if __name__ == "__main__":
    run(main)
