"""Verification of a smoke run: what holds, and what a forger who seals all records changes."""

import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, PngImagePlugin

from artifact.chain import Chain
from artifact.evidence import Evidence, Student
from artifact.replay import replay
from supnorm.job.provenance import canonical, digest, seal
from supnorm.networks import load_networks, save_networks
from tree import run

SHARD = "random/d3_m10_L5_w8_hundred_1of1"
STUDENTS, SAMPLED, ERRORS = (
    f"results/smoke/uniform/{folder}/{SHARD}" for folder in ("students", "sampled", "errors")
)
MINMAX, RATES = "results/smoke/uniform/tables/minmax", "results/smoke/uniform/tables/rates"
FIGURE = "results/smoke/uniform/figures/rates"


@pytest.fixture
def evidence(copy, tmp_path):
    """The evidence of a copied run; its records are read when the test asks for it."""

    def read():
        (tmp_path / "scratch").mkdir(exist_ok=True)
        return Evidence(Chain(copy.path, "smoke"), tmp_path / "scratch")

    return read


def reseal(tree, record, output):
    """Make a record say that its job wrote a file as it is now."""
    path = tree.path / f"{record}.prov.json"
    content = json.loads(path.read_text())
    for files in content["outputs"].values():
        files |= {output: digest(tree.path / output)} if output in files else {}
    path.write_text(canonical(content | {"seal": seal(content)}))


@pytest.mark.complete
def test_no_table_depends_on_the_order_of_files(finished, tmp_path):
    """As that of sample sizes: in a record d1_m1000 comes before d1_m30."""
    records = [
        record
        for record in Chain(finished.path, "smoke").records.values()
        if any("/tables/" in path for files in record.outputs.values() for path in files)
        and any(len(files) > 1 for files in record.inputs.values())
    ]
    assert {"collect_challenges", "tabulate_neighbours"} < {record.rule for record in records}
    changed = []
    for number, record in enumerate(records):
        turned = {
            option: {path: finished.path / path for path in reversed(files)}
            for option, files in record.inputs.items()
        }
        anew = tmp_path / str(number)
        replay(record, finished.path, anew, inputs=turned)
        for path in [path for files in record.outputs.values() for path in files]:
            if not pq.read_table(anew / path).equals(pq.read_table(finished.path / path)):
                changed.append(path)
    assert changed == []


@pytest.mark.complete
def test_results_that_nobody_touched_are_the_same(copy):
    options = "--scale", "smoke", "--students", "2", "--seed", "3"
    done = run([sys.executable, "-m", "artifact.verify", *options], copy.path)
    assert done.returncode == 0, done.stdout
    rows = pq.read_table(copy.whole / "verification.parquet").to_pylist()
    assert {row["verdict"] for row in rows} == {"same", "not checked"}
    same = {row["subject"] for row in rows if row["verdict"] == "same"}
    for folder in ("tables", "figures", "teachers/random"):
        for path in copy.results.glob(f"{folder}/*.prov.json"):
            name = f"uniform/{folder}/{path.name.removesuffix('.prov.json')}"
            assert any(name in subject for subject in same)
    assert same >= {"config.resolved", "claims", "settings", "summary", "paper"}
    assert same >= {"uniform/summary", "uniform/findings", "students of all cells"}
    checks = [row["check"] for row in rows if row["verdict"] == "same"]
    # Two students of uniform, and the trainings of one dimension of parity.
    assert checks.count("students") == 3
    assert {"samples", "sampled", "errors", "references", "code", "chain"} <= set(checks)
    assert {"sampled_adversary", "adversary"} <= set(checks)
    # The table of verdicts is no result, which a record would have to tell of.
    assert Chain(copy.path, "smoke").faults() == []


