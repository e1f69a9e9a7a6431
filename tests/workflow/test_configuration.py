"""The configuration: what is refused, and in what words."""

import copy
import math
import re
from pathlib import Path

import pytest
import yaml

from supnorm.configuration import of_study, resolve
from supnorm.job.programs import InputError
from supnorm.schemas import configuration_schema, described, sections, setting
from supnorm.uniform.teachers import FAMILIES
from supnorm.work import batch_size

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def changed(config, path, value):
    config = copy.deepcopy(config)
    *parents, last = path.split(".")
    section = config
    for key in parents:
        section = section[key]
    if value is ...:
        del section[last]
    else:
        section[last] = value
    return config


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (
            "uniform.teacher.colour",
            "red",
            r"teacher\.colour is no key; expected one of families, dims",
        ),
        ("colour", "red", r"colour is no key; expected one of scale, studies"),
        (
            "scales.laptop.uniform.teacher.colour",
            1,
            r"scales\.laptop\.uniform\.teacher\.colour is no key",
        ),
        ("scales.laptop.colour", {}, r"scales\.laptop\.colour is no section; expected one of"),
        ("scales.laptop", 3, r"scales\.laptop is 3; expected keys and values"),
        (
            "scales.smoke.uniform.teacher",
            3,
            r"scales\.smoke\.uniform\.teacher is 3; expected keys and values",
        ),
        ("studies", ["unifrom"], r"studies\[0\] is 'unifrom'; expected the name of a study"),
        ("studies", [], r"studies is \[\]; expected a list of different studies, at least one"),
        ("studies", "uniform", r"studies is 'uniform'; expected a list of different studies"),
        ("uniform", ..., r"uniform is empty; expected a section of keys and values"),
        ("unifrom", {"teacher": {}}, r"unifrom is no key; expected one of scale, studies"),
        ("scales.smoke.teacher", {"count": 2}, r"scales\.smoke\.teacher is no section; expected"),
        ("training.learning_rate", 1e-4, r"training\.learning_rate is no key; expected one of"),
        (
            "scales.laptop.training.learning_rate",
            1e-4,
            r"scales\.laptop\.training\.learning_rate is no key; expected one of precision",
        ),
        (
            "scales.laptop.uniform.training",
            {"precision": "float32"},
            r"scales\.laptop\.uniform\.training\.precision is no key; expected one of learn",
        ),
        ("studies", ["uniform"] * 2, r"studies is \[.*\]; expected a list of different studies"),
        ("scales.smoke.uniform", 3, r"scales\.smoke\.uniform is 3; expected keys and values"),
        ("training.engine", "narrow", r"engine is 'narrow' and training\.device is 'cuda'"),
        ("scale", "huge", r"scale is 'huge'; expected one of smoke, laptop, evening, paper"),
        (
            "scale",
            ["laptop"],
            r"scale is \['laptop'\]; expected one of smoke, laptop, evening, paper",
        ),
        ("uniform.teacher", ..., r"teacher is empty; expected a section of keys and values"),
        ("uniform.sample", 5, r"sample is 5; expected a section of keys and values"),
        (
            "uniform.sample.seeds",
            [2**63],
            r"sample\.seeds\[0\] is 9223372036854775808; expected a whole",
        ),
        (
            "uniform.student.batch_rules",
            {5: {"size": 1, "epochs": 9}},
            r"has the name 5; expected a name .* \(YAML reads it as a number; put it in quotes\)$",
        ),
        (
            "uniform.student.batch_rules",
            {True: {"size": 1, "epochs": 9}},
            r"has the name True; expected .* \(YAML reads it as a truth value; put it in quotes\)$",
        ),
        ("scale", ..., r"scale is empty; expected one of smoke, laptop, evening, paper"),
        ("scales", ..., r"scales is empty; expected at least one scale"),
        (
            "uniform.teacher.depth",
            ...,
            r"teacher\.depth is missing; expected a whole number of at least 1",
        ),
        (
            "uniform.teacher.depth",
            "five",
            r"teacher\.depth is 'five'; expected a whole number of at least 1",
        ),
        ("uniform.teacher.depth", 5.0, r"teacher\.depth is 5\.0; expected a whole number"),
        ("uniform.teacher.depth", True, r"teacher\.depth is True; expected a whole number"),
        ("uniform.teacher.width", 0, r"teacher\.width is 0; expected a whole number of at least 1"),
        (
            "uniform.teacher.norm",
            0.5,
            r"teacher\.norm is 0\.5; expected a number of at least 1, or inf",
        ),
        (
            "uniform.teacher.norm",
            math.nan,
            r"teacher\.norm is nan; expected a number of at least 1",
        ),
        ("uniform.teacher.norm", "two", r"teacher\.norm is 'two'; expected a number of at least 1"),
        ("uniform.teacher.bound", 0, r"teacher\.bound is 0; expected a finite number above 0"),
        (
            "uniform.teacher.bound",
            -1.5,
            r"teacher\.bound is -1\.5; expected a finite number above 0",
        ),
        (
            "uniform.teacher.bound",
            math.inf,
            r"teacher\.bound is inf; expected a finite number above 0",
        ),
        (
            "uniform.teacher.families",
            ["cosine"],
            r"teacher\.families\[0\] is 'cosine'; expected a known",
        ),
        (
            "uniform.teacher.families",
            [],
            r"teacher\.families is \[\]; expected a list of different",
        ),
        (
            "uniform.teacher.dims",
            3,
            r"teacher\.dims is 3; expected a list of different whole numbers",
        ),
        ("uniform.sample.sizes", [100, 0], r"sample\.sizes\[1\] is 0; expected a whole number"),
        ("uniform.sample.sizes", [], r"sample\.sizes is \[\]; expected a list .* not empty"),
        (
            "scales.laptop.uniform.sample.sizes",
            [9, 9],
            r"scales\.laptop\.uniform\.sample\.sizes is \[9, 9\]",
        ),
        (
            "uniform.sample.seeds",
            [-1],
            r"sample\.seeds\[0\] is -1; expected a whole number from 0 to",
        ),
        (
            "uniform.sample.seeds",
            [1, 1],
            r"sample\.seeds is \[1, 1\]; expected a list of different",
        ),
        ("uniform.student.widths", [0], r"student\.widths\[0\] is 0; expected a whole number"),
        (
            "uniform.student.batch_rules",
            {},
            r"student\.batch_rules is {}; expected at least one batch",
        ),
        (
            "uniform.student.batch_rules.fifth",
            {"divisor": 0.5, "epochs": 10},
            r"student\.batch_rules\.fifth\.divisor is 0\.5; expected a whole number of at least 1",
        ),
        (
            "uniform.student.batch_rules.fifth",
            {"size": 101, "epochs": 10},
            r"batch_rules\.fifth\.size is 101; expected at most the smallest sample size, 100",
        ),
        (
            "uniform.student.batch_rules.fifth",
            {"size": 2, "divisor": 5, "epochs": 10},
            r"batch_rules\.fifth is .* expected one of divisor, at_most and size, and epochs",
        ),
        (
            "uniform.student.batch_rules.Big!",
            {"size": 1, "epochs": 9},
            r"batch_rules has the name 'Big!'; expected a name of at most 40 small letters, digits",
        ),
        (
            "uniform.student.batch_rules.fifth.epochs",
            4,
            r"epochs is 4; expected at least uniform\.evaluation\.times",
        ),
        (
            "uniform.training.learning_rate",
            "1e400",
            r"learning_rate is '1e400'; expected a finite number above 0",
        ),
        (
            "uniform.training.final_learning_rate",
            1,
            r"is 1; expected at most uniform\.training\.learning_rate",
        ),
        (
            "uniform.training.weight_decay",
            -0.1,
            r"weight_decay is -0\.1; expected a finite number of at least 0",
        ),
        ("training.precision", "half", r"training\.precision is 'half'; expected float64 or"),
        ("scales.laptop.training.device", "tpu", r"is 'tpu'; expected auto, cpu or cuda"),
        (
            "uniform.evaluation.points",
            None,
            r"evaluation\.points is empty; expected a whole number",
        ),
    ],
)
def test_a_mistake_gives_one_sentence(config, path, value, says):
    with pytest.raises(InputError, match=says) as caught:
        resolve(changed(config, path, value))
    assert str(caught.value).startswith("config.yaml: ")
    assert "\n" not in str(caught.value)


