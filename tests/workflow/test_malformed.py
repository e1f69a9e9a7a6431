"""Whatever config.yaml says, there is one sentence or a configuration, and never a traceback."""

import copy
import datetime
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from supnorm.configfile import read_configfile
from supnorm.configuration import as_yaml, resolve
from supnorm.job.programs import InputError

ROOT = Path(__file__).parents[2]
CONFIG = read_configfile(ROOT / "config.yaml")
BASE = {key: value for key, value in CONFIG.items() if key != "scales"} | {"scale": "tiny"}
WRITTEN = yaml.safe_dump({**BASE, "scales": {"tiny": {}}}, sort_keys=False)
LINES = yaml.safe_dump({key: BASE["uniform"][key] for key in ("student", "budget")}).splitlines()

WORDS = st.sampled_from(["", "a", "count", "on", "1e-3", "2024", "a/b", "../a", "x\n", "é", "-a"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70),
    st.integers(),
    st.floats(),
    WORDS,
    st.dates(),
    st.binary(max_size=2),
)
KEYS = st.one_of(WORDS, st.booleans(), st.integers(-1, 2024), st.none(), st.dates())
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(KEYS, SCALARS, max_size=2),
    st.recursive(st.integers(0, 1), lambda inner: st.lists(inner, max_size=2), max_leaves=3),
)


def places(value, path=()):
    """Yield the path of each value below one."""
    below = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in below:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


@st.composite
def malformed(draw):
    """A configuration of which something is replaced, removed, added or called otherwise."""
    config = {**copy.deepcopy(BASE), "scales": {"tiny": copy.deepcopy(CONFIG["scales"]["smoke"])}}
    for _ in range(draw(st.integers(1, 2))):
        *above, key = draw(st.sampled_from(list(places(config))))
        part = reduce(getitem, above, config)
        change = draw(st.sampled_from(["replace", "remove", "add", "rename"]))
        if change == "replace":
            part[key] = draw(VALUES)
        elif isinstance(part, list):
            part.append(draw(SCALARS))
        elif change == "add":
            part[draw(KEYS)] = draw(VALUES)
        else:
            value = part.pop(key)
            if change == "rename":
                part[draw(KEYS)] = value
    return config


def sentence(reading, *given):
    """Return the sentence by which something is refused; None where it is not."""
    try:
        reading(*given)
    except InputError as error:
        return str(error)
    return None


def is_sentence(text):
    return text.startswith("config.yaml: ") and text.isprintable() and "expected " in text


@settings(max_examples=150, deadline=None)
@given(malformed())
def test_a_malformed_configuration_gives_one_sentence(config):
    before = copy.deepcopy(config)
    if said := sentence(resolve, config):
        assert is_sentence(said)
    else:
        # What is taken can be written and read, and is taken again as what it is.
        found = resolve(config)
        again = yaml.safe_load(as_yaml(found)) | {"scales": {found["scale"]: None}}
        assert resolve(again) == found
    assert repr(config) == repr(before)


