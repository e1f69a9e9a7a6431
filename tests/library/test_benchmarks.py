"""The benchmarks in miniature: what they write, not how fast anything is."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from torch.utils.flop_counter import FlopCounterMode

import certificate
import crossovers
import exact
import graph
import report
import scaling
import stages
from contenders import contenders, sequential
from problem import Problem
from supnorm.errors.sampled import sampled_errors
from supnorm.job.programs import InputError
from supnorm.networks import save_networks
from supnorm.streams import Stream
from supnorm.tables.schema import write_table
from supnorm.uniform.tables.ranking import MINMAX
from supnorm.uniform.teachers import random_teachers
from tables import (
    AGREEMENT,
    CERTIFICATE,
    EXACT,
    EXPONENTS,
    GRAPH,
    SCALING,
    STAGES,
    TRAINING,
    machine,
    read_measured,
    write_measured,
)
from training import affordable

ROOT = Path(__file__).parents[2]
JOB = "s\th:m:s\tmax_rss\tcpu_time\n"


def run(program, *arguments):
    """In a process of its own: it keeps itself to one core."""
    paths = os.pathsep.join([str(ROOT / "workflow/scripts"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A folder of all tables, from the smallest measurements that there are."""
    folder = tmp_path_factory.mktemp("measured")
    small = ("--budget", 0.01, "--slices", 3)
    problem = ("--widths", 8, "--batches", 2, "--gemm-size", 64, "--students", 2)
    run("training.py", *problem, *small, "--output", folder / "training_cpu.parquet")
    outputs = ("--output", folder / "scaling.parquet", "--exponents", folder / "exponents.parquet")
    run("scaling.py", "--points", 2, *small, *outputs)
    for study, name, seconds, memory in (
        ("uniform", "train/d1", 30, 100),
        ("uniform", "train/d3", 50, 300),
        ("", "build_paper", 20, "-"),
    ):
        path = folder / "smoke" / study / f"benchmarks/{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{JOB}{seconds}\t0:00:01\t{memory}\t{seconds / 2}\n")
    made(folder / "smoke")
    output = folder / "certificate.parquet"
    certificate.main(["--results", str(folder / "smoke"), "--output", str(output)])
    small = ("--widths", 32, "--points", 4096, "--epochs", 1, "--slices", 1)
    run("exact.py", *small, "--output", folder / "exact.parquet")
    output = folder / "stages.parquet"
    stages.main(["--results", str(folder / "smoke"), "--output", str(output)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "timed_snakemake", pretended_snakemake(delays=[0, 1, 5]))
        graph.main(["--rounds", "3", "--output", str(folder / "graph.parquet")])
    return folder


def pretended_snakemake(delays):
    """A second to read, a second for each 50 jobs of the graph, and a late dry run."""
    late = {scale: itertools.cycle(delays) for scale in graph.SCALES}

    def timed_snakemake(options, scale, tree):
        assert f"{graph.TENFOLD}:" in (tree / "config.yaml").read_text()
        jobs = {"smoke": 5, "laptop": 10, "paper": 100, "tenfold": 1000}[scale]
        if options == ["--list-rules"]:
            return "", 1, 10
        if options == ["--rulegraph"]:
            return "", 1 + jobs / 50, 20
        printed = f"train {jobs}\nall 1\ntotal   7\n\ntotal  {jobs + 1}\n"
        return printed, 100 + next(late[scale]), jobs

    return timed_snakemake


def made(results):
    """What the certificates are made from: two teachers, four students, the second two decide."""
    teachers, students = random_teachers(2, 3, 3, 8, np.inf, 0.5), random_teachers(4, 3, 3, 6, 2, 1)
    save_networks(results / "uniform/teachers/random/d3.safetensors", teachers, {})
    cell = {"family": "random", "dim": 3, "samples": 10, "depth": 3, "width": 6}
    cell["batch_rule"] = "fifth"
    pairs = {"teacher": [0, 1, 1, 0], "seed": [5] * 4, "evaluation": [1, 1, 2, 2], "epoch": [9] * 4}
    path = results / "uniform/students/random/d3_m10_L3_w6_fifth_1of1.safetensors"
    description = {"cell": {**cell, "batch": 2}, "students": pairs}
    save_networks(path, students, description, {"loss": np.zeros(4)})
    row = {**cell, "algorithm_set": "network", "norm": "inf", "statistic": "minmax", "error": 1.0}
    row |= {"seeds": 1, "algorithm": "network", "evaluation": 2, "teacher": 1}
    others = [{"dim": 1}, {"norm": "2"}, {"statistic": "minmean"}, {"algorithm_set": "nearest"}]
    rows = pd.DataFrame([row, *({**row, "samples": 20, **other} for other in others)])
    rows = rows.reindex(columns=[column.name for column in MINMAX.columns])
    write_table(results / "uniform/tables/minmax.parquet", rows, MINMAX)
    return teachers, students[[2, 3]]


@pytest.fixture
def training(measured):
    return read_measured(measured / "training_cpu.parquet", TRAINING)[0]


@pytest.mark.complete
def test_every_contender_is_measured_on_every_problem(training):
    rows = training.groupby(["width", "batch", "precision"])["contender"].apply(sorted)
    assert list(rows.index) == [(8, 2, "float32"), (8, 2, "float64")]
    assert all(row == sorted(contenders("cpu")) for row in rows)
    assert {"A", "B", "C", "vmap", "stacked", "narrow"} <= set(rows.iloc[0])
    groups = training.groupby("contender")["group"].unique().map(list)
    assert all(groups[name] == [1] for name in "ABC")
    assert groups["stacked"] == groups["narrow"] == [2]


@pytest.mark.complete
def test_the_numbers_of_a_row_belong_together(training):
    assert (training["low"] <= training["microseconds"]).all()
    assert (training["microseconds"] <= training["high"]).all()
    np.testing.assert_allclose(training["steps_per_second"] * training["microseconds"], 1e6)
    np.testing.assert_allclose(training["gflops"], training["gemm_share"] * training["gemm_gflops"])
    for _, rows in training.groupby(["width", "precision"]):
        times = rows.set_index("contender")["microseconds"]
        for name in "ABC":
            ratios = rows.set_index("contender")[f"over_{name}"]
            np.testing.assert_allclose(ratios * times, times[name])
            assert ratios[name] == 1


@pytest.mark.parametrize(("depth", "dim"), [(5, 1), (2, 3), (1, 2)])
def test_the_arithmetic_of_a_step_is_what_torch_counts(depth, dim):
    problem = Problem(8, 6, 6, depth=depth, dim=dim)
    model = sequential(problem, problem.initial(1))
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(6, dim, dtype=torch.float64)).sum().backward()
    assert problem.step_flop == counter.get_total_flops()
    assert problem.parameters == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("name", sorted(contenders("cpu")))
