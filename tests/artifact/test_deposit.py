"""The way of an archive to a DOI, against a strict server on this machine."""

import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from test_inveniordm import FAULTS, METADATA, error_of, shown

from artifact import archive
from deposit import __main__ as program
from deposit import drafting, files, metadata, publishing, servers
from deposit.inveniordm import File, InvenioRDM
from supnorm.job.origin import doi
from supnorm.job.programs import InputError
from supnorm.job.provenance import digest
from zenodo_server import Zenodo, faults_of

ROOT = Path(__file__).parents[2]
SECRET, OTHER = "s3cr3t-0f-ada", "an0ther-s3cr3t"
RESULTS = Path("results/smoke")
DEPOSIT, ARCHIVE = RESULTS / "archive/deposit.json", RESULTS / "archive/supnorm-smoke.zip"
DOI = "10.5072/zenodo.1000001"


@pytest.fixture
def zenodo():
    with Zenodo({SECRET: "ada", "b0b": "bob"}) as server:
        yield server


@pytest.fixture
def tree(tmp_path, monkeypatch, zenodo):
    """A tree with results, and with the two programs that put the DOI into them."""
    tree = tmp_path / "tree"
    for folder in ("driver", "artifact"):
        (tree / "workflow" / folder).mkdir(parents=True)
    for name in ("CITATION.cff", "config.yaml"):
        shutil.copy(ROOT / name, tree)
    (tree / "workflow/Snakefile").touch()
    monkeypatch.chdir(tree)
    monkeypatch.setenv("PYTHONPATH", "workflow")
    RESULTS.mkdir(parents=True)
    (RESULTS / "summary.md").write_text("done\n")
    monkeypatch.setattr(servers, "SANDBOX", zenodo.address)
    monkeypatch.setattr(servers, "PRODUCTION", "http://127.0.0.1:9")
    tokens = {servers.SANDBOX: "ZENODO_SANDBOX_TOKEN", servers.PRODUCTION: "ZENODO_TOKEN"}
    monkeypatch.setattr(servers, "TOKENS", tokens)
    monkeypatch.setattr(drafting, "check", lambda *_, **__: None)
    return tree


def rebuild(scale, number=None):
    """Write a paper and an archive with the DOI that is reserved."""
    number = number or doi(RESULTS)
    (RESULTS / "paper.pdf").write_bytes(b"%PDF " + number.encode())
    with zipfile.ZipFile(ARCHIVE, "w") as archive:
        told = {"archive.json": json.dumps({"doi": number}), "SHA256SUMS": number, "x": "y" * 10**5}
        for name, text in told.items():
            archive.writestr(zipfile.ZipInfo(f"supnorm-{scale}/{name}"), text)


@pytest.fixture
def run(tree, zenodo, monkeypatch):
    """Run the program; it waits for nothing but an answer, so long as `answering` says."""

    def call(command, *words, token=SECRET, rebuild=rebuild, ask=input, answering=10.0):
        monkeypatch.setenv("ZENODO_SANDBOX_TOKEN", token)
        monkeypatch.setenv("ZENODO_TOKEN", OTHER)
        steps = {"rebuild": rebuild} if command == "deposit" else {"ask": ask}
        act = partial(getattr(program, command), sleep=lambda _: None, **steps)
        with monkeypatch.context() as patch:
            patch.setattr(program, command, act)
            patch.setattr(servers, "InvenioRDM", partial(InvenioRDM, answering=answering))
            program.main([command, "--scale", "smoke", *words])

    return call


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)


def kept():
    return json.loads(DEPOSIT.read_text())


def contents(record):
    return {key: file["content"] for key, file in record.files.items()}


def here():
    return {path.name: path.read_bytes() for path in (ARCHIVE, RESULTS / "paper.pdf")}


def check_complete(zenodo):
    """One draft with its DOI, all files as here, and nothing published."""
    (draft,) = zenodo.records.values()
    assert contents(draft) == here()
    assert kept()["state"] == "draft"
    assert kept()["doi"] == draft.pids["doi"]["identifier"] == DOI
    assert faults_of(draft.metadata, True) == []
    assert not draft.metadata["title"].endswith("]")
    assert zenodo.publishing == zenodo.violations == []


