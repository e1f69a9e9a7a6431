"""The document: what it says comes from tables, captions and records, and nothing is lost."""

import json
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
from supnorm.configuration import of_study, resolve
from supnorm.drawing.typesetting import typeset
from supnorm.findings import write_findings
from supnorm.job import provenance
from supnorm.job.programs import InputError
from supnorm.job.records import read_record, stamp
from supnorm.schemas import SCHEMAS
from supnorm.statistics.claims import tested as by_claim
from supnorm.tables.ledger import LEDGER
from supnorm.tables.norms import NORMS
from supnorm.tables.schema import write_table
from supnorm.uniform.cells import ranked_cells
from supnorm.uniform.wording import course
from uniform import describe_findings, tabulate_sample_counts

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "workflow/paper"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SIZES = (30, 100)
PARTS = ("references.yaml", "style.typ", "figures.typ", "story.typ", "uniform.typ")
OWN = ("minmax", "rates", "bounds", "sample_counts", "two_sided")
SCHEMAS_OF = describe_findings.TABLES | {"ledger": LEDGER}


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
            "title": "A title",
            "authors": ["First Author", "Second Author"],
            "version": "1.2",
            "released": "2026-01-02",
            "license": "MIT",
            "template": PAPER / "frame.typ",
            "parts": [PAPER / name for name in PARTS],
            "config": "config.resolved.yaml",
            "findings": ["uniform/findings.json"],
            "claims": "claims.parquet",
            "ledger": "ledger.parquet",
            "settings": "settings.parquet",
            "tables": [f"uniform/tables/{name}.parquet" for name in OWN],
            "paper": "paper.pdf",
            "record": "paper.prov.json",
        }
        self.figures = {}
        Path("uniform/tables").mkdir(parents=True)
        Path("uniform/figures").mkdir()
        for name in ("hat", "rates", "worst_case"):
            self.draw(name, f"What {name} shows.")
        self.configure(scale="laptop")
        self.tabulate("minmax", minmax())
        self.tabulate("rates", rates())
        self.tabulate("bounds", bounds())
        self.tabulate("claims", claims())
        self.tabulate("ledger", ledger())
        counts, sides = (Path(f"uniform/tables/{name}.parquet") for name in OWN[-2:])
        tabulate_sample_counts.main(["--sample_counts", str(counts), "--two_sided", str(sides)])
        record(counts, "tabulate_sample_counts")
        record(sides, "tabulate_sample_counts")

    def configure(self, changes=None, **keys):
        config = yaml.safe_load((ROOT / "config.yaml").read_text()) | keys
        for section, values in (changes or {}).items():
            scale = config["scales"][config["scale"]]
            scale.setdefault("uniform", {}).setdefault(section, {}).update(values)
        config = resolve(config)
        Path("config.resolved.yaml").write_text(yaml.safe_dump(config))
        settings = Path("settings.parquet")
        schemas = map(str, SCHEMAS.glob("*.schema.yaml"))
        given = ["--config", "config.resolved.yaml", "--schemas", *schemas]
        tabulate_settings.main([*given, "--settings", str(settings)])
        record(settings, "tabulate_settings")

    def tabulate(self, name, frame):
        path = Path(f"uniform/tables/{name}.parquet" if name in OWN else f"{name}.parquet")
        write_table(path, frame, SCHEMAS_OF[name])
        record(path, f"tabulate_{name}")

    def describe(self, family="random", **changed):
        """Write the findings of the study from its tables."""
        given = {name: f"uniform/tables/{name}.parquet" for name in OWN}
        given |= {"claims": "claims.parquet"}
        given |= {"uniform.teacher.families": family, "findings": "uniform/findings.json"}
        settings = of_study(yaml.safe_load(Path("config.resolved.yaml").read_text()), "uniform")
        trained = [cell.students for cell in ranked_cells(settings)]
        given["trainings"] = sum(trained)
        given |= changed
        describe_findings.main([str(x) for name, to in given.items() for x in (f"--{name}", to)])

    def draw(self, name, caption, study="uniform"):
        path = Path(f"{study}/figures/{name}.pdf")
        figure = Figure((2, 1))
        figure.text(0, 0.5, f"drawn for {name}")
        figure.savefig(path, metadata={"CreationDate": None})
        path.with_suffix(".txt").write_text(caption + "\n")
        record(path, f"plot_{name}")
        self.figures[name] = path

    def build(self, **changed):
        options = dict(self.options)
        options["figures"] = list(self.figures.values())
        options["captions"] = [path.with_suffix(".txt") for path in self.figures.values()]
        argv = []
        for name, given in (options | changed).items():
            argv += [f"--{name}", *map(str, given if isinstance(given, list) else [given])]
        build_paper.main(argv)
        return Path("paper.pdf").read_bytes()

    def text(self, **changed):
        self.describe()
        self.build(**changed)
        return squeezed(written("paper.pdf"))


