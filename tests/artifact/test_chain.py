"""The chain of results: whatever is changed, stale or missing is found, and named."""

import json
import math

import pytest

from artifact import chain
from artifact.chain import Chain
from small_chain import (
    LIBRARY,
    PARAMETERS,
    RESULTS,
    SETTINGS,
    SHARD,
    STUDY,
    WILDCARDS,
    SmallChain,
)
from supnorm.job.programs import InputError
from supnorm.job.provenance import digest

CONFIG = f"{RESULTS}/config.resolved.yaml"
TEACHERS = f"{STUDY}/teachers/random/d1.safetensors"
STUDENTS = f"{STUDY}/students/{SHARD}.safetensors"
STUDENTS_RECORD = f"{STUDY}/students/{SHARD}.prov.json"
MINMAX, MINMAX_RECORD = f"{STUDY}/tables/minmax.parquet", f"{STUDY}/tables/minmax.prov.json"
FIGURE, FIGURE_RECORD = f"{STUDY}/figures/rates.pdf", f"{STUDY}/figures/rates.prov.json"
FILES = [
    *(TEACHERS, STUDENTS, CONFIG, MINMAX, FIGURE, STUDENTS_RECORD, MINMAX_RECORD, FIGURE_RECORD),
    *(f"{STUDY}/samples/random/d1_m10.parquet", f"{STUDY}/curves/{SHARD}.parquet"),
    *(f"{STUDY}/figures/rates.png", f"{STUDY}/figures/rates.txt"),
    *(f"{STUDY}/tables/rates.parquet", f"{STUDY}/tables/rates.prov.json"),
    *(f"{RESULTS}/config.resolved.prov.json", f"{STUDY}/teachers/random/d1.prov.json"),
    *("workflow/scripts/uniform/train_students.py", LIBRARY),
]


@pytest.fixture
def small(tmp_path):
    return SmallChain(tmp_path)


def faults(small, *targets):
    """What is wrong with the chain of files, or of all; path and sentence by path."""
    found = Chain(small.root, "smoke").faults(targets or None)
    for fault in found:
        assert fault.sentence.startswith(f"{fault.path}: ")
        assert str(small.root) not in fault.sentence
    return {fault.path: fault.sentence for fault in found}


def test_nothing_is_wrong_with_what_a_run_leaves(small):
    assert faults(small) == {}


@pytest.mark.parametrize("path", FILES)
def test_a_flipped_bit_is_found_and_nothing_else_is_blamed(small, path):
    small.flip(path)
    assert set(faults(small)) == {path}


@pytest.mark.parametrize("path", [STUDENTS_RECORD, f"{STUDY}/tables/rates.prov.json"])
def test_a_damaged_record_breaks_the_chain_of_what_its_job_led_to(small, path):
    small.flip(path)
    found = faults(small, FIGURE)
    assert set(found) == {path}
    assert "no file" not in found[path]
    assert faults(small, TEACHERS) == {}


@pytest.mark.parametrize("path", FILES)
def test_a_missing_file_is_found(small, path):
    (small.root / path).unlink()
    sentences = "".join(faults(small, FIGURE).values())
    # The record of curves lies beside the students.
    assert path in sentences


def test_every_file_is_hashed_once(small, monkeypatch):
    hashed = []
    monkeypatch.setattr(chain, "digest", lambda file: hashed.append(file) or digest(file))
    found = Chain(small.root, "smoke")
    found.faults()
    found.faults([FIGURE])
    # 10 results, 6 programs and a library file.
    assert found.hashed == len(hashed) == len(set(hashed)) == 17


def test_jobs_come_after_those_that_made_their_inputs(small):
    jobs = Chain(small.root, "smoke").jobs([FIGURE])
    rules = ["sample_teachers", "draw_samples", "train_students", "rank_algorithms", "plot_rates"]
    assert [job.rule for job in jobs] == rules


def test_what_is_no_part_of_the_chain_does_not_break_it(small):
    small.flip(FIGURE)
    assert faults(small, MINMAX) == {}
    small.write(f"{STUDY}/students/random/other.prov.json", "damaged")
    assert set(faults(small, FIGURE)) == {FIGURE}
    assert set(faults(small)) == {FIGURE, f"{STUDY}/students/random/other.prov.json"}


def test_archives_and_folders_are_no_part_of_the_chain(small):
    small.write(f"{RESULTS}/archive/copy/{MINMAX_RECORD}", "damaged")
    (small.root / f"{STUDY}/tables/folder.prov.json").mkdir()
    assert faults(small) == {}


def test_what_was_made_from_an_earlier_file_is_stale(small):
    tables = {name: f"uniform/tables/{name}.parquet" for name in ("minmax", "rates")}
    students = {"students": f"uniform/students/{SHARD}.safetensors"}
    small.job("rank_algorithms", students, tables, records=tables.values(), content="anew")
    found = faults(small)
    assert set(found) == {FIGURE}
    assert "stale" in found[FIGURE]
    assert MINMAX in found[FIGURE] or "rates.parquet" in found[FIGURE]