def test_contenders_train_the_same_student(name):
    """To rounding where the sample is one batch; else they move as far, by as many steps."""
    for samples in (10, 50):
        problem, build = Problem(8, 10, samples, dim=2), contenders("cpu")
        trained, loop = build[name](problem, 1), build["A"](problem, 1)
        start = flat(loop)
        for contender in (trained, loop):
            contender.run(3)
            contender.run(22)
        if samples == 10:
            assert abs(flat(trained) - flat(loop)).max() < 1e-10
        far, near = (abs(flat(contender) - start).mean() for contender in (trained, loop))
        assert far == pytest.approx(near, rel=0.1)
        assert near > 1e-5 * problem.steps * 25


def flat(contender):
    return np.concatenate([array.ravel() for array in contender.first()])


@pytest.mark.complete
def test_tables_say_where_they_were_measured(measured):
    for name, schema in (
        ("training_cpu", TRAINING),
        ("scaling", SCALING),
        ("exponents", EXPONENTS),
        ("exact", EXACT),
        ("certificate", CERTIFICATE),
        ("stages", STAGES),
        ("graph", GRAPH),
    ):
        table, said = read_measured(measured / f"{name}.parquet", schema)
        assert len(table) > 0
        assert said.items() >= machine("cpu").items()
        assert said["torch"] == torch.__version__


