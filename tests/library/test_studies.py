"""Studies: what their indices list is there, and what their settings are."""

import re

import pytest

from scales import ROOT, configuration, whole_configuration
from supnorm.configuration import of_study
from supnorm.schemas import setting, studies
from supnorm.studies import Study, Table, all_studies, find_study

STUDIES = all_studies()
RULE = re.compile(r"^(?:use rule \w+ from \w+ as|rule) (\w+)", re.MULTILINE)
EACH = pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)


def rules_text(study):
    folder = ROOT / "workflow/rules" / study.name
    return "\n".join(path.read_text() for path in sorted(folder.glob("*.smk")))


def test_every_study_has_a_schema_an_index_and_rules():
    names = ["approximation", "depth", "parity", "uniform"]
    assert [study.name for study in STUDIES] == list(studies()) == names
    assert [find_study(name) for name in names] == STUDIES
    for study in STUDIES:
        assert (ROOT / f"workflow/rules/{study.name}/study.smk").is_file()
        assert (ROOT / f"workflow/scripts/{study.name}").is_dir()
    with pytest.raises(ModuleNotFoundError):
        find_study("none")


@EACH
def test_figures_are_drawn_from_tables_of_the_index_by_rules_of_their_name(study):
    rules = set(RULE.findall(rules_text(study)))
    assert study.figures
    for name, figure in study.figures.items():
        assert set(figure.tables) <= set(study.tables), name
        assert (ROOT / f"workflow/report/{study.name}/{name}.rst").is_file()
    # With the name of the study where that says more.
    plotted = [rule.removeprefix("plot_") for rule in rules if rule.startswith("plot_")]
    assert {rule.removeprefix(f"{study.name}_") for rule in plotted} == set(study.figures)
    assert len(plotted) == len(study.figures)


@EACH
def test_every_table_is_written_by_a_rule_and_no_other_is(study):
    written = re.findall(r'"<results>/tables/(\w+)\.parquet"', rules_text(study))
    assert set(written) == set(study.tables)


@EACH
def test_every_rule_of_a_stage_is_one_and_fills_its_folders(study):
    text = rules_text(study)
    parts = re.split(RULE, text)
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert study.stages
    staged = [rule for stage in study.stages for rule in stage.rules]
    assert len(staged) == len(set(staged))
    for stage in study.stages:
        for rule in stage.rules:
            outputs = bodies[rule].split("output:")[1].split("pathvars:")[0]
            folders = set(re.findall(r"<results>/(\w+)/", outputs))
            assert stage.folders[0] in folders, rule
            assert folders <= {*stage.folders, "tables"} or rule == "measure_sine", rule
            assert (ROOT / f"workflow/scripts/{study.name}/{rule}.py").is_file()


@EACH
def test_a_table_of_the_reference_set_has_a_schema_with_its_keys_and_intervals(study):
    compared = {name: table for name, table in study.tables.items() if table.schema}
    assert compared
    for name, table in compared.items():
        columns = {column.name for column in study.schema(name).columns}
        assert set(table.keys) <= columns, name
        assert {end for interval in table.intervals for end in interval} <= columns, name
    plain = [table for table in study.tables.values() if not table.schema]
    assert all(table.keys == table.intervals == () for table in plain)


def test_a_schema_that_is_nowhere_is_named():
    study = Study("uniform", {}, {"wrong": Table("nowhere.NONE")})
    with pytest.raises(KeyError, match=r"uniform: found no schema nowhere\.NONE of the table"):
        study.schema("wrong")


@EACH
def test_what_a_figure_needs_is_a_setting_without_which_it_is_not_drawn(study):
    settings = of_study(whole_configuration("smoke"), study.name)
    assert study.shown(settings) == list(study.figures)
    for name, figure in study.figures.items():
        if figure.needs:
            section, key = figure.needs
            assert setting(f"{study.name}.{section}.{key}")
            without = settings | {section: settings[section] | {key: []}}
            assert set(study.figures) - set(study.shown(without)) >= {name}


def test_settings_of_a_study_are_its_own_with_those_that_all_share():
    config = {
        "scale": "tiny",
        "studies": ["one", "two"],
        "training": {"engine": "auto", "device": "cpu"},
        "one": {"training": {"rate": 1.0}, "sample": {"sizes": [1]}},
        "two": {"training": {"device": "cuda"}},
        "three": {"sample": 3},
    }
    assert of_study(config, "one") == {
        "scale": "tiny",
        "training": {"engine": "auto", "device": "cpu", "rate": 1.0},
        "sample": {"sizes": [1]},
    }
    assert of_study(config, "two")["training"] == {"engine": "auto", "device": "cuda"}
    assert of_study(config, "three")["training"] == config["training"]
    # What it is made from stays as it was.
    assert config["training"] == {"engine": "auto", "device": "cpu"}
    assert config["one"]["training"] == {"rate": 1.0}


def test_the_study_uniform_trains_as_all_do():
    whole, settings = whole_configuration("smoke"), configuration("smoke")
    training = whole["training"] | whole["uniform"]["training"]
    assert settings["training"] == training
    assert training.keys() > whole["training"].keys()
    assert settings["scale"] == "smoke"
    assert "studies" not in settings