def test_code_that_many_jobs_used_is_named_once(small):
    small.write(LIBRARY, "# edited\n")
    said = "resolve_config, sample_teachers, draw_samples and 3 more rules used it"
    assert faults(small) == {LIBRARY: f"{LIBRARY}: changed since {said}"}


def test_other_inputs_of_the_tree_count_as_code_does(small):
    path = "workflow/paper/frame.typ"
    small.write(path, "text")
    small.job("write_summary", {}, {"summary": "summary.md"})
    inputs = {"template": {path: digest(small.root / path)}}
    small.change(f"{RESULTS}/summary.prov.json", inputs=inputs)
    assert faults(small) == {}
    small.flip(path)
    assert faults(small) == {path: f"{path}: changed since write_summary used it"}


def test_a_record_changed_with_its_seal_contradicts_what_it_made(small):
    inputs = {"minmax": {MINMAX: "0" * 64}}
    small.change(FIGURE_RECORD, inputs=inputs)
    found = faults(small)
    assert "stamp" in found[f"{STUDY}/figures/rates.png"]
    assert "stale" in found[FIGURE] or "stamp" in found[FIGURE]


@pytest.mark.parametrize("kind", ["pdf", "png", "parquet"])
def test_a_file_of_another_job_put_in_the_place_is_found(small, kind):
    path = f"{STUDY}/{'tables/minmax' if kind == 'parquet' else 'figures/rates'}.{kind}"
    record = MINMAX_RECORD if kind == "parquet" else FIGURE_RECORD
    small.make(path, "other", {"rule": "other", "inputs": "", "code": "", "configuration": ""})
    option = "minmax" if kind == "parquet" else kind
    outputs = json.loads((small.root / record).read_text())["outputs"]
    outputs[option] = {path: digest(small.root / path)}
    for changed in (record, record.replace("minmax", "rates")):
        small.change(changed, outputs=outputs)
    assert "stamp of another job" in faults(small, path)[path]


def test_a_parquet_that_is_none_carries_no_stamp(small):
    small.write(MINMAX, "PAR1 and nothing of use PAR1")
    outputs = json.loads((small.root / MINMAX_RECORD).read_text())["outputs"]
    outputs["minmax"] = {MINMAX: digest(small.root / MINMAX)}
    for record in (MINMAX_RECORD, f"{STUDY}/tables/rates.prov.json"):
        small.change(record, outputs=outputs)
    assert "stamp" in faults(small, MINMAX)[MINMAX]


def test_two_records_must_not_claim_one_file(small):
    record = json.loads((small.root / FIGURE_RECORD).read_text())
    small.seal(f"{STUDY}/tables/forged.prov.json", record | {"rule": "other"})
    assert "both claim it" in faults(small)[FIGURE]


def test_records_may_differ_in_the_run(small):
    record = json.loads((small.root / MINMAX_RECORD).read_text())
    small.change(MINMAX_RECORD, run=record["run"] | {"seconds": 2.5})
    assert faults(small) == {}


def test_a_record_claims_results_of_its_scale_alone(small):
    outputs = {"output": {"config.yaml": digest(small.root / "config.yaml"), MINMAX: "0" * 64}}
    small.change(MINMAX_RECORD, outputs=outputs)
    assert "expected outputs below results/smoke" in faults(small, MINMAX)[MINMAX_RECORD]


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "results/../../secret"])
def test_no_file_outside_the_tree_is_opened(small, path, monkeypatch):
    small.change(FIGURE_RECORD, inputs={"minmax": {path: "0" * 64}})
    opened = []
    monkeypatch.setattr(chain, "digest", lambda file: opened.append(file) or digest(file))
    assert "expected a file of this tree" in faults(small)[FIGURE_RECORD]
    assert not [file for file in opened if file.name in ("secret", "passwd")]


def test_a_chain_must_begin_somewhere(small):
    """Two files made of each other: every digest holds, and nothing is shown by it."""
    minmax, figure = digest(small.root / MINMAX), digest(small.root / FIGURE)
    for path, inputs in ((MINMAX_RECORD, {FIGURE: figure}), (FIGURE_RECORD, {MINMAX: minmax})):
        small.change(path, inputs={"any": inputs})
    (small.root / f"{STUDY}/tables/rates.prov.json").unlink()
    assert "made of its own outputs" in "".join(faults(small, FIGURE).values())


def test_a_setting_that_config_yaml_has_changed(small):
    small.configure("config.yaml", "uniform", "training", learning_rate=2e-4)
    found = faults(small)
    says = "uniform.training.learning_rate is 0.0002; the results were made with 0.0001"
    assert found == {"config.yaml": f"config.yaml: {says}"}


def test_a_configuration_edited_among_the_results_is_blamed_alone(small):
    small.configure(CONFIG, "uniform", "training", learning_rate=2e-4)
    assert set(faults(small)) == {CONFIG}


