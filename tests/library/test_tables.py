"""Tables: what the files say of themselves, and what is refused."""

import contextlib
import importlib
import os
import pkgutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supnorm import tables
from supnorm.job.programs import InputError
from supnorm.tables.certificates import certificates_schema
from supnorm.tables.curves import CURVES
from supnorm.tables.errors import errors_schema
from supnorm.tables.samples import read_samples, samples_schema
from supnorm.tables.schema import (
    Schema,
    integer,
    read_table,
    real,
    table_columns,
    text,
    write_table,
)
from supnorm.uniform import tables as uniform_tables
from supnorm.uniform.tables.adversary import adversary_schema

SMALL = Schema("a row", (integer("n", "a count"), real("x", "a value", "m", nullable=True)))
OF_A_DIMENSION = [errors_schema, certificates_schema, adversary_schema]
MODULES = [
    importlib.import_module(f"{package.__name__}.{module.name}")
    for package in (tables, uniform_tables)
    for module in pkgutil.iter_modules(package.__path__)
]
ALL = [schema for module in MODULES for schema in vars(module).values() if type(schema) is Schema]
ALL += [samples_schema(2, 2), *(schema(3) for schema in OF_A_DIMENSION)]


def test_every_table_is_looked_at():
    assert len(ALL) > 15
    assert {field.name for field in CURVES.arrow()} >= {"epoch", "loss"}


@pytest.mark.parametrize("schema", ALL, ids=lambda schema: schema.row)
def test_every_column_says_what_it_means(schema):
    arrow = schema.arrow()
    assert arrow.metadata[b"row"].decode() == schema.row
    for field in arrow:
        assert len(field.metadata[b"meaning"]) > 5
        assert field.metadata[b"unit"]
    assert len(set(arrow.names)) == len(arrow.names)


def test_a_table_gives_back_what_it_was_given(tmp_path):
    path = tmp_path / "t.parquet"
    frame = pd.DataFrame({"n": [1, 2], "x": [np.inf, np.nan], "more": ["a", "b"]})
    write_table(path, frame, SMALL)
    back = read_table(path, SMALL.columns)
    assert list(back) == ["n", "x"]
    assert back["x"][0] == np.inf
    assert pq.read_table(path)["x"].null_count == 1
    assert pq.read_schema(path).field("x").metadata == {b"meaning": b"a value", b"unit": b"m"}


def test_the_same_rows_give_the_same_bytes(tmp_path):
    frame = pd.DataFrame({"n": range(100), "x": np.arange(100) / 7})
    for name in ("a", "b"):
        write_table(tmp_path / name, frame, SMALL)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_missing_value_is_not_written_where_none_may_be(tmp_path):
    with pytest.raises(ValueError, match="column n"):
        write_table(tmp_path / "t", pd.DataFrame({"n": [1, None], "x": [1.0, 2.0]}), SMALL)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"n": pa.array([1])}, "expected a column x, found n"),
        ({"n": pa.array(["1"]), "x": pa.array([1.0])}, "has type string, expected int64"),
        ({"n": pa.array([1, None]), "x": pa.array([1.0, 2.0])}, "column n has missing values"),
    ],
)
def test_a_table_of_the_wrong_shape_is_refused(tmp_path, columns, says):
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=says):
        read_table(tmp_path / "t.parquet", SMALL.columns)


def test_nan_counts_as_missing(tmp_path):
    schema = (text("name", "a name"), real("x", "a value"))
    pq.write_table(pa.table({"name": ["a"], "x": [np.nan]}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match="column x has missing values"):
        read_table(tmp_path / "t.parquet", schema)


def test_no_file_and_no_table_are_refused(tmp_path):
    with pytest.raises(InputError, match="found no file"):
        read_table(tmp_path / "none.parquet", SMALL.columns)
    (tmp_path / "t.parquet").write_text("hello")
    with pytest.raises(InputError, match="expected a Parquet table"):
        read_table(tmp_path / "t.parquet", SMALL.columns)


def sample_frame():
    rows = [(seed, index) for seed in (4, 5) for index in range(3)]
    frame = pd.DataFrame(rows, columns=["seed", "index"])
    return frame.assign(x0=np.arange(6) / 10, u000=np.arange(6.0), u001=-np.arange(6.0))


def test_samples_are_read_by_seed_and_teacher(tmp_path):
    write_table(tmp_path / "s", sample_frame(), samples_schema(1, 2))
    seeds, points, labels = read_samples(tmp_path / "s", 1, 3)
    assert seeds == [4, 5]
    assert points[1, :, 0].tolist() == pytest.approx([0.3, 0.4, 0.5])
    assert labels.tolist() == [[[0, 1, 2], [0, -1, -2]], [[3, 4, 5], [-3, -4, -5]]]


def test_samples_out_of_order_or_missing_are_refused(tmp_path):
    for k, frame in enumerate([sample_frame().iloc[::-1], sample_frame().drop(index=2)]):
        write_table(tmp_path / str(k), frame, samples_schema(1, 2))
        with pytest.raises(InputError, match="expected the points 0 to 2 of each seed in order"):
            read_samples(tmp_path / str(k), 1, 3)


def small_table(count=1):
    return {"n": pa.array([1] * count), "x": pa.array([1.0] * count)}


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (pa.array([[1.0]]), "has type list<.*>, expected double"),
        (pa.array([{"y": 1.0}]), "has type struct<.*>, expected double"),
        (pa.array([1.0], pa.float32()), "has type float, expected double"),
        (pa.array(["1"]).dictionary_encode(), "has type dictionary<.*>, expected double"),
    ],
)
def test_nested_and_other_columns_are_refused(tmp_path, column, says):
    pq.write_table(pa.table({**small_table(), "x": column}), tmp_path / "t")
    with pytest.raises(InputError, match=says):
        read_table(tmp_path / "t", SMALL.columns)


