"""The report as a reader sees it: in a browser, without a network."""

import shutil
import zipfile

import pytest

from supnorm.studies import all_studies
from tree import Tree

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
pytestmark = [
    pytest.mark.complete,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to open it in"),
]
WIDTH, HEIGHT = 1280, 720


@pytest.fixture(scope="module", params=["html", "zip"])
def report(finished, tmp_path_factory, request):
    """The page of a report, and the tree that it is of."""
    folder = tmp_path_factory.mktemp("report")
    tree = Tree(folder / "tree")
    shutil.copytree(finished.path, tree.path, symlinks=True)
    file = folder / f"report.{request.param}"
    tree.snakemake("--report", file)
    if request.param == "zip":
        with zipfile.ZipFile(file) as zipped:
            zipped.extractall(folder)
        file = folder / "report/report.html"
    return file, tree


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser, report):
    """The opened report; a test fails where the browser complains, or a file is not in it."""
    file, _ = report
    complaints, asked = [], []
    context = browser.new_context(offline=True, viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    yield page
    context.close()
    assert complaints == []
    here = file.parent.as_uri()
    assert [url[:200] for url in asked if not url.startswith((here, "data:", "blob:"))] == []


def in_menu(page, name):
    return page.locator("nav li a").get_by_text(name, exact=True)


def rows(page):
    """Yield the rows of all results, category after category, while they show."""
    for category in page.evaluate("Object.keys(categories)"):
        page.evaluate("app.setView({navbarMode: 'menu'})")
        in_menu(page, category).click()
        page.locator("nav tbody tr").first.wait_for()
        for number in range(page.locator("nav tbody tr").count()):
            yield page.locator("nav tbody tr").nth(number)


def test_there_is_a_heading_for_each_study(page):
    assert set(page.evaluate("Object.keys(categories)")) == {study.name for study in all_studies()}


def test_every_figure_shows_in_the_window(page, report):
    _, tree = report
    shown = set()
    for row in rows(page):
        assert row.locator("td").first.inner_text().strip()
        row.locator("a").first.click()
        image = page.locator("div.p-3 > img")
        image.evaluate("image => image.decode()")
        assert image.evaluate("image => image.naturalWidth") > 500
        box = image.bounding_box()
        assert min(box["x"], box["y"]) >= 0
        assert box["x"] + box["width"] <= WIDTH
        assert box["y"] + box["height"] <= HEIGHT
        shown.add(page.evaluate("app.state.resultPath"))
    figures = tree.whole.glob("*/figures/*.png")
    assert shown == {str(path.relative_to(tree.path)) for path in figures}


def test_every_caption_can_be_read(page, report):
    """As it was written: none of its characters is taken for markup."""
    _, tree = report
    for row in rows(page):
        row.locator("a").last.click()
        caption = page.locator("nav .prose")
        assert caption.is_visible()
        text = tree.path / page.evaluate("app.state.resultPath")
        written = text.with_suffix(".txt").read_text().split()
        assert caption.inner_text().split()[-len(written) :] == written
        assert caption.locator("strong").inner_text()
        page.locator("nav a").get_by_text(page.evaluate("app.state.category")).first.click()


def test_the_workflow_and_its_times_are_drawn(page):
    assert "at the scale smoke" in page.locator(".prose").inner_text()
    for name, drawings in (("Workflow", 1), ("Statistics", 2)):
        in_menu(page, name).click()
        page.locator(".vega-embed :is(canvas, svg)").nth(drawings - 1).wait_for()
        for drawing in page.locator(".vega-embed :is(canvas, svg.marks)").all():
            assert min(drawing.bounding_box()[side] for side in ("width", "height")) > 200


def test_a_rule_can_be_looked_at(page):
    next(rows(page)).locator("a").last.click()
    page.locator("nav li").filter(has_text="plot_").locator("a").last.click()
    page.locator("nav").get_by_text("workflow/scripts/supnorm/drawing/style.py").wait_for()
