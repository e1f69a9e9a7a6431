"""What stands in the paper's other figures and tables: spikes, the hat, counts and settings."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from document import tabulate_settings
from scales import whole_configuration
from supnorm.job.programs import InputError
from supnorm.networks import Networks, forward, save_networks
from supnorm.samples import draw_samples
from supnorm.tables.errors import errors_schema
from supnorm.tables.norms import NORMS
from supnorm.tables.samples import samples_schema
from supnorm.tables.schema import read_table, write_table
from supnorm.tables.settings import SETTINGS
from supnorm.uniform.tables.hat import HAT
from supnorm.uniform.tables.ranking import MINMAX
from supnorm.uniform.tables.sample_counts import SAMPLE_COUNTS
from supnorm.uniform.tables.spikes import SPIKES
from supnorm.uniform.tables.two_sided import TWO_SIDED
from supnorm.uniform.teachers import random_teachers
from uniform import plot_hat, plot_spikes, tabulate_hat, tabulate_sample_counts, tabulate_spikes
from uniform.tabulate_spikes import POSITIONS, REACH, Line, through, zoomed

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "workflow/schemas/uniform.schema.yaml"


def drawn(program, folder, *tables):
    """Run a drawing program; return the caption."""
    names = {"pdf": "f.pdf", "png": "f.png", "caption": "f.txt", "record": "f.json"}
    given = [text for kind, name in names.items() for text in (f"--{kind}", str(folder / name))]
    program.main([*map(str, tables), "--uniform.teacher.families", "random", *given])
    assert json.loads((folder / "f.json").read_text())["rule"] == Path(program.__file__).stem
    return (folder / "f.txt").read_text()


# The hat and the bump


def test_the_hat_and_the_bump_are_those_of_the_proof(tmp_path):
    path = tmp_path / "hat.parquet"
    tabulate_hat.main(["--hat", str(path)])
    table = read_table(path, HAT.columns)
    steep, y = table["steepness"].iloc[0], table["centre0"].iloc[0]

    def pieces(t):
        return np.where(
            t < y - 1 / steep, 0, np.where(t < y, 1 - steep * (y - t), 1 - steep * (t - y))
        )

    hats, bumps = (table[table["function"] == name] for name in ("hat", "bump"))
    assert hats["value"].to_numpy() == pytest.approx(pieces(hats["x0"].to_numpy()), abs=1e-12)
    delta = pieces(bumps["x0"].to_numpy()) + pieces(bumps["x1"].to_numpy()) - 1
    assert bumps["value"].to_numpy() == pytest.approx(np.maximum(delta, 0), abs=1e-12)
    for rows in (hats, bumps):
        assert rows["value"].max() == 1
    # S1.5: the integral over the square is (2/M)^2 Γ(2)/Γ(4).
    assert bumps["value"].mean() == pytest.approx((2 / steep) ** 2 / 6, rel=0.05)
    assert f"M = {steep:g}" in drawn(plot_hat, tmp_path, "--hat", path)


# Sample counts and two-sided constants


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """Both tables of counts and constants."""
    folder = tmp_path_factory.mktemp("counts")
    counts, sides = folder / "counts.parquet", folder / "sides.parquet"
    tabulate_sample_counts.main(["--sample_counts", str(counts), "--two_sided", str(sides)])
    return read_table(counts, SAMPLE_COUNTS.columns), read_table(sides, TWO_SIDED.columns)


def test_the_worked_example_needs_its_exact_number_of_samples(counted):
    example = counted[0][counted[0]["example"]]
    assert len(example) == 1
    row = example.iloc[0]
    assert list(row[["dim", "depth", "c", "q", "error"]]) == [15, 7, 2, "inf", 1 / 1024]
    # S1.12: 2^d c^(dL) (3d)^(d(L-2)) samples.
    assert row["log10_needed"] == pytest.approx(math.log10(2**15 * 2**105 * 45**75), rel=1e-12)
    assert row["log10_needed"] == pytest.approx(160.1, abs=0.05)


def test_counts_are_those_of_theorems_1_1_and_1_4(counted):
    for row in counted[0].itertuples():
        d, c, depth, q, error = row.dim, row.c, row.depth, NORMS[row.q], row.error
        growth = 3 * d if q > 2 else 1
        omega = (
            c**depth * growth ** ((depth - 1) * (1 - 2 / q)) / 48
            if q > 2
            else c**depth * d ** (1 - 2 / q) / (8 * 3 ** (2 / q))
        )
        needed = d * math.log10(omega / (32 * d) / error)
        assert row.log10_needed == pytest.approx(needed, rel=1e-9, abs=1e-9)
        lip = c**depth * (math.sqrt(d) * growth ** (depth - 1)) ** max(0, 1 - 2 / q)
        side = max(1, math.ceil(math.sqrt(d) * lip / error * (1 - 1e-12)))
        assert row.log10_sufficient == pytest.approx(d * math.log10(side), rel=1e-9, abs=1e-9)
        assert row.log10_needed <= row.log10_sufficient


def test_two_sided_constants_are_those_of_remark_b_4(counted):
    for row in counted[1].itertuples():
        d, q = row.dim, NORMS[row.q]
        size = row.c**row.depth
        if q > 2:
            lower = size * (3 * d) ** ((row.depth - 1) * (1 - 2 / q)) / (1536 * d)
            upper = (
                2 * math.sqrt(d) * size * (math.sqrt(d) * (3 * d) ** (row.depth - 1)) ** (1 - 2 / q)
            )
            ratio = 3072 * d**1.5 * d ** (0.5 - 1 / q)
        else:
            lower = size * d ** (-2 / q) / (256 * 3 ** (2 / q))
            upper = 2 * math.sqrt(d) * size
            ratio = 512 * 3 ** (2 / q) * d ** (0.5 + 2 / q)
        found = (row.lower, row.upper, row.ratio)
        assert found == pytest.approx((lower, upper, ratio), rel=1e-9)


# Settings


def test_every_setting_is_in_a_table_or_left_out_for_a_reason():
    config = whole_configuration("paper")
    shown = {row["key"] for row in tabulate_settings.settings(Path("c"), config)}
    told = set(flat_keys(config))
    assert told - shown == {"scale", "studies", "training.flops_per_job"}
    # The original has no rule of another size than these.
    assert shown <= told


def flat_keys(config, *above):
    """Yield the keys of all values of a configuration."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from flat_keys(value, *above, key)
        else:
            yield ".".join((*above, key))


