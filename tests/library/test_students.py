"""Files of students: shards of a cell, and some of their rows."""

from pathlib import Path

import numpy as np
import pytest

from supnorm.job.programs import InputError
from supnorm.networks import save_networks
from supnorm.students import cell_files, files_of, load_cell, load_students
from supnorm.uniform.teachers import random_teachers

CELL = {"family": "random", "dim": 2, "samples": 10, "depth": 3, "width": 6}
CELL |= {"batch_rule": "fifth", "batch": 2}
PAIRS = [(t, s, e) for e in (1, 2) for s in (7, 8) for t in (0, 1, 2)]
STUDENTS = random_teachers(len(PAIRS), 2, 3, 6, 2.0, 1.0)


def write(path, rows, cell=CELL):
    columns = zip(*(PAIRS[k] for k in rows), strict=True)
    pairs = dict(zip(("teacher", "seed", "evaluation"), map(list, columns), strict=True))
    description = {"cell": cell, "students": pairs | {"epoch": [5] * len(rows)}}
    save_networks(path, STUDENTS[rows], description, {"loss": np.array(rows, float)})
    return path


@pytest.fixture
def cut(tmp_path):
    """A cell in two shards: teachers 0 and 1 of seed 7, and the other students."""
    first = [k for k, (teacher, seed, _) in enumerate(PAIRS) if seed == 7 and teacher < 2]
    last = [k for k in range(len(PAIRS)) if k not in first]
    return [write(tmp_path / f"d2_{k + 1}of2", rows) for k, rows in enumerate((first, last))]


def assert_rows(loaded, rows):
    for name, array in loaded.networks.tensors().items():
        assert (array == STUDENTS[rows].tensors()[name]).all()
    assert loaded.losses.tolist() == rows
    triples = zip(*(loaded.pairs[n] for n in ("teacher", "seed", "evaluation")), strict=True)
    assert list(triples) == [PAIRS[k] for k in rows]


def test_only_the_students_asked_for_are_read(tmp_path):
    path = write(tmp_path / "all", list(range(len(PAIRS))))
    assert_rows(load_students(path, teacher=1, evaluation=2), [7, 10])
    assert len(load_students(path, teacher=9).networks) == 0


def test_a_cell_is_all_its_shards(cut):
    assert sorted(load_cell(cut).losses) == list(range(len(PAIRS)))
    assert_rows(load_cell(cut, teacher=1, evaluation=2), [7, 10])
    assert_rows(load_cell(cut, teacher=2, seed=7, evaluation=1), [2])
    with pytest.raises(InputError, match="expected students of teacher 9, found none"):
        load_cell(cut, teacher=9)


def test_shards_of_different_cells_are_refused(cut, tmp_path):
    other = write(tmp_path / "other", [0], CELL | {"samples": 7})
    with pytest.raises(InputError, match=r"other: found students of .*'samples': 7"):
        load_cell([cut[0], other])


def test_files_are_found_by_the_names_of_cells():
    name = "d2_m10_L3_w6_fifth"
    paths = [Path(f"students/random/{name}_{k}of11.safetensors") for k in range(11, 0, -1)]
    files = cell_files([Path("random/d1_m10_L3_w6_fifth_1of1.safetensors"), *paths])
    assert list(files) == ["random/d1_m10_L3_w6_fifth", f"random/{name}"]
    assert files_of(CELL, files) == paths[::-1]
    with pytest.raises(InputError, match="expected files of the cell random/d5_m10"):
        files_of(CELL | {"dim": 5}, files)


@pytest.mark.parametrize("shards", [["1of2"], ["1of3", "3of3"], ["1of1", "2of2"], ["2of1"]])
def test_missing_shards_are_told(shards):
    with pytest.raises(InputError, match="random/cell: expected the files of all its shards"):
        cell_files([Path(f"random/cell_{shard}.safetensors") for shard in shards])


def test_a_name_of_no_shard_is_told():
    with pytest.raises(InputError, match=r"cell\.safetensors: expected a name"):
        cell_files([Path("random/cell.safetensors")])


def damaged(*names):
    """A description in which an entry is another: `names` lead to it, the last is what it is."""

    def change(description):
        *path, name, value = names
        for key in path:
            description = description[key]
        description[name] = value

    return change


NUMBERS = [1] * len(PAIRS)


@pytest.mark.parametrize(
    "change",
    [
        damaged("cell", None),
        damaged("cell", list(CELL)),
        damaged("cell", "dim", "2"),
        damaged("cell", "dim", True),
        damaged("cell", "family", ["random"]),
        damaged("cell", "more", 1),
        damaged("students", None),
        damaged("students", ["teacher", "seed", "evaluation", "epoch"]),
        damaged("students", "seed", 7),
        damaged("students", "seed", "7" * len(PAIRS)),
        damaged("students", "seed", [7.0] * len(PAIRS)),
        damaged("students", "seed", [[7]] * len(PAIRS)),
        damaged("students", "seed", [7]),
        damaged("students", "more", NUMBERS),
        damaged("students", {name: [1] for name in ("teacher", "seed", "evaluation", "epoch")}),
    ],
)
def test_a_description_of_another_shape_is_refused(tmp_path, change):
    teachers, seeds, evaluations = map(list, zip(*PAIRS, strict=True))
    pairs = {"teacher": teachers, "seed": seeds, "evaluation": evaluations, "epoch": NUMBERS}
    description = {"cell": dict(CELL), "students": pairs}
    path, losses = tmp_path / "s", {"loss": np.zeros(len(PAIRS))}
    save_networks(path, STUDENTS, description, losses)
    assert len(load_students(path).networks) == len(PAIRS)
    change(description)
    save_networks(path, STUDENTS, description, losses)
    with pytest.raises(InputError, match="s: expected a file of students, found another"):
        load_students(path)


def test_more_students_than_there_are_networks_are_refused(tmp_path):
    """Read in part, and as a whole."""
    pairs = dict.fromkeys(("teacher", "seed", "evaluation", "epoch"), NUMBERS)
    path = tmp_path / "s"
    save_networks(path, STUDENTS[:2], {"cell": CELL, "students": pairs}, {"loss": np.zeros(2)})
    for chosen in ({}, {"teacher": 1}):
        with pytest.raises(InputError, match="s: expected a "):
            load_students(path, **chosen)


@pytest.mark.parametrize("other", [{"dim": 3}, {"depth": 10**9}, {"width": 7}])
def test_networks_of_another_architecture_than_the_cells_are_refused(tmp_path, other):
    path = write(tmp_path / "s", [0], CELL | other)
    says = r"s: found networks of dimension, depth and width \[2, 3, 6\], expected "
    with pytest.raises(InputError, match=says):
        load_students(path)
