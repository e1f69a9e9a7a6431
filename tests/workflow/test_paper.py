"""The document: what it says comes from tables, captions and records, and nothing is lost."""

import json
import math
import re
import time
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pypdf
import pytest
import yaml
from matplotlib.figure import Figure

from document import build_paper, tabulate_settings
from supnorm.configuration import resolve
from supnorm.job import provenance
from supnorm.job.programs import InputError
from supnorm.job.records import read_record, stamp
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import read_table, write_table
from supnorm.tables.settings import SETTINGS
from uniform import tabulate_sample_counts

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "workflow/paper"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SIZES = (30, 100)


def squeezed(text):
    """Text without what typesetting changes: spaces, hyphens, forms of letters and of minus."""
    text = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-")
    return re.sub(r"[\s\u00ad‐-]+", "", text)


def written(path):
    return "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


class Paper:
    """The inputs of a document in a folder, and the document."""

    def __init__(self, folder):
        self.folder = folder
        self.options = {
            "family": "random",
            "title": "A title",
            "authors": ["First Author", "Second Author"],
            "version": "1.2",
            "released": "2026-01-02",
            "license": "MIT",
            "original": PAPER / "original.yaml",
            "template": PAPER / "paper.typ",
            "parts": [PAPER / "references.yaml", PAPER / "style.typ"],
            "config": "config.resolved.yaml",
            "output": "paper.pdf",
            "record": "paper.prov.json",
        }
        self.figures = {}
        for name in ("hat", "rates", "worst_case"):
            self.draw(name, f"What {name} shows.")
        self.configure(scale="laptop")
        self.tabulate("minmax", minmax())
        self.tabulate("rates", rates())
        self.tabulate("bounds", bounds())
        self.tabulate("claims", claims())
        counts, sides = Path("sample_counts.parquet"), Path("two_sided.parquet")
        tabulate_sample_counts.main(["--sample-counts", str(counts), "--two-sided", str(sides)])
        record(counts, "tabulate_sample_counts")
        record(sides, "tabulate_sample_counts")

    def configure(self, changes=None, **keys):
        config = yaml.safe_load((ROOT / "config.yaml").read_text()) | keys
        for section, values in (changes or {}).items():
            config["scales"][config["scale"]].setdefault(section, {}).update(values)
        config = resolve(config, ROOT / "workflow/schemas/config.schema.yaml")
        Path("config.resolved.yaml").write_text(yaml.safe_dump(config))
        settings = Path("settings.parquet")
        tabulate_settings.main(["--config", "config.resolved.yaml", "--output", str(settings)])
        record(settings, "tabulate_settings")

    def tabulate(self, name, frame):
        path = Path(f"{name}.parquet")
        write_table(path, frame, build_paper.TABLES[name])
        record(path, f"tabulate_{name}")

    def draw(self, name, caption):
        path = Path(f"figures/{name}.pdf")
        path.parent.mkdir(exist_ok=True)
        figure = Figure((2, 1))
        figure.text(0, 0.5, f"drawn for {name}")
        figure.savefig(path, metadata={"CreationDate": None})
        path.with_suffix(".txt").write_text(caption + "\n")
        record(path, f"plot_{name}")
        self.figures[name] = path

    def build(self, **changed):
        options = self.options | {n: f"{n}.parquet" for n in build_paper.TABLES}
        options["figures"] = list(self.figures.values())
        options["captions"] = [path.with_suffix(".txt") for path in self.figures.values()]
        argv = []
        for name, given in (options | changed).items():
            argv += [f"--{name}", *map(str, given if isinstance(given, list) else [given])]
        build_paper.main(argv)
        return Path("paper.pdf").read_bytes()

    def text(self, **changed):
        self.build(**changed)
        return squeezed(written("paper.pdf"))