ODD = st.sampled_from(
    [
        *("\t", ":", "- a", "? [1, 2]", "x: &a [1]", "y: *a", "<<: {}", "<<: 3", "%YAML 9"),
        *("!!python/object:os.system {}", "2024-13-45: 1", "---", "...", "[" * 300, "{", "'"),
        *("\0", "\ufeff", "a: !!binary x", "9" * 5000, "x: @", "? 1\n: 2", "x: !!set {a}", "\x85"),
        *("x: 010", "x: 3:20", "x: 0x1F", "{a: b}: 1", "x: !!bool x", "x: !!timestamp x", "=: 1"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_odd_yaml_gives_one_sentence_or_keys_and_values(tmp_path_factory, data):
    lines = LINES.copy()
    place = data.draw(st.integers(0, len(lines) - 1))
    indented = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
    odd = data.draw(st.one_of(ODD, st.text(max_size=3), st.sampled_from(lines)))
    lines[place:place] = [data.draw(st.sampled_from(["", indented])) + odd]
    text = "\n".join(lines[: data.draw(st.integers(place, place + 30))]).encode(
        data.draw(st.sampled_from(["utf-8", "utf-8", "utf-16", "latin-1"])), "ignore"
    )
    file = tmp_path_factory.getbasetemp() / "odd.yaml"
    file.write_bytes(text)
    said = sentence(read_configfile, file)
    assert said is None or is_sentence(said)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_key_that_stands_twice_is_told_with_both_lines(tmp_path_factory, data):
    """Whatever stands between, and however deep the key is."""
    lines = LINES.copy()
    keys = [number for number, line in enumerate(lines) if ":" in line]
    first = data.draw(st.sampled_from(keys))
    indent = len(lines[first]) - len(lines[first].lstrip())
    # Up to where the section of the key ends.
    ends = (n for n in keys if n > first and len(lines[n]) - len(lines[n].lstrip()) < indent)
    last = next(ends, len(lines))
    rest = [n for n in keys if first < n < last and lines[n][indent] not in " -"]
    again = data.draw(st.sampled_from([*rest, last]))
    key = lines[first].strip().partition(":")[0]
    lines.insert(again, f"{' ' * indent}{key}: 7")
    file = tmp_path_factory.getbasetemp() / "twice.yaml"
    file.write_text("\n".join(lines))
    says = rf"[ .]{key} stands in line {first + 1} and again in line {again + 1}; expected it once"
    with pytest.raises(InputError, match=says):
        read_configfile(file)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "a: 1\nb: 2\na: 3",
            "config.yaml: a stands in line 1 and again in line 3; expected it once",
        ),
        ('a: {b: 1, "b": 2}', "config.yaml: a.b stands in line 1 and again in line 1; "),
        ("a:\n- b: 1\n  b: 2", "config.yaml: a[0].b stands in line 2 and again in line 3; "),
        ("a: &x b\nc: {*x : 1}", "config.yaml: c.b is an alias of what stands in line 1; "),
        ("a: &x {b: 1}\nc:\n  <<: *x", "config.yaml: c.<< is a merge key in line 3; expected YAML"),
        ("a:\n  <<: {b: 1}", "config.yaml: a.<< is a merge key in line 2; expected YAML without"),
        ("a: [!!bool x]", "config.yaml: a[0] has the tag tag:yaml.org,2002:bool in line 1; "),
        ("!!set {a}", "config.yaml: has the tag tag:yaml.org,2002:set in line 1; expected YAML"),
        ("b:\n  {a: b}: 1", "config.yaml: b has keys and values for a key in line 2; expected a"),
        ("? [1]\n: 2", "config.yaml: has a list for a key in line 1; expected a name"),
        ("a: &x 1\nb: [*x]", "config.yaml: b[0] is an alias of what stands in line 1; "),
        ("a: &x [*x]", "config.yaml: a[0] is an alias of what stands in line 1; "),
        ("", "config.yaml: expected keys and values, found none"),
        ("- a", "config.yaml: expected keys and values, found a list"),
        ("9" * 5000, "config.yaml: expected keys and values, found '9999"),
        ("a: [", "config.yaml: expected YAML, found "),
        (
            f"a:\n  b: {'9' * 5000}",
            "config.yaml: a.b is a number of 5000 digits in line 2; expected at most 300",
        ),
        (
            f"? {'9' * 5000}\n: 1",
            "config.yaml: has the key a number of 5000 digits in line 1; expected at most 300",
        ),
        (
            "a: {2024-13-01: 1}",
            "config.yaml: a has the key 2024-13-01, of which YAML says: month must be in 1..12, in "
            "line 1; expected another value, or a text in quotes",
        ),
        ("a: =", "config.yaml: a is =, of which YAML says: could not determine a constructor"),
    ],
)
def test_what_is_refused_of_a_file(tmp_path, text, says):
    (tmp_path / "file").write_text(text)
    with pytest.raises(InputError) as caught:
        read_configfile(tmp_path / "file")
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("010", 8),
        ("-010", -8),
        ("00", 0),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("3:20", 200),
        ("3:20.5", 200.5),
        ("1_0.5", 10.5),
    ],
)
def test_a_number_that_yaml_reads_otherwise_is_refused(tmp_path, written, read):
    """As a value, in a list and as a key."""
    says = f"{written}, which YAML reads as {read}, in line 2; expected a number in plain decimals"
    for text, what in (("b: {}", "a.b is"), ("b: [{}]", "a.b[0] is"), ("{}: b", "a has the key")):
        (tmp_path / "file").write_text(f"a:\n  {text.replace('{}', written)}")
        with pytest.raises(InputError) as caught:
            read_configfile(tmp_path / "file")
        assert str(caught.value).startswith(f"config.yaml: {what} {says}")


def test_plain_numbers_are_read_as_ever(tmp_path):
    written = "[0, 7, -7, +3, 1e-3, 1.0e-3, 1.e+3, .5, -0.5, 010.5, .inf, -.inf, 2024-12-31, '010']"
    (tmp_path / "file").write_text(f"a: {written}")
    assert read_configfile(tmp_path / "file") == {"a": yaml.safe_load(written)}


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("a: 1\nb: é".encode("latin-1"), "expected text in UTF-8, found the byte 0xe9 in line 2"),
        ("a: 1".encode("utf-16"), "expected text in UTF-8, found the byte 0xff in line 1"),
        ("é\n".encode("utf-16-le"), "expected text in UTF-8, found the byte 0xe9 in line 1"),
        (b"a: 1\nb: \0", "expected text in UTF-8, found the character U+0000 in line 2"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, written, says):
    (tmp_path / "file").write_bytes(written)
    assert sentence(read_configfile, tmp_path / "file") == f"config.yaml: {says}"


