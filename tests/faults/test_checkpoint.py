"""Training that is paused, cut into shards, saved, killed and resumed leaves the same bits."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
import torch

from students import orders, problem
from supnorm.job.heartbeat import StoppedError
from supnorm.job.programs import InputError
from supnorm.samples import draw_samples as drawn
from supnorm.students import load_students
from supnorm.tables.samples import samples_schema
from supnorm.tables.schema import write_table
from supnorm.training import pace, stacked
from supnorm.training.cell import Training
from supnorm.training.checkpoint import Checkpoint, CheckpointError, code_digest, digest
from supnorm.training.engines import engine_class, hardware, processor
from supnorm.training.pace import slices
from supnorm.training.recipe import Recipe, Students
from supnorm.training.signals import Asked, listening
from supnorm.uniform.teachers import random_teachers
from uniform import draw_samples, sample_teachers, train_students

torch.set_num_threads(1)

ENGINES = ["narrow", "stacked", "groups", "loop"]
SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


@pytest.fixture(params=ENGINES)
def engine(request, monkeypatch):
    """An engine's name; "groups" is the stacked one in groups of three, as on a GPU."""
    if request.param != "groups":
        return request.param
    monkeypatch.setattr(stacked, "group_size", lambda *_: 3)
    return "stacked"


@pytest.fixture
def hasty_clock(monkeypatch):
    """A clock by which a stretch is an epoch of a student, or of a group."""
    ticks = itertools.count(step=0.2)
    monkeypatch.setattr(pace, "monotonic", lambda: next(ticks))


def broken(given):
    """The problem with a student that diverges."""
    recipe, initial, students = given
    values = students.values.copy()
    values[1, 3] = np.inf
    return recipe, initial, Students(students.points, values, students.seed_of)


def same(left, right):
    """Whether states are equal to the bit."""
    assert left.keys() == right.keys()
    return all(left[name].tobytes() == right[name].tobytes() for name in left)


@pytest.mark.parametrize("decay", [0.0, 0.02])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_an_engine_goes_on_from_a_state_to_the_same_bits(engine, precision, decay):
    given = broken(problem(2, 3, 9, 22, 4, decay=decay))
    whole, first, second = (engine_class(engine)(*given, precision=precision) for _ in range(3))
    whole.run(orders(22, *range(6)))
    first.run(orders(22, *range(2)))
    second.run(orders(22, 9))
    second.restore({name: array.copy() for name, array in first.state().items()})
    second.losses()
    second.run(orders(22, *range(2, 6)))
    assert same(second.state(), whole.state())
    assert (second.epochs == 6).all()
    assert not np.isfinite(whole.networks().weights[0][1]).all()


@pytest.mark.usefixtures("hasty_clock")
def test_a_deadline_ends_a_run_early_and_leaves_the_bits(engine):
    given = problem(2, 3, 9, 22, 4)
    whole, paused = engine_class(engine)(*given), engine_class(engine)(*given)
    whole.run(orders(22, *range(6)))
    seen = []
    while (first := paused.epochs.min()) < 6:
        paused.run(orders(22, *range(first, 6)), pace.deadline())
        seen.append(paused.epochs.tolist())
    assert same(paused.state(), whole.state())
    assert any(len(set(epochs)) > 1 for epochs in seen)
    assert len(seen) > 3


def test_slices_grow_until_they_take_their_time_and_end_by_the_deadline(monkeypatch):
    now = 0.0
    monkeypatch.setattr(pace, "monotonic", lambda: now)
    found = []
    for part in slices(3, 10**6, 1.0):
        found.append(part)
        now += 0.001 * len(part)
    assert found[0] == range(3, 4)
    assert all(a.stop == b.start for a, b in itertools.pairwise(found))
    assert max(map(len, found)) == pytest.approx(1000 * pace.SLICE, abs=1)
    assert 1 <= now < 1 + pace.SLICE
    assert list(slices(3, 5, now + 1)) == [range(3, 4), range(4, 5)]
    assert list(slices(5, 5, now + 1)) == list(slices(4, 5, now)) == []


