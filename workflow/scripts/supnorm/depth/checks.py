"""Checks of the study's settings against one another."""

from collections.abc import Callable, Mapping

from supnorm.job.programs import InputError


def check(settings: Mapping, name: Callable[[tuple], str]) -> None:
    """Check the study's settings against one another.

    `name` returns where a key stands in config.yaml. Raises InputError with one sentence that names
    a key that contradicts another.
    """
    first, last = settings["learning_rate"], settings["final_learning_rate"]
    if last > first:
        raise InputError(
            f"config.yaml: {name(('final_learning_rate',))} is {last}; expected at most "
            f"{name(('learning_rate',))}, {first}"
        )