def test_a_deposit_is_a_draft_with_a_doi_and_the_archive_that_has_it(zenodo, run, capsys):
    run("deposit")
    check_complete(zenodo)
    said = capsys.readouterr().out
    assert f"{zenodo.address}/uploads/1000001" in said
    assert "nothing is published" in said
    assert "`make publish SCALE=smoke`" in said
    assert kept()["server"] == zenodo.address
    assert files.archived_doi(ARCHIVE) == DOI


def test_its_metadata_are_those_of_the_citation(zenodo, run):
    run("deposit")
    citation = yaml.safe_load(Path("CITATION.cff").read_text())
    said = zenodo.records["1000001"].metadata
    assert said["title"].startswith(citation["title"])
    assert "smoke" in said["title"]
    authors = [creator["person_or_org"]["name"] for creator in said["creators"]]
    assert authors == [author["name"] for author in citation["authors"]]
    assert citation["abstract"].strip()[:60] in said["description"]
    assert said["version"] == citation["version"]
    assert said["rights"] == [{"id": "mit"}, {"id": "cc-by-4.0"}]
    assert said["related_identifiers"][0]["identifier"] == "arXiv:2205.13531"
    sums = said["additional_descriptions"][0]["description"]
    assert digest(ARCHIVE) in sums


def test_authors_may_be_persons():
    person = {"family-names": "Lovelace", "given-names": "Ada"}
    said = METADATA | {"creators": [{"person_or_org": metadata.person_or_org(person)}]}
    assert faults_of(said, True) == []


def test_again_it_is_the_same_draft_and_no_file_is_sent_twice(zenodo, run, capsys):
    run("deposit")
    run("deposit")
    check_complete(zenodo)
    assert zenodo.count("PUT", "/content") == 2
    assert capsys.readouterr().out.count("there already") == 2


def test_results_that_changed_are_sent_in_place_of_the_old(zenodo, run):
    run("deposit")

    def again(scale):
        rebuild(scale)
        (RESULTS / "paper.pdf").write_bytes(b"%PDF another " + DOI.encode())

    run("deposit", rebuild=again)
    check_complete(zenodo)
    assert zenodo.count("PUT", "/content") == 3


@pytest.mark.parametrize("sent", [False, True])
def test_interrupted_anywhere_and_started_again_it_ends_the_same(zenodo, run, monkeypatch, sent):
    zenodo.lag = 0
    send, requests = InvenioRDM._send, []

    def interrupted(self, *request):
        requests.append(request)
        if len(requests) == stop and not sent:
            raise KeyboardInterrupt
        answer = send(self, *request)
        if len(requests) == stop:
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(InvenioRDM, "_send", interrupted)
    for stop in range(1, 100):
        requests.clear()
        zenodo.records.clear()
        DEPOSIT.unlink(missing_ok=True)
        try:
            run("deposit")
        except KeyboardInterrupt:
            run("deposit")
        check_complete(zenodo)
        if len(requests) < stop:
            break
    assert stop > 12


def test_a_draft_that_no_search_finds_yet_is_gone_on_with(zenodo, run):
    zenodo.lag = 1000
    zenodo.fail("POST", "/pids/doi", "403")
    with pytest.raises(InputError):
        run("deposit")
    run("deposit")
    check_complete(zenodo)


@pytest.mark.parametrize(
    ("there", "same"),
    [
        (File("x", True, 3.0, "ab"), True),
        (File("x", False, 3.0, "ab"), False),
        (File("x", True, 4.0, "ab"), False),
        (File("x", True, 3.0, "cd"), False),
        (None, False),
    ],
)
def test_a_file_is_the_same_if_it_is_whole_and_its_size_and_md5_are(there, same):
    assert files.same(there, files.Local(Path("x"), 3, "ab")) == same


@pytest.mark.parametrize("kind", [*FAULTS, "drop amid", "checksum", "transfer"])
def test_a_fault_in_sending_is_mended(zenodo, run, kind):
    path = "/commit" if kind == "checksum" else "/content"
    zenodo.fail("POST" if kind == "checksum" else "PUT", path, kind)
    run("deposit", answering=0.25 if kind == "slow" else 10.0)
    check_complete(zenodo)