def test_a_column_that_occurs_twice_is_refused(tmp_path):
    columns = small_table()
    table = pa.Table.from_arrays([*columns.values(), columns["n"]], names=["n", "x", "n"])
    pq.write_table(table, tmp_path / "t")
    with pytest.raises(InputError, match="expected a column n, found n, x, n"):
        read_table(tmp_path / "t", SMALL.columns)


def test_text_that_is_no_text_is_refused(tmp_path):
    letters = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    pq.write_table(pa.table({"name": letters}), tmp_path / "t")
    with pytest.raises(InputError, match=r"expected a Parquet table, found .*UTF8"):
        read_table(tmp_path / "t", (text("name", "a name"),))


def test_tables_larger_than_the_memory_are_not_read(tmp_path, monkeypatch):
    """Of numbers, which take some bytes in a file, and of texts, of which one is there once."""
    pq.write_table(pa.table(small_table(10**6)), tmp_path / "numbers")
    pq.write_table(pa.table({"name": ["x" * 1000] * 20000}), tmp_path / "texts")
    assert max((tmp_path / name).stat().st_size for name in ("numbers", "texts")) < 40000
    page = 4096
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": page, "SC_PHYS_PAGES": 5000}.get)
    says = "numbers: says it has 1000000 rows, of up to 16 bytes; expected at most 10240000 bytes"
    with pytest.raises(InputError, match=says):
        read_table(tmp_path / "numbers", SMALL.columns)
    with pytest.raises(InputError, match="says it has 20000 rows, of up to 1008 bytes"):
        read_table(tmp_path / "texts", (text("name", "a name"),))
    monkeypatch.undo()
    assert len(read_table(tmp_path / "numbers", SMALL.columns)) == 10**6
    assert read_table(tmp_path / "texts", (text("name", "a name"),))["name"][19999] == "x" * 1000


def test_no_more_rows_are_read_than_a_table_says(tmp_path):
    """The number of rows stands in the footer, as an integer of its own before the row groups."""
    path = tmp_path / "t"
    pq.write_table(pa.table(small_table(60)), path)
    content = path.read_bytes()
    # In Thrift, a field of 64-bit integers and the number 60; and that with 7.
    assert content.count(b"\x16\x78\x19") == 1
    path.write_bytes(content.replace(b"\x16\x78\x19", b"\x16\x0e\x19"))
    assert pq.read_metadata(path).num_rows == 7
    with pytest.raises(InputError, match="found 60 rows where it says 7"):
        read_table(path, SMALL.columns)


@settings(max_examples=150)
@given(st.data())
def test_damage_is_told_or_read(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "t"
    frame = pd.DataFrame({"n": [1, 2], "x": [1.0, np.nan], "name": ["a", "b"]})
    schema = Schema("a row", (*SMALL.columns, text("name", "a name")))
    write_table(path, frame, schema)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.sampled_from([None, -1, -9, len(content) // 2]))])
    with contextlib.suppress(InputError):
        assert list(read_table(path, schema.columns)) == ["n", "x", "name"]


def test_a_folder_is_no_table(tmp_path):
    pq.write_table(pa.table(small_table()), tmp_path / "part.parquet")
    for read in (table_columns, lambda path: read_table(path, SMALL.columns)):
        with pytest.raises(InputError, match="expected a Parquet table"):
            read(tmp_path)