def record(path, rule):
    """Write the record of a job that made a file."""
    program = Path(f"programs/{rule}.py")
    program.parent.mkdir(exist_ok=True)
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
    columns = ["statement", "quantity", "case", "measured", "low", "high", "verdict"]
    rows = [
        ("Errors fall for p < inf.", "slope", "d = 1, p = 2", -0.123, -0.2, -0.1, "supported"),
        ("Errors fall for p < inf.", "slope", "d = 3, p = 2", -0.456, -0.5, 0.1, "undecided"),
        ("Networks win.", "ratio", "d = 1, p = 1", 47600.0, np.nan, np.nan, "failed"),
        ("Networks win.", "ratio", "d = 1, p = inf", 22.2, np.nan, np.nan, "failed"),
        ("Bounds hold.", "least ratio", "d = 3, p = inf", 4.45, np.nan, np.nan, "supported"),
    ]
    filled = {"source": "S1.9", "relation": "<=", "reference": 1.0, "tables": "rates"}
    filled |= {"study": "uniform", "sentence": None, "figure": None}
    frame = pd.DataFrame(rows, columns=columns).assign(**filled)
    return frame.assign(claim=frame["statement"].map(names))


def ledger():
    said = {"represent": "Few neurons.", "uniform": "The uniform error is 428 (d = 3)."}
    frame = pd.DataFrame({"task": list(said), "statement": list(said.values())})
    frame = frame.assign(number=[3.0, 428.25], low=[np.nan, 409.1], high=[np.nan, 442.3])
    frame = frame.assign(study="uniform", place=1, tables="uniform/rates", source="S1.9")
    frame["class"] = "bounded coefficients"
    return frame.assign(brief="few", quantity="a number", figure=["uniform/rates", None])