@pytest.mark.parametrize("kind", ["checksum", "transfer"])
def test_a_file_that_never_arrives_whole_is_a_sentence(zenodo, run, kind):
    zenodo.fail("POST" if kind == "checksum" else "PUT", "supnorm-smoke.zip/", kind, times=99)
    with pytest.raises(InputError, match=r"supnorm-smoke.zip: expected at .* with MD5 .* found "):
        run("deposit")
    assert zenodo.count("PUT", "/content") == files.TRIES
    assert zenodo.publishing == []


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "409"])
def test_a_refusal_is_a_sentence_and_the_draft_is_kept(zenodo, run, status):
    zenodo.fail("POST", "/draft/files$", status)
    with pytest.raises(InputError, match=rf"draft/files is refused \({status}\)"):
        run("deposit")
    run("deposit")
    check_complete(zenodo)


def test_the_archive_must_have_the_doi(zenodo, run):
    with pytest.raises(InputError, match=rf"the DOI {DOI}, found 10\.5072/zenodo\.7"):
        run("deposit", rebuild=lambda scale: rebuild(scale, "10.5072/zenodo.7"))
    assert zenodo.count("PUT", "/content") == 0


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 100])
def test_an_archive_that_is_none_is_a_sentence(run, content):
    def broken(scale):
        rebuild(scale)
        ARCHIVE.write_bytes(content)

    with pytest.raises(InputError, match=r"expected an archive with archive\.json"):
        run("deposit", rebuild=broken)


def test_more_than_a_record_takes_is_not_sent(zenodo, run, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 100)
    with pytest.raises(InputError, match="expected 100 bytes"):
        run("deposit")
    assert zenodo.count("PUT", "/content") == 0


def test_no_doi_is_reserved_for_what_is_not_ready(zenodo, run, monkeypatch):
    def refuse(config, but):
        assert (config["scale"], list(but)) == ("smoke", ["build_paper"])
        raise InputError("results/smoke: 3 of 9 jobs are left to be done")

    monkeypatch.setattr(drafting, "check", refuse)
    with pytest.raises(InputError, match="3 of 9 jobs"):
        run("deposit")
    assert zenodo.asked == []
    assert not DEPOSIT.exists()


TELLING = """
import sys
with open("seen.txt", "a") as seen:
    print(*sys.argv, file=seen)
"""


def test_only_the_paper_and_the_archive_are_built_with_the_doi(tree):
    for name in ("driver/reproduce", "artifact/archive"):
        Path("workflow", f"{name}.py").write_text(TELLING)
    drafting.rebuild("smoke")
    driving, archiving = Path("seen.txt").read_text().splitlines()
    program, *options = driving.split()
    assert program == str(tree / "workflow/driver/reproduce.py")
    assert "results/smoke/paper.pdf" in options
    assert options[-2:] == ["--allowed-rules", "build_paper"]
    assert not {"--forceall", "-F", "--force", "-f"} & set(options)
    # Where results were trained is no matter, so no GPU is looked for.
    assert options[options.index("--device") + 1] == "cpu"
    assert archiving == f"{tree / 'workflow/artifact/archive.py'} --scale smoke"


def test_a_program_that_fails_leaves_the_draft_for_later(zenodo, run):
    for name in ("driver/reproduce", "artifact/archive"):
        program = Path("workflow", f"{name}.py")
        program.write_text("import sys; sys.exit('archive: results are incomplete')\n")
    with pytest.raises(InputError, match=r"driver\.reproduce: expected that it builds"):
        run("deposit", rebuild=drafting.rebuild)
    run("deposit")
    check_complete(zenodo)


# A draft that is another than was thought.


def test_a_draft_that_is_gone_is_a_sentence(zenodo, run):
    run("deposit")
    zenodo.records["1000001"].discarded = True
    for command in ("deposit", "publish"):
        with pytest.raises(InputError, match=r"draft 1000001 is gone from .* remove this file"):
            run(command)
    assert zenodo.publishing == []