SAMPLES = {
    **{"dims": [2], "ratios": [3], "seeds": [1]},
    "trained": {"dims": [], "decay": 0.01, "width": 8, "steps": 9},
}


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("dims", [2, 1], r"dims\[1\] is 1; expected a whole number from 2 to 10$"),
        ("dims", [], r"dims is \[\]; expected a list of different whole numbers .*, not empty$"),
        ("dims", [3, 3], r"dims is \[3, 3\]; expected a list of different whole numbers"),
        ("curve", 1, r"curve is 1; expected a whole number from 2 to 1024$"),
        ("decay", 2, r"decay is 2; expected a number above 0 and below 2, with which the best"),
        ("decay", 0, r"decay is 0; expected a number above 0 and below 2"),
        ("seeds", [], r"seeds is \[\]; expected a list of different"),
        ("steps", 0, r"steps is 0; expected a whole number of at least 1$"),
        ("width", 0, r"width is 0; expected a whole number of at least 1$"),
        (
            *("final_learning_rate", 0.1),
            r"final_learning_rate is 0\.1; expected at most parity\.learning_rate, 0\.01$",
        ),
        ("samples.ratios", [], r"samples\.ratios is \[\]; expected a list .*, not empty$"),
        ("samples.ratios", [1, 0], r"samples\.ratios\[1\] is 0; expected a finite number above 0$"),
        ("samples.dims", [13], r"samples\.dims\[0\] is 13; expected a whole number from 2 to 12$"),
        (
            *("samples", SAMPLES),
            r"samples\.ratios is \[3\]; expected one with at least 1 and fewer than 2\^d samples "
            r"for d = 2$",
        ),
        (
            *("samples", SAMPLES | {"ratios": [0.1]}),
            r"samples\.ratios is \[0\.1\]; expected one with at least 1 and fewer than 2\^d",
        ),
        (
            *(
                "samples",
                SAMPLES | {"ratios": [0.5], "trained": SAMPLES["trained"] | {"dims": [3]}},
            ),
            r"samples\.trained\.dims has 3; expected dimensions of parity\.samples\.dims, \[2\]$",
        ),
        ("samples.trained.steps", 0, r"samples\.trained\.steps is 0; expected a whole number"),
        ("samples.trained.decay", 0, r"samples\.trained\.decay is 0; expected a finite number"),
        (
            "averages.dims",
            [4, 5],
            r"averages\.dims\[1\] is 5; expected an even number from 2 to 12$",
        ),
        ("averages.errors", [1], r"averages\.errors\[0\] is 1; expected a number between 0 and 1$"),
        ("averages.trials", 0, r"averages\.trials is 0; expected a whole number of at least 1$"),
        ("waves.dims", [8], r"waves\.dims\[0\] is 8; expected a whole number from 2 to 7$"),
        (
            "waves.frequencies",
            0,
            r"waves\.frequencies is 0; expected a whole number of at least 1$",
        ),
        ("colour", 1, r"colour is no key; expected one of curve, dims"),
    ],
)
def test_a_mistake_in_parity_gives_one_sentence_wherever_it_stands(config, path, value, says):
    """In the base, where no scale mends it, and in a scale."""
    config["scales"] = {"laptop": {}}
    with pytest.raises(InputError, match=f"^config.yaml: parity.{says}") as caught:
        resolve(changed(config, f"parity.{path}", value))
    assert "\n" not in str(caught.value)
    of_scale = value
    for key in reversed(path.split(".")):
        of_scale = {key: of_scale}
    config["scales"] = {"laptop": {"parity": of_scale}}
    says = says.replace(r"parity\.samples\.dims", r"scales\.laptop\.parity\.samples\.dims")
    with pytest.raises(
        InputError, match=rf"^config.yaml: scales\.laptop\.parity\.{says}"
    ) as caught:
        resolve(config)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("decay", 1.99),
        ("final_learning_rate", 0.01),
        ("dims", [2, 10]),
        ("samples", SAMPLES | {"ratios": [3, 0.75]}),
        ("averages.dims", [12]),
    ],
)
def test_what_parity_allows_is_taken(config, path, value):
    config["scales"] = {"laptop": {}}
    assert resolve(changed(config, f"parity.{path}", value))["scale"] == "laptop"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("dims", [], r"dims is \[\]; expected a list of different whole numbers .*, not empty$"),
        ("terms", [16, 0], r"terms\[1\] is 0; expected a whole number of at least 1$"),
        ("repeats", 0, r"repeats is 0; expected a whole number of at least 1$"),
        ("degrees", [4, 4], r"degrees is \[4, 4\]; expected a list of different whole numbers"),
        ("spikes", [0], r"spikes\[0\] is 0; expected a whole number of at least 1$"),
        ("flow.widths", [3], r"flow\.widths\[0\] is 3; expected an even number of at least 2$"),
        ("flow.widths", [0], r"flow\.widths\[0\] is 0; expected an even number of at least 2$"),
        (
            *("flow.frequencies", [40]),
            r"flow\.frequencies\[0\] is 40; expected a whole number from 1 to 31$",
        ),
        (
            *("flow.frequencies", [1, 0]),
            r"flow\.frequencies\[1\] is 0; expected a whole number from 1 to 31$",
        ),
        ("flow.amplitude", 0, r"flow\.amplitude is 0; expected a finite number above 0$"),
        ("noise.variance", 0, r"noise\.variance is 0; expected a finite number above 0$"),
        ("noise.points", 2, r"noise\.points is 2; expected a whole number of at least 3$"),
        ("image.side", 1, r"image\.side is 1; expected a whole number from 2 to 128$"),
        ("image.side", 129, r"image\.side is 129; expected a whole number from 2 to 128$"),
        (
            *("image.scales", [1, -1]),
            r"image\.scales\[1\] is -1; expected a finite number of at least 0$",
        ),
        ("spectrum.hats", [0], r"spectrum\.hats\[0\] is 0; expected a finite number above 0$"),
        (
            *("spectrum.exponents", []),
            r"spectrum\.exponents is \[\]; expected a list of different numbers .*, not empty$",
        ),
        ("waves.depth", 1, r"waves\.depth is 1; expected a whole number of at least 2$"),
        (
            *("waves.frequencies", [2, 64]),
            r"waves\.frequencies has 64; expected frequencies below half of "
            r"approximation\.waves\.points, 128$",
        ),
        ("waves.seeds", [], r"waves\.seeds is \[\]; expected a list of different"),
        ("waves.colour", 1, r"waves\.colour is no key; expected one of frequencies, points"),
    ],
)
def test_a_mistake_in_approximation_gives_one_sentence_wherever_it_stands(
    config, path, value, says
):
    """In the base, where no scale mends it, and in a scale."""
    config["scales"] = {"laptop": {}}
    with pytest.raises(InputError, match=rf"^config.yaml: approximation\.{says}") as caught:
        resolve(changed(config, f"approximation.{path}", value))
    assert "\n" not in str(caught.value)
    for key in reversed(path.split(".")):
        value = {key: value}
    config["scales"] = {"laptop": {"approximation": value}}
    says = rf"^config.yaml: scales\.laptop\.approximation\.{says}"
    with pytest.raises(InputError, match=says) as caught:
        resolve(config)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("flow.widths", [2, 64]),
        ("flow.frequencies", [31]),
        ("noise.points", 3),
        ("image.side", 2),
        ("image.scales", [0]),
        ("spectrum.exponents", [0, 0.5]),
        ("waves.depth", 2),
    ],
)
def test_what_approximation_allows_is_taken(config, path, value):
    config["scales"] = {"laptop": {}}
    assert resolve(changed(config, f"approximation.{path}", value))["scale"] == "laptop"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (
            *("compositions", []),
            r"compositions is \[\]; expected a list of different whole numbers .*, not empty$",
        ),
        ("compositions", [0], r"compositions\[0\] is 0; expected a whole number from 1 to 12$"),
        (
            "compositions",
            [2, 13],
            r"compositions\[1\] is 13; expected a whole number from 1 to 12$",
        ),
        ("compositions", [2, 2], r"compositions is \[2, 2\]; expected a list of different"),
        ("seeds", [], r"seeds is \[\]; expected a list of different"),
        ("shallow_width", 0, r"shallow_width is 0; expected a whole number of at least 1$"),
        ("deep_widths", [8, 0], r"deep_widths\[1\] is 0; expected a whole number of at least 1$"),
        ("batch", 0, r"batch is 0; expected a whole number of at least 1$"),
        ("epochs", 1.5, r"epochs is 1\.5; expected a whole number of at least 1$"),
        (
            *("final_learning_rate", 0.01),
            r"final_learning_rate is 0\.01; expected at most depth\.learning_rate, 0\.005$",
        ),
        ("cliff.composition", 7, r"cliff\.composition is 7; expected a whole number from 1 to 6$"),
        ("cliff.composition", 0, r"cliff\.composition is 0; expected a whole number from 1 to 6$"),
        ("cliff.widths", [0], r"cliff\.widths\[0\] is 0; expected a whole number of at least 1$"),
        ("cliff.depths", [2], r"cliff\.depths\[0\] is 2; expected a whole number of at least 3$"),
        ("cliff.depths", [5, 5], r"cliff\.depths is \[5, 5\]; expected a list of different"),
        ("inner.dims", [8], r"inner\.dims\[0\] is 8; expected a whole number from 1 to 7$"),
        ("inner.depths", [1], r"inner\.depths\[0\] is 1; expected a whole number of at least 2$"),
        ("inner.depths", [], r"inner\.depths is \[\]; expected a list .*, not empty$"),
        ("inner.epochs", 0, r"inner\.epochs is 0; expected a whole number of at least 1$"),
        ("pieces.count", 0, r"pieces\.count is 0; expected a whole number of at least 1$"),
        ("pieces.depths", [1], r"pieces\.depths\[0\] is 1; expected a whole number of at least 2$"),
        ("colour", 1, r"colour is no key; expected one of compositions, seeds"),
    ],
)
def test_a_mistake_in_depth_gives_one_sentence_wherever_it_stands(config, path, value, says):
    """In the base, where no scale mends it, and in a scale."""
    config["scales"] = {"laptop": {}}
    with pytest.raises(InputError, match=f"^config.yaml: depth.{says}") as caught:
        resolve(changed(config, f"depth.{path}", value))
    assert "\n" not in str(caught.value)
    of_scale = value
    for key in reversed(path.split(".")):
        of_scale = {key: of_scale}
    config["scales"] = {"laptop": {"depth": of_scale}}
    with pytest.raises(InputError, match=rf"^config.yaml: scales\.laptop\.depth\.{says}") as caught:
        resolve(config)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("compositions", [12, 1]),
        ("final_learning_rate", 5e-3),
        ("cliff.composition", 6),
        ("cliff.depths", []),
        ("inner.dims", [1, 7]),
        ("pieces.depths", [2]),
    ],
)
def test_what_depth_allows_is_taken(config, path, value):
    config["scales"] = {"laptop": {}}
    assert resolve(changed(config, f"depth.{path}", value))["scale"] == "laptop"


