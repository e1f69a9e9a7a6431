"""What jobs are expected to cost: the time and memory that they request, never results.

A study whose jobs take more than seconds has a subclass of Costs. Imported by the Snakefile in
every job: no NumPy here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# What the start of a program takes, in seconds; with CUDA that of torch.
START = {"cpu": 1.5, "cuda": 30.0}
# Plots draw with Matplotlib, which is imported and sets its type for some seconds.
PLOT_STARTS = 4
# Python and its libraries, and with CUDA those of torch.
BASE_MB = {"cpu": 700, "cuda": 4000}
# What is asked for: so many minutes, and so much of the expected time.
SPARE_MINUTES, MARGIN = 5, 2.0


@dataclass(frozen=True)
class Trained:
    """What a job trains: `students` for `epochs`, in `flops` operations altogether.

    `storage` is the size of their file and `checkpoint` that of the largest checkpoint, in bytes.
    """

    students: int = 0
    epochs: int = 0
    flops: float = 0.0
    storage: float = 0.0
    checkpoint: float = 0.0


class Costs:
    """Expected seconds and megabytes of jobs; here of jobs that take seconds on a CPU.

    A job is named by its rule, and by the path of its log file below the rule's folder, without
    ending; the name is empty for a rule with a single job. `shards` maps the name of a shard to its
    cell and to the rows of the cell's students that it has; `measured` maps a device to what a
    calibration found there.
    """

    shards: Mapping[str, tuple] = MappingProxyType({})
    measured: Mapping[str, Mapping] = MappingProxyType({})

    def device(self, rule: str) -> str:
        """Return the device that a rule computes on."""
        return "cpu"

    def start(self, device: str) -> float:
        """Return the seconds until a program has started."""
        return START[device]

    def work(self, rule: str, name: str) -> float:
        """Return the seconds that a job works, without the start of its program."""
        return 0.0

    def seconds(self, rule: str, name: str = "") -> float:
        """Return the expected seconds of a job, the start of its program included."""
        start = self.start(self.device(rule))
        return PLOT_STARTS * start if rule.startswith("plot_") else start + self.work(rule, name)

    def minutes(self, rule: str, name: str = "", attempt: int = 1) -> int:
        """Return the minutes that an attempt at a job requests."""
        return attempt * math.ceil(SPARE_MINUTES + MARGIN * self.seconds(rule, name) / 60)

    def megabytes(self, rule: str, name: str = "") -> int:
        """Return the memory that a job requests, without that of a GPU."""
        return 2 * BASE_MB[self.device(rule)]

    def basis(self, rule: str, name: str = "") -> str:
        """Return the source of the expected time.

        That is "measured" (at the very sizes of the job), "between" (interpolated or extrapolated
        from sizes that were measured), or "model".
        """
        return "model"

    def trained(self, rule: str, name: str) -> Trained:
        """Return what a job trains."""
        return Trained()

    def gpu_bytes(self) -> float:
        """Return the GPU memory that the largest group of students needs in training, in bytes."""
        return 0.0