@pytest.fixture
def paper(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(provenance, "commit", lambda: (COMMIT, True))
    paper = Paper(tmp_path)
    paper.describe()
    return paper


def test_numbers_of_tables_stand_in_the_document(paper):
    text = paper.text()
    for number in ("0.00113", "0.000565", "0.00339", "7.77", "23.3"):
        assert number in text
    # Reference algorithms are no networks.
    assert "987654" not in text
    sentence = "Ford=1andp=∞itis0.0011atm=30and0.00034atm=100,withslope0.59(0.71to0.46)."
    assert text.count(sentence) == 2
    # S1.12: 2^d c^(dL) (3d)^(d(L-2)) samples.
    assert "1/1024,needsatleast10160.1samples" in text
    trained = 16 * 3 * 2 * 4 * 2
    assert f"{trained}networksweretrainedon16teachers" in text


def test_every_claim_stands_in_the_document_with_its_verdict(paper):
    text = paper.text()
    for statement in ("Errors fall for p < ∞.", "Networks win.", "Bounds hold."):
        assert squeezed(statement) in text
    for row in (
        "d=1,p=20.1230.200to0.100≤1supported",
        "d=3,p=20.4560.500to0.100≤1undecided",
        "d=1,p=14.76⋅104≤1failed",
        "d=1,p=∞22.2≤1failed",
    ):
        assert row in text
    assert "Of3statements,1holdineverycase;of5cases,2aresupported,1undecidedand2failed" in text
    assert (
        squeezed("This run contradicts: • Networks win. Cases: d = 1, p = 1; d = 1, p = ∞.") in text
    )
    assert squeezed("undecided: • Errors fall for p < ∞. Cases: d = 3, p = 2.") in text


def test_the_ledger_is_the_spine_of_the_document(paper):
    text = paper.text()
    head = "whatisknowntorepresenttolearnonaveragetolearnuniformly"
    row = "boundedcoefficientsFewneurons.S1.9(Figure2).–Theuniformerroris428(d=3).409to442.S1.9."
    assert f"{head}{row}" in text
    assert text.index("1Onequestion") < text.index("Table1hastheprices") < text.index("2Whatthisis")
    paper.tabulate("ledger", ledger().assign(statement="The uniform error is 12.5 (d = 3)."))
    assert "Theuniformerroris12.5(d=3)." in paper.text()
    # A run that enters nothing has no table, and a document none the less.
    paper.tabulate("ledger", ledger()[:0])
    assert head not in paper.text()


def test_a_run_of_one_study_speaks_of_no_other(paper):
    text = paper.text()
    answer = text[text.index("1Onequestion") : text.index("2Whatthisis")]
    assert "itholdsspikesthatnosamplemeets" in answer
    discussion = text[text.index("Discussion") : text.index("Whatisclaimed")]
    assert "Spikesmakeuniformlearningintractable." in discussion
    for other in ("triangle", "parity", "frequenc", "Barron"):
        assert other not in answer + discussion


def test_the_answer_follows_from_the_claims(paper):
    name = "polynomials_are_learned_exactly"
    for verdict, said in (("supported", True), ("failed", False)):
        paper.tabulate("claims", claims().assign(claim=name, verdict=verdict))
        assert ("ifitisapolynomialofknowndegree" in paper.text()) == said


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (["supported", "supported"], "itdoes.Ameasurederror"),
        (["failed", "failed"], "itdoesnot.Ameasurederror"),
        (["undecided", "undecided"], "thisisundecided.Ameasurederror"),
        (["failed", "supported"], "itdoesin1of2dimensions.Ameasurederror"),
        (["supported", "undecided"], "itdoesin1of2dimensions,and1isundecided.Ameasurederror"),
    ],
)
def test_a_sentence_is_written_for_every_outcome(paper, verdicts, said):
    paper.tabulate("claims", claims()[:2].assign(claim="uniform_slower_than_l2", verdict=verdicts))
    assert said in paper.text()


def test_the_table_of_all_claims_is_an_appendix(paper):
    text = paper.text()
    assert (
        text.index("References") < text.index("AEveryclaim") < text.index("Errorsfallforp<∞.(S1.9)")
    )
    assert "AppendixAhasall" in text


def test_verdicts_of_the_evening_run_stand_beside_those_of_the_run(paper):
    evening = claims()[1:4].assign(verdict=["supported", "failed", "undecided"])
    write_table(Path("evening.parquet"), evening, describe_findings.TABLES["claims"])
    text = paper.text(evening="evening.parquet")
    assert "ofits3cases,1issupported,1undecidedand1failed" in text
    for row in (
        "d=1,p=20.1230.200to0.100≤1supportedd=3",
        "d=3,p=20.4560.500to0.100≤1undecidedsupported",
        "d=1,p=14.76⋅104≤1failedfailed",
        "d=1,p=∞22.2≤1failedundecided",
    ):
        assert row in text
    assert "evening" not in paper.text()


def test_what_the_claims_say_is_said_where_it_is_shown(paper):
    paper.draw("references", "Other algorithms.")
    text = paper.text()
    assert squeezed("and 2 failed. In at least one case failed: “Networks win.”") in text
    assert (
        "thebound(2)in1of1case(adimensionandanorm):theleastratiooferrortoboundis4.45[supported]."
        in text
    )
    assert "(S1.11)in" not in text
    assert "errslessthanallofthemin0of2cases(adimensionandanorm),andmorethan" in text
    # Beside the sentence stands what became of the claim.
    says = (
        "thebestofthemin2,while0areundecided[failed2/2].Itserrorisfrom22.2to4.76⋅104timestheleast"
    )
    assert says in text


