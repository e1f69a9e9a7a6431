"""Recorded jobs run again: what a record may ask for, and what it may not."""

from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from artifact import replay as replaying
from artifact.replay import PACKAGES, NotReplayedError, other_packages, replay, unlike
from scales import ROOT, whole_configuration
from supnorm.configuration import as_yaml
from supnorm.hardware.machine import processor
from supnorm.job.programs import InputError, UnableError
from supnorm.job.records import Record

ENDING = """
import os, sys
from supnorm.job.programs import InputError, run
def fail(error):
    def main(_): raise error
    return main
"""
CONFIG = "results/smoke/config.resolved.yaml"
SETTINGS, SCHEMA = "results/smoke/settings.parquet", "workflow/schemas/frame.schema.yaml"
VERSIONS = {name: version(name) for name in PACKAGES}
TRAINING = {"training.engine": "auto", "training.precision": "float64", "device": "cpu"}
TRAINING |= {"width": "32", "batch": 20}


def job(
    rule, inputs=None, outputs=None, parameters=None, packages=VERSIONS, machine=None, code=None
):
    """A record; of its files the digests do not count here."""
    inputs, outputs = (
        {option: {path: "0" * 64} for option, path in (files or {}).items()}
        for files in (inputs, outputs)
    )
    run = {"packages": packages, "machine": {"processor": machine or processor()}}
    folder = "document" if (ROOT / f"workflow/scripts/document/{rule}.py").exists() else "uniform"
    code = {code or f"workflow/scripts/{folder}/{rule}.py": "0" * 64}
    path = Path("job.prov.json")
    return Record(path, rule, {}, parameters or {}, {}, inputs, outputs, code=code, run=run)


RESOLVING = job(
    "resolve_config", {}, {"config": CONFIG}, {"configuration": whole_configuration("smoke")}
)
TABULATING = job("tabulate_settings", {"config": CONFIG, "schemas": SCHEMA}, {"settings": SETTINGS})


@pytest.fixture
def root(tmp_path):
    """A tree with the one schema that a record names."""
    (tmp_path / SCHEMA).parent.mkdir(parents=True)
    (tmp_path / SCHEMA).write_bytes((ROOT / SCHEMA).read_bytes())
    return tmp_path


def test_a_job_writes_below_its_folder_what_it_wrote(tmp_path):
    replay(RESOLVING, tmp_path, tmp_path / "anew")
    assert (tmp_path / "anew" / CONFIG).read_text() == as_yaml(whole_configuration("smoke"))
    assert not (tmp_path / "results").exists()


def test_programs_run_from_a_copy_where_nothing_may_be_written_beside_them(tmp_path, monkeypatch):
    """Numba keeps there what it compiles, and ends a program that it lets keep it nowhere."""
    monkeypatch.setattr(replaying.os, "access", lambda *_: False)
    replaying._programs.cache_clear()
    replay(RESOLVING, tmp_path, tmp_path / "anew")
    replaying._programs.cache_clear()
    assert (tmp_path / "anew" / CONFIG).exists()
    programs = (tmp_path / "anew/workflow/scripts").resolve()
    assert not programs.is_relative_to(ROOT)
    assert (programs / "supnorm/kernels.py").stat().st_mode & 0o200


def test_inputs_are_those_of_the_root_or_others_that_take_their_place(root):
    for scale, folder in (("smoke", root / "results/smoke"), ("laptop", root)):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / Path(CONFIG).name).write_text(as_yaml(whole_configuration(scale)))
    other = {"config": {CONFIG: root / Path(CONFIG).name}}
    replay(TABULATING, root, root / "as_recorded")
    replay(TABULATING, root, root / "of_others", inputs=other)
    values = [
        pq.read_table(root / name / SETTINGS)["value"].to_pylist()
        for name in ("as_recorded", "of_others")
    ]
    assert values[0] != values[1]


def test_an_input_that_is_not_there_is_no_evidence(root):
    with pytest.raises(NotReplayedError, match="is not there"):
        replay(TABULATING, root, root / "anew")


