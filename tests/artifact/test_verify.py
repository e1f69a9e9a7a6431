"""Verdicts: what is drawn, what is said of it, and how the program ends."""

import json
from pathlib import Path

import numpy as np
import pytest

from artifact import evidence as evidencing
from artifact import verify as verifying
from artifact.chain import Chain
from artifact.compare import SAME, Comparison
from artifact.evidence import Evidence, Finding
from artifact.replay import NotReplayedError
from artifact.verify import (
    Drawing,
    Verdict,
    attempt,
    conclude,
    main,
    means_apart,
    of_code,
    of_expected,
    of_shards,
    of_sums,
    stage_of,
    writable,
)
from scales import configuration, whole_configuration
from small_chain import (
    PARAMETERS,
    RESULTS,
    SETTINGS,
    SHARD,
    STUDY,
    WILDCARDS,
    SmallChain,
    write_sums,
)
from supnorm.configuration import of_study
from supnorm.job.programs import InputError, UnableError
from supnorm.job.records import Record
from supnorm.studies import find_study
from supnorm.tables.schema import read_table
from supnorm.tables.verification import VERIFICATION
from supnorm.uniform.cells import trainings

TRAINING = f"{STUDY}/students/{SHARD}.prov.json"


@pytest.fixture
def small(tmp_path):
    """A chain with a shard of four students, and one of three that cost four times as much."""
    chain = SmallChain(tmp_path / "tree")
    chain.job(
        "train_students",
        {"sample": "uniform/samples/random/d1_m10.parquet"},
        {
            "students": "uniform/students/other.safetensors",
            "curves": "uniform/curves/other.parquet",
        },
        wildcards=WILDCARDS,
        parameters=PARAMETERS | {"first": 4, "count": 3, "epochs": 80},
        configuration=SETTINGS,
    )
    return chain


@pytest.fixture
def evidence(small, tmp_path):
    """The evidence of that chain; it is read when the test asks for it."""

    def read():
        (tmp_path / "scratch").mkdir(exist_ok=True)
        return Evidence(Chain(small.root, "smoke"), tmp_path / "scratch")

    return read


def drawn(evidence, number, flops, seed=1):
    drawing = Drawing(evidence, np.random.default_rng(seed))
    return sorted(str(student) for student in drawing.draw(number, flops)), list(drawing.left())


def test_students_are_drawn_once_each_from_all_shards(evidence):
    names, left = drawn(evidence(), 100, np.inf)
    first = [f"uniform/students/{SHARD}, student {row}" for row in range(4)]
    assert names == sorted(
        [*first, *(f"uniform/students/other, student {row}" for row in (4, 5, 6))]
    )
    assert left == []


def test_every_student_is_as_likely_as_the_others(evidence):
    some = evidence()
    counts = {}
    for seed in range(300):
        for name in drawn(some, 2, np.inf, seed)[0]:
            counts[name] = counts.get(name, 0) + 1
    # 600 draws of 7: each 86 times, with a standard deviation of 8.
    assert len(counts) == 7
    assert all(50 < count < 125 for count in counts.values())


def test_the_same_seed_draws_the_same_students(evidence):
    some = evidence()
    assert drawn(some, 3, np.inf, 5) == drawn(some, 3, np.inf, 5)
    assert drawn(some, 3, np.inf, 5) != drawn(some, 3, np.inf, 6)


def test_students_that_cost_too_much_are_not_drawn_and_counted(evidence):
    # 6 operations for each of 241 parameters, 10 samples and 20 epochs.
    names, (left,) = drawn(evidence(), 3, 6 * 241 * 10 * 20)
    assert len(names) == 3
    assert all(SHARD in name for name in names)
    assert left.verdict == "not checked"
    assert left.subject == "4 others"
    assert "3 of 4 were drawn" in left.reason
    assert "3 cost more than 3e+05 operations" in left.reason


@pytest.mark.parametrize(
    "parts",
    [
        {"parameters": PARAMETERS | {"count": -1}},
        {"parameters": PARAMETERS | {"count": 2**40}},
        {"parameters": PARAMETERS | {"first": None}},
        {"wildcards": WILDCARDS | {"dim": "one"}},
        {"wildcards": {}},
        {"configuration": SETTINGS | {"training.engine": 3}},
    ],
)
def test_a_shard_that_is_none_is_refused(small, evidence, parts):
    small.change(TRAINING, **parts)
    with pytest.raises(InputError, match="expected a shard of a cell"):
        drawn(evidence(), 3, np.inf)