def record(path, rule):
    """Write the record of a job that made a file."""
    program = Path(f"{rule}.py")
    program.touch()
    provenance.Job(
        program=program,
        records=[path.with_suffix(".prov.json")],
        wildcards={},
        parameters={},
        configuration={},
        inputs={"caption": [path.with_suffix(".txt")]} if path.suffix == ".pdf" else {},
        outputs={"output": [path]},
    ).write_record()


def minmax(family="random", sizes=SIZES, high=0.0339):
    rows = []
    for dim in (1, 3):
        for samples in sizes:
            for norm in NORMS:
                for statistic in ("minmax", "minmean"):
                    error = high * dim / samples * (0.5 if statistic == "minmean" else 1)
                    rows.append((family, "network", dim, samples, norm, statistic, error))
                rows.append((family, "cubic", dim, samples, norm, "minmax", 987654.0))
    columns = ["family", "algorithm_set", "dim", "samples", "norm", "statistic", "error"]
    filled = {"seeds": 3, "depth": 5, "width": 32, "batch_rule": "fifth", "evaluation": 1}
    frame = pd.DataFrame(rows, columns=columns).assign(algorithm="network", teacher=0, **filled)
    missing = ("low", "high", "upper", "ratio", "ratio_low", "ratio_high")
    return frame.assign(**dict.fromkeys(missing, np.nan))


def rates(family="random", slope=-0.59):
    rows = [
        (family, "network", dim, norm, statistic, slope, slope - 0.12, slope + 0.13)
        for dim in (1, 3)
        for norm in NORMS
        for statistic in ("minmax", "minmean")
    ]
    columns = ["family", "algorithm_set", "dim", "norm", "statistic", "slope", "low", "high"]
    missing = ("constant", "lead", "lead_low", "lead_high")
    return pd.DataFrame(rows, columns=columns).assign(**dict.fromkeys(missing, np.nan))


def bounds():
    rows = [
        (dim, samples, norm, "lower", active, active == dim, 7.77 * active, "S1.9", "2.2")
        for dim in (1, 3)
        for samples in SIZES
        for norm in NORMS
        for active in range(1, dim + 1)
    ]
    columns = ["dim", "samples", "norm", "bound", "active", "best", "value", "statement", "theorem"]
    return pd.DataFrame(rows, columns=columns)


def claims():
    names = {
        "Errors fall for p < inf.": "errors_fall",
        "Networks win.": "networks_beat_references",
        "Bounds hold.": "fixed_spike_above_bound",
    }
    columns = ["statement", "quantity", "dim", "norm", "measured", "low", "high", "verdict"]
    rows = [
        ("Errors fall for p < inf.", "slope", 1, "2", -0.123, -0.2, -0.1, "supported"),
        ("Errors fall for p < inf.", "slope", 3, "2", -0.456, -0.5, 0.1, "undecided"),
        ("Networks win.", "ratio", 1, "1", 47600.0, np.nan, np.nan, "failed"),
        ("Networks win.", "ratio", 1, "inf", 22.2, np.nan, np.nan, "failed"),
        ("Bounds hold.", "least ratio", 3, "inf", 4.45, np.nan, np.nan, "supported"),
    ]
    filled = {"source": "S1.9", "relation": "<=", "reference": 1.0, "tables": "rates"}
    frame = pd.DataFrame(rows, columns=columns).assign(**filled)
    return frame.assign(claim=frame["statement"].map(names))


