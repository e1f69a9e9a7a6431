"""Checks of the study's settings against one another."""

from collections.abc import Callable, Mapping

from supnorm.training.rates import check_rates


def check(settings: Mapping, name: Callable[[tuple], str]) -> None:
    """Check the study's settings against one another.

    `name` returns where a key stands in config.yaml. Raises InputError with one sentence that names
    a key that contradicts another.
    """
    check_rates(settings, name)
