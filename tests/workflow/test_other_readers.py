"""Tables and what their columns mean can be read by DuckDB and by Polars."""

import fnmatch
import json
import os
import re
import subprocess

import pyarrow.parquet as pq
import pytest

from tree import ROOT, Tree, python

# A Python that has DuckDB and Polars, which nothing else here needs; `.ci/run` makes one.
READERS = os.environ.get("TABLE_READERS")
TYPES = {
    "duckdb": {"string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN"},
    "polars": {"string": "String", "int64": "Int64", "double": "Float64", "bool": "Boolean"},
}

needs_readers = pytest.mark.skipif(
    not READERS, reason="TABLE_READERS names no Python with DuckDB and Polars"
)


@pytest.fixture
def described(finished, tmp_path):
    """A folder with the results of the finished run, and their data dictionary."""
    for name in ("workflow", "config.yaml", "results"):
        (tmp_path / name).symlink_to(finished.path / name)
    printed = python(Tree(tmp_path), "artifact.dictionary", "--scale", "smoke")
    assert printed.startswith("data_dictionary.csv: the columns of ")
    return tmp_path


def ran(folder, *arguments):
    done = subprocess.run([READERS, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_readers
@pytest.mark.parametrize("reader", TYPES)
def test_every_table_opens_elsewhere_as_it_is_and_with_its_meanings(described, reader):
    places = sorted(path.relative_to(described) for path in described.glob("results/smoke/**/*"))
    tables = [place.as_posix() for place in places if place.suffix == ".parquet"]
    assert len(tables) > 100
    told = json.loads(ran(described, ROOT / "tests/helpers/other_readers.py", reader, *tables))
    said = {(file, column): meaning for file, column, meaning in told["said"]}
    assert len(said) == len(told["said"])
    for table in tables:
        schema = pq.read_schema(described / table)
        expected = {field.name: TYPES[reader][str(field.type)] for field in schema}
        rows = pq.read_metadata(described / table).num_rows
        assert told["tables"][table] == [rows, schema.metadata[b"row"].decode(), expected]
        (line,) = {file for file, _ in said if fnmatch.fnmatchcase(table, file)}
        for field in schema:
            assert said[line, field.name] == field.metadata[b"meaning"].decode()


@needs_readers
@pytest.mark.parametrize("library", ["duckdb", "polars"])
def test_the_lines_of_the_page_show_a_table_and_its_meanings(described, library):
    page = (ROOT / "docs/reuse.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (code,) = [block for block in blocks if f"import {library}" in block]
    printed = ran(described, "-c", code.replace("/laptop/", "/smoke/"))
    minmax = pq.read_table(described / "results/smoke/uniform/tables/minmax.parquet").to_pandas()
    shown = minmax[(minmax["norm"] == "inf") & (minmax["statistic"] == "minmax")]
    assert f"{shown['error'].iloc[0]:.5g}"[:6] in printed
    assert "meaning" in printed
