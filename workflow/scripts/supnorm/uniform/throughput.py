"""What jobs take: expected time and memory, from measured rates or from a model of a machine.

They set the time and memory that jobs ask for, and the plan; never results or file names. Rates
are those of the calibration file, which benchmarks/calibrate.py writes, and else of MODEL; what a
GPU trains and evaluates is else as its card's roofline says (supnorm.training.roofline). A
calibration holds for each device ("cpu", "cuda"), in seconds and operations a second:

- `start`: seconds until a program is at work
- `training`: rows (depth, width, batch, operations a second), on a GPU of a whole group
- `epoch`: seconds that an epoch of a group takes beside its arithmetic
- `shuffle`: rows (samples, seconds) of one seed's shuffle
- `evaluation`: rows (width, operations a second) on random points
- `exact`: rows (width, seconds) of one network's exact errors
- `climb`: rows (width, seconds) of one climb to a local maximum, `cpu` alone
- `certificate`: rows (dimension, seconds) of one student, `cpu` alone
- `reference`: rows (dimension, samples, seconds to learn from a seed's sample, seconds a point) of
  all algorithms together, `cpu` alone
- `spike`: rows (dimension, samples, seconds) of the search for one unseen spike

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

import json
import math
import re
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from supnorm.costs import BASE_MB, START, Costs, Trained
from supnorm.hardware.cards import SLOWEST, Card
from supnorm.job.programs import InputError
from supnorm.training import roofline
from supnorm.uniform.cells import cells, polynomial_cells, ranked_cells, seeds_of
from supnorm.work import (
    Cell,
    group_size,
    network_size,
    shard_names,
    shards,
    student_bytes,
)

FORMAT = "supnorm calibration 1"
CALIBRATION = Path("results/calibration.json")

# Bytes a second of SHA-256, on a slow core or over a slow network.
DIGESTING = 3e8

# Half the speed of a core of an AMD EPYC of 2022. Of a GPU it has what no roofline tells: programs
# wait for CUDA, exact errors for the sorting of pieces, searches and shuffles for a core beside it.
MODEL = {
    "cpu": {
        "start": START["cpu"],
        "training": [[5, 32, 2, 2.5e9], [5, 32, 20, 1.2e10], [5, 32, 200, 2e10]],
        "epoch": 2e-6,
        "shuffle": [[100, 4e-5], [1000, 1e-4], [100000, 1.5e-2]],
        "evaluation": [[32, 1.5e10], [512, 2e10]],
        "exact": [[32, 1.2e-3], [512, 7e-2], [2048, 2.5]],
        "climb": [[32, 7e-3], [512, 0.35], [2048, 20.0]],
        "certificate": [[2, 2e-2], [3, 5e-2]],
        "reference": [
            *([1, 100, 5e-3, 2e-5], [1, 1000, 0.4, 8e-5], [1, 10000, 300, 8e-4]),
            *([1, 100000, 1.0, 4e-4], [3, 100000, 10.0, 8e-4]),
            *([3, 100, 8e-3, 2.5e-5], [3, 1000, 0.5, 1e-4], [3, 10000, 300, 1e-3]),
        ],
        "spike": [[1, 100, 1e-3], [1, 100000, 1e-2], [3, 100, 0.2], [3, 100000, 1.2]],
    },
    "cuda": {
        "start": START["cuda"],
        "shuffle": [[100, 4e-5], [1000, 1e-4], [100000, 1.5e-2]],
        "exact": [[32, 2e-2], [512, 5e-2], [2048, 0.5]],
        "spike": [[1, 100, 1e-3], [1, 100000, 1e-2], [3, 100, 0.2], [3, 100000, 1.2]],
    },
}

# What a roofline tells of a GPU until it is measured.
BY_ROOFLINE = ("training", "epoch", "evaluation")

# Rules that train or evaluate students on the device of the configuration; all others use a CPU.
ON_DEVICE = (
    "train_students",
    "measure_errors",
    "sample_errors",
    "measure_adversary",
    "sample_adversary",
    "compare_methods",
)
# Above so many samples references use neighbours alone (supnorm.uniform.references.algorithms).
DENSE = 10_000
# From the worst of so many random points the smaller cube is climbed (supnorm.uniform.places).
STARTS = 131072


def read_calibration(path: Path) -> dict:
    """Return what was measured, by device; nothing where there is no file.

    Raises InputError where the file is not one that benchmarks/calibrate.py wrote.
    """
    try:
        found = json.loads(Path(path).read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _foreign(path, str(error)) from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _foreign(path, "another file")
    measured = {device: entry for device, entry in found.items() if device != "format"}
    for device, entry in measured.items():
        if device not in MODEL or not isinstance(entry, dict):
            raise _foreign(path, f"an entry {device!r}")
        like = MODEL[device] | {key: MODEL["cpu"][key] for key in BY_ROOFLINE}
        for key, model in like.items():
            if not _like(entry.get(key), model):
                raise _foreign(path, f"{device}.{key}: {json.dumps(entry.get(key))[:60]}")
    return measured


def _foreign(path: Path, found: str) -> InputError:
    return InputError(
        f"{path}: expected what `make calibrate` writes, found {found}; delete the file, "
        "which costs no results, and run `make calibrate` again"
    )


def _like(found, model) -> bool:
    """Return whether what was found are positive numbers, in rows as those of the model."""
    if not isinstance(model, list):
        return isinstance(found, int | float) and 0 < found < math.inf
    return (
        isinstance(found, list)
        and len(found) > 0
        and all(isinstance(row, list) and len(row) == len(model[0]) for row in found)
        and all(_like(number, 1.0) for row in found for number in row)
    )


def calibrated(config: dict, device: str, card: Card) -> "Throughput":
    """Return what jobs take, as far as it was measured; raises InputError as above."""
    return Throughput(config, device, read_calibration(CALIBRATION), card)


def interpolated(
    points: Iterable[tuple[float, float]], x: float, below: float = 0, above: float = 0
) -> float:
    """Return y at x, on lines between the points (x, y) in logarithms.

    Before the first and behind the last point the lines have the slopes `below` and `above`.
    """
    points = [(math.log(a), math.log(b)) for a, b in sorted(points)]
    x = math.log(x)
    (first, start), (last, end) = points[0], points[-1]
    if x <= first:
        return math.exp(start + below * (x - first))
    if x >= last:
        return math.exp(end + above * (x - last))
    (a, b), (c, d) = next(pair for pair in pairwise(points) if x <= pair[1][0])
    return math.exp(b + (d - b) * (x - a) / (c - a))


class Throughput(Costs):
    """Expected seconds and megabytes of the jobs of the study.

    Jobs are named by shards ("random/d1_m100_L5_w32_fifth_1of3"), problems ("random/d3_m100") or
    kinds of polynomials ("d1_k15").
    """

    def __init__(
        self,
        config: dict,
        device: str = "cpu",
        calibration: dict | None = None,
        card: Card = SLOWEST,
    ):
        """Take a resolved configuration, the device that trains, what was measured, and the card.

        The card is that of the GPUs, for what was not measured on them.
        """
        self._config, self._device, self.measured = config, device, calibration or {}
        self._card = card
        self._entries = {name: {**MODEL[name], **self._measured(name)} for name in MODEL}
        self._works = {
            "train_students": self._training,
            "measure_errors": self._measuring,
            "sample_errors": self._measuring,
            "climb_errors": self._climbing,
            "draw_samples": self._drawing,
            "certify_errors": self._certifying,
            "measure_references": self._referring,
            "challenge_algorithms": self._challenging,
            "learn_polynomials": self._learning_polynomials,
            "measure_adversary": self._spiking,
            "sample_adversary": self._spiking,
            "climb_adversary": self._climbing_spikes,
            "compare_methods": self._comparing,
            "tabulate_spikes": self._digesting_all,
            "tabulate_neighbours": self._digesting_all,
            "measure_sine": self._measuring_sine,
            "locate_errors": self._locating,
        }
        self._memory = {
            "train_students": self._training_mb,
            "measure_errors": self._measuring_mb,
            "sample_errors": self._measuring_mb,
            "climb_errors": self._measuring_mb,
            "measure_references": self._referring_mb,
            "challenge_algorithms": self._referring_mb,
            "measure_adversary": self._spiking_mb,
            "sample_adversary": self._spiking_mb,
            "climb_adversary": self._spiking_mb,
            "compare_methods": self._comparing_mb,
        }

    @cached_property
    def shards(self) -> dict[str, tuple[Cell, range]]:
        """Return each shard's cell, and which of the cell's students it has, by its name."""
        config = self._config
        return {
            name: (cell, rows)
            for cell in cells(config)
            for name, rows in zip(shard_names(cell, config), shards(cell, config), strict=True)
        }

    def device(self, rule: str) -> str:
        """Return the device that a rule computes on."""
        return self._device if rule in ON_DEVICE else "cpu"

    def start(self, device: str) -> float:
        """Return the seconds until a program has started."""
        return self._entries[device]["start"]

    def work(self, rule: str, name: str) -> float:
        """Return the seconds that a job works, without the start of its program."""
        return self._works[rule](*self._parts(name)) if rule in self._works else 0.0

    def megabytes(self, rule: str, name: str = "") -> int:
        """Return the memory that a job requests, without that of a GPU."""
        if rule not in self._memory:
            return super().megabytes(rule, name)
        return math.ceil(BASE_MB[self.device(rule)] + self._memory[rule](*self._parts(name)))

    def basis(self, rule: str, name: str = "") -> str:
        """Return the source of the expected time.

        That is "measured" (at the very sizes of the job), "between" (interpolated or extrapolated
        from sizes that were measured), or "model".
        """
        measured = self._measured(self.device(rule))
        if not measured or (rule == "train_students" and "training" not in measured):
            return "model"
        parts = self._parts(name)
        if rule == "train_students":
            cell, _ = parts
            key, size = "training", (cell.depth, cell.width, cell.batch)
        elif rule in ("measure_errors", "sample_errors", "climb_errors"):
            cell, _ = parts
            key = "climb" if rule == "climb_errors" else self._kind(cell.dim)
            size = (cell.width,)
        elif rule in ("certify_errors", "measure_references"):
            _, dim, samples = parts
            key = "certificate" if rule == "certify_errors" else "reference"
            size = (dim,) if key == "certificate" else (dim, samples)
        else:
            return "between"
        return "measured" if _has(measured[key], size) else "between"

    def trained(self, rule: str, name: str) -> Trained:
        """Return what a job trains."""
        if rule == "learn_polynomials":
            return self._trained_on_polynomials(*self._parts(name))
        if rule != "train_students":
            return Trained()
        cell, rows = self.shards[name]
        # At each evaluation its students; in a checkpoint their two moments too, and what they are.
        copy, times = 8 * len(rows) * cell.parameters, self._config["evaluation"]["times"]
        flops = len(rows) * cell.student_flops
        return Trained(len(rows), cell.epochs, flops, times * copy, (times + 3) * copy)

    def _trained_on_polynomials(self, dim: int, _degree: int) -> Trained:
        """Return what learns the polynomials of a kind; no file keeps these networks."""
        found = polynomial_cells(self._config["polynomial"], dim)
        flops = sum(cell.students * cell.student_flops for cell in found)
        return Trained(sum(cell.students for cell in found), found[0].epochs, flops)

    def gpu_bytes(self) -> float:
        """Return the GPU memory that the largest group of students needs in training, in bytes."""
        precision = self._config["training"]["precision"]
        kinds = {(c.dim, c.depth, c.width, c.batch, precision) for c in cells(self._config)}
        return max(group_size(*each) * student_bytes(*each) for each in kinds)

    def _measured(self, device: str) -> dict:
        """Return what was measured on a device, training only if in the same precision."""
        entry = self.measured.get(device, {})
        same = entry.get("precision") == self._config["training"]["precision"]
        return {key: value for key, value in entry.items() if same or key != "training"}

    def _parts(self, name: str) -> tuple:
        """Return cell and rows of a shard, or family, dimension and samples of a problem.

        Of a kind of polynomials they are its dimension and degree.
        """
        if name in self.shards:
            return self.shards[name]
        if kind := re.fullmatch(r"d(\d+)_k(\d+)", name):
            return int(kind[1]), int(kind[2])
        problem = re.fullmatch(r"(.+)/d(\d+)_m(\d+)", name)
        return (problem[1], int(problem[2]), int(problem[3])) if problem else ()

    # Seconds of work

    def _training(self, cell: Cell, rows: range) -> float:
        teachers = cell.students // seeds_of(cell, self._config)
        seeds = (rows[-1] // teachers) - (rows[0] // teachers) + 1
        return self._trains(self._device, cell, len(rows), seeds)

    def _learning_polynomials(self, dim: int, _degree: int) -> float:
        """Return the seconds of the networks that learn the polynomials of a kind, on a CPU."""
        polynomial = self._config["polynomial"]
        return sum(
            self._trains("cpu", cell, cell.students, len(polynomial["seeds"]))
            + (dim > 1) * cell.students * self._evaluating("cpu", dim, cell.depth, cell.width)
            for cell in polynomial_cells(polynomial, dim)
        )

    def _trains(self, device: str, cell: Cell, students: int, seeds: int) -> float:
        """Return the seconds of so many students of a cell, of so many seeds."""
        shuffle = interpolated(self._entries[device]["shuffle"], cell.samples, 0, 1.1)
        group = self._group(device, cell)
        groups = math.ceil(students / group)
        return cell.epochs * (seeds * shuffle + groups * self._epoch(device, cell, group))

    def _epoch(self, device: str, cell: Cell, group: int) -> float:
        """Return the seconds of an epoch of a group."""
        entry = self._entries[device]
        if "training" not in entry:
            algorithm = cell.dim, cell.depth, cell.width, cell.batch
            precision = self._config["training"]["precision"]
            return roofline.epoch_seconds(self._card, *algorithm, cell.samples, precision)
        rate = self._training_rate(device, cell.depth, cell.width, cell.batch)
        return entry["epoch"] + group * cell.student_flops / cell.epochs / rate

    def _training_rate(self, device: str, depth: int, width: int, batch: int) -> float:
        """Return operations a second, by batch at each width, then by width."""
        rows = self._entries[device]["training"]
        near = min((row[0] for row in rows), key=lambda other: abs(math.log(other / depth)))
        widths = {row[1] for row in rows if row[0] == near}
        by_batch = {w: [row[2:] for row in rows if row[:2] == [near, w]] for w in widths}
        return interpolated(
            [(w, interpolated(points, batch)) for w, points in by_batch.items()], width
        )

    def _group(self, device: str, cell: Cell) -> int:
        if device == "cpu":
            return 1
        precision = self._config["training"]["precision"]
        return group_size(cell.dim, cell.depth, cell.width, cell.batch, precision)

    def _measuring(self, cell: Cell, rows: range) -> float:
        networks = len(rows) * self._config["evaluation"]["times"]
        errors = self._errors(cell.dim, cell.depth, cell.width, networks)
        return errors + self._digesting(cell, len(rows))

    def _climbing(self, cell: Cell, rows: range) -> float:
        networks = len(rows) * self._config["evaluation"]["times"]
        return self._climbs(cell.width, networks) + self._digesting(cell, len(rows))

    def _climbs(self, width: int, networks: int) -> float:
        return networks * interpolated(self._entries["cpu"]["climb"], width, 1, 2)

    def _errors(self, dim: int, depth: int, width: int, networks: int) -> float:
        """Return the seconds of the errors of networks, exact or on random points."""
        entry = self._entries[self._device]
        if self._kind(dim) == "exact":
            return networks * interpolated(entry["exact"], width, 1, 3)
        teacher = self._config["teacher"]
        seconds = networks * self._evaluating(self._device, dim, depth, width)
        seconds += teacher["count"] * self._evaluating(
            self._device, dim, teacher["depth"], teacher["width"]
        )
        return seconds

    def _kind(self, dim: int) -> str:
        exact = self._config["evaluation"]["method"] == "exact" and dim == 1
        return "exact" if exact else "evaluation"

    def _evaluating(self, device: str, dim: int, depth: int, width: int) -> float:
        """Return the seconds of one network on all random points."""
        points = self._config["evaluation"]["points"]
        if "evaluation" not in self._entries[device]:
            return roofline.evaluation_seconds(self._card, dim, depth, width, points)
        work = 2 * network_size(dim, depth, width) * points
        return work / interpolated(self._entries[device]["evaluation"], width, 1, 0)

    def _drawing(self, _family: str, dim: int, samples: int) -> float:
        teacher = self._config["teacher"]
        points = samples * len(self._config["sample"]["seeds"]) * teacher["count"]
        work = 2 * network_size(dim, teacher["depth"], teacher["width"]) * points
        return work / interpolated(self._entries["cpu"]["evaluation"], teacher["width"], 1, 0)

    def _certifying(self, family: str, dim: int, samples: int) -> float:
        certificate, times = self._config["certificate"], self._config["evaluation"]["times"]
        found = self._cells(family, dim, samples)
        counts = [cell.students for cell in found if cell.width <= certificate["width"]]
        # Of those that decide: one algorithm at one evaluation, seldom another after it.
        students = max(counts) * 2 if certificate["students"] == "deciding" else sum(counts) * times
        return students * interpolated(self._entries["cpu"]["certificate"], dim, 4, 8)

    def _referring(self, _family: str, dim: int, samples: int) -> float:
        learn, point = self._reference(dim, samples)
        points = self._config["evaluation"]["points"] + samples
        return len(self._config["sample"]["seeds"]) * (learn + points * point)

    def _challenging(self, _family: str, dim: int, samples: int) -> float:
        """Return the seconds of learning a teacher, and that with a spike of either sign."""
        learn, _ = self._reference(dim, samples)
        return 3 * len(self._config["sample"]["seeds"]) * learn

    def _reference(self, dim: int, samples: int) -> tuple[float, float]:
        """Return the seconds in which references learn from a seed's sample, and of a point."""
        rows = self._entries["cpu"]["reference"]
        near = min((row[0] for row in rows), key=lambda other: abs(other - dim))
        dense = samples <= DENSE
        alike = [row for row in rows if row[0] == near and (row[1] <= DENSE) == dense]
        if not alike:
            alike = [row for row in MODEL["cpu"]["reference"] if (row[1] <= DENSE) == dense]
        # Dense systems are solved: the cube of their number; then each point meets them all.
        learn = interpolated([(row[1], row[2]) for row in alike], samples, 0, 3 if dense else 1)
        point = interpolated([(row[1], row[3]) for row in alike], samples, 0, 1 if dense else 0)
        return learn, point

    def _spiking(self, family: str, dim: int, samples: int) -> float:
        """Return the seconds with a spike of either sign, and with those of a grid."""
        seeds, times = len(self._config["sample"]["seeds"]), self._config["evaluation"]["times"]
        rows = self._entries[self._device]["spike"]
        near = min((row[0] for row in rows), key=lambda other: abs(other - dim))
        search = interpolated([row[1:] for row in rows if row[0] == near], samples, 0, 1)
        # Where errors are left sampled, those without a spike are climbed to here.
        climbed = dim > 1 and self._config["evaluation"]["method"] == "sampled"
        return seeds * search + sum(
            3 * self._errors(cell.dim, cell.depth, cell.width, seeds * times)
            + climbed * self._climbs(cell.width, seeds * times)
            + self._digesting(cell, cell.students)
            for cell in self._cells(family, dim, samples)
        )

    def _climbing_spikes(self, family: str, dim: int, samples: int) -> float:
        """Return the seconds of two climbs with a spike of either sign."""
        networks = len(self._config["sample"]["seeds"]) * self._config["evaluation"]["times"]
        return sum(
            self._climbs(cell.width, 4 * networks) + self._digesting(cell, cell.students)
            for cell in self._cells(family, dim, samples)
        )

    def _comparing(self) -> float:
        """Return the seconds of the widest students of a teacher, for each problem."""
        teacher, student = self._config["teacher"], self._config["student"]
        problems = len(teacher["families"]) * len(self._config["sample"]["sizes"])
        depth, width = max(student["depths"]), max(student["widths"])
        seeds = len(self._config["sample"]["seeds"])
        of_teacher = teacher["count"], teacher["depth"], teacher["width"]
        return self._digesting_all() + problems * sum(
            count * self._evaluating(self._device, dim, *shape)
            for dim in teacher["dims"]
            for count, *shape in ((seeds, depth, width), of_teacher)
        )

    def _digesting(self, cell: Cell, students: int) -> float:
        """Return the seconds of the digest of some students' file, which a record has."""
        networks = students * self._config["evaluation"]["times"]
        return 8 * networks * network_size(cell.dim, cell.depth, cell.width) / DIGESTING

    def _digesting_all(self) -> float:
        return sum(self._digesting(cell, cell.students) for cell in ranked_cells(self._config))

    def _measuring_sine(self) -> float:
        sine = self._config["sine"]
        networks = len(sine["seeds"]) * self._config["evaluation"]["times"]
        return networks * self._evaluating("cpu", 1, sine["depth"], sine["width"])

    def _locating(self) -> float:
        """Return the seconds of the narrow students' last errors in a smaller cube."""
        entry, total = self._entries["cpu"], 0.0
        for cell in ranked_cells(self._config):
            if cell.width <= self._config["certificate"]["width"]:
                total += self._digesting(cell, cell.students)
                if cell.dim == 1:
                    total += cell.students * interpolated(entry["exact"], cell.width, 1, 3)
                    continue
                size = network_size(cell.dim, cell.depth, cell.width)
                rate = interpolated(entry["evaluation"], cell.width, 1, 0)
                total += cell.students * 2 * size * STARTS / rate
                total += self._climbs(cell.width, cell.students)
        return total

    def _cells(self, family: str, dim: int, samples: int) -> list[Cell]:
        problem = family, dim, samples
        return [c for c in ranked_cells(self._config) if (c.family, c.dim, c.samples) == problem]

    # Megabytes beside Python and its libraries

    def _training_mb(self, cell: Cell, rows: range) -> float:
        """Parameters, gradient and moments, activations, labels; the evaluations three times over.

        So many there are when they are written, and when a checkpoint is read.
        """
        stored = cell.parameters * (5 + 3 * self._config["evaluation"]["times"])
        held = 2 * cell.depth * cell.width * max(cell.batch, 1024) if self._device == "cpu" else 0
        labels = 3 * self._labelled(cell) * cell.samples
        return 8e-6 * (len(rows) * stored + held + labels)

    def _labelled(self, cell: Cell) -> int:
        """Return how many students a cell's samples have labels for, be they in the cell or not."""
        if cell.family == "sine":
            return cell.students
        return self._config["teacher"]["count"] * len(self._config["sample"]["seeds"])

    def _measuring_mb(self, cell: Cell, rows: range) -> float:
        """The students twice over."""
        return 16e-6 * len(rows) * self._config["evaluation"]["times"] * cell.parameters

    def _referring_mb(self, _family: str, _dim: int, samples: int) -> float:
        """Some 50 bytes for each pair of samples that a dense method takes."""
        return 800 + 5e-5 * min(samples, DENSE) ** 2

    def _spiking_mb(self, family: str, dim: int, samples: int) -> float:
        """One teacher's students by all algorithms, at all evaluations, three times over."""
        count = len(self._config["sample"]["seeds"]) * self._config["evaluation"]["times"]
        numbers = sum(cell.parameters for cell in self._cells(family, dim, samples))
        return 800 + 24e-6 * numbers * count

    def _comparing_mb(self) -> float:
        """The largest students that may decide, of one evaluation and teacher."""
        largest = max(cell.parameters for cell in ranked_cells(self._config))
        return 800 + 24e-6 * largest * len(self._config["sample"]["seeds"])


def _has(rows: list, size: tuple) -> bool:
    """Return whether a row begins with the sizes."""
    return any(tuple(row[: len(size)]) == size for row in rows)