def tabulated(folder, config):
    source, target = folder / "config.resolved.yaml", folder / "settings.parquet"
    source.write_text(
        config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False)
    )
    given = ["--config", source, "--schemas", SCHEMA, "--settings", target]
    tabulate_settings.main([str(word) for word in given])
    return read_table(target, SETTINGS.columns)


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_settings_are_what_the_configuration_says(tmp_path, scale):
    config = whole_configuration(scale)
    table = tabulated(tmp_path, config)
    config = config["uniform"]
    assert table["table"].is_monotonic_increasing
    assert set(table["table"]) == {"1", "2", "3", "parity", "depth", "frequencies"}
    assert table.groupby("table")["title"].nunique().eq(1).all()
    assert table["key"].is_unique
    # The original's Table 1 is for all experiments, 2 for the sine, 3 for teachers and students.
    numbers = table.set_index("key")["table"]
    assert numbers["training.precision"] == numbers["uniform.evaluation.points"] == "1"
    assert set(table["key"][numbers.to_numpy() == "2"].str.split(".").str[1]) == {"sine"}
    third = ("teacher.count", "sample.sizes", "student.widths")
    assert {numbers[f"uniform.{key}"] for key in third} == {"3"}
    value = table.set_index("key")["value"]
    assert value["uniform.sample.sizes"] == ", ".join(map(str, config["sample"]["sizes"]))
    assert value["uniform.teacher.bound"] == "0.5"
    assert value["uniform.training.final_learning_rate"] == "1e-06"
    assert value["uniform.training.weight_decay"] == "0"
    assert value["uniform.evaluation.points"] == str(config["evaluation"]["points"])
    rules = "uniform.student.batch_rules"
    assert value[f"{rules}.fifth.divisor"] == "⌈m/5⌉"
    assert value[f"{rules}.hundred.at_most"] == "min(100, m)"
    epochs = config["student"]["batch_rules"]["fifth"]["epochs"]
    assert value[f"{rules}.fifth.epochs"] == str(epochs)
    here = table[table["value"] != "none"]
    assert not here.duplicated(["table", "quantity"]).any()


