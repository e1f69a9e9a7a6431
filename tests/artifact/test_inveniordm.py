"""The client of InvenioRDM against a strict server on this machine that fails in every way."""

import io
import logging
import re
import shutil
import ssl
import subprocess
import threading
import traceback
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deposit.connection import ATTEMPTS, RefusedError, Token, take_token
from deposit.inveniordm import InvenioRDM, doi_of
from supnorm.job.programs import InputError
from zenodo_server import Zenodo

SECRET = "s3cr3t-0f-ada"
METADATA = {
    "resource_type": {"id": "dataset"},
    "title": "A title",
    "publication_date": "2026-11-22",
    "publisher": "Zenodo",
    "creators": [{"person_or_org": {"type": "organizational", "name": "The authors"}}],
}
CONTENT = bytes(range(256)) * 1000
# Each step of a deposit, as the server is asked for it.
STEPS = [
    ("POST", "/api/records$"),
    ("GET", "/user/records"),
    ("POST", "/pids/doi"),
    ("GET", "/draft$"),
    ("PUT", "/draft$"),
    ("POST", "/draft/files$"),
    ("PUT", "/content"),
    ("POST", "/commit"),
    ("GET", "/draft/files$"),
    ("DELETE", "/draft/files/"),
    ("POST", "/actions/publish"),
    ("POST", "/versions"),
]
FAULTS = [
    *("429 seconds", "429 date", "429 reset", "500", "502", "503", "504", "then 500", "then 504"),
    *("drop before", "drop after", "half", "slow", "html"),
]
# An answer without a body is neither half nor slow.
SPOILT = [
    (method, path, kind)
    for method, path in STEPS
    for kind in FAULTS
    if method != "DELETE" or kind not in ("half", "slow")
]


@pytest.fixture
def zenodo():
    with Zenodo({SECRET: "ada", "b0b": "bob"}) as server:
        yield server


@pytest.fixture
def waits():
    return []


def client(zenodo, waits, token=SECRET, kind=None):
    """The client; patient, but where it is to find out that an answer is slow."""
    return InvenioRDM(
        zenodo.address,
        Token("ZENODO_SANDBOX_TOKEN", token),
        sleep=waits.append,
        answering=0.25 if kind == "slow" else 10.0,
    )


@pytest.fixture
def user(zenodo, waits):
    return client(zenodo, waits)


@pytest.fixture
def draft(user):
    return user.create_draft(METADATA, "m4rk")


def error_of(act):
    """The sentence that an act ends in; None where it succeeds."""
    try:
        act()
    except InputError as error:
        return error
    return None


def send(user, record, content=CONTENT):
    return user.upload(record, "a b.zip", lambda: io.BytesIO(content))


def whole(user):
    """All steps of a deposit, a file that is sent twice among them; return the next version."""
    assert user.find_draft("m4rk") is None
    draft = user.create_draft(METADATA, "m4rk")
    draft = user.reserve_doi(draft["id"])
    draft = user.update_draft(user.draft(draft["id"]), METADATA)
    send(user, draft["id"], b"other bytes")
    user.delete_file(draft["id"], "a b.zip")
    assert send(user, draft["id"]).completed
    record = user.publish(draft["id"])
    assert record["is_published"]
    return user.new_version(record["id"])


def test_a_deposit_takes_a_draft_to_a_record_with_its_doi_and_files(zenodo, user):
    version = whole(user)
    record, draft = zenodo.records.values()
    assert record.published
    assert record.metadata == METADATA
    assert record.pids["doi"]["identifier"] == f"10.5072/zenodo.{record.name}"
    assert record.files["a b.zip"]["content"] == CONTENT
    assert version["id"] == draft.name
    assert not draft.files
    assert zenodo.violations == []


@pytest.mark.parametrize(("method", "path", "kind"), SPOILT)
def test_a_fault_in_any_step_leaves_one_draft_one_file_and_one_publication(
    zenodo, waits, method, path, kind
):
    zenodo.fail(method, path, kind)
    whole(client(zenodo, waits, kind=kind))
    record, _ = zenodo.records.values()
    assert zenodo.faults[0].times == 0
    assert waits
    assert record.metadata == METADATA
    assert doi_of(zenodo.described(record))
    assert record.files["a b.zip"]["content"] == CONTENT
    assert zenodo.publishing == [record.name]
    assert zenodo.violations == []


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [step for step in SPOILT if step[2] != "slow"] + [("GET", "/draft$", "slow")],
)
def test_a_fault_that_stays_ends_in_one_sentence(zenodo, waits, method, path, kind):
    zenodo.fail(method, path, kind, times=99)
    error = error_of(lambda: whole(client(zenodo, waits, kind=kind)))
    # What is done, though it is never answered, is seen: all but new versions and PUT.
    assert error is not None or method == "POST"
    if error is not None:
        assert re.fullmatch(rf"{zenodo.address}: .+, {ATTEMPTS} times, .+", str(error))
    assert zenodo.count(method, path) <= 4 * ATTEMPTS
    assert len(zenodo.publishing) <= 1
    assert zenodo.violations == []


