"""Checks of the study's settings against one another."""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import getitem

from supnorm.job.programs import InputError
from supnorm.training.rates import check_rates

# What tables have in place of the name of a rule: for no network, and for the best of all rules.
TAKEN = ("none", "best")


def check(settings: Mapping, name: Callable[[tuple], str]) -> None:
    """Check the study's settings against one another.

    `name` returns where a key stands in config.yaml. Raises InputError with one sentence that names
    a key that contradicts another.
    """
    training, times = settings["training"], settings["evaluation"]["times"]
    smallest = min(settings["sample"]["sizes"])
    check_rates(training, name, "training")
    for rule, keys in settings["student"]["batch_rules"].items():
        _refuse_taken(rule, name(("student", "batch_rules")))
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
    check_budget(settings, name)


def check_budget(settings: Mapping, name: Callable[[tuple], str]) -> None:
    """Check the settings of longer training; arguments and errors as of `check`."""
    budget, rules = settings["budget"], settings["student"]["batch_rules"]

    def refuse(key: tuple[str, ...], expected: str) -> InputError:
        found = reduce(getitem, key, settings)
        return InputError(f"config.yaml: {name(key)} is {found}; expected {expected}")

    if budget["batch_rule"] not in rules:
        raise refuse(("budget", "batch_rule"), f"a batch rule, one of {', '.join(rules)}")
    narrowest = min(settings["student"]["widths"])
    if budget["width"] < narrowest:
        raise refuse(("budget", "width"), f"at least the least width of students, {narrowest}")
    for rule, keys in budget["longer"].items():
        _refuse_taken(rule, name(("budget", "longer")))
        if rule in rules:
            raise InputError(
                f"config.yaml: {name(('budget', 'longer', rule))} has the name of a batch rule; "
                "expected one of its own"
            )
        last = settings["training"]["final_learning_rate"]
        if keys["learning_rate"] < last:
            rate = ("budget", "longer", rule, "learning_rate")
            raise refuse(rate, f"at least {name(('training', 'final_learning_rate'))}, {last}")


def _refuse_taken(rule: str, path: str) -> None:
    if rule in TAKEN:
        raise InputError(
            f"config.yaml: {path} has the name {rule}, which means something else in tables; "
            "expected another"
        )
