"""What the study's jobs take, by a model: seconds of a core, twice those of an AMD EPYC of 2022.

Its networks are so small that they train on a CPU, whatever trains those of other studies.
"""

from collections.abc import Mapping

from supnorm.costs import Costs, Trained
from supnorm.hardware.cards import Card
from supnorm.parity.sizes import DEPTH, sample_counts, trained_width
from supnorm.work import NUMBER_BYTES, network_size

# Operations a second of training, and seconds that a step takes at least.
SPEED, STEP = 2e10, 6e-6
# Seconds of a linear programme over the sign directions of 10 dimensions, and how that grows with
# each dimension.
PROGRAMME, GROWTH = 3.0, 3.5
# Trainings of a dimension: with weight decay and without.
DECAYS = 2


class ParityCosts(Costs):
    """Expected costs of the study's jobs; those of a dimension are named d<dim>."""

    def __init__(self, settings: Mapping, device: str, card: Card):
        """Take the settings of the study; neither device nor card has a say."""
        del device, card
        self._settings = settings

    def work(self, rule: str, name: str) -> float:
        """Return the seconds that a job works, without the start of its program."""
        trained = self.trained(rule, name)
        seconds = max(trained.flops / SPEED, trained.students * trained.epochs * STEP)
        if rule == "solve_parity_samples":
            samples, dim = self._settings["samples"], _dim(name)
            programmes = len(samples["seeds"]) * len(sample_counts(dim, samples["ratios"]))
            seconds += programmes * PROGRAMME * GROWTH ** (dim - 10)
        return seconds

    def megabytes(self, rule: str, name: str = "") -> int:
        """Return the memory that a job requests."""
        spare = super().megabytes(rule, name)
        if rule != "solve_parity_samples":
            return spare
        dim, samples = _dim(name), self._settings["samples"]
        # Both signs of each neuron at each sample, some times over.
        neurons = 2**dim * dim
        return spare + int(8 * 8 * neurons * max(sample_counts(dim, samples["ratios"])) / 1e6)

    def trained(self, rule: str, name: str) -> Trained:
        """Return what a job trains."""
        if rule == "train_parity":
            return self._on_all_points(_dim(name))
        if rule == "solve_parity_samples":
            return self._on_samples(_dim(name))
        return Trained()

    def _on_all_points(self, dim: int) -> Trained:
        settings = self._settings
        students, steps = DECAYS * len(settings["seeds"]), settings["steps"]
        parameters = network_size(dim, DEPTH, trained_width(dim, settings["width"]))
        # Their file has them as they start, too.
        storage = (students + len(settings["seeds"])) * parameters * NUMBER_BYTES["float64"]
        return Trained(students, steps, students * steps * 6 * parameters * 2**dim, storage)

    def _on_samples(self, dim: int) -> Trained:
        samples = self._settings["samples"]
        seeds, trained = len(samples["seeds"]), samples["trained"]
        if dim not in trained["dims"]:
            return Trained()
        counts = sample_counts(dim, samples["ratios"])
        parameters = network_size(dim, DEPTH, trained["width"])
        flops = seeds * trained["steps"] * 6 * parameters * sum(counts)
        return Trained(seeds * len(counts), trained["steps"], flops)


def _dim(name: str) -> int:
    return int(name.removeprefix("d"))