def test_each_table_has_the_origin_of_all_its_numbers(paper):
    text = paper.text()
    tables = {name: Path(f"{name}.parquet") for name in ("claims", "ledger", "settings")}
    tables |= {name: Path(f"uniform/tables/{name}.parquet") for name in OWN}
    inputs = {
        name: f"inputs{stamp(read_record(path.with_suffix('.prov.json')))['inputs'][:12]}"
        for name, path in tables.items()
    }
    origin = "commit01234567andchanges,"
    for name in ("minmax", "rates", "bounds", "claims", "ledger"):
        assert f"Ruletabulate_{name},{origin}{inputs[name]}" in text
    assert text.count(f"Ruletabulate_settings,{origin}{inputs['settings']}") == 6
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
    monkeypatch.setattr(describe_findings, "TAIL", 0.05)
    monkeypatch.setattr(describe_findings, "SHOWN_CLASS", {"q": "2", "c": 0.5})
    monkeypatch.setattr(describe_findings, "SHOWN_POWER", -4)
    text = paper.text()
    assert "nominallevelof90%" in text
    assert "auniformerrorof24onnetworksofwidth3dwithq=2andc=0.5,andtheratio" in text


NUMBERS = [0.2, 428.4, -1, 47600, 0, 0.0, 30, 99.95, 999.6, 9.9999e-5, 1e-4, 1.125, 1e22, -0.001]
SHOWING = """
#import "style.typ": fixed, number
#for x in json("data.json").numbers [
  #number(x) #number(x, zeros: false) #fixed(x, 2) #fixed(x, 0) |
]
"""


def shown(numbers):
    """Return how the document writes numbers: four texts for each."""
    Path("showing.typ").write_text(SHOWING)
    Path("numbers.pdf").write_bytes(
        typeset(Path("showing.typ"), [PAPER / "style.typ"], {"numbers": numbers}, {})
    )
    text = re.sub(r"\s", "", written("numbers.pdf")).replace("\N{MINUS SIGN}", "-")
    return text.split("|")[: len(numbers)]


def formatted(x, form):
    mantissa, *power = f"{x:{form}}".split("e")
    return mantissa.rstrip(".") + "".join(f"\N{DOT OPERATOR}10{int(p)}" for p in power)


def test_numbers_are_written_as_python_writes_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(3)
    numbers = NUMBERS + list(draw.normal(size=400) * 10.0 ** draw.integers(-9, 9, 400))
    for x, found in zip(numbers, shown(numbers), strict=True):
        forms = ("#.3g", ".3g", ".2f", ".0f")
        assert found == "".join(formatted(x, form) for form in forms), x