def test_a_setting_stands_beside_that_of_the_original(tmp_path):
    table = tabulated(tmp_path, whole_configuration("smoke"))
    table = table.fillna({"original": "nothing"}).set_index("key")
    found = table[["quantity", "value", "original"]].T.to_dict("list")
    assert found["uniform.teacher.count"] == ["teachers of each kind and dimension", "2", "40"]
    assert found["training.engine"] == ["training engine", "auto", "nothing"]
    fiftieth = found["uniform.student.batch_rules.fiftieth.epochs"]
    assert fiftieth == ["epochs, rule fiftieth", "none", "5000"]
    fiftieth = found["uniform.student.batch_rules.fiftieth.divisor"]
    assert fiftieth == ["batch size, rule fiftieth", "none", "⌈m/50⌉"]


def test_the_paper_scale_has_the_settings_of_the_original(tmp_path):
    table = tabulated(tmp_path, whole_configuration("paper")).dropna(subset="original")
    others = table[table["value"] != table["original"]]
    assert len(table) > 25
    # Errors are exact here.
    assert list(others["key"]) == ["uniform.evaluation.method"]


def test_a_batch_rule_may_bear_the_name_of_a_key(tmp_path):
    config = whole_configuration("smoke")
    config["uniform"]["student"]["batch_rules"] = {"size": {"size": 7, "epochs": 2}}
    table = tabulated(tmp_path, config)
    table = table[table["key"].str.startswith("uniform.student.batch_rules.size")]
    assert list(table["quantity"]) == ["batch size, rule size", "epochs, rule size"]
    assert list(table["value"]) == ["7", "2"]


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"colour": "red"}, "config.resolved.yaml: found the key colour, expected one that a"),
        ({"scale": "smoke"}, "config.resolved.yaml: expected the key studies, found none"),
        ("[1, 2]", r"config.resolved.yaml: expected a configuration, found \[1, 2\]"),
        ("a: [", "config.resolved.yaml: expected YAML or JSON, found while parsing"),
    ],
)
def test_a_configuration_that_no_table_can_show_gives_one_sentence(tmp_path, config, says):
    with pytest.raises(InputError, match=says) as raised:
        tabulated(tmp_path, config)
    assert "\n" not in str(raised.value)


# Spikes


def spike(height, steepness):
    """The function height (1 - steepness |x|)_+ of one variable: a stack of one."""
    first = np.full((1, 3, 1), float(steepness))
    bias, last = np.array([[1.0, 0.0, -1.0]]), height * np.array([[[1.0, -2.0, 1.0]]])
    return Networks((first, last), (bias, np.zeros((1, 1))))


def flat(dim):
    return Networks(
        (np.zeros((1, 3, dim)), np.zeros((1, 1, 3))), (np.zeros((1, 3)), np.zeros((1, 1)))
    )


def test_a_line_through_a_place_and_the_centre_ends_where_q_ends():
    for place in ([0.2, -0.5, 0.1], [-0.3, 0.0, 0.5], [0.0, 0.25, 0.0], [0.5], [-0.1], [0.0, 0.0]):
        place = np.array(place)
        line = through(place)
        ends = line.points(np.array([line.low, line.high]))
        assert abs(ends).max(axis=1) == pytest.approx([0.5, 0.5])
        assert line.low <= 0 <= line.high
        assert np.linalg.norm(line.step) == pytest.approx(1)
        assert line.points(np.array([0.0]))[0] == pytest.approx(place)
        # The centre is on the line.
        assert line.project(np.zeros((1, len(place))))[1] == pytest.approx(0, abs=1e-12)
    assert through(np.array([0.25])).step == pytest.approx([1])
    assert through(np.array([-0.25])).step == pytest.approx([1])


def test_projections_are_the_nearest_points_of_a_line():
    line = Line(np.array([0.1, 0.2, -0.1]), np.array([1.0, 2.0, -1.0]), -2, 2)
    points = np.random.default_rng(1).random((5, 3)) - 0.5
    t, distance = line.project(points)
    fine = np.linspace(-2, 2, 40001)
    far = np.linalg.norm(points[:, None] - (line.origin + fine[:, None] * line.step), axis=2)
    assert distance == pytest.approx(far.min(1), abs=1e-6)
    assert t == pytest.approx(fine[far.argmin(1)], abs=2e-4)


@pytest.mark.parametrize("steepness", [4, 50, 3e4, 1e7])
def test_a_spike_is_shown_as_wide_as_it_is(steepness):
    line = zoomed(through(np.array([0.0])), spike(3, steepness), flat(1))
    half = 1 / (2 * steepness)
    ends = min(REACH * half, 0.5)
    assert [line.low, line.high] == pytest.approx([-ends, ends], rel=0.02)
    assert len(line.positions()) in (POSITIONS, POSITIONS + 1)


