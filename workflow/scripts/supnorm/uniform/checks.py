"""Checks of the study's settings against one another."""

from collections.abc import Callable, Mapping

from supnorm.job.programs import InputError
from supnorm.training.rates import check_rates


def check(settings: Mapping, name: Callable[[tuple], str]) -> None:
    """Check the study's settings against one another.

    `name` returns where a key stands in config.yaml. Raises InputError with one sentence that names
    a key that contradicts another.
    """
    training, times = settings["training"], settings["evaluation"]["times"]
    smallest = min(settings["sample"]["sizes"])
    check_rates(training, name, "training")
    for rule, keys in settings["student"]["batch_rules"].items():
        path = ("student", "batch_rules", rule)
        if keys.get("size", 0) > smallest:
            raise InputError(
                f"config.yaml: {name((*path, 'size'))} is {keys['size']}; expected at most the "
                f"smallest sample size, {smallest} (or at_most: {keys['size']})"
            )
        if keys["epochs"] < times:
            raise InputError(
                f"config.yaml: {name((*path, 'epochs'))} is {keys['epochs']}; expected at least "
                f"{name(('evaluation', 'times'))}, {times}"
            )