def test_a_power_law_has_its_exponent():
    values = np.array([1, 2, 4, 16])
    fit = scaling.exponent(
        "width", pd.DataFrame({"value": values, "microseconds": 3.0 * values**2})
    )
    assert [fit["exponent"], fit["low"], fit["high"]] == pytest.approx([2, 2, 2])
    assert (fit["first"], fit["last"]) == (1, 16)


@pytest.mark.complete
def test_every_sweep_is_measured(measured):
    table, _ = read_measured(measured / "scaling.parquet", SCALING)
    assert (table.groupby("sweep").size() == 2).all()
    assert set(table["sweep"]) == set(scaling.SWEEPS)
    assert (table["low"] <= table["high"]).all()


def test_exact_errors_are_timed_beside_those_on_points(monkeypatch):
    monkeypatch.setitem(exact.PROBLEMS, 32, (2, 0.25, 4))
    monkeypatch.setattr(exact, "clock", lambda function, device: function() or next(times))
    met, times = [], iter([8.0, 16.0, 24.0, 32.0, 4.0, 8.0])
    monkeypatch.setattr(
        exact, "sampled_errors", lambda *given: met.append(given[3]) or sampled_errors(*given)
    )
    compared = exact.Comparison(random_teachers(1, 1, 5, 32, np.inf, 0.5), 32, 4096, 1)
    for _ in range(3):
        compared.measure()
    row = compared.row()
    assert [row[f"exact_{name}"] for name in ("low", "seconds", "high")] == [0.5, 1, 3]
    assert [row[f"sampled_{name}"] for name in ("low", "seconds", "high")] == [16, 32, 64]
    assert (row["students"], row["ratio"], row["part"]) == (2, 32, 0.25)
    assert met == [1, 1024, 1024, 1024]
    assert row["pieces"] > 1
    assert 0 < row["shortfall"] < 0.01


@pytest.mark.complete
def test_brackets_are_of_the_deciding_students(measured, tmp_path):
    table, said = read_measured(measured / "certificate.parquet", CERTIFICATE)
    assert said["scale"] == "smoke"
    assert list(table["teacher"]) == [1] * 4 + [0] * 4
    assert table["met"].all()
    assert (table["high"] <= (1 + table["gap"]) * table["low"] + 1e-12).all()
    teachers, students = made(tmp_path / "unproved")
    stream = Stream("test", dim=3)
    sampled = sampled_errors(teachers, students, np.array([1, 0]), 20000, stream).norms["inf"]
    shares = table["high"] / np.repeat(sampled, 4)
    assert ((shares >= 1) & (shares < 1.2)).all()
    arguments = ["--results", str(tmp_path / "unproved"), "--output", str(tmp_path / "table")]
    certificate.main([*arguments, "--boxes", "2", "--gaps", "0.01"])
    assert not read_measured(tmp_path / "table", CERTIFICATE)[0]["met"].any()
    minmax = tmp_path / "unproved/uniform/tables/minmax.parquet"
    write_table(minmax, pd.read_parquet(minmax).assign(dim=1), MINMAX)
    with pytest.raises(InputError, match="expected a min-max of the norm inf for d > 1"):
        certificate.main(arguments)


@pytest.mark.complete
def test_stages_are_sums_over_jobs(measured, tmp_path):
    table, said = read_measured(measured / "stages.parquet", STAGES)
    assert said["scale"] == "smoke"
    expected = [["train", 2, 80, 0.8, 40, 300], ["build_paper", 1, 20, 0.2, 10, np.nan]]
    pd.testing.assert_frame_equal(
        table, pd.DataFrame(expected, columns=table.columns), check_dtype=False
    )
    with pytest.raises(InputError, match="expected benchmark files"):
        stages.stages(tmp_path)