@pytest.fixture
def paper(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(provenance, "commit", lambda: (COMMIT, True))
    return Paper(tmp_path)


def test_numbers_of_tables_stand_in_the_document(paper):
    text = paper.text()
    for number in ("0.00113", "0.000565", "0.00339", "7.77", "23.3"):
        assert number in text
    # Reference algorithms are no networks.
    assert "987654" not in text
    assert "Ford=1itis0.0011atm=30and0.00034atm=100;itsslopeinlogmis0.59(0.71to0.46)." in text
    # S1.12: 2^d c^(dL) (3d)^(d(L-2)) samples.
    assert "1/1024,needsatleast10160.1samples" in text
    trained = 16 * 3 * 2 * 4 * 2
    assert f"{trained}networksweretrainedon16teachers" in text


def test_every_claim_stands_in_the_document_with_its_verdict(paper):
    text = paper.text()
    for statement in ("Errors fall for p < ∞.", "Networks win.", "Bounds hold."):
        assert squeezed(statement) in text
    for row in (
        "120.1230.200to0.100≤1supported",
        "320.4560.500to0.100≤1undecided",
        "1∞22.2≤1failed",
    ):
        assert row in text
    assert "114.76⋅104≤1failed" in text
    assert "Of3statements,1holdineverycase;of5cases,2aresupported,1undecidedand2failed" in text
    assert squeezed("This run contradicts: • Networks win. Cases: d = 1 (p = 1 and p = ∞).") in text
    assert squeezed("undecided: • Errors fall for p < ∞. Cases: d = 3 (p = 2).") in text


def test_what_the_claims_say_is_said_where_it_is_shown(paper):
    paper.draw("references", "Other algorithms.")
    text = paper.text()
    assert squeezed("and 2 failed. In at least one case failed: “Networks win.”") in text
    assert "thebound(2)in1of1case(adimensionandanorm):theleastratiooferrortoboundis4.45." in text
    assert "(S1.11)in" not in text
    assert "errslessthanallofthemin0of2cases(adimensionandanorm),andmorethan" in text
    says = "thebestofthemin2,while0areundecided.Itserrorisfrom22.2to4.76⋅104timestheleast"
    assert says in text


def test_each_table_has_the_origin_of_all_its_numbers(paper):
    text = paper.text()
    inputs = {
        name: f"inputs{stamp(read_record(Path(f'{name}.prov.json')))['inputs'][:12]}"
        for name in build_paper.TABLES
    }
    origin = "commit01234567andchanges,"
    for name in ("minmax", "rates", "bounds", "claims"):
        assert f"Ruletabulate_{name},{origin}{inputs[name]}" in text
    assert text.count(f"Ruletabulate_settings,{origin}{inputs['settings']}") == 3
    # Two tables of one job have one origin.
    assert text.count(f"Ruletabulate_sample_counts,{origin}{inputs['two_sided']}") == 1


def test_how_uniform_errors_are_found_is_said_for_the_case_at_hand(paper):
    searched = "thelargestdifferencemetinasearchbybranchandboundwithlinearrelaxationsofboth"
    climbed = "theuniformerroristheendofaclimbfromtheworstofthesepoints."
    cases = (
        ({}, f"theuniformerroris{searched}", False),
        ({"certificate": {"width": 8}}, f"Forstudentsuptowidth8,itis{searched}", True),
        (
            {"certificate": {"students": "deciding"}},
            f"Forstudentsuptowidth32thatdecideaminmax,itis{searched}",
            True,
        ),
    )
    for changes, says, climbs in cases:
        paper.configure(changes, scale="laptop")
        text = paper.text()
        assert says in text
        assert (climbed in text) == climbs
    paper.configure({"certificate": {"students": "none"}}, scale="laptop")
    text = paper.text()
    assert climbed in text
    assert searched not in text


def test_constants_of_the_program_are_not_typed_again(paper, monkeypatch):
    assert "nominallevelof95%" in paper.text()
    monkeypatch.setattr(build_paper, "TAIL", 0.05)
    monkeypatch.setattr(build_paper, "SHOWN_CLASS", {"q": "2", "c": 0.5})
    monkeypatch.setattr(build_paper, "SHOWN_POWER", -4)
    text = paper.text()
    assert "nominallevelof90%" in text
    assert "auniformerrorof24onnetworksofwidth3dwithq=2andc=0.5,andtheratio" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.2, "0.200"),
        (428.4, "428"),
        (-1, "\N{MINUS SIGN}1.00"),
        (47600, "4.76e+04"),
        (math.nan, "\N{EN DASH}"),
        (math.inf, "\N{INFINITY}"),
    ],
)
def test_measured_numbers_have_three_digits(value, text):
    assert build_paper.number(value) == text


