"""What a figure came from: a record beside it, of rule, parameters, and digests of all files."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from supnorm.outputs import appearing


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_record(
    path: Path,
    rule: str,
    code: Iterable[Path],
    inputs: Iterable[Path],
    outputs: Iterable[Path],
    parameters: dict,
) -> None:
    """Write which rule made which outputs from which inputs by which code, as JSON.

    All files are named as the program was given them, with their SHA-256.
    """
    record = {"rule": rule, "parameters": parameters}
    for role, files in (("code", code), ("inputs", inputs), ("outputs", outputs)):
        record[role] = {str(file): digest(file) for file in files}
    with appearing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