@pytest.mark.parametrize("edited", [False, True])
def test_what_was_published_elsewhere_is_noted_and_takes_a_new_version(
    zenodo, run, monkeypatch, edited
):
    run("deposit")
    record = zenodo.records["1000001"]
    record.published = True
    with monkeypatch.context() as patch:
        if edited:
            # A published record that is being edited in the browser has a draft as well.
            patch.setattr(zenodo, "own_draft", lambda *_: record)
        with pytest.raises(InputError, match=r"published already, .* NEW_VERSION_OF=1000001"):
            run("deposit")
    assert (kept()["state"], kept()["doi"]) == ("published", DOI)
    run("publish")
    with pytest.raises(InputError, match=r"published already, .* NEW_VERSION_OF=1000001"):
        run("deposit")
    run("deposit", "--new-version-of", "1000001")
    assert kept()["record"] == "1000002"
    assert zenodo.publishing == []


def test_what_was_published_elsewhere_before_its_doi_was_known_is_noted(zenodo, run):
    zenodo.fail("POST", "/pids/doi", "403")
    with pytest.raises(InputError):
        run("deposit")
    record = zenodo.records["1000001"]
    record.published, record.pids = True, {"doi": {"identifier": DOI}}
    with pytest.raises(InputError, match=f"published already, as {DOI}"):
        run("deposit")
    run("deposit", "--new-version-of", "1000001")
    assert kept()["record"] == "1000002"


@pytest.mark.parametrize("state", ["draft", "published"])
@pytest.mark.parametrize("words", [(), ("--new-version-of", "1000001")])
def test_a_deposit_at_another_server_is_kept(zenodo, run, monkeypatch, state, words):
    run("deposit")
    DEPOSIT.write_text(json.dumps(kept() | {"state": state}))
    before, asked = kept(), len(zenodo.asked)
    says = r"deposit\.json: found a deposit at http\S+, expected one at \S+; .* remove this file"
    with pytest.raises(InputError, match=says):
        run("deposit", "--production", *words)
    monkeypatch.setattr(servers, "SANDBOX", servers.PRODUCTION)
    with pytest.raises(InputError, match=says):
        run("deposit", *words)
    assert kept() == before
    assert len(zenodo.asked) == asked


def test_a_doi_of_the_sandbox_is_said_to_lead_nowhere(zenodo, run, capsys):
    run("deposit")
    run("publish", "--confirm", DOI)
    said = capsys.readouterr().out
    assert said.count(f"{DOI}, a DOI of the sandbox, for trials: it leads nowhere") == 4
    assert f"remove {DEPOSIT}, and run `make deposit PRODUCTION=1`" in said
    assert "doi.org" not in said


def test_a_draft_that_lost_its_doi_is_not_used(zenodo, run):
    run("deposit")
    zenodo.records["1000001"].pids.clear()
    for command in ("deposit", "publish"):
        with pytest.raises(InputError, match=f"has the DOI {DOI}, found None"):
            run(command)


def test_files_that_others_put_there_are_not_touched(zenodo, run):
    run("deposit")
    file = {"key": "mine.txt", "status": "completed", "content": b"", "size": 0.0}
    zenodo.records["1000001"].files["mine.txt"] = file
    for command in ("deposit", "publish"):
        with pytest.raises(InputError, match=r"found mine\.txt; remove them there"):
            run(command)
    assert "mine.txt" in zenodo.records["1000001"].files
    assert zenodo.count("PUT", "/draft$") == 1


def test_the_draft_of_another_user_is_refused(zenodo, run):
    run("deposit")
    with pytest.raises(InputError, match=r"\(403\).*ZENODO_SANDBOX_TOKEN"):
        run("deposit", token="b0b")


