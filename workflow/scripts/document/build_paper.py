"""Build the document: a frame, and in it a part for each study."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from supnorm.drawing.typesetting import typeset
from supnorm.findings import as_json, read_findings
from supnorm.job.commands import Program
from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError, run
from supnorm.job.provenance import digest, keywords
from supnorm.job.records import SUFFIX, read_record, stamp
from supnorm.resolved import read_resolved
from supnorm.statistics.claims import VERDICTS
from supnorm.statistics.ledger import TASKS
from supnorm.tables.claims import CLAIMS
from supnorm.tables.ledger import LEDGER
from supnorm.tables.schema import Schema, read_table
from supnorm.tables.settings import SETTINGS

# What the document says of a case.
CASE = ["case", "measured", "low", "high", "relation", "reference", "verdict", "evening"]
# As many digits of a SHA-256, and of a commit, as a reader can compare.
DIGITS, COMMIT_DIGITS = 12, 8


def main(argv: list[str]) -> None:
    """Gather findings, tables, captions and records for the document, and typeset it."""
    parser = Program(__doc__, __file__)
    parser.reads("findings", nargs="+", help="JSON of each study")
    parser.reads("claims", help=f"{CLAIMS.row}, of all studies")
    parser.reads(
        "evening", nargs="*", default=[], required=False, help="claims of the evening run, likewise"
    )
    parser.reads("ledger", help=f"{LEDGER.row}, of all studies")
    parser.reads("settings", help=SETTINGS.row)
    parser.reads("tables", nargs="*", default=[], help="further ones whose origins are to be said")
    parser.reads("config", help="config.resolved.yaml")
    parser.reads("template", help="Typst file of the frame")
    parser.reads("parts", nargs="+", help="files that it reads, among them <study>.typ of each")
    parser.reads("figures", nargs="+", help="PDF; the record of each lies beside it")
    parser.reads("captions", nargs="+", help="text, named as the figures are")
    for name in ("title", "version", "released", "license"):
        parser.add_argument(f"--{name}", required=True, help="as CITATION.cff has it")
    parser.add_argument("--authors", nargs="+", required=True, help="as CITATION.cff has them")
    parser.add_argument("--doi", help="of the archive, once it is reserved")
    parser.writes("paper", help="PDF to write")
    a = parser.parse_args(argv)
    findings = dict(map(read_findings, a.findings))
    check_parts(findings, a.parts)
    figures = named(a.figures, findings)
    data = content(a, findings, figures) | {"keywords": keywords(a.job.stamp)}
    with appearing(a.paper) as temporary:
        temporary.write_bytes(typeset(a.template, a.parts, data, figures))
    a.job.write_record()


def content(a, findings: Mapping[str, dict], figures: Mapping[str, Path]) -> dict:
    """Return the data of the document, from arguments, findings by study, and figures by name."""
    claims = of_studies(a.claims, CLAIMS, findings)
    ledger = of_studies(a.ledger, LEDGER, findings)
    tables = named(a.tables, findings)
    tables |= {name: getattr(a, name) for name in ("claims", "ledger", "settings")}
    settings = read_table(a.settings, SETTINGS.columns)
    config = read_resolved(a.config)
    evening = [read_table(path, CLAIMS.columns) for path in a.evening]
    evening = pd.concat([claims.iloc[:0], *evening])
    return {
        "cited": {name: getattr(a, name) for name in ("title", "authors", "version", "released")},
        "license": a.license,
        "doi": a.doi,
        "config": config,
        # Those that the configuration names, in its order.
        "studies": sorted(findings, key=[*config.get("studies", ()), *findings].index),
        "findings": findings,
        "captions": read_captions(named(a.captions, findings), figures),
        "sources": {
            "figures": {name: source(path) for name, path in figures.items()},
            "tables": {name: source(path) for name, path in tables.items()},
        },
        "titles": dict(zip(settings["table"], settings["title"], strict=True)),
        "settings": rows(settings),
        "ledger": list(by_class(ledger)),
        "verdicts": verdicts(claims),
        "evening": verdicts(evening) if len(evening) else None,
        "claims": list(by_statement(claims.join(in_evening(claims, evening)))),
    }


def of_studies(path: Path, schema: Schema, studies: Iterable[str]) -> pd.DataFrame:
    """Return a table of all studies; raises InputError where it has rows of another one."""
    table = read_table(path, schema.columns)
    if unknown := set(table["study"]) - set(studies):
        raise InputError(
            f"{path}: found rows of {', '.join(sorted(unknown))}; expected those of the studies "
            f"{', '.join(studies)}"
        )
    return table


def check_parts(studies: Iterable[str], parts: Iterable[Path]) -> None:
    """Raise InputError where a study has no part."""
    names = [path.name for path in parts]
    for study in studies:
        if f"{study}.typ" not in names:
            raise InputError(
                f"--parts: found {', '.join(names)}; expected {study}.typ, the part of the study "
                f"{study}, too"
            )


def named(paths: Iterable[Path], studies: Iterable[str]) -> dict[str, Path]:
    """Return files by full name, <study>/<name>, from <study>/<folder>/<name>.<ending>.

    In a run of one study the folder need not bear its name. Raises InputError where a file is of
    no study, and where two have one name.
    """
    studies, found = list(studies), {}
    for path in paths:
        study = path.absolute().parent.parent.name
        if study not in studies:
            if len(studies) > 1:
                raise InputError(
                    f"{path}: found it below {study}; expected the folder of one of the studies "
                    f"{', '.join(studies)}"
                )
            (study,) = studies
        name = f"{study}/{path.stem}"
        if name in found:
            raise InputError(f"{path}: expected one file {name}, found {found[name]}, too")
        found[name] = path
    return found


def read_captions(captions: Mapping[str, Path], figures: Iterable[str]) -> dict[str, str]:
    """Return the captions by figure; raises InputError unless each figure has one."""
    if captions.keys() != set(figures):
        raise InputError(
            f"--captions: found those of {', '.join(sorted(captions))}; expected one for each of "
            f"the figures {', '.join(sorted(figures))}"
        )
    return {name: captions[name].read_text().strip() for name in figures}


def source(path: Path) -> dict:
    """Return the origin of a file by the record beside it, short enough for a caption.

    Raises InputError where the file is not the one that the record describes.
    """
    record = read_record(path.with_name(path.stem + SUFFIX))
    if digest(path) not in {sha for files in record.outputs.values() for sha in files.values()}:
        raise InputError(f"{path}: expected the file that {record.path} describes, found another")
    commit = record.run["commit"]
    return {
        "rule": record.rule,
        "commit": commit and commit[:COMMIT_DIGITS],
        "dirty": bool(record.run["dirty"]),
        "inputs": stamp(record)["inputs"][:DIGITS],
    }


def verdicts(claims: pd.DataFrame) -> dict:
    """Return the number of cases with each verdict, and the statements not wholly supported."""
    by_claim = claims.groupby(["study", "statement"])["verdict"]
    return {
        "statements": len(by_claim),
        "cases": len(claims),
        "wholly": sum(set(found) == {"supported"} for _, found in by_claim),
        **{verdict: int((claims["verdict"] == verdict).sum()) for verdict in VERDICTS},
        "short": {
            verdict: [
                {"statement": statement, "cases": list(found["case"])}
                for (_, statement), found in claims[claims["verdict"] == verdict].groupby(
                    ["study", "statement"], sort=False
                )
            ]
            for verdict in VERDICTS[1:]
        },
    }


def in_evening(claims: pd.DataFrame, evening: pd.DataFrame) -> pd.Series:
    """Return the verdict of the evening run on each case; null where it has none."""
    case = ["study", "claim", "case"]
    found = evening.set_index(case)["verdict"].to_dict()
    verdicts = [found.get(key) for key in claims[case].itertuples(index=False, name=None)]
    return pd.Series(verdicts, claims.index, object, name="evening")


def by_statement(claims: pd.DataFrame) -> Iterator[dict]:
    """Yield each statement of a study, its claim, what it is measured by, and its cases."""
    for (study, claim, statement, quantity, place), found in claims.groupby(
        ["study", "claim", "statement", "quantity", "source"], sort=False
    ):
        yield {
            "study": study,
            "claim": claim,
            "statement": statement,
            "quantity": quantity,
            "source": None if place == "none" else place,
            "cases": rows(found[CASE]),
        }


def by_class(ledger: pd.DataFrame) -> Iterator[dict]:
    """Yield each class of the ledger with its cells, by task; None where it has none."""
    for known, found in ledger.groupby("class", sort=False):
        cells = {row["task"]: row for row in rows(found)}
        yield {"class": known, "cells": {task: cells.get(task) for task in TASKS}}


def rows(table: pd.DataFrame) -> list[dict]:
    """Return the rows of a table as JSON; missing values are null."""
    return as_json(table.astype(object).where(table.notna(), None).to_dict("records"))


if __name__ == "__main__":
    run(main)
