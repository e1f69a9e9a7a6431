"""Publish the draft of a deposit: for everybody, and for ever."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.filesize import decimal

from deposit import servers
from deposit.drafting import check_draft, note_published, published_record
from deposit.files import Local, check_same, local_files
from deposit.kept import Deposit, address, read_deposit
from supnorm.job.origin import DEPOSIT
from supnorm.job.programs import InputError


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
    user = servers.user_of(kept.server, sleep)
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


def show(kept: Deposit, title: str, local: Mapping[str, Local]) -> None:
    """Print what will be published."""
    print(f"at {kept.server}, record {kept.record}")
    print(f"as {address(kept)}")
    print(f"   {title}")
    for file in local.values():
        print(f"   {file.path.name}, {decimal(file.size)}, MD5 {file.md5} here and there")


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