def test_where_there_is_no_spike_the_whole_line_is_shown():
    line = zoomed(through(np.array([0.25, 0.5])), flat(2), flat(2))
    assert line.low == through(np.array([0.25, 0.5])).low
    assert line.high == through(np.array([0.25, 0.5])).high


SEEDS, TEACHERS, SIZES, RULES, EVALUATIONS = (7, 8), 2, (20, 150), ("fifth", "hundred"), (1, 2)
# Decides in every dimension, and of its seeds the second is the worse.
DECIDING = {"samples": 150, "batch_rule": "hundred", "evaluation": 2, "teacher": 1}


def write_results(folder, dims):
    """Write teachers, samples, students and tables of a small run; return students by dimension."""
    errors, minmax, kept = [], [], {}
    for dim in dims:
        teachers = random_teachers(TEACHERS, dim, 3, 6, np.inf, 0.5)
        save_networks(folder / f"teachers/d{dim}", teachers, {"family": "random", "dim": dim})
        for samples in SIZES:
            frames = []
            for seed in SEEDS:
                points, labels = draw_samples(teachers, seed, samples)
                columns = {"seed": seed, "index": range(samples)}
                columns |= {f"x{i}": points[:, i] for i in range(dim)}
                frames.append(pd.DataFrame(columns | {"u000": labels[0], "u001": labels[1]}))
            path = folder / f"samples/random/d{dim}_m{samples}.parquet"
            write_table(path, pd.concat(frames), samples_schema(dim, TEACHERS))
        for number, (samples, rule) in enumerate(itertools.product(SIZES, RULES)):
            cell = {"family": "random", "dim": dim, "samples": samples, "depth": 3, "width": 8}
            cell |= {"batch_rule": rule, "batch": 5}
            named = list(itertools.product(EVALUATIONS, SEEDS, range(TEACHERS)))
            evaluation, seed, teacher = map(list, zip(*named, strict=True))
            pairs = {"teacher": teacher, "seed": seed, "evaluation": evaluation}
            pairs["epoch"] = evaluation
            students = random_teachers(8 * number + 8, dim, 3, 8, np.inf, 0.6)[8 * number :]
            description = {"cell": cell, "students": pairs}
            name = f"d{dim}_m{samples}_L3_w8_{rule}_1of1.safetensors"
            path = folder / "students/random" / name
            save_networks(path, students, description, {"loss": np.zeros(len(students))})
            place = np.random.default_rng(dim).random((8, dim)) - 0.5
            values = (forward(n, place[:, None]) for n in (students, teachers[np.array(teacher)]))
            frame = pd.DataFrame(cell | pairs).assign(algorithm="network", norm="inf")
            frame["error"] = abs(next(values) - next(values))[:, 0]
            for i in range(dim):
                frame[f"at{i}"] = place[:, i]
            errors.append(frame.assign(upper=np.nan, method="sampled", loss=0.1))
            if (samples, rule) == (DECIDING["samples"], DECIDING["batch_rule"]):
                kept[dim] = (teachers, students, frame)
        for samples, statistic, norm, chosen in itertools.product(
            SIZES, ("minmax", "minmean"), ("2", "inf"), ("network", "other")
        ):
            row = {"family": "random", "dim": dim, "algorithm": "network", "error": 1.0}
            row |= {"depth": 3, "width": 8, "seeds": 2, "statistic": statistic, "norm": norm}
            row |= DECIDING | {"samples": samples, "algorithm_set": chosen}
            if (statistic, norm, chosen) != ("minmax", "inf", "network"):
                row["teacher"] = None if statistic == "minmean" else 0
            minmax.append(row)
    write_table(folder / "errors", pd.concat(errors), errors_schema(max(dims)))
    frame = pd.DataFrame(minmax).reindex(columns=[column.name for column in MINMAX.columns])
    write_table(folder / "minmax", frame, MINMAX)
    return kept


def tabulate(folder):
    """Tabulate the spikes of a run below a folder."""
    given = ["--minmax", folder / "minmax", "--errors", folder / "errors"]
    given += ["--teachers", *sorted((folder / "teachers").iterdir())]
    given += ["--students", *sorted((folder / "students/random").iterdir())]
    given += ["--samples", *sorted((folder / "samples/random").iterdir())]
    tabulate_spikes.main([*map(str, given), "--spikes", str(folder / "spikes.parquet")])
    return read_table(folder / "spikes.parquet", SPIKES.columns)


