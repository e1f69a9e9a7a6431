"""Deposit the archive of a scale at Zenodo under a DOI, and publish it.

Run from the root of the repository. `make deposit` reserves a DOI, has it stamped into the paper
and the archive by building both again, and uploads them as a draft, which only its user sees.
Started again it goes on with the same draft. `make publish` shows the draft, asks once, and
publishes it: that cannot be undone.
"""

import argparse
import hashlib
import html
import json
import os
import re
import secrets
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import yaml
from inveniordm import File, InvenioRDM, doi_of, take_token
from rich.console import Console
from rich.filesize import decimal
from rich.progress import Progress

from artifact.archive import check
from driver.jobs import configuration
from supnorm.job.origin import ARCHIVED, DEPOSIT, SUMS
from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError, run
from supnorm.job.provenance import digest

SANDBOX, PRODUCTION = "https://sandbox.zenodo.org", "https://zenodo.org"
# A token is for one server, which is never another than one of these, whatever a file says.
TOKENS = {SANDBOX: "ZENODO_SANDBOX_TOKEN", PRODUCTION: "ZENODO_TOKEN"}
STATES = ("begun", "draft", "published")
CITATION = Path("CITATION.cff")
# The document, which has the DOI in it, and the rule that makes it.
PAPER, BUILDING = "paper.pdf", "build_paper"
# The licence of results, LICENSE-results; that of the source is the citation's.
RESULTS_LICENCE = "cc-by-4.0"
# What Zenodo takes in one record, in bytes.
LARGEST = 50e9
# How often a file is sent whose checksum at the server is another.
TRIES = 3


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


@dataclass(frozen=True)
class Local:
    """A file to deposit: its name there, where it is, its size in bytes, and its MD5."""

    key: str
    path: Path
    size: int
    md5: str


def main(argv: list[str]) -> None:
    """Deposit, or publish what was deposited."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    depositing = commands.add_parser("deposit", help="upload the archive as a draft with a DOI")
    depositing.add_argument(
        "--production", action="store_true", help=f"at {PRODUCTION}, not at {SANDBOX}"
    )
    depositing.add_argument(
        "--new-version-of", metavar="RECORD", help="published record to make a new version of"
    )
    publishing = commands.add_parser("publish", help="publish the draft, after a question")
    publishing.add_argument(
        "--confirm", metavar="DOI", help="the DOI to publish, in place of an answer"
    )
    for command in (depositing, publishing):
        command.add_argument("--scale", help="scale, if not the one that config.yaml names")
    arguments = parser.parse_args(argv)
    scale = configuration(arguments.scale)["scale"]
    if arguments.command == "deposit":
        server = PRODUCTION if arguments.production else SANDBOX
        deposit(scale, server, arguments.new_version_of)
    else:
        publish(scale, arguments.confirm)


def rebuild(scale: str) -> None:
    """Build the paper and the archive again, with the DOI that is now reserved, and nothing else.

    As Snakemake is told of no other rule, results are taken as they are, and no device matters. A
    paper that has the DOI already is kept, so that an archive that was sent stays the same.
    """
    paper = [f"results/{scale}/{PAPER}", "--device", "cpu", "--allowed-rules", BUILDING]
    for program, options in (
        ("workflow/reproduce.py", paper),
        ("workflow/artifact/archive.py", []),
    ):
        if subprocess.run([sys.executable, program, "--scale", scale, *options]).returncode:
            raise InputError(
                f"{program}: expected that it builds {PAPER} or the archive of the scale {scale} "
                "with its DOI, but it failed as said above; mend that and run `make deposit` "
                "again: the draft is kept"
            )


def deposit(
    scale: str,
    server: str,
    version_of: str | None = None,
    *,
    rebuild: Callable[[str], None] = rebuild,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Bring the archive of a scale to a draft at a server, under a DOI; publish nothing.

    Every step is written down when it is done, and taken only if it was not.
    """
    path = Path("results", scale, DEPOSIT)
    kept = kept_or_begun(path, server, version_of)
    citation = read_citation()
    user = user_of(server, sleep)
    # No DOI is reserved for what is not ready; the paper is made again with it.
    check(configuration(scale), but=[BUILDING])
    draft, kept = reserve(user, path, kept, described(citation, scale))
    print(f"draft {kept.record} at {server}: reserved is {address(kept)}", flush=True)
    rebuild(scale)
    local = local_files(scale, kept.doi)
    check_no_others(user, kept.record, local)
    user.update_draft(draft, described(citation, scale, local))
    kept = replace(kept, sums=local_sums(local))
    write_deposit(path, kept)
    send(user, kept.record, local)
    print(
        f"The draft is complete, and nothing is published: {server}/uploads/{kept.record}\n"
        f"`make publish SCALE={scale}` shows what will be published, asks once, and publishes it "
        f"as {address(kept)}; that cannot be undone."
    )
    if server == SANDBOX:
        print(f"To deposit at {PRODUCTION}, remove {path}, and run `make deposit PRODUCTION=1`.")


