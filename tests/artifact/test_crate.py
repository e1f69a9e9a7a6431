"""The archive's metadata as a Provenance Run Crate."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import small_chain
from artifact.chain import Chain
from artifact.contents import Contents
from artifact.crate import crate_metadata
from scales import ROOT, whole_configuration
from small_chain import SHARD, STUDY, SmallChain
from supnorm.job.provenance import digest

VALIDATOR = os.environ.get("ROCRATE_VALIDATOR")
MACHINE = {"processor": "some CPU", "cores": 2, "gpu": None, "threads": 1, "system": "Linux"}
STUDENTS = f"{STUDY}/students/{SHARD}.safetensors"
METADATA = "ro-crate-metadata.json"


@pytest.fixture
def contents(tmp_path, monkeypatch):
    """Contents of an archive of a small chain, of which the students were left out."""
    packages = {"snakemake": "9.27.1"}
    run = small_chain.RUN | {"machine": MACHINE, "packages": packages}
    monkeypatch.setattr(small_chain, "RUN", run)
    SmallChain(tmp_path)
    for name in ("workflow/Snakefile", "README.md"):
        (tmp_path / name).write_text(f"{name}\n")
    places = (path for path in tmp_path.rglob("*") if path.is_file())
    files = {path.relative_to(tmp_path).as_posix(): path for path in sorted(places)}
    place = files.pop(STUDENTS)
    about = {"sha256": digest(place), "bytes": 7, "recipe": "python train.py"}
    return Contents(
        scale="smoke",
        commit="c0ffee",
        doi="10.5072/zenodo.1",
        config=whole_configuration("smoke"),
        citation=yaml.safe_load((ROOT / "CITATION.cff").read_text()),
        chain=Chain(tmp_path, "smoke"),
        files=files,
        left_out={STUDENTS: about},
    )


def metadata(contents):
    return crate_metadata(contents, {name: digest(at) for name, at in contents.files.items()})


@pytest.fixture
def entities(contents):
    return {entity["@id"]: entity for entity in json.loads(metadata(contents))["@graph"]}


def references(value):
    """All ids that a part of an entity refers to."""
    if isinstance(value, list):
        return [found for one in value for found in references(one)]
    if isinstance(value, dict):
        return [value["@id"]] if "@id" in value else []
    return []


def ids(value):
    return set(references(value))


def values(entities, action):
    """The settings or options that an action was given."""
    given = [entities[identifier] for identifier in ids(action["object"]) if identifier[0] == "#"]
    return {entity["name"]: entity["value"] for entity in given}


def test_every_entity_has_an_identifier_of_its_own_and_refers_to_others(contents, entities):
    assert len(entities) == len(json.loads(metadata(contents))["@graph"])
    referred = {i for entity in entities.values() for value in entity.values() for i in ids(value)}
    assert all(identifier.startswith("http") for identifier in referred - set(entities))


def test_lists_have_several_values(entities):
    lists = [value for entity in entities.values() for value in entity.values()]
    assert min(len(value) for value in lists if isinstance(value, list)) > 1


def test_the_same_archive_has_the_same_metadata(contents):
    files = dict(reversed(contents.files.items()))
    again = replace(contents, chain=Chain(contents.chain.root, "smoke"), files=files)
    assert metadata(contents) == metadata(again)


def test_every_file_is_part_of_it_with_its_digest(contents, entities):
    parts = ids(entities["./"]["hasPart"])
    assert parts == set(contents.files)
    for name in parts:
        assert entities[name]["sha256"] == digest(contents.files[name])
        assert entities[name]["contentSize"] == str(contents.files[name].stat().st_size)
    assert entities[f"{STUDY}/figures/rates.pdf"]["encodingFormat"] == "application/pdf"


def test_each_job_is_an_action(contents, entities):
    actions = [e for e in entities.values() if e["@type"] == "CreateAction" and e["@id"] != "#run"]
    assert len(actions) == len(contents.jobs) == 6
    action = entities[f"#job/{STUDY}/students/{SHARD}.prov.json"]
    assert action["instrument"] == {"@id": "workflow/scripts/uniform/train_students.py"}
    assert action["startTime"] == "2026-11-22T14:00:00+00:00"
    assert action["endTime"] == "2026-11-22T14:00:02+00:00"
    assert ids(action["result"]) == {f"#left-out/{STUDENTS}", f"{STUDY}/curves/{SHARD}.parquet"}
    assert f"{STUDY}/samples/random/d1_m10.parquet" in ids(action["object"])
    told = small_chain.WILDCARDS | small_chain.PARAMETERS | small_chain.SETTINGS
    assert values(entities, action) == {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()
    }


def test_the_run_has_all_settings_and_all_results(contents, entities):
    run = entities["#run"]
    settings = values(entities, run)
    assert settings["uniform.sample.sizes"] == "[10, 20]"
    assert settings["uniform.teacher.norm"] == "inf"
    assert ids(run["result"]) == set(contents.chain.targets())
    mentioned = [entities[i] for i in references(entities["./"]["mentions"])]
    controls = [entity for entity in mentioned if entity["@type"] == "ControlAction"]
    assert [c["instrument"]["@id"] for c in controls] == [f"#step/{j.rule}" for j in contents.jobs]
    assert entities["./"]["identifier"] == "https://doi.org/10.5072/zenodo.1"


def test_what_was_left_out_is_told_of(entities):
    told = entities[f"#left-out/{STUDENTS}"]
    assert told["description"].endswith("made again by: python train.py")
    assert told["contentSize"] == "7"


# Recommended, but the project and its programs have no address on the web but the archive's, and
# the workflow does not claim the profile of Bioschemas, which wants one.
NOT_KEPT = "ro-crate-1.1_31.2,process-run-crate-0.5_3.2,process-run-crate-0.5_5.1"
NOT_KEPT += ",workflow-ro-crate-1.0_8.1"


@pytest.mark.skipif(not VALIDATOR, reason="ROCRATE_VALIDATOR names no rocrate-validator")
def test_a_validator_finds_nothing_wrong(contents, tmp_path):
    """With what is recommended, too; the variable may hold options that follow `validate`."""
    (tmp_path / METADATA).write_text(metadata(contents))
    Path(tmp_path, STUDENTS).unlink()
    validator, *options = VALIDATOR.split()
    options += ["-l", "recommended", "--skip-checks", NOT_KEPT, "--verbose", "--no-paging"]
    command = [validator, "--no-interactive", "validate", *options, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