def training(rows=None, engine="auto", epochs=40, **options):
    """The training of 2 seeds' 3 students, of whom one diverges."""
    known = random_teachers(3, 2, 3, 8, np.inf, 0.5)
    points, values = map(np.stack, zip(*(drawn(known, seed, 20) for seed in (5, 6)), strict=True))
    values[0, 1, 4] = np.inf
    recipe = Recipe(3, 8, 5, epochs, 1e-3, 1e-4)
    return Training(recipe, "fifth", [5, 6], points, values, 3, rows, engine=engine, **options)


def finished(some):
    """The state of a training at its end."""
    for _ in some.stretches():
        pass
    return some.state()


def copied(state):
    return {name: array.copy() for name, array in state.items()}


@pytest.mark.usefixtures("hasty_clock")
def test_a_training_goes_on_from_wherever_it_was_to_the_same_bits(engine, monkeypatch):
    paused = training(engine=engine)
    states = [(paused.epoch, copied(paused.state())) for _ in paused.stretches()]
    monkeypatch.setattr(pace, "monotonic", time.monotonic)
    whole = finished(training(engine=engine))
    assert same(states[-1][1], whole)
    # Before the first evaluation, between two, after the last, and with some students ahead.
    assert {0, 5, 15, 40} <= {epoch for epoch, _ in states}
    assert any(len(set(state["engine_epochs"])) > 1 for _, state in states)
    for _, state in states[:: 7 if engine == "narrow" else 100] + states[-1:]:
        resumed = training(engine=engine)
        resumed.restore(state)
        assert same(resumed.state(), state)
        assert same(finished(resumed), whole)
    for one, two in zip(paused.records, resumed.records, strict=True):
        assert (one.epoch, one.learning_rate, one.evaluation) == (
            two.epoch,
            two.learning_rate,
            two.evaluation,
        )
    assert np.isinf(resumed.records[-1].losses).tolist() == [False, True, *[False] * 4]


@pytest.mark.parametrize("engine", ["narrow", "stacked"])
def test_shards_have_the_students_of_their_cell(engine):
    whole = finished(training(engine=engine))
    parts = [finished(training(rows, engine)) for rows in (range(2), range(2, 5), range(5, 6))]
    together = np.concatenate([part["losses"] for part in parts], axis=1)
    assert together.tobytes() == whole["losses"].tobytes()
    for name in ("evaluation_1_weight_0", "evaluation_3_bias_2"):
        assert np.concatenate([part[name] for part in parts]).tobytes() == whole[name].tobytes()


class Saved:
    """What a checkpoint needs of a training."""

    def __init__(self):
        self.kept = {"a": np.arange(5.0), "b": np.array([[3, 4]]), "c": np.zeros((0, 2))}
        self.restored = None

    def state(self):
        return self.kept

    def restore(self, state):
        self.restored = state


def outcome(checkpoint):
    """What resuming does: the sentence that is raised, or "resumed", if to the right state."""
    saved = Saved()
    try:
        assert checkpoint.resume(saved)
    except CheckpointError as error:
        assert saved.restored is None
        return str(error)
    assert same(saved.restored, saved.kept)
    return "resumed"


def test_a_checkpoint_is_read_as_it_was_written_or_not_at_all(tmp_path):
    checkpoint = Checkpoint(tmp_path / "c", {"code": "1", "rows": [0, 3], "rate": 1e-4})
    assert not checkpoint.resume(Saved())
    checkpoint.save(Saved())
    assert outcome(checkpoint) == "resumed"
    whole = checkpoint.path.read_bytes()
    wrong = np.random.default_rng(1).integers(1, 256, len(whole))
    fine = 0
    for place, change in enumerate(wrong.tolist()):
        data = bytearray(whole)
        data[place] ^= change
        checkpoint.path.write_bytes(data)
        said = outcome(checkpoint)
        fine += said == "resumed"
        assert said == "resumed" or said.startswith(f"{checkpoint.path}: found ")
        assert "\n" not in said
    # What does not matter are spaces that fill up the header.
    assert fine < 8
    for length in range(0, len(whole), 7):
        checkpoint.path.write_bytes(whole[:length])
        assert "found a damaged checkpoint" in outcome(checkpoint)
    checkpoint.save(Saved())
    assert outcome(checkpoint) == "resumed"


