"""The workflow at the smoke scale: what it makes, and what an edit runs again."""

import hashlib
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import PIL.Image
import pyarrow.parquet as pq
import pypdf
import pytest

from supnorm.job.provenance import keywords
from supnorm.job.records import read_record, stamp
from supnorm.uniform.claims import CLAIMS
from tree import copy_repository, digests, run

CELLS = 8
# The two cells of most work are cut in two.
SHARDS = 10
PROBLEMS = 4
# Longer training: a cell a problem, each of a teacher and two seeds in one shard.
LONGER = 4
FIGURES = ["rates", "bounds", "worst_case", "references", "growth", "spikes", "sine", "methods"]
FIGURES += ["curves", "teachers", "hat", "budget", "places"]
FIGURES += ["neighbours", "algorithms", "regularisation", "dimensions", "tractable", "thesis"]
STUDIES = ("approximation", "depth", "parity", "uniform")
TABLES = ["errors", "curves", "minmax", "rates", "growth", "methods", "spikes", "worst_case"]
TABLES += ["bounds", "sample_counts", "two_sided", "hat", "profiles", "sine", "claims", "ledger"]
TABLES += ["budget", "places", "neighbours", "challenges", "regularisation", "dimensions"]
TABLES += ["samples_needed", "tractable"]
ALL_PLOTS = {f"plot_{figure}": 1 for figure in FIGURES}
ALL_PLOTS |= {f"plot_parity_{figure}": 1 for figure in ("norm", "samples", "waves")}
ALL_PLOTS |= {f"plot_{figure}": 1 for figure in ("cliff", "inner", "pieces")}
ALL_PLOTS |= {f"plot_{figure}": 1 for figure in ("approximation", "bases", "spectral_bias")}
# What comes after the errors of cells.
LATER = {"collect_errors": 1, "rank_algorithms": 1, "tabulate_growth": 1, "compare_methods": 1}
LATER |= {"tabulate_spikes": 1, "tabulate_worst_case": 1, "tabulate_claims": 1, "write_summary": 1}
LATER |= {"tabulate_budget": 1, "locate_errors": 1, "tabulate_neighbours": 1}
DRAWN_LATER = ["rates", "bounds", "worst_case", "references", "growth", "spikes", "methods"]
DRAWN_LATER += ["budget", "places", "neighbours", "tractable", "thesis"]
LATER |= {f"plot_{figure}": 1 for figure in DRAWN_LATER}
LATER |= {
    "collect_claims": 1,
    "collect_ledger": 1,
    "describe_findings": 1,
    "summarize_errors": 1,
    "build_paper": 1,
}


# The wildcards of one shard, as options.
SHARD = "--family random --dim 3 --samples 20 --depth 5 --width 8 --batch_rule fifth --shard 2of2"


def test_everything_promised_is_there(finished):
    results = finished.results
    assert {path.stem for path in results.glob("tables/*.parquet")} == set(TABLES)
    for table in TABLES:
        assert pq.read_metadata(results / f"tables/{table}.parquet").num_rows > 0
    assert {path.stem for path in results.glob("figures/*.pdf")} == set(FIGURES)
    for figure in FIGURES:
        for kind in ("pdf", "png", "txt", "prov.json"):
            assert (results / f"figures/{figure}.{kind}").stat().st_size > 100
    assert len(list(results.glob("students/random/*.safetensors"))) == SHARDS + LONGER
    # Teachers, seeds, evaluations and norms of each cell; of the sine's student; of the nine
    # reference algorithms, of which two are for d = 1 alone.
    errors = pq.read_metadata(results / "tables/errors.parquet").num_rows
    assert errors == CELLS * 2 * 2 * 5 * 3 + 5 * 3 + PROBLEMS * 8 * 2 * 2 * 3
    spanning = results.parent
    summary = (spanning / "summary.md").read_text()
    claims = pq.read_table(spanning / "claims.parquet").to_pylist()
    of_studies = [
        pq.read_table(spanning / f"{study}/tables/claims.parquet").to_pylist() for study in STUDIES
    ]
    assert claims == [claim for some in of_studies for claim in some]
    for claim in claims:
        assert f"**{claim['statement']}**" in summary
    assert set(pq.read_table(spanning / "ledger.parquet")["study"].to_pylist()) == set(STUDIES)
    assert pq.read_metadata(spanning / "settings.parquet").num_rows > 0
    assert "scale: smoke" in (spanning / "config.resolved.yaml").read_text()


def test_a_second_run_has_nothing_to_do(copy):
    assert "Nothing to be done" in copy.snakemake("--cores", 1)


def test_touching_and_moving_runs_nothing(copy):
    assert copy.planned() == {}
    now = time.time()
    for path in copy.path.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path, (now, now))
    # A sample last of all, so that it is newer than what was made from it.
    os.utime(copy.results / "samples/random/d1_m10.parquet", (now + 5, now + 5))
    assert copy.planned() == {}