@pytest.mark.parametrize(
    "change",
    [
        {"server": "https://elsewhere.invalid"},
        {"state": "done"},
        {"record": None},
        {"doi": "10.5072/x\nDOI: 1"},
        {"doi": 3},
        {"mark": None},
        {"more": "x"},
    ],
)
def test_a_deposit_that_somebody_edited_is_refused_before_the_token_is_sent(zenodo, run, change):
    run("deposit")
    DEPOSIT.write_text(json.dumps(kept() | change))
    asked = len(zenodo.asked)
    for command in ("deposit", "publish"):
        with pytest.raises(InputError, match=r"deposit\.json: "):
            run(command)
    assert len(zenodo.asked) == asked


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, "\x00"])
def test_what_is_no_deposit_is_a_sentence(zenodo, run, text):
    DEPOSIT.parent.mkdir()
    DEPOSIT.write_text(text)
    for command in ("deposit", "publish"):
        with pytest.raises(InputError, match=r"deposit\.json: expected a JSON object"):
            run(command)
    assert zenodo.asked == []


# Publishing.


def test_publishing_asks_once_and_says_the_doi(zenodo, run, terminal, capsys):
    run("deposit")
    questions = []
    run("publish", ask=lambda question: questions.append(question) or "publish")
    assert len(questions) == 1
    assert zenodo.publishing == ["1000001"]
    assert kept()["state"] == "published"
    said = capsys.readouterr().out
    for shown_ in (zenodo.address, DOI, "supnorm-smoke.zip", "paper.pdf", "archive of the smoke"):
        assert shown_ in said
    assert said.splitlines()[-1].startswith(f"published: {DOI}")


def test_without_an_answer_nothing_is_published(zenodo, run, terminal):
    def end_of_file(_):
        raise EOFError

    run("deposit")
    with pytest.raises(InputError, match="nothing is published"):
        run("publish", ask=end_of_file)
    assert zenodo.publishing == []


def test_which_archive_was_sent_is_kept(zenodo, run):
    run("deposit")
    sums = hashlib.sha256(DOI.encode()).hexdigest()
    assert kept()["sums"] == sums
    archive.check_published(DEPOSIT, "0" * 64)
    run("publish", "--confirm", DOI)
    archive.check_published(DEPOSIT, sums)
    with pytest.raises(InputError, match=rf"published as {DOI}, .* NEW_VERSION_OF=1000001`, or "):
        archive.check_published(DEPOSIT, "0" * 64)


def test_without_a_deposit_every_archive_is_right(tree):
    archive.check_published(DEPOSIT, "0" * 64)


def test_results_may_lack_their_paper_alone(monkeypatch):
    left = [SimpleNamespace(rule=rule, pending=True) for rule in ("build_paper", "plot_rates")]
    monkeypatch.setattr(archive, "jobs", lambda scale, device: left)
    config = {"scale": "smoke", "training": {"device": "cpu"}}
    with pytest.raises(InputError, match=r"1 of 2 jobs are left to be done \(plot_rates\)"):
        archive.finished_jobs(config, but=[drafting.BUILDING])
    left.pop()
    assert archive.finished_jobs(config, but=[drafting.BUILDING]) == left


@pytest.mark.parametrize("answer", ["", "y", "yes", "Publish!", "no"])
def test_any_other_answer_publishes_nothing(zenodo, run, terminal, answer):
    run("deposit")
    with pytest.raises(InputError, match="nothing is published"):
        run("publish", ask=lambda _: answer)
    assert zenodo.publishing == []
    assert kept()["state"] == "draft"


def test_without_a_terminal_nothing_is_published_but_by_its_doi(zenodo, run, monkeypatch):
    run("deposit")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(InputError, match=r"expected a terminal .* nothing is published"):
        run("publish")
    with pytest.raises(InputError, match=f"expected the DOI of this draft, {DOI}"):
        run("publish", "--confirm", "10.5072/zenodo.7")
    assert zenodo.publishing == []
    run("publish", "--confirm", DOI)
    assert zenodo.publishing == ["1000001"]


def test_other_files_than_were_deposited_are_not_published(zenodo, run):
    run("deposit")
    (RESULTS / "paper.pdf").write_bytes(b"%PDF changed")
    with pytest.raises(InputError, match=r"paper\.pdf: expected at .* run `make deposit` again"):
        run("publish", "--confirm", DOI)
    assert zenodo.publishing == []