def test_spikes_show_the_deciding_students_and_their_samples(tmp_path):
    kept = write_results(tmp_path, (1, 2))
    # Only what decides is opened.
    for path in (tmp_path / "students/random").glob("*fifth*"):
        path.write_text("no networks")
    table = tabulate(tmp_path)
    for dim, rows in table.groupby("dim"):
        teachers, students, errors = kept[dim]
        chosen = errors[(errors["evaluation"] == 2) & (errors["teacher"] == 1)]
        worst = chosen.loc[chosen["error"].idxmax()]
        for name in (*DECIDING, "seed", "batch", "width"):
            assert rows[name].unique().tolist() == [worst[name]]
        place = worst[[f"at{i}" for i in range(dim)]].to_numpy(float)
        points, labels = draw_samples(teachers, int(worst["seed"]), 150)
        away = np.linalg.norm(points - place, axis=1).min()
        assert rows["nearest"].to_numpy() == pytest.approx(away)
        networks = {"target": teachers[[1]], "student": students[[worst.name]]}
        step = place / np.linalg.norm(place) * np.sign(place[0])
        for line, at, along in (("diagonal", 0 * place, 1.0), ("worst", place, step)):
            part = rows[rows["line"] == line]
            for kind, network in networks.items():
                shown = part[part["kind"] == kind]
                positions = at + shown["t"].to_numpy()[:, None] * along
                values = forward(network, np.broadcast_to(positions, (len(shown), dim)))[0]
                assert shown["value"].to_numpy() == pytest.approx(values, abs=1e-11)
                assert abs(positions).max() <= 0.5 + 1e-12
            samples = part[part["kind"] == "sample"]
            assert set(samples["value"]) <= set(labels[1])
            if dim == 1:
                inside = (part["t"].min() <= points - at) & (points - at <= part["t"].max())
                assert len(samples) == inside.sum()
                assert (samples["distance"] < 1e-12).all()
            else:
                assert len(samples) == tabulate_spikes.NEAREST
        there = rows[(rows["line"] == "worst") & (rows["t"] == 0)].set_index("kind")["value"]
        assert abs(there["target"] - there["student"]) == pytest.approx(worst["error"])

    caption = drawn(plot_spikes, tmp_path, "--spikes", tmp_path / "spikes.parquet")
    for dim in (1, 2):
        assert f"For d = {dim} and m = 150" in caption
    assert "batch rule hundred, teacher 1" in caption


def broken_student(folder):
    for path in (folder / "students/random").glob("*m150*hundred*"):
        path.write_text("no networks")


def other_seed(folder):
    frame = pd.read_parquet(folder / "errors").assign(seed=9)
    write_table(folder / "errors", frame, errors_schema(1))


def infinite(folder):
    frame = pd.read_parquet(folder / "errors").assign(error=np.inf)
    write_table(folder / "errors", frame, errors_schema(1))


def without(pattern):
    return lambda folder: [path.unlink() for path in folder.glob(pattern)]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (
            broken_student,
            "hundred_1of1.safetensors: expected a safetensors file of networks, found",
        ),
        (
            other_seed,
            "hundred_1of1.safetensors: expected students of teacher 1, seed 9, evaluation 2, found",
        ),
        (without("students/random/*m150*hundred*"), "d1_m150_L3_w8_hundred"),
        (without("samples/random/*m150*"), "--samples: expected family random, dim 1, sam"),
    ],
)
def test_results_that_do_not_belong_together_give_one_sentence(tmp_path, spoil, says):
    write_results(tmp_path, (1,))
    spoil(tmp_path)
    with pytest.raises(InputError, match=says):
        tabulate(tmp_path)


def test_students_that_diverged_are_not_drawn_and_the_figure_says_so(tmp_path):
    write_results(tmp_path, (1,))
    infinite(tmp_path)
    assert tabulate(tmp_path).empty
    caption = drawn(plot_spikes, tmp_path, "--spikes", tmp_path / "spikes.parquet")
    assert "All students diverged: nothing is drawn." in caption


def test_teachers_of_another_dimension_give_one_sentence(tmp_path):
    write_results(tmp_path, (1,))
    teachers = random_teachers(2, 2, 3, 6, np.inf, 0.5)
    save_networks(tmp_path / "teachers/d1", teachers, {"family": "random", "dim": 2})
    with pytest.raises(InputError, match="--teachers: expected a family and dimension of"):
        tabulate(tmp_path)