@pytest.mark.complete
def test_a_scale_of_the_graph_has_its_own_jobs_times_and_memory(measured):
    table, _ = read_measured(measured / "graph.parquet", GRAPH)
    assert list(table["scale"]) == graph.SCALES
    assert list(table["jobs"]) == list(table["memory"]) == [5, 10, 100, 1000]
    assert (table["read"] == 1).all()
    assert list(table["graph"]) == [1.1, 1.2, 3, 21]
    assert (table[["seconds", "high"]] == [100, 105]).all(axis=None)
    ((text, _),) = report.graph(measured)
    assert "grows as the power 1.00 of the jobs" in text
    assert "| laptop | 10 | 1.0 | 1.2 | 100.0 | 10 | – |" in text
    assert "| paper | 100 | 1.0 | 3.0 | 100.0 | 100 | 20 |" in text


def test_the_graph_that_was_measured_is_built_after_the_file_is_read():
    table, _ = read_measured(ROOT / "benchmarks/measured/graph.parquet", GRAPH)
    assert list(table["scale"]) == graph.SCALES
    shown = table[["read", "graph", "seconds"]].round(1)
    assert (shown["read"] < shown["graph"]).all()
    assert (shown["graph"] <= shown["seconds"]).all()


def test_a_sweep_ten_times_the_papers_is_read_from_a_clean_tree(tmp_path):
    graph.copy_tree(tmp_path)
    assert not (tmp_path / "results").exists()
    scales = yaml.safe_load((tmp_path / "config.yaml").read_text())["scales"]
    assert len(set(scales[graph.TENFOLD]["uniform"]["sample"]["seeds"])) == 30
    printed, seconds, memory = graph.timed_snakemake(["--list-rules"], graph.TENFOLD, tmp_path)
    assert "train_students" in printed
    assert 0.3 < seconds < 60
    assert 50 < memory < 1000
    # What this process holds is not counted.
    held = bytearray(1_200_000_000)
    held[::4096] = b"1" * len(held[::4096])
    assert graph.timed_snakemake(["--version"], "smoke", tmp_path)[2] < 1000
    del held
    with pytest.raises(InputError, match="scale is 'none'"):
        graph.timed_snakemake(["--list-rules"], "none", tmp_path)


@pytest.mark.complete
def test_the_report_replaces_the_parts_between_its_marks_and_nothing_else(measured, tmp_path):
    page, readme, figure = (
        tmp_path / name for name in ("docs/benchmarks.md", "README.md", "docs/benchmark.png")
    )
    figure.parent.mkdir()
    page.write_text("before\n<!-- benchmark -->\nold\n<!-- /benchmark -->\nafter\n")
    readme.write_text("before\n<!-- speed -->\nold\n<!-- /speed -->\nafter\n")
    files = {"measured": measured, "figure": figure, "page": page, "readme": readme}
    arguments = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    report.main(arguments)
    first = [path.read_bytes() for path in (page, readme, figure)]
    text = page.read_text()
    assert text.startswith("before\n<!-- benchmark -->\n\n![")
    assert text.endswith("\n<!-- /benchmark -->\nafter\n")
    assert "old" not in text
    for part in (
        "(benchmark.png)",
        "float32",
        "| students |",
        "| `train` |",
        "| scale |",
        "torch ",
        "| width | pieces",
    ):
        assert part in text
    assert re.fullmatch(
        r"before\n<!-- speed -->\n\n.* to [0-9.]+ at width 8\.\n\n<!-- /speed -->\nafter\n",
        readme.read_text(),
    )
    report.main(arguments)
    assert [path.read_bytes() for path in (page, readme, figure)] == first
    readme.write_text("no marks")
    with pytest.raises(InputError, match="expected the marks <!-- speed -->"):
        report.main(arguments)