def test_what_is_no_finite_number_is_written_as_a_sign(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown([None, "inf", "-inf"]) == ["\N{EN DASH}" * 4, "∞" * 4, "-∞" * 4]


def test_each_figure_stands_there_with_its_caption_and_its_origin(paper):
    paper.draw("mine", "One that no section knows.")
    text = paper.text(doi="10.5281/zenodo.42")
    for name, path in paper.figures.items():
        assert squeezed(path.with_suffix(".txt").read_text()) in text
        inputs = stamp(read_record(path.with_suffix(".prov.json")))["inputs"]
        line = f"Ruleplot_{name},commit01234567andchanges,inputs{inputs[:12]},doi:10.5281/zenodo.42"
        assert line in text
        assert text.count(f"drawnfor{name}") == 1
    assert text.index("drawnforrates") < text.index("Furtherfigures") < text.index("drawnformine")
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
    paper.draw("rates", "With C_f <= 1: sqrt(d), sqrt(1 - n/2^d), 10^20.1, B^(1-2/q), n^(-1/d).")
    text = paper.text()
    assert "Forp=∞andd=3,L∞andL2:4.9⋅103atx=0.25,u0,c0=1." in text
    assert "WithCf≤1:√d,√(1n/2d),1020.1,B12/q,n1/d." in text
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
    paper.tabulate("ledger", ledger()[:0])
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
    assert "Ford=1andp=∞itis0.0034atm=10." in text
    assert "Asingleseedhasnointerval." in text
    assert "Thisrunistoosmallforanyofthesetests." in text
    assert not re.search(r"\b(nan|None)\b", written("paper.pdf"))


def test_a_single_seed_and_errors_without_end_are_shown(paper):
    paper.tabulate("minmax", minmax(high=np.inf))
    paper.tabulate("rates", rates().assign(low=np.nan, high=np.nan))
    text = paper.text()
    assert "Ford=3andp=∞itis∞atm=30and∞atm=100,withslope0.59." in text


def test_a_document_shows_one_family_and_says_so(paper):
    config = Path("config.resolved.yaml")
    config.write_text(config.read_text().replace("    - random\n", "    - random\n    - other\n"))
    both = pd.concat([minmax(), minmax("other", high=555.0)])
    paper.tabulate("minmax", both)
    paper.tabulate("rates", pd.concat([rates(), rates("other", slope=-0.99)]))
    text = paper.text()
    assert "showsthoseofthekindrandom" in text
    assert "0.99(" not in text


def test_a_file_that_its_record_does_not_describe_is_refused(paper):
    with paper.figures["hat"].open("ab") as file:
        file.write(b"\n")
    with pytest.raises(InputError, match=r"hat\.pdf: expected the file that uniform/figures/hat"):
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
        ("[1]", "bad: expected a configuration, found"),
        ("a: [", "bad: expected YAML or JSON, found while parsing"),
    ):
        bad.write_text(content)
        refused(paper, says, config=bad)
    for content, says in (("{", "bad: expected JSON, found"), ("[1]", "bad: expected a study and")):
        bad.write_text(content)
        refused(paper, says, findings=bad)
    refused(
        paper, "--captions: found those of uniform/hat; exp", captions=["uniform/figures/hat.txt"]
    )
    refused(
        paper, "rates.parquet: expected a column study, found", claims=paper.options["tables"][1]
    )
    refused(paper, "--parts: found style.typ; expected uniform.typ", parts=[PAPER / "style.typ"])
    paper.tabulate("claims", claims().assign(study="other"))
    refused(paper, "claims.parquet: found rows of other; expected those of the studies uniform")
    paper.tabulate("claims", claims())
    paper.tabulate("ledger", ledger().assign(study="other"))
    refused(paper, "ledger.parquet: found rows of other; expected those of the studies uniform")


def test_findings_of_wrong_inputs_give_one_sentence(paper):
    paper.tabulate("minmax", minmax("other"))
    says = "minmax.parquet: expected rows of networks on the family random, found none"
    with pytest.raises(InputError, match=says):
        paper.describe()


def test_findings_are_numbers(paper):
    paper.tabulate("minmax", minmax(high=np.inf))
    paper.tabulate("rates", rates().assign(slope=np.nan))
    paper.tabulate("bounds", bounds()[:0])
    paper.describe()
    content = json.loads(Path("uniform/findings.json").read_text())
    assert content["study"] == "uniform"
    block = content["findings"]["errors"][1]
    assert block["rows"][0] == {
        "samples": 30,
        "minmax": ["inf"] * 3,
        "minmean": ["inf"] * 3,
        "bound": [None] * 3,
    }
    assert block["minmax"][0] == {"slope": None, "low": -0.59 - 0.12, "high": -0.59 + 0.13}
    won = {"cases": 2, "least": 22.2, "largest": 47600, "supported": 0, "undecided": 0, "failed": 2}
    assert content["findings"]["tested"]["networks_beat_references"] == won


def test_document_and_caption_take_a_sentence_from_one_place(paper):
    (sentence, _) = json.loads(Path("uniform/findings.json").read_text())["findings"]["courses"]
    errors = minmax().query("dim == 1 and norm == 'inf' and statistic == 'minmax'")
    errors = errors[errors["algorithm_set"] == "network"]
    assert course(errors, rates().iloc[0]) == sentence


