"""How far two results are apart: tables, networks, images, drawings."""

import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from artifact.compare import compare_files, worst
from supnorm.job.programs import InputError
from supnorm.networks import Networks, save_networks
from supnorm.tables.schema import Schema, integer, real, text, write_table

TABLE = Schema("a row", (text("who", "a name"), integer("n", "a count"), real("x", "a value")))
PLACES = Schema("a row", (real("error", "a value"), real("at0", "where it is attained")))


@pytest.fixture
def compared(tmp_path):
    """Write two files of a kind, and compare them."""

    def compare(write, recorded, found, ending, **how):
        paths = [tmp_path / f"{name}{ending}" for name in ("recorded", "found")]
        for path, content in zip(paths, (recorded, found), strict=True):
            write(path, content)
        return compare_files(*paths, **how)

    return compare


def table(**columns):
    return {"who": ["a", "b"], "n": [1, 2], "x": [1.0, np.inf], **columns}


def write(path, columns, schema=TABLE):
    write_table(path, pd.DataFrame(columns), schema)


def test_tables_are_compared_number_by_number(compared):
    assert compared(write, table(), table(), ".parquet").same
    found = compared(write, table(x=[1.0 + 1e-12, np.inf]), table(), ".parquet")
    assert found.deviation == pytest.approx(1e-12, rel=1e-3)
    assert found.where == "x"


@pytest.mark.parametrize(
    "columns",
    [{"who": ["a", "c"]}, {"n": [1, 3]}, {"x": [1.0, 2.0]}, {"x": [np.inf, np.inf]}],
)
def test_names_and_counts_and_what_is_infinite_must_be_the_same(compared, columns):
    assert compared(write, table(**columns), table(), ".parquet").deviation == np.inf


def test_rows_that_are_missing_are_found(compared):
    rows = {name: column[:1] for name, column in table().items()}
    assert compared(write, rows, table(), ".parquet").where == "1 rows instead of 2"


def test_a_stamp_is_no_number(compared):
    def stamped(path, stamp):
        write_table(path, pd.DataFrame(table()), Schema(stamp, TABLE.columns))

    assert compared(stamped, "made by one", "made by another", ".parquet").same


def test_other_columns_are_refused(tmp_path):
    recorded, found = tmp_path / "recorded.parquet", tmp_path / "found.parquet"
    write(recorded, table())
    write(found, {"error": [1.0], "at0": [0.5]}, PLACES)
    with pytest.raises(InputError, match="found the columns who, n, x, expected error, at0"):
        compare_files(recorded, found)


def test_where_an_error_is_attained_counts_on_like_machines_only(compared):
    def places(path, at):
        write(path, {"error": [1.0], "at0": [at]}, PLACES)

    assert compared(places, 0.25, -0.25, ".parquet").deviation == 2
    assert compared(places, 0.25, -0.25, ".parquet", places=False).same


def networks(**changed):
    arrays = {"weight": np.full((2, 1, 3), 0.5), "bias": np.zeros((2, 1)), **changed}
    return Networks((arrays["weight"],), (arrays["bias"],))


def test_networks_are_compared_by_their_largest_coefficients(compared):
    def save(path, some):
        save_networks(path, some, {"kind": "teachers"})

    assert compared(save, networks(), networks(), ".safetensors").same
    other = np.full((2, 1, 3), 0.5)
    other[1, 0, 2] = 0.25
    found = compared(save, networks(weight=other), networks(), ".safetensors")
    assert (found.deviation, found.where) == (0.5, "weight_0")
    # Relative to a largest coefficient of 0 everything is far.
    found = compared(save, networks(bias=np.full((2, 1), 1e-9)), networks(), ".safetensors")
    assert found.deviation == 1


def test_networks_of_another_shape_differ(compared):
    def save(path, inputs):
        save_networks(path, networks(weight=np.zeros((2, 1, inputs))), {"kind": "teachers"})

    assert compared(save, 2, 3, ".safetensors").where == "the shapes of arrays"


def test_networks_that_are_called_otherwise_differ(compared):
    def save(path, name):
        save_networks(path, networks(), {"kind": name})

    assert compared(save, "teachers", "students", ".safetensors").deviation == np.inf


