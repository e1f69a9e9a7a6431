"""What an archive is put together from, part by part."""

import csv
import fcntl
import io
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from artifact import archive, readme
from artifact.dictionary import dictionary
from artifact.dictionary import main as describe
from supnorm.job.programs import InputError
from supnorm.job.records import Record
from supnorm.tables.claims import CLAIMS
from supnorm.tables.schema import write_table

ROOT = Path(__file__).parents[2]
ZERO = "0" * 64
DRAWING = "PYTHONPATH=workflow/scripts python workflow/scripts/uniform/draw_samples.py"


def job(rule, inputs=(), outputs=(), seconds=1.0, **parameters):
    """A job as a record tells of it, of one input and one output option."""
    return Record(
        path=Path(f"{rule}.prov.json"),
        rule=rule,
        wildcards={},
        parameters=parameters,
        configuration={},
        inputs={"tables": dict.fromkeys(inputs, ZERO)},
        outputs={"drawn": dict.fromkeys(outputs, ZERO)},
        code={f"workflow/scripts/uniform/{rule}.py": ZERO},
        run={"seconds": seconds, "started": "2026-01-02T03:04:05Z"},
    )


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A small repository with a commit, as working directory."""
    for name, content in {"README.md": "read", "run.sh": "#!", "a/b c.txt": "text"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / "run.sh").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    commit()
    return tmp_path


def commit():
    who = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], check=True)


def test_the_source_is_what_was_committed(repository, tmp_path_factory):
    (repository / "results").mkdir()
    (repository / "results/README.md").write_text("what lies where")
    commit()
    # As where results are kept on another file system.
    shutil.rmtree(repository / "results")
    (repository / "results").symlink_to(tmp_path_factory.mktemp("scratch"))
    assert len(archive.clean_commit()) == 40
    files, executable = archive.source_files(tmp_path_factory.mktemp("source"))
    assert {name: place.read_text() for name, place in files.items()} == {
        "SOURCE.md": "read",
        "run.sh": "#!",
        "a/b c.txt": "text",
        "results/README.md": "what lies where",
    }
    assert executable == {"run.sh"}


def test_links_are_no_source(repository, tmp_path_factory):
    (repository / "link").symlink_to("run.sh")
    commit()
    with pytest.raises(InputError, match="link: expected a file, found a link"):
        archive.source_files(tmp_path_factory.mktemp("source"))


def test_what_is_not_committed_is_named(repository):
    assert len(archive.clean_commit()) == 40
    (repository / "run.sh").write_text("#!/bin/sh")
    (repository / "new é.py").touch()
    (repository / "nohup.out").touch()
    with pytest.raises(InputError, match=r"differs from its commit \w{12} in run.sh, new é.py;"):
        archive.clean_commit()


def test_a_file_that_jobs_used_and_git_ignores_goes_in(repository):
    chain = SimpleNamespace(
        targets=lambda: ["table"],
        jobs=lambda targets: [SimpleNamespace()],
        sources=lambda _: [("a/b c.txt", ZERO), ("private/mine.py", ZERO)],
    )
    assert archive.ignored_sources(chain) == {"private/mine.py": Path("private/mine.py")}


def test_without_git_there_is_no_archive(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="expected a clone of the repository"):
        archive.clean_commit()


def test_the_same_files_give_the_same_zip(tmp_path):
    files = {"b": tmp_path / "one", "a/x": tmp_path / "two"}
    for place in files.values():
        place.write_bytes(os.urandom(1000) * 3000)
    archive.write_zip(tmp_path / "first.zip", "top", files, {"b"})
    (tmp_path / "one").chmod(0o600)
    os.utime(tmp_path / "two", (1e9, 1e9))
    archive.write_zip(tmp_path / "second.zip", "top", dict(reversed(files.items())), {"b"})
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.zip") as written:
        assert written.testzip() is None
        assert written.read("top/b") == (tmp_path / "one").read_bytes()
        assert [
            (m.filename, oct(m.external_attr >> 16), m.date_time, m.extra)
            for m in written.infolist()
        ] == [
            ("top/a/x", "0o100644", (1980, 1, 1, 0, 0, 0), b""),
            ("top/b", "0o100755", (1980, 1, 1, 0, 0, 0), b""),
        ]


@pytest.fixture
def results(tmp_path):
    """Results of 10, 20 and so on bytes, and the chain that made them."""
    names = ["samples/a", "samples/b", "students/c", "students/c.prov.json", "tables/d"]
    files = {
        f"results/smoke/uniform/{name}": tmp_path / str(n) for n, name in enumerate(names, start=1)
    }
    for n, place in enumerate(files.values(), start=1):
        place.write_bytes(bytes(10 * n))
    makers = {name: job("draw_samples", outputs=[name]) for name in files}
    return SimpleNamespace(makers=makers), files


@pytest.mark.parametrize(
    ("largest", "whole", "left_out"),
    [
        (30, 150, []),
        (29, 150, ["students/c"]),
        (9, 150, ["students/c", "samples/b", "samples/a"]),
        (30, 149, ["students/c"]),
        (30, 119, ["students/c", "samples/b"]),
    ],
)
def test_large_files_are_left_out(results, monkeypatch, largest, whole, left_out):
    monkeypatch.setattr(archive, "LARGEST_ARCHIVE", whole)
    chain, files = results
    found = archive.too_large(chain, files, largest)
    assert list(found) == [f"results/smoke/uniform/{name}" for name in left_out]
    for name, about in found.items():
        assert about["sha256"] == ZERO
        assert about["bytes"] == files[name].stat().st_size
        assert about["recipe"] == f"{DRAWING} --tables --drawn {name}"


def test_a_recipe_is_a_command():
    settings = {"batch_rule": "fifth", "uniform.sample.seeds": [1, 2], "rate": 1e-4}
    told = job("draw_samples", ["a b"], ["c"], **settings)
    options = "--batch_rule fifth --uniform.sample.seeds 1 2 --rate 0.0001"
    assert archive.recipe(told) == f"{DRAWING} {options} --tables 'a b' --drawn c"


def test_a_citation_has_the_doi_of_its_archive():
    text = (ROOT / "CITATION.cff").read_text()
    assert archive.citation_text(text, None) == text
    stamped = archive.citation_text(text, "10.5072/zenodo.1")
    citation = yaml.safe_load(stamped)
    assert citation.pop("doi") == "10.5072/zenodo.1"
    assert [i["value"] for i in citation.pop("identifiers")] == ["10.5072/zenodo.1"]
    assert citation == yaml.safe_load(text)
    assert archive.citation_text(stamped, "10.5072/zenodo.1") == stamped
    assert yaml.safe_load(archive.citation_text(stamped, None)) == citation


def test_without_results_there_is_no_archive(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="found no file; run `make reproduce SCALE=smoke` first"):
        archive.check_there("smoke")


@pytest.mark.parametrize("pending", [0, 2])
def test_results_that_are_not_complete_are_refused(monkeypatch, pending):
    left = [SimpleNamespace(rule="plot_rates", pending=n < pending) for n in range(3)]
    monkeypatch.setattr(archive, "jobs", lambda scale, device: left)
    monkeypatch.setattr(archive, "run_device", lambda config: "cpu")
    if not pending:
        assert archive.finished_jobs({"scale": "smoke"}) == left
        return
    with pytest.raises(InputError, match=r"2 of 3 jobs are left to be done \(plot_rates\); run"):
        archive.finished_jobs({"scale": "smoke"})


def test_a_broken_chain_is_refused(monkeypatch):
    faults = [SimpleNamespace(sentence=f"{name}: changed") for name in "ab"]
    monkeypatch.setattr(archive, "Chain", lambda *_: SimpleNamespace(faults=lambda: faults))
    with pytest.raises(InputError, match="smoke is broken: a: changed; 1 more are listed by"):
        archive.unbroken_chain("smoke")
    faults.pop()
    with pytest.raises(InputError, match=r"is broken: a: changed$"):
        archive.unbroken_chain("smoke")


@pytest.mark.parametrize(
    ("commit", "dirty", "says"),
    [
        ("c0ffee", False, None),
        (
            "decaf1234567890",
            False,
            "drawn at commit decaf1234567, and the source is at c0ffee; run",
        ),
        ("c0ffee", True, "drawn at commit c0ffee, with changes that were not committed, and"),
        (None, None, "drawn at a commit that is not known, and the source is at c0ffee"),
    ],
)
def test_figures_are_of_the_commit_that_is_archived(commit, dirty, says):
    name = "results/smoke/uniform/figures/rates.prov.json"
    record = SimpleNamespace(run={"commit": commit, "dirty": dirty})
    chain = SimpleNamespace(scale="smoke", results="results/smoke", records={name: record})
    names = [
        "results/smoke/uniform/tables/rates.prov.json",
        "results/smoke/uniform/figures/rates.pdf",
        name,
    ]
    if says is None:
        archive.check_drawings(chain, names, "c0ffee")
        return
    with pytest.raises(InputError, match=f"results/smoke: figures were {says}"):
        archive.check_drawings(chain, names, "c0ffee")


@pytest.mark.parametrize("largest", ["nan", "-1"])
def test_a_limit_that_is_none_is_refused(largest):
    with pytest.raises(InputError, match=f"--largest is {float(largest)}"):
        archive.main(["--largest", largest])


def test_nothing_is_archived_while_a_run_is_at_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake").mkdir()
    with (tmp_path / ".snakemake/driver.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SystemExit, match="another run is at work in this tree"):
            archive.main([])


def test_the_dictionary_has_every_column_once(tmp_path):
    place = tmp_path / "claims.parquet"
    write_table(place, pd.DataFrame(columns=CLAIMS.arrow().names), CLAIMS)
    narrow = tmp_path / "narrow.parquet"
    pq.write_table(pq.read_table(place).select(["study"]), narrow)
    files = {
        "results/smoke/uniform/tables/claims.parquet": place,
        "results/smoke/uniform/curves/random/a.parquet": narrow,
        "results/smoke/uniform/curves/random/b.parquet": place,
        "results/smoke/claims.parquet": place,
        "results/smoke/summary.md": tmp_path,
    }
    rows = list(csv.DictReader(io.StringIO(dictionary(files))))
    described = [
        {
            "row": CLAIMS.row,
            "column": column.name,
            "type": str(column.type),
            "unit": column.unit,
            "nullable": "yes" if column.nullable else "no",
            "meaning": column.meaning,
        }
        for column in CLAIMS.columns
    ]
    expected = [
        "results/smoke/claims.parquet",
        "results/smoke/uniform/curves/*/*.parquet",
        "results/smoke/uniform/tables/claims.parquet",
    ]
    assert rows == [{"file": file, **column} for file in expected for column in described]


def test_a_verdict_says_where_a_claim_does_not_hold():
    cases = ["d = 1, p = 1", "d = 1, p = inf", "r = 3, n = 100"]
    rows = pd.DataFrame({"case": cases, "verdict": "supported"})
    assert readme.verdict(rows) == "supported (3 of 3)"
    assert readme.verdict(rows.assign(verdict="failed")) == "failed (3 of 3)"
    rows["verdict"] = ["supported", "failed", "undecided"]
    expected = "supported (1 of 3), undecided (1 of 3: r = 3, n = 100)"
    assert readme.verdict(rows) == f"{expected}, failed (1 of 3: d = 1, p = inf)"


def test_a_claim_is_shown_by_the_figure_that_the_table_names(tmp_path):
    figure = "results/smoke/uniform/figures/rates.png"
    drawn = job("plot_rates", outputs=[figure], seconds=2)
    behind = {figure: [job("train_students", seconds=58), drawn]}
    rows = pd.DataFrame(
        {
            **dict.fromkeys(CLAIMS.arrow().names, "none"),
            "statement": ["Shown.", "Shown.", "Not shown.", "Not drawn."],
            "claim": ["a", "a", "b", "c"],
            "case": ["r = 2", "r = 3", "r = 2", "r = 2"],
            "figure": ["uniform/rates", "uniform/rates", None, "uniform/others"],
            "verdict": ["supported", "failed", "supported", "failed"],
            **dict.fromkeys(("measured", "low", "high", "reference"), 1.0),
        }
    )
    write_table(tmp_path / "claims.parquet", rows, CLAIMS)
    contents = SimpleNamespace(
        chain=SimpleNamespace(
            results="results/smoke",
            makers={figure: drawn},
            jobs=lambda paths: [j for path in paths for j in behind[path]],
        ),
        files={"results/smoke/claims.parquet": tmp_path / "claims.parquet"},
    )
    nowhere = ("none; `summary.md` has the numbers", "", "")
    assert list(readme.claims(contents)) == [
        (
            "`none`",
            "Shown.",
            "supported (1 of 2), failed (1 of 2: r = 3)",
            "`uniform/rates`",
            "2 s",
            "60 s",
        ),
        ("`none`", "Not shown.", "supported (1 of 1)", *nowhere),
        ("`none`", "Not drawn.", "failed (1 of 1)", *nowhere),
    ]


def test_costs_are_told_by_rule():
    jobs = [
        job("draw_samples", seconds=60),
        job("plot", seconds=2),
        job("draw_samples", seconds=90),
    ]
    assert list(readme.costs(jobs)) == [
        ("draw_samples", "2", "90 s", "2.5 min"),
        ("plot", "1", "2 s", "2 s"),
    ]


def test_a_link_of_the_rule_graph_counts_once_however_many_jobs_it_stands_for():
    """How many is that of one job of its rule, and Snakemake takes now this one and now that."""

    def link(target, source):
        return f'{{"target": {target}, "source": {source}, "sourcerule": "a", "value": 1}}'

    def page(*links):
        return f'<script>{{"links": [{", ".join(links)}], "x": 1}}</script>'

    some = [link(2, 1)] * 3 + [link(3, 1), link(3, 2), link(3, 2)]
    others = [link(2, 1), link(3, 1), *[link(3, 2)] * 4]
    once = page(link(2, 1), link(3, 1), link(3, 2))
    for found in (some, others):
        assert archive.SAME_LINKS.sub(r"\1", page(*found)) == once


def test_a_dictionary_of_no_tables_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^results/x: expected tables, found none"):
        describe(["--scale", "x"])
    table = Path("results/x/a.parquet")
    table.parent.mkdir(parents=True)
    # What a killed job left is passed over.
    table.with_name(f".a.node-7-4711{table.suffix}").touch()
    with pytest.raises(InputError, match=r"^results/x: expected tables, found none"):
        describe(["--scale", "x"])
    table.write_bytes(b"no table")
    with pytest.raises(InputError, match=r"^results/x/a\.parquet: expected a Parquet table"):
        describe(["--scale", "x"])
    assert not Path("data_dictionary.csv").exists()