def test_a_place_without_a_file_is_refused(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    found = {"": "a folder", "none": "no file", "loop": "Too many levels of symbolic links"}
    for path, what in found.items():
        said = sentence(read_configfile, tmp_path / path, path or "folder")
        assert said == f"{path or 'folder'}: expected a configuration, found {what}"


NAMES = ["a", "smoke-2", "2024", "on", "null", "007", "a" * 40, "2024-12-31"]
NO_NAMES = [
    "",
    "a/b",
    "..",
    "A",
    "a b",
    "-a",
    "_a",
    "smoke_2",
    "1_000",
    "a.b",
    "é",
    "a\n",
    "a" * 41,
    "{a}",
    "a*",
]
MISREAD = {2024: "a number", 1.5: "a number", True: "a truth value", None: "nothing"}
MISREAD[datetime.date(2024, 12, 31)] = "a date"


def named(place, name):
    """A configuration in which something bears a name."""
    config = {**copy.deepcopy(BASE), "scales": {"tiny": {}}}
    uniform = config["uniform"]
    if place == "scales":
        config |= {"scale": name, "scales": {name: {}}}
    elif place == "student.batch_rules":
        uniform["student"]["batch_rules"][name] = {"divisor": 5, "epochs": 20}
    elif place == "budget.longer":
        uniform["budget"]["longer"] = {name: {"times": 2, "learning_rate": 1e-3}}
    else:
        uniform["polynomial"]["kinds"] = {name: {"dim": 1, "degree": 2}}
    return config


@pytest.mark.parametrize(
    "place", ["scales", "student.batch_rules", "budget.longer", "polynomial.kinds"]
)
def test_one_rule_for_all_names(place):
    for name in NAMES:
        assert resolve(named(place, name))
    for name in NO_NAMES:
        said = sentence(resolve, named(place, name))
        assert is_sentence(said)
        assert f"{place} has the name {name!r}; expected a name of at most 40" in said
    for name, read_as in MISREAD.items():
        said = sentence(resolve, named(place, name))
        assert f"{place} has the name {name!r}; expected a name of at most 40" in said
        assert said.endswith(f" (YAML reads it as {read_as}; put it in quotes)")


@pytest.mark.parametrize(
    ("given", "names", "chosen"),
    [
        (2024, ["a", "2024"], "2024"),
        ("2024", ["2024", "02024"], "2024"),
        (7, ["007"], "007"),
        (100000.0, ["1e5"], "1e5"),
    ],
)
def test_a_scale_may_be_read_as_a_number(given, names, chosen):
    """As by Snakemake's --config, which knows no quotes."""
    config = BASE | {"scale": given, "scales": dict.fromkeys(names)}
    assert resolve(config)["scale"] == chosen


@pytest.mark.parametrize(
    ("given", "names", "read_as"),
    [
        (7, ["7", "007"], "a number"),
        (7, ["a", "8"], "a number"),
        (7, ["a"], None),
        (1, ["on"], None),
        (True, ["on"], "a truth value"),
        (True, ["1"], None),
        (datetime.date(2024, 12, 31), ["2024-12-30"], "a date"),
        (None, ["null"], "nothing"),
        (None, ["a"], None),
        ("b", ["a"], None),
    ],
)
def test_a_scale_that_is_none_is_told_how_it_was_read(given, names, read_as):
    said = sentence(resolve, BASE | {"scale": given, "scales": dict.fromkeys(names)})
    found = "empty" if given is None else repr(given)
    hint = f" (YAML reads it as {read_as}; put it in quotes)" if read_as else ""
    assert said == f"config.yaml: scale is {found}; expected one of {', '.join(names)}{hint}"


@pytest.mark.parametrize("rule", ["none", "best"])
def test_names_that_tables_need_are_taken(rule):
    for place in ("student.batch_rules", "budget.longer"):
        with pytest.raises(InputError, match=rf"{place} has the name {rule}, which means"):
            resolve(named(place, rule))


def test_numbers_that_come_as_text_are_numbers():
    """As YAML 1.1 reads 1e-3, and Snakemake's --config all numbers below a key."""
    texts = yaml.load(WRITTEN, yaml.BaseLoader)
    assert resolve(texts) == resolve(yaml.safe_load(WRITTEN))
    assert as_yaml(resolve(texts)) == as_yaml(resolve(yaml.safe_load(WRITTEN)))
    for written in ("1e-3", "1.e-3", ".001", "+1.0E-3"):
        config = copy.deepcopy(BASE) | {"scales": {"tiny": {"uniform": {}}}}
        config["scales"]["tiny"]["uniform"]["training"] = {"learning_rate": written}
        assert resolve(config)["uniform"]["training"]["learning_rate"] == 1e-3


@pytest.mark.parametrize("text", ["1_0", "9" * 400, "0x10", "3:20"])
def test_a_text_that_is_no_plain_number_stays_a_text(text):
    config = copy.deepcopy(BASE) | {"scales": {"tiny": {}}}
    config["uniform"]["teacher"]["depth"] = text
    said = sentence(resolve, config)
    assert said == (
        f"config.yaml: uniform.teacher.depth is {text!r}; expected a whole number of at least 1"
    )