def test_each_figure_stands_there_with_its_caption_and_its_origin(paper):
    paper.draw("mine", "One that no section knows.")
    text = paper.text(doi="10.5281/zenodo.42")
    for name, path in paper.figures.items():
        assert squeezed(path.with_suffix(".txt").read_text()) in text
        inputs = stamp(read_record(path.with_suffix(".prov.json")))["inputs"]
        line = f"Ruleplot_{name},commit01234567andchanges,inputs{inputs[:12]},doi:10.5281/zenodo.42"
        assert line in text
        assert text.count(f"drawnfor{name}") == 1
    links = {a["/A"]["/URI"] for page in pypdf.PdfReader("paper.pdf").pages for a in actions(page)}
    assert "https://doi.org/10.5281/zenodo.42" in links


def actions(page):
    found = (a.get_object() for a in page.get("/Annots", []))
    return [a for a in found if "/URI" in a.get("/A", {})]


def test_a_commit_may_be_clean_or_unknown(paper, monkeypatch):
    for known, says in (((COMMIT, False), "commit01234567,"), ((None, None), "unknowncommit,")):
        monkeypatch.setattr(provenance, "commit", lambda known=known: known)
        paper.draw("hat", "A hat.")
        assert f"Ruleplot_hat,{says}inputs" in paper.text()


def test_captions_may_hold_any_character(paper):
    caption = r"#let x = $1$; *b* _i_ @ref [c] <l> \ // ~ `r` = + - 5 % \u{1} “q” m^(-1/d) 2/M^2 ü"
    paper.draw("hat", caption)
    shown = caption.replace("m^(-1/d)", "m-1/d").replace("M^2", "M2")
    assert squeezed(shown) in paper.text()


def test_mathematics_in_captions_is_typeset(paper):
    paper.draw("hat", "For p = inf and d = 3, L^inf and L^2: 4.9e+03 at x = -0.25, u_0, c_0 = 1.")
    text = paper.text()
    assert "Forp=∞andd=3,L∞andL2:4.9⋅103atx=0.25,u0,c0=1." in text
    assert "p=inf" not in text


def test_settings_stand_beside_those_of_the_original(paper):
    text = paper.text()
    assert "samplesizem30,100,300,1000100,1000,10000,100000" in text
    assert "•teachersofeachkindanddimension:16insteadof40." in text
    assert "•batchsize,rulefiftieth:noneinsteadof⌈m/50⌉." in text
    assert "affinelayersofateacher:" not in text


def test_a_run_with_the_settings_of_the_original_says_so(paper):
    paper.configure({"evaluation": {"method": "sampled"}}, scale="paper")
    text = paper.text()
    assert "Thisrunhasthesettingsoftheoriginal." in text
    assert "insteadof" not in text
    assert "measuredon16777216uniformpoints" in text


def test_the_settings_of_the_original_are_the_base_of_the_configuration(paper):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["scales"]["bare"] = {}
    paper.configure(scale="bare", scales=config["scales"])
    base = read_table(Path("settings.parquet"), SETTINGS.columns).set_index("key")
    for row in yaml.safe_load((PAPER / "original.yaml").read_text()):
        # The one setting of the base that is better than the original's.
        expected = "exact" if row["key"] == "evaluation.method" else row["value"]
        assert base.loc[row["key"], "value"] == expected
        assert base.loc[row["key"], "quantity"] == row["quantity"]


def test_the_same_inputs_give_the_same_bytes_whenever_they_were_made(paper):
    first = paper.build()
    time.sleep(1.1)
    for name, path in paper.figures.items():
        record(path, f"plot_{name}")
    assert paper.build() == first
    assert b"CreationDate" not in first
    assert b"CreateDate" not in first


