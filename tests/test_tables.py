"""Tables: what the files say of themselves, and what is refused."""

import importlib
import pkgutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from supnorm import tables
from supnorm.programs import InputError
from supnorm.tables.adversary import adversary_schema
from supnorm.tables.certificates import certificates_schema
from supnorm.tables.curves import CURVES
from supnorm.tables.errors import errors_schema
from supnorm.tables.samples import read_samples, samples_schema
from supnorm.tables.schema import Schema, integer, read_table, real, text, write_table

SMALL = Schema("a row", (integer("n", "a count"), real("x", "a value", "m", nullable=True)))
OF_A_DIMENSION = [errors_schema, certificates_schema, adversary_schema]
MODULES = [
    importlib.import_module(f"supnorm.tables.{module.name}")
    for module in pkgutil.iter_modules(tables.__path__)
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