def work(comparison, tolerance):
    return lambda: Finding(comparison, tolerance)


def failing(error):
    def fail():
        raise error

    return fail


@pytest.mark.parametrize(
    ("done", "verdict", "reason"),
    [
        (work(SAME, 0.0), "same", None),
        (work(Comparison(1e-9, "x"), 1e-6), "close", "farthest off: x"),
        (work(Comparison(0.0, "x"), 0.0), "close", "farthest off: x"),
        (work(Comparison(1e-9, "x"), 0.0), "differs", "farthest off: x"),
        (work(Comparison(np.inf, "x"), 1e-6), "differs", "farthest off: x"),
        (failing(NotReplayedError("x is not there")), "not checked", "x is not there"),
        (failing(InputError("it fails")), "differs", "it fails"),
        (failing(UnableError("it is killed")), "not checked", "it is killed"),
        (failing(MemoryError()), "not checked", "not enough memory"),
        (failing(PermissionError(13, "Denied", "x")), "not checked", "x: Denied"),
    ],
)
def test_a_verdict_follows_from_deviation_and_tolerance(done, verdict, reason):
    found = attempt("tables", "tables/x", done)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert str(found).split()[:3] == ["tables", "tables/x", *verdict.split()[:1]]


def test_an_archive_is_compared_with_its_sums(small, evidence):
    (verdict,) = of_sums(evidence(), set())
    assert verdict.verdict == "not checked"
    figure, record = f"{STUDY}/figures/rates.png", f"{STUDY}/figures/rates.prov.json"
    write_sums(small.root, [figure, record])
    assert [one.verdict for one in of_sums(evidence(), set())] == ["same"]
    small.flip(figure)
    (verdict,) = of_sums(evidence(), set())
    assert (verdict.subject, verdict.verdict) == (figure, "differs")


def test_a_record_may_be_written_anew_if_it_holds(small, evidence):
    """As by redrawing a figure in an unpacked archive."""
    record = f"{STUDY}/figures/rates.prov.json"
    write_sums(small.root, [record])
    run = json.loads((small.root / record).read_text())["run"]
    small.change(record, run=run | {"seconds": 3.0})
    assert [one.verdict for one in of_sums(evidence(), set())] == ["not checked", "same"]
    assert [one.verdict for one in of_sums(evidence(), {record})] == ["differs"]
    small.flip(record)
    assert [one.verdict for one in of_sums(evidence(), set())] == ["differs"]


def test_only_records_of_what_is_drawn_may_be_written_anew(small, evidence):
    record = f"{STUDY}/students/{SHARD}.prov.json"
    write_sums(small.root, [record])
    run = json.loads((small.root / record).read_text())["run"]
    small.change(record, run=run | {"seconds": 3.0})
    (verdict,) = of_sums(evidence(), set())
    assert (verdict.subject, verdict.verdict) == (record, "differs")


@pytest.mark.parametrize(
    ("pins", "excused"),
    [("matplotlib==3.0.0\n", True), ("matplotlib==3.11.2\n", False), ("", False)],
)
def test_a_drawing_by_other_packages_is_excused_only_if_its_tree_pins_them(
    small, evidence, monkeypatch, pins, excused
):
    """Else a record that names some old version would pass any picture."""
    (small.root / "envs").mkdir()
    (small.root / "envs/requirements.txt").write_text(f"# pins\n\n{pins}")
    record = f"{STUDY}/figures/rates.prov.json"
    run = json.loads((small.root / record).read_text())["run"]
    small.change(record, run=run | {"packages": {"matplotlib": "3.0.0"}})

    def other(record, root, folder, **_):
        for path in (path for files in record.outputs.values() for path in files):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(b"another picture")

    monkeypatch.setattr(evidencing, "replay", other)
    differing = Comparison(np.inf, "a pixel")
    monkeypatch.setattr(evidencing, "compare_files", lambda *_, **__: differing)
    found = evidence()
    if excused:
        with pytest.raises(NotReplayedError, match=r"matplotlib 3\.0\.0"):
            found.recompute(found.chain.records[record])
    else:
        assert not found.recompute(found.chain.records[record]).within