def test_a_new_sample_size_runs_its_own_cells_and_what_comes_after(copy):
    copy.edit("config.yaml", "sizes: [10, 20]", "sizes: [10, 15, 20]")
    assert copy.planned() == {
        "resolve_config": 1,
        "tabulate_settings": 1,
        "draw_samples": 2,
        "train_students": 8,
        "measure_errors": 4,
        "sample_errors": 4,
        "climb_errors": 4,
        "certify_errors": 1,
        "measure_references": 2,
        "challenge_algorithms": 2,
        "collect_challenges": 1,
        "plot_algorithms": 1,
        "tabulate_regularisation": 1,
        "plot_regularisation": 1,
        "measure_adversary": 1,
        "sample_adversary": 1,
        "climb_adversary": 1,
        "tabulate_bounds": 1,
        "collect_curves": 1,
        "plot_curves": 1,
        # The pieces of the students for d = 1.
        **dict.fromkeys(
            ["count_pieces", "plot_pieces", "tabulate_depth_claims", "describe_depth"], 1
        ),
        **LATER,
    }


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("workflow/scripts/uniform/plot_rates.py", {"plot_rates": 1, "build_paper": 1}),
        ("workflow/scripts/supnorm/drawing/style.py", ALL_PLOTS | {"build_paper": 1}),
        (
            "workflow/scripts/supnorm/uniform/ranking.py",
            {"rank_algorithms": 1, "tabulate_growth": 1, "tabulate_budget": 1},
        ),
        ("workflow/scripts/supnorm/errors/exact.py", {"measure_errors": (SHARDS + LONGER) // 2}),
        (
            "workflow/scripts/supnorm/errors/ascent.py",
            {
                "climb_errors": (SHARDS + LONGER) // 2,
                "sample_adversary": 2,
                "climb_adversary": 2,
            },
        ),
        ("workflow/scripts/supnorm/errors/relaxation.py", {"certify_errors": 2}),
        (
            "workflow/scripts/supnorm/uniform/theory/bumps.py",
            {"measure_adversary": 2, "sample_adversary": 2, "climb_adversary": 2},
        ),
        ("workflow/scripts/supnorm/training/stacked.py", {"train_students": SHARDS + LONGER + 1}),
    ],
)
def test_an_edit_of_code_runs_what_uses_it(copy, file, expected):
    with (copy.path / file).open("a") as code:
        code.write("# edited\n")
    planned = copy.planned()
    assert {rule: planned.get(rule) for rule in expected} == expected
    upstream = {"sample_teachers", "draw_samples", "train_students", "measure_errors"}
    upstream |= {"sample_errors"}
    assert not (upstream - set(expected)) & set(planned) or "train_students" in expected
    if "plot_rates" in expected:
        assert set(planned) == set(expected)


def test_a_new_learning_rate_trains_again_on_the_same_samples(copy):
    copy.edit("config.yaml", "learning_rate: 1.0e-4", "learning_rate: 2.0e-4")
    planned = copy.planned()
    assert planned["train_students"] == SHARDS + 1
    assert not {"sample_teachers", "draw_samples", "tabulate_bounds"} & set(planned)


@pytest.mark.complete
def test_the_bits_do_not_depend_on_cores_or_order(finished, tmp_path):
    again = copy_repository(tmp_path)
    last = ("results/smoke/uniform/curves/random/d3_m20_L5_w8_hundred_1of1.parquet",)
    again.snakemake("--cores", 1, *last)
    # Figures are drawn from tables alone, and drawn anew by other tests.
    tables = [path.relative_to(finished.path) for path in finished.whole.glob("*/tables/*.parquet")]
    again.snakemake("--cores", 1, *tables)
    made, wanted = digests(again.whole), digests(finished.whole)
    assert made == {path: wanted[path] for path in made}
    assert {str(path.relative_to("results/smoke")) for path in tables} <= made.keys()


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("program", "arguments", "made"),
    [
        (
            "draw_samples",
            "--teachers teachers/random/d3.safetensors --family random --dim 3 --samples 20 "
            "--uniform.sample.seeds 10000 10001 --sample",
            "samples/random/d3_m20.parquet",
        ),
        (
            "train_students",
            f"--sample samples/random/d3_m20.parquet {SHARD} --first 2 --count 2 --batch 4 "
            "--epochs 20 --uniform.evaluation.times 5 --checkpoint checkpoints/again.safetensors "
            "--learning_rate 1e-4 --uniform.training.final_learning_rate 1e-6 "
            "--uniform.training.weight_decay 0 "
            "--training.engine auto --device cpu --training.precision float64 --threads 2 "
            "--curves curves/again.parquet --students",
            "students/random/d3_m20_L5_w8_fifth_2of2.safetensors",
        ),
        (
            "sample_errors",
            f"--teachers teachers/random/d3.safetensors {SHARD} --uniform.evaluation.points 4096 "
            "--device cpu --threads 2 "
            "--students students/random/d3_m20_L5_w8_fifth_2of2.safetensors --sampled",
            "sampled/random/d3_m20_L5_w8_fifth_2of2.parquet",
        ),
        (
            "climb_errors",
            f"--teachers teachers/random/d3.safetensors {SHARD} --threads 2 "
            "--students students/random/d3_m20_L5_w8_fifth_2of2.safetensors "
            "--sampled sampled/random/d3_m20_L5_w8_fifth_2of2.parquet --errors",
            "errors/random/d3_m20_L5_w8_fifth_2of2.parquet",
        ),
    ],
)
def test_the_bits_do_not_depend_on_threads(copy, finished, program, arguments, made):
    """Run by hand, for Snakemake sets the number of threads itself."""
    threads = {f"{library}_NUM_THREADS": "2" for library in ("OMP", "OPENBLAS", "MKL")}
    (copy.results / made).unlink()
    script = copy.path / f"workflow/scripts/uniform/{program}.py"
    command = [sys.executable, script, *arguments.split(), made]
    subprocess.run(
        command,
        cwd=copy.results,
        env={**os.environ, **threads, "PYTHONPATH": str(copy.path / "workflow/scripts")},
        check=True,
    )
    assert (copy.results / made).read_bytes() == (finished.results / made).read_bytes()


