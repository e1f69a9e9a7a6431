"""Checks of the study's settings against one another."""

from collections.abc import Callable, Mapping

from supnorm.job.programs import InputError
from supnorm.parity.sizes import sample_counts
from supnorm.training.rates import check_rates


def check(settings: Mapping, name: Callable[[tuple], str]) -> None:
    """Check the study's settings against one another.

    `name` returns where a key stands in config.yaml. Raises InputError with one sentence that names
    a key that contradicts another.
    """
    check_rates(settings, name)
    samples = settings["samples"]
    for dim in samples["dims"]:
        if not sample_counts(dim, samples["ratios"]):
            raise InputError(
                f"config.yaml: {name(('samples', 'ratios'))} is {samples['ratios']}; expected one "
                f"with at least 1 and fewer than 2^d samples for d = {dim}"
            )
    if strange := [d for d in samples["trained"]["dims"] if d not in samples["dims"]]:
        raise InputError(
            f"config.yaml: {name(('samples', 'trained', 'dims'))} has {strange[0]}; expected "
            f"dimensions of {name(('samples', 'dims'))}, {samples['dims']}"
        )