def test_code_that_is_other_than_here_is_told(evidence):
    """The code of the small chain is none of the repository's."""
    verdict = of_code(evidence())
    assert verdict.verdict == "not checked"
    assert "are others than made the results" in verdict.reason


def test_errors_must_follow_from_all_students(small, evidence):
    """A run of which the worst cells were left aside would be a chain without faults."""
    paths = [f"uniform/{path}" for path in trainings(configuration("smoke"))]
    for path in paths:
        curves = path.replace("students", "curves").replace("safetensors", "parquet")
        small.job("train_students", {}, {"students": path, "curves": curves})
    others = [
        f"parity/{path}"
        for path in find_study("parity").trainings(of_study(whole_configuration("smoke"), "parity"))
    ]
    for path in others:
        small.job("train_parity", {}, {"students": path})
    table = {"training": "parity/tables/training.parquet"}
    small.job("measure_parity", {path: path for path in others}, table)
    read, errors = {path: path for path in paths}, {"table": "uniform/tables/errors.parquet"}
    small.job("collect_errors", read, errors)
    assert of_shards(evidence()).comparison.same
    read.pop(paths[0])
    small.job("collect_errors", read, errors)
    with pytest.raises(InputError, match=f"follow from no results/smoke/{paths[0]}"):
        of_shards(evidence())


@pytest.mark.parametrize("text", ["{", "1", "", "{training: 1}"])
def test_a_configuration_that_is_none_is_refused(small, text):
    small.write("config", text)
    with pytest.raises(InputError, match="config: expected a"):
        means_apart(small.root / "config")


def test_a_scale_without_a_reference_set_is_not_compared(evidence):
    (verdict,) = of_expected(evidence())
    assert (verdict.check, verdict.verdict) == ("expected", "not checked")


def test_another_configuration_is_not_compared_and_another_device_is(small, evidence, monkeypatch):
    expected = small.root / "expected/smoke"
    monkeypatch.setattr(verifying, "EXPECTED", expected.parent)
    compared = [("minmax", Comparison(0.05, "error"), 0.1)]
    monkeypatch.setattr(verifying, "compare_with", lambda *_: compared)
    configured = f"{RESULTS}/config.resolved.yaml"
    small.write("expected/smoke/config.resolved.yaml", (small.root / configured).read_text())
    small.configure(configured, "training", device="cuda", engine="loop")
    assert [one.verdict for one in of_expected(evidence())] == ["close"]
    small.configure(configured, "uniform", "teacher", width=33)
    assert [one.verdict for one in of_expected(evidence())] == ["not checked"]


def test_what_differs_is_told_at_the_end(capsys):
    verdicts = [Verdict("sums", "a", "same"), Verdict("tables", "b", "differs")] * 2
    with pytest.raises(InputError, match="found 2 that differ, the first b"):
        conclude(verdicts, "here")
    assert "2 same, 2 differs; see here" in capsys.readouterr().out
    conclude(verdicts[:1], "here")


def test_what_could_not_be_done_is_no_success(capsys):
    """Else a forged record that asks for too much would pass."""
    unable = attempt("tables", "b", failing(UnableError("it is killed")))
    verdicts = [Verdict("sums", "a", "same"), unable]
    with pytest.raises(UnableError, match="found 1 that could not be run here, the first b: it is"):
        conclude(verdicts, "here")
    assert "1 same, 1 not checked; see here" in capsys.readouterr().out
    with pytest.raises(InputError, match="found 1 that differ") as error:
        conclude([*verdicts, Verdict("tables", "c", "differs")], "here")
    assert error.type is InputError
    conclude([Verdict("expected", "smoke", "not checked", reason="there is none")], "here")


def test_the_table_is_kept_where_it_can_be_written(tmp_path, monkeypatch):
    closed = {tmp_path / "archives"}
    monkeypatch.setattr(verifying.os, "access", lambda path, _: path.absolute() not in closed)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert writable(Path("mine/t.parquet")) == Path("mine/t.parquet")
    assert writable(tmp_path / "archives/t.parquet") == Path("t.parquet")
    closed.add(tmp_path)
    elsewhere = writable(tmp_path / "archives/t.parquet")
    assert elsewhere.parent.is_dir()
    assert elsewhere.parent.parent not in closed
    elsewhere.parent.rmdir()