@pytest.mark.parametrize(
    ("other", "names"),
    [
        ({"code": "2", "rows": [0, 3]}, "code"),
        ({"code": "1", "rows": [3, 3]}, "rows"),
        ({"code": "2"}, "code, rows"),
        ({"code": "1", "rows": [0, 3], "device": "cpu"}, "device"),
    ],
)
def test_a_checkpoint_of_another_training_is_not_used(tmp_path, other, names):
    Checkpoint(tmp_path / "c", {"code": "1", "rows": [0, 3]}).save(Saved())
    assert outcome(Checkpoint(tmp_path / "c", other)) == (
        f"{tmp_path / 'c'}: found the checkpoint of another training (not the same {names})"
    )


def test_a_checkpoint_of_other_shapes_is_not_used(tmp_path):
    some = training()
    next(some.stretches())
    state = copied(some.state())
    checkpoint = Checkpoint(tmp_path / "c", {})
    for wrong in (
        {name: array for name, array in state.items() if name != "engine_moments"},
        {**state, "more": np.zeros(1)},
        {**state, "engine_powers": state["engine_powers"][:1]},
        {**state, "engine_parameters": state["engine_parameters"].astype("float32")},
        {**state, "losses": state["losses"][0]},
        {**state, "losses": np.concatenate([state["losses"]] * 2)},
        {**state, "engine_epochs": state["engine_epochs"] + 1},
    ):
        metadata = {"identity": "{}", "checksum": digest(wrong)}
        safetensors.numpy.save_file(wrong, checkpoint.path, metadata)
        fresh = training()
        with pytest.raises(CheckpointError, match="found a damaged checkpoint"):
            checkpoint.resume(fresh)
        assert same(fresh.state(), training().state())
    checkpoint.save(some)
    assert checkpoint.resume(training()) == {}


def test_a_training_goes_on_on_other_hardware(tmp_path):
    some, fresh = training(), training()
    next(some.stretches())
    Checkpoint(tmp_path / "c", {"hardware": "this", "recipe": 1}).save(some)
    told = Checkpoint(tmp_path / "c", {"hardware": "other", "recipe": 1}).resume(fresh)
    assert told == {"hardware": "this", "recipe": 1}
    assert same(fresh.state(), some.state())


def test_what_is_no_file_is_explained(tmp_path):
    for path in (tmp_path, tmp_path / "file" / "c"):
        (tmp_path / "file").touch()
        with pytest.raises(InputError) as caught:
            Checkpoint(path, {}).resume(Saved())
        assert str(caught.value).startswith(f"{path}: expected a checkpoint or nothing, found: ")
        with pytest.raises(CheckpointError, match=f"^{path}: cannot be written: "):
            Checkpoint(path, {}).save(Saved())


def test_a_digest_is_of_names_types_shapes_and_numbers():
    array = np.arange(6.0)
    digests = [
        digest({"a": array}),
        digest({"b": array}),
        digest({"a": array.reshape(2, 3)}),
        digest({"a": array.view("int64")}),
        digest({"a": np.nextafter(array, 9)}),
    ]
    assert len(set(digests)) == 5
    assert digest({"a": array.reshape(2, 3).T}) == digest({"a": array.reshape(2, 3).T.copy()})


@pytest.mark.parametrize("edited", ["study/p.py", "supnorm/a.py", "supnorm/sub/a.py"])
def test_the_digest_of_code_is_of_a_program_and_of_what_it_imports(tmp_path, edited):
    code = {
        "study/p.py": "from supnorm import a\n",
        "supnorm/a.py": "from supnorm.sub import a\n",
        "supnorm/sub/a.py": "A = 1\n",
        "supnorm/b.py": "not imported\n",
    }
    for name, text in code.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    before = code_digest(tmp_path / "study/p.py")
    (tmp_path / "supnorm/b.py").write_text("edited")
    assert code_digest(tmp_path / "study/p.py") == before
    (tmp_path / edited).write_text(code[edited] + "# edited")
    assert code_digest(tmp_path / "study/p.py") != before


