"""A server on this machine that plays InvenioRDM's API as Zenodo has it, strictly, with faults.

Drafts, DOIs, files, versions and publishing follow the documentation of InvenioRDM and of Zenodo:
metadata with mistakes are saved and named, a PUT removes what it leaves out, only the media type
of InvenioRDM has persistent identifiers, and a search finds a new draft late.
"""

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

JSON, NATIVE = "application/json", "application/vnd.inveniordm.v1+json"
SCOPES = frozenset({"deposit:write", "deposit:actions"})
METADATA = {
    *("resource_type", "creators", "title", "publisher", "publication_date", "subjects"),
    *("related_identifiers", "version", "rights", "description", "additional_descriptions"),
}
RESOURCE_TYPES = {"dataset", "software", "publication-conferencepaper"}
RELATIONS = {"references", "isderivedfrom", "isversionof"}
RIGHTS = {"mit", "cc-by-4.0"}
DESCRIPTIONS = {"abstract", "methods", "technical-info", "other"}


@dataclass
class Fault:
    """What goes wrong with requests of a method and a path: `kind`, as in `Handler.spoil`."""

    method: str
    path: str
    kind: str
    times: int = 1

    def hits(self, method, path):
        return self.times and self.method == method and re.search(self.path, path)


@dataclass
class Record:
    """A draft, or, once published, a record."""

    name: str
    owner: str
    parent: str
    metadata: dict
    pids: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    published: bool = False
    discarded: bool = False
    searches: int = 0


class AnswerError(Exception):
    """An answer that is no success."""

    def __init__(self, status, message, errors=None):
        super().__init__(message)
        self.status = status
        self.body = {"status": status, "message": message}
        if errors:
            self.body["errors"] = errors


class Zenodo:
    """The server: `with Zenodo({"a token": "its user"}) as zenodo`, at zenodo.address.

    `lag` searches do not find a new draft yet. `asked` has every request as (method, path), `mail`
    everything that was sent but the Authorization header and files, `violations` what a client
    must never do, and `publishing` the names of records that it was asked to publish.
    """

    def __init__(self, users):
        self.users, self.scopes, self.lag = users, SCOPES, 1
        self.records, self.faults = {}, []
        self.asked, self.mail, self.violations, self.publishing = [], [], [], []
        self.lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.zenodo = self
        self._http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def fail(self, method, path, kind, times=1):
        self.faults.append(Fault(method, path, kind, times))

    def fault(self, method, path):
        for fault in self.faults:
            if fault.hits(method, path):
                fault.times -= 1
                return fault.kind
        return None

    def count(self, method, path):
        """How often it was asked by a method for a path, a pattern."""
        return sum(m == method and bool(re.search(path, p)) for m, p in self.asked)

    @property
    def drafts(self):
        return [record for record in self.records.values() if not record.published]

    # What it does, each as (status, body).

    def create(self, user, metadata, parent=None, pids=None):
        name = str(1000001 + len(self.records))
        record = Record(name, user, parent or f"{name}0", metadata, dict(pids or {}))
        self.records[name] = record
        return record

    def own_draft(self, user, name):
        record = self.records.get(name)
        if record is None or record.published:
            raise AnswerError(404, "The persistent identifier does not exist.")
        if record.discarded:
            raise AnswerError(410, "The record has been deleted.")
        if record.owner != user:
            raise AnswerError(403, "Permission denied.")
        return record

    def own_file(self, user, name, key):
        record = self.own_draft(user, name)
        if key not in record.files:
            raise AnswerError(404, f"Record '{name}' has no file '{key}'.")
        return record.files[key]

    def described(self, record, errors=None):
        kind = "records" if record.published else "uploads"
        said = {
            "id": record.name,
            "is_published": record.published,
            "metadata": record.metadata,
            "parent": {"id": record.parent},
            "pids": record.pids,
            "files": {"enabled": True},
            "links": {"self_html": f"{self.address}/{kind}/{record.name}"},
        }
        return said | ({"errors": errors} if errors else {})

    def reserve_doi(self, user, name):
        record = self.own_draft(user, name)
        if "doi" in record.pids:
            fault = {"field": "pids.doi", "messages": ["A PID already exists for type doi"]}
            raise AnswerError(400, "A validation error occurred.", [fault])
        record.pids["doi"] = {"identifier": f"10.5072/zenodo.{name}", "provider": "datacite"}
        return 201, self.described(record)

    def new_version(self, user, name):
        record = self.records.get(name)
        if record is None or not record.published:
            raise AnswerError(404, "The persistent identifier is not registered.")
        if record.owner != user:
            raise AnswerError(403, "Permission denied.")
        for draft in self.drafts:
            if draft.parent == record.parent and not draft.discarded:
                return 201, self.described(draft)
        kept = {
            key: value
            for key, value in record.metadata.items()
            if key not in ("publication_date", "version")
        }
        return 201, self.described(self.create(user, kept, record.parent))

    def publish(self, user, name):
        self.publishing.append(name)
        if "deposit:actions" not in self.scopes:
            raise AnswerError(403, "Permission denied.")
        record = self.own_draft(user, name)
        errors = faults_of(record.metadata, "doi" in record.pids)
        if not record.files:
            errors.append({"field": "files.enabled", "messages": ["Missing uploaded files."]})
        if any(file["status"] != "completed" for file in record.files.values()):
            errors.append({"field": "files", "messages": ["A file is not uploaded yet."]})
        if errors:
            raise AnswerError(400, "A validation error occurred.", errors)
        record.pids.setdefault("doi", {"identifier": f"10.5072/zenodo.{name}"})
        record.published = True
        return 202, self.described(record)

    def search(self, user, words):
        hits = []
        for record in self.records.values():
            if record.owner != user or record.discarded:
                continue
            record.searches += 1
            if record.searches > self.lag and words in record.metadata.get("title", ""):
                hits.append(self.described(record))
        return 200, {"hits": {"hits": hits, "total": len(hits)}}

    def listed(self, record):
        return {"enabled": True, "entries": [described_file(f) for f in record.files.values()]}


