"""findings.json: what a study tells the document, in numbers and in whole sentences.

A missing number is null, and an infinite one the text "inf" or "-inf", since JSON has neither. The
document formats the numbers, and prints sentences as they are.
"""

import json
import math
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path

import pandas as pd

from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError


def write_findings(path: Path, study: str, findings: Mapping) -> None:
    """Write the findings of a study: texts, numbers, tables, lists, and mappings from text."""
    text = json.dumps(
        {"study": study, "findings": as_json(findings)},
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
    )
    with appearing(path) as temporary:
        temporary.write_text(text + "\n")


def read_findings(path: Path) -> tuple[str, dict]:
    """Return a study's name and findings; raises InputError where the file is not of this form."""
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise InputError(f"{path}: expected JSON, found {error}") from None
    if not isinstance(content, dict) or content.keys() != {"study", "findings"}:
        raise InputError(f"{path}: expected a study and its findings, found {content!r:.100}")
    return content["study"], content["findings"]


def as_json(value: object) -> object:
    """Return a value with everything in it converted to what JSON can hold."""
    if isinstance(value, Mapping):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, pd.DataFrame):
        return as_json(value.to_dict("records"))
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return number(float(value))
    raise TypeError(f"{value!r} is nothing that the document could show")


def number(value: float) -> float | str | None:
    """Return a number, or null or text in its place where JSON has no such number."""
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)