def test_the_program_keeps_a_table_of_what_it_prints(small, monkeypatch, capsys):
    monkeypatch.chdir(small.root)
    verdicts = [Verdict("tables", "a", "close", 1e-9, 1e-6, 2.0, "farthest off: x")]
    monkeypatch.setattr(verifying, "verify", lambda *_: iter(verdicts))
    main(["--scale", "smoke", "--seed", "7"])
    kept = small.root / RESULTS / "verification.parquet"
    (row,) = read_table(kept, VERIFICATION.columns).to_dict("records")
    assert row == {
        "check": "tables",
        "subject": "a",
        "verdict": "close",
        "deviation": 1e-9,
        "tolerance": 1e-6,
        "seconds": 2.0,
        "reason": "farthest off: x",
        "seed": 7,
    }
    printed = capsys.readouterr().out
    assert "--seed 7" in printed
    assert "1e-09" in printed


def test_an_older_verdict_does_not_outlive_a_run_that_ends_early(small, monkeypatch):
    monkeypatch.chdir(small.root)
    small.write(f"{RESULTS}/verification.parquet", "older")
    monkeypatch.setattr(verifying, "verify", lambda *_: failing(InputError("broken"))())
    with pytest.raises(InputError, match="broken"):
        main(["--scale", "smoke"])
    assert not (small.root / RESULTS / "verification.parquet").exists()


@pytest.mark.parametrize("text", ["{}", "[]", '{"scale": "../x"}', '{"scale": 1}', "{", ""])
def test_an_archive_must_name_its_scale(small, monkeypatch, text):
    monkeypatch.chdir(small.root)
    small.write("archive.json", text)
    with pytest.raises(InputError, match="expected the name of a scale"):
        main([])


def test_a_scale_without_results_is_refused(small, monkeypatch):
    monkeypatch.chdir(small.root)
    with pytest.raises(InputError, match=r"^results/paper: expected results to verify"):
        main(["--scale", "paper"])
    monkeypatch.setattr(verifying, "unpack", lambda *_: small.root)
    with pytest.raises(InputError, match=r"^one\.zip: results/paper: expected results to verify"):
        main(["--scale", "paper", "--archive", "one.zip"])


def made(rule, *outputs):
    return Record(Path(), rule, {}, {}, {}, {}, {"output": dict.fromkeys(outputs, "")}, {}, {})


@pytest.mark.parametrize(
    ("record", "stage"),
    [
        (made("sample_teachers", f"{STUDY}/teachers/random/d1.safetensors"), "teachers"),
        (made("measure_references", f"{STUDY}/references/random/d1_m10.parquet"), "references"),
        (made("measure_references", f"{STUDY}/tables/minmax.parquet"), "tables"),
        (made("measure_references", f"{RESULTS}/summary.md"), "documents"),
        (made("train_students", f"{STUDY}/students/a", f"{STUDY}/curves/a"), "students"),
        (made("measure_sine", f"{STUDY}/errors/sine/a", f"{STUDY}/tables/sine"), "tables"),
        (made("sample_errors", f"{STUDY}/sampled/random/a.parquet"), "sampled"),
        (made("climb_errors", f"{STUDY}/errors/random/a.parquet"), "errors"),
        (
            made("sample_adversary", f"{STUDY}/sampled_adversary/a/b", f"{STUDY}/adversary/a/b"),
            "sampled_adversary",
        ),
        (made("climb_adversary", f"{STUDY}/adversary/random/d3_m10.parquet"), "adversary"),
        (made("climb_errors", f"{STUDY}/sampled/random/a.parquet"), "documents"),
        (made("made_up", f"{STUDY}/references/random/d1_m10.parquet"), "documents"),
        (made("made_up", "config.yaml"), "documents"),
        (made("made_up"), "documents"),
    ],
)
def test_what_is_no_job_of_a_drawn_stage_runs_again(record, stage):
    """A table must not escape by a record that says a rule made it of which one job is drawn."""
    found = stage_of(record)
    assert (found if isinstance(found, str) else found.folders[0]) == stage