def test_the_document_carries_its_stamp(paper):
    paper.build()
    made = json.loads(Path("paper.prov.json").read_text())
    reader = pypdf.PdfReader("paper.pdf")
    assert reader.metadata["/Keywords"] == provenance.keywords(provenance.stamp(made))
    assert reader.metadata.title == "A title"
    assert made["parameters"]["authors"] == ["First Author", "Second Author"]
    assert list(made["inputs"]["figures"]) == [str(path) for path in paper.figures.values()]


def test_a_run_may_be_small(paper):
    paper.tabulate("minmax", minmax(sizes=(10,)))
    paper.tabulate("rates", rates().assign(slope=np.nan, low=np.nan, high=np.nan))
    paper.tabulate("bounds", bounds()[:0])
    paper.tabulate("claims", claims()[:0])
    paper.figures = {"hat": paper.figures["hat"]}
    paper.configure(
        {
            "sample": {"seeds": [1]},
            "reference": {"algorithms": []},
            "certificate": {"students": "none"},
        },
        scale="smoke",
    )
    text = paper.text()
    assert "Ford=1itis0.0034atm=10." in text
    assert "Asingleseedhasnointerval." in text
    assert "Thisrunistoosmallforanyofthesetests." in text
    assert not re.search(r"\b(nan|None)\b", written("paper.pdf"))


def test_a_single_seed_and_errors_without_end_are_shown(paper):
    paper.tabulate("minmax", minmax(high=np.inf))
    paper.tabulate("rates", rates().assign(low=np.nan, high=np.nan))
    text = paper.text()
    assert "Ford=3itis∞atm=30and∞atm=100;itsslopeinlogmis0.59." in text


def test_a_document_shows_one_family_and_says_so(paper):
    config = Path("config.resolved.yaml")
    config.write_text(config.read_text().replace("- random\n", "- random\n  - other\n"))
    both = pd.concat([minmax(), minmax("other", high=555.0)])
    paper.tabulate("minmax", both)
    paper.tabulate("rates", pd.concat([rates(), rates("other", slope=-0.99)]))
    text = paper.text()
    assert "showsthoseofthekindrandom" in text
    assert "0.99(" not in text


def test_a_file_that_its_record_does_not_describe_is_refused(paper):
    with paper.figures["hat"].open("ab") as file:
        file.write(b"\n")
    with pytest.raises(InputError, match=r"hat\.pdf: expected the file that figures/hat"):
        paper.build()


def test_a_damaged_record_is_refused(paper):
    path = Path("claims.prov.json")
    path.write_text(path.read_text().replace(COMMIT, COMMIT[::-1]))
    with pytest.raises(InputError, match=r"claims\.prov\.json: expected a record as it"):
        paper.build()


def test_wrong_inputs_give_one_sentence(paper):
    bad = Path("bad")
    for content, says in (
        ("#set text(font: 'x')", "bad: expected a template that Typst can typeset, found: .* line"),
        ('#set text(font: "Nope")\nhi', "found: unknown font family: nope in line 1 of bad"),
        ('#read("../x")', "found: path .* would escape the project root in line 1 of bad"),
        ('#json("data.json").nothing', "found: dictionary does not contain key"),
    ):
        bad.write_text(content)
        refused(paper, says, template=bad)
    for content, says in (
        ("[1]", "bad: expected a YAML dict, found"),
        ("a: [", "bad: expected YAML, found while parsing"),
        ("scale: laptop", "bad: expected a resolved configuration, found KeyError"),
    ):
        bad.write_text(content)
        refused(paper, says, config=bad)
    bad.write_text("- {key: teacher.count}")
    refused(paper, "bad: expected rows of key, quantity and value, found", original=bad)
    refused(paper, "minmax.parquet: expected rows of the family sine, found none", family="sine")
    refused(paper, "--captions: found those of hat; expected", captions=["figures/hat.txt"])
    refused(paper, "rates.parquet: expected a column claim, found", claims="rates.parquet")


def refused(paper, says, **changed):
    with pytest.raises(InputError, match=says) as raised:
        paper.build(**changed)
    assert "\n" not in str(raised.value)
    assert not Path("paper.pdf").exists()