@pytest.mark.parametrize("moment", ["before", "amid"])
def test_a_draft_whose_files_changed_is_not_published(zenodo, run, terminal, moment):
    run("deposit")

    def change(_=None):
        zenodo.records["1000001"].files["paper.pdf"]["checksum"] = "md5:" + "0" * 32
        return "publish"

    if moment == "before":
        change()
    with pytest.raises(InputError, match=r"paper\.pdf: expected at"):
        run("publish", ask=change)
    assert zenodo.publishing == []


def test_nothing_and_half_a_deposit_are_not_published(zenodo, run):
    with pytest.raises(InputError, match="`make deposit` makes one"):
        run("publish")
    zenodo.fail("POST", "/pids/doi", "403")
    with pytest.raises(InputError):
        run("deposit")
    with pytest.raises(InputError, match="not complete; run `make deposit` again"):
        run("publish", "--confirm", DOI)
    assert zenodo.publishing == []


@pytest.mark.parametrize("kind", FAULTS)
def test_publishing_with_a_fault_publishes_once(zenodo, run, kind):
    run("deposit")
    zenodo.fail("POST", "/actions/publish", kind)
    run("publish", "--confirm", DOI, answering=0.25 if kind == "slow" else 10.0)
    assert zenodo.publishing == ["1000001"]
    assert kept()["state"] == "published"


def test_published_but_not_noted_is_noted_the_next_time(zenodo, run, monkeypatch, capsys):
    run("deposit")
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "note_published", lambda *_: sys.exit(9))
        with pytest.raises(SystemExit):
            run("publish", "--confirm", DOI)
    assert kept()["state"] == "draft"
    run("publish")
    assert kept()["state"] == "published"
    assert zenodo.publishing == ["1000001"]
    assert "published before" in capsys.readouterr().out


def test_a_new_version_has_a_doi_of_its_own_and_starts_without_files(zenodo, run):
    run("deposit")
    run("publish", "--confirm", DOI)
    run("deposit", "--new-version-of", "1000001")
    first, second = zenodo.records.values()
    assert first.parent == second.parent
    assert kept()["version_of"] == first.name
    assert kept()["doi"] == second.pids["doi"]["identifier"] == "10.5072/zenodo.1000002"
    assert contents(second) == here() != contents(first)
    run("deposit")
    run("deposit", "--new-version-of", "1000001")
    with pytest.raises(InputError, match="found draft 1000002, which is no new version of 1000009"):
        run("deposit", "--new-version-of", "1000009")
    assert len(zenodo.records) == 2
    assert zenodo.publishing == ["1000001"]


def test_a_version_of_nothing_is_a_sentence_and_what_was_published_is_kept(zenodo, run):
    run("deposit")
    run("publish", "--confirm", DOI)
    before = kept()
    with pytest.raises(InputError, match=r"records/77/versions is refused \(404\)"):
        run("deposit", "--new-version-of", "77")
    assert kept() == before
    run("deposit", "--new-version-of", "1000001")


# The token.


def test_the_server_is_the_sandbox_unless_production_is_said():
    assert servers.SANDBOX == "https://sandbox.zenodo.org"
    assert servers.PRODUCTION == "https://zenodo.org"
    assert servers.TOKENS == {
        servers.SANDBOX: "ZENODO_SANDBOX_TOKEN",
        servers.PRODUCTION: "ZENODO_TOKEN",
    }


def test_production_takes_the_other_token(zenodo, run, monkeypatch, capsys):
    monkeypatch.setattr(servers, "PRODUCTION", zenodo.address)
    monkeypatch.setattr(servers, "SANDBOX", "http://127.0.0.1:9")
    monkeypatch.setitem(servers.TOKENS, zenodo.address, "ZENODO_TOKEN")
    zenodo.users = {OTHER: "ada"}
    run("deposit", "--production")
    check_complete(zenodo)
    said = capsys.readouterr().out
    assert f"reserved is https://doi.org/{DOI}" in said
    assert "sandbox" not in said


def test_without_a_token_nothing_is_asked(zenodo, run):
    with pytest.raises(InputError, match="ZENODO_SANDBOX_TOKEN: expected an access token"):
        run("deposit", token="")
    assert zenodo.asked == []


