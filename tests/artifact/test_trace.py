"""What `make trace` prints, and how it ends."""

import json

import pytest

from artifact import trace
from small_chain import LIBRARY, SHARD, STUDY, SmallChain
from supnorm.job.programs import InputError
from supnorm.job.provenance import digest

STUDENTS = f"{STUDY}/students/{SHARD}.safetensors"
SAMPLES = [f"uniform/samples/random/d1_m{size}.parquet" for size in (10, 20, 30, 40, 50)]


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return SmallChain(tmp_path)


@pytest.fixture
def traced(capsys):
    """Trace a name; return the lines that are printed, and how the program ends."""

    def trace_name(*names):
        code = 0
        try:
            trace.main([*names, "--scale", "smoke"])
        except SystemExit as end:
            code = end.code
        return capsys.readouterr().out.splitlines(), code

    return trace_name


def draw_many(small):
    """Draw more samples, and make a table of them."""
    for path in SAMPLES:
        wildcards = {"samples": path.removesuffix(".parquet").partition("_m")[2]}
        small.job("draw_samples", {}, {"sample": path}, wildcards=wildcards)
    small.job(
        "tabulate_many",
        dict(zip("abcde", SAMPLES, strict=True)),
        {"table": "uniform/tables/many.parquet"},
    )


def test_the_tree_goes_from_the_figure_down_to_teachers_code_and_settings(small, traced):
    lines, code = traced("uniform/rates")
    assert code == 0
    figures = [f"├── ✓ {STUDY}/figures/rates.{kind}" for kind in ("txt", "pdf", "png")]
    files = "workflow/scripts/uniform/plot_rates.py and 1 file that it imports"
    program = f"├── ✓ {files}, commit 0123456789"
    assert lines[:6] == ["plot_rates", *figures, program, "└── rank_algorithms"]
    text = "\n".join(lines)
    which = "batch_rule = fifth; depth = 5; dim = 1; family = random; samples = 10; width = 8"
    chain = [f"train_students ({which})", "draw_samples", "sample_teachers"]
    places = [text.index(rule) for rule in chain]
    assert places == sorted(places)
    teacher = {"families": "random", "norm": "inf", "width": 32}
    settings = "; ".join(f"uniform.teacher.{key} = {value}" for key, value in teacher.items())
    assert f"config.yaml: {settings}" in text[places[-1] :]
    assert "✗" not in text
    assert lines[-5] == "resolve_config"
    assert lines[-2] == "└── ✓ config.yaml, scale smoke"
    assert lines[-1].startswith("the chain holds; 17 files hashed, 7 records read, ")


def test_all_is_traced_where_nothing_is_named_and_what_was_printed_is_referred_to(small, traced):
    tables = {"minmax": "uniform/tables/minmax.parquet"}
    small.job("plot_bounds", tables, {"pdf": "uniform/figures/bounds.pdf"})
    lines, code = traced()
    assert code == 0
    roots = [line for line in lines if line[0] not in " │├└"][:-1]
    assert roots == ["plot_bounds", "plot_rates", "resolve_config"]
    assert "└── rank_algorithms (above)" in lines
    assert sum("train_students" in line and ".py" not in line for line in lines) == 1


def test_many_jobs_of_a_rule_are_one_line(small, traced):
    draw_many(small)
    lines, _ = traced("uniform/many")
    assert "└── draw_samples, 5 jobs (samples = 10, 20, 30, 40, 50)" in lines
    assert f"    ├── ✓ {STUDY}/samples/random/*.parquet, 5 files" in lines


def test_a_broken_job_has_lines_of_its_own(small, traced):
    draw_many(small)
    broken = f"{STUDY}/samples/random/d1_m30.parquet"
    small.flip(broken)
    lines, code = traced("uniform/many")
    assert code == 1
    assert "├── draw_samples, 4 jobs (samples = 10, 20, 40, 50)" in lines
    assert "└── draw_samples (samples = 30)" in lines
    assert f"    ├── ✗ {broken}" in lines
    assert lines[-2].startswith(f"✗ {broken}: changed, draw_samples wrote ")
    assert lines[-1].startswith("the chain is broken in 1 place; ")


def test_a_damaged_record_is_shown_where_its_files_are(small, traced):
    small.flip(f"{STUDY}/tables/rates.prov.json")
    lines, code = traced("uniform/rates")
    assert code == 1
    assert f"    ├── ✗ {STUDY}/tables/rates.prov.json" in lines
    small.flip(f"{STUDY}/tables/minmax.prov.json")
    lines, code = traced("uniform/rates")
    assert f"└── ✗ {STUDY}/tables/rates.parquet, which no record tells of" in lines
    small.flip(f"{STUDY}/figures/rates.prov.json")
    lines, code = traced("uniform/rates")
    assert lines[0] == f"✗ {STUDY}/figures/rates.pdf, which no record tells of"


def test_changed_code_is_shown_below_its_program(small, traced):
    small.flip(LIBRARY)
    lines, code = traced("uniform/rates")
    assert code == 1
    at = next(n for n, line in enumerate(lines) if "✗ workflow/scripts/uniform/plot_" in line)
    assert lines[at + 1] == f"│   └── ✗ {LIBRARY}"


def test_changed_settings_are_shown(small, traced):
    small.configure("config.yaml", "uniform", "training", learning_rate=2e-4)
    lines, code = traced("uniform/rates")
    assert code == 1
    assert "└── ✗ config.yaml, scale smoke" in lines


def test_what_an_archive_left_out_is_said_with_its_recipe(small, traced):
    about = {"sha256": digest(small.root / STUDENTS), "bytes": 9, "recipe": "python train.py"}
    small.write("archive.json", json.dumps({"left_out": {STUDENTS: about}}))
    assert f"✓ {STUDENTS}" in "\n".join(traced("uniform/rates")[0])
    (small.root / STUDENTS).unlink()
    lines, code = traced("uniform/rates")
    assert code == 0
    assert f"– {STUDENTS}, left out of the archive; made by: python train.py" in "\n".join(lines)


def test_names_from_elsewhere_cannot_steer_a_terminal(small, traced):
    small.change(f"{STUDY}/figures/rates.prov.json", wildcards={"a": "\x1b[2J"})
    lines, _ = traced("uniform/rates")
    assert lines[0] == r"plot_rates (a = \x1b[2J)"
    assert "\x1b" not in "".join(lines)


def test_uncommitted_changes_and_unknown_commits_are_said(small, traced):
    record = f"{STUDY}/figures/rates.prov.json"
    run = json.loads((small.root / record).read_text())["run"]
    small.change(record, run=run | {"dirty": True})
    assert "commit 0123456789 with uncommitted changes" in traced("uniform/rates")[0][4]
    small.change(record, run=run | {"commit": None, "dirty": None})
    assert "at no commit that is known" in traced("uniform/rates")[0][4]


def test_the_scale_is_that_of_config_yaml_if_none_is_named(small):
    with pytest.raises(InputError, match="results/laptop: expected results, found none"):
        trace.main(["uniform/rates"])
    small.write("config.yaml", "scale:\nscales: {smoke: }")
    with pytest.raises(InputError, match="scale is empty; expected one of smoke"):
        trace.main(["uniform/rates"])
    small.write("config.yaml", "[")
    with pytest.raises(InputError, match=r"config\.yaml: expected YAML, found"):
        trace.main(["uniform/rates"])