def test_the_speed_is_that_of_the_faster_engine():
    rows = pd.DataFrame(
        [
            ("narrow", 32, 2, 5.0, 80.0),
            ("stacked", 32, 2, 50.0, 8.0),
            ("narrow", 32, 20, 10.0, 20.0),
            ("vmap", 32, 20, 1.0, 200.0),
            ("stacked", 512, 2, 100.0, 1.5),
            ("stacked", 2048, 2, 1000.0, np.nan),
        ],
        columns=["contender", "width", "batch", "microseconds", "over_A"],
    )
    said = report.speed(rows.assign(precision="float64"))
    assert said.endswith(": 20 to 80 at width 32; 1.5 to 1.5 at width 512.")


def test_a_table_of_contenders_shows_time_and_ratio():
    rows = pd.DataFrame(
        {
            "contender": ["narrow", "A"],
            "batch": 20,
            "microseconds": [14.84, 1595.2],
            "over_A": [107.5, 1.0],
        }
    )
    lines = report.contenders(rows).splitlines()
    assert lines[0] == "| batch | 20 |"
    assert lines[2:] == ["| A: the authors’ loop | 1595 (1) |", "| narrow engine | 14.8 (108) |"]


def choose(training, output, **narrow):
    """Write crossovers from a table in which the narrow engine takes these times, by width."""
    times = pd.concat([training, training.assign(width=16)])
    for width, time in narrow.items():
        chosen = (times["contender"] == "narrow") & (times["width"] == int(width[1:]))
        times.loc[chosen, "microseconds"] = time
    times.loc[times["contender"] == "stacked", "microseconds"] = 10.0
    table = output.with_name("training.parquet")
    write_measured(table, times, TRAINING, machine("cpu"))
    crossovers.main(["--training", str(table), "--output", str(output)])
    return {tuple(p[:3]): p[3:] for p in json.loads(output.read_text())["points"]}


@pytest.mark.complete
def test_crossovers_name_the_faster_engine_and_stay_unless_it_clearly_changes(training, tmp_path):
    output = tmp_path / "crossovers.json"
    points = choose(training, output, w8=5, w16=20)
    assert points[("float64", 8, 2)] == ["narrow", 5, 10]
    assert points[("float32", 16, 2)] == ["stacked", 20, 10]
    assert "narrow at width 8; stacked at width 16" in output.read_text()
    first = output.read_text()
    choose(training, output, w8=10.5, w16=9.5)
    assert output.read_text() == first
    assert choose(training, output, w8=5, w16=2)[("float64", 16, 2)] == ["narrow", 2, 10]
    partly = choose(training[training["precision"] == "float64"], output, w8=20, w16=2)
    assert partly[("float64", 8, 2)] == ["stacked", 20, 10]
    assert partly[("float32", 8, 2)] == ["narrow", 5, 10]
    with pytest.raises(InputError, match="expected rows of narrow and stacked"):
        choose(training[training["contender"] != "narrow"], output)


def test_a_gpu_trains_groups_of_the_engines_own_size():
    assert affordable(Problem(32, 20, 100, "float64", "cuda")) == 128
    assert affordable(Problem(2048, 20, 100, "float64", "cuda")) < 128


def test_two_engines_are_compared_pair_by_pair(tmp_path):
    output = tmp_path / "agreement.parquet"
    sizes = ["--teachers", "2", "--samples", "10", "--epochs", "5", "--points", "500"]
    run("agreement.py", *sizes, "--output", output)
    table, said = read_measured(output, AGREEMENT)
    assert table.groupby("engine").size().to_dict() == {"narrow": 6, "stacked": 6}
    narrow, stacked = (table[table["engine"] == name] for name in ("narrow", "stacked"))
    np.testing.assert_allclose(narrow["error_inf"], stacked["error_inf"], rtol=1e-8)
    ((text, _),) = report.agreement(tmp_path)
    assert "6 students" in text
    assert said["problem"] in text
