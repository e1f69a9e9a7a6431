"""A finished run, tampered with: `trace` names what was changed, whatever it is."""

import shutil
import sys
from contextlib import contextmanager

import pytest

from artifact import trace
from tree import Tree, run

SHARD = "random/d1_m10_L5_w8_fifth_1of1"
RESULTS = [
    *("teachers/random/d1.safetensors", "samples/random/d1_m10.parquet"),
    *(f"students/{SHARD}.safetensors", f"curves/{SHARD}.parquet", f"errors/{SHARD}.parquet"),
    *(
        "sampled/random/d3_m10_L5_w8_hundred_1of1.parquet",
        "sampled_adversary/random/d3_m20.parquet",
    ),
    *("certificates/random/d3_m20.parquet", "references/random/d3_m20.parquet"),
    *("adversary/random/d1_m10.safetensors", "adversary/random/d1_m10.parquet"),
    *("tables/errors.parquet", "tables/rates.parquet", "tables/claims.parquet"),
    *("figures/rates.pdf", "figures/rates.png", "figures/rates.txt"),
    *("summary.md", "findings.json", "teachers/random/d3.prov.json", f"students/{SHARD}.prov.json"),
    *("tables/minmax.prov.json", "tables/rates.prov.json", "figures/rates.prov.json"),
]
WHOLE = ["config.resolved.yaml", "config.resolved.prov.json", "claims.parquet", "settings.parquet"]
WHOLE += ["summary.md", "paper.pdf"]
FILES = [f"results/smoke/uniform/{path}" for path in RESULTS]
FILES += [f"results/smoke/{path}" for path in WHOLE]
FILES += ["workflow/scripts/uniform/measure_errors.py", "workflow/scripts/supnorm/errors/exact.py"]
FILES += ["workflow/paper/frame.typ"]


@pytest.fixture(scope="module")
def moved(finished, tmp_path_factory):
    """The finished tree at another place, without what Snakemake remembers of it."""
    path = tmp_path_factory.mktemp("moved") / "tree"
    shutil.copytree(finished.path, path, ignore=shutil.ignore_patterns(".snakemake"))
    return Tree(path)


@contextmanager
def changed(file, content):
    """Give a file other content for a while, or none."""
    before = file.read_bytes()
    try:
        file.unlink() if content is None else file.write_bytes(content)
        yield
    finally:
        file.write_bytes(before)


@pytest.fixture
def traced(moved, monkeypatch, capsys):
    """Trace a name, or all; return how the program ends, and what it says is broken."""
    monkeypatch.chdir(moved.path)

    def end(*names):
        code = 0
        try:
            trace.main([*names, "--scale", "smoke"])
        except SystemExit as stopped:
            code = stopped.code
        lines = capsys.readouterr().out.splitlines()
        return code, [line for line in lines if line.startswith("✗ ")]

    return end


def test_the_chain_of_an_untouched_run_holds(moved):
    program = [sys.executable, "-m", "artifact.trace", "--scale", "smoke"]
    done = run(program, moved.path)
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[-1].startswith("the chain holds; ")
    records = len(list(moved.whole.rglob("*.prov.json")))
    assert f" files hashed, {records} records read" in lines[-1]
    # In its trees are all figures and tables, and each job once: trainings for d = 1, d = 3, sine,
    # and longer ones.
    text = "\n".join(lines)
    for path in moved.results.glob("figures/*.*"):
        assert (path.relative_to(moved.path).as_posix() in text) == ("prov" not in path.suffixes[0])
    assert sum("train_students.py and" in line for line in lines) == 4


@pytest.mark.few(3)
@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_found(moved, traced, name):
    file = moved.path / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    with changed(file, content):
        code, told = traced()
    assert code == 1
    assert [line for line in told if line.startswith(f"✗ {name}: ")]


@pytest.mark.few(3)
@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(moved, traced, name):
    with changed(moved.path / name, None):
        code, told = traced()
    assert code == 1
    assert name in "\n".join(told)


def test_another_value_in_config_yaml_is_found(moved, traced):
    file = moved.path / "config.yaml"
    text = file.read_text()
    edited = text.replace("learning_rate: 1.0e-4 ", "learning_rate: 2.0e-4 ")
    assert edited != text
    with changed(file, edited.encode()):
        code, told = traced("uniform/rates")
    assert code == 1
    (sentence,) = told
    assert sentence.startswith("✗ config.yaml: uniform.training.learning_rate is 0.0002; ")


def test_a_table_made_anew_leaves_its_figure_stale(moved, traced):
    """Run a job by hand, with another setting, so that its table has a record of its own."""
    table, record = (
        f"results/smoke/uniform/tables/bounds.{end}" for end in ("parquet", "prov.json")
    )
    with changed(moved.path / table, b""), changed(moved.path / record, b""):
        settings = "dims 1 3", "depth 5", "width 64", "norm inf", "bound 0.5"
        options = " ".join(f"--uniform.teacher.{setting}" for setting in settings)
        options += f" --uniform.sample.sizes 10 20 --bounds {table} --record {record}"
        program = [sys.executable, "workflow/scripts/uniform/tabulate_bounds.py", *options.split()]
        done = run(program, moved.path)
        assert done.returncode == 0, done.stdout
        code, told = traced("uniform/bounds")
    assert code == 1
    stale, setting = sorted(told, reverse=True, key=lambda line: "stale" in line)
    says = f"stale, for plot_bounds read another {table} than there is now"
    assert stale == f"✗ results/smoke/uniform/figures/bounds.pdf: {says}"
    assert "tabulate_bounds took uniform.teacher.width as 64" in setting
