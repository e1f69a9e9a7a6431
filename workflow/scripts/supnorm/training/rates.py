"""What a configuration may say of learning rates. Cheap to import: no NumPy here."""

from collections.abc import Callable, Mapping

from supnorm.job.programs import InputError


def check_rates(settings: Mapping, name: Callable[[tuple], str], *section: str) -> None:
    """Raise InputError where the last learning rate of a section is above the first.

    `name` returns where a key of a study stands in config.yaml.
    """
    first, last = settings["learning_rate"], settings["final_learning_rate"]
    if last > first:
        raise InputError(
            f"config.yaml: {name((*section, 'final_learning_rate'))} is {last}; expected at most "
            f"{name((*section, 'learning_rate'))}, {first}"
        )