def test_infinity_is_the_same_as_text_and_as_number(small):
    for path in ("config.yaml", CONFIG):
        small.configure(path, "uniform", "teacher", norm=math.inf)
    outputs = {"config": {CONFIG: digest(small.root / CONFIG)}}
    small.change(f"{RESULTS}/config.resolved.prov.json", outputs=outputs)
    assert faults(small) == {}


def test_a_job_made_under_another_setting(small):
    small.change(
        f"{STUDY}/teachers/random/d1.prov.json", configuration={"uniform.teacher.width": 16}
    )
    (sentence,) = faults(small).values()
    assert "sample_teachers took uniform.teacher.width as 16" in sentence
    assert f"{CONFIG} says 32" in sentence


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 1000, "expected YAML"),
        ("- a", "expected keys and values"),
        ("scale: smoke", "training is empty"),
        ("uniform: {teacher: !!python/object:os.system {}}", "expected YAML"),
    ],
)
def test_a_configuration_that_is_none(small, text, says):
    small.write("config.yaml", text)
    (sentence,) = faults(small).values()
    assert sentence.startswith("config.yaml: ")
    assert says in sentence or "scales" in sentence
    small.write(CONFIG, text)
    outputs = {"config": {CONFIG: digest(small.root / CONFIG)}}
    small.change(f"{RESULTS}/config.resolved.prov.json", outputs=outputs)
    assert says in faults(small)[CONFIG]


@pytest.mark.parametrize(("name", "value"), [("epochs", 30), ("batch", 5), ("first", 2)])
def test_students_trained_in_another_way(small, name, value):
    small.change(STUDENTS_RECORD, parameters=PARAMETERS | {name: value})
    (sentence,) = faults(small).values()
    assert sentence.startswith(f"{STUDENTS}: trained with {name} {value}, by {CONFIG} it is")


@pytest.mark.parametrize(
    "parts",
    [
        {"parameters": PARAMETERS | {"uniform.training.learning_rate": 1.0}},
        {"parameters": PARAMETERS | SETTINGS, "configuration": {}},
        {"parameters": PARAMETERS | {"width": 16}},
        {"wildcards": WILDCARDS | {"batch": "5"}},
    ],
)
def test_an_option_told_twice_or_aside_is_found(small, parts):
    """Else trace would read the one value, and verify train by the other."""
    small.change(STUDENTS_RECORD, **parts)
    (sentence,) = {*faults(small, STUDENTS).values()}
    assert sentence.endswith("expected each option once, and settings under configuration alone")


def test_students_that_are_no_shard_of_the_configuration(small):
    path = f"uniform/students/{SHARD}_1of7.safetensors"
    small.job("train_students", {}, {"students": path}, parameters=PARAMETERS)
    assert "no shard of" in faults(small, f"{RESULTS}/{path}")[f"{RESULTS}/{path}"]


def left_out(small, path, sha256):
    about = {"sha256": sha256, "bytes": 9, "recipe": "python train.py"}
    small.write("archive.json", json.dumps({"left_out": {path: about}}))


def test_what_an_archive_left_out_is_no_fault(small):
    left_out(small, STUDENTS, digest(small.root / STUDENTS))
    (small.root / STUDENTS).unlink()
    assert faults(small) == {}
    left_out(small, STUDENTS, "0" * 64)
    assert "left out of the archive as 000000000000" in faults(small)[STUDENTS]


@pytest.mark.parametrize(
    "text", ["[", "[]", '{"left_out": []}', '{"left_out": {"a": {"sha256": 1, "recipe": ""}}}']
)
def test_an_archive_that_says_nothing_of_use(small, text):
    small.write("archive.json", text)
    assert "expected under left_out" in faults(small)["archive.json"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("uniform/rates", [f"{STUDY}/figures/rates.{kind}" for kind in ("pdf", "png", "txt")]),
        ("uniform/minmax", [MINMAX]),
        ("uniform/tables/rates.parquet", [f"{STUDY}/tables/rates.parquet"]),
        (TEACHERS, [TEACHERS]),
        (STUDENTS_RECORD, [STUDENTS, f"{STUDY}/curves/{SHARD}.parquet"]),
        ("config.resolved", [CONFIG]),
    ],
)
def test_what_a_name_means(small, name, found):
    assert sorted(Chain(small.root, "smoke").find(name)) == sorted(found)
    # Also where the file is gone, or its record.
    for path in found:
        (small.root / path).unlink()
    assert sorted(Chain(small.root, "smoke").find(name)) == sorted(found)


def test_what_no_record_tells_of_can_be_asked_for(small):
    (small.root / FIGURE_RECORD).unlink()
    (path, *_) = Chain(small.root, "smoke").find("uniform/rates")
    assert f"expected {FIGURE_RECORD}" in faults(small, path)[path]


def test_an_unknown_name_is_answered_by_those_that_there_are(small):
    with pytest.raises(
        InputError, match=r"rats: .*figure \(uniform/rates\), a table \(uniform/minmax, "
    ):
        Chain(small.root, "smoke").find("uniform/rats")
