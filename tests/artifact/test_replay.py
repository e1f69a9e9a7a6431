"""Recorded jobs run again: what a record may ask for, and what it may not."""

from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import replay as replaying

from artifact.replay import PACKAGES, NotReplayedError, other_packages, replay, unlike
from scales import configuration
from supnorm.configuration import as_yaml
from supnorm.hardware.machine import processor
from supnorm.job.programs import InputError
from supnorm.job.records import Record

CONFIG = "results/smoke/config.resolved.yaml"
SETTINGS = "results/smoke/tables/settings.parquet"
VERSIONS = {name: version(name) for name in PACKAGES}
TRAINING = {"engine": "auto", "device": "cpu", "width": 32, "batch": 20, "precision": "float64"}


def job(rule, inputs=None, outputs=None, parameters=None, packages=VERSIONS, machine=None):
    """A record; of its files the digests do not count here."""
    inputs, outputs = (
        {option: {path: "0" * 64} for option, path in (files or {}).items()}
        for files in (inputs, outputs)
    )
    run = {"packages": packages, "machine": {"processor": machine or processor()}}
    return Record(
        Path("job.prov.json"), rule, {}, parameters or {}, {}, inputs, outputs, code={}, run=run
    )


RESOLVING = job("resolve_config", {}, {"output": CONFIG}, {"config": configuration("smoke")})


def test_a_job_writes_below_its_folder_what_it_wrote(tmp_path):
    replay(RESOLVING, tmp_path, tmp_path / "anew")
    assert (tmp_path / "anew" / CONFIG).read_text() == as_yaml(configuration("smoke"))
    assert not (tmp_path / "results").exists()


def test_inputs_are_those_of_the_root_or_others_that_take_their_place(tmp_path):
    record = job("tabulate_settings", {"config": CONFIG}, {"output": SETTINGS})
    for scale, folder in (("smoke", tmp_path / "results/smoke"), ("laptop", tmp_path)):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / Path(CONFIG).name).write_text(as_yaml(configuration(scale)))
    other = {"config": {CONFIG: tmp_path / Path(CONFIG).name}}
    replay(record, tmp_path, tmp_path / "as_recorded")
    replay(record, tmp_path, tmp_path / "of_others", inputs=other)
    values = [
        pq.read_table(tmp_path / name / SETTINGS)["value"].to_pylist()
        for name in ("as_recorded", "of_others")
    ]
    assert values[0] != values[1]


def test_an_input_that_is_not_there_is_no_evidence(tmp_path):
    record = job("tabulate_settings", {"config": CONFIG}, {"output": SETTINGS})
    with pytest.raises(NotReplayedError, match="is not there"):
        replay(record, tmp_path, tmp_path / "anew")


def test_a_job_that_takes_too_long_is_no_evidence(tmp_path, monkeypatch):
    monkeypatch.setattr(replaying, "LONGEST", 0.001)
    with pytest.raises(NotReplayedError, match="more than"):
        replay(RESOLVING, tmp_path, tmp_path / "anew")


def test_what_a_program_says_against_its_inputs_is_told(tmp_path):
    (tmp_path / CONFIG).parent.mkdir(parents=True)
    (tmp_path / CONFIG).write_text("scale: 1")
    record = job("tabulate_settings", {"config": CONFIG}, {"output": SETTINGS})
    with pytest.raises(InputError, match="tabulate_settings fails: "):
        replay(record, tmp_path, tmp_path / "anew")


@pytest.mark.parametrize(
    "parts",
    [
        {"rule": "rm"},
        {"rule": "supnorm"},
        {"outputs": {"output": "config.yaml"}},
        {"outputs": {"output": "workflow/scripts/uniform/measure_errors.py"}},
        {"inputs": {"config": "workflow/scripts/supnorm/kernels.py"}},
        {"inputs": {"config": "-c"}},
        {"parameters": {"heartbeat": "results/smoke/x"}},
        {"parameters": {"record": "results/smoke/x"}},
        {"parameters": {"--record": "results/smoke/x"}},
        {"parameters": {"output": "results/smoke/x"}},
        {"parameters": {"config": "/etc/passwd"}},
        {"parameters": {"config": "../x"}},
        {"parameters": {"config": "workflow/scripts/x"}},
        {"parameters": {"config": ["workflow/scripts/x"]}},
        {"parameters": {"config": {"a": "/../../x"}}},
        {"parameters": {"config": ["--output=elsewhere"]}},
        {"parameters": {"config": None}},
        {"parameters": {"config": True}},
    ],
)
def test_a_record_cannot_lead_out_of_the_folder(tmp_path, parts):
    usual = {"rule": "resolve_config", "outputs": {"output": CONFIG}}
    with pytest.raises(InputError, match=r"job\.prov\.json"):
        replay(job(**usual | parts), tmp_path, tmp_path / "anew")
    assert not (tmp_path / "anew").exists()


def test_a_value_that_looks_like_an_option_is_none(tmp_path):
    record = job("resolve_config", {}, {"output": CONFIG}, {"config": "--output=elsewhere"})
    with pytest.raises(InputError, match="resolve_config fails"):
        replay(record, tmp_path, tmp_path / "anew")
    assert not (tmp_path / "anew/elsewhere").exists()


def test_options_are_spelled_as_programs_do():
    record = job("draw_samples", {"teachers": "results/a"}, {"output": "results/smoke/b"})
    assert "--teachers" in replaying.command_line(record, {}, record.inputs)
    record = job("train_students", {"samples_table": "results/smoke/a"}, {})
    words = replaying.command_line(record, {"batch_rule": "fifth"}, record.inputs)
    assert words[2:] == ["--batch-rule=fifth", "--samples-table", "results/smoke/a"]
    record = job("tabulate_claims", {"worst_case": "results/smoke/a"}, {})
    assert "--worst_case" in replaying.command_line(record, {}, record.inputs)


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
    another = {"machine": "another", "packages": VERSIONS | {"torch": "1.0"}}
    assert unlike(job("train_students", parameters=TRAINING, **another)) is None
    another = {"packages": VERSIONS | {"numba": "0.1"}}
    assert unlike(job("train_students", parameters=TRAINING, **another)) == "made by numba 0.1"
    for other in ({"engine": "stacked"}, {"precision": "float32"}, {"width": 2048, "batch": 100}):
        record = job("train_students", parameters=TRAINING | other, machine="another")
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