def described_file(file):
    said = {key: value for key, value in file.items() if key != "content"}
    return said if file["status"] == "completed" else {"key": file["key"], "status": "pending"}


def faults_of(metadata, doi):
    """What is wrong with a draft's metadata, as InvenioRDM says it."""
    faults = []

    def expect(name, condition, message):
        if not condition:
            faults.append({"field": f"metadata.{name}", "messages": [message]})

    def known(name, values, allowed):
        ids = [value.get("id") if isinstance(value, dict) else None for value in values]
        expect(name, all(value in allowed for value in ids), "Not a valid choice.")

    for name in ("resource_type", "creators", "title", "publication_date"):
        expect(name, metadata.get(name), "Missing data for required field.")
    for name in metadata.keys() - METADATA:
        expect(name, False, "Unknown field.")
    for creator in metadata.get("creators", []):
        who = creator.get("person_or_org", {})
        key = {"organizational": "name", "personal": "family_name"}.get(who.get("type"))
        expect("creators.0.person_or_org", key and who.get(key), "Name cannot be blank.")
    known("resource_type", [metadata.get("resource_type")], RESOURCE_TYPES)
    known("rights", metadata.get("rights", []), RIGHTS)
    date = str(metadata.get("publication_date", ""))
    expect("publication_date", re.fullmatch(r"\d{4}(-\d\d){0,2}", date), "Not a date.")
    for related in metadata.get("related_identifiers", []):
        known("related_identifiers.0.relation_type", [related.get("relation_type")], RELATIONS)
        given = (related.get("scheme"), related.get("identifier", "")[:6])
        expect("related_identifiers.0.identifier", given == ("arxiv", "arXiv:"), "Not an arXiv.")
    for extra in metadata.get("additional_descriptions", []):
        known("additional_descriptions.0.type", [extra.get("type")], DESCRIPTIONS)
    expect("publisher", not doi or metadata.get("publisher"), "Missing for DOI registration.")
    return faults


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def do_PUT(self):
        self.answer()

    def do_DELETE(self):
        self.answer()

    @property
    def zenodo(self):
        return self.server.zenodo

    def answer(self):
        address = urlsplit(self.path)
        self.zenodo.asked.append((self.command, address.path))
        headers = [(k, v) for k, v in self.headers.items() if k != "Authorization"]
        self.zenodo.mail.append(f"{self.path} {headers}")
        if "access_token" in address.query:
            self.zenodo.violations.append("the token is in the address")
        with self.zenodo.lock:
            kind = self.zenodo.fault(self.command, address.path)
        if kind in ("drop before", "drop amid"):
            if kind == "drop amid":
                self.rfile.read(int(self.headers["Content-Length"]) // 2)
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Type") != "application/octet-stream":
            self.zenodo.mail.append(body.decode())
        if early := EARLY.get(kind):
            self.reply(*early(self))
            return
        try:
            with self.zenodo.lock:
                status, said = self.act(address, body)
        except AnswerError as refusal:
            status, said = refusal.status, refusal.body
        if status < 300 and kind in ("checksum", "transfer"):
            said = self.damage(kind, unquote(address.path))
        self.spoil(kind, status, said)

    def damage(self, kind, path):
        """Lose a file that was transferred, or store other bytes than were sent."""
        name, key = re.match(r"/api/records/(\w+)/draft/files/([^/]+)/", path).groups()
        file = self.zenodo.records[name].files[key]
        if kind == "transfer":
            del self.zenodo.records[name].files[key]
            return {"key": key, "errors": ["File upload transfer failed."]}
        file["checksum"] = f"md5:{'0' * 32}"
        return described_file(file)

    def spoil(self, kind, status, said):
        """Answer what was done, or fail in that."""
        if kind == "drop after":
            self.close_connection = True
        elif kind in ("half", "slow"):
            self.reply(status, said, whole=kind == "slow", pause=0.05 if kind == "slow" else 0)
            self.close_connection = True
        elif kind == "html":
            self.reply(200, "<html>Welcome</html>")
        elif kind and kind.startswith("then "):
            self.reply(int(kind[5:]), "<html>Sorry</html>")
        else:
            self.reply(status, said)

    def reply(self, status, said, headers=None, whole=True, pause=0):
        body = b"" if status == 204 else said.encode() if isinstance(said, str) else encoded(said)
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(said, str) else JSON)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-RateLimit-Reset", str(int(time.time()) + 40))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for index in range(len(body) if pause else 0):
                self.wfile.write(body[index : index + 1])
                time.sleep(pause)
            if not pause:
                self.wfile.write(body if whole else body[: len(body) // 2])
        except OSError:
            self.close_connection = True

    def user(self):
        """Whose token it is: it comes in the Authorization header, and nowhere else."""
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or token not in self.zenodo.users:
            raise AnswerError(401, "The server could not verify that you are authorized.")
        return self.zenodo.users[token]

    def json(self, body, kind):
        if self.headers.get("Content-Type") != JSON:
            raise AnswerError(415, f"Unsupported media type; expected {JSON}.")
        try:
            content = json.loads(body)
        except ValueError:
            raise AnswerError(400, "Unable to decode JSON data in request body.") from None
        if not isinstance(content, kind):
            raise AnswerError(400, "A validation error occurred.")
        return content

    def act(self, address, body):
        """Do what is asked; return status and body."""
        user = self.user()
        path = address.path.removeprefix("/api/")
        for method, pattern, act in ROUTES:
            found = re.fullmatch(pattern, path)
            if method == self.command and found:
                parts = map(unquote, found.groups())
                status, said = act(self, user, body, *parts, **self.query(address))
                return status, said if "files" in path else self.serialized(said)
        self.zenodo.violations.append(f"{self.command} {path}")
        raise AnswerError(404, "Not found.")

    def query(self, address):
        return {key: values[0] for key, values in parse_qs(address.query).items()}

    def serialized(self, said):
        """A record as the client accepts it: without identifiers in the older form."""
        accepted = self.headers.get("Accept", "*/*")
        if NATIVE in accepted or "metadata" not in said:
            return said
        if JSON not in accepted and "*/*" not in accepted:
            raise AnswerError(406, "Not acceptable.")
        return {"id": int(said["id"]), "metadata": said["metadata"], "state": "unsubmitted"}

    def create(self, user, body):
        content = self.json(body, dict)
        record = self.zenodo.create(user, content.get("metadata", {}), pids=content.get("pids"))
        return 201, self.zenodo.described(record, faults_of(record.metadata, False))

    def search(self, user, _, q="", size="10"):
        return self.zenodo.search(user, q)

    def draft(self, user, _, name):
        return 200, self.zenodo.described(self.zenodo.own_draft(user, name))

    def record(self, user, _, name):
        record = self.zenodo.records.get(name)
        if record is None or not record.published:
            raise AnswerError(404, "The persistent identifier is not registered.")
        return 200, self.zenodo.described(record)

    def update(self, user, body, name):
        content = self.json(body, dict)
        record = self.zenodo.own_draft(user, name)
        record.metadata = content.get("metadata", {})
        record.pids = content.get("pids", {})
        errors = faults_of(record.metadata, "doi" in record.pids)
        if not record.files:
            errors.append({"field": "files.enabled", "messages": ["Missing uploaded files."]})
        return 200, self.zenodo.described(record, errors)

    def discard(self, user, _, name):
        self.zenodo.own_draft(user, name).discarded = True
        return 204, {}

    def reserve_doi(self, user, _, name):
        return self.zenodo.reserve_doi(user, name)

    def publish(self, user, _, name):
        return self.zenodo.publish(user, name)

    def new_version(self, user, _, name):
        return self.zenodo.new_version(user, name)

    def files(self, user, _, name):
        return 200, self.zenodo.listed(self.zenodo.own_draft(user, name))

    def begin_files(self, user, body, name):
        record = self.zenodo.own_draft(user, name)
        for entry in self.json(body, list):
            if set(entry) != {"key"}:
                raise AnswerError(400, "A validation error occurred.")
            if entry["key"] in record.files:
                raise AnswerError(400, f"File with key {entry['key']} already exists.")
            record.files[entry["key"]] = {"key": entry["key"], "status": "pending"}
        return 201, self.zenodo.listed(record)

    def put_content(self, user, body, name, key):
        if self.headers.get("Content-Type") != "application/octet-stream":
            raise AnswerError(415, "Unsupported media type.")
        if "Content-Length" not in self.headers:
            raise AnswerError(411, "Length required.")
        file = self.zenodo.own_file(user, name, key)
        if file["status"] == "completed":
            raise AnswerError(409, f'File with key "{key}" is already committed.')
        file["content"] = body
        return 200, described_file(file)

    def commit_file(self, user, _, name, key):
        file = self.zenodo.own_file(user, name, key)
        if "content" not in file:
            raise AnswerError(400, "The file has no content.")
        file["checksum"] = f"md5:{hashlib.md5(file['content']).hexdigest()}"
        file |= {"status": "completed", "size": float(len(file["content"]))}
        return 200, described_file(file)

    def delete_file(self, user, _, name, key):
        self.zenodo.own_file(user, name, key)
        del self.zenodo.records[name].files[key]
        return 204, {}


def encoded(said):
    return json.dumps(said).encode()


def limited(value):
    return lambda _: (429, {"status": 429, "message": "Too many"}, {"Retry-After": value()})


NAME, KEY = r"(\w+)", r"([^/]+)"
ROUTES = [
    ("POST", "records", Handler.create),
    ("GET", "user/records", Handler.search),
    ("GET", f"records/{NAME}", Handler.record),
    ("POST", f"records/{NAME}/versions", Handler.new_version),
    ("GET", f"records/{NAME}/draft", Handler.draft),
    ("PUT", f"records/{NAME}/draft", Handler.update),
    ("DELETE", f"records/{NAME}/draft", Handler.discard),
    ("POST", f"records/{NAME}/draft/pids/doi", Handler.reserve_doi),
    ("POST", f"records/{NAME}/draft/actions/publish", Handler.publish),
    ("GET", f"records/{NAME}/draft/files", Handler.files),
    ("POST", f"records/{NAME}/draft/files", Handler.begin_files),
    ("DELETE", f"records/{NAME}/draft/files/{KEY}", Handler.delete_file),
    ("PUT", f"records/{NAME}/draft/files/{KEY}/content", Handler.put_content),
    ("POST", f"records/{NAME}/draft/files/{KEY}/commit", Handler.commit_file),
]

# Answers in place of doing what is asked.
EARLY = {
    "429 seconds": limited(lambda: "7"),
    "429 date": limited(lambda: formatdate(time.time() + 30, usegmt=True)),
    "429 hours": limited(lambda: "7200"),
    "429 reset": lambda _: (429, {"status": 429, "message": "Too many"}),
    "redirect": lambda _: (302, {}, {"Location": "http://elsewhere.invalid/api/records"}),
    "echo": lambda self: (400, {"message": f"Bad: {self.headers['Authorization']}\x1b[2J"}),
    **{
        str(status): lambda _, status=status: (status, {"status": status, "message": "No."})
        for status in (400, 401, 403, 404, 409, 415, 500, 502, 503, 504)
    },
}