def test_images_are_compared_by_their_shades(compared):
    def save(path, shade):
        Image.new("RGB", (4, 4), (shade, 0, 0)).save(path, dpi=(shade + 1, 1))

    assert compared(save, 3, 3, ".png").same
    assert compared(save, 3, 5, ".png").deviation == pytest.approx(2 / 255)


def test_images_of_another_size_differ_and_others_are_refused(compared):
    def save(path, size):
        Image.new("RGB", (size, 4)).save(path)

    assert compared(save, 3, 4, ".png").deviation == np.inf
    with pytest.raises(InputError, match="expected an image"):
        compared(Path.write_bytes, b"no image", b"nor this", ".png")


def test_texts_must_be_the_same_and_keys_of_yaml_may_change_places(compared):
    assert compared(Path.write_text, "a", "b", ".md").deviation == np.inf
    assert compared(Path.write_text, "{a: 1, b: 2}", "{b: 2, a: 1}", ".yaml").same
    assert compared(Path.write_text, "{a: 1, b: 3}", "{b: 2, a: 1}", ".yaml").deviation == np.inf
    with pytest.raises(InputError, match="expected YAML"):
        compared(Path.write_text, "{a: ", "a: 1", ".yaml")


def pdf(*pages, level=6, code="0", width=200):
    """Return a PDF with a stream for each page, and a stamp."""
    numbers = range(3, 3 + 2 * len(pages), 2)
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    objects += [f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode()]
    for number, drawn in zip(numbers, pages, strict=True):
        stream = zlib.compress(drawn, level)
        box = f"/MediaBox [0 0 {width} 100] /Contents {number + 1} 0 R"
        objects += [f"<< /Type /Page /Parent 2 0 R {box} >>".encode()]
        about = b"<< /Filter /FlateDecode /Length %d >>" % len(stream)
        objects += [about + b"\nstream\n" + stream + b"\nendstream"]
    objects += [f"<< /Keywords (rule: plot; code: {code * 64}) >>".encode()]
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (size, size - 1)
    xref = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return content + xref + end + b"startxref\n%d\n%%%%EOF\n" % len(content)


LINE = b"10.5 20 m 30 40 l S " * 20


@pytest.mark.parametrize(
    "same", [pdf(LINE, level=9), pdf(LINE, code="2"), pdf(LINE.replace(b" S", b"  S"))]
)
def test_drawings_that_look_alike_are_close_and_not_the_same(compared, same):
    assert same != pdf(LINE)
    found = compared(Path.write_bytes, same, pdf(LINE), ".pdf")
    assert (found.deviation, found.same) == (0, False)
    assert found.where == "the bytes of recorded.pdf, but no pixel of its pages"
    assert compared(Path.write_bytes, same, same, ".pdf").same


def test_drawings_are_compared_page_by_page(compared):
    moved = LINE.replace(b"30 40 l", b"30.1 40 l")
    found = compared(Path.write_bytes, pdf(LINE, moved), pdf(LINE, LINE), ".pdf")
    assert 8 / 255 < found.deviation < 1
    assert found.where == "page 2 of recorded.pdf"
    found = compared(Path.write_bytes, pdf(LINE), pdf(LINE, LINE), ".pdf")
    assert (found.deviation, found.where) == (np.inf, "1 pages instead of 2")
    assert compared(Path.write_bytes, pdf(LINE, width=201), pdf(LINE), ".pdf").deviation == np.inf


@pytest.mark.parametrize("bad", [b"", b"no drawing", pdf(LINE, width=10**6)])
def test_a_drawing_that_cannot_be_drawn_is_refused(compared, bad):
    with pytest.raises(
        InputError, match=r"recorded\.pdf: expected a PDF to draw, found "
    ) as caught:
        compared(Path.write_bytes, bad, pdf(LINE), ".pdf")
    assert str(caught.value).isprintable()


def test_a_drawing_without_end_is_given_up(compared, monkeypatch):
    monkeypatch.setattr("artifact.pages.LONGEST", 0.01)
    with pytest.raises(InputError, match="takes more than 0 s to draw"):
        compared(Path.write_bytes, pdf(LINE, code="1"), pdf(LINE), ".pdf")


def test_the_worst_of_nothing_is_the_same():
    assert worst([]).same
