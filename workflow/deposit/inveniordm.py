"""A small client of InvenioRDM's REST API, which Zenodo speaks: drafts, DOIs, files, versions.

Documented at https://inveniordm.docs.cern.ch/reference/rest_api_drafts_records/.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote, urlencode

from deposit.connection import Connection, RefusedError, faults, within
from supnorm.job.programs import InputError

# A new draft is found by a search some seconds after it was made.
INDEXED = (2.0, 5.0, 10.0)
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class File:
    """A file of a draft; its size in bytes and MD5 are None until it is completed."""

    key: str
    completed: bool
    size: float | None
    md5: str | None


class InvenioRDM(Connection):
    """The records of one user on one server.

    Every method raises InputError, with one sentence, where the server refuses or stays away.
    """

    def create_draft(self, metadata: dict, mark: str) -> dict:
        """Return a new draft. Its title ends with a mark, by which `find_draft` finds it."""
        marked = metadata | {"title": f"{metadata['title']} [{mark}]"}

        def look() -> dict | None:
            for seconds in INDEXED:
                self._sleep(seconds)
                if (draft := self.find_draft(mark)) is not None:
                    return draft
            return None

        return self.call("POST", "/records", content=_draft(marked), done=look)

    def find_draft(self, mark: str) -> dict | None:
        """Return the user's draft with this mark in its title; None where there is none."""
        found = self.call("GET", "/user/records?" + urlencode({"q": mark, "size": 25}))
        for record in self.part(found, list, "hits", "hits"):
            title = self.part(record, dict, "metadata").get("title")
            if not record.get("is_published") and str(title).endswith(f"[{mark}]"):
                return record
        return None

    def new_version(self, record: str) -> dict:
        """Return the draft of a published record's next version, which has no files.

        There is one such draft at most, which the server returns whenever it is asked.
        """
        return self.call("POST", f"/records/{_name(record)}/versions")

    def draft(self, record: str) -> dict | None:
        """Return a draft; None where there is none, as after it was published or removed."""
        return self.existing(f"/records/{_name(record)}/draft")

    def record(self, record: str) -> dict | None:
        """Return a published record; None where there is none."""
        return self.existing(f"/records/{_name(record)}")

    def reserve_doi(self, record: str) -> dict:
        """Return a draft after a DOI was reserved for it."""

        def look() -> dict | None:
            draft = self.draft(record)
            return draft if draft and doi_of(draft) else None

        return self.call("POST", f"/records/{_name(record)}/draft/pids/doi", done=look)

    def update_draft(self, draft: dict, metadata: dict) -> dict:
        """Return a draft after its metadata was replaced; its DOI is kept.

        A server saves metadata with mistakes and names them: they raise InputError.
        """
        path = f"/records/{self.identifier(draft)}/draft"
        saved = self.call("PUT", path, content=_draft(metadata, draft.get("pids", {})))
        # Of files that are still to be sent, the server says that they are missing.
        wrong = [fault for fault in faults(saved) if not fault.startswith("files")]
        if wrong:
            raise InputError(
                f"{self.server}: expected that the draft's metadata are accepted, found "
                f"{self.clean('; '.join(wrong))}"
            )
        return saved

    def files(self, record: str) -> dict[str, File]:
        """Return the files of a draft by their names."""
        listed = self.call("GET", f"/records/{_name(record)}/draft/files")
        entries = self.part(listed, list, "entries")
        return {self.part(entry, str, "key"): _file(entry) for entry in entries}

    def upload(self, record: str, key: str, source: Callable[[], BinaryIO]) -> File | None:
        """Send a file to a draft, under a name that is not there yet; return what is there then.

        `source` opens it, anew for each attempt; it is sent block by block. None, or a file that
        is not completed, is what a transfer leaves that failed at the server.
        """
        files = f"/records/{_name(record)}/draft/files"
        path = f"{files}/{quote(key, safe='')}"

        def begun() -> dict | None:
            return {} if key in self.files(record) else None

        def completed() -> dict | None:
            there = self.files(record).get(key)
            return {} if there and there.completed else None

        self.call("POST", files, content=[{"key": key}], done=begun)
        if not faults(self.call("PUT", f"{path}/content", source=source)):
            self.call("POST", f"{path}/commit", done=completed)
        return self.files(record).get(key)

    def delete_file(self, record: str, key: str) -> None:
        """Remove a file from a draft, if it is there."""
        self.existing(f"/records/{_name(record)}/draft/files/{quote(key, safe='')}", "DELETE")

    def publish(self, record: str) -> dict:
        """Return a record after its draft was published; this cannot be undone."""
        path = f"/records/{_name(record)}/draft/actions/publish"
        try:
            return self.call("POST", path, done=lambda: self.record(record))
        except RefusedError as refusal:
            # An attempt whose answer was lost may have been at work until now.
            if (published := self.record(record)) is None:
                raise refusal
            return published

    def identifier(self, record: dict) -> str:
        """Return the name of a record or draft, which is part of its addresses."""
        return _name(self.part(record, str, "id"))

    def title(self, record: dict) -> str:
        """Return the title of a record or draft in one printable line."""
        return self.clean(self.part(record, str, "metadata", "title"))


def doi_of(record: dict) -> str | None:
    """Return the DOI of a record or draft; None where it has none."""
    doi = within(record, "pids", "doi", "identifier")
    return doi if isinstance(doi, str) else None


def _name(record: str) -> str:
    """Return a record's name, after a look that it is one: it becomes part of an address."""
    if not NAME.fullmatch(record):
        raise InputError(f"{record!r}: expected a record's name, as 1234567 in its address")
    return record


def _draft(metadata: dict, pids: dict | None = None) -> dict:
    """Return the body of a draft that anyone may read once it is published.

    What it leaves out is removed by the server, the reserved DOI too.
    """
    return {
        "access": {"record": "public", "files": "public"},
        "files": {"enabled": True},
        "metadata": metadata,
        "pids": pids or {},
    }


def _file(entry: dict) -> File:
    size = entry.get("size")
    kind, _, digest = str(entry.get("checksum")).partition(":")
    return File(
        key=entry["key"],
        completed=entry.get("status") == "completed",
        # Sizes come as 89364 or 89364.0.
        size=size if isinstance(size, (int, float)) else None,
        md5=digest if kind == "md5" else None,
    )
