"""Bring the archive of a scale to a draft at a server, under a DOI: all but its publication."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from artifact.archive import check
from deposit import servers
from deposit.files import PAPER, check_no_others, local_files, local_sums, send
from deposit.inveniordm import InvenioRDM, doi_of
from deposit.kept import Deposit, address, kept_or_begun, published_already, write_deposit
from deposit.metadata import described, read_citation
from driver.jobs import configuration
from supnorm.job.origin import DEPOSIT
from supnorm.job.programs import InputError

# The rule that makes the document, which has the DOI in it.
BUILDING = "build_paper"


def rebuild(scale: str) -> None:
    """Build the paper and the archive again, with the DOI that is now reserved, and nothing else.

    As Snakemake is told of no other rule, results are taken as they are, and no device matters. A
    paper that has the DOI already is kept, so that an archive that was sent stays the same.
    """
    paper = [f"results/{scale}/{PAPER}", "--device", "cpu", "--allowed-rules", BUILDING]
    for module, options in (("driver.reproduce", paper), ("artifact.archive", [])):
        if subprocess.run([sys.executable, "-m", module, "--scale", scale, *options]).returncode:
            raise InputError(
                f"{module}: expected that it builds {PAPER} or the archive of the scale {scale} "
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
    user = servers.user_of(server, sleep)
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
    if server == servers.SANDBOX:
        print(
            f"To deposit at {servers.PRODUCTION}, remove {path}, and run "
            "`make deposit PRODUCTION=1`."
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
