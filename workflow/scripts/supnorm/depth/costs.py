"""What the study's jobs take, by a model: seconds of a core, twice those of an AMD EPYC of 2022.

Its networks are so small that they train on a CPU, whatever trains those of other studies.
"""

from collections.abc import Iterable, Mapping

from supnorm.costs import Costs, Trained
from supnorm.depth.sizes import architectures, sample_size
from supnorm.hardware.cards import Card
from supnorm.work import network_size

# Operations a second of training.
SPEED = 5e9


class DepthCosts(Costs):
    """Expected costs of the study's jobs, which are named k<compositions> or d<dim>."""

    def __init__(self, settings: Mapping, device: str, card: Card):
        """Take the settings of the study; neither device nor card has a say."""
        del device, card
        self._settings = settings

    def work(self, rule: str, name: str) -> float:
        """Return the seconds that a job works, without the start of its program."""
        return 10.0 if rule == "tabulate_depth" else self.trained(rule, name).flops / SPEED

    def trained(self, rule: str, name: str) -> Trained:
        """Return what a job trains."""
        settings = self._settings
        if rule == "train_sawtooth":
            compositions = int(name.removeprefix("k"))
            sizes = [(1, *size) for size in architectures(compositions, settings)]
            return _trained(sizes, settings, sample_size(compositions))
        if rule == "train_inner":
            inner, dim = settings["inner"], int(name.removeprefix("d"))
            # Of both targets.
            sizes = 2 * [(2 * dim, d, w) for d in inner["depths"] for w in inner["widths"]]
            return _trained(sizes, inner, 4**dim)
        return Trained()


def _trained(sizes: Iterable[tuple], settings: Mapping, samples: int) -> Trained:
    """Return what the students of some sizes (inputs, affine layers, width) and all seeds are."""
    seeds, epochs, sizes = len(settings["seeds"]), settings["epochs"], list(sizes)
    parameters = sum(network_size(*size) for size in sizes)
    return Trained(seeds * len(sizes), epochs, seeds * epochs * 6 * parameters * samples)
