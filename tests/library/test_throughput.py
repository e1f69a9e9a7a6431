"""What jobs are expected to take, and the calibration from which that follows."""

import copy
import json
import math
import os
import subprocess
import sys

import pytest
import yaml

import calibrate
from scales import ROOT, configuration
from supnorm.configuration import of_study
from supnorm.costs import MARGIN, SPARE_MINUTES, Trained
from supnorm.hardware.cards import SLOWEST, named_card
from supnorm.job.programs import InputError
from supnorm.training import roofline
from supnorm.uniform.cells import cells, ranked_cells
from supnorm.uniform.references.algorithms import DENSE as REFERENCE_DENSE
from supnorm.uniform.throughput import (
    BY_ROOFLINE,
    DENSE,
    DIGESTING,
    FORMAT,
    MODEL,
    Throughput,
    interpolated,
    read_calibration,
)
from supnorm.work import group_size
from tables import STAGES, read_measured


def entry(device, **measured):
    """An entry of a calibration, with the numbers of the model where none are given."""
    model = MODEL[device] | {key: MODEL["cpu"][key] for key in BY_ROOFLINE}
    return {**copy.deepcopy(model), "precision": "float64", **measured}


def write(path, entries):
    path.write_text(json.dumps({"format": FORMAT, **entries}))
    return path


def shard_of(throughput, start):
    return next(name for name in throughput.shards if name.startswith(start))


def errors_jobs(throughput):
    """The jobs that measure errors, rule after rule, with their names."""
    names = [name for name in throughput.shards if "sine" not in name]
    rules = {"measure_errors": "/d1_", "sample_errors": "/d3_", "climb_errors": "/d3_"}
    return [(rule, name) for rule, dim in rules.items() for name in names if dim in name]


def adversary_jobs(problems):
    """The jobs that measure students on teachers plus spikes."""
    rules = {"measure_adversary": "/d1_", "sample_adversary": "/d3_", "climb_adversary": "/d3_"}
    return [(rule, name) for rule, dim in rules.items() for name in problems if dim in name]


def test_lines_in_logarithms():
    points = [(100, 1.0), (10, 4.0)]
    assert interpolated(points, 10) == pytest.approx(4)
    assert interpolated(points, 1000**0.5) == pytest.approx(2)
    assert interpolated(points, 1) == pytest.approx(4)
    assert interpolated(points, 1, below=2) == pytest.approx(0.04)
    assert interpolated(points, 1000, above=3) == pytest.approx(1000)
    assert interpolated([(5, 7.0)], 50) == pytest.approx(7)


def test_without_a_file_nothing_was_measured(tmp_path):
    assert read_calibration(tmp_path / "calibration.json") == {}


def test_a_calibration_is_read_as_it_was_written(tmp_path):
    entries = {"cpu": entry("cpu"), "cuda": entry("cuda", machine="a GPU")}
    assert read_calibration(write(tmp_path / "calibration.json", entries)) == entries


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{", "Expecting"),
        ("[1, 2]", "another file"),
        (json.dumps({"format": "supnorm calibration 0", "cpu": entry("cpu")}), "another file"),
        (json.dumps({"format": FORMAT, "tpu": entry("cpu")}), "tpu"),
        (json.dumps({"format": FORMAT, "cpu": {"start": 1.0}}), "cpu.training: null"),
        (json.dumps({"format": FORMAT, "cpu": entry("cpu", start="1")}), "cpu.start"),
        (json.dumps({"format": FORMAT, "cpu": entry("cpu", epoch=-1.0)}), "cpu.epoch"),
        (json.dumps({"format": FORMAT, "cpu": entry("cpu", exact=[])}), "cpu.exact"),
        (json.dumps({"format": FORMAT, "cpu": entry("cpu", exact=[[32]])}), "cpu.exact"),
        (json.dumps({"format": FORMAT, "cpu": entry("cpu", start=math.inf)}), "cpu.start"),
        (json.dumps({"format": FORMAT, "cuda": MODEL["cuda"]}), "cuda.training: null"),
    ],
)
def test_a_foreign_or_broken_calibration_is_named(tmp_path, text, found):
    path = tmp_path / "calibration.json"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_calibration(path)
    message = str(error.value)
    assert message.startswith(f"{path}: expected")
    assert found in message
    assert "\n" not in message


