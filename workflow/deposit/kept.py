"""What is kept of a deposit in results/<scale>/archive/deposit.json: where it is, how far it is."""

import json
import re
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from deposit import servers
from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError

STATES = ("begun", "draft", "published")


@dataclass(frozen=True)
class Deposit:
    """A deposit of a scale's results, as results/<scale>/archive/deposit.json keeps it.

    It is `begun` until `record` (its name at the server) and `doi` are known, then a `draft`, then
    `published`. `version_of` is the record that it is a new version of. `mark` is in the title of
    the new draft until all is sent, so that a draft is found whose making was not answered. `sums`
    is the SHA-256 of SHA256SUMS in the archive that was sent.
    """

    server: str
    mark: str
    version_of: str | None = None
    record: str | None = None
    doi: str | None = None
    sums: str | None = None
    state: str = "begun"


def kept_or_begun(path: Path, server: str, version_of: str | None) -> Deposit:
    """Return the deposit to go on with, or a new one.

    Raises InputError where the one that is there is another than was asked for.
    """
    begun = Deposit(server, mark=secrets.token_hex(8), version_of=version_of)
    if not path.is_file():
        return begun
    kept = read_deposit(path)
    if kept.server != server:
        raise InputError(
            f"{path}: found a deposit at {kept.server}, expected one at {server}; PRODUCTION=1 "
            f"stands for {servers.PRODUCTION}; to begin another deposit there, remove this file"
        )
    if kept.state == "published":
        if version_of is None:
            raise InputError(published_already(path, kept))
        return begun
    if version_of not in (None, kept.version_of):
        raise InputError(
            f"{path}: found draft {kept.record}, which is no new version of {version_of}; publish "
            "it by `make publish`, which notes what was published otherwise too, or discard it at "
            f"{kept.server} and remove this file"
        )
    return kept


def published_already(path: Path, kept: Deposit) -> str:
    """Return the sentence for a deposit that takes no more changes."""
    return (
        f"{path}: record {kept.record} is published already, as {kept.doi}; for a new version of "
        f"it give NEW_VERSION_OF={kept.record}"
    )


def address(kept: Deposit) -> str:
    """Return the address of a deposit's DOI, or, at the sandbox, that it has none."""
    if kept.server == servers.SANDBOX:
        return f"{kept.doi}, a DOI of the sandbox, for trials: it leads nowhere"
    return f"https://doi.org/{kept.doi}"


def read_deposit(path: Path) -> Deposit:
    """Return a deposit; raises InputError where the file is none, or is of an unknown server."""
    try:
        kept = Deposit(**json.loads(path.read_text()))
    except (ValueError, TypeError, RecursionError):
        names = ", ".join(key.name for key in fields(Deposit))
        raise InputError(f"{path}: expected a JSON object with the keys {names}") from None
    for key, value in asdict(kept).items():
        if not isinstance(value, str) and (value is not None or key in ("server", "mark", "state")):
            raise InputError(f"{path}: {key} is {value!r}; expected text")
    if kept.server not in servers.TOKENS:
        known = ", ".join(servers.TOKENS)
        raise InputError(f"{path}: server is {kept.server}; expected one of {known}")
    if kept.state not in STATES or (kept.state != "begun" and None in (kept.record, kept.doi)):
        raise InputError(f"{path}: expected a deposit that is {', '.join(STATES)}, found damage")
    if kept.doi is not None and not re.fullmatch(r"10\.\d{4,}(\.\d+)*/[\w.()/:;-]+", kept.doi):
        raise InputError(f"{path}: doi is {kept.doi!r}; expected a DOI")
    return kept


def write_deposit(path: Path, kept: Deposit) -> None:
    """Write a deposit, whole or not at all."""
    with appearing(path) as temporary:
        temporary.write_text(json.dumps(asdict(kept), indent=1) + "\n")
