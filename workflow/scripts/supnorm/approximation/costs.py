"""What the study's jobs take, by a model: seconds of a core, twice those of an AMD EPYC of 2022.

Its networks are so small that they train on a CPU, whatever trains those of other studies.
"""

from collections.abc import Mapping

from supnorm.costs import Costs, Trained
from supnorm.hardware.cards import Card
from supnorm.work import network_size

# Operations a second of training, and of gradient descent on wide networks.
SPEED = 1e10
# Inputs of a network, at most.
INPUTS = 32


class ApproximationCosts(Costs):
    """Expected costs of the study's jobs; those of `train_waves` are named by their inputs."""

    def __init__(self, settings: Mapping, device: str, card: Card):
        """Take the settings of the study; neither device nor card has a say."""
        del device, card
        self._settings = settings

    def work(self, rule: str, name: str) -> float:
        """Return the seconds that a job works, without the start of its program."""
        if rule == "time_flow":
            flow = self._settings["flow"]
            return 1e-3 * sum(flow["widths"]) * len(flow["frequencies"])
        some = {"tabulate_approximation": 10.0, "tabulate_spectra": 20.0}
        return some.get(rule, self.trained(rule, name).flops / SPEED)

    def trained(self, rule: str, name: str) -> Trained:
        """Return what a job trains."""
        if rule != "train_waves":
            return Trained()
        waves = self._settings["waves"]
        parameters = network_size(INPUTS, waves["depth"], waves["width"])
        students = len(waves["seeds"])
        flops = students * waves["steps"] * 6 * parameters * waves["points"]
        return Trained(students, waves["steps"], flops)