def publish(
    scale: str,
    confirmed: str | None = None,
    *,
    ask: Callable[[str], str] = input,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Publish the draft of a scale, after one question or with its DOI as confirmation."""
    path = Path("results", scale, DEPOSIT)
    if not path.is_file():
        raise InputError(f"{path}: expected a deposit, found none; `make deposit` makes one")
    kept = read_deposit(path)
    if kept.state == "begun":
        raise InputError(f"{path}: the deposit is not complete; run `make deposit` again")
    if confirmed not in (None, kept.doi):
        raise InputError(f"--confirm is {confirmed}; expected the DOI of this draft, {kept.doi}")
    user = user_of(kept.server, sleep)
    draft = user.draft(kept.record)
    if (record := published_record(user, kept, draft)) is not None:
        print("The record was published before.")
        return note_published(path, kept, record)
    check_draft(path, kept, draft)
    local = local_files(scale, kept.doi)
    check_same(user, kept.record, local)
    show(kept, user.title(draft), local)
    if confirmed is None:
        confirm(ask)
    # An answer may take its time.
    check_same(user, kept.record, local)
    note_published(path, kept, user.publish(kept.record))


def user_of(server: str, sleep: Callable[[float], None]) -> InvenioRDM:
    """Return the client for a server; no program that is started from here sees a token."""
    token = take_token(TOKENS[server])
    for name in TOKENS.values():
        os.environ.pop(name, None)
    return InvenioRDM(server, token, sleep=sleep)


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
            f"stands for {PRODUCTION}; to begin another deposit there, remove this file"
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


def reserve(user: InvenioRDM, path: Path, kept: Deposit, metadata: dict) -> tuple[dict, Deposit]:
    """Return the draft with its DOI, and the deposit, both made as far as they were not."""
    if kept.record is None:
        if kept.version_of is not None:
            draft = user.new_version(kept.version_of)
        else:
            write_deposit(path, kept)
            draft = user.find_draft(kept.mark) or user.create_draft(metadata, kept.mark)
        kept = replace(kept, record=user.identifier(draft))
        write_deposit(path, kept)
    draft = user.draft(kept.record)
    if (record := published_record(user, kept, draft)) is not None:
        raise InputError(published_already(path, note_published(path, kept, record)))
    if draft is not None and kept.doi is None:
        if doi_of(draft) is None:
            draft = user.reserve_doi(kept.record)
        kept = replace(kept, doi=doi_of(draft), state="draft")
        check_draft(path, kept, draft)
        write_deposit(path, kept)
    check_draft(path, kept, draft)
    return draft, kept


def check_draft(path: Path, kept: Deposit, draft: dict | None) -> None:
    """Raise InputError where a draft is gone, or is not the one with the reserved DOI."""
    if draft is None:
        raise InputError(
            f"{path}: draft {kept.record} is gone from {kept.server}; remove this file to begin "
            "another, under another DOI"
        )
    if kept.doi is None or doi_of(draft) != kept.doi:
        raise InputError(
            f"{path}: expected that draft {kept.record} at {kept.server} has the DOI {kept.doi}, "
            f"found {doi_of(draft)}; discard the draft there, and remove this file to begin another"
        )


def local_files(scale: str, doi: str) -> dict[str, Local]:
    """Return the files to deposit by their names, the archive first.

    The sums of all files in the archive are in it; the record has those of these two. Raises
    InputError where one is missing, where the archive is one of another DOI, or too large.
    """
    results = Path("results", scale)
    archive = results / f"archive/supnorm-{scale}.zip"
    if archived_doi(archive) != doi:
        raise InputError(
            f"{archive}: expected an archive with the DOI {doi}, found {archived_doi(archive)}; "
            "run `make deposit` again"
        )
    local = {}
    for path in (archive, results / PAPER):
        with path.open("rb") as file:
            md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        local[path.name] = Local(path.name, path, path.stat().st_size, md5.hexdigest())
    total = sum(file.size for file in local.values())
    if total > LARGEST:
        raise InputError(f"{archive}: found {decimal(total)}, expected {decimal(int(LARGEST))}")
    return local


def archived_doi(archive: Path) -> str | None:
    """Return the DOI that an archive says it has."""
    told = member(archive, ARCHIVED)
    try:
        return json.loads(told)["doi"]
    except (KeyError, ValueError, TypeError, RecursionError):
        raise InputError(f"{archive}: expected an archive with a DOI in {ARCHIVED}") from None


def local_sums(local: Mapping[str, Local]) -> str:
    """Return the SHA-256 of SHA256SUMS in the archive, the first of the files to deposit."""
    archive = next(iter(local.values())).path
    return hashlib.sha256(member(archive, SUMS)).hexdigest()


def member(archive: Path, name: str) -> bytes:
    """Return a file in an archive; raises InputError where it is not there."""
    try:
        with zipfile.ZipFile(archive) as file:
            return file.read(f"{archive.stem}/{name}")
    except (zipfile.BadZipFile, KeyError):
        raise InputError(f"{archive}: expected an archive with {name} in it") from None


def check_no_others(user: InvenioRDM, record: str, local: Mapping[str, Local]) -> None:
    """Raise InputError where a draft has files that no deposit put there."""
    if others := sorted(user.files(record).keys() - local.keys()):
        raise InputError(
            f"{user.server}/uploads/{record}: expected no files in the draft but "
            f"{', '.join(local)}, found {', '.join(others)}; remove them there"
        )


def send(user: InvenioRDM, record: str, local: Mapping[str, Local]) -> None:
    """Send files to a draft, but those that it has; what is there half or wrong is sent anew."""
    there = user.files(record)
    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for key, file in local.items():
            if same(there.get(key), file):
                print(f"  {key}, {decimal(file.size)}: there already", flush=True)
                continue
            send_file(user, record, file, there.get(key), progress)
            print(f"  {key}, {decimal(file.size)}: sent, MD5 {file.md5} as here", flush=True)


def send_file(
    user: InvenioRDM, record: str, file: Local, there: File | None, progress: Progress
) -> None:
    """Send a file in place of what is there, until the server has it whole."""
    for _ in range(TRIES):
        if there is not None:
            user.delete_file(record, file.key)
        there = user.upload(
            record, file.key, lambda: progress.open(file.path, "rb", description=file.key)
        )
        if same(there, file):
            return
    raise InputError(different(user, file, there))


def same(there: File | None, local: Local) -> bool:
    """Return whether a file of a draft is complete and has the bytes of the one here."""
    return (
        there is not None and there.completed and (there.size, there.md5) == (local.size, local.md5)
    )


def different(user: InvenioRDM, local: Local, there: File | None) -> str:
    """Return the sentence for a file of a draft that is not the one here."""
    found = "none"
    if there is not None:
        found = f"MD5 {there.md5}, {there.size} bytes" if there.completed else "half a file"
    return (
        f"{local.path}: expected at {user.server} a file with MD5 {local.md5}, {local.size} bytes, "
        f"found {found}; run `make deposit` again"
    )


def check_same(user: InvenioRDM, record: str, local: Mapping[str, Local]) -> None:
    """Raise InputError where a draft has other files than are here."""
    check_no_others(user, record, local)
    there = user.files(record)
    for key, file in local.items():
        if not same(there.get(key), file):
            raise InputError(different(user, file, there.get(key)))


def show(kept: Deposit, title: str, local: Mapping[str, Local]) -> None:
    """Print what will be published."""
    print(f"at {kept.server}, record {kept.record}")
    print(f"as {address(kept)}")
    print(f"   {title}")
    for file in local.values():
        print(f"   {file.key}, {decimal(file.size)}, MD5 {file.md5} here and there")


def confirm(ask: Callable[[str], str]) -> None:
    """Raise InputError unless somebody at a terminal types the word."""
    if not sys.stdin.isatty():
        raise InputError("expected a terminal to ask at, found none; nothing is published")
    try:
        answer = ask("This cannot be undone. Type publish to publish it: ")
    except EOFError:
        answer = ""
    if answer.strip() != "publish":
        raise InputError("expected the word publish; nothing is published")


def published_record(user: InvenioRDM, kept: Deposit, draft: dict | None) -> dict | None:
    """Return the record that a draft has become, be it by other hands; None if it has not."""
    if draft is None:
        return user.record(kept.record)
    return draft if draft.get("is_published") else None


def note_published(path: Path, kept: Deposit, record: dict) -> Deposit:
    """Write down that a deposit is published as a record, say so, and return it."""
    kept = replace(kept, doi=doi_of(record) or kept.doi, state="published")
    write_deposit(path, kept)
    print(f"published: {address(kept)}", flush=True)
    return kept


def address(kept: Deposit) -> str:
    """Return the address of a deposit's DOI, or, at the sandbox, that it has none."""
    if kept.server == SANDBOX:
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
    if kept.server not in TOKENS:
        raise InputError(f"{path}: server is {kept.server}; expected one of {', '.join(TOKENS)}")
    if kept.state not in STATES or (kept.state != "begun" and None in (kept.record, kept.doi)):
        raise InputError(f"{path}: expected a deposit that is {', '.join(STATES)}, found damage")
    if kept.doi is not None and not re.fullmatch(r"10\.\d{4,}(\.\d+)*/[\w.()/:;-]+", kept.doi):
        raise InputError(f"{path}: doi is {kept.doi!r}; expected a DOI")
    return kept


def write_deposit(path: Path, kept: Deposit) -> None:
    """Write a deposit, whole or not at all."""
    with appearing(path) as temporary:
        temporary.write_text(json.dumps(asdict(kept), indent=1) + "\n")


def read_citation() -> dict:
    """Return CITATION.cff; raises InputError where a key that a record needs is missing."""
    citation = yaml.safe_load(CITATION.read_text())
    for key in ("title", "abstract", "authors", "version", "date-released", "license", "keywords"):
        if key not in citation:
            raise InputError(f"{CITATION}: expected the key {key}, found none")
    return citation


def described(citation: Mapping, scale: str, local: Mapping[str, Local] | None = None) -> dict:
    """Return the metadata of a draft in InvenioRDM's terms, with SHA-256 of files where known.

    The record is a dataset: source is in the archive so that its results can be checked, and the
    results are what is cited by the DOI.
    """
    text = (
        f"<p>{html.escape(citation['abstract'].strip())}</p><p>This is the archive of its scale "
        f"“{scale}”: source, data, trained networks, tables, figures, and the record of every job. "
        "README.md in it says which claim is shown by which figure, and how to check them.</p>"
    )
    metadata = {
        "resource_type": {"id": "dataset"},
        "title": f"{citation['title']} (archive of the {scale} scale)",
        "publication_date": str(citation["date-released"]),
        "publisher": "Zenodo",
        "creators": [{"person_or_org": person_or_org(author)} for author in citation["authors"]],
        "description": text,
        "version": str(citation["version"]),
        "rights": [{"id": citation["license"].lower()}, {"id": RESULTS_LICENCE}],
        "subjects": [{"subject": keyword} for keyword in citation["keywords"]],
        "related_identifiers": [
            {
                "identifier": identifier["value"],
                "scheme": "arxiv",
                "relation_type": {"id": "references"},
                "resource_type": {"id": "publication-conferencepaper"},
            }
            for reference in citation.get("references", [])
            for identifier in reference.get("identifiers", [])
            if identifier["value"].startswith("arXiv:")
        ],
    }
    if local:
        sums = "".join(
            f"<li>{html.escape(file.key)}: {digest(file.path)}</li>" for file in local.values()
        )
        metadata["additional_descriptions"] = [
            {"description": f"<p>SHA-256:</p><ul>{sums}</ul>", "type": {"id": "technical-info"}}
        ]
    return metadata


def person_or_org(author: Mapping) -> dict:
    """Return an author of the citation in InvenioRDM's terms."""
    if "name" in author:
        return {"type": "organizational", "name": author["name"]}
    return {
        "type": "personal",
        "family_name": author["family-names"],
        "given_name": author.get("given-names", ""),
    }


if __name__ == "__main__":
    run(main)
