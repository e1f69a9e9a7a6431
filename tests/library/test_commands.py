"""Command lines: options as the schema describes them, and as rules spell them."""

import shlex
from types import SimpleNamespace

import pytest

from driver.options import files, growing, options, words
from scales import ROOT, whole_configuration
from supnorm.job.commands import Program
from supnorm.schemas import configuration_schema, described, sections, setting
from supnorm.tables.cells import DIM, FAMILY

PROGRAM = ROOT / "workflow/scripts/document/collect_claims.py"


class Named(dict):
    """Files or wildcards of a job, as Snakemake hands them on."""

    def __getattr__(self, name):
        return self[name]


def parsed(key, *values, **how):
    parser = Program("Do something.", PROGRAM)
    parser.setting(key, **how)
    return parser.parse_args([f"--{key}", *values])


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        ("uniform.teacher.depth", ["5"], 5),
        ("uniform.teacher.norm", ["inf"], float("inf")),
        ("uniform.teacher.norm", ["1"], 1.0),
        ("uniform.teacher.bound", ["0.5"], 0.5),
        ("uniform.training.weight_decay", ["0"], 0.0),
        ("uniform.sample.sizes", ["10", "20"], [10, 20]),
        ("uniform.sample.seeds", ["0"], [0]),
        ("uniform.teacher.families", ["random"], ["random"]),
        ("uniform.reference.algorithms", [], []),
        ("uniform.reference.algorithms", ["grid", "rbf"], ["grid", "rbf"]),
        ("training.engine", ["auto"], "auto"),
        ("training.flops_per_job", ["1e17"], 1e17),
    ],
)
def test_a_setting_has_the_type_that_the_schema_says(key, given, value):
    arguments = parsed(key, *given)
    found = getattr(arguments, key.split(".")[-1])
    assert found == value
    assert type(found) is type(value)
    assert arguments.job.configuration == {key: value}
    assert arguments.job.parameters == {}