def test_a_scale_changes_key_by_key(config):
    laptop = resolve(config)
    assert laptop["scale"] == "laptop"
    base, changes, made = (part["uniform"] for part in (config, config["scales"]["laptop"], laptop))
    assert made["teacher"] == base["teacher"] | changes["teacher"]
    assert made["student"]["widths"] == [32]
    assert made["student"]["depths"] == base["student"]["depths"]
    assert laptop["training"] == config["training"] | config["scales"]["laptop"]["training"]
    assert "scales" not in laptop


def test_resolving_changes_nothing_in_what_it_was_given(config):
    before = copy.deepcopy(config)
    resolve(config)
    assert config == before


def test_the_paper_scale_is_the_papers_experiment(config):
    """What ../docs/theory.md S1.20 says, and 8640 trainings in all."""
    paper = of_study(resolve(config | {"scale": "paper"}), "uniform")
    teacher, sample, student = paper["teacher"], paper["sample"], paper["student"]
    assert (teacher["depth"], teacher["width"], teacher["norm"]) == (5, 32, "inf")
    assert (teacher["bound"], teacher["count"]) == (0.5, 40)
    assert (teacher["dims"], sample["sizes"]) == ([1, 3], [100, 1000, 10000, 100000])
    assert student["widths"] == [32, 512, 2048]
    trainings = math.prod(
        map(
            len,
            (
                teacher["dims"],
                sample["sizes"],
                sample["seeds"],
                student["widths"],
                student["batch_rules"],
            ),
        )
    )
    assert trainings * teacher["count"] == 8640
    assert paper["evaluation"] == {"times": 5, "points": 2**24, "method": "exact"}
    sine = {"samples": 1000, "depth": 22, "width": 50, "batch": 20, "epochs": 5000}
    assert {key: paper["sine"][key] for key in sine} == sine
    assert paper["training"]["learning_rate"] == 1e-4
    assert paper["training"]["final_learning_rate"] == 1e-6
    assert paper["training"]["weight_decay"] == 0
    batches = {
        m: [batch_size(rule, m) for rule in student["batch_rules"].values()]
        for m in sample["sizes"]
    }
    assert batches[100] == [20, 2, 100]
    assert batches[100000] == [20000, 2000, 100]
    assert all(m % b == 0 for m, sizes in batches.items() for b in sizes)