def test_code_that_this_tree_does_not_have_is_not_run(tmp_path):
    """An algorithm of one's own, as an archive may bring it along."""
    (tmp_path / "mine.py").write_text("raise SystemExit('ran')\n")
    record = job("measure_references", {"own": "mine.py"}, {"errors": "results/smoke/e.parquet"})
    with pytest.raises(NotReplayedError, match=r"mine\.py is code that this tree does not have"):
        replay(record, tmp_path, tmp_path / "anew")
    assert not (tmp_path / "anew").exists()
    (tmp_path / "mine.py").unlink()
    with pytest.raises(NotReplayedError, match="is not there"):
        replay(record, tmp_path, tmp_path / "anew")


def test_a_job_that_takes_too_long_is_no_evidence(tmp_path, monkeypatch):
    monkeypatch.setattr(replaying, "LONGEST", 0.001)
    with pytest.raises(UnableError, match="more than"):
        replay(RESOLVING, tmp_path, tmp_path / "anew")


@pytest.mark.parametrize(
    ("program", "raised", "says"),
    [
        ("os.kill(os.getpid(), 9)", UnableError, "from outside: Killed, as where memory runs out"),
        ("os.abort()", UnableError, "from outside: Aborted"),
        ("raise RuntimeError('cannot cache')", UnableError, "fails: RuntimeError: cannot cache"),
        ("run(lambda _: bytes(2**60))", UnableError, "not enough memory"),
        ("run(lambda _: open('/dev/full', 'w', 1).write('\\n'))", UnableError, "No space left"),
        ("run(fail(PermissionError(13, 'Denied', 'x')))", UnableError, "x: Denied"),
        ("run(lambda _: open('x'))", InputError, "x: expected a file, found none"),
        ("run(fail(InputError('x is 3; expected 4')))", InputError, "x is 3; expected 4"),
        ("sys.exit(2)", InputError, "status 2"),
    ],
)
def test_only_what_a_program_says_of_its_input_counts_against_a_record(
    tmp_path, monkeypatch, program, raised, says
):
    """And what it lacks, or does not foresee, for it neither: it is an error, and no success."""
    (tmp_path / "here/workflow/scripts/document").mkdir(parents=True)
    (tmp_path / "here/workflow/scripts/supnorm").symlink_to(ROOT / "workflow/scripts/supnorm")
    (tmp_path / "here/workflow/scripts/document/resolve_config.py").write_text(ENDING + program)
    monkeypatch.setattr(replaying, "ROOT", tmp_path / "here")
    replaying._programs.cache_clear()
    with pytest.raises(InputError, match=says) as error:
        replay(RESOLVING, tmp_path, tmp_path / "anew")
    replaying._programs.cache_clear()
    assert error.type is raised


def test_what_a_program_says_against_its_inputs_is_told(root):
    (root / CONFIG).parent.mkdir(parents=True)
    (root / CONFIG).write_text("scale: 1")
    with pytest.raises(InputError, match="tabulate_settings fails: "):
        replay(TABULATING, root, root / "anew")


@pytest.mark.parametrize(
    "parts",
    [
        {"rule": "rm"},
        {"rule": "supnorm"},
        {"code": "workflow/scripts/document/collect_claims.py"},
        {"code": "workflow/scripts/anywhere/resolve_config.py"},
        {"code": "workflow/scripts/../resolve_config.py"},
        {"rule": "kernels", "code": "workflow/scripts/supnorm/kernels.py"},
        {"outputs": {"config": "config.yaml"}},
        {"outputs": {"config": "workflow/scripts/uniform/measure_errors.py"}},
        {"inputs": {"config": "workflow/scripts/supnorm/kernels.py"}},
        {"inputs": {"config": "-c"}},
        {"parameters": {"heartbeat": "results/smoke/x"}},
        {"parameters": {"record": "results/smoke/x"}},
        {"parameters": {"--record": "results/smoke/x"}},
        {"parameters": {"config": "results/smoke/x"}},
        {"parameters": {"configuration": "/etc/passwd"}},
        {"parameters": {"configuration": "../x"}},
        {"parameters": {"configuration": "workflow/scripts/x"}},
        {"parameters": {"configuration": ["workflow/scripts/x"]}},
        {"parameters": {"configuration": {"a": "/../../x"}}},
        {"parameters": {"configuration": ["--config=elsewhere"]}},
        {"parameters": {"configuration": None}},
        {"parameters": {"configuration": True}},
    ],
)
def test_a_record_cannot_lead_out_of_the_folder(tmp_path, parts):
    usual = {"rule": "resolve_config", "outputs": {"config": CONFIG}}
    with pytest.raises(InputError, match=r"job\.prov\.json"):
        replay(job(**usual | parts), tmp_path, tmp_path / "anew")
    assert not (tmp_path / "anew").exists()