def test_records_name_what_a_figure_was_made_from(finished):
    record = read_record(finished.results / "figures/rates.prov.json")
    assert record.rule == "plot_rates"
    files = [*record.inputs.values(), *record.outputs.values(), record.code]
    for name, digest in (pair for some in files for pair in some.items()):
        assert hashlib.sha256((finished.path / name).read_bytes()).hexdigest() == digest
    assert "results/smoke/uniform/tables/minmax.parquet" in record.inputs["minmax"]
    assert record.outputs.keys() == {"pdf", "png", "caption"}
    assert "workflow/scripts/supnorm/drawing/style.py" in record.code
    assert record.configuration == {"uniform.teacher.families": ["random"]}
    config = (finished.results.parent / "config.resolved.yaml").read_bytes()
    assert record.run["config"] == hashlib.sha256(config).hexdigest()


def test_every_result_has_a_record_of_the_job_that_made_it(finished):
    recorded = {}
    for path in finished.results.parent.rglob("*.prov.json"):
        record = read_record(path)
        for files in record.outputs.values():
            for name in files:
                assert recorded.setdefault(name, record.content) == record.content
    made = {
        str(path.relative_to(finished.path))
        for path in finished.results.parent.rglob("*")
        if path.is_file() and not path.name.endswith(".prov.json")
    }
    made = {name for name in made if not {"logs", "benchmarks"} & set(Path(name).parts)}
    assert set(recorded) == made
    for folder in finished.results.parent.glob("*/*"):
        if folder.name in ("tables", "figures"):
            names = {path.stem for path in folder.iterdir()} - {"prov"}
            names = {name.removesuffix(".prov") for name in names}
            assert {f"{name}.prov.json" for name in names} == {
                path.name for path in folder.glob("*.prov.json")
            }


def test_what_is_made_carries_the_stamp_of_its_record(finished):
    figures, tables = finished.results / "figures", finished.results / "tables"
    stamped = stamp(read_record(figures / "rates.prov.json"))
    assert stamped["rule"] == "plot_rates"
    line = keywords(stamped)
    assert PIL.Image.open(figures / "rates.png").info["Keywords"] == line
    assert pypdf.PdfReader(figures / "rates.pdf").metadata["/Keywords"] == line
    metadata = pq.read_schema(tables / "rates.parquet").metadata
    stamped = stamp(read_record(tables / "rates.prov.json"))
    assert {key: metadata[key.encode()].decode() for key in stamped} == stamped


def test_the_figure_of_a_claim_is_drawn_from_the_tables_of_its_numbers(finished):
    shown = [claim for claim in CLAIMS if claim.figure]
    assert len(shown) > 10
    for claim in shown:
        record = read_record(finished.results / f"figures/{claim.figure}.prov.json")
        assert set(claim.tables.split(", ")) <= set(record.inputs), claim.name


def test_wildcards_of_jobs_are_in_their_records(finished):
    record = read_record(finished.results / "errors/random/d3_m20_L5_w8_fifth_2of2.prov.json")
    expected = {"family": "random", "dim": "3", "samples": "20", "depth": "5", "width": "8"}
    assert record.wildcards == {**expected, "batch_rule": "fifth", "shard": "2of2"}