PROGRAM = """
import json, os, sys
with open("seen.txt", "a") as seen:
    print(sys.argv, dict(os.environ), open(f"/proc/{os.getppid()}/cmdline").read(), file=seen)
"""
ARCHIVING = """
import json, zipfile
from pathlib import Path
doi = json.loads(Path("results/smoke/archive/deposit.json").read_text())["doi"]
Path("results/smoke/paper.pdf").write_text(doi)
with zipfile.ZipFile("results/smoke/archive/supnorm-smoke.zip", "w") as archive:
    archive.writestr("supnorm-smoke/archive.json", json.dumps({"doi": doi}))
    archive.writestr("supnorm-smoke/SHA256SUMS", "")
"""
STARTING = """
import sys
sys.path[:0] = [{workflow!r}, {scripts!r}]
from deposit import __main__ as program, drafting, servers
servers.SANDBOX = {server!r}
servers.TOKENS = {{servers.SANDBOX: "ZENODO_SANDBOX_TOKEN", servers.PRODUCTION: "ZENODO_TOKEN"}}
driver = [sys.executable, "-m", "driver.reproduce"]
drafting.check = lambda *_, **__: drafting.subprocess.run(driver)
program.run(program.main)
"""


@pytest.mark.parametrize("fault", [None, ("PUT", "/content", "echo"), ("POST", "/doi", "401")])
def test_the_token_is_in_no_file_no_output_and_no_program_that_is_started(tree, zenodo, fault):
    Path("workflow/driver/reproduce.py").write_text(PROGRAM)
    Path("workflow/artifact/archive.py").write_text(PROGRAM + ARCHIVING)
    workflow, scripts = ROOT / "workflow", ROOT / "workflow/scripts"
    start = STARTING.format(workflow=str(workflow), scripts=str(scripts), server=zenodo.address)
    tree.joinpath("start.py").write_text(start)
    if fault:
        zenodo.fail(*fault)
    done = [
        subprocess.run(
            [sys.executable, "start.py", *command.split()],
            env=os.environ | {"ZENODO_SANDBOX_TOKEN": SECRET, "ZENODO_TOKEN": OTHER},
            capture_output=True,
            text=True,
        )
        for command in ("deposit --scale smoke", "publish --scale smoke --confirm " + DOI)
    ]
    assert [program.returncode for program in done] == ([1, 1] if fault else [0, 0])
    said = "".join(program.stdout + program.stderr for program in done)
    assert "Traceback" not in said
    seen = [str(path.read_bytes()) for path in tree.rglob("*") if path.is_file()]
    # Checks, and, where a DOI was reserved, the paper and the archive.
    started = 1 if fault and fault[1] == "/doi" else 3
    assert len(Path("seen.txt").read_text().splitlines()) == started
    for secret in (SECRET, OTHER):
        assert not any(secret in text for text in [said, *seen, *zenodo.mail])


@pytest.mark.parametrize("name", ["ZENODO_TOKEN", "ZENODO_SANDBOX_TOKEN"])
@pytest.mark.parametrize("target", ["deposit", "publish"])
def test_a_token_on_the_command_line_of_make_is_refused(name, target):
    make = ["make", "--dry-run", "--directory", ROOT, target]
    there = os.environ | {name: SECRET}
    assert subprocess.run(make, env=there, capture_output=True).returncode == 0
    done = subprocess.run([*make, f"{name}={SECRET}"], capture_output=True, text=True)
    assert done.returncode == 2
    assert f"{name}: expected a token in the environment alone" in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["echo", "401", "403", "429 hours", *FAULTS])
def test_the_token_is_in_no_error_and_no_log_of_a_deposit(zenodo, run, tree, caplog, capfd, kind):
    caplog.set_level(logging.DEBUG)
    zenodo.fail("PUT", "/draft$", kind, times=99)
    error = error_of(lambda: run("deposit", answering=0.25 if kind == "slow" else 10.0))
    seen = [shown(error), caplog.text, *capfd.readouterr(), DEPOSIT.read_text(), *zenodo.mail]
    # The function of this test that runs the program has the token in a variable of its own.
    seen[0] = re.sub(r"\btoken = '.*", "", seen[0])
    assert not any(SECRET in text for text in seen)
    assert str(error).startswith(zenodo.address)
    assert zenodo.publishing == []