def test_hardware_matters_where_torch_rounds():
    assert hardware("narrow", "cpu") == {"numba": numba.__version__}
    for name in ("stacked", "loop"):
        assert hardware(name, "cpu") == {"torch": torch.__version__, "machine": processor()}
    assert processor()


HEARD = signal.SIGTERM, signal.SIGINT, signal.SIGUSR1


@pytest.fixture
def interruptible():
    """Hear SIGINT, which what a shell starts in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_signals_are_noted_while_one_listens():
    before = [signal.getsignal(number) for number in HEARD]
    with listening() as asked:
        assert asked == Asked(save=False, stop=None)
        signal.raise_signal(signal.SIGUSR1)
        assert asked == Asked(save=True, stop=None)
        signal.raise_signal(signal.SIGTERM)
        assert asked == Asked(save=True, stop="SIGTERM")
    with listening() as asked:
        signal.raise_signal(signal.SIGINT)
        assert asked == Asked(save=True, stop="SIGINT")
    assert [signal.getsignal(number) for number in HEARD] == before


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with listening() as asked:
            signal.raise_signal(signal.SIGINT)
        assert asked.stop is None
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_than_the_main_one_listens_in_vain():
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: listening().__enter__()).result() == Asked()


@pytest.fixture(scope="session")
def samples_table(tmp_path_factory):
    """The samples of 2 seeds and 2 teachers."""
    folder = tmp_path_factory.mktemp("samples")
    teachers, table = folder / "t.safetensors", folder / "p.parquet"
    numbers = {"depth": 3, "width": 8, "norm": "inf", "bound": 0.5, "count": 2}
    settings = " ".join(f"--uniform.teacher.{key} {value}" for key, value in numbers.items())
    options = f"--family random --dim 1 {settings} --teachers {teachers}"
    sample_teachers.main(options.split())
    options = f"--teachers {teachers} --family random --dim 1 --samples 20 --sample {table}"
    options += " --uniform.sample.seeds 5 6"
    draw_samples.main(options.split())
    return table


def arguments(table, folder, *more, epochs=60, engine="narrow"):
    """The options of train_students to train in a folder."""
    options = (
        f"--sample {table} --family random --dim 1 --samples 20 --depth 3 --width 8 "
        f"--batch_rule fifth --shard 1of1 --batch 4 --epochs {epochs} "
        "--uniform.evaluation.times 3 --learning_rate 1e-3 "
        "--uniform.training.final_learning_rate 1e-4 --uniform.training.weight_decay 0 "
        f"--device cpu --training.precision float64 --training.engine {engine} "
        f"--students {folder}/s.safetensors --curves {folder}/c.parquet "
        f"--checkpoint {folder}/checkpoints/s.safetensors --heartbeat {folder}/h.json"
    )
    return [*options.split(), *more]


def outputs(folder):
    return [(folder / name).read_bytes() for name in ("s.safetensors", "c.parquet")]


def heartbeat(folder):
    return json.loads((folder / "h.json").read_text())


@pytest.fixture
def train(monkeypatch):
    """Run train_students; it sends itself a signal when it says a line that begins so."""

    def train(command, beginning="never", number=signal.SIGTERM):
        lines = []

        def say(line):
            lines.append(line)
            if line.startswith(beginning):
                signal.raise_signal(number)

        monkeypatch.setattr(train_students, "say", say)
        try:
            train_students.main(command)
        except StoppedError as error:
            lines.append(str(error))
        return lines

    return train


@pytest.mark.parametrize("name", ["narrow", "stacked", "loop"])
def test_what_sigterm_stops_goes_on_when_it_is_run_again(tmp_path, samples_table, train, name):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    train(arguments(samples_table, whole, engine=name))
    command = arguments(samples_table, cut, engine=name)
    checkpoint, resumed = cut / "checkpoints/s.safetensors", None
    for epoch in (0, 3, 20, 27, 60):
        *_, last = train(command, f"epoch {epoch} of 60: mean loss")
        assert last == (
            f"stopped by SIGTERM after epoch {epoch} of 60; the next run resumes from {checkpoint}"
        )
        assert not (cut / "s.safetensors").exists()
        told = heartbeat(cut)
        assert (told["state"], told["epoch"], told["resumed"]) == ("stopped", epoch, resumed)
        assert told["message"] == last
        resumed = epoch
    (checkpoint.parent / ".s.node-1.safetensors").touch()
    lines = train(command)
    assert lines[1:] == [f"resumed after epoch 60 of 60 from {checkpoint}"]
    assert outputs(cut) == outputs(whole)
    assert not list(checkpoint.parent.iterdir())
    told = heartbeat(cut)
    assert (told["state"], told["epoch"], told["resumed"]) == ("done", 60, 60)
    assert (told["students"], told["epochs"]) == (4, 60)
    assert told["flops"] == 4 * 6 * (2 * 8 + 9 * 8 + 9) * 20 * 60


def test_sigusr1_saves_and_training_goes_on(tmp_path, samples_table, train):
    command = arguments(samples_table, tmp_path)
    lines = train(command, "epoch 20 of 60: mean loss", signal.SIGUSR1)
    saved = f"epoch 20 of 60: saved in {tmp_path}/checkpoints/s.safetensors"
    assert [line for line in lines if "saved" in line] == [saved]
    assert heartbeat(tmp_path)["state"] == "done"


def test_training_saves_from_time_to_time(tmp_path, samples_table, train, monkeypatch):
    monkeypatch.setattr(train_students, "PERIOD", 0)
    monkeypatch.setattr(train_students, "COSTS", 0)
    lines = train(arguments(samples_table, tmp_path))
    assert sum("saved" in line for line in lines) > 20
    monkeypatch.setattr(train_students, "COSTS", 10**9)
    lines = train(arguments(samples_table, tmp_path))
    assert sum("saved" in line for line in lines) == 1
    monkeypatch.setattr(train_students, "PERIOD", 3600)
    lines = train(arguments(samples_table, tmp_path))
    assert not any("saved" in line for line in lines)


def test_training_goes_on_where_saving_fails(tmp_path, samples_table, train, monkeypatch):
    def save(_checkpoint, _training):
        raise CheckpointError("c: cannot be written: no space")

    monkeypatch.setattr(Checkpoint, "save", save)
    command = arguments(samples_table, tmp_path)
    lines = train(command, "epoch 20 of 60: mean loss", signal.SIGUSR1)
    assert "c: cannot be written: no space" in lines
    assert heartbeat(tmp_path)["state"] == "done"
    *_, last = train(command, "epoch 20 of 60: mean loss")
    assert last == "stopped by SIGTERM after epoch 20 of 60; c: cannot be written: no space"


def test_training_needs_no_checkpoint(tmp_path, samples_table, train):
    command = arguments(samples_table, tmp_path)
    at = command.index("--checkpoint")
    del command[at : at + 4]
    *_, last = train(command, "epoch 20 of 60: mean loss")
    assert last == "stopped by SIGTERM after epoch 20 of 60; the next run starts anew"
    train(command)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.parquet", "s.safetensors"]


@pytest.mark.parametrize(
    ("more", "names"),
    [
        (["--uniform.evaluation.times", "2"], "evaluations"),
        (["--count", "3"], "students"),
        (["--learning_rate", "2e-3"], "recipe"),
        (["--uniform.training.weight_decay", "1e-3"], "recipe"),
        (["--family", "sine"], "cell"),
        (["--training.precision", "float32"], "precision"),
        (["--training.engine", "loop"], "engine"),
    ],
)
def test_training_starts_anew_where_its_checkpoint_is_of_another(
    tmp_path, samples_table, train, more, names
):
    command = arguments(samples_table, tmp_path)
    train(command, "epoch 20 of 60: mean loss")
    lines = train([*command, *more])
    assert lines[1] == (
        f"{tmp_path}/checkpoints/s.safetensors: found the checkpoint of another training "
        f"(not the same {names}); training starts anew"
    )
    assert lines[2].startswith("epoch 0 of 60: mean loss")
    assert heartbeat(tmp_path)["resumed"] is None


def test_training_starts_anew_on_other_samples_and_where_its_checkpoint_is_damaged(
    tmp_path, samples_table, train
):
    command, checkpoint = arguments(samples_table, tmp_path), tmp_path / "checkpoints/s.safetensors"
    other, frame = tmp_path / "p", pd.read_parquet(samples_table)
    write_table(other, frame.assign(u000=frame["u000"] + 1e-12), samples_schema(1, 2))
    train(command, "epoch 20 of 60: mean loss")
    lines = train([*command, "--sample", str(other)], "epoch 3 of 60: mean loss")
    assert "not the same samples); training starts anew" in lines[1]
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1])
    lines = train(command, "epoch 3 of 60: mean loss")
    assert lines[1].startswith(f"{checkpoint}: found a damaged checkpoint")
    assert lines[1].endswith("; training starts anew")
    # What was of no use is replaced.
    assert train(command)[1] == f"resumed after epoch 3 of 60 from {checkpoint}"


def test_the_program_trains_a_shard(tmp_path, samples_table, train):
    train(arguments(samples_table, tmp_path / "whole"))
    train(arguments(samples_table, tmp_path / "part", "--first", "1", "--count", "2"))
    whole, part = (load_students(tmp_path / name / "s.safetensors") for name in ("whole", "part"))
    assert part.pairs["seed"] == [5, 6] * 3
    assert part.pairs["teacher"] == [1, 0] * 3
    rows = [whole_row for k in range(3) for whole_row in (4 * k + 1, 4 * k + 2)]
    for name, array in part.networks.tensors().items():
        assert array.tobytes() == whole.networks.tensors()[name][rows].tobytes()
    curves = [pd.read_parquet(tmp_path / name / "c.parquet") for name in ("whole", "part")]
    both = curves[0].merge(curves[1], on=["teacher", "seed", "epoch"])
    assert len(both) == len(curves[1]) == len(curves[0]) / 2
    assert (both["loss_x"] == both["loss_y"]).all()


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        (["--first", "4"], "4 on"),
        (["--first", "3", "--count", "2"], "3 to 4"),
        (["--first", "-1"], "-1 on"),
    ],
)
def test_students_that_are_not_there_give_one_sentence(tmp_path, samples_table, more, asked):
    with pytest.raises(InputError) as caught:
        train_students.main(arguments(samples_table, tmp_path, *more))
    assert str(caught.value) == (
        f"{samples_table}: found labels of 4 students, 0 to 3; --first and --count ask for {asked}"
    )
    assert heartbeat(tmp_path)["state"] == "failed"


class Running:
    """The program as a process of its own, whose log is read while it runs."""

    def __init__(self, command):
        program = [sys.executable, SCRIPTS / "uniform/train_students.py", *command]
        environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
        self._process = subprocess.Popen(
            program, env=environment, stderr=subprocess.PIPE, text=True
        )

    def says(self, part):
        """The next line of the log with some part, none where it ends without."""
        return next((line for line in self._process.stderr if part in line), None)

    def send(self, number):
        self._process.send_signal(number)

    def end(self):
        """The exit status and the rest of the log."""
        with self._process:
            return self._process.wait(), self._process.stderr.read()


def test_a_program_that_is_killed_goes_on_when_it_is_run_again(tmp_path, samples_table):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert Running(arguments(samples_table, whole, epochs=20000)).end()[0] == 0
    command = arguments(samples_table, cut, epochs=20000)
    first = Running(command)
    assert first.says("epoch 9 of 20000")
    first.send(signal.SIGTERM)
    status, log = first.end()
    assert status == 1
    assert log.splitlines()[-1].startswith("train_students: stopped by SIGTERM after epoch ")
    assert "Traceback" not in log
    assert heartbeat(cut)["state"] == "stopped"
    second = Running(command)
    assert second.says("resumed after epoch ")
    assert second.says(": mean loss")
    second.send(signal.SIGUSR1)
    saved = second.says("saved in")
    assert second.says(": mean loss")
    second.send(signal.SIGKILL)
    assert second.end()[0] == -signal.SIGKILL
    assert not (cut / "s.safetensors").exists()
    third = Running(command)
    epoch = saved.split(":")[0]
    assert third.says(f"resumed after {epoch} ")
    assert third.end()[0] == 0
    assert outputs(cut) == outputs(whole)
    assert not list((cut / "checkpoints").iterdir())
