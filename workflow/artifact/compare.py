"""How far results that were made again are from those recorded, and how far they may be.

Where a machine is like the one of the record, every bit must be the same. Elsewhere numbers may
deviate by these tolerances, relative to the larger of two numbers, or to the largest coefficient
of a layer.
"""

import re
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml
from PIL import Image

from artifact.pages import draw_pages
from supnorm.job.programs import InputError
from supnorm.networks import load_networks
from supnorm.tables.schema import Column, read_table, table_columns

# What is computed from the same files by other libraries, or on another processor: some thousand
# roundings, each of 1e-16, and sums in another order.
COMPUTED = 1e-9
# Of algorithms that solve a linear system: its condition is up to 1e12.
SOLVED = 1e-4
# What training makes of other rounding. Of 120 students of the laptop scale, trained by the narrow
# and by the stacked engine, weights differ by 2e-14 in the median and by 6e-5 at most; those that
# fit their sample best part most. A GPU adds up in a third order.
TRAINED = 1e-3
# A shade of a pixel, of 1: what is anti-aliased differs by a step or two of 255.
SHADE = 8 / 255

# Columns that say where something is attained: of two maxima that are equal up to rounding, one
# machine may find the one and another the other.
PLACE = re.compile(r"(at|centre)\d+")


@dataclass(frozen=True)
class Comparison:
    """How far a result is from the recorded one, and where: nowhere if every bit is the same.

    `deviation` is inf where they cannot be told in numbers.
    """

    deviation: float
    where: str

    @property
    def same(self) -> bool:
        """Return whether every bit is the same."""
        return not self.where


SAME = Comparison(0.0, "")


def apart(deviation: float, where: str) -> Comparison:
    """Return how far results are from one another that are the same if `deviation` is 0."""
    return Comparison(deviation, where) if deviation else SAME


def worst(comparisons: Sequence[Comparison]) -> Comparison:
    """Return the comparison that deviates most."""
    return max(comparisons, key=lambda one: one.deviation, default=SAME)


def compare_files(recorded: Path, found: Path, places: bool = True) -> Comparison:
    """Compare two files of the same kind, of which `found` is trusted.

    Without `places` it does not count where something is attained. Raises InputError where the
    recorded one is no file of its kind.
    """
    if recorded.read_bytes() == found.read_bytes():
        return SAME
    if found.suffix == ".parquet":
        return compare_frames(*read_alike(recorded, found), places)
    if found.suffix == ".safetensors":
        return compare_networks(recorded, found)
    if found.suffix == ".png":
        return compare_images(recorded, found)
    if found.suffix == ".yaml":
        return compare_yaml(recorded, found)
    if found.suffix == ".pdf":
        return compare_pages(recorded, found)
    return Comparison(np.inf, f"the text of {recorded.name}")