@pytest.mark.parametrize("kind", ["drop amid", "drop before"])
def test_a_file_that_is_cut_short_is_sent_from_its_start(zenodo, user, draft, kind):
    zenodo.fail("PUT", "/content", kind)
    assert send(user, draft["id"]).size == len(CONTENT)
    assert zenodo.records[draft["id"]].files["a b.zip"]["content"] == CONTENT


def test_a_transfer_that_fails_at_the_server_leaves_no_file(zenodo, user, draft):
    zenodo.fail("PUT", "/content", "transfer")
    assert send(user, draft["id"]) is None
    assert zenodo.count("POST", "/commit") == 0


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("429 seconds", 7, 7), ("429 date", 20, 30), ("429 reset", 30, 41), ("503", 1, 1)],
)
def test_it_waits_as_long_as_the_server_asks(zenodo, waits, user, draft, kind, low, high):
    zenodo.fail("GET", "/draft$", kind)
    user.draft(draft["id"])
    (wait,) = waits
    assert low <= wait <= high


def test_without_being_told_it_waits_twice_as_long_each_time(zenodo, waits, user, draft):
    zenodo.fail("GET", "/draft$", "502", times=4)
    user.draft(draft["id"])
    assert waits == [1, 2, 4, 8]


def test_a_server_that_wants_nothing_for_hours_is_left_alone(zenodo, waits, user, draft):
    zenodo.fail("GET", "/draft$", "429 hours")
    with pytest.raises(InputError, match="for 7200 s; try again then"):
        user.draft(draft["id"])
    assert waits == []


@pytest.mark.parametrize("status", ["400", "401", "403", "409", "415"])
def test_a_refusal_is_not_asked_again(zenodo, user, draft, status):
    zenodo.fail("POST", "/pids/doi", status)
    with pytest.raises(RefusedError, match=rf"pids/doi is refused \({status}\): No\.") as refusal:
        user.reserve_doi(draft["id"])
    assert refusal.value.status == int(status)
    assert zenodo.count("POST", "/pids/doi") == 1


def test_a_wrong_token_is_told_by_its_variable_and_scopes(zenodo, waits):
    with pytest.raises(RefusedError, match=r"\(401\).*ZENODO_SANDBOX_TOKEN .* deposit:write"):
        client(zenodo, waits, "wrong").create_draft(METADATA, "m4rk")
    assert zenodo.records == {}


def test_the_draft_of_another_user_is_refused(zenodo, waits, draft):
    bob = client(zenodo, waits, "b0b")
    with pytest.raises(RefusedError, match=r"\(403\): Permission denied"):
        bob.draft(draft["id"])
    assert bob.find_draft("m4rk") is None


def test_what_is_not_there_is_none(user, zenodo, draft):
    assert user.draft("77") is None
    assert user.record(draft["id"]) is None
    zenodo.records[draft["id"]].discarded = True
    assert user.draft(draft["id"]) is None


def test_a_draft_whose_making_was_not_answered_is_found_though_late(zenodo, user):
    zenodo.lag = 2
    zenodo.fail("POST", "/api/records$", "drop after")
    draft = user.create_draft(METADATA, "m4rk")
    assert list(zenodo.records) == [draft["id"]]


def test_metadata_with_mistakes_are_named_and_the_doi_is_kept(zenodo, user, draft):
    draft = user.reserve_doi(draft["id"])
    with pytest.raises(InputError, match=r"metadata\.resource_type: Not a valid choice"):
        user.update_draft(draft, METADATA | {"resource_type": {"id": "cake"}})
    user.update_draft(draft, METADATA)
    assert doi_of(user.draft(draft["id"])) == doi_of(draft)


def test_publishing_without_files_is_refused_with_the_reason(user, draft):
    with pytest.raises(RefusedError, match=r"files\.enabled: Missing uploaded files"):
        user.publish(draft["id"])


def test_publishing_that_ends_after_its_answer_was_lost_is_seen(zenodo, user, draft):
    send(user, draft["id"])
    zenodo.fail("POST", "/actions/publish", "then 504")
    zenodo.fail("GET", f"/records/{draft['id']}$", "404")
    assert user.publish(draft["id"])["is_published"]
    assert len(zenodo.publishing) == 2