@pytest.fixture
def two(paper):
    """The inputs of a document of two studies, of which the second has one number and figure."""
    Path("second/figures").mkdir(parents=True)
    part = Path("second.typ")
    part.write_text(
        """#import "figures.typ": data, drawn
#import "style.typ": number
#let title = "The second study"
#let abstract = [It asks more.]
= What else was asked
It is #number(data.findings.second.least), see @figure-second-hat. #drawn("second/hat")
"""
    )
    write_findings(Path("second/findings.json"), "second", {"least": np.float64(0.25)})
    paper.figures = {name: path for name, path in paper.figures.items() if name == "hat"}
    first = paper.figures.pop("hat")
    paper.draw("hat", "Another hat.", study="second")
    paper.figures = {"first": first, "second": paper.figures["hat"]}
    paper.options["parts"].append(part)
    paper.options["findings"].append("second/findings.json")
    more = claims()[:1].assign(study="second", statement="Hats grow.", case="depth 3", measured=9.0)
    paper.tabulate("claims", pd.concat([claims(), more]))
    return paper


def test_a_second_study_adds_its_part(two):
    text = two.text()
    assert text.index("3LearningtohighuniformaccuracyQuestion.") < text.index(
        "4Thesecondstudy4.1WhatelsewasaskedItis0.250,seeFigure2."
    )
    assert "Itasksmore.Of6casesinwhich4statementsaretested" in text
    assert text.count("drawnforhat") == 2
    assert "Anotherhat." in text
    assert "ThesecondstudyHatsgrow.(S1.9)Measured:slope.depth39.000.200to0.100≤1" in text


def test_files_of_several_studies_lie_in_their_folders(two):
    Path("third/figures").mkdir(parents=True)
    two.draw("hat", "A hat of no study.", study="third")
    says = "third/figures/hat.pdf: found it below third; expected the folder of one of the studies"
    refused(two, says)
    two.figures = {"first": two.figures["first"], "again": two.figures["first"]}
    refused(two, "hat.pdf: expected one file uniform/hat, found uniform/figures/hat.pdf, too")


def approximation(paper, **tested):
    """The text of a document with the part of the study approximation, some claims of it failed."""
    rows = [(name, number) for name, numbers in tested.items() for number in numbers]
    failed = pd.DataFrame(rows, columns=["claim", "measured"]).assign(
        **{"study": "approximation", "statement": "A claim.", "quantity": "a number", "case": "d"},
        **{"verdict": "failed", "source": "S4.1", "relation": "<=", "reference": 1.0},
        **{"tables": "rates", "sentence": None, "figure": None, "low": np.nan, "high": np.nan},
    )
    paper.tabulate("claims", pd.concat([claims(), failed]))
    for name in ("rates", "bases"):
        path = Path(f"approximation/tables/{name}.parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        record(path, "tabulate_approximation")
        paper.options["tables"].append(path)
    found = {"samples": [{"dim": 10, "samples": 1000, "samples_lower": 0.1, "samples_upper": 1.0}]}
    found |= {"bases": [], "size": 32, "time": 1e3, "width": 64}
    found |= {"spike_limit": 0.39766, "spikes_from": 77, "tested": by_claim(failed)}
    write_findings(Path("approximation/findings.json"), "approximation", found)
    paper.options["parts"].append(PAPER / "approximation.typ")
    paper.options["findings"].append("approximation/findings.json")
    return paper.text()


def test_a_part_asserts_nothing_beside_a_claim_that_failed(paper):
    text = approximation(
        paper, barron_holds=[2.0], barron_rate=[0.3], fixed_bases_cursed=[1.2], spike_law=[0.034]
    )
    for said in (
        "theexponentsofnwithwhichtheirerrorsfalldifferfrom1/2byatmost0.300[failed]",
        # One case has one number.
        "theboundcomesdownto1.20timestheleasterrorofanyfixedbasis[failed]",
        "forlargeM0.3977M2(within3.4%fromM=77)",
    ):
        assert said in text


def refused(paper, says, **changed):
    with pytest.raises(InputError, match=says) as raised:
        paper.build(**changed)
    assert "\n" not in str(raised.value)
    assert not Path("paper.pdf").exists()