@pytest.mark.parametrize(
    ("key", "given", "says"),
    [
        ("uniform.teacher.depth", "0", "found 0, expected a whole number of at least 1"),
        ("uniform.teacher.depth", "2.5", "found 2.5, expected a whole number of at least 1"),
        ("uniform.teacher.norm", "0.5", "found 0.5, expected a number of at least 1, or inf"),
        ("uniform.teacher.norm", "nan", "found nan, expected a number of at least 1, or inf"),
        ("uniform.teacher.norm", "-inf", "found -inf, expected a number of at least 1, or inf"),
        ("uniform.teacher.bound", "0", "found 0, expected a finite number above 0"),
        ("uniform.teacher.bound", "inf", "found inf, expected a finite number above 0"),
        ("uniform.teacher.bound", "nan", "found nan, expected a finite number above 0"),
        ("uniform.training.weight_decay", "-1", "found -1, expected a finite number of at least 0"),
        ("uniform.training.weight_decay", "inf", "found inf, expected a finite number of at least"),
        ("uniform.sample.seeds", "-1", "found -1, expected a whole number from 0 to 2^63 - 1"),
        ("uniform.sample.seeds", str(2**63), "expected a whole number from 0 to 2^63 - 1"),
        ("uniform.sample.sizes", "few", "found few, expected a whole number of at least 1"),
        ("uniform.teacher.families", "sine", "invalid choice: 'sine'"),
        ("training.engine", "fast", "invalid choice: 'fast'"),
    ],
)
def test_a_value_that_the_schema_does_not_allow_gives_one_sentence(key, given, says, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed(key, given) if given[0] != "-" else parsed_as_one_word(key, given)
    assert ended.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"argument --{key}: " in last
    assert says in last


def parsed_as_one_word(key, value):
    """What begins with a hyphen would be taken for an option."""
    parser = Program("Do something.", PROGRAM)
    parser.setting(key)
    parser.parse_args([f"--{key}={value}"])


def test_a_setting_is_required_unless_it_is_said_otherwise(capsys):
    parser = Program("Do something.", PROGRAM)
    parser.setting("uniform.evaluation.points", required=False)
    arguments = parser.parse_args([])
    assert arguments.points is None
    assert arguments.job.configuration == {}
    parser.setting("uniform.teacher.depth", dest="layers")
    with pytest.raises(SystemExit):
        parser.parse_args([])
    assert "required: --uniform.teacher.depth" in capsys.readouterr().err
    assert parser.parse_args(["--uniform.teacher.depth", "3"]).layers == 3


@pytest.mark.parametrize("key", ["uniform.teacher.height", "teacher.depth", "uniform", ""])
def test_what_is_no_setting_is_no_option(key):
    with pytest.raises(KeyError):
        Program("Do something.", PROGRAM).setting(key)


def test_a_section_is_no_setting():
    with pytest.raises(KeyError, match=r"uniform\.teacher is a section, no setting"):
        setting("uniform.teacher")


def settings():
    """All settings of the schema, but for those whose keys the configuration chooses."""
    schema = configuration_schema()
    for path in sections(schema):
        part = schema
        for name in path:
            part = part["properties"][name]
        for name, below in part["properties"].items():
            if "properties" not in below and described(below).get("type") != "object":
                yield ".".join((*path, name))


def value_of(key, config):
    for name in key.split("."):
        config = config[name]
    return config


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_every_setting_reaches_a_program_as_the_configuration_has_it(scale):
    """A rule spells what is in force, and a program reads it: both by the schema's key."""
    config = whole_configuration(scale)
    keys = list(settings())
    assert len(keys) > 30
    for key in keys:
        value = value_of(key, config)
        line = options(config, key)(Named())
        arguments = parsed(key, *shlex.split(line)[1:])
        found = getattr(arguments, key.split(".")[-1])
        values = value if isinstance(value, list) else [value]
        wanted = [float("inf") if one == "inf" else one for one in values]
        assert found == (wanted if isinstance(value, list) else wanted[0]), key


def test_what_a_job_is_told_is_recorded_by_what_it_is():
    parser = Program("Do something.", PROGRAM)
    parser.wildcards(*FAMILY, *DIM)
    parser.reads("tables", nargs="+")
    parser.reads("further", required=False, nargs="*", default=[])
    parser.setting("uniform.teacher.depth")
    parser.on_device()
    parser.parallel()
    parser.add_argument("--batch", type=int)
    parser.writes("errors", help="table to write")
    line = (
        "--family random --dim 3 --tables a b --uniform.teacher.depth 5 --device cpu --threads 2 "
        "--heartbeat beat.json --batch 7 --errors out --record r.json s.json"
    )
    arguments = parser.parse_args(line.split())
    job = arguments.job
    assert (arguments.dim, arguments.depth) == (3, 5)
    assert job.wildcards == {"family": "random", "dim": "3"}
    assert job.configuration == {"uniform.teacher.depth": 5}
    assert job.parameters == {"device": "cpu", "threads": 2, "batch": 7}
    named = {name: list(map(str, paths)) for name, paths in (job.inputs | job.outputs).items()}
    assert named == {"tables": ["a", "b"], "further": [], "errors": ["out"]}
    assert list(map(str, job.records)) == ["r.json", "s.json"]


@pytest.mark.parametrize("cut", ["--uniform.teacher", "--dep", "--tab"])
def test_options_are_not_shortened(cut, capsys):
    parser = Program("Do something.", PROGRAM)
    parser.reads("table", required=False)
    parser.setting("uniform.teacher.depth", required=False)
    with pytest.raises(SystemExit):
        parser.parse_args([cut, "5"])
    assert f"unrecognized arguments: {cut}" in capsys.readouterr().err


def test_a_rule_becomes_the_command_line_of_its_program():
    config = {"study": {"grid": {"sizes": [10, 20], "gap": 1e-4, "names": []}}}
    said = options(
        config,
        "study.grid.sizes",
        "study.grid.gap",
        "study.grid.names",
        device="cpu",
        first=lambda wildcards: int(wildcards.dim) + 1,
        checkpoint=None,
    )
    code = {"program": "x.py", "library": ["y.py"], "records": ["z"]}
    inputs = Named(code, table="a table", students=["s 1", "s2"])
    wildcards = Named(dim="3", rule="fifth")
    line = files(wildcards, inputs, Named(errors="e", record=["r", "s"]))
    assert shlex.split(line) == [
        *("--table", "a table", "--students", "s 1", "s2", "--dim", "3", "--rule", "fifth"),
        *("--errors", "e", "--record", "r", "s"),
    ]
    assert shlex.split(said(wildcards)) == [
        *("--study.grid.sizes", "10", "20", "--study.grid.gap", "0.0001", "--study.grid.names"),
        *("--device", "cpu", "--first", "4"),
    ]


def test_a_setting_that_is_not_there_stops_the_rule():
    with pytest.raises(KeyError):
        options({"study": {}}, "study.depth")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        ([], ["--x"]),
        ("a b", ["--x", "a b"]),
        (0, ["--x", "0"]),
        (False, ["--x", "False"]),
        ([1, 2], ["--x", "1", "2"]),
    ],
)
def test_an_option_has_its_value_or_its_values(value, expected):
    assert words("x", value) == expected


def test_each_attempt_asks_for_more():
    assert [growing(1000)(SimpleNamespace(), attempt) for attempt in (1, 2)] == [1000, 2000]