def test_what_is_published_is_no_draft(user, draft):
    send(user, draft["id"])
    assert user.find_draft("m4rk") is None
    assert user.find_draft("m4rk")["id"] == draft["id"]
    user.publish(draft["id"])
    assert user.find_draft("m4rk") is None


def test_a_token_that_may_not_publish_is_refused(zenodo, user, draft):
    zenodo.scopes = {"deposit:write"}
    send(user, draft["id"])
    with pytest.raises(RefusedError, match=r"\(403\).*deposit:actions"):
        user.publish(draft["id"])


def test_the_draft_of_the_next_version_is_one(user, draft):
    send(user, draft["id"])
    user.publish(draft["id"])
    first, second = user.new_version(draft["id"]), user.new_version(draft["id"])
    assert first["id"] == second["id"] != draft["id"]
    assert user.files(first["id"]) == {}


def test_a_redirect_is_not_followed(zenodo, user, draft):
    zenodo.fail("GET", "/draft$", "redirect")
    with pytest.raises(RefusedError, match=r"\(302\): go to http://elsewhere\.invalid"):
        user.draft(draft["id"])


@pytest.mark.parametrize("answer", ["null", "[]", '{"hits": {"hits": [3]}}', '{"hits": 1}'])
def test_an_answer_of_another_shape_is_a_sentence(zenodo, user, monkeypatch, answer):
    monkeypatch.setattr(type(zenodo), "search", lambda *_: (200, answer))
    with pytest.raises(InputError):
        user.find_draft("m4rk")


@pytest.mark.parametrize("record", ["../user", "1/draft", "", "a?b", "%2e"])
def test_a_record_that_is_no_name_is_not_asked_for(zenodo, user, record):
    with pytest.raises(InputError, match="expected a record's name"):
        user.draft(record)
    assert zenodo.asked == []


def test_only_this_machine_is_spoken_to_without_encryption():
    with pytest.raises(InputError, match="https://"):
        InvenioRDM("http://zenodo.org", Token("ZENODO_TOKEN", SECRET))


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate")
def test_a_server_whose_certificate_cannot_be_verified_gets_nothing(tmp_path, waits):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=here"
    subprocess.run(
        [*make.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.handle_request, daemon=True).start()
    user = InvenioRDM(
        f"https://127.0.0.1:{server.server_port}", Token("ZENODO_TOKEN", SECRET), sleep=waits.append
    )
    with pytest.raises(InputError, match="a certificate that can be verified"):
        user.draft("1")
    server.server_close()
    assert asked == waits == []


def test_the_token_is_taken_out_of_the_environment(monkeypatch):
    monkeypatch.setenv("ZENODO_TOKEN", f"{SECRET}\n")
    token = take_token("ZENODO_TOKEN")
    assert token.hide(f"Bearer {SECRET}") == "Bearer …"
    with pytest.raises(InputError, match="ZENODO_TOKEN: expected an access token"):
        take_token("ZENODO_TOKEN")


@pytest.mark.parametrize("text", [f"{SECRET} {SECRET}", f"{SECRET}\r\nHost: x", f"{SECRET}é"])
def test_a_token_that_is_none_is_not_repeated(monkeypatch, text):
    monkeypatch.setenv("ZENODO_TOKEN", text)
    with pytest.raises(InputError, match="found characters that none has") as error:
        take_token("ZENODO_TOKEN")
    assert SECRET not in repr(error.value)


def test_the_token_is_not_replaced_by_a_password_of_netrc(zenodo, user, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login bob password b0b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert user.create_draft(METADATA, "m4rk")["id"] in zenodo.records


def shown(error):
    """Everything that a traceback shows of an error, and of those behind it."""
    said = ""
    while error:
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
        said += "".join(trace.format())
        said += f"{error!r}{error.args!r}{vars(error)!r}"
        error = error.__cause__ or error.__context__
    return said


@pytest.mark.parametrize(
    "kind",
    ["echo", "400", "401", "403", "404", "409", "429 hours", "redirect", *FAULTS],
)
@pytest.mark.parametrize(("method", "path"), [STEPS[0], STEPS[6]])
def test_the_token_is_in_no_error_and_no_log(
    zenodo, waits, draft, caplog, capfd, method, path, kind
):
    user = client(zenodo, waits, kind=kind)
    caplog.set_level(logging.DEBUG)
    zenodo.fail(method, path, kind, times=99)
    errors = [
        error_of(lambda: send(user, draft["id"])),
        error_of(lambda: user.create_draft(METADATA, "an0ther")),
    ]
    seen = [*map(shown, errors), caplog.text, repr(user), repr(vars(user)), *capfd.readouterr()]
    assert "urllib3" in caplog.text
    assert not any(SECRET in text for text in [*seen, *zenodo.mail])
    assert not any("\x1b" in str(error) for error in errors)
