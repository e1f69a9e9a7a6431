"""What jobs are expected to cost: time and memory that they ask for, never results or file names.

A study whose jobs take more than seconds says more of them, by a class of its own that inherits
from Costs. Imported by the Snakefile in every job: no NumPy here.
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
    """What a job trains: so many students for so many epochs, by floating-point operations in all.

    `storage` is the bytes of their file, and `checkpoint` those of the largest checkpoint.
    """

    students: int = 0
    epochs: int = 0
    flops: float = 0.0
    storage: float = 0.0
    checkpoint: float = 0.0


class Costs:
    """Expected seconds and megabytes of jobs that take seconds on a CPU.

    A job is named by its rule, and by its log file below the rule's folder, without its ending;
    that of a rule of one job is "". `shards` has the cell of each shard by its name, with which of
    the cell's students it has, and `measured` what a calibration found, by device.
    """

    shards: Mapping[str, tuple] = MappingProxyType({})
    measured: Mapping[str, Mapping] = MappingProxyType({})

    def device(self, rule: str) -> str:
        """Return where the arithmetic of a rule is done."""
        return "cpu"

    def start(self, device: str) -> float:
        """Return how long a program takes to start."""
        return START[device]

    def work(self, rule: str, name: str) -> float:
        """Return how long a job is at work, in seconds, the start of its program apart."""
        return 0.0

    def seconds(self, rule: str, name: str = "") -> float:
        """Return how long a job is expected to take, the start of its program included."""
        start = self.start(self.device(rule))
        return PLOT_STARTS * start if rule.startswith("plot_") else start + self.work(rule, name)

    def minutes(self, rule: str, name: str = "", attempt: int = 1) -> int:
        """Return how many minutes an attempt at a job asks for."""
        return attempt * math.ceil(SPARE_MINUTES + MARGIN * self.seconds(rule, name) / 60)

    def megabytes(self, rule: str, name: str = "") -> int:
        """Return how much memory a job asks for, that of a GPU apart."""
        return 2 * BASE_MB[self.device(rule)]

    def basis(self, rule: str, name: str = "") -> str:
        """Return what the expected time rests on.

        That is "measured" (at the very sizes of the job), "between" (of sizes that were measured,
        or beyond them), or "model".
        """
        return "model"

    def trained(self, rule: str, name: str) -> Trained:
        """Return what a job trains."""
        return Trained()

    def gpu_bytes(self) -> float:
        """Return what the largest group of students takes on a GPU while it trains."""
        return 0.0
