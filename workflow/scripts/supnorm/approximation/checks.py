"""Checks of the study's settings against one another."""

from collections.abc import Callable, Mapping

from supnorm.job.programs import InputError


def check(settings: Mapping, name: Callable[[tuple], str]) -> None:
    """Check the study's settings against one another.

    `name` returns where a key stands in config.yaml. Raises InputError with one sentence that names
    a key that contradicts another.
    """
    waves = settings["waves"]
    highest, points = max(waves["frequencies"]), waves["points"]
    if 2 * highest >= points:
        raise InputError(
            f"config.yaml: {name(('waves', 'frequencies'))} has {highest}; expected frequencies "
            f"below half of {name(('waves', 'points'))}, {points}"
        )