def read_alike(recorded: Path, found: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two tables that have the same columns; raises InputError where they do not."""
    columns = [
        Column(field.name, field.type, "", nullable=field.nullable)
        for field in pq.read_schema(found)
    ]
    if (names := table_columns(recorded)) != (expected := [column.name for column in columns]):
        raise InputError(
            f"{recorded}: found the columns {', '.join(names)}, expected {', '.join(expected)}"
        )
    return read_table(recorded, columns), read_table(found, columns)


def compare_frames(recorded: pd.DataFrame, found: pd.DataFrame, places: bool = True) -> Comparison:
    """Compare two tables of the same columns, row by row."""
    if len(recorded) != len(found):
        return Comparison(np.inf, f"{len(recorded)} rows instead of {len(found)}")
    compared = [
        _compare_columns(name, recorded[name].to_numpy(), found[name].to_numpy())
        for name in found
        if places or not PLACE.fullmatch(name)
    ]
    return worst(compared)


def _compare_columns(name: str, recorded: np.ndarray, found: np.ndarray) -> Comparison:
    if found.dtype.kind == "f" and recorded.dtype.kind == "f":
        return apart(deviation(recorded, found, np.fmax(abs(recorded), abs(found))), name)
    same = (recorded == found) | (pd.isna(recorded) & pd.isna(found))
    return SAME if same.all() else Comparison(np.inf, name)


def deviation(recorded: np.ndarray, found: np.ndarray, scale: np.ndarray | float) -> float:
    """Return the largest difference over a scale, above 0 where any is.

    It is inf where only one of two is a finite number.
    """
    differ = ~((recorded == found) | (np.isnan(recorded) & np.isnan(found)))
    if not differ.any():
        return 0.0
    with np.errstate(all="ignore"):
        over = (abs(recorded - found) / scale)[differ]
    return float(np.where(np.isfinite(over), over, np.inf).max(initial=np.finfo(float).tiny))


def compare_networks(recorded: Path, found: Path) -> Comparison:
    """Compare two files of networks, and what they say of themselves."""
    (one, told, extra), (other, expected, further) = map(load_networks, (recorded, found))
    if told != expected:
        return Comparison(np.inf, "what the file says of its networks")
    return compare_arrays(one.tensors() | extra, other.tensors() | further)


def compare_arrays(recorded: dict[str, np.ndarray], found: dict[str, np.ndarray]) -> Comparison:
    """Compare arrays by name, each relative to the largest number of a network in it."""
    forms = [
        {name: (a.shape, a.dtype) for name, a in arrays.items()} for arrays in (recorded, found)
    ]
    if forms[0] != forms[1]:
        return Comparison(np.inf, "the shapes of arrays")
    return worst([apart(_of_arrays(recorded[name], found[name]), name) for name in found])


def _of_arrays(recorded: np.ndarray, found: np.ndarray) -> float:
    axes = tuple(range(1, found.ndim))
    scale = np.fmax(abs(recorded), abs(found)).max(axis=axes, keepdims=True, initial=0)
    return deviation(recorded, found, np.broadcast_to(scale, found.shape))


def compare_images(recorded: Path, found: Path) -> Comparison:
    """Compare two images pixel by pixel, by the largest difference of shades from 0 to 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(recorded, formats=["PNG"]) as one, Image.open(found) as other:
                if (one.size, one.mode) != (other.size, other.mode):
                    return Comparison(np.inf, f"the size of {recorded.name}")
                shades = [np.asarray(image, float) / 255 for image in (one, other)]
        except (OSError, SyntaxError, ValueError, Warning) as error:
            raise InputError(f"{recorded}: expected an image, found {error}") from None
    return apart(float(abs(shades[0] - shades[1]).max(initial=0)), recorded.name)


def compare_yaml(recorded: Path, found: Path) -> Comparison:
    """Compare two files of YAML: keys stand in another order where a record gave them."""
    try:
        told = yaml.safe_load(recorded.read_bytes())
    except (yaml.YAMLError, ValueError, RecursionError):
        raise InputError(f"{recorded}: expected YAML, found something else") from None
    alike = told == yaml.safe_load(found.read_bytes())
    return SAME if alike else Comparison(np.inf, f"the values in {recorded.name}")


def compare_pages(recorded: Path, found: Path) -> Comparison:
    """Compare two PDF files of unlike bytes by how their pages look.

    Where every pixel is the same they are not: what is not shown, such as a link, may differ.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            pages = draw_pages(recorded, Path(folder, "recorded"))
            expected = draw_pages(found, Path(folder, "found"))
        except ValueError as error:
            raise InputError(f"{recorded}: expected a PDF to draw, found {error}") from None
        if len(pages) != len(expected):
            return Comparison(np.inf, f"{len(pages)} pages instead of {len(expected)}")
        compared = [
            Comparison(compare_images(*both).deviation, f"page {number} of {recorded.name}")
            for number, both in enumerate(zip(pages, expected, strict=True), start=1)
        ]
    farthest = worst(compared)
    if farthest.deviation:
        return farthest
    return Comparison(0.0, f"the bytes of {recorded.name}, but no pixel of its pages")