def test_a_value_that_looks_like_an_option_is_none(tmp_path):
    words = {"configuration": "--config=elsewhere"}
    record = job("resolve_config", {}, {"config": CONFIG}, words)
    with pytest.raises(InputError, match="resolve_config fails"):
        replay(record, tmp_path, tmp_path / "anew")
    assert not (tmp_path / "anew/elsewhere").exists()


def test_options_are_spelled_as_records_name_them():
    outputs = {"errors": "results/smoke/b"}
    record = job("measure_errors", {"students": "results/a"}, outputs)
    told = {"batch_rule": "fifth", "uniform.evaluation.points": 3, "seeds": [1, 2]}
    words = replaying.command_line(record, told, record.inputs)
    assert words[1] == "workflow/scripts/uniform/measure_errors.py"
    assert words[2:] == [
        *("--batch_rule=fifth", "--uniform.evaluation.points=3", "--seeds", "1", "2"),
        *("--students", "results/a", "--errors", "results/smoke/b"),
    ]


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({}, None),
        ({"machine": "another"}, "made on another"),
        ({"packages": VERSIONS | {"numpy": "1.0"}}, "made by numpy 1.0"),
        ({"packages": VERSIONS | {"torch": "1.0"}}, "made by torch 1.0"),
        ({"parameters": {"device": "cuda"}}, "made on cuda"),
    ],
)
def test_a_machine_is_unlike_by_processor_packages_or_device(parts, found):
    assert unlike(job("measure_errors", **parts)) == found


def test_the_narrow_engine_rounds_alike_on_every_processor():
    students = {"students": "results/smoke/a"}
    another = {"machine": "another", "packages": VERSIONS | {"torch": "1.0"}}
    assert unlike(job("train_students", {}, students, TRAINING, **another)) is None
    another = {"packages": VERSIONS | {"numba": "0.1"}}
    assert unlike(job("train_students", {}, students, TRAINING, **another)) == "made by numba 0.1"
    others = [{"training.engine": "stacked"}, {"training.precision": "float32"}]
    # Records may come from anywhere.
    others += [{"width": "2048", "batch": 100}, {"width": "wide"}, {"batch": None}]
    for other in others:
        told = TRAINING | other
        record = job("train_students", {}, students, told, machine="another")
        assert unlike(record) == "made on another"


def test_packages_count_in_the_versions_that_made_a_result():
    assert other_packages(job("plot_rates", packages={})) is None
    packages = {"matplotlib": "1.0", "seaborn": VERSIONS["seaborn"], "numpy": "2"}
    found = other_packages(job("plot_rates", packages=packages))
    assert found == "made by numpy 2, matplotlib 1.0"


def test_what_was_made_on_a_gpu_runs_on_a_cpu_where_there_is_none(monkeypatch):
    monkeypatch.setattr(replaying, "visible_gpus", list)
    record = job("measure_errors", parameters={"device": "cuda", "threads": 8, "points": 3})
    assert replaying.here(record) == {"threads": 1, "device": "cpu"}
    monkeypatch.setattr(replaying, "visible_gpus", lambda: ["GPU-1"])
    assert replaying.here(record) == {"threads": 1}