@pytest.mark.parametrize(
    ("rule", "samples", "batch"),
    [
        ({"divisor": 5}, 30, 6),
        ({"divisor": 5}, 31, 7),
        ({"divisor": 50}, 30, 1),
        ({"at_most": 100}, 30, 30),
        ({"at_most": 100}, 300, 100),
        ({"size": 25}, 30, 25),
    ],
)
def test_batch_sizes(rule, samples, batch):
    assert batch_size(rule, samples) == batch


def test_every_key_has_a_comment():
    """Of the base; what a scale changes is explained there."""
    base = (ROOT / "config.yaml").read_text().split("\nscales:")[0]
    keys = [line for line in base.splitlines() if re.match(r" *[a-z_]+:", line)]
    assert len(keys) > 20
    bare = [line for line in keys if "#" not in line and "{" not in line]
    assert not bare


def test_the_schema_knows_every_family():
    assert set(setting("uniform.teacher.families")["items"]["enum"]) == set(FAMILIES)


def test_the_schema_knows_no_key_that_config_lacks(config):
    schema = configuration_schema()
    assert set(schema["properties"]) == set(config) - {"scales"}
    for path in sections(schema):
        part, values = schema, config
        for name in path:
            part, values = part["properties"][name], values[name]
        assert set(part["properties"]) == set(values), path


def test_every_setting_says_what_it_means():
    schema = configuration_schema()
    parts = [schema, *(part_of(schema, path) for path in sections(schema))]
    settings = [
        p
        for part in parts
        for p in part["properties"].values()
        if not {"properties", "propertyNames"} & set(p)
    ]
    assert len(settings) > 30
    assert all(described(part)["meaning"] and described(part)["description"] for part in settings)


def part_of(schema, path):
    for name in path:
        schema = schema["properties"][name]
    return schema


@pytest.mark.parametrize("key", [{"device": "cuda"}, {"card": "A100"}, {"card": 4090}])
def test_what_is_there_is_no_part_of_the_experiment(config, key):
    assert resolve(config | key) == resolve(config)


@pytest.mark.parametrize("card", ["T4", 5, None, ""])
def test_a_card_that_is_not_known_is_refused(config, card):
    with pytest.raises(InputError, match=rf"card is {card!r}; expected one of V100, A100, H100"):
        resolve(config | {"card": card})