def test_training_takes_what_its_arithmetic_takes():
    config = configuration("laptop")
    measured = entry("cpu", start=3.0, epoch=1e-3, shuffle=[[100, 1e-2]])
    measured["training"] = [[5, 32, 20, 1e10], [22, 50, 20, 5e9]]
    throughput = Throughput(config, "cpu", {"cpu": measured})
    name = shard_of(throughput, "random/d1_m100_L5_w32_fifth")
    cell, rows = throughput.shards[name]
    assert len(rows) == 48
    beside = 3.0 + 5000 * (3 * 1e-2 + 48 * 1e-3)
    expected = beside + 48 * cell.student_flops / 1e10
    assert throughput.seconds("train_students", name) == pytest.approx(expected)
    name = shard_of(throughput, "sine/")
    cell, rows = throughput.shards[name]
    # One seed; shuffles of ten times as many samples.
    beside = 3.0 + 5000 * (1e-2 * 10**1.1 + 1e-3)
    expected = beside + cell.student_flops / 5e9
    assert throughput.seconds("train_students", name) == pytest.approx(expected)


def test_rates_are_those_of_batch_and_width():
    config = configuration("laptop")
    rows = [[5, 8, 20, 1e9], [5, 128, 20, 4e9], [5, 8, 80, 4e9], [5, 128, 80, 16e9]]
    throughput = Throughput(config, "cpu", {"cpu": entry("cpu", training=rows)})
    assert throughput._training_rate("cpu", 5, 8, 40) == pytest.approx(2e9)
    assert throughput._training_rate("cpu", 5, 32, 40) == pytest.approx(4e9)
    assert throughput._training_rate("cpu", 9, 512, 1000) == pytest.approx(16e9)


