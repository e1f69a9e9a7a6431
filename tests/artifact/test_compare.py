"""How far two results are apart: tables, networks, images, drawings."""

import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from artifact.compare import compare_files, compare_pdf, inflated, worst
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


def pdf(drawn, level=6, code="0"):
    """Something like what matplotlib writes."""
    stream = zlib.compress(drawn, level)
    info = f"/Keywords (rule: plot; code: {code * 64})".encode()
    start = b"<< /Length %d >>\nstream\n%s\nendstream\n" % (len(stream), stream)
    place = b"xref\n%010d 00000 n\nstartxref\n%d\n" % (len(start), len(start) + 9)
    return b"%PDF-1.4\n" + info + start + place


LINE = b"10.5 20 m 30 40 l S " * 20


def test_drawings_are_compared_however_they_are_compressed():
    assert pdf(LINE, 1) != pdf(LINE, 9)
    assert compare_pdf(pdf(LINE, 1), pdf(LINE, 9)).same
    assert compare_pdf(pdf(LINE, code="1"), pdf(LINE, code="2")).same
    assert compare_pdf(pdf(LINE.replace(b" 40 l", b" 41 l", 1)), pdf(LINE)).deviation == 1 / 41
    assert compare_pdf(pdf(LINE.replace(b" m ", b" l ", 1)), pdf(LINE)).deviation == np.inf
    assert compare_pdf(pdf(LINE) + b"stream\nx\nendstream", pdf(LINE)).deviation == np.inf
    assert compare_pdf(pdf(LINE).replace(b"plot", b"tree"), pdf(LINE)).deviation == np.inf


def test_a_drawing_that_inflates_without_end_is_inflated_no_further_than_need_be():
    assert len(inflated(zlib.compress(bytes(10**6)), 10)) == 11
    assert compare_pdf(pdf(bytes(10**6)), pdf(LINE)).deviation == np.inf


def test_the_worst_of_nothing_is_the_same():
    assert worst([]).same