def test_a_student_that_was_forged_is_found_when_it_is_drawn(copy, evidence, tmp_path):
    networks, told, further = load_networks(copy.path / f"{STUDENTS}.safetensors")
    networks.weights[2][0, 1, 1] += 1e-12
    save_networks(copy.path / f"{STUDENTS}.safetensors", networks, told, further)
    reseal(copy, STUDENTS, f"{STUDENTS}.safetensors")
    copy.snakemake("--cores", 1, f"{ERRORS}.parquet")
    found = evidence()
    assert found.chain.faults([f"{ERRORS}.parquet"]) == []
    record = found.chain.records[f"{STUDENTS}.prov.json"]
    forged, untouched = (Student(found, record, row).train() for row in (0, 1))
    assert untouched.comparison.same
    assert not forged.within
    assert forged.comparison.where == "weight_2"
    assert 0 < forged.comparison.deviation < 1e-10
    # The errors are those of the forged student: only training it tells.
    measured = Student(found, record, 0).measure(found.chain.records[f"{ERRORS}.prov.json"])
    assert measured.comparison.same


@pytest.mark.few(1)
@pytest.mark.parametrize("table", [SAMPLED, ERRORS])
def test_errors_that_were_forged_are_found(copy, evidence, table):
    path = f"{table}.parquet"
    forge_table(copy.path / path, "error", 0, 1e-3)
    reseal(copy, table, path)
    found = evidence()
    assert found.chain.faults([path]) == []
    records = found.chain.records
    first = pq.read_table(copy.path / path).to_pylist()[0]
    row = first["teacher"] + 2 * (first["seed"] - 10000)
    student = Student(found, records[f"{STUDENTS}.prov.json"], row)
    assert student.train().comparison.same
    assert student.measure(records[f"{table}.prov.json"]).comparison.where == "error"


def test_a_certificate_that_was_forged_is_found(copy, evidence):
    name = "results/smoke/uniform/certificates/random/d3_m10"
    table = pq.read_table(copy.path / f"{name}.parquet").to_pylist()
    place = next(k for k, row in enumerate(table) if row["batch_rule"] == "hundred")
    forge_table(copy.path / f"{name}.parquet", "high", place, table[place]["low"])
    reseal(copy, name, f"{name}.parquet")
    found = evidence()
    assert found.chain.faults([f"{name}.parquet"]) == []
    row = table[place]["teacher"] + 2 * (table[place]["seed"] - 10000)
    student = Student(found, found.chain.records[f"{STUDENTS}.prov.json"], row)
    finding = student.certify(found.chain.records[f"{name}.prov.json"], f"{ERRORS}.parquet")
    assert (finding.within, finding.comparison.where) == (False, "high")


def forge_table(path, column, row, value):
    """Change a number in a table, and nothing that the table says of itself."""
    table = pq.read_table(path)
    numbers = table[column].to_pylist()
    numbers[row] = value
    place = table.schema.get_field_index(column)
    forged = table.set_column(place, table.schema.field(column), pa.array(numbers, pa.float64()))
    pq.write_table(forged.replace_schema_metadata(table.schema.metadata), path, compression="zstd")


def test_a_row_of_a_table_that_was_forged_is_found(copy, evidence):
    path = f"{MINMAX}.parquet"
    forge_table(
        copy.path / path, "error", 0, pq.read_table(copy.path / path)["error"][0].as_py() / 2
    )
    for record in (MINMAX, RATES):
        reseal(copy, record, path)
    found = evidence()
    assert found.chain.faults([path]) == []
    finding = found.recompute(found.chain.records[f"{MINMAX}.prov.json"])
    assert not finding.within
    assert finding.comparison.where == "error"
    assert finding.comparison.deviation == 0.5


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["png", "pdf", "txt"])
def test_a_figure_that_was_forged_is_found(copy, evidence, kind):
    path = copy.path / f"{FIGURE}.{kind}"
    if kind == "png":
        forge_image(path)
    else:
        content = path.read_bytes()
        place = content.index(b"\nstream\n" if kind == "pdf" else b"m") + 20
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    reseal(copy, FIGURE, f"{FIGURE}.{kind}")
    found = evidence()
    assert found.chain.faults([f"{FIGURE}.{kind}"]) == []
    assert not found.recompute(found.chain.records[f"{FIGURE}.prov.json"]).within


def forge_image(path):
    """Change one pixel of an image, and nothing that it says of itself."""
    with Image.open(path) as image:
        shades, kept = np.array(image), PngImagePlugin.PngInfo()
        for name, text in image.text.items():
            kept.add_text(name, text)
        shades[100, 100, 0] ^= 0x40
        Image.fromarray(shades).save(path, pnginfo=kept, dpi=image.info["dpi"])