@pytest.mark.parametrize("card", [None, "H100"])
def test_a_gpu_trains_whole_groups(card):
    """At the rates that were measured, or else as the roofline of its card says."""
    given = {"card": named_card(card)} if card else {"calibration": {"cuda": entry("cuda")}}
    throughput = Throughput(configuration("paper"), "cuda", **given)
    name = shard_of(throughput, "random/d1_m100_L5_w512_hundred")
    cell, rows = throughput.shards[name]
    group = group_size(1, 5, 512, 100, "float64")
    assert len(rows) % group
    if card:
        epoch = roofline.epoch_seconds(named_card(card), 1, 5, 512, 100, 100, "float64")
    else:
        step = 6 * cell.parameters * 100 * group
        epoch = MODEL["cpu"]["epoch"] + step / throughput._training_rate("cuda", 5, 512, 100)
    model = MODEL["cuda"]
    whole = 3 * model["shuffle"][0][1] + -(-len(rows) // group) * epoch
    seconds = throughput.seconds("train_students", name)
    assert seconds == pytest.approx(model["start"] + cell.epochs * whole)


def test_a_gpu_that_was_not_measured_is_that_of_a_card():
    config = configuration("paper")
    throughput = Throughput(config, "cuda", card=named_card("H100"))
    name = shard_of(throughput, "random/d3_m100_L5_w2048_fifth")
    assert throughput.basis("train_students", name) == "model"
    for rule in ("train_students", "measure_errors"):
        assert throughput.seconds(rule, name) < Throughput(config, "cuda").seconds(rule, name)
    points = config["evaluation"]["points"]
    assert throughput._evaluating("cuda", 3, 5, 32) == pytest.approx(
        roofline.evaluation_seconds(named_card("H100"), 3, 5, 32, points)
    )
    slowest = Throughput(config, "cuda", card=SLOWEST).seconds("train_students", name)
    assert slowest == Throughput(config, "cuda").seconds("train_students", name)


def test_rates_of_another_precision_are_not_used():
    config = configuration("laptop")
    name = shard_of(Throughput(config), "random/d1_m100")
    single = entry("cpu", training=[[5, 32, 20, 1e12]], precision="float32")
    throughput = Throughput(config, "cpu", {"cpu": single})
    assert throughput.basis("train_students", name) == "model"
    assert throughput.seconds("train_students", name) == pytest.approx(
        Throughput(config).seconds("train_students", name)
    )
    single["start"] += 1
    assert throughput.basis("rank_algorithms") == "between"


def test_times_say_what_they_rest_on():
    config = configuration("laptop")
    measured = entry("cpu", training=[[5, 32, 20, 1e10]], reference=[[3, 30, 1e-3, 1e-5]])
    measured["certificate"] = [[3, 0.1]]
    throughput = Throughput(config, "cpu", {"cpu": measured})

    def basis(rule, start):
        names = [*throughput.shards, "random/d3_m30", "random/d3_m100", "random/d1_m30", ""]
        return throughput.basis(rule, next(n for n in names if n.startswith(start)))

    assert basis("train_students", "random/d1_m100_L5_w32_fifth") == "measured"
    assert basis("train_students", "random/d1_m300_L5_w32_fifth") == "between"
    assert basis("measure_errors", "random/d1_m100_L5_w32_fifth") == "measured"
    assert basis("sample_errors", "random/d3_m100_L5_w32_fifth") == "measured"
    assert basis("climb_errors", "random/d3_m100_L5_w32_fifth") == "measured"
    assert throughput.basis("measure_references", "random/d3_m30") == "measured"
    assert throughput.basis("measure_references", "random/d3_m100") == "between"
    assert throughput.basis("certify_errors", "random/d3_m100") == "measured"
    assert throughput.basis("plot_rates") == "between"
    gpu = Throughput(configuration("paper"), "cuda", {"cpu": measured})
    name = shard_of(gpu, "random/d1_m100_L5_w32_fifth")
    assert gpu.basis("train_students", name) == "model"
    assert gpu.basis("compare_methods") == "model"
    climbed = shard_of(gpu, "random/d3_m100_L5_w32_fifth")
    assert gpu.basis("sample_errors", climbed) == "model"
    assert gpu.basis("climb_errors", climbed) == "measured"
    assert gpu.basis("collect_errors") == "between"


def test_students_are_trained_and_evaluated_on_the_device():
    throughput = Throughput(configuration("paper"), "cuda")
    on_gpu = ("train_students", "measure_errors", "sample_errors", "compare_methods")
    on_gpu += ("measure_adversary", "sample_adversary")
    assert {throughput.device(rule) for rule in on_gpu} == {"cuda"}
    others = ("climb_errors", "climb_adversary", "certify_errors", "measure_sine", "plot_rates")
    assert {throughput.device(rule) for rule in others} == {"cpu"}


def test_errors_are_exact_or_of_all_points():
    config = configuration("laptop")
    measured = entry("cpu", start=1.0, exact=[[32, 0.1]], climb=[[32, 0.2]])
    measured["evaluation"] = [[32, 1e9]]
    throughput = Throughput(config, "cpu", {"cpu": measured})
    names = [shard_of(throughput, f"random/d{dim}_m100_L5_w32_fifth") for dim in (1, 3)]
    exact = throughput.seconds("measure_errors", names[0])
    sampled, climbed = (
        throughput.seconds(f"{step}_errors", names[1]) for step in ("sample", "climb")
    )
    (narrow, _), (cell, _) = (throughput.shards[name] for name in names)
    digests = [8 * 240 * each.parameters / DIGESTING for each in (narrow, cell)]
    assert exact == pytest.approx(1 + 240 * 0.1 + digests[0])
    network = 2 * cell.parameters * 131072 / 1e9
    assert sampled == pytest.approx(1 + 256 * network + digests[1])
    assert climbed == pytest.approx(1 + 240 * 0.2 + digests[1])
    config["evaluation"]["method"] = "sampled"
    assert throughput.seconds("measure_errors", names[0]) == pytest.approx(sampled, rel=0.05)


def test_climbs_take_what_a_core_takes_wherever_students_train():
    config, cores = configuration("paper"), entry("cpu", climb=[[32, 0.2]])
    names = [
        shard_of(Throughput(config), f"random/d3_m100_L5_w{width}_fifth") for width in (32, 2048)
    ]
    on_cpu, on_gpu = (Throughput(config, device, {"cpu": cores}) for device in ("cpu", "cuda"))
    for name in names:
        assert on_gpu.seconds("climb_errors", name) == on_cpu.seconds("climb_errors", name)
        assert on_gpu.seconds("sample_errors", name) < on_cpu.seconds("sample_errors", name)
    seconds = [each.seconds("climb_adversary", "random/d3_m100") for each in (on_cpu, on_gpu)]
    assert seconds[0] == seconds[1]
    # With a calibration of before, too.
    old = {**entry("cuda"), "climb": [[32, 1e9]]}
    assert Throughput(config, "cuda", {"cpu": cores, "cuda": old}).seconds(
        "climb_adversary", "random/d3_m100"
    ) == pytest.approx(seconds[0])


def test_two_climbs_a_sign_follow_the_sampling_on_spikes():
    config = configuration("laptop")
    throughput = Throughput(config, "cpu", {"cpu": entry("cpu", start=1.0, climb=[[32, 0.2]])})
    found = [cell for cell in ranked_cells(config) if cell.name.startswith("random/d3_m100_")]
    # Three seeds, five evaluations.
    digests = sum(8 * cell.students * 5 * cell.parameters / DIGESTING for cell in found)
    expected = 1 + len(found) * 4 * 15 * 0.2 + digests
    assert throughput.seconds("climb_adversary", "random/d3_m100") == pytest.approx(expected)
    before = throughput.seconds("sample_adversary", "random/d3_m100")
    config["evaluation"]["method"] = "sampled"
    after = throughput.seconds("sample_adversary", "random/d3_m100")
    assert after - before == pytest.approx(len(found) * 15 * 0.2)


def test_jobs_that_read_all_students_take_the_time_of_their_digests():
    throughput = Throughput(configuration("paper"), "cpu", {"cpu": entry("cpu", start=1.0)})
    networks = sum(c.students * c.parameters for c in ranked_cells(configuration("paper")))
    expected = 1 + 8 * 5 * networks / DIGESTING
    assert throughput.seconds("tabulate_spikes") == pytest.approx(expected)
    assert throughput.seconds("tabulate_neighbours") == pytest.approx(expected)
    assert throughput.seconds("compare_methods") > expected


def test_references_solve_systems_up_to_a_size():
    assert DENSE == REFERENCE_DENSE
    config = configuration("paper")
    rows = [[3, 100, 1e-3, 1e-6], [3, 1000, 1.0, 1e-5], [3, 100000, 7.0, 3e-4]]
    throughput = Throughput(config, "cpu", {"cpu": entry("cpu", start=1.0, reference=rows)})
    times = {m: throughput.seconds("measure_references", f"random/d3_m{m}") for m in (10**4, 10**5)}
    points = config["evaluation"]["points"]
    assert times[10**4] == pytest.approx(1 + 3 * (1e3 + (points + 10**4) * 1e-4))
    assert times[10**5] == pytest.approx(1 + 3 * (7.0 + (points + 10**5) * 3e-4))


def test_a_challenge_learns_three_times_and_measures_nothing():
    config = configuration("laptop")
    measured = {
        "cpu": entry("cpu", start=1.0, reference=[[1, 100, 2.0, 1e-4], [1, 1000, 2.0, 1e-4]])
    }
    throughput = Throughput(config, "cpu", measured)
    seeds = len(config["sample"]["seeds"])
    seconds = throughput.seconds("challenge_algorithms", "random/d1_m300")
    assert seconds == pytest.approx(1 + 3 * seeds * 2.0)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_polynomials_are_learned_on_a_cpu_by_networks_that_are_counted(device):
    config = configuration("laptop")
    measured = entry(
        "cpu", start=1.0, epoch=1e-3, shuffle=[[100, 1e-2]], training=[[5, 32, 20, 1e9]]
    )
    config["polynomial"] |= {"trained": [100], "count": 4, "seeds": [1, 2, 3]}
    throughput = Throughput(config, device, {"cpu": measured})
    parameters = 2 * 32 + 3 * 33 * 32 + 33
    flops = 12 * 6 * parameters * 100 * 5000
    assert throughput.trained("learn_polynomials", "d1_k15") == Trained(12, 5000, flops)
    expected = 1 + 5000 * (3 * 1e-2 + 12 * 1e-3) + flops / 1e9
    assert throughput.seconds("learn_polynomials", "d1_k15") == pytest.approx(expected)
    assert throughput.seconds("learn_polynomials", "d3_k3") > expected


def test_certificates_are_for_students_that_are_narrow_enough():
    config = configuration("paper")
    measured = {"cpu": entry("cpu", start=1.0, certificate=[[3, 0.5]])}
    throughput = Throughput(config, "cuda", measured)
    # Three batch rules, five evaluations, 120 students; of width 32 alone.
    assert throughput.seconds("certify_errors", "random/d3_m100") == pytest.approx(1 + 1800 * 0.5)
    config["certificate"]["students"] = "deciding"
    assert throughput.seconds("certify_errors", "random/d3_m100") == pytest.approx(1 + 240 * 0.5)


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_job_has_a_time_and_memory(scale, device):
    throughput = Throughput(configuration(scale), device)
    jobs = [("train_students", name) for name in throughput.shards]
    jobs += errors_jobs(throughput)
    problems = ("draw_samples", "certify_errors", "measure_references", "challenge_algorithms")
    jobs += [("learn_polynomials", "d1_k15"), ("learn_polynomials", "d3_k3")]
    jobs += [(rule, "random/d3_m100") for rule in problems]
    jobs += adversary_jobs(["random/d1_m100", "random/d3_m100"])
    jobs += [(rule, "") for rule in ("compare_methods", "measure_sine", "plot_rates", "any")]
    for job in jobs:
        assert 0.5 < throughput.seconds(*job) < 1e7
        assert 500 < throughput.megabytes(*job) < 5e5


def test_memory_grows_with_students():
    throughput = Throughput(configuration("paper"), "cuda")
    name = shard_of(throughput, "random/d3_m100_L5_w2048_fifth")
    cell, rows = throughput.shards[name]
    rules = {"train_students": 20, "sample_errors": 10, "climb_errors": 10}
    for rule, copies in rules.items():
        least = 8e-6 * copies * len(rows) * cell.parameters
        assert least < throughput.megabytes(rule, name) < 1.1 * least + 5000


def test_jobs_ask_for_more_than_is_expected_and_more_with_each_attempt():
    throughput = Throughput(configuration("paper"), "cuda")
    name = shard_of(throughput, "random/d3_m100000_L5_w2048_fifth")
    minutes = throughput.seconds("train_students", name) / 60
    asked = throughput.minutes("train_students", name)
    assert asked == math.ceil(SPARE_MINUTES + MARGIN * minutes)
    assert throughput.minutes("train_students", name, attempt=3) == 3 * asked


def test_the_model_is_slower_than_the_machine_of_the_benchmarks():
    """By a factor of two or so, stage by stage of the laptop run."""
    stages, _ = read_measured(ROOT / "benchmarks/measured/stages.parquet", STAGES)
    took = stages.set_index("rule")["seconds"]
    throughput = Throughput(configuration("laptop"))
    problems = [f"random/d{dim}_m{m}" for dim in (1, 3) for m in (30, 100, 300, 1000)]
    stages = {
        "training": [("train_students", name) for name in throughput.shards],
        "errors": errors_jobs(throughput),
        "references": [("measure_references", name) for name in problems],
        "adversary": adversary_jobs(problems),
        "certificates": [("certify_errors", name) for name in problems[4:]],
    }
    for stage, jobs in stages.items():
        expected = sum(throughput.seconds(*job) for job in jobs)
        measured = took.reindex({rule for rule, _ in jobs}).sum()
        assert 1 < expected / measured < 4, stage


def test_it_is_cheap_to_import():
    code = (
        "import sys, supnorm.uniform.throughput; "
        "print({'numpy', 'torch', 'pandas', 'scipy'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "workflow/scripts", capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()", done.stderr


def test_a_machine_is_calibrated(tmp_path, monkeypatch):
    """In miniature: every size of the scale is measured, and other devices' entries stay."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(calibrate, "one_thread", lambda device: None)
    monkeypatch.setattr(calibrate, "SLICE", 1e-3)
    monkeypatch.setattr(calibrate, "SLICES", 1)
    monkeypatch.setattr(calibrate, "LEARNED", {"samples": 10, "batch": 5, "epochs": 5})
    monkeypatch.setitem(calibrate.GUESS, "cpu", 1e5)
    path = write(tmp_path / "calibration.json", {"cuda": entry("cuda"), "cpu": entry("cpu")})
    calibrate.main(["--scale", "smoke", "--output", str(path)])
    found = read_calibration(path)
    assert found["cuda"] == entry("cuda")
    assert found["cpu"]["scale"] == "smoke"
    assert found["cpu"]["machine"]
    assert 0.1 < found["cpu"]["start"] < 60
    config = configuration("smoke")
    throughput = Throughput(config, "cpu", found)
    jobs = [("train_students", name) for name in throughput.shards]
    jobs += errors_jobs(throughput)
    jobs += [("measure_references", f"random/d{d}_m{m}") for d in (1, 3) for m in (10, 20)]
    jobs.append(("certify_errors", "random/d3_m10"))
    assert {throughput.basis(*job) for job in jobs} == {"measured"}
    assert all(0.1 < throughput.seconds(*job) < 600 for job in jobs)


def test_a_machine_without_jsonschema_is_calibrated():
    """By another program too, which hands on the base of the configuration."""
    code = (
        "import sys, yaml; sys.modules['jsonschema'] = None; import calibrate; "
        "from supnorm.configuration import of_study; "
        "config = of_study(yaml.safe_load(open('config.yaml')), 'uniform'); "
        "print(len(calibrate.Calibration(config, 'cpu')._algorithms()))"
    )
    path = os.pathsep.join(["benchmarks", "workflow/scripts", "workflow"])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    config = of_study(yaml.safe_load((ROOT / "config.yaml").read_text()), "uniform")
    shapes = {(cell.depth, cell.width, cell.batch) for cell in cells(config)}
    assert int(done.stdout.split()[-1]) == len(shapes) - done.stdout.count("is left out")