def test_captions_take_their_numbers_from_the_tables(finished):
    caption = (finished.results / "figures/rates.txt").read_text()

    def shown(table):
        rows = pq.read_table(finished.results / f"tables/{table}.parquet").to_pylist()
        wanted = {"family": "random", "algorithm_set": "network", "statistic": "minmax"}
        return [row for row in rows if wanted.items() <= row.items()]

    error = {(r["dim"], r["norm"], r["samples"]): r["error"] for r in shown("minmax")}
    uniform = [row for row in shown("rates") if row["norm"] == "inf"]
    assert len(uniform) == 2
    for row in uniform:
        dim, norm = row["dim"], row["norm"]
        slope, low, high = (
            f"{row[name]:.2f}".replace("-", "−") for name in ("slope", "low", "high")
        )
        assert (
            f"For d = {dim} and p = {norm} it is {error[dim, norm, 10]:.2g} at m = 10 and "
            f"{error[dim, norm, 20]:.2g} at m = 20, with slope {slope} ({low} to {high})."
        ) in caption


def test_captions_are_short(finished):
    """More than eight lines of a page are no caption, and keep a second figure from that page."""
    captions = [path.read_text().strip() for path in finished.whole.glob("*/figures/*.txt")]
    assert len(captions) > 20
    assert [caption for caption in captions if len(caption) > 900] == []


def test_pdfs_embed_their_fonts(finished):
    pdf = (finished.results / "figures/rates.pdf").read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf


def test_the_report_holds_every_figure_and_its_caption(copy):
    copy.snakemake("--report", "report.html")
    page = (copy.path / "report.html").read_text()
    for figure in FIGURES:
        assert f"{figure}.png" in page
        caption = (copy.results / f"figures/{figure}.txt").read_text()
        # The page escapes special characters, which the first sentences have none of.
        first = caption.split(". ")[0]
        assert "".join(first.split()) in "".join(page.replace("\\n", " ").split())


def test_lint_finds_nothing(finished):
    assert "Congratulations" in finished.snakemake("--lint")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  width: 32 ", "  width: 0 ", "uniform.teacher.width is 0; expected a whole number"),
        ("  count: 40 ", "  number: 40 ", "uniform.teacher.number is no key; expected one of"),
        (
            "[uniform, parity,",
            "[uniform, unifrom,",
            "studies[1] is 'unifrom'; expected the name of a",
        ),
        ("  sample: ", "  teacher: {}\n  sample: ", "uniform.teacher stands in line 15 and again"),
        ("\n  smoke: ", "\n  2024: {}\n  smoke: ", "scales has the name 2024; expected a name"),
        ("\n  smoke: ", "\n  2024-13-01: {}\n  smoke: ", "scales has the key 2024-13-01, of which"),
    ],
)
def test_a_mistake_in_the_configuration_ends_at_once_with_one_sentence(copy, old, new, says):
    copy.edit("config.yaml", old, new)
    printed = copy.snakemake("--cores", 1, check=False)
    assert f"config.yaml: {says}" in printed
    assert "Traceback" not in printed
    assert "rule" not in printed


def test_a_study_is_made_without_the_document(copy):
    told = subprocess.run(
        ["make", "--dry-run", "--old-file", ".venv/complete", "reproduce", "STUDY=uniform"],
        cwd=copy.path,
        # Below another make it would tell of folders, too.
        env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")},
        capture_output=True,
        text=True,
    )
    (command,) = told.stdout.splitlines()
    words = shlex.split(command)[1:]
    assert words == ["-m", "driver.reproduce", "--study=uniform"]
    document = {"paper.pdf", "summary.md", "settings.parquet", "claims.parquet", "ledger.parquet"}
    for name in document:
        (copy.whole / name).unlink()
    missing = [copy.results / f"figures/rates.{kind}" for kind in ("pdf", "png")]
    missing += [copy.results / f"tables/{table}.parquet" for table in ("claims", "hat")]
    for path in missing:
        path.unlink()
    done = run([sys.executable, *words, "--scale", "smoke"], copy.path)
    assert done.returncode == 0, done.stdout
    made = set(re.findall(r"^(?:local)?rule (\w+):$", done.stdout, re.MULTILINE))
    assert made == {"plot_rates", "tabulate_claims", "tabulate_hat", "plot_hat", "uniform"}
    assert all(path.exists() for path in missing)
    assert not any((copy.whole / name).exists() for name in document)


def test_a_failing_program_shows_its_sentence(copy):
    table = copy.results / "tables/minmax.parquet"
    (copy.results / "figures/bounds.png").unlink()
    table.write_bytes(b"not a table")
    printed = copy.snakemake("--cores", 1, "--allowed-rules", "plot_bounds", "all", check=False)
    assert "plot_bounds: results/smoke/uniform/tables/minmax.parquet: expected a Parquet" in printed
    assert "Traceback" not in printed
